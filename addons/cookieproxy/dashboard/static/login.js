/* The page that asks for the token, where the proxy wants one. Knows where one wanted to go. */
import { h, render } from "./dom.js";
import { post } from "./api.js";
import { go } from "./route.js";
import { listen } from "./stream.js";

let next = "./";

/** Asks for the token, and comes back to where one is. */
export function askForToken() {
  const at = location.pathname.split("/").pop();
  if (at === "login") return;
  next = `./${at}${location.search}`;
  go("login");
}

export function open(root) {
  const page = { error: null };
  const draw = () => render(root, form(page, draw));
  draw();
  return { draw };
}

function form(page, draw) {
  const submit = async (event) => {
    event.preventDefault();
    try {
      await post("login", { token: event.target.elements.token.value.trim() });
      listen();
      go(next);
    } catch (refused) {
      page.error = refused.message;
      draw();
    }
  };
  return h(
    "form.empty.first",
    { onsubmit: submit },
    h(
      "p",
      null,
      "This machine is not the proxy’s own, so the proxy wants its token. It printed it at its start, in the terminal where it runs.",
    ),
    h("label", null, "Token", h("input", { name: "token", type: "password", required: true, autocomplete: "off" })),
    page.error && h("p.problem", { role: "alert" }, page.error),
    h("p", null, h("button", { type: "submit" }, "Log in")),
  );
}
