/* Text to take along: a button that copies, or selects where the browser lets no page copy. */
import { h } from "./dom.js";
import { say } from "./notice.js";

/** A line with its button. */
export function copyable(text, label = "Copy") {
  return h(
    "div.copy",
    null,
    h("pre", { tabindex: "0" }, h("code", null, text)),
    h(
      "button.quiet",
      { type: "button", "aria-label": `${label}: ${text}`, onclick: (event) => copy(text, event.target.previousSibling) },
      label,
    ),
  );
}

async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    select(shown);
    say(document.execCommand("copy") ? "Copied." : "Selected: copy it with Ctrl+C.");
  }
}

function select(shown) {
  const range = document.createRange();
  range.selectNodeContents(shown);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}
