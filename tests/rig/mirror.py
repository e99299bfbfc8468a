"""What a real Chromium reports of its cookies, beside what the proxy's mirror says it must be holding.

Knows how either tells and brings both to one form. Judges nothing: a difference is for a test to see.
"""

import contextlib
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page

from cookieproxy.core.access import Access
from cookieproxy.core.cookie import Cookie, SameSite
from cookieproxy.core.events import EventKind, JarKind
from cookieproxy.core.hosts import site_of
from cookieproxy.core.jar import Jar
from cookieproxy.core.profiles import CHROME, Profile
from cookieproxy.core.syntax import serialise
from cookieproxy.record.filters import Filter
from cookieproxy.record.listings import EventRow
from cookieproxy.record.readers import SqliteReader
from cookieproxy.suffixes import load
from rig.browser import devtools_cookies
from rig.messages import Answer, Received, Reply
from rig.origin import Origin
from rig.process import Proxy, eventually

EXPIRY_SLACK_SECONDS = 2.0
"""The proxy receives a response a little before the browser does, and Max-Age counts from there."""
SYNC_HOST = "sync.example"
MARK = Filter(site=SYNC_HOST, cookie="mark")
NO_ICON = b'<link rel="icon" href="data:,">'
SEQUENCES = ((2, 0xE0, 0xC0), (3, 0xF0, 0xE0), (4, 0xF8, 0xF0))
"""Of UTF-8: octets, and what the first one has under which mask."""


class Held(NamedTuple):
    """A cookie as the DevTools protocol tells it, but for its expiry."""

    domain: str
    path: str
    name: str
    value: str
    host_only: bool
    secure: bool
    http_only: bool
    same_site: str
    priority: str
    partition: str | None
    session: bool


type Reported = dict[Held, list[float]]
"""Cookies and their expiries; several only where the protocol cannot show what tells them apart (octets that are not UTF-8)."""


def shown(octets: bytes) -> str:
    """Octets as the DevTools protocol tells them: what begins like a UTF-8 sequence and is none is left out whole.

    Surrogates come through. So a cookie with octets beyond UTF-8 may be told under a name that lost letters, too.
    """
    characters = []
    place = 0
    while place < len(octets):
        length = _announced_length(octets[place])
        sequence = octets[place : place + length]
        place += length if len(sequence) == length else 1
        with contextlib.suppress(UnicodeDecodeError):
            characters.append(sequence.decode("utf-8", "surrogatepass"))
    return "".join(characters)


def _announced_length(first: int) -> int:
    """How many octets a UTF-8 sequence has that begins with this one; 1 for what begins none."""
    return next((length for length, mask, mark in SEQUENCES if first & mask == mark), 1)


def in_mirror(cookies: Iterable[Cookie]) -> Reported:
    """The mirror's cookies as the DevTools protocol would tell them."""
    reported: Reported = defaultdict(list)
    for cookie in cookies:
        held = Held(
            cookie.domain,
            shown(cookie.path),
            shown(cookie.name),
            shown(cookie.value),
            cookie.host_only,
            cookie.secure_only,
            cookie.http_only,
            cookie.same_site.value,
            cookie.priority.value,
            cookie.partition,
            cookie.expiry_time is None,
        )
        reported[held].append(cookie.expiry_time or 0.0)
    return reported


def in_browser(cookies: Iterable[dict[str, Any]]) -> Reported:
    """The browser's cookies as it tells them."""
    reported: Reported = defaultdict(list)
    for cookie in cookies:
        held = Held(
            domain_of(cookie),
            cookie["path"],
            cookie["name"],
            cookie["value"],
            not cookie["domain"].startswith("."),
            cookie["secure"],
            cookie["httpOnly"],
            cookie.get("sameSite", SameSite.DEFAULT.value).lower(),
            cookie["priority"].lower(),
            cookie.get("partitionKey", {}).get("topLevelSite"),
            cookie["session"],
        )
        reported[held].append(0.0 if cookie["session"] else cookie["expires"])
    return reported


def domain_of(cookie: dict[str, Any]) -> str:
    """The domain without the dot that marks cookies with a Domain."""
    domain: str = cookie["domain"]
    return domain.removeprefix(".")


def differences(browser: Reported, mirror: Reported) -> list[str]:
    """One line for each cookie that is in one of them only, or in both with expiries too far apart."""
    lines = [f"only the browser has {held}" for held in browser if held not in mirror]
    lines += [f"only the mirror has {held}" for held in mirror if held not in browser]
    for held in browser.keys() & mirror.keys():
        theirs, ours = sorted(browser[held]), sorted(mirror[held])
        if len(ours) != len(theirs) or any(
            abs(one - other) > EXPIRY_SLACK_SECONDS for one, other in zip(ours, theirs, strict=True)
        ):
            lines.append(f"{held} expires at {theirs} in the browser, at {ours} in the mirror")
    return sorted(lines)


def predicted_header(cookies: Iterable[Cookie], url: str, profile: Profile = CHROME) -> bytes:
    """The Cookie header that a browser with these cookies sends when its user goes there."""
    place = urlsplit(url)
    host = place.hostname or ""
    jar = Jar(profile, load())
    for cookie in cookies:
        jar.place(cookie)
    partition = f"{place.scheme}://{site_of(host, load())}"
    chosen = jar.retrieve(Access(place.scheme, host, place.path.encode(), time.time(), partition=partition))
    return b"; ".join(serialise(cookie.name, cookie.value) for cookie in chosen)


class Visit(NamedTuple):
    """A page to be opened and what it answers with."""

    url: str
    lines: Sequence[bytes] = ()
    status: int = 200
    body: bytes = NO_ICON


def setting(url: str, *fields: bytes) -> Visit:
    """A page that sets these cookies."""
    return Visit(url, [b"Set-Cookie: " + field for field in fields])


def redirecting(url: str, target: str, *fields: bytes) -> Visit:
    """A redirection that sets these cookies."""
    return Visit(url, [b"Location: " + target.encode(), *setting(url, *fields).lines], 302)


@dataclass
class Watched:
    """A Chromium behind a proxy, and an application that says what each visit needs."""

    running: Proxy
    origin: Origin
    context: BrowserContext
    visited: set[str] = field(default_factory=set)
    """Sites whose cookies count; a test that shares the browser empties it first."""
    first_number: int = 0
    """Where the numbers of its URLs begin: two browsers behind one proxy must not share them."""
    _answers: dict[str, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = count(self.first_number)
        self.origin.answers["*"] = self._answer
        self.page: Page = self.context.pages[0] if self.context.pages else self.context.new_page()
        self._aside: Page = self.context.new_page()

    def _answer(self, request: Received) -> Reply:
        return self._answers.get(number_of(request.target)) or Answer(status=404, close=True)

    # -- what the browser does ---------------------------------------------------------------------------------------

    def prepared(self, visit: Visit) -> str:
        """The URL at which the application will say this; each is another one."""
        number = str(next(self._numbers))
        self._answers[number] = Answer(visit.lines, visit.body, visit.status, close=True)
        self.visited.add(site_of_url(visit.url))
        return f"{visit.url}?n={number}"

    def visit(self, visit: Visit) -> Received:
        """The user opens the page; the request as the application got it."""
        url = self.prepared(visit)
        self.page.goto(url, wait_until="commit")
        return self.received(url)

    def received(self, url: str) -> Received:
        """The last request for a prepared URL."""
        return next(one for one in reversed(self.origin.received) if number_of(one.target) == number_of(url))

    def fetch(self, *visits: Visit, **options: str) -> list[Received]:
        """The page that is open asks for these, one after the other; `options` are those of fetch()."""
        urls = [self.prepared(visit) for visit in visits]
        wanted = {"mode": "no-cors", "credentials": "include"} | options
        self.page.evaluate(
            "async ([urls, options]) => { for (const url of urls) await fetch(url, options).catch(() => null); }",
            [urls, wanted],
        )
        return [self.received(url) for url in urls]

    def embed(self, tag: str, visit: Visit, **attributes: str) -> Received:
        """The page that is open gets an element with that source, and waits until it came."""
        url = self.prepared(visit)
        self.page.evaluate(
            """([tag, attributes]) => new Promise((resolve) => {
                const element = document.createElement(tag);
                element.onload = element.onerror = resolve;
                for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
                (document.body || document.documentElement).append(element);
            })""",
            [tag, {**attributes, "href" if tag == "link" else "src": url}],
        )
        return self.received(url)

    def navigate(self, visit: Visit, script: str = "(url) => { location = url; }") -> Received:
        """The page that is open goes there by itself."""
        url = self.prepared(visit)
        with self.page.expect_navigation(wait_until="commit"):
            self.page.evaluate(script, url)
        return self.received(url)

    def cookie_header(self, url: str) -> bytes:
        """What the browser sends there when its user goes there."""
        return b"; ".join(self.visit(Visit(url)).all(b"cookie"))

    # -- what either side says ---------------------------------------------------------------------------------------

    def browser_cookies(self) -> list[dict[str, Any]]:
        """The browser's cookies on the sites visited."""
        return [cookie for cookie in devtools_cookies(self.context) if self._counts(domain_of(cookie))]

    def mirror_cookies(self) -> list[Cookie]:
        """The mirror's cookies on the sites visited, after all that happened until now."""
        self.settle()
        return [cookie for cookie in self._stored() if self._counts(cookie.domain)]

    def differences(self) -> list[str]:
        """Where browser and mirror disagree about the sites visited."""
        mirror = self.mirror_cookies()
        return differences(in_browser(self.browser_cookies()), in_mirror(mirror))

    def events(self, *kinds: EventKind) -> list[EventRow]:
        """What the record says of the sites visited, until now; of these kinds, or all."""
        self.settle()
        with self.reading() as reader:
            return [row for row in reader.questions.events(kinds=kinds or None) if row.site in self.visited]

    def settle(self) -> None:
        """Waits until the store has all that happened: it is written in the order in which things happen."""
        mark = b"%d" % next(self._numbers)
        place = f"{SYNC_HOST}/{mark.decode()}"
        self.origin.answers[place] = Answer([b"Set-Cookie: mark=" + mark], NO_ICON, close=True)
        self._aside.goto(f"http://{place}", wait_until="commit")
        with self.reading() as reader:
            for _ in eventually(20):
                if any(row.value == mark.decode() for row in reader.questions.jar(MARK, values=True)):
                    return

    @contextlib.contextmanager
    def reading(self) -> Iterator[SqliteReader]:
        """The proxy's store, to be asked."""
        with contextlib.closing(SqliteReader(self.running.store_path)) as reader:
            yield reader

    def _stored(self) -> list[Cookie]:
        with self.reading() as reader:
            clients = [seen.client for seen in reader.load_clients()]
            assert len(clients) <= 1, clients
            jars = [stored for client in clients for stored in reader.load_jars(client)]
        return [cookie for kind, _, cookie in jars if kind is JarKind.MIRROR]

    def _counts(self, domain: str) -> bool:
        return site_of(domain, load()) in self.visited


def number_of(url: str) -> str:
    """What tells prepared URLs apart."""
    return url.partition("?n=")[2]


def site_of_url(url: str) -> str:
    """The registrable domain of a URL, or its host."""
    host = urlsplit(url).netloc.partition(":")[0] if "[" not in url else urlsplit(url).netloc
    return site_of(load().to_ascii(host) or host, load())


def names(cookies: Collection[dict[str, Any]]) -> list[str]:
    """Their names, sorted."""
    return sorted(cookie["name"] for cookie in cookies)
