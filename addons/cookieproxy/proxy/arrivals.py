"""Clients that have appeared and whose jars a store on another machine has not given back yet.

The first exchange of such a client, and others of it that come meanwhile, wait in their hooks for the look-up; all other traffic
goes on. Who waited long enough goes on without: the client is *unknown*, as it is when the look-up fails, until a later one tells
what the store has. That is merged then: what came into the jars meanwhile is newer. Knows futures and jars, not databases.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..core.cookie import Cookie, CookieKey
from ..core.events import JarKind
from ..core.outcome import RemovalCause
from ..exchange import Browser
from ..record.jars import StoredCookie
from ..record.protocol import StoreError

PATIENCE_SECONDS = 5.0
"""How long an exchange waits for what the store has of its client."""

type Place = tuple[JarKind, CookieKey]
type Ask = Callable[[Browser], asyncio.Future[list[StoredCookie]]]
"""Asks the store in another thread."""
type Welcome = Callable[[Browser, list[StoredCookie], set[Place]], None]
"""Puts back what is stored, but for the places that have something newer."""


@dataclass(slots=True, eq=False)
class Arrival:
    """One client that the store has not told of yet."""

    browser: Browser
    ready: asyncio.Future[None]
    """Done when its exchanges need not wait any more."""
    changed: set[Place] = field(default_factory=set)
    """What changed in its jars since it appeared."""


class Arrivals:
    """All of them."""

    def __init__(self, ask: Ask, welcome: Welcome, on_trouble: Callable[[str | None], None]) -> None:
        """`on_trouble` is told why nothing can be looked up, and None when that works again; each once."""
        self._ask = ask
        self._welcome = welcome
        self._on_trouble = on_trouble
        self._trouble: str | None = None
        self._is_stuck = False
        self._going_on = 0
        """Look-ups that are not answered yet."""
        self._arrivals: dict[Browser, Arrival] = {}

    def __len__(self) -> int:
        return len(self._arrivals)

    def add(self, browser: Browser) -> None:
        """A client has appeared; what is in its jars already was told to the store before."""
        arrival = Arrival(browser, asyncio.get_running_loop().create_future())
        self._arrivals[browser] = arrival
        if self._is_stuck:
            arrival.ready.set_result(
                None
            )  # the database does not answer: nobody waits for it before it has answered once
        else:
            self._look_up(arrival)

    def drop(self, browser: Browser) -> None:
        """The client leaves memory."""
        arrival = self._arrivals.pop(browser, None)
        if arrival is not None:
            _let_go_on(arrival)

    def clear(self) -> None:
        """Nobody is to wait any more."""
        for browser in list(self._arrivals):
            self.drop(browser)

    def waiting_for(self, browser: Browser) -> asyncio.Future[None] | None:
        """What the exchanges of a client have to wait for; None if nothing."""
        arrival = self._arrivals.get(browser)
        return None if arrival is None or arrival.ready.done() else arrival.ready

    def is_unknown(self, browser: Browser) -> bool:
        """True if the store has not told of the client, although that was waited for."""
        return browser in self._arrivals

    def note(self, browser: Browser, changed: set[Place]) -> None:
        """Something changed in the jars of a client."""
        arrival = self._arrivals.get(browser)
        if arrival is not None:
            arrival.changed |= changed

    @property
    def trouble(self) -> str | None:
        """Why nothing can be looked up; None as far as is known."""
        return self._trouble

    def retry(self) -> None:
        """Ask again, for one of those that are unknown: its answer leads to the others."""
        if self._arrivals and not self._going_on:
            self._look_up(next(iter(self._arrivals.values())))

    def _look_up(self, arrival: Arrival) -> None:
        self._going_on += 1
        self._ask(arrival.browser).add_done_callback(lambda answer: self._answered(arrival, answer))
        if not arrival.ready.done():
            asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._lose_patience, arrival)

    def _answered(self, arrival: Arrival, answer: asyncio.Future[list[StoredCookie]]) -> None:
        self._going_on -= 1
        if self._arrivals.get(arrival.browser) is not arrival:
            return
        error = answer.exception()
        if error is None:
            self._arrivals.pop(arrival.browser)
            self._is_stuck = False
            self._tell(None)
            self._welcome(arrival.browser, answer.result(), arrival.changed)
            _let_go_on(arrival)
            self.retry()
            return
        _let_go_on(arrival)
        if not isinstance(error, StoreError):
            self._arrivals.pop(arrival.browser)
            raise error  # a bug of ours, and not to be met again and again: the loop logs it
        self._tell(str(error))

    def _lose_patience(self, arrival: Arrival) -> None:
        if not arrival.ready.done():
            self._is_stuck = True
            _let_go_on(arrival)
            self._tell("the database is slow to answer")

    def _tell(self, trouble: str | None) -> None:
        if (trouble is None) is not (self._trouble is None):
            self._on_trouble(trouble)
        self._trouble = trouble


def settle_guesses(browser: Browser, stored: Iterable[Cookie]) -> set[Place]:
    """Let go of what was adopted while nothing was known of the client, where the store has the cookie that it was; of which."""
    guesses = [cookie for cookie in browser.mirror if cookie.adopted]
    settled: set[Place] = set()
    for cookie in stored if guesses else ():
        for guess in guesses:
            if (guess.name, guess.value) == (cookie.name, cookie.value) and _goes_to(cookie, guess.domain):
                browser.mirror.remove(guess, RemovalCause.FORGOTTEN)
                settled.add((JarKind.MIRROR, guess.key))
    return settled


def _goes_to(cookie: Cookie, host: str) -> bool:
    return host == cookie.domain or (not cookie.host_only and host.endswith("." + cookie.domain))


def _let_go_on(arrival: Arrival) -> None:
    if not arrival.ready.done():
        arrival.ready.set_result(None)
