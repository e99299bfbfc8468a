/* The one dialog of the page: shown over everything, closed with Esc, the focus back where it was. Knows nothing of what it asks. */
import { h, render } from "./dom.js";
import { attempt, say } from "./notice.js";

const place = document.getElementById("dialog");

/** Shows what `content(close, draw)` gives; draw shows it anew. */
export function dialog(title, content) {
  const close = () => place.close();
  const draw = () => render(place, h("article", null, h("h2", { id: "dialog-title" }, title), content(close, draw)));
  place.onclick = (event) => {
    if (event.target === place) close();
  };
  draw();
  place.showModal();
  place.querySelector("[data-focus]")?.focus();
  return draw;
}

/** Closes what is open: its page is left. */
export const leave = () => place.close();

/** Asks before something is done; the focus is on what does nothing. `doing()` gives the sentence to be said. */
export function ask(title, sentences, word, doing) {
  dialog(title, (close) => {
    const yes = async () => {
      close();
      const told = await attempt(doing);
      if (told) say(told);
    };
    return [
      sentences.map((one) => h("p", null, one)),
      h(
        "footer",
        null,
        h("button.quiet", { type: "button", "data-focus": true, onclick: close }, "Cancel"),
        h("button", { type: "button", onclick: yes }, word),
      ),
    ];
  });
}
