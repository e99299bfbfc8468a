/* The proxy's stream: what happens, what changed, and whether anybody is listening. Knows nothing of what is shown. */
import { get } from "./api.js";

/** Tells `events` (detail: rows and skipped), `changed` (detail: names) and `state`. */
export const stream = new EventTarget();
export let state = "opening";
const WAITS = [1, 2, 4, 8];
let source = null,
  failures = 0,
  timer = 0;

/** Listens, and goes on listening when the line breaks. */
export function listen() {
  clearTimeout(timer);
  source?.close();
  source = new EventSource("api/stream");
  source.onopen = () => {
    failures = 0;
    become("live");
  };
  source.onerror = lost;
  source.addEventListener("events", (event) => tell("events", JSON.parse(event.data)));
  source.addEventListener("changed", (event) => tell("changed", JSON.parse(event.data).what));
}

function tell(name, detail) {
  stream.dispatchEvent(new CustomEvent(name, { detail }));
}

function become(next) {
  const was = state;
  state = next;
  if (was !== next) tell("state", { was, state: next });
}

/** Tries again later, unless the proxy wants a token: an EventSource does not tell, so something small is asked beside it. */
async function lost() {
  source.close();
  become("lost");
  timer = setTimeout(listen, 1000 * WAITS[Math.min(failures++, WAITS.length - 1)]);
  await get("clients").catch((refused) => {
    if (refused.status !== 401) return;
    clearTimeout(timer);
    become("locked");
  });
}
