/* A cookie's life as a list of what happened to it, with what repeats told once. Knows events, not where they are kept. */
import { h } from "./dom.js";
import { change } from "./row.js";
import { number, said, span, when } from "./text.js";
import { outcome, sentence } from "./words.js";

const ROUTINE = ["sent", "replaced"];
const isRoutine = ({ event, reason, rule }) => ROUTINE.includes(event) && !reason && !rule;

/** Newest first; what is routine, sent and set anew again and again, is one line with its counts. */
export function life(events) {
  const moments = runs(events).reverse();
  return h(
    "ol.life",
    { tabindex: "0", "aria-label": "Its life, newest first" },
    moments.map((run) => h("li", { key: `${run[0].event}${run[0].time}` }, run.length > 1 ? routine(run) : single(run[0]))),
  );
}

function runs(events) {
  const out = [];
  for (const event of events) {
    const last = out.at(-1);
    if (last && isRoutine(event) && isRoutine(last[0])) last.push(event);
    else out.push([event]);
  }
  return out;
}

function routine(run) {
  const first = run[0],
    last = run.at(-1);
  const times = ROUTINE.map((kind) => [kind, run.filter(({ event }) => event === kind).length]).filter(([, count]) => count);
  return [
    h("div.when", null, when(last.time)),
    h(
      "div",
      null,
      times.map(([kind, count]) => h("span.times", { key: kind }, outcome(kind), h("b", null, ` ×${number(count)}`))),
      h("div", null, `Within ${span(last.time - first.time)}, at `, said(last.host || last.site), "."),
    ),
  ];
}

function single(event) {
  return [
    h("div.when", null, when(event.time)),
    h(
      "div",
      null,
      outcome(event.event),
      h("div", null, said(sentence(event), 1000)),
      because(event),
      event.rule && event.sentence && h("div.muted", null, "By the rule ", said(event.rule), "."),
      event.host && h("div.muted", null, "at ", said(event.host)),
      event.event !== "sent" && change(event),
    ),
  ];
}

/** The cookie or the exchange that caused it. */
function because({ event, by }) {
  return by && h("div.muted", null, event === "sent" ? "Set by the exchange " : "Because of ", said(by), ".");
}
