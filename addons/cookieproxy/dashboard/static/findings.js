/* The page "Findings": what is wrong with the cookies and sessions seen, how to mend it, and what shows it. */
import { h } from "./dom.js";
import { get } from "./api.js";
import { live } from "./live.js";
import { note } from "./route.js";
import { some } from "./table.js";
import { client as short, counted, named, number, said, when } from "./text.js";
import { SEVERITIES } from "./words.js";

const FIRST = 100,
  NAMES = ["severity", "code", "site"];

export function open(root, query) {
  const page = { wanted: Object.fromEntries(NAMES.map((name) => [name, query.get(name) || ""])), most: FIRST };
  const shown = live(root, { on: ["findings"], load: () => get("findings"), view: (all) => view(all, page, change) });
  const change = (what) => {
    Object.assign(page, what);
    note(page.wanted);
    shown.draw();
  };
  return { draw: shown.draw, leave: shown.leave };
}

function view(all, page, change) {
  if (!all.length)
    return h(
      "section.empty.first",
      null,
      h("h2", null, "Nothing was found to be wrong."),
      h(
        "p",
        null,
        "Findings come from traffic: the more of an application was used through the proxy, logins and logouts included, the more this says.",
      ),
      h("p", null, h("a", { href: "setup" }, "Set up a browser"), " if none uses it yet."),
    );
  const { wanted } = page,
    passes = (one) => NAMES.every((name) => !wanted[name] || one[name] === wanted[name]);
  const rows = all.filter(passes),
    shown = SEVERITIES.flatMap((severity) => rows.filter((one) => one.severity === severity)).slice(0, page.most);
  return [
    counts(all, wanted, change),
    choices(all, wanted, change),
    SEVERITIES.map((severity) =>
      group(
        severity,
        shown.filter((one) => one.severity === severity),
      ),
    ),
    !rows.length && h("p.empty", null, "No finding is like that."),
    some(rows, page.most, (most) => change({ most })),
  ];
}

/** How many of each; a press shows only these, another all again. */
function counts(all, wanted, change) {
  return h(
    "div.severities",
    null,
    SEVERITIES.map((severity) => {
      const pressed = wanted.severity === severity;
      return h(
        "button.quiet",
        {
          key: severity,
          type: "button",
          "data-severity": severity,
          "aria-pressed": String(pressed),
          onclick: () => change({ wanted: { ...wanted, severity: pressed ? "" : severity } }),
        },
        h("b", null, number(all.filter((one) => one.severity === severity).length)),
        ` ${severity}`,
      );
    }),
  );
}

function choices(all, wanted, change) {
  const choice = (label, name) =>
    h(
      "label",
      null,
      label,
      h(
        "select",
        { value: wanted[name], onchange: (event) => change({ wanted: { ...wanted, [name]: event.target.value } }) },
        h("option", { value: "" }, "all"),
        [...new Set([...all.map((one) => one[name]), wanted[name]])]
          .filter(Boolean)
          .sort()
          .map((one) => h("option", { key: one, value: one, selected: one === wanted[name] }, one)),
      ),
    );
  return h(
    "form.filters",
    { "aria-label": "Findings", onsubmit: (event) => event.preventDefault() },
    choice("Code", "code"),
    choice("Site", "site"),
  );
}

function group(severity, rows) {
  if (!rows.length) return null;
  return h("section.card", { key: severity }, h("h2", null, `${severity[0].toUpperCase()}${severity.slice(1)}`), rows.map(finding));
}

function finding(one) {
  return h(
    "article.finding",
    { key: [one.code, one.host, one.cookie, one.client].join("\n"), "data-severity": one.severity },
    h(
      "h3",
      null,
      h("code", null, said(one.code)),
      h("span", null, one.cookie !== null && [named(one.cookie, 60), " at "], said(one.host || one.site, 80)),
    ),
    h("p", null, said(one.advice, 2000)),
    h(
      "p.muted",
      null,
      `Seen ${counted(one.count, "time")}, last `,
      when(one.last_seen),
      one.client ? `, by ${short(one.client)}.` : ".",
    ),
    one.evidence.length > 0 &&
      h(
        "details",
        null,
        h("summary", null, `Evidence: ${counted(one.evidence.length, "exchange")}`),
        h(
          "ul.evidence",
          null,
          one.evidence.map((proof) => h("li", null, when(proof.time), h("span", null, said(proof.said, 2000)))),
        ),
      ),
  );
}
