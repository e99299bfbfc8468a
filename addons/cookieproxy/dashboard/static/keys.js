/* What single keys do. Knows the keys, and leaves all of them alone while somebody writes. */
import { h } from "./dom.js";
import { go } from "./route.js";
import { dialog } from "./dialog.js";

const PAGES = {
  n: ["./", "Now"],
  j: ["jars", "Jars"],
  s: ["sessions", "Sessions"],
  f: ["findings", "Findings"],
  r: ["rules", "Rules"],
  u: ["setup", "Set-up"],
};
const OTHERS = [
  ["/", "to the search field"],
  ["p", "pauses Now, and lets it go on"],
  ["↑ ↓", "choose an event"],
  ["Enter", "opens it"],
  ["Home", "to the newest"],
  ["Esc", "closes what is open"],
  ["?", "this list"],
];
const CHORD_MS = 1500;

/** `ofPage()` gives the keys of the page that is shown. */
export function listenToKeys(ofPage) {
  let since = -CHORD_MS;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target) || document.querySelector("dialog[open]")) return;
    const chord = event.timeStamp - since < CHORD_MS;
    since = event.key === "g" ? event.timeStamp : -CHORD_MS;
    const does = chord && event.key in PAGES ? () => go(PAGES[event.key][0]) : single(event.key, ofPage());
    if (!does) return;
    event.preventDefault();
    does();
  });
}

function single(key, ofPage) {
  if (key === "?") return showKeys;
  if (key !== "/") return Object.hasOwn(ofPage, key) ? ofPage[key] : null;
  const search = document.querySelector("#page input[type=search]");
  return search && (() => search.focus());
}

function isWriting(target) {
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

export function showKeys() {
  const line = ([key, does]) =>
    h(
      "div",
      null,
      h(
        "dt",
        null,
        key.split(" ").map((one) => h("kbd", null, one)),
      ),
      h("dd", null, does),
    );
  const pages = Object.entries(PAGES).map(([key, [, name]]) => line([`g ${key}`, name]));
  dialog("Keys", (close) => [
    h("dl.keys", null, OTHERS.map(line), pages),
    h("footer", null, h("button", { type: "button", onclick: close }, "Close")),
  ]);
}
