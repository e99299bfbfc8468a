/* Light or dark, before anything is painted. Knows the choice that was kept, nothing else of the page. */
"use strict";
(() => {
  const root = document.documentElement,
    dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  };
  const keep = (theme) => {
    try {
      localStorage.setItem("theme", theme);
    } catch {
      /* it lasts as long as the page */
    }
  };
  const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";

  if (["light", "dark"].includes(kept())) root.dataset.theme = kept();
  addEventListener("DOMContentLoaded", () =>
    document.getElementById("theme").addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      keep(root.dataset.theme);
    }),
  );
})();
