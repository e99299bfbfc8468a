/* The page of one cookie: what it is, how long it stays, its whole life, and what other browsers make of it. */
import { h } from "./dom.js";
import { get } from "./api.js";
import { live } from "./live.js";
import { life } from "./life.js";
import { Reveals } from "./reveal.js";
import { flags } from "./site.js";
import { siteLink } from "./route.js";
import { verdicts } from "./verdicts.js";
import { bytes, client as short, named, said, span, when, wire } from "./text.js";

const ASKED = ["client", "jar", "site", "domain", "path", "name"];

export function open(root, query, head) {
  const asked = Object.fromEntries(ASKED.map((name) => [name, query.get(name)]));
  head(`Cookie ${asked.name ? wire(asked.name, 60) : "(nameless)"}`);
  const reveals = new Reveals(() => shown.draw());
  const load = () => get("cookie", asked);
  const shown = live(root, { on: ["jars"], load, view: (told) => view(asked, told, reveals) });
  return {
    draw: shown.draw,
    leave: () => {
      reveals.hide();
      shown.leave();
    },
  };
}

function view(asked, { cookie, events, browsers, evicts_first: next }, reveals) {
  return [
    h(
      "p.facts",
      null,
      "At ",
      h("a", { href: siteLink(asked.client, asked.site) }, said(asked.site || "")),
      ` in ${asked.jar === "held" ? "what the proxy holds for" : "the jar of"} `,
      h("span", { title: asked.client }, short(asked.client || "")),
      ".",
    ),
    h(
      "div.columns",
      null,
      h(
        "section.card",
        null,
        h("h2", null, "What it is"),
        cookie ? about(cookie, next, reveals) : h("p", null, "It is not in this jar (any more). Its life tells why."),
      ),
      h(
        "section.card",
        null,
        h("h2", null, "Its life"),
        events.length ? life(events) : h("p.muted", null, "Nothing is recorded of it."),
      ),
    ),
    browsers.length > 0 && h("section.card", null, h("h2", null, "In other browsers’ eyes"), verdicts(browsers)),
  ];
}

function about(row, next, reveals) {
  const fact = (name, ...value) => h("div", null, h("dt", null, name), h("dd", null, value));
  return [
    expiry(row),
    h(
      "dl.attributes",
      null,
      fact("Name", named(row.name, 4096)),
      fact("Value", reveals.view(row)),
      fact("Flags", flags(row)),
      fact("Domain", said(row.domain), h("div.muted", null, row.host_only ? "this host alone" : "and all hosts below it")),
      fact("Path", said(row.path)),
      fact("SameSite", row.same_site || h("span.muted", null, "not said")),
      row.partition_key && fact("Partition", said(row.partition_key)),
      fact("Set first", when(row.created)),
      row.set_by && fact("Set by exchange", h("code", null, said(row.set_by, 400))),
      fact("Last used", when(row.last_access)),
      fact("Size", bytes(row.size_bytes)),
      row.adopted && fact("Adopted", "Nobody saw it being set: the browser sent it, so attributes are guesses."),
      fact(
        "Evicted",
        row.next_out
          ? "as one of the next, if the site sets more than fits"
          : next.length
            ? [
                "after ",
                next.slice(0, 10).map((name, nth) => [nth ? ", " : "", h("code", null, named(name, 60))]),
                next.length > 10 ? " and others" : "",
              ]
            : "not soon",
      ),
    ),
  ];
}

function expiry({ expires, created }) {
  if (expires === null) return h("p", null, "It goes when the browser’s session ends.");
  const now = Date.now() / 1000,
    whole = Math.max(1, expires - created);
  return h(
    "div.expiry",
    null,
    h("p", null, expires > now ? "It expires " : "It expired ", h("b", null, when(expires)), `, of ${span(whole)} in all.`),
    h("meter", {
      min: "0",
      max: "1",
      value: Math.max(0, Math.min(1, (expires - now) / whole)),
      "aria-label": "What is left of its time",
    }),
  );
}
