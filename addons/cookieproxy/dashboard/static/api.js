/* What the proxy is asked, and how. Knows addresses and errors; what the answers mean, the pages know. */

/** The proxy's own sentence about what it could not do. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** What an address answers; what is null in the query is not asked. */
export function get(name, query = {}) {
  const asked = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  return ask(`api/${name}${asked.length ? `?${new URLSearchParams(asked)}` : ""}`, {});
}

/** What the proxy says to something that changes it or shows a value. */
export function post(name, body) {
  const headers = { "Content-Type": "application/json", "X-Cookies": "1" };
  return ask(`api/${name}`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function ask(url, options) {
  let answer;
  try {
    answer = await fetch(url, { credentials: "same-origin", ...options });
  } catch {
    throw new Refused(0, "The proxy does not answer. Is it still running?");
  }
  const said = await answer.json().catch(() => null);
  if (answer.ok && said !== null) return said;
  if (answer.status === 401) document.dispatchEvent(new Event("cookies:login"));
  throw new Refused(answer.status, said?.error || `The proxy answered ${answer.status} without a reason.`);
}
