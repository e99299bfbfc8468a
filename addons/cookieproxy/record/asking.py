"""The listings: what the command line and the dashboard ask a store, whatever it is made of.

Values of cookies are shown only to who asks for them: else a value that was kept as it came shows as its length (`***24`);
hashed ones show as their hash, which is no value.
"""

from collections.abc import Collection
from typing import Protocol

from ..core.events import EventKind
from .filters import NO_FILTER, Filter
from .inventory import CensusRows
from .listings import ClientRow, EventRow, FindingRow, GapRow, JarRow, RequestRow, SessionRow


class Questions(Protocol):
    """Everything that can be asked of a store of observations and jars. All of it may fail with StoreError."""

    def clients(self, wanted: Filter = NO_FILTER) -> list[ClientRow]:
        """Who was seen, the last seen last; with a site or cookie, who had something of it in a jar."""

    def jar(self, wanted: Filter = NO_FILTER, at: float | None = None, values: bool = False) -> list[JarRow]:
        """What is in the jars, or was at that time (Unix seconds), when nothing that had expired by then counts.

        Values of the past are not kept. `since` is about the last use.
        """

    def events(
        self,
        wanted: Filter = NO_FILTER,
        kinds: Collection[EventKind] | None = None,
        after_seq: int | None = None,
        limit: int | None = None,
        values: bool = False,
    ) -> list[EventRow]:
        """What happened, by time; the latest `limit` of it.

        With `after_seq` it is what was recorded after that, by its number, and the first `limit` of it: to follow, begin
        with `last_seq()` and go on from the last row's `seq`.
        """

    def last_seq(self) -> int:
        """The number of the last event recorded; 0 if there is none."""

    def requests(self, wanted: Filter = NO_FILTER, limit: int | None = None, values: bool = False) -> list[RequestRow]:
        """Requests with all their pairs, by time; the latest `limit` of them."""

    def flow_ids(self) -> set[str]:
        """The ids of all flows that left something."""

    def header_sizes(self, wanted: Filter = NO_FILTER, limit: int = 20) -> list[RequestRow]:
        """For each client and host the request with the largest Cookie header, the largest first (R2)."""

    def census(self, wanted: Filter = NO_FILTER) -> CensusRows:
        """How much was recorded, and every cookie once."""

    def sessions(self, wanted: Filter = NO_FILTER) -> list[SessionRow]:
        """Sessions of applications, by their start. `since` is about the last use or the end, whichever is later."""

    def findings(self, wanted: Filter = NO_FILTER) -> list[FindingRow]:
        """What is wrong, the most severe first, then the last seen first. `since` is about that.

        Those that are about no client in particular concern each of them, and so are among those of any.
        """

    def gaps(self) -> list[GapRow]:
        """What all sessions show of timeouts, by host and cookie: an application's do not depend on who asks."""
