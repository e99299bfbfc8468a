"""The jar against Python's http.cookiejar and npm's tough-cookie, in the state in which a busy browser's jar is.

Three thousand cookies over many sites, 180 of them on one: a third for the whole domain, a third for one host, a third for one
path of it. Each step asks for the Cookie header of a request to that path, which has all 180, and then sets one of them again, as
a response would. The same text goes to all jars, and the three headers must have as many cookies.
"""

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from email.message import Message
from http.cookiejar import CookieJar
from operator import attrgetter
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol
from urllib.request import Request

from cookieproxy.core.access import Access
from cookieproxy.core.jar import Jar
from cookieproxy.core.profiles import CHROME
from cookieproxy.core.syntax import parse_set_cookie
from cookieproxy.suffixes import load as load_suffixes

from .programs import CannotMeasure, environment, find, need
from .results import Detail, Measurement, ratios
from .run import Run

SITE = "shop.example"
HOST = f"www.{SITE}"
PATH = "/account"
URL = f"https://{HOST}{PATH}/orders"
ON_SITE = 180
IN_ALL = 3_000
A_SITE = 30
"""Cookies on each of the other sites."""
STEPS = 1_000
"""Of ours and of tough-cookie's, a round; http.cookiejar gets a tenth."""
TOUGH_COOKIE = "tough-cookie@6"
INSTALL_SECONDS = 120
ANSWER_SECONDS = 120

type Said = tuple[str, str]
"""A URL and a Set-Cookie field of its response."""


class Step(NamedTuple):
    """What one step took in the median, in nanoseconds, and how many cookies the header had.

    The median of the steps, because whatever else the machine does hits only a few of them.
    """

    receive: float
    retrieve: float
    cookies: int

    @property
    def both(self) -> float:
        """One exchange."""
        return self.receive + self.retrieve


class Contender(Protocol):
    """A jar, filled."""

    def run(self, steps: int) -> Step:
        """Retrieve and receive so many times."""


def site_fields() -> list[str]:
    """The Set-Cookie fields of the site with 180."""
    scopes = (f"; Domain={SITE}; Path=/", "; Path=/", f"; Path={PATH}")
    return [f"c{number}=value-{number:05}{scopes[number % 3]}; Secure; HttpOnly" for number in range(ON_SITE)]


def everything_said() -> Iterator[Said]:
    """What fills a jar, the busy site in the middle."""
    others = (IN_ALL - ON_SITE) // A_SITE
    for site in range(others):
        if site == others // 2:
            yield from ((URL, field) for field in site_fields())
        url = f"https://www.site{site}.example/"
        yield from ((url, f"c{number}=value-{number:05}; Path=/; Secure") for number in range(A_SITE))


# -- the three jars ----------------------------------------------------------------------------------------------------


class Ours:
    """Our jar in the profile of Chrome."""

    def __init__(self) -> None:
        self._jar = Jar(CHROME, load_suffixes())
        self._now = time.time()
        for url, field in everything_said():
            self._jar.receive(parse_set_cookie(field.encode()), self._access(url))
        self._jar.drain_changes()
        self._fields = [field.encode() for field in site_fields()]

    def _access(self, url: str) -> Access:
        self._now += 0.01
        host, _, path = url.removeprefix("https://").partition("/")
        return Access("https", host, b"/" + path.encode(), self._now)

    def run(self, steps: int) -> Step:
        """As `Contender` says."""
        receiving, retrieving = [], []
        header, jar = b"", self._jar
        for number in range(steps):
            field, access = self._fields[number % ON_SITE], self._access(URL)
            begin = time.perf_counter_ns()
            header = b"; ".join([b"=".join((cookie.name, cookie.value)) for cookie in jar.retrieve(access)])
            between = time.perf_counter_ns()
            jar.receive(parse_set_cookie(field), access)
            receiving.append(time.perf_counter_ns() - between)
            retrieving.append(between - begin)
        jar.drain_changes()
        return Step(median(receiving), median(retrieving), len(header.split(b"; ")))


class CookiejarJar:
    """http.cookiejar with its default policy."""

    def __init__(self) -> None:
        self._jar = CookieJar()
        for url, field in everything_said():
            self._jar.extract_cookies(_response(field), _request(url))
        self._responses = [_response(field) for field in site_fields()]

    def run(self, steps: int) -> Step:
        """As `Contender` says."""
        receiving, retrieving = [], []
        request = _request(URL)
        for number in range(steps):
            request, response = _request(URL), self._responses[number % ON_SITE]
            begin = time.perf_counter_ns()
            self._jar.add_cookie_header(request)
            between = time.perf_counter_ns()
            self._jar.extract_cookies(response, request)
            receiving.append(time.perf_counter_ns() - between)
            retrieving.append(between - begin)
        return Step(median(receiving), median(retrieving), len((request.get_header("Cookie") or "").split("; ")))


def _request(url: str) -> Request:
    return Request(url)  # noqa: S310  it only names a URL, nothing is opened


def _response(field: str) -> Any:
    """What http.cookiejar reads of a response: its header."""
    header = Message()
    header["Set-Cookie"] = field
    return SimpleNamespace(info=lambda: header)


class ToughCookie:
    """tough-cookie in a Node.js of its own, which stays warm from round to round."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._ask({"fill": list(everything_said())})

    def run(self, steps: int) -> Step:
        """As `Contender` says."""
        told = self._ask({"repeat": steps, "url": URL, "fields": site_fields()})
        return Step(told["receive"], told["retrieve"], told["cookies"])

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            raise CannotMeasure("tough-cookie gave no answer") from None
        return answer


@contextlib.contextmanager
def tough_cookie(home: Path) -> Iterator[ToughCookie]:
    """tough-cookie, installed by npm into that directory. Raises CannotMeasure."""
    need("node", "npm")
    node, npm = find("node"), find("npm")
    quiet = ("--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    try:
        done = subprocess.run(
            [npm, "install", *quiet, "--prefix", home, TOUGH_COOKIE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotMeasure(f"npm did not install {TOUGH_COOKIE} within {INSTALL_SECONDS} s") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise CannotMeasure(f"npm could not install {TOUGH_COOKIE}: {reason}")
    script = Path(__file__).with_name("tough_cookie.cjs")
    env = environment() | {"NODE_PATH": str(home / "node_modules")}
    with subprocess.Popen([node, script], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield ToughCookie(process)
        finally:
            process.kill()


# -- the comparisons ---------------------------------------------------------------------------------------------------


def against_cookiejar(run: Run) -> Measurement:
    """How many times faster than http.cookiejar."""
    return _compare(run, "http.cookiejar", CookiejarJar(), their_share=0.1)


def against_tough_cookie(run: Run) -> Measurement:
    """How many times faster than tough-cookie."""
    with run.place() as home, tough_cookie(home) as theirs:
        return _compare(run, TOUGH_COOKIE, theirs)


def _compare(run: Run, name: str, theirs: Contender, their_share: float = 1.0) -> Measurement:
    ours = Ours()
    our_steps, their_steps = [], []
    for number in range(run.rounds):
        their_steps.append(theirs.run(max(1, int(run.times(STEPS) * their_share))))
        our_steps.append(ours.run(run.times(STEPS)))
        if their_steps[-1].cookies != our_steps[-1].cookies:
            raise CannotMeasure(f"{name} sends {their_steps[-1].cookies} cookies, ours {our_steps[-1].cookies}")
        run.tell(f"{number + 1}/{run.rounds} {name}: {their_steps[-1].both / our_steps[-1].both:.1f} ×")
    numbers = [
        ratios([what(step) for step in their_steps], [what(step) for step in our_steps])
        for what in (attrgetter("both"), attrgetter("receive"), attrgetter("retrieve"))
    ]
    return numbers, [_detail("our jar", our_steps), _detail(name, their_steps)]


def _detail(name: str, steps: list[Step]) -> Detail:
    receive, retrieve = (median(times) / 1000 for times in list(zip(*steps, strict=True))[:2])
    return Detail(name, {"receive µs": receive, "retrieve µs": retrieve})
