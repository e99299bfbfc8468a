/* What to do while there is nothing to see: the proxy's address and a line to copy. Knows what the set-up says of the proxy. */
import { h } from "./dom.js";
import { get } from "./api.js";
import { copyable } from "./copy.js";

let setup = null,
  asking = false;

/** A box that begins with why it is empty and goes on with the first steps. */
export function firstSteps(why) {
  if (!setup && !asking) ask();
  const proxy = setup?.proxy[0],
    curl = setup?.curl[0];
  return h(
    "section.empty.first",
    null,
    h("h2", null, why),
    setup?.recording && h("p.problem", null, setup.recording),
    h(
      "p",
      null,
      "Send something through the proxy",
      proxy && [" at ", h("code", null, `${proxy.address}:${proxy.port}`)],
      ", and it appears here.",
    ),
    curl && copyable(curl),
    h("p", null, h("a", { href: "setup" }, "Set up a browser"), ": the certificate, a PAC file and what to click."),
  );
}

async function ask() {
  asking = true;
  setup = await get("setup").catch(() => null);
  asking = false;
  document.dispatchEvent(new Event("cookies:draw"));
}
