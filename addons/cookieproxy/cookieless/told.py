"""What the store is told of sessions: that they begin, are used, go on under another id and end, and what they hold (R30, R33).

Keeps what has not been told yet, in the order in which it has to be. Does not know how sessions are found.
"""

from collections.abc import Iterator

from ..core.cookie import Cookie, CookieKey
from ..core.events import JarChange, JarKind, Observation, SessionChange
from ..core.hosts import Suffixes, site_of
from .ticket import Ticket

WRITTEN_SECONDS = 30.0
"""How often a session's last use is written."""


class Told:
    """The changes since the store was told the last time."""

    def __init__(self, suffixes: Suffixes) -> None:
        self._suffixes = suffixes
        self._waiting: list[Observation] = []
        self._touched: dict[Ticket, None] = {}
        self._untold: list[Ticket] = []
        """Those of whom something waits: until it is told, the store would say something else of them."""

    def touch(self, ticket: Ticket) -> None:
        """It, or what it holds, may have changed. For the store, one whose id was renewed is over."""
        if ticket.until is None:
            self._touched[ticket] = None

    def end(self, ticket: Ticket, now: float) -> None:
        """It is over, and with it what it holds."""
        if ticket.until is None:
            self._waiting.append(change_of(ticket, now, ticket.ended))
            self._untold.append(ticket)

    def replace(self, ticket: Ticket, now: float) -> None:
        """Another session takes its place."""
        self._waiting.append(change_of(ticket, now, now))
        self._untold.append(ticket)
        self._touched.pop(ticket, None)

    def begin_again(self, ticket: Ticket, now: float) -> None:
        """Under its new id the store has nothing of it."""
        self._waiting += self.all_of(ticket, now)
        self._untold.append(ticket)
        ticket.jar.drain_changes()
        self._touched.pop(ticket, None)
        ticket.written = ticket.last_used

    def leave(self, ticket: Ticket) -> None:
        """It leaves the memory: what is not written yet is with the next, and till then it is kept here."""
        if ticket.ended is None and (ticket in self._touched or ticket.last_used > ticket.written):
            self.touch(ticket)
            ticket.written = 0.0

    def drop(self, ticket: Ticket) -> None:
        """Nothing more is to be told of it."""
        self._touched.pop(ticket, None)

    def drain(self, now: float) -> list[Observation]:
        """What changed since the last call."""
        waiting, self._waiting, self._untold = self._waiting, [], []
        touched, self._touched = self._touched, {}
        for ticket in touched:
            if ticket.ended is not None:
                continue
            if not ticket.written or ticket.last_used - ticket.written >= WRITTEN_SECONDS:
                ticket.written = ticket.last_used
                waiting.append(change_of(ticket, now, None))
            waiting += self._changed(ticket, now)
        return waiting

    def all_of(self, ticket: Ticket, now: float) -> Iterator[Observation]:
        """A session and all that it holds, for a store that has nothing of it."""
        yield change_of(ticket, now, ticket.ended)
        for cookie in ticket.jar:
            yield self._held(ticket, now, cookie.domain, cookie.key, cookie)

    def _changed(self, ticket: Ticket, now: float) -> Iterator[Observation]:
        for key, cookie in ticket.jar.drain_changes().items():
            yield self._held(ticket, now, key.domain, key, cookie)

    def _held(self, ticket: Ticket, now: float, domain: str, key: CookieKey, cookie: Cookie | None) -> JarChange:
        time = now if cookie is None else min(now, cookie.set_time)
        return JarChange(time, ticket.client, JarKind.HELD, ticket.digest, site_of(domain, self._suffixes), key, cookie)


def change_of(ticket: Ticket, now: float, ended: float | None) -> SessionChange:
    """What the store is told of a session."""
    return SessionChange(
        now,
        ticket.client,
        ticket.site,
        ticket.digest,
        ticket.origin,
        ticket.bound,
        ticket.started,
        ticket.last_used,
        ended,
    )
