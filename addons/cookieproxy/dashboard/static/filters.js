/* What of the events is wanted: the fields above the list, the query that says them, and the test they make. */
import { h } from "./dom.js";
import { client as short } from "./text.js";
import { EVENTS, sentence } from "./words.js";

export const NAMES = ["site", "client", "cookie", "event", "q"];
const SEARCHED = ["event", "reason", "site", "host", "client", "cookie", "rule", "by", "before", "after", "flow_id"];

/** The filters that a query says. */
export const fromQuery = (query) => Object.fromEntries(NAMES.map((name) => [name, query.get(name) || ""]));

/** A test of rows; all of them pass without filters. */
export function test(wanted) {
  const { site, client, cookie } = Object.fromEntries(NAMES.map((name) => [name, wanted[name].toLowerCase()]));
  const words = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
  return (row) =>
    (!wanted.event || row.event === wanted.event) &&
    (!site || has(row.site, site) || has(row.host, site)) &&
    (!client || has(row.client, client)) &&
    (!cookie || has(row.cookie, cookie)) &&
    (!words.length || hasAll(row, words));
}

const has = (text, part) => Boolean(text) && text.toLowerCase().includes(part);

function hasAll(row, words) {
  row.searched ??= `${SEARCHED.map((name) => row[name] ?? "").join(" ")} ${sentence(row)}`.toLowerCase();
  return words.every((word) => row.searched.includes(word));
}

/** The fields; `change(name, value)` hears of each, `known` are the clients, sites and names to choose from. */
export function fields(wanted, known, change) {
  return h(
    "div.fields",
    null,
    field("Site", "site", wanted, known.site, change),
    field("Client", "client", wanted, known.client, change, short),
    field("Cookie", "cookie", wanted, known.cookie, change),
    h(
      "label",
      null,
      "Outcome",
      h(
        "select",
        { value: wanted.event, onchange: (event) => change("event", event.target.value) },
        h("option", { value: "" }, "all"),
        Object.entries(EVENTS).map(([code, [word]]) => h("option", { key: code, value: code }, word)),
      ),
    ),
  );
}

function field(label, name, wanted, options, change, word) {
  return h(
    "label",
    null,
    label,
    h("input", {
      type: "search",
      value: wanted[name],
      list: `known-${name}`,
      autocomplete: "off",
      spellcheck: "false",
      oninput: (event) => change(name, event.target.value),
    }),
    h(
      "datalist",
      { id: `known-${name}` },
      options.map((option) => h("option", { key: option, value: option }, word ? word(option) : null)),
    ),
  );
}
