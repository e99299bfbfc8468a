/* One site in one client's jar: its cookies as a table, and what can be done with them. Values are masked until asked for, one by one. */
import { h } from "./dom.js";
import { get } from "./api.js";
import { Reveals } from "./reveal.js";
import { WhatIf } from "./whatif.js";
import { exportDialog } from "./export.js";
import { askToForget } from "./forget.js";
import { some, table } from "./table.js";
import { number, said, named, when } from "./text.js";
import { cookieLink } from "./route.js";

const FIRST = 100;

export class Site {
  constructor(client, site, draw) {
    Object.assign(this, {
      client,
      site,
      draw,
      isOpen: false,
      rows: null,
      error: null,
      most: FIRST,
      reveals: new Reveals(draw),
      whatIf: new WhatIf(client, site, draw),
    });
  }

  toggle(isOpen) {
    if (isOpen === this.isOpen) return;
    this.isOpen = isOpen;
    if (isOpen) this.load();
    else this.reveals.hide();
    this.draw();
  }

  async load() {
    try {
      const rows = await get("jar", { client: this.client, site: this.site });
      if (JSON.stringify(rows) === JSON.stringify(this.rows)) return;
      this.rows = rows;
    } catch (refused) {
      this.error = refused.message;
    }
    this.draw();
  }

  view() {
    if (!this.isOpen) return null;
    if (!this.rows)
      return this.error
        ? h("p.empty", { role: "alert" }, this.error)
        : h("p.loading", { "aria-busy": "true" }, "Looking into the jar");
    return [this.tools(), this.whatIf.view(), this.cookies()];
  }

  tools() {
    return h(
      "div.actions",
      null,
      this.whatIf.select(),
      h("button.quiet", { type: "button", onclick: () => exportDialog(this.client, this.site) }, "Export"),
      h("button.quiet.danger", { type: "button", onclick: () => askToForget(this.client, this.site) }, "Forget site"),
    );
  }

  cookies() {
    if (!this.rows.length) return h("p.empty", null, "Nothing is left in this jar for the site.");
    const more = (count) => {
      this.most = count;
      this.draw();
    };
    return [
      table(
        `Cookies of ${this.site}`,
        this.columns(),
        this.rows.slice(0, this.most),
        (row) => row.id || [row.jar, row.session, row.domain, row.path, row.name].join("\n"),
      ),
      some(this.rows, this.most, more),
    ];
  }

  columns() {
    return [
      ["Cookie", (row) => [h("a", { href: cookieLink(row) }, named(row.name, 60)), marks(row)], "name"],
      ["Value", (row) => this.reveals.view(row), "value"],
      ["Flags", flags],
      ["Goes to", (row) => h("span", null, row.host_only ? "" : "*.", said(row.domain, 60), said(row.path, 60))],
      ["Expires", (row) => (row.expires === null ? "with the session" : when(row.expires)), "time"],
      ["Last used", (row) => when(row.last_access), "time"],
      ["Bytes", (row) => number(row.size_bytes), "number"],
    ];
  }

  leave() {
    this.reveals.hide();
  }
}

function marks(row) {
  const mark = (word, why, kind = "") => h(`span.flag${kind}`, { title: why }, word);
  return h(
    "span.flags",
    null,
    row.jar === "held" && mark("held here", "The proxy holds it for the browser, which does not have it."),
    row.session && row.jar === "held" && mark("in URL", "It belongs to a session whose id travels in the URL."),
    row.adopted && mark("adopted", "Nobody saw it being set: the browser sent it, so attributes are guesses."),
    row.next_out && mark("next out", "If the site sets one more than fits, this one goes.", ".warn"),
  );
}

/** The attributes that say where a cookie goes, as small labels. */
export function flags(row) {
  const flag = (word, title) => h("span.flag", { title }, word);
  return h(
    "span.flags",
    null,
    row.secure && flag("Secure", "only over secure connections"),
    row.http_only && flag("HttpOnly", "not for scripts"),
    row.same_site && flag(row.same_site, `SameSite=${row.same_site}`),
    row.host_only && flag("host", "no Domain: this host alone"),
    row.partition_key && flag("Partitioned", row.partition_key),
    row.priority && row.priority.toLowerCase() !== "medium" && flag(row.priority, `Priority=${row.priority}`),
  );
}
