/* The page "Sessions": who is online, when sessions began and what ended them, how long they live, which timeouts that shows. */
import { h } from "./dom.js";
import { get } from "./api.js";
import { live } from "./live.js";
import { timeline } from "./timeline.js";
import { survival } from "./survival.js";
import { firstSteps } from "./steps.js";
import { some, table } from "./table.js";
import { client as short, counted, named, number, said, span, when } from "./text.js";
import { CAUSES, cause } from "./words.js";

const FIRST = 50;

export function open(root, query) {
  const page = { search: query.get("q") || "", cause: "", most: FIRST, width: root.clientWidth };
  const shown = live(root, { on: ["sessions"], load: () => get("sessions"), view: (told) => view(told, page, change) });
  const change = (what) => {
    Object.assign(page, what);
    shown.draw();
  };
  const sizes = new ResizeObserver(() => {
    if (root.clientWidth !== page.width) change({ width: root.clientWidth });
  });
  sizes.observe(root);
  return {
    draw: shown.draw,
    leave: () => {
      sizes.disconnect();
      shown.leave();
    },
  };
}

function view(told, page, change) {
  if (!told.sessions.length) return firstSteps("No session has been seen yet.");
  const wide = Math.max(240, page.width - (page.width > 720 ? 44 : 34));
  return [
    online(told.online),
    h(
      "section.card",
      null,
      h("h2", null, "When they lived"),
      h(
        "p.legend",
        null,
        Object.keys(CAUSES).map((code) => cause(code)),
      ),
      timeline(told.sessions, told.until, wide),
    ),
    told.survival.length > 0 &&
      h(
        "section.card",
        null,
        h("h2", null, "How long they live"),
        h(
          "div.figures",
          null,
          told.survival.map((one) => survival(one)),
        ),
      ),
    told.timeouts.length > 0 &&
      h(
        "section.card",
        null,
        h("h2", null, "Timeouts, as far as they show"),
        table("Timeouts", TIMEOUTS, told.timeouts, (one) => `${one.host}\n${one.cookie}`),
      ),
    list(told.sessions, page, change),
  ];
}

function online(hosts) {
  if (!hosts.length) return h("p.facts", null, "Nobody is online now.");
  return h(
    "ul.tiles",
    { "aria-label": "Online now" },
    hosts.map(({ host, sessions, people }) =>
      h(
        "li.tile",
        { key: host },
        h("b", null, number(people)),
        h("span", null, `online at `, said(host, 60)),
        h("span.muted", null, counted(sessions, "session")),
      ),
    ),
  );
}

function list(sessions, page, change) {
  const words = page.search.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = sessions.filter(
    (one) =>
      (!page.cause || one.end_cause === page.cause) &&
      words.every((word) => `${one.host} ${one.cookie} ${one.client} ${one.id} ${one.end_cause}`.toLowerCase().includes(word)),
  );
  return h(
    "section.card",
    null,
    h("h2", null, "All sessions"),
    h(
      "form.filters",
      { "aria-label": "Sessions", onsubmit: (event) => event.preventDefault() },
      h(
        "label.search",
        null,
        "Search",
        h("input", {
          type: "search",
          value: page.search,
          placeholder: "host, cookie, client or id",
          oninput: (event) => change({ search: event.target.value }),
        }),
      ),
      h(
        "label",
        null,
        "End",
        h(
          "select",
          { value: page.cause, onchange: (event) => change({ cause: event.target.value }) },
          h("option", { value: "" }, "all"),
          Object.entries(CAUSES).map(([code, [word]]) => h("option", { key: code, value: code }, word)),
        ),
      ),
    ),
    rows.length
      ? table(
          "Sessions",
          COLUMNS,
          rows.slice(0, page.most),
          (one) => `${one.client}\n${one.host}\n${one.cookie}\n${one.id}\n${one.started}`,
        )
      : h("p.muted", null, "No session is like that."),
    some(rows, page.most, (most) => change({ most })),
  );
}

/** The bounds of a timeout; less than a second is as good as nothing. */
function between(low, high) {
  const least = low !== null && low >= 1;
  if (high === null) return least ? `more than ${span(low)}` : "–";
  return least ? `${span(low)} to ${span(high)}` : `less than ${span(high)}`;
}

const TIMEOUTS = [
  ["Host", (one) => said(one.host, 80)],
  ["Cookie", (one) => named(one.cookie, 60), "name"],
  ["A session dies after silence of", (one) => between(one.idle_low, one.idle_high)],
];
const COLUMNS = [
  ["Session", (one) => [named(one.cookie, 40), " ", h("code.muted", null, said(one.id, 20))], "name"],
  ["Host", (one) => said(one.host, 60)],
  ["Client", (one) => h("span", { title: one.client }, short(one.client))],
  ["Began", (one) => when(one.started), "time"],
  ["Last seen", (one) => when(one.last_seen), "time"],
  ["Lived", (one) => span(one.lifetime_seconds ?? one.last_seen - one.started), "time"],
  ["Requests", (one) => number(one.requests), "number"],
  ["End", (one) => [cause(one.end_cause), one.end_sentence && h("div.muted", null, said(one.end_sentence, 400))]],
];
