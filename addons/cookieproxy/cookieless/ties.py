"""Which sessions a client's connection has carried, so that a part of a page can be tied to the page's session (R16).

A connection that carried two sessions says nothing. Keeps no session alive: those that are only tried are gone with their exchange,
those that ended or left the memory are of no use here.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple
from weakref import WeakSet, ref

from ..core.recent import remember
from .ticket import Ticket

MOST_CONNECTIONS = 10_000
FIRST_SECONDS = 10.0
"""For how long parts of a first page may come without its id."""
MOST_FIRST_PAGES = 2_000
MOST_ALIKE = 4
MOST_ON_CONNECTION = 4
"""Sessions that are remembered of one connection: with two of them it says nothing any more."""


class Ties:
    """What the connections carried, told apart by entry."""

    def __init__(self) -> None:
        self._carried: OrderedDict[tuple[str, int], WeakSet[Ticket]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._carried)

    def note(self, connection: str, entry: int, ticket: Ticket) -> None:
        """The connection carried a request of this session."""
        key = (connection, entry)
        there = self._carried.get(key, WeakSet())
        if len(_going_on(there)) < MOST_ON_CONNECTION:
            there.add(ticket)
        remember(self._carried, key, there, MOST_CONNECTIONS)

    def only_one(self, connection: str, entry: int) -> Ticket | None:
        """The session that a connection carried, if it is just one that goes on."""
        going_on = _going_on(self._carried.get((connection, entry), ()))
        return going_on[0] if len(going_on) == 1 else None


class FirstPage(NamedTuple):
    """A page that was asked for without an id."""

    url: bytes
    bound: str
    """What the client is in terms of `bind`."""
    entry: int


class FirstPages:
    """The sessions that began with a page, as long as its parts may be on their way."""

    def __init__(self) -> None:
        self._begun: OrderedDict[FirstPage, list[tuple[float, ref[Ticket]]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._begun)

    def note(self, page: FirstPage, time: float, ticket: Ticket) -> None:
        """A session began with this page."""
        recent = [one for one in self._begun.get(page, ()) if time - one[0] <= FIRST_SECONDS]
        remember(self._begun, page, [*recent[-MOST_ALIKE:], (time, ref(ticket))], MOST_FIRST_PAGES)

    def only_one(self, page: FirstPage, time: float) -> Ticket | None:
        """The session of that page, if of late just one began with it."""
        begun = [one for at, known in self._begun.get(page, ()) if time - at <= FIRST_SECONDS and (one := known())]
        going_on = _going_on(begun)
        return going_on[0] if len(begun) == 1 and going_on and not going_on[0].came_back else None


def _going_on(tickets: Iterable[Ticket]) -> list[Ticket]:
    return [one for one in tickets if one.is_kept and one.ended is None and one.until is None]
