"""The page script in a real Chromium that refuses cookies: what leaves the browser carries the id, and the page can read cookies.

The site is a small server that does what the proxy does: it takes the id out, keeps a jar, and answers at the endpoint. What it saw
of each request is what the tests look at.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cookieproxy.cookieless.carriers import Carrier
from cookieproxy.cookieless.entry import CarrierKind
from cookieproxy.cookieless.policies import extended, nonce_of
from cookieproxy.cookieless.script import (
    ASK_HEADER,
    ENDPOINT,
    PATH_HEADER,
    SESSION_HEADER,
    SET_HEADER,
    PageConfig,
    script_tag,
    script_text,
)

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page

ID = "abcdefghijklmnopqrstuvw5"
NEWER = "newernewernewernewer2345"
CARRIERS = ["path", "query", "matrix"]
SCRIPT_LIMIT = 16_500
"""Octets that each page grows by, at most, with a small jar."""

in_each_carrier = pytest.mark.parametrize("carrier", CARRIERS)


def config(carrier: str = "path", cookies: str = "", hosts: tuple[str, ...] = ()) -> PageConfig:
    return PageConfig(carrier, "sid", ID, hosts, cookies)


# -- the text --------------------------------------------------------------------------------------------------------------


def test_the_text_means_the_same_in_html_and_in_xhtml() -> None:
    text = script_text(config(cookies="a=</script><!--&]]>\u2028\xe4", hosts=("<b>",)))
    assert text.isascii()
    assert not re.search(rb"[<&]|\]\]>", text)


@given(st.text())
def test_any_cookies_arrive_as_they_are(cookies: str) -> None:
    text = script_text(config(cookies=cookies)).decode()
    assert json.loads(text[text.rindex("})(") + 3 : text.rindex(");")])["cookies"] == cookies
    assert not set("<&") & set(text)


def test_the_text_is_small() -> None:
    assert len(script_text(config())) < SCRIPT_LIMIT


def test_the_hash_is_that_of_the_text_between_the_tags() -> None:
    tag, source = script_tag(config(), None)
    between = tag.removeprefix(b"<script>").removesuffix(b"</script>")
    assert source == f"'sha256-{base64.b64encode(hashlib.sha256(between).digest()).decode()}'"
    assert between == script_text(config())


def test_a_nonce_is_quoted() -> None:
    assert script_tag(config(), 'a"b')[0].startswith(b'<script nonce="a&quot;b">')


# -- the site --------------------------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    """A request as it came."""

    method: str
    host: str
    target: str
    body: str
    headers: dict[str, str]


class Shop:
    """The site on all hosts below `localhost`, with one jar."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.came = threading.Condition()
        self.forget()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.port: int = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def forget(self) -> None:
        """As new, for another test."""
        self.carrier, self.jar, self.markup, self.type = "path", {"a": "1"}, "", "text/html; charset=utf-8"
        self.policy: str | None = None
        self.late = ("", "")  # a body that is dealt with only when the other one has come
        self.more: dict[str, str] = {}
        self.answers: dict[str, dict[str, str]] = {}
        self.seen.clear()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def url(self, path: str, host: str = "shop.localhost") -> str:
        return f"http://{host}:{self.port}{path}"

    def note(self, seen: Seen) -> None:
        with self.came:
            self.seen.append(seen)
            self.came.notify_all()

    def wait_for(self, word: str) -> Seen:
        """The first request whose target has that word in it."""
        with self.came:
            assert self.came.wait_for(lambda: self.targets(word), timeout=10), f"no request for {word}"
        return next(seen for seen in self.seen if word in seen.target)

    def targets(self, word: str) -> list[str]:
        """Request targets that have that word in them."""
        return [seen.target for seen in self.seen if word in seen.target]

    def answer(self, seen: Seen) -> tuple[dict[str, str], bytes]:
        path = re.sub(r"/\(S\([a-z0-9]{24}\)\)|[;?&]sid=[a-z0-9]{24}", "", seen.target).partition("?")[0]
        headers = {"Content-Type": "text/plain"} | self.answers.get(path, {})
        if path == ENDPOINT:
            return headers, self.cookies(seen).encode()
        if "page" not in path:
            return headers, b"plain"
        return self.page(seen)

    def page(self, seen: Seen) -> tuple[dict[str, str], bytes]:
        nonce = nonce_of([self.policy.encode()]) if self.policy else None
        tag, source = script_tag(config(self.carrier, self.cookie_string(), ("partner.localhost",)), nonce)
        headers = {"Content-Type": self.type, **self.more}
        if self.policy:
            endpoint = f"http://{seen.host}{ENDPOINT}"
            hashed = source if nonce is None else None
            headers["Content-Security-Policy"] = extended(self.policy.encode(), hashed, endpoint).decode()
        head = '<html xmlns="http://www.w3.org/1999/xhtml">' if "xhtml" in self.type else "<!DOCTYPE html><html>"
        return headers, f"{head}<head>{tag.decode()}<title>t</title></head><body>{self.markup}</body></html>".encode()

    def cookie_string(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.jar.items())

    def cookies(self, seen: Seen) -> str:
        assert re.fullmatch("[a-z0-5]{24}", seen.headers[ASK_HEADER.lower()])
        if seen.method == "POST":
            if seen.body.startswith(self.late[0] or "\n"):
                with self.came:
                    assert self.came.wait_for(
                        lambda: any(other.body == self.late[1] for other in self.seen), timeout=10
                    )
            pair, _, attributes = seen.body.partition(";")
            name, _, value = pair.partition("=")
            self.jar[name] = value
            if "1970" in attributes or "max-age=0" in attributes.lower():
                del self.jar[name]
        return self.cookie_string()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                fields = {name.lower(): value for name, value in self.headers.items()}
                body = unquote(fields.get(SET_HEADER.lower(), body))
                seen = Seen(self.command, fields["host"], self.path, body, fields)
                shop.note(seen)
                headers, answer = shop.answer(seen)
                self.send_response(200)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                # A tab that is closed does not wait for the rest.
                with suppress(ConnectionError):
                    self.wfile.write(answer)

            do_POST = do_GET

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


@pytest.fixture(scope="module")
def served() -> Iterator[Shop]:
    with closing(Shop()) as shop:
        yield shop


@pytest.fixture
def shop(served: Shop) -> Shop:
    served.forget()
    return served


@contextmanager
def without_cookies(directory: Path) -> Iterator["BrowserContext"]:
    from rig import browser

    directory.mkdir(exist_ok=True)
    browser.block_cookies(directory)
    with browser.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            directory, executable_path=browser.executable(), args=[*browser.ARGUMENTS, "--disable-popup-blocking"]
        )
        yield context
        context.close()


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator["BrowserContext"]:
    from rig import browser

    if browser.executable() is None:
        pytest.skip("there is no Chromium on this machine")
    with without_cookies(tmp_path_factory.mktemp("chromium")) as started:
        yield started


class Visit:
    """A tab, and what its console complained of."""

    def __init__(self, page: "Page", shop: Shop) -> None:
        self.page, self.shop = page, shop
        self.complaints: list[str] = []
        page.set_default_timeout(5_000)
        page.on("console", self._console)
        page.on("pageerror", self._error)

    def end(self) -> None:
        """Listens no more."""
        self.page.remove_listener("console", self._console)
        self.page.remove_listener("pageerror", self._error)

    def _console(self, said: "ConsoleMessage") -> None:
        if said.type == "error":
            self.complaints.append(said.text)

    def _error(self, error: Exception) -> None:
        self.complaints.append(str(error))

    def go(self, carrier: str = "path", path: str = "/page", **given: Any) -> "Visit":
        """Opens a page of that carrier; anything else is what the shop serves."""
        self.shop.carrier = carrier
        for name, value in given.items():
            setattr(self.shop, name, value)
        self.page.goto(self.shop.url(path))
        return self

    def run(self, script: str, value: Any = None) -> Any:
        return self.page.evaluate(f"async value => {{ {script} }}", value)

    def asked(self, script: str, word: str, value: Any = None) -> str:
        """The target of the first request with that word in it, after a script that lets one go."""
        self.run(script, value)
        return self.shop.wait_for(word).target

    def left(self, script: str, word: str) -> str:
        """The same for a script that makes the tab go there, and it has arrived."""
        with self.page.expect_navigation(url=re.compile(word)):
            self.page.evaluate(f"() => {{ setTimeout(() => {{ {script} }}) }}")
        return self.shop.wait_for(word).target


@pytest.fixture
def visit(context: "BrowserContext", shop: Shop) -> Iterator[Visit]:
    """The tab that all tests share, because a new one takes longer than most of them."""
    visit = Visit(context.pages[0], shop)
    yield visit
    visit.page.unroute_all()
    visit.end()
    for other in context.pages[1:]:
        other.close()


@pytest.fixture
def own_visit(context: "BrowserContext", shop: Shop) -> Iterator[Visit]:
    """A tab of its own, for tests that leave something in it."""
    with closing(context.new_page()) as page:
        yield Visit(page, shop)


def carried(path: str, carrier: str, session_id: str = ID) -> str:
    """A path or a path with a query, with the id."""
    before, mark, query = path.partition("?")
    if carrier == "path":
        return f"/(S({session_id})){path}"
    if carrier == "matrix":
        return f"{before};sid={session_id}{mark}{query}"
    return f"{path}&sid={session_id}" if mark else f"{path}?sid={session_id}"


# -- URLs ------------------------------------------------------------------------------------------------------------------

OLD = "0" * 24


@pytest.mark.browser
@pytest.mark.parametrize(
    ("carrier", "given", "expected"),
    [
        ("path", "/", f"/(S({ID}))/"),
        ("path", "/a?b#c", f"/(S({ID}))/a?b#c"),
        ("path", f"/(S({OLD}))/a", f"/(S({ID}))/a"),
        ("path", f"/(s({OLD}))/(S({OLD}))/a", f"/(S({ID}))/a"),
        ("path", f"/%28S%28{OLD}%29%29/a", f"/(S({ID}))/a"),
        ("path", f"/(S({OLD}))", f"/(S({ID}))/"),
        ("path", "/(S(short))/a", f"/(S({ID}))/(S(short))/a"),
        ("path", "other", f"/(S({ID}))/other"),
        ("query", "/", f"/?sid={ID}"),
        ("query", "/a?", f"/a?&sid={ID}"),
        ("query", "/a?b=%7e+&&c#d?e", f"/a?b=%7e+&&c&sid={ID}#d?e"),
        ("query", f"/a?sid={OLD}&b&sid={OLD}", f"/a?sid={ID}&b"),
        ("query", f"/a?sid={OLD}", f"/a?sid={ID}"),
        ("query", "/a?sid=mine", f"/a?sid=mine&sid={ID}"),
        ("matrix", "/", f"/;sid={ID}"),
        ("matrix", "/a?b#c", f"/a;sid={ID}?b#c"),
        ("matrix", f"/a;sid={OLD}?b", f"/a;sid={ID}?b"),
        ("matrix", f"/a;sid={OLD}/b;x=1", f"/a/b;x=1;sid={ID}"),
    ],
)
def test_the_id_is_put_in_its_place(visit: Visit, carrier: str, given: str, expected: str) -> None:
    url = visit.go(carrier).run("return new Request(value).url", given)
    assert url == visit.shop.url(expected)
    assert visit.run("return new Request(value).url", url) == url


@pytest.mark.browser
@in_each_carrier
def test_what_is_not_ours_is_left_alone(visit: Visit, carrier: str) -> None:
    visit.go(carrier)
    urls = [
        "http://other.localhost/a",
        "http://notshop.localhost:1/a",
        "ftp://shop.localhost/a",
        "data:text/plain,a",
        "blob:http://shop.localhost/a",
        "mailto:a@shop.localhost",
        "javascript:0",
        "#a",
        "http://[",
    ]
    left = "const link = document.createElement('a'); link.href = value; document.body.append(link);"
    left += "link.dispatchEvent(new Event('mousedown')); return link.getAttribute('href')"
    assert [visit.run(left, url) for url in urls] == urls


@pytest.mark.browser
@pytest.mark.parametrize("host", ["partner.localhost", "www.partner.localhost", "shop.localhost"])
def test_the_hosts_of_the_session_have_it(visit: Visit, host: str) -> None:
    assert visit.go().run("return new Request(value).url", f"http://{host}:99/a") == f"http://{host}:99/(S({ID}))/a"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("http://shop.localhost/a", "http://shop.localhost/a"),
        ("https://shop.localhost/a", f"https://shop.localhost/(S({ID}))/a"),
        ("https://shop.localhost:8443/a", f"https://shop.localhost:8443/(S({ID}))/a"),
        ("wss://www.partner.localhost/a", f"wss://www.partner.localhost/(S({ID}))/a"),
        ("ws://shop.localhost/a", "ws://shop.localhost/a"),
    ],
)
def test_a_secure_pages_id_does_not_go_in_the_clear(visit: Visit, given: str, expected: str) -> None:
    headers, body = visit.shop.page(Seen("GET", "shop.localhost", "/page", "", {}))
    visit.page.route("https://shop.localhost/page", lambda route: route.fulfill(headers=headers, body=body))
    visit.page.goto("https://shop.localhost/page")
    assert visit.run("return location.pathname") == f"/(S({ID}))/page"
    assert visit.run("return new Request(value).url", given) == expected


paths = st.text(alphabet="ab0/;=?&()%28S.", max_size=30).map(lambda text: "/" + text)
pieces = st.lists(st.sampled_from(["a=1", f"sid={OLD}", "sid=x", "", f"b={OLD}", "%"]), max_size=4).map("&".join)
targets = st.one_of(paths, st.builds("/x{}?{}".format, st.sampled_from(["", "/y", f";sid={OLD}", "/"]), pieces))


@pytest.mark.browser
@in_each_carrier
def test_the_proxy_finds_what_the_script_put_in(context: "BrowserContext", served: Shop, carrier: str) -> None:
    """Whatever the target: the id is there once, the same if it is done again, and without it the target is what it was."""
    served.forget()
    with closing(context.new_page()) as page:
        Visit(page, served).go(carrier)

        @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(targets)
        def holds(target: str) -> None:
            script = "value => { const once = new Request(value).url; return [once, new Request(once).url, new URL(value).href] }"
            once, twice, plain = page.evaluate(script, served.url(target))
            assert once == twice
            server = Carrier(CarrierKind(carrier), "sid")
            taken = server.take_from_url(once.encode(), lambda value: value == ID.encode())
            assert taken.ids == (ID.encode(),)
            assert taken.target == server.take_from_url(plain.encode(), lambda value: False).target

        holds()


# -- requests --------------------------------------------------------------------------------------------------------------

REQUESTS = {
    "fetch": "await fetch('/asked?b')",
    "fetch of a URL": "await fetch(new URL('/asked?b', location.href))",
    "fetch of a Request": "await fetch(new Request('/asked?b'))",
    "XMLHttpRequest": "const x = new XMLHttpRequest(); x.open('GET', '/asked?b'); x.send()",
    "sendBeacon": "navigator.sendBeacon('/asked?b', 'x')",
    "EventSource": "new EventSource('/asked?b').onerror = event => event.target.close()",
    "Worker": "new Worker('/asked?b')",
    "iframe.src": "const f = document.createElement('iframe'); f.src = '/asked?b'; document.body.append(f)",
    "iframe.setAttribute": "const f = document.createElement('iframe'); f.setAttribute('SRC', '/asked?b'); document.body.append(f)",
    "frame.src": "const f = document.createElement('frame'); f.src = '/asked?b'; f.remove(); await fetch(f.src)",
    "window.open": "window.open('/asked?b')",
}
FORM = '<form method=post action="/asked?b">'
NAVIGATIONS = {
    "location": "location = '/asked?b'",
    "location.replace": "location.replace('/asked?b')",
    "location.href": "location.href = '/asked?b'",
    "navigation.navigate": "navigation.navigate('/asked?b')",
    "a link inserted": "document.body.innerHTML = '<a href=\"/asked?b\">x</a>'; document.querySelector('a').click()",
    "a link never inserted": "const a = document.createElement('a'); a.href = '/asked?b'; a.click()",
    "an area": "document.body.innerHTML = '<map><area href=\"/asked?b\"></map>'; document.querySelector('area').click()",
    "a link in a shadow tree": "const root = document.body.attachShadow({mode: 'closed'});"
    "root.innerHTML = '<a href=\"/asked?b\"><b>x</b></a>'; root.querySelector('b').click()",
    "an SVG link": "document.body.innerHTML = '<svg><a xlink:href=\"/asked?b\"><text>x</text></a></svg>';"
    "document.querySelector('text').dispatchEvent(new MouseEvent('click', {bubbles: true, composed: true}))",
    "form.submit": f"document.body.innerHTML = '{FORM}</form>'; document.forms[0].submit()",
    "form.requestSubmit": f"document.body.innerHTML = '{FORM}</form>'; document.forms[0].requestSubmit()",
    "formaction": "document.body.innerHTML = '<form method=post><button formaction=\"/asked?b\">x</button></form>';"
    "document.querySelector('button').click()",
    "a form with clobbering fields": f"document.body.innerHTML = '{FORM}<input name=action><input name=getAttribute></form>';"
    "document.forms[0].requestSubmit()",
}


@pytest.mark.browser
@in_each_carrier
@pytest.mark.parametrize("script", REQUESTS.values(), ids=REQUESTS.keys())
def test_requests_carry_the_id(visit: Visit, carrier: str, script: str) -> None:
    assert visit.go(carrier).asked(script, "asked") == carried("/asked?b", carrier)


@pytest.mark.browser
@in_each_carrier
@pytest.mark.parametrize("script", NAVIGATIONS.values(), ids=NAVIGATIONS.keys())
def test_navigations_carry_the_id(visit: Visit, carrier: str, script: str) -> None:
    assert visit.go(carrier).left(script, "asked") == carried("/asked?b", carrier)


@pytest.mark.browser
def test_a_websocket_keeps_its_shape(visit: Visit) -> None:
    visit.go()
    assert visit.run(
        "return [WebSocket.name, WebSocket.length, WebSocket.OPEN, String(WebSocket).includes('[native code]')]"
    ) == [
        "WebSocket",
        1,
        1,
        True,
    ]
    script = "class Mine extends WebSocket {} const s = new Mine('/asked?b', ['x']);"
    script += "await new Promise(done => s.onerror = done);"
    script += "return [s instanceof Mine, s instanceof WebSocket, s.constructor === Mine, s.url]"
    assert visit.run(script) == [True, True, True, f"ws://shop.localhost:{visit.shop.port}/(S({ID}))/asked?b"]
    seen = visit.shop.wait_for("asked")
    assert (seen.target, seen.headers["sec-websocket-protocol"]) == (f"/(S({ID}))/asked?b", "x")


@pytest.mark.browser
def test_a_shared_worker_carries_the_id(own_visit: Visit) -> None:
    """Chromium starts none where cookies are blocked; what it would be asked for is seen."""
    visit = own_visit
    visit.page.add_init_script("window.SharedWorker = class { constructor(url) { this.url = url } }")
    assert visit.go().run("return new SharedWorker('/asked').url") == visit.shop.url(f"/(S({ID}))/asked")
    assert (
        visit.run("return new SharedWorker('http://www.shop.localhost/asked').url") == "http://www.shop.localhost/asked"
    )


@pytest.mark.browser
def test_a_request_keeps_all_it_says(visit: Visit) -> None:
    """Also one that another window made, without an id, and whose body is a stream."""
    visit.go()
    script = """
      const frame = document.body.appendChild(document.createElement('iframe'));
      const request = new frame.contentWindow.Request(location.origin + '/asked', {
        method: 'POST', body: 'hello', headers: {'X-Mine': '1', 'Content-Type': 'text/mine'}});
      const answer = await fetch(request, {headers: {'X-Mine': '2', 'Content-Type': 'text/mine'}});
      return [answer.status, request.bodyUsed]"""
    assert visit.run(script) == [200, True]
    seen = visit.shop.wait_for("asked")
    assert (seen.method, seen.target, seen.body) == ("POST", f"/(S({ID}))/asked", "hello")
    assert (seen.headers["x-mine"], seen.headers["content-type"]) == ("2", "text/mine")


@pytest.mark.browser
def test_fetch_fails_as_ever(visit: Visit) -> None:
    visit.go()
    assert visit.run("return fetch('http://[').catch(error => error.name)") == "TypeError"
    assert visit.run("return fetch().catch(error => error.name)") == "TypeError"
    assert visit.run("return fetch('/asked', {signal: AbortSignal.abort()}).catch(error => error.name)") == "AbortError"
    assert visit.run("try { new WebSocket('ftp://x/') } catch (error) { return error.name }") == "SyntaxError"


@pytest.mark.browser
@in_each_carrier
def test_history_carries_the_id(visit: Visit, carrier: str) -> None:
    visit.go(carrier)
    for method in ("pushState", "replaceState"):
        visit.run(f"history.{method}({{x: 1}}, '', '/{method}?b#c')")
        assert visit.page.url == visit.shop.url(carried(f"/{method}?b", carrier) + "#c")
        assert visit.run("return history.state") == {"x": 1}
    visit.run("history.pushState(2, '')")
    visit.run("history.pushState(2, '', '#d')")
    assert visit.page.url == visit.shop.url(carried("/replaceState?b", carrier) + "#d")


@pytest.mark.browser
@pytest.mark.parametrize(("script", "grows"), [("location.replace('/page2')", 0), ("location.assign('/page2')", 1)])
def test_a_replaced_location_stays_replaced(own_visit: Visit, script: str, grows: int) -> None:
    visit = own_visit
    before = visit.go().run("return history.length")
    visit.left(script, "page2")
    assert visit.run("return history.length") == before + grows


@pytest.mark.browser
@in_each_carrier
def test_a_page_reached_without_an_id_gets_it(visit: Visit, carrier: str) -> None:
    visit.go(carrier, "/page?b#c")
    assert visit.page.url == visit.shop.url(carried("/page?b", carrier) + "#c")
    visit.page.reload()
    assert visit.shop.targets("page") == ["/page?b", carried("/page?b", carrier)]
    assert visit.complaints == []


# -- forms -----------------------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize(
    ("carrier", "expected"),
    [("path", f"/(S({ID}))/asked?q=1"), ("query", f"/asked?q=1&sid={ID}"), ("matrix", f"/asked;sid={ID}?q=1")],
)
@pytest.mark.parametrize("how", ["submit", "requestSubmit"])
def test_a_form_that_gets(visit: Visit, carrier: str, expected: str, how: str) -> None:
    """Its query is thrown away: there the id needs a field."""
    visit.go(carrier, markup='<form action="/asked?gone"><input name="q" value="1"></form>')
    assert visit.left(f"document.forms[0].{how}()", "asked") == expected


@pytest.mark.browser
def test_a_field_of_the_proxys_own_is_the_one(visit: Visit) -> None:
    """With the id of now, whatever it was; and the form is not sent twice because its field comes first."""
    field = f'<input type="hidden" name="sid" value="{OLD}">'
    visit.go("query", markup=f'<form action="/asked">{field}<input name="q" value="1"></form>')
    assert visit.left("document.forms[0].requestSubmit()", "asked") == f"/asked?sid={ID}&q=1"
    assert len(visit.shop.targets("asked")) == 1


@pytest.mark.browser
@pytest.mark.parametrize("action", ["", 'action=""', 'action="#"', 'action="?gone"'])
def test_a_form_to_its_own_page(visit: Visit, action: str) -> None:
    visit.go("query", "/page", markup=f'<form {action}><input name="q" value="1"></form>')
    assert visit.left("document.forms[0].requestSubmit()", "q=1").partition("#")[0] == f"/page?q=1&sid={ID}"


@pytest.mark.browser
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_sites_form_does_not_get_the_id(visit: Visit, method: str) -> None:
    other = visit.shop.url("/asked", "other.localhost")
    field = f'<input type="hidden" name="sid" value="{ID}"><input type="hidden" name="q" value="1">'
    visit.go(
        "query", markup=f'<form method="{method}" action="/page">{field}<button formaction="{other}">x</button></form>'
    )
    visit.left("document.querySelector('button').click()", "asked")
    seen = visit.shop.wait_for("asked")
    assert (seen.target, seen.body) == (("/asked?q=1", "") if method == "get" else ("/asked", "q=1"))


@pytest.mark.browser
def test_the_action_that_a_listener_chose_counts(visit: Visit) -> None:
    visit.go(markup='<form method="post" action="/page"></form>')
    script = "const form = document.forms[0]; form.onsubmit = () => { form.action = '/asked' }; form.requestSubmit()"
    assert visit.left(script, "asked") == f"/(S({ID}))/asked"


@pytest.mark.browser
def test_a_link_says_the_query_in_the_documents_encoding(visit: Visit) -> None:
    visit.go(type="text/html; charset=windows-1252")
    script = "document.body.innerHTML = '<a href=\"/asked?\\u00e4\">x</a>'; document.querySelector('a').click()"
    assert visit.left(script, "asked") == f"/(S({ID}))/asked?%E4"


# -- cookies ---------------------------------------------------------------------------------------------------------------


@pytest.mark.browser
@in_each_carrier
def test_cookies_are_read_and_written_in_order(visit: Visit, carrier: str) -> None:
    visit.go(carrier, "/dir/page?x")
    script = "const all = [document.cookie]; document.cookie = 'b=2; Path=/'; all.push(document.cookie);"
    script += "document.cookie = 'a=; Max-Age=0'; document.cookie = 'c=\\u00e4'; all.push(document.cookie); return all"
    assert visit.run(script) == ["a=1", "a=1; b=2", "b=2; c=ä"]
    asked = [seen for seen in visit.shop.seen if ENDPOINT in seen.target and seen.method == "POST"]
    assert [seen.body for seen in asked] == ["b=2; Path=/", "a=; Max-Age=0", "c=ä"]
    assert {seen.target for seen in asked} == {ENDPOINT}
    assert {seen.headers[PATH_HEADER.lower()] for seen in asked} == {"/dir/page"}
    assert visit.complaints == []


@pytest.mark.browser
def test_the_browser_itself_has_no_cookies(visit: Visit) -> None:
    """What these tests stand on."""
    visit.page.goto(visit.shop.url("/plain"))
    assert visit.run("document.cookie = 'x=1'; return document.cookie") == ""


@pytest.mark.browser
def test_what_the_site_sets_meanwhile_is_read(visit: Visit) -> None:
    visit.go()
    assert visit.run("return document.cookie") == "a=1"
    visit.shop.jar["later"] = "1"
    visit.run("await fetch('/asked')")
    assert visit.run("return document.cookie") == "a=1; later=1"
    visit.shop.jar["more"] = "1"
    assert visit.run("return document.cookie") == "a=1; later=1; more=1"


@pytest.mark.browser
def test_a_task_reads_cookies_once(visit: Visit) -> None:
    visit.go()
    visit.run("await fetch('/asked')")
    visit.run("for (let i = 0; i !== 50; i++) document.cookie")
    assert len(visit.shop.targets(ENDPOINT)) == 1


@pytest.mark.browser
def test_a_write_comes_before_the_request_after_it(visit: Visit) -> None:
    visit.go()
    visit.run("document.cookie = 'b=2'; await fetch('/asked')")
    order = [seen.target for seen in visit.shop.seen if ENDPOINT in seen.target or "asked" in seen.target]
    assert order == [ENDPOINT, f"/(S({ID}))/asked"]


@pytest.mark.browser
def test_where_nothing_may_be_synchronous_writes_come_later_in_order(visit: Visit) -> None:
    visit.go(more={"Permissions-Policy": "sync-xhr=()"})
    visit.run("document.cookie = 'b=2'; document.cookie = 'c=3'; document.cookie = 'c=4'")
    visit.page.wait_for_function("document.cookie === 'a=1; b=2; c=4'")
    assert [seen.body for seen in visit.shop.seen if seen.method == "POST"] == ["b=2", "c=3", "c=4"]


@pytest.mark.browser
def test_a_write_on_the_way_out_arrives(visit: Visit) -> None:
    visit.go()
    visit.run("addEventListener('pagehide', () => { document.cookie = 'bye=1' })")
    visit.page.goto(visit.shop.url("/page2"))
    shop = visit.shop
    with shop.came:
        assert shop.came.wait_for(lambda: any(seen.body == "bye=1" for seen in shop.seen), timeout=10)
    assert visit.shop.jar == {"a": "1", "bye": "1"}


@pytest.mark.browser
def test_other_documents_are_not_answered_for(visit: Visit) -> None:
    visit.go()
    assert visit.run("return new DOMParser().parseFromString('', 'text/html').cookie") == ""
    assert visit.run("try { return Document.prototype.cookie } catch (error) { return error.name }") == "TypeError"


@pytest.mark.browser
def test_the_cookie_store(visit: Visit) -> None:
    visit.go()
    script = """
      const told = [];
      cookieStore.onchange = event => told.push(
        event.changed.map(one => one.name + '=' + one.value).join() + '|' + event.deleted.map(one => one.name).join());
      document.cookie = 'b=2';
      const first = cookieStore.set('c', '3');
      const second = cookieStore.set({name: 'd', value: '4', path: '/x', sameSite: 'lax', expires: 4e12});
      document.cookie = 'c=5';
      await Promise.all([first, second, cookieStore.delete('b')]);
      const one = await cookieStore.get('c'), none = await cookieStore.get({name: 'b'}), all = await cookieStore.getAll();
      const bad = await cookieStore.set('x', '1; Path=/').catch(error => error.name);
      return [told, one, none, all.map(found => found.name), bad];
    """
    told, one, none, names, bad = visit.run(script)
    assert (one, none, names, bad) == ({"name": "c", "value": "5"}, None, ["a", "c", "d"], "TypeError")
    assert "b=2|" in told
    assert told[-1] == "|b"
    assert [seen.body for seen in visit.shop.seen if seen.method == "POST"] == [
        "b=2",
        "c=3; Path=/; SameSite=strict",
        "d=4; Path=/x; Expires=Tue, 02 Oct 2096 07:06:40 GMT; SameSite=lax",
        "c=5",
        "b=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=strict",
    ]


@pytest.mark.browser
def test_a_write_that_another_overtook_does_not_win(visit: Visit) -> None:
    visit.go(late=("c=3", "c=5"))
    visit.run("window.first = cookieStore.set('c', '3'); await null; await null; await null")
    visit.shop.wait_for(ENDPOINT)
    visit.run("document.cookie = 'c=5'; await window.first")
    assert visit.run("return (await cookieStore.get('c')).value") == "5"
    assert visit.shop.jar["c"] == "5"


@pytest.mark.browser
def test_an_iframe_has_its_own(visit: Visit) -> None:
    visit.go(markup="<iframe></iframe>")
    visit.run(
        "const frame = document.querySelector('iframe'); frame.src = '/sub/page'; await new Promise(done => frame.onload = done)"
    )
    frame = visit.page.frames[1]
    assert frame.evaluate("document.cookie = 'b=2', document.cookie") == "a=1; b=2"
    assert visit.shop.wait_for(ENDPOINT).headers[PATH_HEADER.lower()] == "/sub/page"


@pytest.mark.browser
def test_a_sandboxed_document_has_no_cookies(visit: Visit) -> None:
    visit.go(policy="sandbox allow-scripts")
    assert visit.run("try { return document.cookie } catch (error) { return error.name }") == "SecurityError"
    assert visit.run("return new Request('/asked').url") == visit.shop.url(f"/(S({ID}))/asked")


# -- renewal ---------------------------------------------------------------------------------------------------------------


@pytest.mark.browser
@in_each_carrier
@pytest.mark.parametrize(
    ("path", "script"),
    [
        ("/asked", "await fetch('/asked')"),
        ("/asked", "const x = new XMLHttpRequest(); x.open('GET', '/asked', false); x.send()"),
        (ENDPOINT, "document.cookie = 'b=2'"),
    ],
    ids=["fetch", "XMLHttpRequest", "endpoint"],
)
def test_a_renewed_id_is_used_from_then_on(visit: Visit, carrier: str, path: str, script: str) -> None:
    visit.go(carrier, "/page?b#c", answers={path: {SESSION_HEADER: NEWER}})
    visit.run("history.replaceState({x: 1}, ''); window.told = 0; navigation.onnavigate = () => { window.told += 1 }")
    visit.run(script)
    assert visit.page.url == visit.shop.url(carried("/page?b", carrier, NEWER) + "#c")
    assert visit.run("return [history.state, window.told]") == [{"x": 1}, 0]
    assert visit.asked("await fetch('/then')", "then") == carried("/then", carrier, NEWER)


@pytest.mark.browser
@pytest.mark.parametrize("value", ["short", "A" * 24, "../" * 8])
def test_what_is_no_id_is_not_taken(visit: Visit, value: str) -> None:
    visit.go(answers={"/asked": {SESSION_HEADER: value}})
    visit.run("await fetch('/asked')")
    assert visit.page.url == visit.shop.url(f"/(S({ID}))/page")


@pytest.mark.browser
def test_another_site_cannot_renew(visit: Visit) -> None:
    visit.go(answers={"/asked": {SESSION_HEADER: NEWER, "Access-Control-Expose-Headers": SESSION_HEADER}})
    visit.run("await fetch(value)", visit.shop.url("/asked", "other.localhost"))
    assert visit.page.url == visit.shop.url(f"/(S({ID}))/page")


# -- pages -----------------------------------------------------------------------------------------------------------------

POLICIES = [
    "script-src 'nonce-abc'",
    "default-src 'self'",
    "default-src 'none'",
    "script-src 'none'; connect-src x.example",
]


@pytest.mark.browser
@pytest.mark.parametrize("policy", POLICIES)
def test_it_runs_under_a_policy(visit: Visit, policy: str) -> None:
    visit.go(policy=policy)
    assert visit.page.evaluate("document.cookie = 'b=2', document.cookie") == "a=1; b=2"
    assert visit.complaints == []


@pytest.mark.browser
def test_it_runs_in_xhtml(visit: Visit) -> None:
    visit.go(
        type="application/xhtml+xml",
        markup='<form action="/asked"><p><input name="q" value="1" /></p></form>',
        carrier="query",
    )
    assert visit.run("return document.contentType") == "application/xhtml+xml"
    assert visit.run("return document.cookie") == "a=1"
    assert visit.left("document.forms[0].requestSubmit()", "asked") == f"/asked?q=1&sid={ID}"
    assert visit.complaints == []


@pytest.mark.browser
def test_it_leaves_nothing_behind(visit: Visit) -> None:
    """The same globals, and every function has the name and the length that it had."""
    names = "Object.getOwnPropertyNames(window).sort()"
    shape = (
        "[fetch, open, XMLHttpRequest, XMLHttpRequest.prototype.open, Request, Worker, EventSource, history.pushState,"
    )
    shape += "navigator.sendBeacon, Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').get]"
    native = "Function.prototype.toString.call(one).includes('[native code]')"
    shape = f"[{names}, {shape}.map(one => [one.name, one.length, {native}])]"
    visit.page.goto(visit.shop.url("/plain"))
    before = visit.page.evaluate(shape)
    assert visit.go().page.evaluate(shape) == before


@pytest.mark.browser
@pytest.mark.parametrize(
    "gone", ["navigation", "cookieStore", "SharedWorker", "Request", "EventSource", "HTMLFrameElement"]
)
def test_it_does_without_what_is_missing(own_visit: Visit, gone: str) -> None:
    visit = own_visit
    visit.page.add_init_script(f"delete window.{gone}")
    visit.go()
    assert visit.asked("document.cookie = 'b=2'; await fetch('/asked')", "asked") == f"/(S({ID}))/asked"
    assert visit.shop.jar == {"a": "1", "b": "2"}
    assert visit.complaints == []
