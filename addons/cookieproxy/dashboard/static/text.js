/* How numbers, times, sizes and text off the wire are written. Knows the reader's clock and zone, nothing of cookies. */
import { h } from "./dom.js";

const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
const NUMBER = new Intl.NumberFormat("en"),
  ONE_DIGIT = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });
const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const MINUTE = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const SECOND = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = 86_400,
  NO_BREAK = "\u00a0";

export const number = (value) => NUMBER.format(value);
export const counted = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;
export const bytes = (count) => (count < 10_000 ? counted(count, "byte") : `${ONE_DIGIT.format(count / 1000)} kB`);
export const percent = (share) => `${NUMBER.format(Math.round(share * 100))} %`;

/** Text off the wire with everything escaped that nobody can see, and not longer than anybody reads. */
export function wire(text, most = 160) {
  const clipped = text.length > most ? `${text.slice(0, most)}… (${number(text.length)} characters)` : text;
  return clipped.replace(UNSEEN, (char) => `\\u{${char.codePointAt(0).toString(16)}}`);
}

/** The same as an element, which does not turn round what stands beside it. */
export const said = (text, most) =>
  h("bdi.wire", { title: text.length > (most || 160) ? wire(text, 1000) : null }, wire(text, most));

/** A cookie's name, or that it has none. */
export const named = (name, most) => (name ? said(name, most) : h("span.muted", null, "(nameless)"));

/** Some seconds, in the two units that matter. */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}${NO_BREAK}s`;
  if (whole < 3600) return two(whole, 60, "min", 1, "s", 300);
  if (whole < DAY) return two(whole, 3600, "h", 60, "min", DAY);
  return whole < 3 * DAY ? two(whole, DAY, "d", 3600, "h", 3 * DAY) : counted(Math.round(whole / DAY), "day");
}

function two(whole, unit, name, part, partName, below) {
  const rest = Math.floor((whole % unit) / part);
  return `${Math.floor(whole / unit)}${NO_BREAK}${name}${rest && whole < below ? `${NO_BREAK}${rest}${NO_BREAK}${partName}` : ""}`;
}

/** The same in one unit: what is past need not be told to the minute. */
function round(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < DAY ? `${Math.floor(seconds / 3600)} h` : counted(Math.floor(seconds / DAY), "day");
}

export const exact = (time) => EXACT.format(time * 1000);

/** A time on an axis of so many seconds. */
export const clock = (time, seconds) => (seconds < 3600 ? SECOND : seconds < DAY ? MINUTE : SHORT).format(time * 1000);

/** How long ago, or how soon, by the reader's clock. */
export function relative(time) {
  const away = time - Date.now() / 1000;
  if (Math.abs(away) < 1.5) return "now";
  return away < 0 ? `${round(-away)} ago` : `in ${span(away)}`;
}

/** A time: relative, kept so by `tick`, and the exact one on hover. */
export function when(time) {
  const date = new Date(time * 1000);
  if (Number.isNaN(date.getTime())) return h("span.muted", null, "beyond all calendars");
  return h("time", { datetime: date.toISOString(), title: exact(time), "data-time": time }, relative(time));
}

/** Brings all relative times up to now, each second, while somebody looks. */
export function tick() {
  if (document.hidden) return;
  for (const one of document.querySelectorAll("time[data-time]")) {
    const text = relative(Number(one.dataset.time));
    if (one.firstChild && one.firstChild.data !== text) one.firstChild.data = text;
  }
}

const BROWSERS = [
  [/Edg(?:e|A|iOS)?\/(\d+)/, "Edge"],
  [/OPR\/(\d+)/, "Opera"],
  [/(?:Firefox|FxiOS)\/(\d+)/, "Firefox"],
  [/(?:Chrome|CriOS)\/(\d+)/, "Chrome"],
  [/Version\/(\d+)[^ ]* .*Safari/, "Safari"],
  [/Safari\//, "Safari"],
  [/curl\/([\d.]+)/, "curl"],
  [/python-requests\/([\d.]+)/, "requests"],
];
const DEVICES = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
];

/** A client in few words: its browser, its address, and the mark that tells it from its like. */
export function client(name) {
  const browser = BROWSERS.find(([pattern]) => pattern.test(name));
  if (!browser) return wire(name, 60);
  const version = browser[0].exec(name)[1],
    device = DEVICES.find(([pattern]) => pattern.test(name));
  const where = /^[\d.:a-f]+(?= )/i.exec(name);
  const mark = / ([0-9a-f]{6})$/.exec(name);
  return [`${browser[1]}${version ? ` ${version}` : ""}${device ? ` on ${device[1]}` : ""}`, where?.[0], mark?.[1]]
    .filter(Boolean)
    .join(" · ");
}
