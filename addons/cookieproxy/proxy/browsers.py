"""The clients in memory: each with its jars, the longest unseen leaving for the store when there are too many."""

from collections import OrderedDict
from collections.abc import Callable, Iterator

from mitmproxy.http import HTTPFlow

from ..core.hosts import Suffixes
from ..exchange import Browser
from .names import Namer, address_of, namer, user_agent_of
from .policy import Policy

MOST_CLIENTS = 20_000
"""Clients in memory; those of a hostile crowd must not fill it."""
MOST_BYTES = 400_000_000
"""Memory of their jars, roughly, as far as there is a store that keeps those who have to leave."""
COOKIE_BYTES = 1_000
"""Memory that a cookie takes beside its own octets."""


class Browsers:
    """Finds the client of a flow, and makes it when it is new."""

    def __init__(
        self, suffixes: Suffixes, on_new: Callable[[Browser], None], on_leaving: Callable[[Browser], None]
    ) -> None:
        self._suffixes = suffixes
        self._on_new = on_new
        self._on_leaving = on_leaving
        self._browsers: OrderedDict[str, Browser] = OrderedDict()
        self._namer: Namer = namer(("address", "user-agent"))
        self._policy: Policy | None = None

    def follow(self, policy: Policy) -> None:
        """A new configuration is in force: names, profiles and limits may be others."""
        self._policy = policy
        self._namer = namer(policy.config.clients)
        for browser in self._browsers.values():
            browser.follow(policy.profile_of(browser.name, browser.user_agent), self._suffixes, policy.config.enforce)

    def of(self, flow: HTTPFlow) -> Browser:
        """The client that this flow belongs to."""
        name = self._namer(flow)
        browser = self._browsers.get(name)
        if browser is None:
            browser = self._make(name, flow)
        self._browsers.move_to_end(name)
        return browser

    def get(self, name: str) -> Browser | None:
        """The client of this name, if it is in memory."""
        return self._browsers.get(name)

    def pop(self, name: str) -> Browser | None:
        """The client of this name, which leaves memory without further ado; None if it is not there."""
        return self._browsers.pop(name, None)

    def shed(self, most_bytes: int = MOST_BYTES) -> None:
        """Let the longest unseen go until the jars of the others take no more memory than that."""
        sizes = {name: _size(browser) for name, browser in self._browsers.items()}
        surplus = sum(sizes.values()) - most_bytes
        for name, size in sizes.items():
            if surplus <= 0 or len(self._browsers) == 1:
                return
            surplus -= size
            self._on_leaving(self._browsers.pop(name))

    def __iter__(self) -> Iterator[Browser]:
        return iter(self._browsers.values())

    def _make(self, name: str, flow: HTTPFlow) -> Browser:
        assert self._policy is not None
        user_agent = user_agent_of(flow)
        profile = self._policy.profile_of(name, user_agent)
        enforce = self._policy.config.enforce
        browser = Browser(name, profile, self._suffixes, enforce, address_of(flow), user_agent)
        self._on_new(browser)
        self._browsers[name] = browser
        if len(self._browsers) > MOST_CLIENTS:
            self._on_leaving(self._browsers.popitem(last=False)[1])
        return browser


def _size(browser: Browser) -> int:
    """Bytes that the jars of a client take, roughly."""
    jars = (browser.mirror, browser.held)
    return sum(len(jar) * COOKIE_BYTES + jar.size_bytes for jar in jars)
