/* Which share of sessions is still alive after how long, as a step curve with its table. Knows steps and pixels. */
import { h } from "./dom.js";
import { table } from "./table.js";
import { counted, named, percent, said, span } from "./text.js";

const WIDE = 320,
  HIGH = 130,
  LEFT = 46,
  TOP = 8;

export function survival({ host, cookie, sessions, steps, median_seconds: median }) {
  const longest = Math.max(60, ...steps.map(({ seconds }) => seconds));
  const x = (seconds) => LEFT + (seconds / longest) * (WIDE - LEFT - 6),
    y = (share) => TOP + (1 - share) * HIGH;
  const half = median === null ? "More than half go on." : `Half of them live longer than ${span(median)}.`;
  const path = steps.reduce(
    (line, { seconds, share }) => `${line} H${x(seconds).toFixed(1)} V${y(share).toFixed(1)}`,
    `M${LEFT} ${TOP}`,
  );
  return h(
    "figure",
    { key: `${host}\n${cookie}` },
    h(
      "figcaption",
      null,
      cookie ? [h("b", null, named(cookie, 40)), " at ", said(host, 60)] : h("b", null, "All sessions, ", said(host, 60)),
      h("div.muted", null, `${counted(sessions, "session")}. ${half}`),
    ),
    h(
      "svg",
      { viewBox: `0 0 ${WIDE} ${HIGH + 32}`, role: "img", "aria-label": half },
      [1, 0.5, 0].map((share) =>
        h(
          "g",
          { key: String(share), class: "tick" },
          h("line", { x1: LEFT, x2: WIDE, y1: y(share), y2: y(share) }),
          h("text", { x: LEFT - 6, y: y(share) + 4, "text-anchor": "end" }, percent(share)),
        ),
      ),
      median !== null && h("line", { class: "median", x1: x(median), x2: x(median), y1: TOP, y2: TOP + HIGH }),
      h("path", { class: "curve", d: path }),
      h(
        "g.tick",
        null,
        h("text", { x: LEFT, y: HIGH + 26 }, "0"),
        h("text", { x: WIDE - 2, y: HIGH + 26, "text-anchor": "end" }, span(longest)),
      ),
    ),
    h(
      "details",
      null,
      h("summary", null, "As a table"),
      table(
        "Share alive",
        [
          ["After", ({ seconds }) => span(seconds)],
          ["Alive", ({ share }) => percent(share), "number"],
        ],
        steps,
        ({ seconds, share }) => `${seconds} ${share}`,
      ),
    ),
  );
}
