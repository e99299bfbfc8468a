"""What many clients take in one proxy's memory, before their cookies and with them, as Python's allocator counts it.

They are made by the exchange, as the proxy makes them: each asks for a page, and each is given cookies of its own.
"""

from cookieproxy.config import parse_config
from cookieproxy.core.profiles import CHROME
from cookieproxy.exchange import Browser, RequestHead, RequestSide, ResponseHead, ResponseSide
from cookieproxy.proxy.names import short_user_agent
from cookieproxy.suffixes import load as load_suffixes

from . import inputs
from .memory import traced
from .programs import LOOPBACK
from .results import Detail, Measurement
from .run import Run

CLIENTS, A_CLIENT = 10_000, 20
NOW = 1_700_000_000.0
PART = 1_000
"""Clients that are told of at a time."""


class Crowd:
    """All clients, by name."""

    def __init__(self) -> None:
        self.browsers: dict[str, Browser] = {}
        rules = parse_config(inputs.EMPTY.encode(), "rules.yaml").rules
        self._suffixes = load_suffixes()
        self._requests = RequestSide(rules, self._suffixes)
        self._responses = ResponseSide(rules, self._suffixes, enforce=False)

    def let_in(self, number: int) -> None:
        """A client comes, as the proxy sees it."""
        agent = f"{inputs.USER_AGENT} {number}"
        name = f"{LOOPBACK} {short_user_agent(agent)}"
        self.browsers[name] = Browser(name, CHROME, self._suffixes, enforce=False, address=LOOPBACK, user_agent=agent)
        self.give(name, 0)

    def give(self, name: str, cookies: int) -> None:
        """One exchange, in which a client is given so many cookies."""
        browser = self.browsers[name]
        request = self._requests.process(browser, RequestHead("http", LOOPBACK, "GET", b"/page", (), NOW, name))
        fields = [f"c{number}={name[-6:]}{number:018}; Path=/; Max-Age=86400".encode() for number in range(cookies)]
        self._responses.process(
            browser, request, ResponseHead(200, tuple((b"Set-Cookie", field) for field in fields), NOW)
        )
        browser.drain_changes()

    @property
    def cookies(self) -> int:
        """In all jars."""
        return sum(len(browser.mirror) for browser in self.browsers.values())

    @property
    def size_bytes(self) -> int:
        """Their octets of names and values."""
        return sum(browser.mirror.size_bytes for browser in self.browsers.values())


def of_clients(run: Run) -> Measurement:
    """Bytes a client, and a cookie of all of them beside its own; once, it is nearly the same each time."""
    count = run.times(CLIENTS)
    Crowd().let_in(0)
    with traced() as used:
        crowd = Crowd()
        begin = used()
        for number in range(count):
            crowd.let_in(number)
        empty = used() - begin
        for number, name in enumerate(crowd.browsers, 1):
            crowd.give(name, A_CLIENT)
            if number % PART == 0:
                run.tell(f"{number:,} of {count:,} clients: {(used() - begin) / 1e6:.1f} MB")
        full = used() - begin
    a_cookie = (full - empty - crowd.size_bytes) / crowd.cookies
    absolute = {"cookies": float(crowd.cookies), "MB": full / 1e6}
    subject = f"{len(crowd.browsers):,} clients with {A_CLIENT} cookies each"
    return [(empty / len(crowd.browsers),), (a_cookie,)], [Detail(subject, absolute)]
