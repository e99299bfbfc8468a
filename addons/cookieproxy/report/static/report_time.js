/* Times and durations as the page says them: times in the reader's own zone, durations in their largest sensible unit. */
"use strict";
const reportTime = (() => {
  const two = (number) => String(number).padStart(2, "0");
  const day = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const minute = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
  const UNITS = [[31557600, "years"], [86400, "days"], [3600, "h"], [60, "min"]];

  /** `2026-11-20 14:03`, of Unix seconds or a Date; `form` is day, minute or second. */
  function moment(time, form = "minute") {
    const date = time instanceof Date ? time : new Date(time * 1000);
    if (form === "day") return day(date);
    return `${day(date)} ${minute(date)}${form === "second" ? `:${two(date.getSeconds())}` : ""}`;
  }

  /** `45 s`, `20 min`, `7 days`. */
  function span(seconds) {
    for (const [size, unit] of UNITS) if (seconds >= 2 * size) return `${Math.round(seconds / size)} ${unit}`;
    return seconds < 2 && seconds > 0 ? `${Number(seconds.toPrecision(2))} s` : `${Math.round(seconds)} s`;
  }

  /** `45 s`, `90 min`, `2 h 30`: a round duration for an axis, in full. */
  function exactSpan(seconds) {
    for (const [size, unit, smaller, part] of [[86400, "d", "h", 3600], [3600, "h", "", 60]]) {
      const whole = Math.floor(seconds / size), rest = Math.round((seconds - whole * size) / part);
      if (whole >= 1 && seconds < 100 * 86400) return rest ? `${whole} ${unit} ${rest}${smaller && ` ${smaller}`}` : `${whole} ${unit}`;
    }
    return seconds ? span(seconds) : "0";
  }

  /** Labels for an axis of times: the day where it begins, the time of day else. */
  function clockLabels(splits, step) {
    let last = null;
    return splits.map((time) => {
      const date = new Date(time * 1000), today = day(date), isNew = today !== last;
      last = today;
      if (step >= 86400) return today.slice(5);
      const clock = step < 60 ? `${minute(date)}:${two(date.getSeconds())}` : minute(date);
      return isNew ? `${clock}\n${today.slice(5)}` : clock;
    });
  }

  const ROUND = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800, 604800, 1209600,
    2592000, 7776000, 15552000, 31557600, 63115200, 157788000, 315576000];

  /** Round durations between these, at least `room` pixels from each other; `place` gives a duration's pixel. */
  function roundSpans(low, high, place, room) {
    const found = [];
    for (const seconds of ROUND) {
      if (seconds < low || seconds > high) continue;
      if (!found.length || Math.abs(place(seconds) - place(found[found.length - 1])) >= room) found.push(seconds);
    }
    return found;
  }

  /** A step that divides durations evenly: the smallest round one that is at least this. */
  const roundStep = (seconds) => ROUND.find((one) => one >= seconds) || seconds;

  return { moment, span, exactSpan, clockLabels, roundSpans, roundStep };
})();
