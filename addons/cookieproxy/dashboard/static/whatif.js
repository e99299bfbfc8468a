/* What another browser would make of a site's cookies: only where it differs from what is so now. */
import { h } from "./dom.js";
import { get } from "./api.js";
import { attempt, say } from "./notice.js";
import { some, table } from "./table.js";
import { counted, named, said } from "./text.js";
import { outcome } from "./words.js";

const FIRST = 20;
let profiles = null;

export class WhatIf {
  constructor(client, site, draw) {
    Object.assign(this, { client, site, draw, told: null, browser: "", most: FIRST });
  }

  select() {
    profiles ??= get("profiles").then(
      (list) => {
        profiles = list;
        this.draw();
      },
      () => {
        profiles = null;
      },
    );
    return h(
      "label.inline",
      null,
      "What if it were ",
      h(
        "select",
        { value: this.browser, onchange: (event) => this.choose(event.target.value) },
        h("option", { value: "" }, "as it is"),
        Array.isArray(profiles) && profiles.map(({ name, help }) => h("option", { key: name, value: name, title: help }, name)),
      ),
    );
  }

  async choose(browser) {
    this.browser = browser;
    this.told = browser ? await attempt(() => get("whatif", { client: this.client, site: this.site, browser })) : null;
    this.draw();
    if (this.told) say(counted(this.differing().length, "cookie") + ` would fare otherwise in ${browser}.`);
  }

  /** Those it would not keep, or would send where they are not sent now, or the other way. */
  differing() {
    return this.told.cookies.filter((one) => one.outcome !== "stored" || one.sent !== one.now_sent);
  }

  show(most) {
    this.most = most;
    this.draw();
  }

  view() {
    if (!this.told || this.told.browser !== this.browser) return null;
    const rows = this.differing(),
      same = this.told.cookies.length - rows.length;
    return h(
      "div.whatif",
      null,
      h("h3", null, `In ${this.browser}`),
      rows.length > 0 && table(`Differences in ${this.browser}`, COLUMNS, rows.slice(0, this.most), keyOf),
      some(rows, this.most, (most) => this.show(most)),
      h("p.muted", null, rows.length ? `${counted(same, "other cookie")} as now.` : `All as now: ${counted(same, "cookie")}.`),
    );
  }
}

const keyOf = ({ name, domain, path }) => [name, domain, path].join("\n");
const COLUMNS = [
  ["Cookie", (one) => named(one.name, 60), "name"],
  ["Goes to", (one) => [said(one.domain, 60), said(one.path, 60)]],
  ["Now", (one) => (one.now_sent ? "sent" : "in the jar, not sent")],
  ["Then", (one) => [outcome(one.outcome), one.sentence && h("div", null, said(one.sentence, 400))]],
  ["Sent", (one) => (one.sent ? "yes" : ["no", one.why_not_sent && [": ", said(one.why_not_sent, 400)]])],
];
