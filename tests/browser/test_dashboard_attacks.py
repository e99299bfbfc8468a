"""Pages of other sites in the same Chromium: they read nothing of the dashboard and change nothing; and hostile text is text."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Error, Page

from rig import browser, dashboard
from rig.clients import RawAnswer, exchange
from rig.dashboard import MAGIC, RULES, SECRET, Tab, direct_url
from rig.messages import Answer, Received
from rig.shared import Pair

pytestmark = [
    pytest.mark.browser,
    pytest.mark.once,
    pytest.mark.skipif(browser.executable() is None, reason="there is no Chromium on this machine"),
]

RIG = Path(dashboard.__file__).parent
ATTACKS = (RIG / "attacks.js").read_text()
REBIND = ("-s", str(RIG / "addon" / "rebind_addon.py"))
NO_ICON = b'<!doctype html><link rel="icon" href="data:,"><title>evil</title><body>'
OPEN = [
    b"Access-Control-Allow-Origin: *",
    b"Access-Control-Allow-Headers: *",
    b"Access-Control-Allow-Methods: *",
    b"Timing-Allow-Origin: *",
]


class Scene:
    """A victim with cookies at the shop, whose browser then visits other sites."""

    def __init__(self, pair: Pair, context: BrowserContext) -> None:
        self.pair = pair
        self.context = context
        self.direct = direct_url(pair.proxy)
        self.port = int(self.direct.rstrip("/").rpartition(":")[2])
        pair.origin.answers["victim.example/"] = Answer(
            [f"Set-Cookie: sid={SECRET}; Path=/; Max-Age=90000".encode()], NO_ICON, close=True
        )
        page = context.new_page()
        page.goto("http://victim.example/")
        page.close()
        self.client = next(jar["client"] for jar in dashboard.asked(pair, "jars"))
        (row,) = dashboard.asked(pair, "jar?" + urlencode({"client": self.client, "site": "victim.example"}))
        self.id = row["id"]
        self.rules = pair.proxy.rules_path.read_bytes()

    def attacker(self, url: str) -> Page:
        """The evil page, which knows all that the victim's jar is called."""
        page = self.context.new_page()
        page.goto(url)
        page.evaluate(
            "([id, client]) => { window.victimId = id; window.victimClient = client }", [self.id, self.client]
        )
        return page

    def is_untouched(self) -> bool:
        """Whether nothing has changed: the victim's jar, its browser, the rules file."""
        jars = {jar["client"]: [site["site"] for site in jar["sites"]] for jar in dashboard.asked(self.pair, "jars")}
        assert "victim.example" in jars[self.client]
        assert self.pair.proxy.rules_path.read_bytes() == self.rules
        page = self.context.new_page()
        page.goto("http://victim.example/still")
        page.close()
        return [cookie["value"] for cookie in self.context.cookies("http://victim.example/")] == [SECRET]


@pytest.fixture(scope="module")
def scene(certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with ExitStack() as stack:
        place = tmp_path_factory.mktemp("attacks")
        pair = stack.enter_context(dashboard.fresh(certificate, confdir, place, RULES, arguments=REBIND))
        pair.origin.answers["*"] = Answer([], NO_ICON, close=True)
        yield Scene(pair, dashboard.behind(stack.enter_context(dashboard.chromium()), pair.proxy))


HTTPS = "https://cookies.mitm/"
DIRECT = "http://127.0.0.1:{dashboard}/"
ATTACKERS = [
    pytest.param("http://evil.example/", MAGIC, id="another site"),
    pytest.param("http://evil.example/", DIRECT, id="another site and its own address"),
    pytest.param("https://evil.example/", HTTPS, id="another site over https"),
    pytest.param("https://evil.example/", DIRECT, id="another site over https and its own address"),
    pytest.param("http://evil.cookies.mitm/", MAGIC, id="a site below its name"),
    pytest.param("http://127.0.0.1:{origin}/evil", DIRECT, id="another port of this machine"),
]


@pytest.mark.parametrize(("attacker", "target"), ATTACKERS)
def test_a_page_reads_nothing_and_changes_nothing(scene: Scene, attacker: str, target: str) -> None:
    page = scene.attacker(attacker.format(origin=scene.pair.origin.http_port))
    assert page.evaluate(ATTACKS, target.format(dashboard=scene.port)) == []
    assert page.evaluate("window.results") == []
    page.close()
    assert scene.is_untouched()


def test_these_attacks_succeed_against_a_careless_server(scene: Scene) -> None:
    """So that they are known to be attacks."""
    said: list[Received] = []

    def careless(request: Received) -> Answer:
        said.append(request)
        if request.path.endswith("stream"):
            return Answer([*OPEN, b"Content-Type: text/event-stream"], b"event: events\ndata: 1\n\n", close=True)
        kind = (
            b"text/css"
            if request.path.endswith("css")
            else b"text/javascript"
            if "static" in request.path
            else b"text/html"
        )
        return Answer([*OPEN, b"Content-Type: " + kind], b"// secret", close=True)

    names = ("jars", "api/jars", "api/events", "api/clients", "api/rules", "api/setup", "api/stream", "metrics")
    names += (
        "static/app.js",
        "static/theme.js",
        "static/own.css",
        "api/forget",
        "api/rules/mode",
        "api/reveal",
        "api/export",
    )
    scene.pair.origin.answers |= {f"careless.example/{name}": careless for name in names}
    page = scene.attacker("http://evil.example/")
    read = page.evaluate(ATTACKS, "http://careless.example/")
    ways = {line.partition(":")[0] for line in read}
    for way in (
        "fetch omit api/jars",
        "XHR false",
        "EventSource",
        "script static/theme.js",
        "style",
        "worker",
        "json api/forget",
    ):
        assert way in ways, (way, sorted(ways))
    assert {request.method for request in said if request.path == "/api/forget"} >= {"GET", "POST", "PUT", "OPTIONS"}
    kinds = {request.all(b"content-type")[0].partition(b";")[0] for request in said if request.method == "POST"}
    assert kinds >= {b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data", b"application/json"}
    page.close()


def test_our_own_page_reads_what_they_do_not(scene: Scene) -> None:
    tab = Tab(scene.context)
    tab.open("jars", "jars")
    body = tab.page.evaluate("async () => (await fetch('api/jars')).text()")
    assert "victim.example" in body
    tab.close()


@pytest.mark.parametrize("target", [MAGIC, DIRECT, HTTPS], ids=["its name", "its own address", "https"])
def test_it_is_not_framed(scene: Scene, target: str) -> None:
    page = scene.attacker("http://evil.example/")
    base = target.format(dashboard=scene.port)
    for place in ("", "jars", "login", "api/jars"):
        page.evaluate(
            """(url) => new Promise((resolve) => {
                const frame = Object.assign(document.createElement("iframe"), {src: url, onload: resolve});
                setTimeout(resolve, 3000);
                document.body.append(frame); })""",
            base + place,
        )
    for frame in page.frames[1:]:
        assert "victim" not in frame.content()
        assert "Cookie Proxy" not in frame.content()
    page.close()


def test_a_form_that_takes_the_whole_window_along_changes_nothing(scene: Scene) -> None:
    for base in (MAGIC, scene.direct):
        page = scene.attacker("http://evil.example/")
        with page.expect_navigation():
            page.evaluate(
                """(url) => { const form = Object.assign(document.createElement("form"),
                    {action: url, method: "POST", enctype: "text/plain"});
                    form.append(Object.assign(document.createElement("input"),
                        {name: '{"site":"victim.example","client":null,"x":"', value: '"}'}));
                    document.body.append(form); form.submit(); }""",
                base + "api/forget",
            )
        assert "error" in page.inner_text("body")
        page.close()
        assert scene.is_untouched()


# -- names that lead to it ---------------------------------------------------------------------------------------------


def test_a_page_whose_name_is_rebound_to_it_gets_nothing(scene: Scene) -> None:
    """Of the same origin, then: no other fence of the browser is left."""
    page = scene.context.new_page()
    answer = page.goto(f"http://rebound.evil.example:{scene.port}/api/jars")
    assert answer.status == 403
    assert "victim" not in page.content()
    told = page.evaluate(
        """async () => {
            const said = {method: "POST", headers: {"Content-Type": "application/json", "X-Cookies": "1"}};
            const answers = [];
            for (const name of ["api/jars", "api/events", "api/setup", "metrics", "", "static/app.js", "api/stream"])
                answers.push(await fetch("/" + name));
            for (const body of ['{"site": "victim.example"}', '{"rule": "harden", "mode": "observe"}'])
                for (const name of ["api/forget", "api/rules/mode", "api/login", "api/export"])
                    answers.push(await fetch("/" + name, {...said, body}));
            return Promise.all(answers.map(async (one) => [one.status, await one.text()])); }"""
    )
    assert {status for status, _ in told} == {403}
    assert not any("victim" in text or "Cookie Proxy" in text for _, text in told)
    page.close()
    assert scene.is_untouched()


def straight(scene: Scene, head: str, *lines: str, body: bytes = b"") -> RawAnswer:
    """A request to the dashboard's own port, as a browser without a proxy makes it."""
    said = "\r\n".join([head, *lines, f"Content-Length: {len(body)}", "", ""]).encode()
    with socket.create_connection(("127.0.0.1", scene.port), 10) as connection:
        return exchange(connection, said + body)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "127.0.0.1",
        "127.1:{port}",
        "2130706433:{port}",
        "0.0.0.0:{port}",
        "cookies.mitm.evil.example",
        "cookies.mitm@evil.example",
        "localhost.evil.example:{port}",
        "[::ffff:127.0.0.1]:{port}",
        "",
    ],
)
def test_other_names_for_its_port_get_nothing(scene: Scene, host: str) -> None:
    host = host.format(port=scene.port)
    for target in ("/api/jars", f"http://{host or 'x'}/api/jars"):
        answer = straight(scene, f"GET {target} HTTP/1.1", f"Host: {host}")
        assert answer.status in (400, 403)
        assert b"victim" not in answer.body
    own = ("Content-Type: application/json", "X-Cookies: 1", f"Origin: http://{host}")
    forget = straight(scene, "POST /api/forget HTTP/1.1", f"Host: {host}", *own, body=b'{"site": "victim.example"}')
    assert forget.status in (400, 403)


def test_a_second_host_is_no_way_in(scene: Scene) -> None:
    for hosts in (
        ("Host: evil.example", f"Host: 127.0.0.1:{scene.port}"),
        (f"Host: 127.0.0.1:{scene.port}", "Host: evil.example"),
    ):
        answer = straight(scene, "GET /api/jars HTTP/1.1", *hosts)
        assert answer.status in (400, 403)


# -- hostile text ------------------------------------------------------------------------------------------------------

PWN = "<img src=x onerror=window.__pwned=1>"
EVIL = "</script><script>alert(1)</script>"
"""A name; one has no equals sign."""
MARK = re.compile(r"<img src|</script>|onerror")
NAMES = [
    PWN.encode(),
    EVIL.encode(),
    b"\xe2\x80\xaegnp.exe\xe2\x81\xa6",
    b'"><svg onload=window.__pwned=1>',
    b"javascript:alert(1)",
    b"${alert(1)}{{constructor.constructor('alert(1)')()}}",
    b"\xff\xfe raw",
    b"n" * 4000,
    b"__proto__",
    b"constructor",
]
CONTROL_OCTETS = [b"nul\x00byte=1", b"bell\x07=1", b"esc\x1b[31m=1"]
HOSTILE_RULES = f"""\
# {PWN} </script><script>window.__pwned=1</script>
rules:
  - name: '{PWN}'
    match: {{cookie: "<img*"}}
    set: {{httponly: true}}
  - name: "__proto__"
    mode: observe
    match: {{cookie: "</script>*"}}
    drop: true
"""
UNSEEN = """() => {
    const text = document.body.innerText + document.title
        + [...document.querySelectorAll("*")].flatMap((one) => [...one.attributes].map(({value}) => value)).join("");
    return text.match(/[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]/g); }"""
MADE = """() => [...document.querySelectorAll("img, iframe, object, embed, form[action], main svg[onload], body script, base, a")]
    .filter((one) => one.tagName !== "A" || !["http:", "https:"].includes(one.protocol)).map((one) => one.outerHTML)"""


def agent() -> bytes:
    """A browser that calls itself names."""
    return b"User-Agent: " + PWN.encode() + "\u202eevil\u2066".encode()


@pytest.fixture(scope="module")
def hostile(scene: Scene) -> Iterator[Tab]:
    """A tab, after an application and a client have been as hostile as they can."""
    fields = [b"Set-Cookie: " + name + b"=" + PWN.encode() + b"; Path=/" for name in NAMES]
    fields += [b"Set-Cookie: " + field for field in CONTROL_OCTETS]
    fields += [
        b"Set-Cookie: far=1; Path=/<img src=x onerror=window.__pwned=1>",
        b"Set-Cookie: d=1; Domain=" + PWN.encode(),
    ]
    fields += [b"Set-Cookie: </script>session=9f86d081884c7d659a2feaa0c55ad015; Path=/"]
    fields += [b"Set-Cookie: sid=" + b"c" * 32 + b"; Path=/", b"Set-Cookie: <img src=x onerror=window.__pwned=1>"]
    scene.pair.origin.answers["hostile.example/"] = Answer(fields, NO_ICON, close=True)
    scene.pair.proxy.write_rules(HOSTILE_RULES)
    for _ in range(2):
        scene.pair.get("http://hostile.example/", agent())
        scene.pair.get(
            "http://hostile.example/",
            agent(),
            b"Cookie: " + NAMES[0] + b"; " + NAMES[1] + b"=2; </script>session=x; sid=" + b"c" * 32,
        )
    tab = Tab(scene.context)
    tab.client = next(
        jar["client"] for jar in dashboard.asked(scene.pair, "jars") if "onerror" in (jar["user_agent"] or "")
    )
    yield tab
    scene.pair.proxy.write_rules(RULES)
    tab.close()


def is_text(page: Page) -> bool:
    """Whether all of it is text, and no text turns what stands beside it."""
    assert page.evaluate("() => window.__pwned") is None
    assert page.evaluate(MADE) == []
    assert page.evaluate(UNSEEN) is None
    return MARK.search(page.inner_text("body")) is not None


def test_hostile_names_are_text_among_events(hostile: Tab) -> None:
    page = hostile.open("?site=hostile.example", "now")
    hostile.wait_for_row("hostile.example")
    for name in ("<img src", "gnp.exe", "nnnn", EVIL, "nul", "__proto__"):
        page.get_by_label("Search").fill(name)
        page.locator(".grid .body .row:visible", has_text=name).first.click()
        page.locator(".pane .detail", has_text=name).wait_for()
        is_text(page)
        assert hostile.overflow <= 0


def test_hostile_names_and_values_are_text_in_jars(hostile: Tab) -> None:
    page = hostile.open("jars?" + urlencode({"client": hostile.client, "site": "hostile.example"}), "jars")
    opened = page.locator("details.site[open]")
    opened.locator("td.name", has_text="gnp.exe").wait_for()
    for button in opened.get_by_role("button", name=re.compile("Reveal the value")).all()[:3]:
        button.click()
    opened.locator("td.value", has_text="onerror").first.wait_for()
    opened.get_by_label("What if it were").select_option("ie6")
    opened.locator(".whatif").wait_for()
    assert is_text(page)
    assert hostile.overflow <= 0
    opened.get_by_role("button", name="Forget site").click()
    assert is_text(page)
    page.keyboard.press("Escape")


@pytest.mark.parametrize(
    "name",
    ["<img src", EVIL, "n" * 4000, "__proto__"],
    ids=["image", "script", "long", "proto"],
)
def test_a_hostile_cookie_s_page_is_text(hostile: Tab, name: str) -> None:
    asked = {"client": hostile.client, "site": "hostile.example", "name": name}
    page = hostile.open("cookie?" + urlencode(asked), "cookie")
    page.locator(".attributes").wait_for()
    page.get_by_role("button", name=re.compile("Reveal the value")).click()
    page.locator("dd", has_text="onerror").first.wait_for()
    assert is_text(page)
    assert hostile.overflow <= 0


@pytest.mark.parametrize("place", ["sessions", "findings", "rules"])
def test_hostile_names_are_text_on_other_pages(hostile: Tab, place: str) -> None:
    page = hostile.open(place, place)
    page.locator("#page", has_text=re.compile("sid · hostile.example") if place == "sessions" else MARK).wait_for()
    is_text(page)
    assert hostile.overflow <= 0
    page.evaluate("() => document.querySelectorAll('#page details').forEach((one) => { one.open = true; })")
    is_text(page)


def test_hostile_rules_are_text_in_dialogs_and_mistakes(hostile: Tab, scene: Scene) -> None:
    page = hostile.open("rules", "rules")
    page.locator(".hits button").first.click()
    assert PWN in page.locator("dialog[open]").inner_text()
    assert is_text(page)
    page.keyboard.press("Escape")
    scene.pair.proxy.write_rules(HOSTILE_RULES.replace("httponly: true", f"'{PWN}': true"))
    hostile.open("rules", "rules")
    page.locator(".mistake", has_text="onerror").wait_for()
    assert is_text(page)
    page.get_by_label("URL that answers").fill("https://hostile.example/<img src=x onerror=window.__pwned=1>")
    page.get_by_label("Set-Cookie, one a line").fill(f"{PWN}={PWN}; Domain={PWN}; Path=/{PWN}\n</script>=1")
    page.get_by_role("button", name="Try it").click()
    page.locator(".tried").first.wait_for()
    assert is_text(page)
    scene.pair.proxy.write_rules(HOSTILE_RULES)


def test_a_hostile_address_is_text(hostile: Tab) -> None:
    hostile.open(f"?q={PWN}&site={PWN}&event={PWN}", "now")
    assert hostile.page.evaluate("() => window.__pwned") is None
    assert hostile.page.evaluate(MADE) == []
    with suppress(Error):
        hostile.page.goto(MAGIC + "cookie?name=javascript:window.__pwned=1&client=<script>window.__pwned=1</script>")
    hostile.page.locator("[role=alert]").wait_for()
    assert hostile.page.evaluate("() => window.__pwned") is None
    hostile.wrong[:] = [text for text in hostile.wrong if "Failed to load resource" not in text]
