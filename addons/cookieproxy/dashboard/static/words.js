/* What events, outcomes, ends and severities are called, with a mark and a tone each, so that no colour stands alone. */
import { h } from "./dom.js";

/** Each event: its word, its mark, its tone, and a sentence for when none came with it. */
export const EVENTS = {
  stored: ["stored", "+", "good", "The browser keeps it from now on."],
  replaced: ["replaced", "↻", "good", "It took the place of the one before."],
  removed: ["removed", "−", "warn", "It left the browser."],
  ignored: ["ignored", "×", "bad", "Nothing was stored."],
  sent: ["sent", "→", "plain", "The browser sent it."],
  withheld: ["withheld", "‖", "warn", "It stayed in the browser."],
  unexpected: ["unexpected", "?", "warn", "Nobody saw it being set."],
  missing: ["missing", "!", "bad", "It should have come with the request."],
  changed: ["changed", "≠", "rule", "A rule changed it."],
  persistence: ["persistence", "∞", "plain", "How long it stays has changed."],
  "header-size": ["header size", "≡", "bad", "The Cookie header is larger than common servers accept."],
  "clock-skew": ["clock skew", "±", "warn", "The server’s clock is not ours."],
  cookieless: ["cookieless", "@", "rule", "Something happened to an id in a URL."],
};

/** What became of a Set-Cookie where no event tells it. */
export const OUTCOMES = {
  ...EVENTS,
  held: ["held here", "⌂", "rule", ""],
  dropped: ["dropped", "×", "rule", ""],
  evicted: ["evicted", "−", "warn", ""],
};

/** Each end of a session: its word, its letter, and what it means. */
export const CAUSES = {
  open: ["open", "O", "It has not ended, as far as was seen."],
  logout: ["logout", "L", "The server deleted the cookie."],
  rotated: ["rotated", "R", "A new id took over while it was in use."],
  timed_out: ["timed out", "T", "A dead id was sent after a gap, or past an absolute age."],
  lost: ["lost", "X", "It was refused or replaced without a gap that explains it."],
  expired: ["expired", "E", "The cookie’s own end came."],
  evicted: ["evicted", "V", "A limit of the browser threw it out."],
  closed: ["closed", "C", "The client came back without it."],
};

/** From what cannot wait to what is good to know. */
export const SEVERITIES = ["high", "medium", "low", "info"];

/** The sentence of an event, or a short one made of what is known. */
export function sentence(row) {
  if (row.sentence) return row.sentence;
  if (row.rule) return `The rule ${row.rule} changed it.`;
  return row.reason || EVENTS[row.event]?.[3] || "";
}

/** An outcome as mark and word. */
export function outcome(code) {
  const [word, mark, tone] = OUTCOMES[code] || [code, "·", "plain"];
  return h("span.outcome", { "data-tone": tone }, h("span.mark", { "aria-hidden": "true" }, mark), word);
}

/** The end of a session as letter and word. */
export function cause(code) {
  const [word, letter, meaning] = CAUSES[code] || [code, "?", ""];
  return h("span.cause", { "data-cause": code, title: meaning }, h("span.mark", { "aria-hidden": "true" }, letter), word);
}
