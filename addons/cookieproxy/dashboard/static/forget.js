/* Making a browser forget a site: asks first, and names what happens. */
import { post } from "./api.js";
import { ask } from "./dialog.js";
import { client as short, wire } from "./text.js";

export function askToForget(client, site) {
  ask(
    `Forget ${wire(site, 80)}?`,
    [
      `All cookies of ${wire(site, 120)} are deleted from what the proxy keeps for ${short(client)}, and with its next request the browser is told to delete them.`,
      "Logins at the site end with that. It cannot be undone.",
    ],
    "Forget site",
    async () => (await post("forget", { site, client })).summary,
  );
}
