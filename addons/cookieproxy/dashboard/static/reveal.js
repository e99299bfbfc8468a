/* Values of cookies: masked, shown one by one on request, gone again when one leaves. They are nowhere else in the page. */
import { h } from "./dom.js";
import { post } from "./api.js";
import { attempt } from "./notice.js";
import { wire } from "./text.js";

const MOST = 8192;
const masked = (row) => `***${Math.max(0, row.size_bytes - octets(row.name))}`;
const octets = (text) => new TextEncoder().encode(text).length;

export class Reveals {
  constructor(draw) {
    this.draw = draw;
    this.values = new Map();
  }

  hide() {
    this.values.clear();
  }

  async toggle(id) {
    if (this.values.delete(id)) {
      this.draw();
      return;
    }
    const told = await attempt(() => post("reveal", { id }));
    if (told) this.values.set(id, told);
    this.draw();
  }

  /** What a cell shows of a value, with the button that reveals it. */
  view(row) {
    const told = this.values.get(row.id),
      name = row.name ? wire(row.name, 60) : "(nameless)";
    if (!row.id) return h("code.muted", null, row.value ?? masked(row));
    return [
      told ? h("code", null, wire(told.value, MOST)) : h("code.muted", null, masked(row)),
      " ",
      h(
        "button.quiet.small",
        { type: "button", "aria-label": `${told ? "Hide" : "Reveal"} the value of ${name}`, onclick: () => this.toggle(row.id) },
        told ? "Hide" : "Reveal",
      ),
      told?.decoded.length > 0 &&
        h(
          "ul.decoded",
          null,
          told.decoded.map((line) => h("li", null, wire(line, MOST))),
        ),
    ];
  }
}
