/* Sessions as bars in lanes: what ended each by colour and letter. Knows times and pixels; the table below says the same in words. */
import { h } from "./dom.js";
import { client as short, counted, clock, exact, number, span, wire } from "./text.js";
import { CAUSES } from "./words.js";

const MOST = 200,
  LANE = 18,
  GROUP = 24,
  MOST_LANES = 12,
  TICK_PX = 150;

/** The latest sessions, `wide` pixels across. */
export function timeline(sessions, until, wide) {
  const latest = sessions.slice(0, MOST),
    from = Math.min(...latest.map(({ started }) => started));
  const x = (time) => Math.round(((Math.min(time, until) - from) / Math.max(60, until - from)) * (wide - 20) * 10) / 10 + 8;
  const groups = grouped(latest);
  let y = 0;
  const drawn = groups.map((group) => {
    const made = lanes(group, y, x, until, Math.floor(wide / 8));
    y += GROUP + group.lanes.length * LANE + 6;
    return made;
  });
  const left = sessions.length - latest.length;
  return h(
    "div.scroll",
    { tabindex: "0", role: "region", "aria-label": "Timeline of sessions" },
    h(
      "svg",
      {
        viewBox: `0 0 ${wide} ${y + 24}`,
        width: wide,
        height: y + 24,
        role: "img",
        "aria-label": `${counted(latest.length, "session")} from ${exact(from)} on. The table below lists them.`,
      },
      ticks(from, until, wide, y, x),
      drawn,
    ),
    left > 0 && h("p.quietly", null, `${counted(left, "older session")} in the table below.`),
  );
}

/** By cookie and host; in each, a session takes the first lane that is free. */
function grouped(sessions) {
  const groups = new Map();
  for (const one of [...sessions].reverse()) {
    const key = `${one.cookie}\n${one.host}`,
      group = groups.get(key) || { one, lanes: [], hidden: 0 };
    groups.set(key, group);
    const free = group.lanes.find((lane) => ends(lane.at(-1)) < one.started);
    if (free) free.push(one);
    else if (group.lanes.length < MOST_LANES) group.lanes.push([one]);
    else group.hidden++;
  }
  return [...groups.values()];
}

const ends = ({ ended, last_seen: seen }) => (ended === null ? Infinity : Math.max(ended, seen));

function lanes({ one, lanes: all, hidden }, top, x, until, letters) {
  const label = `${wire(one.cookie || "(nameless)", 36)} · ${wire(one.host, 40)}${hidden ? `, and ${number(hidden)} more` : ""}`;
  return h(
    "g",
    { key: `${one.cookie}\n${one.host}` },
    h(
      "text",
      { class: "lane", x: 2, y: top + 16 },
      h("title", null, label),
      label.length > letters ? `${label.slice(0, letters - 1)}…` : label,
    ),
    all.map((lane, nth) => lane.map((session) => bar(session, top + GROUP + nth * LANE, x, until))),
  );
}

function bar(one, y, x, until) {
  const [word, letter] = CAUSES[one.end_cause] || [one.end_cause, "?"],
    end = one.ended ?? until,
    from = x(one.started),
    width = Math.max(3, x(end) - from);
  const told = `${one.cookie || "(nameless)"} ${one.id}: ${word}. ${exact(one.started)}, ${span(end - one.started)}, ${counted(one.requests, "request")}. ${short(one.client)}`;
  return h(
    "g",
    { key: `${one.client}${one.id}${one.started}`, class: "bar", "data-cause": one.end_cause },
    h("title", null, wire(told, 400)),
    h("rect", { x: from, y, width, height: LANE - 5, rx: 3 }),
    width > 14 && h("text", { x: from + width - 7, y: y + 10 }, letter),
  );
}

function ticks(from, until, wide, height, x) {
  const count = Math.max(2, Math.floor(wide / TICK_PX));
  return Array.from({ length: count }, (_, nth) => {
    const time = from + ((until - from) * nth) / (count - 1),
      at = x(time),
      anchor = nth === 0 ? "start" : nth === count - 1 ? "end" : "middle";
    return h(
      "g",
      { key: `tick${nth}`, class: "tick" },
      h("line", { x1: at, x2: at, y1: 0, y2: height }),
      h("text", { x: at, y: height + 17, "text-anchor": anchor }, nth === count - 1 ? "now" : clock(time, until - from)),
    );
  });
}
