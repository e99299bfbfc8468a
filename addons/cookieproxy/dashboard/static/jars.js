/* The page "Jars": each client, what its browser holds by site, and how near that is to which limit. */
import { h } from "./dom.js";
import { get } from "./api.js";
import { live } from "./live.js";
import { Site } from "./site.js";
import { exportDialog } from "./export.js";
import { firstSteps } from "./steps.js";
import { some } from "./table.js";
import { bytes, client as short, counted, number, percent, said, when, wire } from "./text.js";

const FIRST = 60;

export function open(root, query) {
  const page = new Jars(root, query);
  return { draw: page.shown.draw, leave: () => page.leave() };
}

class Jars {
  constructor(root, query) {
    Object.assign(this, {
      search: query.get("q") || "",
      sites: new Map(),
      shownOf: new Map(),
      wanted: [query.get("client"), query.get("site")],
    });
    this.shown = live(root, { on: ["jars"], load: () => this.load(), view: (jars) => this.view(jars) });
    this.shown.ready.then(() => this.jump(root));
  }

  /** The jars; the sites that are open look into theirs as well. */
  async load() {
    const jars = await get("jars");
    for (const site of this.sites.values()) if (site.isOpen) site.load();
    return jars;
  }

  jump(root) {
    if (this.wanted[1]) root.querySelector("details[data-wanted]")?.scrollIntoView({ block: "start" });
  }

  view(jars) {
    if (!jars.length) return firstSteps("No browser has come by yet.");
    const type = (event) => {
      this.search = event.target.value;
      this.shown.draw();
    };
    return [
      h(
        "form.filters",
        { "aria-label": "Sites", onsubmit: (event) => event.preventDefault() },
        h(
          "label.search",
          null,
          "Search",
          h("input", { type: "search", value: this.search, placeholder: "a site or a client", oninput: type }),
        ),
      ),
      jars.map((jar) => this.jar(jar)),
    ];
  }

  /** The sites of a jar, first the one that the address names. */
  first({ client, sites }) {
    const [who, wanted] = this.wanted;
    return client === who ? [...sites].sort((a, b) => (b.site === wanted) - (a.site === wanted)) : sites;
  }

  jar(jar) {
    const words = this.search.toLowerCase(),
      ofClient = `${jar.client} ${jar.profile}`.toLowerCase().includes(words);
    const sites = this.first(jar).filter(({ site }) => ofClient || site.toLowerCase().includes(words)),
      most = this.shownOf.get(jar.client) || FIRST;
    if (words && !sites.length) return null;
    const more = (count) => {
      this.shownOf.set(jar.client, count);
      this.shown.draw();
    };
    return h(
      "section.card",
      { key: jar.client },
      h(
        "header",
        null,
        h("h2", { title: jar.client }, short(jar.client)),
        h("button.quiet", { type: "button", onclick: () => exportDialog(jar.client, null) }, "Export"),
      ),
      h("p.facts", null, facts(jar)),
      h("p.agent", null, said(jar.user_agent || jar.client, 300)),
      sites.slice(0, most).map((one) => this.site(jar, one)),
      some(sites, most, more),
    );
  }

  site(jar, one) {
    const key = `${jar.client}\n${one.site}`,
      isWanted = jar.client === this.wanted[0] && one.site === this.wanted[1];
    const site = this.sites.get(key) || new Site(jar.client, one.site, () => this.shown.draw());
    this.sites.set(key, site);
    if (isWanted && !site.wasWanted) site.toggle((site.wasWanted = true));
    return h(
      "details.site",
      { key: one.site, open: isWanted, "data-wanted": isWanted, ontoggle: (event) => site.toggle(event.target.open) },
      h(
        "summary",
        null,
        h("span.site-name", null, said(one.site, 80)),
        meter(one),
        h("span.counts", null, counts(one)),
        h("span.soon", null, one.soonest_expiry && ["next expires ", when(one.soonest_expiry)]),
      ),
      h("div.inside", null, limits(one), site.view(one)),
    );
  }

  leave() {
    this.shown.leave();
    for (const site of this.sites.values()) site.leave();
  }
}

function facts(jar) {
  const limit = jar.total_limit ? ` of ${number(jar.total_limit)}` : "";
  return [
    `Judged as ${jar.profile}`,
    jar.enforce ? ", whose limits are enforced" : "",
    `. ${number(jar.cookies)}${limit} cookies, ${bytes(jar.size_bytes)}, ${counted(jar.sites.length, "site")}.`,
  ];
}

function meter({ site, mirror, fullness, per_site_limit: limit }) {
  if (!limit) return h("span.room.muted", null, "no limit");
  return h(
    "span.room",
    null,
    h("meter", {
      min: "0",
      max: "1",
      high: "0.8",
      optimum: "0",
      value: fullness,
      "aria-label": `${wire(site, 80)}: ${percent(fullness)} full`,
    }),
    h("span.of", null, `${number(mirror)} of ${number(limit)}`),
  );
}

function counts({ mirror, held, size_bytes: size, headers }) {
  const near = headers.some(({ refused_by: by }) => by.length);
  return [
    `${counted(mirror, "cookie")}${held ? `, ${number(held)} held here` : ""}, ${bytes(size)}`,
    near && h("span.flag.warn", null, "header near a limit"),
  ];
}

/** How near which limit: who goes next, and what servers say to the header. */
function limits({ mirror, per_site_limit: limit, next_out: next, headers }) {
  return h(
    "ul.limits",
    null,
    limit &&
      h(
        "li",
        null,
        `${number(mirror)} of ${counted(limit, "cookie")}`,
        next.length ? ["; the next to be evicted: ", list(next)] : "",
        ".",
      ),
    headers.map(({ host, scheme, header_bytes: size, refused_by: by }) =>
      h(
        "li",
        { key: `${scheme}://${host}` },
        "A request to ",
        said(`${scheme}://${host}/`, 100),
        ` carries a Cookie header of up to ${bytes(size)}`,
        by.length ? ": " : ".",
        by.map(({ limit: most, who }, nth) => [
          nth ? "; " : "",
          h("span", { class: size > most ? "bad" : "warn" }, `${size > most ? "more than" : "near"} the ${bytes(most)} of ${who}`),
        ]),
        by.length ? "." : "",
      ),
    ),
  );
}

const list = (names) => names.map((name, nth) => [nth ? ", " : "", h("code", null, name ? said(name, 60) : "(nameless)")]);
