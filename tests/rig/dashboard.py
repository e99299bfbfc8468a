"""The dashboard in a real Chromium: a proxy with something to show, and tabs that notice what goes wrong in them.

One Chromium serves several proxies, each in a context of its own. Imported only by tests that drive it.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from rig import browser
from rig.messages import Answer, Received
from rig.process import Proxy
from rig.recorded import rich_store
from rig.shared import Pair, shared_pair

MAGIC = "http://cookies.mitm/"
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
WIDTHS = {"desktop": DESKTOP, "phone": PHONE}
THEMES = {"light": "rgb(246, 247, 249)", "dark": "rgb(18, 21, 26)"}
"""And the colour of the page's ground in it."""
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
PIXEL = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36"
)
RULES = """\
# What the tests look at.
rules:
  - name: harden   # one line of ours
    match: {cookie: sid}
    set: {httponly: true}
  - name: no trackers
    mode: observe
    match: {cookie: "_ga*"}
    drop: true
"""
SECRET = "5ecret-value-of-a-session"
PLAIN = b'<link rel="icon" href="data:,">plain'
"""A page that asks for nothing."""
GO = "(url) => { history.pushState(null, '', url); dispatchEvent(new PopStateEvent('popstate')); }"
READY = """(page) => document.querySelector("#page > .page")?.childElementCount > 0
    && !document.querySelector("#page [aria-busy]") && document.querySelector("#link").dataset.state !== "opening"
    && (!page || document.body.dataset.page === page)"""


class Tab:
    """A tab, with what went wrong in it: errors, refused resources, requests to anybody else."""

    def __init__(self, context: BrowserContext, base: str = MAGIC) -> None:
        self.base = base
        self.client = ""
        """Whose jar it looks at."""
        self.wrong: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", self._see)

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(message.text)

    def _see(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:", "blob:", "about:", "chrome-error:")):
            self.wrong.append(f"asked for {request.url}")

    def open(self, place: str = "", page: str | None = None, anew: bool = False) -> Page:
        """Goes there, and waits until the page shows what it was to show. Between pages as its links do, unless `anew`."""
        if anew or not self.page.url.startswith(self.base) or self.page.url == self.base + place:
            self.page.goto(self.base + place)
        else:
            self.page.evaluate(GO, self.base + place)
        self.page.wait_for_function(READY, arg=page)
        return self.page

    def close(self) -> None:
        """Nothing went wrong."""
        self.page.close()
        assert self.wrong == [], self.wrong

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        wider: int = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return wider

    def rows(self) -> list[str]:
        """The events in sight, as text."""
        return self.page.locator(".grid .body .row:visible").all_inner_texts()

    def wait_for_rows(self, count: int) -> None:
        """Until so many events are in sight."""
        self.page.wait_for_function(
            """(count) => document.querySelectorAll(".grid .body .row:not([hidden])").length === count""", arg=count
        )

    def wait_for_row(self, *words: str, seconds: float = 5) -> str:
        """The first event in sight that has all these words."""
        found = self.page.wait_for_function(
            """(words) => [...document.querySelectorAll(".grid .body .row:not([hidden])")]
                .map((row) => row.innerText).find((text) => words.every((word) => text.includes(word)))""",
            arg=list(words),
            timeout=seconds * 1000,
        )
        text: str = found.json_value()
        return text


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser alone."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=browser.executable(), args=[*browser.ARGUMENTS, browser.NO_NAMES]
        )
        yield running
        running.close()


def behind(running: Browser, proxy: Proxy, **options: Any) -> BrowserContext:
    """A profile of its own, whose every request goes through that proxy."""
    server = {"server": proxy.url, "bypass": browser.BYPASS}
    return running.new_context(proxy=server, ignore_https_errors=True, **({"viewport": DESKTOP} | options))


def direct_url(proxy: Proxy) -> str:
    """The dashboard's own address, as it was logged last."""
    proxy.wait_for_log("on this machine")
    return re.findall(r"http://127\.0\.0\.1:\d+/(?= on this machine)", proxy.log())[-1]


# -- traffic -----------------------------------------------------------------------------------------------------------


@contextmanager
def fresh(certificate: Path, confdir: Path, place: Path, rules: str = "", **more: Any) -> Iterator[Pair]:
    """A proxy that nobody has used yet."""
    with shared_pair(certificate, confdir, place, rules, **more) as pair:
        pair.origin.answers["*"] = Answer([], PLAIN, close=True)
        yield pair


@contextmanager
def filled(certificate: Path, confdir: Path, place: Path, rules: str = RULES) -> Iterator[Pair]:
    """A proxy with a week of sessions in its record, and two browsers that use it now."""
    rich_store(place, sessions=24).close()
    with fresh(certificate, confdir, place, rules) as pair:
        use(pair)
        yield pair


def use(pair: Pair) -> None:
    """Two browsers at a shop: a login, what rules change, what is refused, a header that is too long, a logout."""
    pair.origin.answers |= {
        "www.shop.example/": shop,
        "www.shop.example/logout": Answer([b"Set-Cookie: sid=; Path=/; Max-Age=0"]),
        "news.example/": Answer([b"Set-Cookie: n%d=%s; Max-Age=90000" % (n, b"x" * 90) for n in range(140)]),
    }
    for agent, sid in ((FIREFOX, b"a" * 32), (PIXEL, b"b" * 32)):
        as_agent = b"User-Agent: " + agent.encode()
        pair.get("http://news.example/", as_agent)
        pair.get("http://www.shop.example/", as_agent)
        pair.get("http://www.shop.example/", as_agent, b"Cookie: lang=en; sid=" + sid)
        pair.get("http://news.example/", as_agent, b"Cookie: old=1")
    pair.get("http://www.shop.example/logout", b"User-Agent: " + PIXEL.encode(), b"Cookie: lang=en; sid=" + b"b" * 32)


def shop(request: Received) -> Answer:
    """A shop's front page."""
    sid = b"b" * 32 if b"Android" in b"".join(request.all(b"user-agent")) else b"a" * 32
    return Answer(
        [
            b"Set-Cookie: sid=" + sid + b"; Path=/; SameSite=Lax",
            b"Set-Cookie: lang=en; Max-Age=31536000",
            b"Set-Cookie: _ga=GA1.1.2; Domain=shop.example; Max-Age=63072000",
            b"Set-Cookie: wrong=1; Domain=other.example",
        ]
    )


def asked(pair: Pair, name: str) -> Any:
    """What the dashboard answers to somebody on this machine, as data."""
    answer = pair.get(f"{MAGIC}api/{name}")
    assert answer.status == 200, answer
    return json.loads(answer.body)


def client_of(pair: Pair, agent: str) -> str:
    """The name by which the proxy knows that browser."""
    return next(str(jar["client"]) for jar in asked(pair, "jars") if agent in (jar["user_agent"] or ""))
