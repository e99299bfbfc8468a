/* What a report's page does besides its charts: local times, light and dark, sorted and filtered tables, where one is. */
"use strict";
(() => {
  const root = document.documentElement, all = (selector, within) => [...(within || document).querySelectorAll(selector)];
  root.classList.add("js");

  for (const time of all("time")) time.textContent = reportTime.moment(new Date(time.dateTime), time.dataset.form);
  document.getElementById("zone").textContent = `Times are in ${Intl.DateTimeFormat().resolvedOptions().timeZone || "your time zone"}.`;

  // -- light and dark, and paper, which is always light ------------------------------------------------------------------------

  const dark = matchMedia("(prefers-color-scheme: dark)"), paper = matchMedia("print");
  const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
  document.getElementById("theme").addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    reportCharts.drawAll();
  });
  let onPaper = false, themeBefore;
  function print(starts) {
    if (starts === onPaper) return;
    onPaper = starts;
    if (starts) {
      themeBefore = root.dataset.theme;
      root.dataset.theme = "light";
      for (const details of all("details:not([open])")) { details.open = true; details.dataset.closed = ""; }
    } else {
      if (themeBefore) root.dataset.theme = themeBefore; else delete root.dataset.theme;
      for (const details of all("details[data-closed]")) { details.open = false; delete details.dataset.closed; }
    }
    reportCharts.drawAll();
  }
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  paper.addEventListener("change", () => print(paper.matches));
  dark.addEventListener("change", reportCharts.drawAll);

  // -- charts ------------------------------------------------------------------------------------------------------------------

  reportCharts.drawAll();
  for (const button of all("[data-zoom]")) {
    button.addEventListener("click", () => reportCharts.zoom(button.closest(".chart"), button.dataset.zoom));
  }
  let waiting;
  new ResizeObserver(() => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if ([...reportCharts.charts].some(([chart, { width }]) => chart.clientWidth !== width)) reportCharts.drawAll();
    }, 100);
  }).observe(document.getElementById("main"));

  // -- tables ------------------------------------------------------------------------------------------------------------------

  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  function valueOf(row, column) {
    const cell = row.cells[column], value = cell.dataset.value;
    return value === undefined ? cell.textContent.trim() : cell.classList.contains("number") || value === String(Number(value)) ? Number(value) : value;
  }
  function sort(header) {
    const table = header.closest("table"), column = header.cellIndex, up = header.ariaSort === "ascending" ? -1 : 1;
    for (const other of all("th", table)) other.ariaSort = "none";
    header.ariaSort = up > 0 ? "ascending" : "descending";
    const keyed = [...table.tBodies[0].rows].map((row) => [valueOf(row, column), row]);
    keyed.sort(([a], [b]) => up * (typeof a === "number" && typeof b === "number" ? a - b : compare(String(a), String(b))));
    table.tBodies[0].append(...keyed.map(([, row]) => row));
    show(table);
  }
  for (const button of all("th button")) button.addEventListener("click", () => sort(button.closest("th")));

  /** The rows with all words of the filter; without one the first few, until somebody asks for all. */
  function show(table) {
    const field = document.querySelector(`[data-filter="${table.id}"]`), rows = [...table.tBodies[0].rows];
    const most = table.dataset.all === undefined && rows.length > FEW() + 5 ? FEW() : Infinity;
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    rows.forEach((row, place) => {
      row.hidden = words.length ? !words.every((word) => row.textContent.toLowerCase().includes(word)) : place >= most;
    });
    table.nextElementSibling.hidden = words.length > 0 || rows.length <= most;
  }
  const FEW = () => (innerWidth > 820 ? 20 : 6);
  for (const field of all("[data-filter]")) {
    const table = document.getElementById(field.dataset.filter), more = table.nextElementSibling;
    more.addEventListener("click", () => { table.dataset.all = ""; show(table); });
    field.addEventListener("input", () => show(table));
    show(table);
  }

  // -- where one is ------------------------------------------------------------------------------------------------------------

  const links = new Map(all("nav li a").map((link) => [link.hash.slice(1), link]));
  const watching = new IntersectionObserver((entries) => {
    for (const { target } of entries.filter((entry) => entry.isIntersecting)) {
      for (const [id, link] of links) {
        if (id === target.id) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      }
    }
  }, { rootMargin: "-20% 0px -75%" });
  for (const section of all("section")) watching.observe(section);
})();
