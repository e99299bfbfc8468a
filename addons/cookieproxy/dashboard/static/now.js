/* The page "Now": what happens to cookies as it happens. Knows which rows are wanted and whether anybody reads; `grid` draws them. */
import { h, render, element } from "./dom.js";
import { kept, told, remember, MOST } from "./events.js";
import { fields, fromQuery, test } from "./filters.js";
import { Grid } from "./grid.js";
import { detail, fill, make, HEADS } from "./row.js";
import { note } from "./route.js";
import { say } from "./notice.js";
import { firstSteps } from "./steps.js";
import { number } from "./text.js";

const ASK_AFTER_MS = 400;

export function open(root, query) {
  const page = new Now(root, fromQuery(query));
  return {
    leave: () => page.leave(),
    draw: () => page.later(),
    keys: { p: () => page.pause() },
    moved: (next) => page.narrow(fromQuery(next)),
  };
}

class Now {
  constructor(root, wanted) {
    Object.assign(this, {
      wanted,
      passes: test(wanted),
      shown: [],
      waits: 0,
      isBehind: false,
      paused: false,
      frame: 0,
      timer: 0,
      heard: new AbortController(),
    });
    this.bar = root.appendChild(document.createElement("div"));
    this.box = root.appendChild(element(emptyGrid()));
    this.foot = root.appendChild(document.createElement("div"));
    this.grid = new Grid(this.box, { make, fill, detail, moved: () => this.follow() });
    told.addEventListener("fresh", ({ detail: rows }) => this.take(rows), this.heard);
    told.addEventListener("all", () => this.again(), this.heard);
    this.again();
    if (Object.values(wanted).some(Boolean)) remember(wanted);
  }

  get holds() {
    return this.paused || this.grid.isRead;
  }

  take(fresh) {
    const rows = fresh.filter(this.passes);
    if (this.holds) this.waits += rows.length;
    else this.shown = rows.concat(this.shown).slice(0, MOST);
    this.later();
  }

  /** All that is kept, tested anew; what is being read stays. */
  again() {
    if (!this.holds || !this.shown.length) this.catchUp();
    else this.isBehind = true;
    this.later();
  }

  catchUp() {
    this.shown = kept.rows.filter(this.passes);
    this.waits = 0;
    this.isBehind = false;
  }

  /** Nobody reads any more: what waited is shown. */
  follow() {
    if (!this.holds && (this.waits || this.isBehind)) this.catchUp();
    this.later();
  }

  pause() {
    this.paused = !this.paused;
    say(this.paused ? "Paused. New events wait." : "Going on.");
    if (!this.paused) this.newest();
    this.later();
  }

  newest() {
    this.paused = false;
    this.grid.top();
    this.catchUp();
    this.later();
  }

  change(name, value) {
    this.narrow({ ...this.wanted, [name]: value });
    note(this.wanted);
  }

  narrow(wanted) {
    this.wanted = wanted;
    this.passes = test(wanted);
    this.grid.top();
    this.catchUp();
    this.later();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => remember(wanted), ASK_AFTER_MS);
  }

  later() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    if (this.grid.rows !== this.shown) this.grid.set(this.shown);
    render(this.bar, this.controls());
    render(this.foot, this.told());
    this.box.hidden = !this.shown.length;
  }

  controls() {
    const change = (name, value) => this.change(name, value),
      some = Object.values(this.wanted).some(Boolean);
    return h(
      "form.filters",
      { "aria-label": "Events", onsubmit: (event) => event.preventDefault() },
      h(
        "label.search",
        null,
        "Search",
        h("input", {
          type: "search",
          id: "search",
          value: this.wanted.q,
          placeholder: "any word of an event",
          autocomplete: "off",
          oninput: (event) => change("q", event.target.value),
        }),
      ),
      h("details", { open: innerWidth > 720 }, h("summary", null, "Filters"), fields(this.wanted, this.known(), change)),
      h(
        "div.actions",
        null,
        h(
          "button",
          { type: "button", "aria-pressed": String(this.paused), title: "p", onclick: () => this.pause() },
          this.paused ? "Go on" : "Pause",
        ),
        h("button.quiet", { type: "button", disabled: !some, onclick: () => this.narrow(this.cleared()) }, "Clear"),
        h(
          "button.newer",
          { type: "button", class: this.waits ? "newer" : "newer none", onclick: () => this.newest() },
          `↑ ${number(this.waits)} new`,
        ),
      ),
    );
  }

  cleared() {
    note({});
    return fromQuery(new URLSearchParams());
  }

  /** What the fields offer, looked up anew only when much came. */
  known() {
    if (this.offered && Math.abs((kept.rows[0]?.count || 0) - this.offered.at) < 500) return this.offered;
    const distinct = (name) =>
      [...new Set(kept.rows.map((row) => row[name]).filter((text) => text && text.length < 200))].slice(0, 100).sort();
    this.offered = { at: kept.rows[0]?.count || 0, site: distinct("site"), client: distinct("client"), cookie: distinct("cookie") };
    return this.offered;
  }

  told() {
    if (kept.error) return h("p.empty", { role: "alert" }, kept.error);
    if (!kept.ready) return h("p.loading", { "aria-busy": "true" }, "Asking the proxy");
    if (!kept.rows.length) return firstSteps("No cookie has passed yet.");
    if (!this.shown.length) return h("p.empty", null, "No event is like that. Clear a filter, or wait for the next.");
    const skipped = kept.skipped ? ` ${number(kept.skipped)} came too fast to be shown here; they are recorded all the same.` : "";
    return h("p.quietly", null, `${number(this.shown.length)} of ${number(kept.rows.length)} events, newest first.${skipped}`);
  }

  leave() {
    this.heard.abort();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.grid.leave();
  }
}

function emptyGrid() {
  return h(
    "div.grid",
    { role: "treegrid", tabindex: "0", "aria-label": "Events, newest first", "aria-colcount": String(HEADS.length), hidden: true },
    h(
      "div.head",
      { role: "rowgroup" },
      h(
        "div.row",
        { role: "row", "aria-rowindex": "1" },
        HEADS.map((head) => h("span", { role: "columnheader" }, head)),
      ),
    ),
    h("div.body", { role: "rowgroup" }, h("div.pane", { role: "row", hidden: true })),
  );
}
