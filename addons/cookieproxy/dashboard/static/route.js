/* Where one is: page and query. Knows the history of the tab; which page shows what, `app` knows. */
export const routes = new EventTarget();

/** The page's name and its query. */
export function here() {
  return { path: location.pathname.split("/").pop(), query: new URLSearchParams(location.search) };
}

/** To another page. */
export function go(url) {
  history.pushState(null, "", url);
  routes.dispatchEvent(new Event("go"));
}

/** The same page with another query, so that what is seen can be shared; no step of the history. */
export function note(query) {
  const kept = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  const url = `${location.pathname}${kept.size ? `?${kept}` : ""}`;
  if (url !== location.pathname + location.search) history.replaceState(null, "", url);
}

/** The address of a cookie's page; without domain and path, of the one that has the name there. */
export function cookieLink({ client, jar, site, domain, path, name }) {
  const key = { client, jar: jar || "mirror", site, domain, path, name };
  return `cookie?${new URLSearchParams(Object.entries(key).filter(([, value]) => typeof value === "string"))}`;
}

/** The address of a site in a client's jar. */
export const siteLink = (client, site) => `jars?${new URLSearchParams({ client, site })}`;

/** Clicks on links between pages stay in the page; all others are the browser's. */
export function intercept(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.download || link.target || link.origin !== location.origin || link.hash || link.pathname.includes(".")) return;
  event.preventDefault();
  go(link.href);
}
