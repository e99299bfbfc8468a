/* Tables: rows on wide screens, cards on a phone, in a box of their own that scrolls. Knows nothing of what is in the cells. */
import { h } from "./dom.js";
import { number } from "./text.js";

const STEP = 200;

/** Columns are `[head, cell(row), class]`; rows are found again by `key(row)`; `mark(row)` gives props of a row. */
export function table(label, columns, rows, key, mark = () => null) {
  return h(
    "div.scroll",
    { tabindex: "0", role: "region", "aria-label": label },
    h(
      "table",
      { role: "table" },
      h(
        "thead",
        { role: "rowgroup" },
        h(
          "tr",
          { role: "row" },
          columns.map(([head, , kind]) => h("th", { scope: "col", role: "columnheader", class: kind }, head)),
        ),
      ),
      h(
        "tbody",
        { role: "rowgroup" },
        rows.map((row) => line(columns, row, { key: key(row), role: "row", ...mark(row) })),
      ),
    ),
  );
}

function line(columns, row, props) {
  return h(
    "tr",
    props,
    columns.map(([head, cell, kind]) => h("td", { role: "cell", class: kind, "data-label": head }, cell(row))),
  );
}

/** A button for more of a list of which the first so many are shown. */
export function some(list, shown, more) {
  if (list.length <= shown) return null;
  const next = Math.min(list.length - shown, STEP);
  return h(
    "p.more",
    null,
    h("button.quiet", { type: "button", onclick: () => more(shown + next) }, `Show ${number(next)} more`),
    ` ${number(shown)} of ${number(list.length)} are shown.`,
  );
}
