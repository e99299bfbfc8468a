/* What all charts of a report have in common: axes, zoom, what is shown under the pointer, lanes with their names. uPlot draws. */
"use strict";
const reportPlot = (() => {
  const { exactSpan, clockLabels, roundSpans, roundStep } = reportTime;
  const data = JSON.parse(document.getElementById("data").textContent);
  const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const dpr = () => devicePixelRatio || 1;

  const axis = (more) => ({
    stroke: color("muted"), font: `11px ${FONT}`, grid: { stroke: color("grid"), width: 1 }, ticks: { stroke: color("grid"), width: 1, size: 4 },
    gap: 4, ...more,
  });
  const clockAxis = () => axis({ space: 70, size: 42, values: (u, splits, index, space, step) => clockLabels(splits, step) });
  const spanAxis = (logarithmic) => axis({
    size: 28,
    splits: (u, index, low, high) => {
      const place = (seconds) => u.valToPos(seconds, "x");
      if (logarithmic) return roundSpans(low, high, place, 48);
      const step = roundStep((high - low) / Math.max(2, u.width / 90)), found = [];
      for (let at = Math.ceil(low / step) * step; at <= high; at += step) found.push(at);
      return found;
    },
    filter: (u, splits) => splits,
    values: (u, splits) => splits.map(exactSpan),
  });

  function plot(chart, options, columns) {
    const host = chart.querySelector(".plot"), tip = chart.querySelector(".tip");
    const made = new uPlot({
      width: host.clientWidth, height: 240, legend: { show: false }, padding: [10, 14, 0, 0], ...options,
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, dist: 4 }, ...options.cursor },
      hooks: {
        ...options.hooks,
        setCursor: [(u) => showTip(u, chart, tip, options.lines(u))],
        setScale: [(u, key) => { if (key === "x") Object.assign(chart.dataset, { low: u.scales.x.min, high: u.scales.x.max }); }],
      },
    }, columns, host);
    Object.assign(chart.dataset, { low: made.scales.x.min, high: made.scales.x.max });
    made.over.addEventListener("mouseleave", () => { tip.hidden = true; });
    return made;
  }

  function showTip(u, chart, tip, lines) {
    tip.hidden = !lines || u.cursor.left < 0;
    if (tip.hidden) return;
    tip.replaceChildren(...lines.filter(Boolean).map((line) => Object.assign(document.createElement("p"), { textContent: line })));
    const host = chart.querySelector(".plot"), left = u.over.offsetLeft + u.cursor.left, top = host.offsetTop + u.over.offsetTop + u.cursor.top;
    const room = chart.clientWidth - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(room, left + 14 > room ? left - tip.offsetWidth - 14 : left + 14))}px`;
    tip.style.top = `${Math.max(0, top - tip.offsetHeight - 10)}px`;
  }

  /** Draws within the plotting area, in its own pixels as CSS counts them. */
  function within(u, draw) {
    const { ctx, bbox } = u, ratio = dpr();
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.translate(bbox.left, bbox.top);
    ctx.scale(ratio, ratio);
    draw(ctx, bbox.width / ratio, bbox.height / ratio);
    ctx.restore();
  }

  function fitted(ctx, text, room) {
    if (ctx.measureText(text).width <= room) return text;
    let low = 0, high = text.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (ctx.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle; else high = middle - 1;
    }
    return low ? `${text.slice(0, low)}…` : "";
  }

  /** The names of lanes: beside them where there is room, else above what is drawn in each. */
  function lanesOf(width, tall, flat) {
    const beside = width >= 640, height = beside ? flat : tall, gutter = beside ? Math.min(270, Math.round(width * 0.26)) : 0;
    const label = (u, place, first, second) => {
      const { ctx, bbox } = u, ratio = dpr();
      ctx.save();
      ctx.scale(ratio, ratio);
      const left = beside ? 0 : bbox.left / ratio + 2, top = bbox.top / ratio + place * height, room = beside ? gutter - 14 : width - 8;
      ctx.fillStyle = color("text");
      ctx.textBaseline = "middle";
      ctx.textAlign = "left";
      ctx.font = `600 12px ${FONT}`;
      const name = fitted(ctx, first, beside ? room : room * 0.6);
      ctx.fillText(name, left, top + (beside ? height / 2 - 7 : 10));
      const after = beside ? 0 : ctx.measureText(name).width + 8;
      ctx.fillStyle = color("muted");
      ctx.font = `11px ${FONT}`;
      ctx.fillText(fitted(ctx, second, room - after), left + after, top + (beside ? height / 2 + 8 : 10));
      ctx.restore();
    };
    return { beside, height, gutter, label, bar: beside ? { top: (height - 16) / 2, height: 16 } : { top: 20, height: 16 } };
  }

  const laneAxis = (gutter) => ({ show: gutter > 0, size: gutter, splits: () => [], values: () => [], grid: { show: false }, ticks: { show: false } });
  const nothing = () => null;

  function rules(ctx, lanes, count, width) {
    ctx.strokeStyle = color("grid");
    ctx.lineWidth = 1;
    for (let place = 1; place < count; place++) {
      ctx.beginPath();
      ctx.moveTo(0, Math.round(place * lanes.height) + 0.5);
      ctx.lineTo(width, Math.round(place * lanes.height) + 0.5);
      ctx.stroke();
    }
  }

  return { data, FONT, color, axis, clockAxis, spanAxis, laneAxis, plot, within, lanesOf, rules, nothing };
})();
