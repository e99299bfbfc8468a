/* A list of which only the rows in sight are in the document, with one row open. Knows rows and pixels, not what is in them. */
const SPARE = 6;

export class Grid {
  /** `make()` gives a row's element, `fill(element, row)` writes into it, `detail(row)` gives what an open row shows; `moved` hears. */
  constructor(box, { make, fill, detail, moved }) {
    Object.assign(this, {
      box,
      make,
      fill,
      detail,
      moved,
      rows: [],
      used: new Map(),
      free: [],
      open: null,
      active: null,
      height: 36,
      extra: 0,
      frame: 0,
    });
    this.body = box.querySelector(".body");
    this.pane = box.querySelector(".pane");
    box.addEventListener(
      "scroll",
      () => {
        this.later();
        moved();
      },
      { passive: true },
    );
    box.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("click", (event) => this.click(event));
    this.sizes = new ResizeObserver(() => this.measure());
    this.sizes.observe(box);
    this.sizes.observe(this.pane);
  }

  /** True while somebody reads: scrolled down, a row open, or a row chosen with the keyboard. */
  get isRead() {
    return this.box.scrollTop > 4 || this.open !== null || this.active !== null;
  }

  set(rows) {
    this.rows = rows;
    if (this.open && !rows.includes(this.open)) this.show(null);
    if (this.active && !rows.includes(this.active)) this.active = null;
    this.later();
  }

  /** To the newest, with nothing open. */
  top() {
    this.active = null;
    this.show(null);
    this.box.scrollTop = 0;
    this.later();
  }

  show(row) {
    this.open = row;
    this.pane.hidden = row === null;
    this.pane.replaceChildren(...(row ? [this.detail(row)] : []));
    this.extra = row ? this.pane.offsetHeight : 0;
    this.later();
    this.moved();
  }

  measure() {
    const probe = this.used.values().next().value;
    if (probe) this.height = probe.offsetHeight || this.height;
    this.extra = this.open ? this.pane.offsetHeight : 0;
    this.later();
  }

  later() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    const opened = this.open ? this.rows.indexOf(this.open) : Infinity;
    const above = (place) => place * this.height + (place > opened ? this.extra : 0);
    const from = this.at(this.box.scrollTop, opened) - SPARE,
      to = this.at(this.box.scrollTop + this.box.clientHeight, opened) + SPARE;
    const wanted = this.rows.slice(Math.max(0, from), Math.max(0, to));
    this.body.style.height = `${above(this.rows.length)}px`;
    if (this.open) this.pane.style.transform = `translateY(${above(opened) + this.height}px)`;
    this.reuse(new Set(wanted));
    wanted.forEach((row, nth) => this.place(row, Math.max(0, from) + nth, above));
    for (const element of this.free) element.hidden = true;
    this.box.setAttribute("aria-rowcount", this.rows.length + 1);
    if (this.active) this.box.setAttribute("aria-activedescendant", `row-${this.active.count}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  at(pixel, opened) {
    const place = Math.floor(pixel / this.height);
    return place > opened ? Math.max(opened, Math.floor((pixel - this.extra) / this.height)) : place;
  }

  reuse(wanted) {
    for (const [row, element] of this.used) {
      if (wanted.has(row)) continue;
      this.used.delete(row);
      this.free.push(element);
    }
  }

  place(row, place, above) {
    let element = this.used.get(row);
    if (!element) {
      element = this.free.pop() || this.made();
      this.used.set(row, element);
      element.id = `row-${row.count}`;
      element.hidden = false;
      this.fill(element, row);
    }
    element.style.transform = `translateY(${above(place)}px)`;
    element.setAttribute("aria-rowindex", place + 2);
    element.setAttribute("aria-expanded", String(row === this.open));
    element.classList.toggle("active", row === this.active);
  }

  made() {
    const element = this.make();
    this.body.append(element);
    if (this.used.size === 0) this.height = element.offsetHeight || this.height;
    return element;
  }

  rowOf(target) {
    const element = target.closest("[role=row]");
    return [...this.used].find(([, one]) => one === element)?.[0];
  }

  click(event) {
    const row = this.rowOf(event.target);
    if (!row || event.target.closest("a, button") || String(getSelection())) return;
    this.active = row;
    this.show(row === this.open ? null : row);
  }

  key(event) {
    if (event.target !== this.box) {
      if (event.key === "Escape") {
        this.show(null);
        this.box.focus();
      }
      return;
    }
    const page = Math.max(1, Math.floor(this.box.clientHeight / this.height) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, End: Infinity };
    if (event.key in steps) this.step(steps[event.key]);
    else if (event.key === "Home") this.top();
    else if (event.key === "Escape" && this.open) this.show(null);
    else if (event.key === "Escape") this.top();
    else if ((event.key === "Enter" || event.key === " ") && this.active) this.show(this.active === this.open ? null : this.active);
    else return;
    event.preventDefault();
  }

  step(by) {
    if (!this.rows.length) return;
    const place = this.active ? this.rows.indexOf(this.active) + by : this.at(this.box.scrollTop, Infinity);
    const next = Math.max(0, Math.min(this.rows.length - 1, place));
    this.active = this.rows[next];
    this.reveal(next);
    this.later();
    this.moved();
  }

  reveal(place) {
    const opened = this.open ? this.rows.indexOf(this.open) : Infinity,
      head = this.body.offsetTop;
    const top = place * this.height + (place > opened ? this.extra : 0),
      seen = this.box.clientHeight - head;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (top + this.height > this.box.scrollTop + seen) this.box.scrollTop = top + this.height - seen;
  }

  leave() {
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
  }
}
