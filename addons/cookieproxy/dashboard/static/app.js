/* The shell: which page is shown, where the focus goes, what the keys do. Knows the pages by name, nothing of what is on them. */
import { render, h } from "./dom.js";
import { listen, stream } from "./stream.js";
import { here, intercept, routes } from "./route.js";
import { listenToKeys, showKeys } from "./keys.js";
import { leave } from "./dialog.js";
import { say } from "./notice.js";
import { tick } from "./text.js";
import * as now from "./now.js";
import * as jars from "./jars.js";
import * as cookie from "./cookie.js";
import * as sessions from "./sessions.js";
import * as findings from "./findings.js";
import * as rules from "./rules.js";
import * as setup from "./setup.js";
import * as login from "./login.js";

const PAGES = {
  "": ["now", "Now", now],
  jars: ["jars", "Jars", jars],
  cookie: ["cookie", "Cookie", cookie],
  sessions: ["sessions", "Sessions", sessions],
  findings: ["findings", "Findings", findings],
  rules: ["rules", "Rules", rules],
  setup: ["setup", "Set-up", setup],
  login: ["login", "Log in", login],
};
const NOWHERE = [
  "",
  "No such page",
  { open: (root) => render(root, h("p.empty", null, h("a", { href: "./" }, "Now"), " shows what happens.")) },
];
const title = document.getElementById("title"),
  link = document.getElementById("link"),
  main = document.getElementById("page");
let current = null,
  address = null;

function show(isFirst) {
  const { path, query } = here();
  if (address === location.pathname + location.search) return;
  const stays = current?.path === path && current.shown?.moved;
  address = location.pathname + location.search;
  if (stays) {
    current.shown.moved(query);
    return;
  }
  current?.shown?.leave?.();
  leave();
  const [name, heading, page] = PAGES[path] || NOWHERE;
  const root = document.createElement("div");
  root.className = `page ${name}`;
  main.replaceChildren(root);
  head(name, heading);
  current = { path, shown: page.open(root, query, head.bind(null, name)) };
  scrollTo(0, 0);
  if (!isFirst) title.focus({ preventScroll: true });
}

function head(name, heading) {
  title.textContent = heading;
  document.title = `${heading} · Cookie Proxy`;
  document.body.dataset.page = name;
  for (const one of document.querySelectorAll("nav [data-page]")) {
    const isIt = one.dataset.page === name;
    if (isIt) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
}

function tellState({ detail: { was, state } }) {
  link.dataset.state = state;
  link.textContent = { live: "live", lost: "connection lost", locked: "token wanted", opening: "connecting" }[state];
  if (state === "lost" && was === "live") say("Connection lost, trying again.", true);
  if (state === "live" && was === "lost") say("Connected again.");
}

routes.addEventListener("go", () => show(false));
addEventListener("popstate", () => show(false));
document.addEventListener("click", intercept);
document.addEventListener("cookies:login", login.askForToken);
document.addEventListener("cookies:draw", () => current?.shown?.draw?.());
document.getElementById("keys").addEventListener("click", showKeys);
stream.addEventListener("state", tellState);
listenToKeys(() => current?.shown?.keys || {});
setInterval(tick, 1000);
show(true);
if (here().path !== "login") listen();
