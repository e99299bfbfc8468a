/* What each browser makes of a cookie, as a table. Knows verdicts as the proxy gives them. */
import { h } from "./dom.js";
import { table } from "./table.js";
import { said } from "./text.js";
import { outcome } from "./words.js";

const COLUMNS = [
  ["Browser", ({ browser }) => h("b", null, browser), "time"],
  ["Outcome", (one) => outcome(one.outcome)],
  ["Why, or what it means", (one) => said(one.sentence || one.meaning || "", 1000)],
];

export const verdicts = (browsers, label = "Browsers’ verdicts") => table(label, COLUMNS, browsers, ({ browser }) => browser);
