// Knows the session's id and puts it where the page itself makes a URL of its site: what the proxy, which sees only markup, cannot
// reach. Knows nothing of cookies' rules: those are in the proxy, which is asked at one endpoint. It stands in HTML and in XHTML, so
// two characters are not used here, and it is served without these comments: each has lines of its own, and no text runs over two.
(function (config) {
'use strict';

const win = window, doc = document, page = location;
if (['http:', 'https:'].indexOf(page.protocol) === -1) return;
const URL = win.URL, XHR = win.XMLHttpRequest, Request = win.Request, fetch = win.fetch;
const open = XHR.prototype.open, send = XHR.prototype.send, setHeader = XHR.prototype.setRequestHeader;
const replaceState = History.prototype.replaceState;
const getAttribute = Element.prototype.getAttribute, setAttribute = Element.prototype.setAttribute;
const queryAll = Element.prototype.querySelectorAll, listen = EventTarget.prototype.addEventListener;
const entries = performance.getEntriesByType.bind(performance);
const schemes = page.protocol === 'https:' ? ['https:', 'wss:'] : ['http:', 'https:', 'ws:', 'wss:'];
const name = config.parameter;

// Where cookies work after all, those that the proxy kept are fetched before the page's own scripts run, and nothing is changed.
if (config.asks) if (cookiesWork()) {
  try {
    const request = new XHR();
    request.open('GET', page.origin + config.endpoint, false);
    request.setRequestHeader('X-Cookie-Proxy', config.id);
    request.send();
  } catch (error) {}
  return;
}

const shape = name.replace(/[^\w]/g, '\\$\x26') + '=[a-z0-9]{24}';
let id = config.id;

function cookiesWork() {
  try {
    doc.cookie = 'cookieproxy_test=1';
    const works = doc.cookie.indexOf('cookieproxy_test=1') !== -1;
    doc.cookie = 'cookieproxy_test=; Max-Age=0';
    return works;
  } catch (error) {
    return false;
  }
}

// ---- URLs

// Each carrier takes the ids out of a URL's path, and puts one in.
const carrier = {
  path: {
    out: url => { url.path = url.path.replace(/^(\/(\(|%28)s(\(|%28)[a-z0-9]{24}(\)|%29){2}(?=\/|$))+/i, '') || '/'; },
    put: url => { url.path = '/(S(' + id + '))' + url.path; }
  },
  query: {
    out: () => 0,
    // Where one is it stays: a form's field has a place of its own.
    put: url => {
      const ours = new RegExp('^' + shape + '$', 'i');
      let there = false;
      const kept = (url.query === null ? [] : url.query.split('\x26')).filter(part => {
        const again = ours.test(part) ? there : false;
        there = there || ours.test(part);
        return !again;
      }).map(part => ours.test(part) ? name + '=' + id : part);
      url.query = (there ? kept : kept.concat(name + '=' + id)).join('\x26');
    }
  },
  matrix: {
    out: url => { url.path = url.path.replace(new RegExp(';' + shape + '(?=[;/]|$)', 'gi'), ''); },
    put: url => { url.path += ';' + name + '=' + id; }
  }
}[config.carrier];

function isOurs(host) {
  return host === page.hostname || config.hosts.some(domain => host === domain || host.endsWith('.' + domain));
}

function cut(href) {
  return href.split('#')[0];
}

// The URL that a value means if it may carry an id; null for other sites, other schemes and what is no URL.
function parsed(value, base) {
  try {
    const text = String(value);
    if (/^\s*#/.test(text)) if (cut(doc.baseURI) === cut(page.href)) return null;
    const url = new URL(text, base || doc.baseURI);
    return schemes.indexOf(url.protocol) === -1 ? null : isOurs(url.hostname) ? url : null;
  } catch (error) {
    return null;
  }
}

// What stands before the path, the path, the query (null: none) and the fragment with its sign. URL does not tell an empty query
// from none.
function parts(url) {
  const found = /^([^#?]*)(\?[^#]*)?(#[^]*)?$/.exec(url.href);
  const start = found[1].length - url.pathname.length;
  const query = found[2] ? found[2].slice(1) : null;
  return {origin: found[1].slice(0, start), path: url.pathname, query: query, fragment: found[3] || ''};
}

// The URL with the id of now; null if it is to be left as it is, also if it has that id.
function withId(value, base) {
  const url = parsed(value, base);
  if (!url) return null;
  const whole = parts(url);
  carrier.out(whole);
  carrier.put(whole);
  const query = whole.query === null ? '' : '?' + whole.query;
  const href = whole.origin + whole.path + query + whole.fragment;
  return href === url.href ? null : href;
}

// ---- The session's id

let quiet = false;

// A reload, a link to a fragment and whatever is relative start from the document's own URL. The page's navigate listeners hear
// nothing of it.
function settle() {
  quiet = true;
  try {
    const url = withId(page.href);
    if (url) replaceState.call(history, history.state, '', url);
  } catch (error) {}
  quiet = false;
}

// A response came: cookies may have changed, and it may name another id.
function renew(newer, url) {
  cached = pristine = false;
  if (!newer || newer === id || !/^[a-z0-5]{24}$/.test(newer) || !parsed(url)) return;
  id = newer;
  settle();
}

// getResponseHeader would complain on the console about other origins.
function hear(request) {
  const found = /^x-cookie-proxy-session:\s*(\w+)/im.exec(request.getAllResponseHeaders() || '');
  renew(found ? found[1] : null, request.responseURL);
}

function hearResponse(response) {
  renew(response.headers.get('X-Cookie-Proxy-Session'), response.url);
  return response;
}

// ---- The endpoint

// The last known cookie string; whether it holds in this task; whether it is still the one that came with the page.
let known = config.cookies, cached = false, pristine = true, turn = 0, leaving = false, busy = false;
const queue = [], channel = new MessageChannel();
channel.port1.onmessage = () => { cached = false; };

// What is written stands in a header, too: a body might be on its way to the application before the proxy has seen it.
function asking(text) {
  const here = parts(new URL(page.href));
  carrier.out(here);
  const headers = {'X-Cookie-Proxy': id, 'X-Cookie-Proxy-Path': here.path};
  if (text) headers['X-Cookie-Proxy-Set'] = encodeURIComponent(text);
  return headers;
}

// The id is in a header: so one source in a policy stands for this URL, whatever the id.
function endpoint() {
  return page.origin + config.endpoint;
}

// The answer to a request that is over when this returns; null if such requests are not possible here or now.
function ask(method, body) {
  try {
    const request = new XHR();
    open.call(request, method, endpoint(), false);
    const headers = asking(body);
    Object.keys(headers).forEach(field => setHeader.call(request, field, headers[field]));
    send.call(request);
    hear(request);
    return request.status === 200 ? request.responseText : known;
  } catch (error) {
    return null;
  }
}

function askLater(method, body) {
  return new Promise(done => {
    queue.push({method: method, body: body, done: done});
    // Not before the page has said what it has to say: what is synchronous takes these along.
    if (leaving) pump();
    else Promise.resolve().then(pump);
  });
}

// One after the other; all at once when the page goes, which is the last chance.
function pump() {
  if (busy) if (!leaving) return;
  const next = queue.shift();
  if (!next) return;
  const mine = turn;
  const over = text => {
    if (text !== null) if (mine === turn) tell(text);
    next.done(text === null ? known : text);
    busy = false;
    pump();
  };
  busy = next.method;
  fetch.call(win, endpoint(), {
    method: next.method,
    headers: asking(next.body),
    cache: 'no-store',
    keepalive: next.method === 'POST'
  }).then(hearResponse).then(answer => answer.status === 200 ? answer.text() : null).then(over, () => over(null));
}

// A write that is on its way may arrive after this one: then this one is said again.
function askNow(method, body) {
  const text = ask(method, body);
  if (text === null) return null;
  if (method === 'POST') if (busy === 'POST') queue.push({method: method, body: body, done: () => 0});
  learn(text);
  return text;
}

// What was to be asked later, now: what comes after it is not to overtake it. False if that is not possible.
function drain() {
  const waiting = queue.splice(0);
  while (waiting.length > 0) {
    const text = askNow(waiting[0].method, waiting[0].body);
    if (text === null) {
      queue.unshift.apply(queue, waiting);
      return false;
    }
    waiting.shift().done(text);
  }
  return true;
}

function learn(text) {
  tell(text);
  turn += 1;
  cached = true;
  channel.port2.postMessage(0);
}

function readCookies() {
  // What else was loaded since may have set cookies.
  if (pristine) pristine = entries('resource').length === 0;
  if (cached || pristine) return known;
  const fresh = drain() ? askNow('GET', null) : null;
  if (fresh === null) if (queue.length === 0) if (!leaving) askLater('GET');
  return known;
}

function writeCookie(text) {
  pristine = false;
  const answer = drain() ? askNow('POST', text) : null;
  turn += 1;
  if (answer === null) askLater('POST', text);
}

// ---- document.cookie and cookieStore

function pairs(text) {
  return text === '' ? [] : text.split('; ').map(pair => {
    const at = pair.indexOf('=');
    return at === -1 ? {name: '', value: pair} : {name: pair.slice(0, at), value: pair.slice(at + 1)};
  });
}

// Keeps the string, and tells cookieStore's listeners what it changed.
function tell(text) {
  const before = pairs(known), after = pairs(text);
  known = text;
  if (!win.cookieStore || !win.CookieChangeEvent) return;
  const lacks = (list, item, full) => !list.some(other => other.name === item.name ? !full || other.value === item.value : false);
  const changed = after.filter(item => lacks(before, item, true));
  const deleted = before.filter(item => lacks(after, item, false)).map(item => ({name: item.name}));
  if (changed.length + deleted.length === 0) return;
  const event = new CookieChangeEvent('change', {changed: changed, deleted: deleted});
  Promise.resolve().then(() => win.cookieStore.dispatchEvent(event));
}

function wrapCookie() {
  const native = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
  // A sandboxed document has no cookies: there the platform's own error is right.
  if (!native || win.origin === 'null') return;
  native.get = new Proxy(native.get, {
    __proto__: null,
    apply: (get, self, values) => self === doc ? readCookies() : Reflect.apply(get, self, values)
  });
  native.set = new Proxy(native.set, {
    __proto__: null,
    apply: (set, self, values) => self === doc ? writeCookie(String(values[0])) : Reflect.apply(set, self, values)
  });
  Object.defineProperty(Document.prototype, 'cookie', native);
}

function named(value) {
  return value instanceof Object ? value.name : value;
}

function setText(first, second) {
  const wanted = first instanceof Object ? first : {name: first, value: second};
  const key = String(wanted.name), value = String(wanted.value), path = wanted.path === undefined ? '/' : wanted.path;
  if (/[;\0-\x1f\x7f]/.test(key + value + path + wanted.domain) || /=/.test(key) || (key ? false : /=|^$/.test(value))) {
    throw new TypeError('Cookie name, value, path or domain is invalid.');
  }
  const date = wanted.expires;
  return key + '=' + value + '; Path=' + path + (wanted.domain ? '; Domain=' + wanted.domain : '') +
    (typeof date === 'number' || date instanceof Date ? '; Expires=' + new Date(date).toUTCString() : '') +
    (page.protocol === 'https:' ? '; Secure' : '') + '; SameSite=' + (wanted.sameSite || 'strict') +
    (wanted.partitioned ? '; Partitioned' : '');
}

const store = {
  get: key => askLater('GET').then(text => pairs(text).filter(item => item.name === named(key))[0] || null),
  getAll: key => askLater('GET').then(text => pairs(text).filter(item => named(key) === undefined || item.name === named(key))),
  set: (first, second) => askLater('POST', setText(first, second)).then(() => undefined),
  delete: first => {
    const gone = {value: named(first) ? '' : 'deleted', expires: 0};
    return store.set(Object.assign({}, first instanceof Object ? first : {name: first}, gone));
  }
};

function wrapStore() {
  if (!win.CookieStore || win.origin === 'null') return;
  Object.keys(store).forEach(method => {
    over(win.CookieStore.prototype, method, (native, self, values) => {
      pristine = false;
      try {
        return Promise.resolve(store[method].apply(null, values));
      } catch (error) {
        return Promise.reject(error);
      }
    });
  });
}

// ---- Wrapping: a Proxy keeps name, length, constants, prototype and subclasses. Its handler inherits nothing from what pages change.

function over(owner, method, apply) {
  const found = owner ? Object.getOwnPropertyDescriptor(owner, method) : null;
  if (!found || typeof found.value !== 'function') return;
  found.value = new Proxy(found.value, {__proto__: null, apply: apply});
  Object.defineProperty(owner, method, found);
}

// `change` gets the arguments, to change them; whatever happens in it, the platform gets its call.
function changed(change, values, self) {
  const copy = Array.from(values);
  try {
    change(copy, self);
    return copy;
  } catch (error) {
    return values;
  }
}

function before(owner, method, change) {
  over(owner, method, (native, self, values) => Reflect.apply(native, self, changed(change, values, self)));
}

function beforeNew(type, change) {
  const native = win[type];
  if (!native) return;
  const made = new Proxy(native, {
    __proto__: null,
    construct: (target, values, wanted) => Reflect.construct(target, changed(change, values), wanted)
  });
  Object.defineProperty(win, type, {value: made, writable: true, enumerable: false, configurable: true});
  Object.defineProperty(native.prototype, 'constructor', {value: made, writable: true, enumerable: false, configurable: true});
}

function urlAt(index) {
  return values => {
    pristine = false;
    const url = values.length > index ? withId(values[index]) : null;
    if (url) values[index] = url;
  };
}

// ---- Requests

function isRequest(value) {
  // Also of another window, which instanceof does not know.
  return Object.prototype.toString.call(value) === '[object Request]';
}

// A Request made elsewhere or before the id changed, made again. Its body is read, not handed over as a stream, which not every
// connection takes.
function remade(request, url, init) {
  const fields = {};
  ['method', 'headers', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect', 'integrity', 'keepalive', 'signal']
    .forEach(field => { if (request[field] !== undefined) fields[field] = request[field]; });
  if (fields.mode === 'navigate') fields.mode = 'same-origin';
  const empty = /^(GET|HEAD)$/.test(request.method) || request.body === null || (init ? init.body !== undefined : false);
  if (empty) return Promise.resolve(new Request(url, fields));
  return request.arrayBuffer().then(body => {
    fields.body = body;
    return new Request(url, fields);
  });
}

function wrapFetch() {
  over(win, 'fetch', (native, self, values) => {
    pristine = false;
    const input = values[0];
    const send = ours => Reflect.apply(native, self, ours).then(hearResponse);
    if (!isRequest(input)) return send(changed(urlAt(0), values));
    const url = input.bodyUsed ? null : withId(input.url);
    if (!url) return send(values);
    let request;
    try {
      request = remade(input, url, values[1]);
    } catch (error) {
      return send(values);
    }
    return request.then(made => send([made].concat(Array.from(values).slice(1))));
  });
}

function wrapRequests() {
  wrapFetch();
  beforeNew('Request', values => { if (!isRequest(values[0])) urlAt(0)(values); });
  before(XHR.prototype, 'open', (values, self) => {
    urlAt(1)(values);
    listen.call(self, 'readystatechange', heard);
  });
  before(win.Navigator.prototype, 'sendBeacon', urlAt(0));
  beforeNew('EventSource', urlAt(0));
  beforeNew('WebSocket', values => {
    urlAt(0)(values);
    if (typeof values[0] === 'string') values[0] = values[0].replace(/^http/, 'ws');
  });
  ['Worker', 'SharedWorker'].forEach(type => beforeNew(type, values => {
    // A TrustedScriptURL would lose its trust.
    if (typeof values[0] !== 'string') if (!(values[0] instanceof URL)) return;
    if (new URL(values[0], doc.baseURI).origin === page.origin) urlAt(0)(values);
  }));
}

function heard() {
  hear(this);
}

// ---- Navigation

function wrapNavigation() {
  ['pushState', 'replaceState'].forEach(method => before(History.prototype, method, values => {
    const url = values[2] === undefined || values[2] === null ? null : withId(values[2]);
    if (url) values[2] = url;
  }));
  before(win, 'open', values => { if (values[0]) urlAt(0)(values); });
  before(HTMLElement.prototype, 'click', (values, self) => touchLink(self));
  before(HTMLFormElement.prototype, 'submit', (values, self) => touchForm(self, null));
}

function wrapFrames() {
  ['HTMLIFrameElement', 'HTMLFrameElement'].map(type => win[type]).forEach(type => {
    if (!type) return;
    const source = Object.getOwnPropertyDescriptor(type.prototype, 'src');
    source.set = new Proxy(source.set, {__proto__: null, apply: (set, self, values) => Reflect.apply(set, self, changed(urlAt(0), values))});
    Object.defineProperty(type.prototype, 'src', source);
    const marked = new Proxy(setAttribute, {
      __proto__: null,
      apply: (set, self, values) =>
        Reflect.apply(set, self, /^src$/i.test(values[0]) ? changed(urlAt(1), values) : values)
    });
    Object.defineProperty(type.prototype, 'setAttribute', {value: marked, writable: true, enumerable: true, configurable: true});
  });
}

// Assignments to location: nothing else sees them.
function onNavigate(event) {
  if (quiet) return event.stopImmediatePropagation();
  const to = event.destination;
  if (!event.cancelable || event.hashChange || event.formData || to.sameDocument) return;
  if (typeof event.downloadRequest === 'string') return;
  if (['push', 'replace'].indexOf(event.navigationType) === -1) return;
  const url = withId(to.url);
  if (!url) return;
  const options = {history: event.navigationType, info: event.info};
  const state = to.getState();
  if (state !== undefined) options.state = state;
  event.preventDefault();
  event.stopImmediatePropagation();
  Promise.resolve().then(() => {
    const going = win.navigation.navigate(url, options);
    going.committed.catch(() => 0);
    going.finished.catch(() => 0);
  });
}

function listenNavigation() {
  if (!win.navigation) return;
  before(win.navigation.constructor.prototype, 'navigate', urlAt(0));
  listen.call(win.navigation, 'navigate', event => {
    try {
      onNavigate(event);
    } catch (error) {}
  });
}

// ---- Links and forms, just in time

function touchLink(node) {
  if (!node || ['a', 'area'].indexOf(node.localName) === -1) return;
  const svg = 'http://www.w3.org/1999/xlink';
  const plain = getAttribute.call(node, 'href');
  const raw = plain === null ? node.getAttributeNS(svg, 'href') : plain;
  if (raw === null) return;
  // The element knows the document's encoding, in which a query is written; a fragment is seen in the attribute only.
  const url = /^\s*#/.test(raw) ? withId(raw) : withId(typeof node.href === 'string' ? node.href : raw);
  if (!url) return;
  if (plain === null) node.setAttributeNS(svg, 'xlink:href', url);
  else setAttribute.call(node, 'href', url);
}

function onPoint(event) {
  event.composedPath().forEach(touchLink);
}

// The hidden field that may carry an id of ours in that form.
function ourFields(form) {
  const looks = /^[a-z0-9]{24}$/i;
  return Array.from(queryAll.call(form, 'input[type=hidden]')).filter(
    field => getAttribute.call(field, 'name') === name ? looks.test(field.value) : false);
}

function addField(form) {
  const field = doc.createElement('input');
  field.type = 'hidden';
  field.name = name;
  Node.prototype.appendChild.call(form, field);
  return field;
}

// Attributes, not properties: a field of the form may be called "action".
function touchForm(form, submitter) {
  const said = (attribute, override) => {
    const own = submitter ? getAttribute.call(submitter, override) : null;
    return own === null ? getAttribute.call(form, attribute) || '' : own;
  };
  const method = said('method', 'formmethod').toLowerCase();
  if (method === 'dialog') return;
  pristine = false;
  const action = said('action', 'formaction').trim();
  const target = action === '' ? page.href : new URL(action, doc.baseURI).href;
  const ours = parsed(target);
  let fields = ourFields(form);
  if (ours) {
    const inField = config.carrier === 'query' ? method !== 'post' : false;
    if (inField) if (fields.length === 0) fields = [addField(form)];
    fields.forEach(field => { field.value = id; });
    const url = action === '' || inField ? null : withId(target);
    if (url) putAction(form, submitter, url);
  }
  fields.forEach(field => { field.disabled = !ours; });
}

function putAction(form, submitter, url) {
  const own = submitter ? getAttribute.call(submitter, 'formaction') !== null : false;
  setAttribute.call(own ? submitter : form, own ? 'formaction' : 'action', url);
}

function onSubmit(event) {
  touchForm(event.composedPath()[0], event.submitter || null);
}

function on(target, types, capture, handler) {
  types.forEach(type => listen.call(target, type, event => {
    try {
      handler(event);
    } catch (error) {}
  }, capture));
}

function listenPage() {
  on(win, ['pointerdown', 'mousedown', 'click', 'auxclick', 'keydown', 'contextmenu', 'dragstart'], true, onPoint);
  // Twice: the page's own listeners may choose another action.
  on(win, ['submit'], true, onSubmit);
  on(win, ['submit'], false, onSubmit);
  on(win, ['pagehide'], true, () => {
    leaving = true;
    while (queue.length > 0) pump();
  });
  on(win, ['pageshow'], true, event => {
    if (event.persisted) leaving = busy = cached = pristine = false;
    pump();
  });
}

// Each for itself: a platform that lacks one has the others.
[settle, wrapCookie, wrapStore, wrapRequests, wrapNavigation, wrapFrames, listenNavigation, listenPage].forEach(step => {
  try {
    step();
  } catch (error) {}
});
})(__config__);
