/* The events that are kept in memory: newest first, each once, never more than so many. Knows no page; it goes on on all of them. */
import { get } from "./api.js";
import { stream } from "./stream.js";

export const MOST = 5000;
const SAME = ["time", "client", "host", "cookie", "event", "reason", "rule", "flow_id"];
const FIRST = 300;

/** Tells `fresh` (detail: rows, newest first) and `all` when everything may be another. */
export const told = new EventTarget();
export const kept = { rows: [], skipped: 0, error: null, ready: false };
let seen = new Set(),
  count = 0;

stream.addEventListener("events", ({ detail }) => {
  kept.skipped += detail.skipped;
  const fresh = unseen(detail.rows).reverse();
  kept.rows = fresh.concat(kept.rows).slice(0, MOST);
  told.dispatchEvent(new CustomEvent("fresh", { detail: fresh }));
});
stream.addEventListener("state", ({ detail }) => {
  if (detail.state === "live" || (detail.state === "lost" && !kept.ready)) remember({});
});

/** Takes in what was recorded before, narrowed as the proxy can narrow. */
export async function remember({ site, client, cookie, event }) {
  try {
    const narrowed = { site: site || null, client: client || null, cookie: cookie || null, event: event || null };
    const older = unseen(await get("events", { ...narrowed, limit: FIRST }));
    kept.rows = kept.rows
      .concat(older)
      .sort((a, b) => b.time - a.time || b.count - a.count)
      .slice(0, MOST);
    kept.error = null;
  } catch (refused) {
    kept.error = refused.message;
  }
  kept.ready = true;
  told.dispatchEvent(new Event("all"));
}

/** Those that were not seen before, each with a number of its own. */
function unseen(rows) {
  if (seen.size > 3 * MOST) seen = new Set(kept.rows.map((row) => row.key));
  return rows.filter((row) => {
    row.key = SAME.map((name) => row[name]).join("\n");
    if (seen.has(row.key)) return false;
    seen.add(row.key);
    row.count = ++count;
    return true;
  });
}
