/* The charts of a report besides that of sessions: survival, gaps against outcome, sessions online; and all of them together. */
"use strict";
const reportCharts = (() => {
  const { moment, span } = reportTime;
  const { data, color, axis, clockAxis, spanAxis, laneAxis, plot, within, lanesOf, rules, nothing } = reportPlot;

  // -- survival --------------------------------------------------------------------------------------------------------------

  function survival(chart) {
    const curve = data.curves[Number(chart.dataset.number)], longest = curve.times[curve.times.length - 1];
    const positive = curve.times.filter((time) => time > 0), middle = positive[positive.length >> 1];
    const logarithmic = longest > 40 * middle, first = logarithmic ? Math.max(0.5, positive[0] / 2) : 0;
    const kept = curve.times.map((time, place) => place).filter((place) => curve.times[place] > first);
    const column = (values, begin) => [begin, ...kept.map((place) => values[place])];
    const before = curve.times.findLastIndex((time) => time <= first), own = color("c0");
    const at = (values) => (before < 0 ? 1 : values[before]);
    const columns = [column(curve.times, first), column(curve.survival, at(curve.survival)), column(curve.low, at(curve.low)), column(curve.high, at(curve.high))];
    if (columns[0].length === 1) columns.forEach((values, place) => values.push(place ? values[0] : first + 60));
    const risk = column(curve.risk, curve.risk[0]), paths = uPlot.paths.stepped({ align: 1 });
    const ticks = (u) => within(u, (ctx) => {
      ctx.strokeStyle = own;
      ctx.lineWidth = 1.5;
      for (const place of curve.censored) {
        const x = u.valToPos(Math.max(first, curve.times[place]), "x"), y = u.valToPos(curve.survival[place], "y");
        ctx.beginPath();
        ctx.moveTo(x, y - 5);
        ctx.lineTo(x, y + 5);
        ctx.stroke();
      }
    });
    const lines = (u) => {
      const place = u.cursor.idx === null ? -1 : columns[0].findLastIndex((time) => time <= u.posToVal(u.cursor.left, "x"));
      if (place < 0) return null;
      const percent = (part) => `${Math.round(part * 100)} %`;
      return [`after ${span(u.posToVal(u.cursor.left, "x"))}: ${percent(columns[1][place])} alive`,
        `95 %: ${percent(columns[2][place])} to ${percent(columns[3][place])}`, `${risk[place]} sessions had lasted so long`];
    };
    const bound = { stroke: "transparent", paths, points: { show: false } };
    return plot(chart, {
      height: curve.host === null ? 260 : 200, lines, hooks: { draw: [ticks] },
      scales: { x: { time: false, distr: logarithmic ? 3 : 1, range: (u, low, high) => [low, high] }, y: { range: [0, 1.03] } },
      axes: [spanAxis(logarithmic), axis({ size: 46, space: 40, splits: () => [0, 0.25, 0.5, 0.75, 1], values: (u, splits) => splits.map((part) => `${part * 100} %`) })],
      series: [{}, { stroke: own, width: 2, paths, points: { show: false } }, bound, bound],
      bands: [{ series: [3, 2], fill: `${own}2e` }],
    }, columns);
  }

  // -- gaps ------------------------------------------------------------------------------------------------------------------

  function timeouts(chart) {
    const rows = data.timeouts, width = chart.clientWidth, lanes = lanesOf(width, 66, 48);
    const all = rows.flatMap((row) => [...row.survived, ...row.killing, ...row.idle, ...row.absolute]).filter((seconds) => seconds > 0);
    const low = Math.max(0.5, Math.min(60, ...all) / 1.6), high = Math.max(600, ...all) * 1.6;
    const draw = (u) => within(u, (ctx, wide) => {
      rules(ctx, lanes, rows.length, wide);
      rows.forEach((row, place) => {
        const top = place * lanes.height + (lanes.beside ? 4 : 20), tall = lanes.beside ? lanes.height - 8 : lanes.height - 26;
        const x = (seconds) => u.valToPos(seconds, "x");
        drawBand(ctx, row.absolute, x, top, tall, "expired", true, wide);
        drawBand(ctx, row.idle, x, top, tall, "timed_out", false, wide);
        row.survived.forEach((gap) => drawDot(ctx, x(gap), top + tall * 0.3));
        row.killing.forEach((gap) => drawCross(ctx, x(gap), top + tall * 0.72));
      });
    });
    const lines = (u) => {
      const row = rows[Math.floor(u.cursor.top / lanes.height)];
      return row && [`${row.cookie}, ${row.host}`, `at ${span(u.posToVal(u.cursor.left, "x"))}`, told("idle timeout", row.idle), told("absolute timeout", row.absolute),
        `${row.survived.length} gaps survived, ${row.killing.length} not`];
    };
    return plot(chart, {
      height: rows.length * lanes.height + 38, padding: [8, 14, 0, lanes.beside ? 0 : 2], lines, hooks: {
        draw: [draw, (u) => rows.forEach((row, place) => lanes.label(u, place, row.cookie, row.host))],
      },
      scales: { x: { time: false, distr: 3, range: (u, least, most) => [least, most] }, y: { range: [0, 1] } },
      axes: [spanAxis(true), laneAxis(lanes.gutter)], series: [{}, { paths: nothing, points: { show: false } }],
    }, [[low, high], [0, 0]]);
  }

  function told(what, [low, high]) {
    if (low === null && high === null) return null;
    return high === null ? `${what}: at least ${span(low)}` : low === null ? `${what}: at most ${span(high)}` : `${what}: ${span(low)} to ${span(high)}`;
  }

  /** Between two bounds; towards the side where nothing is known it fades out. */
  function drawBand(ctx, [low, high], x, top, tall, name, dashed, wide) {
    if (low === null && high === null) return;
    const left = low === null ? Math.max(0, x(high) - 90) : x(low), right = high === null ? Math.min(wide, x(low) + 90) : Math.max(x(high), left + 2);
    const fill = ctx.createLinearGradient(left, 0, right, 0), own = color(name);
    fill.addColorStop(0, low === null ? "transparent" : own);
    fill.addColorStop(1, high === null ? "transparent" : own);
    ctx.globalAlpha = dashed ? 0.12 : 0.28;
    ctx.fillStyle = fill;
    ctx.fillRect(left, top, right - left, tall);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = own;
    ctx.lineWidth = 1.8;
    ctx.setLineDash(dashed ? [4, 3] : []);
    for (const edge of [low, high]) {
      if (edge === null) continue;
      ctx.beginPath();
      ctx.moveTo(x(edge), top);
      ctx.lineTo(x(edge), top + tall);
      ctx.stroke();
    }
    ctx.setLineDash([]);
  }

  function drawDot(ctx, x, y) {
    ctx.strokeStyle = color("logout");
    ctx.lineWidth = 1.6;
    ctx.beginPath();
    ctx.arc(x, y, 4, 0, 7);
    ctx.stroke();
  }

  function drawCross(ctx, x, y) {
    ctx.strokeStyle = color("lost");
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(x - 4, y - 4);
    ctx.lineTo(x + 4, y + 4);
    ctx.moveTo(x - 4, y + 4);
    ctx.lineTo(x + 4, y - 4);
    ctx.stroke();
  }

  // -- online ----------------------------------------------------------------------------------------------------------------

  function online(chart) {
    const sites = data.online, width = chart.clientWidth, lanes = lanesOf(width, 64, 52);
    const from = Math.min(...sites.map((one) => one.points[0][0])), to = Math.max(data.to, from + 60);
    const at = (one, time) => one.points.findLast(([begin]) => begin <= time)?.[1] ?? 0;
    const draw = (u) => within(u, (ctx, wide) => {
      rules(ctx, lanes, sites.length, wide);
      sites.forEach((one, place) => drawSteps(ctx, one, u, (place + 1) * lanes.height - 1, lanes.height - (lanes.beside ? 10 : 24), wide));
    });
    const lines = (u) => {
      const time = u.posToVal(u.cursor.left, "x");
      return [moment(time), ...sites.map((one) => `${one.site}: ${at(one, time)}`)];
    };
    return plot(chart, {
      height: sites.length * lanes.height + 52, padding: [8, 10, 0, lanes.beside ? 0 : 2], lines,
      scales: { x: { time: true, range: (u, low, high) => [low, high] }, y: { range: [0, 1] } },
      axes: [clockAxis(), laneAxis(lanes.gutter)], series: [{}, { paths: nothing, points: { show: false } }],
      hooks: { draw: [draw, (u) => sites.forEach((one, place) => lanes.label(u, place, one.site, `at most ${one.peak} at once`))] },
    }, [[from, to], [0, 0]]);
  }

  /** One site's steps, filled, as high as its own peak. */
  function drawSteps(ctx, { points, peak }, u, bottom, tall, wide) {
    const x = (time) => Math.max(-2, Math.min(wide + 2, u.valToPos(time, "x"))), y = (count) => bottom - (count / peak) * tall;
    ctx.beginPath();
    ctx.moveTo(x(points[0][0]), bottom);
    points.forEach(([time, count], place) => {
      const next = place + 1 < points.length ? points[place + 1][0] : data.to;
      ctx.lineTo(x(time), y(count));
      ctx.lineTo(x(next), y(count));
    });
    ctx.strokeStyle = color("c0");
    ctx.lineWidth = 1.2;
    ctx.stroke();
    ctx.lineTo(x(data.to), bottom);
    ctx.closePath();
    ctx.fillStyle = `${color("c0")}40`;
    ctx.fill();
  }

  const KINDS = { timeline: reportSessions, survival, timeouts, online };
  const charts = new Map();

  /** Draws all charts anew, as for another theme, width or paper; what was zoomed stays so. */
  function drawAll() {
    document.querySelectorAll("[data-chart]").forEach((chart) => {
      const old = charts.get(chart), { min, max } = old ? old.u.scales.x : {};
      if (old) old.u.destroy();
      const u = KINDS[chart.dataset.chart](chart);
      charts.set(chart, { u, all: [u.data[0][0], u.data[0][u.data[0].length - 1]], width: chart.clientWidth });
      if (old && (min !== old.all[0] || max !== old.all[1])) u.setScale("x", { min, max });
    });
  }

  /** Closer by half, wider by double, or all of it. */
  function zoom(chart, how) {
    const { u, all } = charts.get(chart), logarithmic = u.scales.x.distr === 3;
    const to = logarithmic ? Math.log : Number, back = logarithmic ? Math.exp : Number;
    const [low, high] = [to(u.scales.x.min), to(u.scales.x.max)], middle = (low + high) / 2, half = (high - low) / (how === "in" ? 4 : 1);
    const wanted = [Math.max(all[0], back(middle - half)), Math.min(all[1], back(middle + half))];
    const [min, max] = how === "all" ? all : wanted;
    u.setScale("x", { min, max });
  }

  return { charts, drawAll, zoom };
})();
