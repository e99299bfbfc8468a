/* One event: as a row of the list, and opened. Knows what an event says, not where it stands. */
import { h, element } from "./dom.js";
import { EVENTS, sentence } from "./words.js";
import { client, exact, named, relative, said, wire } from "./text.js";
import { cookieLink, siteLink } from "./route.js";

export const HEADS = ["Time", "Outcome", "Cookie", "Host", "Client", "What happened"];

/** An empty row; `fill` writes into the same nodes again and again. */
export function make() {
  return element(
    h(
      "div.row",
      { role: "row" },
      h("span", { role: "gridcell" }, h("time", { "data-time": "0" }, " ")),
      h(
        "span",
        { role: "gridcell" },
        h("span.outcome", null, h("span.mark", { "aria-hidden": "true" }, " "), h("span", null, " ")),
      ),
      h("span.name", { role: "gridcell" }, h("bdi", null, " ")),
      h("span", { role: "gridcell" }, h("bdi", null, " ")),
      h("span.muted", { role: "gridcell" }, " "),
      h("span", { role: "gridcell" }, h("bdi", null, " ")),
    ),
  );
}

export function fill(element, row) {
  const [time, outcome, cookie, host, by, what] = [...element.children].map((cell) => cell.firstChild);
  const [word, mark, tone] = EVENTS[row.event] || [row.event, "·", "plain"];
  time.dataset.time = row.time;
  time.dateTime = new Date(row.time * 1000).toISOString();
  time.title = exact(row.time);
  time.firstChild.data = relative(row.time);
  outcome.dataset.tone = tone;
  outcome.children[0].firstChild.data = mark;
  outcome.children[1].firstChild.data = row.times > 1 ? `${word} ×${row.times}` : word;
  put(cookie, row.cookie === "" ? "(nameless)" : wire(row.cookie ?? "–", 80));
  put(host, wire(row.host || row.site, 80));
  by.data = client(row.client);
  put(what, wire(sentence(row), 240));
}

function put(place, text) {
  place.firstChild.data = text;
}

/** An opened event: everything that is known of it. */
export function detail(row) {
  return element(
    h(
      "div.detail",
      { role: "gridcell" },
      h("p", null, said(sentence(row), 2000)),
      h(
        "dl",
        null,
        fact("When", h("time", null, exact(row.time))),
        row.cookie !== null &&
          fact("Cookie", h("a", { href: cookieLink({ client: row.client, site: row.site, name: row.cookie }) }, named(row.cookie))),
        fact("Site", h("a", { href: siteLink(row.client, row.site) }, said(row.site))),
        fact("Host", said(row.host)),
        fact("Client", said(row.client, 400)),
        row.times > 1 && fact("How often", `${row.times} times at once; this was the last`),
        row.reason && fact("Reason", h("code", null, said(row.reason))),
        row.by && fact(row.event === "sent" ? "Set by exchange" : "Because of", h("code", null, said(row.by))),
        row.rule && fact("Rule", h("a", { href: "rules" }, said(row.rule))),
        row.flow_id && fact("Flow", h("code", null, said(row.flow_id))),
      ),
      change(row),
    ),
  );
}

const fact = (name, value) => h("div", null, h("dt", null, name), h("dd", null, value));

/** What it was and what it became, one above the other. */
export function change({ before = null, after = null }) {
  if (before === null && after === null) return null;
  const line = (head, text) =>
    h(
      "div",
      null,
      h("dt", null, head),
      h("dd", null, text === null ? h("span.muted", null, "nothing") : h("code", null, said(text, 2000))),
    );
  return h("dl.change", null, line("Before", before), line("After", after));
}
