/* Sessions as bars in lanes: what ended each by colour, stripes and letter; a thin line while the browser keeps a dead cookie. */
"use strict";
const reportSessions = (() => {
  const { moment, span } = reportTime, { data, FONT, color, clockAxis, laneAxis, plot, within, lanesOf, rules, nothing } = reportPlot;
  const LETTERS = { open: "O", logout: "L", rotated: "R", timed_out: "T", lost: "X", expired: "E", evicted: "V", closed: "C" };

  const STRIPES = { timed_out: [[0, 8, 8, 0]], lost: [[0, 8, 8, 0], [0, 0, 8, 8]], expired: [[0, 4, 8, 4]], closed: [[4, 0, 4, 8]], evicted: "dots" };

  function pattern(ctx, cause) {
    const stripes = STRIPES[cause];
    if (!stripes) return color(cause);
    const tile = document.createElement("canvas"), pen = tile.getContext("2d");
    tile.width = tile.height = 8;
    pen.fillStyle = color(cause);
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = pen.fillStyle = color("surface");
    pen.globalAlpha = 0.45;
    pen.lineWidth = 1.3;
    if (stripes === "dots") {
      pen.beginPath();
      pen.arc(4, 4, 1.6, 0, 7);
      pen.fill();
    } else {
      for (const [a, b, c, d] of stripes) {
        pen.beginPath();
        pen.moveTo(a, b);
        pen.lineTo(c, d);
        pen.stroke();
      }
    }
    return ctx.createPattern(tile, "repeat");
  }

  function timeline(chart) {
    const width = chart.clientWidth, lanes = lanesOf(width, 46, 36), now = data.to, whole = Math.max(60, now - data.from);
    const from = now - whole * 1.01, to = now + whole * 0.03;
    let drawn = [];
    const draw = (u) => within(u, (ctx, wide) => {
      const fills = Object.fromEntries(data.causes.map((cause) => [cause, pattern(ctx, cause)]));
      drawn = [];
      const x = (time) => u.valToPos(time, "x");
      rules(ctx, lanes, data.lanes.length, wide);
      ctx.fillStyle = color("muted");
      ctx.fillRect(Math.round(x(now)), 0, 1, data.lanes.length * lanes.height);
      data.lanes.forEach((lane, place) => {
        const top = place * lanes.height + lanes.bar.top;
        const places = lane.bars.map((bar) => {
          const left = x(bar.start), right = Math.max(left + 3, x(bar.end === null ? to : bar.end));
          return { lane, bar, left, right, top, bottom: top + lanes.bar.height };
        });
        places.forEach((one) => drawBar(ctx, one, fills, x, wide));
        places.forEach((one) => drawLink(ctx, one, places[one.bar.next]));
        drawn.push(...places);
      });
    });
    const lines = (u) => {
      const { left, top } = u.cursor;
      const found = drawn.findLast((one) => left >= one.left - 3 && left <= one.right + 3 && top >= one.top - 8 && top <= one.bottom + 8);
      return found && sessionLines(found);
    };
    return plot(chart, {
      height: data.lanes.length * lanes.height + 52, padding: [8, 10, 0, lanes.beside ? 0 : 2], lines,
      scales: { x: { time: true, range: (u, low, high) => [low, high] }, y: { range: [0, 1] } },
      axes: [clockAxis(), laneAxis(lanes.gutter)], series: [{}, { paths: nothing, points: { show: false } }],
      hooks: { draw: [draw, (u) => data.lanes.forEach((lane, place) => lanes.label(u, place, lane.cookie, `${lane.host} · ${lane.client}`))] },
    }, [[from, to], [0, 0]]);
  }

  function drawBar(ctx, { bar, left, right, top, bottom }, fills, x, wide) {
    if (right < 0 || left > wide) return;
    const height = bottom - top;
    if (bar.end !== null && bar.expiry > bar.end && ["timed_out", "lost"].includes(bar.cause)) {
      ctx.fillStyle = color(bar.cause);
      ctx.fillRect(right, top + height / 2 - 1, x(Math.min(bar.expiry, data.to)) - right, 2);
    }
    ctx.fillStyle = bar.end === null ? fading(ctx, left, right) : fills[bar.cause];
    ctx.beginPath();
    ctx.roundRect(left, top, right - left, height, bar.end === null ? [4, 0, 0, 4] : Math.min(4, (right - left) / 2));
    ctx.fill();
    const end = Math.min(right, wide), begin = Math.max(left, 0);
    if (end - begin < 20) return;
    const middle = bar.end === null ? begin + 9 : end - 9;
    ctx.fillStyle = color(bar.cause);
    ctx.fillRect(middle - 6, top + 1, 12, height - 2);
    ctx.fillStyle = color("ink-on-color");
    ctx.font = `700 10.5px ${FONT}`;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(LETTERS[bar.cause] || "?", middle, top + height / 2 + 0.5);
  }

  function fading(ctx, left, right) {
    const fade = ctx.createLinearGradient(left, 0, right, 0), part = Math.max(0.35, 1 - 60 / (right - left));
    fade.addColorStop(0, color("open"));
    fade.addColorStop(part, color("open"));
    fade.addColorStop(1, "transparent");
    return fade;
  }

  /** Where a new id took over, a tick that joins both bars. */
  function drawLink(ctx, one, next) {
    if (!next) return;
    ctx.strokeStyle = color("text");
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.moveTo(one.right, one.top - 3);
    ctx.lineTo(one.right, one.bottom + 3);
    if (next.left > one.right + 1) ctx.lineTo(next.left, one.bottom + 3);
    ctx.stroke();
  }

  function sessionLines({ lane, bar }) {
    const until = bar.end === null ? bar.seen : bar.end;
    return [
      `${lane.cookie} ${bar.id}: ${bar.cause.replace("_", " ")}`, bar.why, `${moment(bar.start)} to ${bar.end === null ? "now" : moment(bar.end)}`,
      `${bar.end === null ? "used for" : "lived"} ${span(until - bar.start)}, ${bar.requests} requests${bar.gap ? `, longest gap ${span(bar.gap)}` : ""}`,
      bar.expected && `policy: end expected ${moment(bar.expected)}`, bar.expiry && `the cookie's own end: ${moment(bar.expiry)}`, `${lane.host}, ${lane.client}`,
    ];
  }

  return timeline;
})();
