"""Clients of a shared store that are not in this memory, claimed for a moment so that something can be done to them.

Whoever has such a client is asked for it as if it had come here; it is released again when what was done is written.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import batched

from ..core.hosts import Suffixes
from ..core.profiles import PROFILES
from ..exchange import Browser
from ..record.filters import Filter
from ..record.jars import StoredCookie
from ..record.listings import ClientRow
from ..record.protocol import Store, StoreError
from .elsewhere import Elsewhere
from .recorder import Recorder
from .traffic import LiveTraffic

AT_ONCE = 8
"""Clients that are claimed at once."""
TRIES = 8
"""Of claiming one that its own process wants back before anything was done."""


class Visits:
    """Goes to all clients of the store that a command is about, but for those in memory."""

    def __init__(self, recorder: Recorder, elsewhere: Elsewhere, live: LiveTraffic, suffixes: Suffixes) -> None:
        self._recorder = recorder
        self._elsewhere = elsewhere
        self._live = live
        self._suffixes = suffixes

    async def each[T](
        self,
        site: str | None,
        client: str | None,
        do: Callable[[Browser, Sequence[StoredCookie]], T],
        is_name: bool = False,
    ) -> list[T]:
        """What comes of it for each client that has something of the site, and that the glob, or the name, fits.

        `do` is given what is stored of it, too. Raises StoreError.
        """
        store = self._recorder.store
        if store is None:
            return []
        known = {browser.name for browser in self._live.browsers}
        asked = Filter(site=site, client=glob_of(client) if is_name and client is not None else client)
        rows = await self._elsewhere.ask(lambda: store.questions.clients(asked))
        fitting = [row for row in rows if row.client not in known and (not is_name or row.client == client)]
        done: list[T] = []
        for several in batched(fitting, AT_ONCE):
            done += await asyncio.gather(*(self._visit(row, do) for row in several))
        return done

    async def _visit[T](self, row: ClientRow, do: Callable[[Browser, Sequence[StoredCookie]], T]) -> T:
        for _ in range(TRIES):
            visited = browser_of(row, self._suffixes)
            stored = await self._elsewhere.take_over(visited)
            custody = self._recorder.custody
            if (here := self._here(row.client)) is not None:
                if (waits := self._elsewhere.arrivals.waiting_for(here)) is not None:
                    await asyncio.shield(waits)
                if self._here(row.client) is here:
                    return do(here, stored)
            elif custody is None or custody.fence_of(row.client):
                result = do(visited, stored)
                self._recorder.forget_client(visited)
                self._recorder.hand_over()
                if custody is not None:
                    custody.give_away(row.client)
                return result
        raise StoreError(
            self._recorder.name, f"{row.client} is wanted by another process all the time", "Try it again."
        )

    def _here(self, client: str) -> Browser | None:
        """The client, if it is in this memory by now."""
        return next((browser for browser in self._live.browsers if browser.name == client), None)

    def seen_from_here(self, site: str | None, client: str | None) -> Iterator[Browser]:
        """Those clients as the store has them, to be looked at only. Raises StoreError."""
        store = self._recorder.store
        known = {browser.name for browser in self._live.browsers}
        for row in () if store is None else store.questions.clients(Filter(site=site, client=client)):
            if row.client not in known:
                yield self._as_stored(row, store)

    def _as_stored(self, row: ClientRow, store: Store | None) -> Browser:
        browser = browser_of(row, self._suffixes)
        for kind, session, cookie in () if store is None else store.load_jars(row.client):
            if session is None:
                browser.restore(kind, cookie)
        return browser


def browser_of(row: ClientRow, suffixes: Suffixes) -> Browser:
    """The client of this row, with nothing in its jars."""
    profile = PROFILES.get(row.profile, PROFILES["none"])
    return Browser(row.client, profile, suffixes, True, row.address, row.user_agent)


def glob_of(name: str) -> str:
    """A glob that this name fits, and hardly any other: what is special in it stands for any one character."""
    return name.replace("*", "?")
