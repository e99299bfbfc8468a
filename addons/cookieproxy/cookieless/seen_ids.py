"""Which ids a client has, and so may send anywhere: they are kept from whoever else it talks to (R34).

Bounded twice: the clients that were heard of least recently are forgotten, and of each client the ids that came least recently.
"""

from collections import OrderedDict
from collections.abc import Collection

from ..core.recent import remember

MOST_CLIENTS = 20_000
MOST_SEEN = 64
"""Ids that are remembered of one client."""


class SeenIds:
    """The ids of every client, in memory only."""

    def __init__(self) -> None:
        self._by_client: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    def note(self, client: str, session_id: str) -> None:
        """This client has this id."""
        seen = self._by_client.get(client, OrderedDict())
        remember(seen, session_id, None, MOST_SEEN)
        remember(self._by_client, client, seen, MOST_CLIENTS)

    def of(self, client: str) -> Collection[str]:
        """The ids that a client has, as far as one remembers."""
        return self._by_client.get(client, ())
