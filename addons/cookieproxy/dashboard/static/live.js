/* A page's data: loaded, loaded again when the stream tells, drawn in place. Knows no page. */
import { h, render } from "./dom.js";
import { stream } from "./stream.js";

const LEAST_MS = 1000;

/**
 * Shows in `root` what `view(data)` makes of what `load()` answers. `on` names the changes that make it load again, at most once a
 * second and only while somebody looks. Gives `draw`, `reload`, `data` and `leave`.
 */
export function live(root, { on = [], load, view }) {
  const page = { data: null, error: null, text: "", gone: false, timer: 0, last: 0, busy: false };
  const draw = () => {
    if (!page.gone) render(root, page.data === null ? waiting(page, reload) : view(page.data));
  };
  const reload = () => fetchInto(page, load, draw);
  const soon = () => {
    clearTimeout(page.timer);
    page.timer = setTimeout(
      () => (document.hidden || page.busy ? soon() : reload()),
      Math.max(50, page.last + LEAST_MS - Date.now()),
    );
  };
  const heard = ({ detail }) => {
    if (detail.some((one) => on.includes(one))) soon();
  };
  const back = ({ detail }) => {
    if (detail.was === "lost") soon();
  };
  stream.addEventListener("changed", heard);
  stream.addEventListener("state", back);
  draw();
  page.ready = reload();
  const leave = () => {
    page.gone = true;
    clearTimeout(page.timer);
    stream.removeEventListener("changed", heard);
    stream.removeEventListener("state", back);
  };
  return {
    draw,
    reload,
    leave,
    ready: page.ready,
    get data() {
      return page.data;
    },
    set(data) {
      page.data = data;
      page.text = "";
      draw();
    },
  };
}

async function fetchInto(page, load, draw) {
  page.busy = true;
  try {
    take(page, await load());
  } catch (refused) {
    if (page.data === null) page.error = refused.message;
    page.text = page.data === null ? "" : page.text;
  }
  page.busy = false;
  page.last = Date.now();
  if (page.fresh || page.data === null) draw();
  page.fresh = false;
}

function take(page, data) {
  const text = JSON.stringify(data);
  page.fresh = text !== page.text;
  page.text = text;
  if (page.fresh) page.data = data;
}

function waiting(page, reload) {
  if (!page.error) return h("p.loading", { "aria-busy": "true" }, "Asking the proxy");
  return h(
    "div.empty",
    { role: "alert" },
    h("p", null, page.error),
    h("button.quiet", { type: "button", onclick: reload }, "Try again"),
  );
}
