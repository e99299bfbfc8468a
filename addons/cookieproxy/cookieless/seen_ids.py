"""Which ids a client has, and so may send anywhere: they are kept from whoever else it talks to (R34).

Bounded twice: the clients that were heard of least recently are forgotten, and of each client the ids that came least recently.
"""

from collections import OrderedDict
from collections.abc import Collection

MOST_CLIENTS = 20_000
MOST_SEEN = 64
"""Ids that are remembered of one client."""


class SeenIds:
    """The ids of every client, in memory only."""

    def __init__(self) -> None:
        self._by_client: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    def note(self, client: str, session_id: str) -> None:
        """This client has this id."""
        seen = self._by_client.setdefault(client, OrderedDict())
        seen[session_id] = None
        seen.move_to_end(session_id)
        if len(seen) > MOST_SEEN:
            seen.popitem(last=False)
        self._by_client.move_to_end(client)
        if len(self._by_client) > MOST_CLIENTS:
            self._by_client.popitem(last=False)

    def of(self, client: str) -> Collection[str]:
        """The ids that a client has, as far as one remembers."""
        return self._by_client.get(client, ())
