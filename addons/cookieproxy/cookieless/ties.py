"""Which sessions a client's connection has carried, so that a part of a page can be tied to the page's session (R16).

A connection that carried two sessions says nothing. Keeps no session alive: those that are only tried are gone with their exchange,
those that ended or left the memory are of no use here.
"""

from collections import OrderedDict
from collections.abc import Iterable
from weakref import WeakSet

from .ticket import Ticket

MOST_CONNECTIONS = 10_000
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
        there = self._carried.setdefault(key, WeakSet())
        if len(_going_on(there)) < MOST_ON_CONNECTION:
            there.add(ticket)
        self._carried.move_to_end(key)
        if len(self._carried) > MOST_CONNECTIONS:
            self._carried.popitem(last=False)

    def only_one(self, connection: str, entry: int) -> Ticket | None:
        """The session that a connection carried, if it is just one that goes on."""
        going_on = _going_on(self._carried.get((connection, entry), ()))
        return going_on[0] if len(going_on) == 1 else None


def _going_on(tickets: Iterable[Ticket]) -> list[Ticket]:
    return [one for one in tickets if one.is_kept and one.ended is None and one.until is None]
