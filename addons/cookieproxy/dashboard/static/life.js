/* A cookie's life as a list of what happened to it, with what repeats told once. Knows events, not where they are kept. */
import { h } from "./dom.js";
import { change } from "./row.js";
import { counted, number, said, span, when } from "./text.js";
import { outcome, sentence } from "./words.js";

/** Newest first; runs of `sent` are one line with their count. */
export function life(events) {
  return h(
    "ol.life",
    { tabindex: "0", "aria-label": "Its life, newest first" },
    runs(events)
      .reverse()
      .map((run) => moment(run)),
  );
}

function runs(events) {
  const out = [];
  for (const event of events) {
    const last = out.at(-1);
    if (last && event.event === "sent" && last.event.event === "sent") {
      last.times++;
      last.event = event;
      continue;
    }
    out.push({ event, first: event.time, times: 1 });
  }
  return out;
}

function moment({ event, first, times }) {
  const what = times > 1 ? `${counted(times, "request")} carried it, within ${span(event.time - first)}.` : sentence(event);
  return h(
    "li",
    { key: `${event.event}${first}`, "data-event": event.event },
    h("div.when", null, when(event.time)),
    h(
      "div",
      null,
      outcome(event.event),
      times > 1 && h("b.times", null, ` ×${number(times)}`),
      h("div", null, said(what, 1000)),
      event.by && h("div.muted", null, "Because of ", said(event.by), "."),
      event.rule && event.sentence && h("div.muted", null, "By the rule ", said(event.rule), "."),
      event.host && h("div.muted", null, "at ", said(event.host)),
      event.event !== "sent" && change(event),
    ),
  );
}
