/* The page "Rules": the file as it is saved, what each rule did beside its line, mistakes below theirs, and a box to try it out. */
import { h } from "./dom.js";
import { get, post } from "./api.js";
import { ask } from "./dialog.js";
import { live } from "./live.js";
import { change as beforeAfter } from "./row.js";
import { counted, number, said, when, wire } from "./text.js";
import { TryIt } from "./tryit.js";

export function open(root) {
  const tryIt = new TryIt(() => shown.draw());
  const shown = live(root, {
    on: ["rules"],
    load: () => get("rules"),
    view: (told) => view(told, tryIt, (next) => shown.set(next)),
  });
  return { draw: shown.draw, leave: shown.leave };
}

function view(told, tryIt, set) {
  return h(
    "div.columns.uneven",
    null,
    h(
      "section.card",
      null,
      h("h2", null, said(told.name)),
      h("p.muted", null, said(told.path, 400)),
      state(told),
      listing(told, set),
    ),
    tryIt.view(),
  );
}

function state({ good, mistakes, rules, since }) {
  if (!good) {
    const rest = "The last good rules stay in force until the file is mended.";
    return h("p.problem", null, counted(mistakes.length, "mistake"), places(mistakes), ". ", rest);
  }
  if (!rules.length)
    return h(
      "p",
      null,
      "There are no rules: everything passes as it is. Write one into the file and save; it is shown here within two seconds.",
    );
  return h(
    "p.muted",
    null,
    `${counted(rules.length, "rule")}; counted since `,
    when(since),
    ".",
    mistakes.length > 0 && [` ${counted(mistakes.length, "doubt")}`, places(mistakes), "."],
  );
}

/** The lines of mistakes, each leading to its own. */
function places(mistakes) {
  const link = (at) => h("button.link", { type: "button", onclick: () => to(at) }, `line ${at}`);
  const known = mistakes.filter(({ line: at }) => at);
  return known.length > 0 && [" (", known.map(({ line: at }, nth) => [nth ? ", " : "", link(at)]), ")"];
}

function listing(told, set) {
  const lines = told.lines.length ? told.lines : [""],
    off = told.mistakes.filter(({ line }) => !(line >= 1 && line <= lines.length));
  return h(
    "div.listing",
    { role: "list", tabindex: "0", "aria-label": "The rules file" },
    off.map(mistake),
    lines.map((text, nth) => line(text, nth + 1, told, set)),
  );
}

/** Brings a line into sight. */
function to(at) {
  document.querySelector(`.listing [data-at="${Number(at)}"]`)?.scrollIntoView({ block: "center" });
}

function line(text, at, told, set) {
  const rules = told.rules.filter((rule) => rule.line === at),
    mistakes = told.mistakes.filter((one) => one.line === at);
  return h(
    "div",
    {
      key: at,
      "data-at": at,
      role: "listitem",
      class: `line${mistakes.some(({ warning }) => !warning) ? " wrong" : ""}${rules.length ? " ruled" : ""}`,
    },
    h("span.at", null, at),
    h("code", null, wire(text, 2000) || " "),
    rules.map((rule) => hits(rule, told, set)),
    mistakes.map(mistake),
  );
}

function mistake({ line: at, column, text, remedy, warning }) {
  const place = at ? `Line ${at}${column ? `, column ${column}` : ""}: ` : "";
  return h(
    "div.mistake",
    { key: `${at}:${column}:${text}`, role: warning ? "note" : "alert", class: warning ? "mistake warn" : "mistake" },
    h("b", null, place),
    said(text, 1000),
    remedy && [" ", said(remedy, 1000)],
  );
}

function hits(rule, told, set) {
  const other = rule.mode === "apply" ? "observe" : "apply";
  return h(
    "div.hits",
    { key: rule.label },
    h("span.flag", { "data-mode": rule.mode }, rule.mode === "apply" ? "applies" : "observes"),
    h("span", null, `${number(rule.hits)} changed`, rule.observed ? `, ${number(rule.observed)} would have been` : ""),
    h(
      "button.quiet.small",
      { type: "button", "aria-label": `${word(other)} ${wire(rule.label, 60)}`, onclick: () => turn(rule, other, told, set) },
      word(other),
    ),
    rule.last &&
      h(
        "details",
        null,
        h("summary", null, "last ", when(rule.last.time)),
        h("p", null, rule.last.cookie && [said(rule.last.cookie, 60), " at "], said(rule.last.host || rule.last.site, 80)),
        beforeAfter(rule.last),
      ),
  );
}

const word = (mode) => (mode === "observe" ? "Only observe" : "Apply");

function turn(rule, mode, told, set) {
  ask(
    `${word(mode)}: ${wire(rule.label, 80)}?`,
    [
      `“mode: ${mode}” is written to this rule in ${wire(told.path, 300)}. Comments and everything else in the file stay as they are.`,
      mode === "observe"
        ? "From then on the proxy says what the rule would change, and changes nothing by it."
        : "From then on the rule changes what passes.",
    ],
    word(mode),
    async () => {
      set(await post("rules/mode", { rule: rule.label, mode }));
      return `The rule ${wire(rule.label, 60)} ${mode === "observe" ? "only observes" : "applies"} now.`;
    },
  );
}
