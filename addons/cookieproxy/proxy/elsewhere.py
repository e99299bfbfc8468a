"""What a recorder does in its own way when its store is on another machine: it never lets the event loop wait for an answer.

Clients that appear (`arrivals`), sessions that come back and a store that is opened anew are asked for in threads (`lookups`).
Stores in files and in memory answer at once, and need none of this.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from ..exchange import Browser
from ..record.jars import StoredCookie
from ..record.protocol import Store, StoreError
from ..record.sessions import StoredSession
from ..record.writer import Writer
from .arrivals import Arrivals, Place
from .lookups import Lookups

logger = logging.getLogger(__name__)

RETURN_SECONDS = 1.0
"""How long the look-up of a client or session that left memory a moment ago waits until what it left is written."""
CATCH_UP_SECONDS = 4.0
"""How long it waits until what a dead process left in files is loaded."""
SESSION_PATIENCE_SECONDS = 5.0
"""How long a request waits for what the store has of its session."""


class Recording(Protocol):
    """The recorder, as far as it is needed here."""

    @property
    def name(self) -> str:
        """The store, as it may be shown."""

    @property
    def store(self) -> Store | None:
        """The store, if it is open."""

    @property
    def writer(self) -> Writer | None:
        """What writes into it."""

    def has_unwritten(self, name: str) -> bool:
        """Hands over what there is of a client or session; whether it may not be written yet."""

    def put_back(self, browser: Browser, cookies: Sequence[StoredCookie], changed: set[Place]) -> None:
        """Put what is stored into the jars, where these have nothing newer."""


class Elsewhere:
    """Asks one store."""

    def __init__(self, recorder: Recording) -> None:
        self._recorder = recorder
        self._lookups = Lookups()
        self._found: Mapping[str, StoredSession | None] = {}
        self._opening: asyncio.Future[Store] | None = None
        self.arrivals = Arrivals(self._ask_for_jars, recorder.put_back, _tell)

    def close(self) -> None:
        """Nobody waits any more, and nobody is asked."""
        self.arrivals.clear()
        self._lookups.close()

    # -- clients -------------------------------------------------------------------------------------------------------

    def _ask_for_jars(self, browser: Browser) -> asyncio.Future[list[StoredCookie]]:
        name = browser.name
        is_unwritten = self._recorder.has_unwritten(name)
        store, writer = self._recorder.store, self._recorder.writer
        return self._lookups.ask(lambda: self._written(store, writer, is_unwritten).load_jars(name))

    def _written(self, store: Store | None, writer: Writer | None, is_unwritten: bool) -> Store:
        """The store, when it has what a dead process left and, if need be, what the writer was given. In a thread.

        Raises StoreError.
        """
        if store is None or writer is None:
            raise StoreError(self._recorder.name, "it is not open", "It is tried again.")
        overflow = writer.overflow
        if overflow is not None and not overflow.is_caught_up.wait(CATCH_UP_SECONDS):
            raise StoreError(self._recorder.name, "what waited in files is not in it yet", "It is tried again.")
        if is_unwritten and not writer.flush(RETURN_SECONDS):
            raise StoreError(self._recorder.name, "what is to be written takes too long", "It is tried again.")
        return store

    # -- sessions ------------------------------------------------------------------------------------------------------

    async def find(self, digests: Sequence[str]) -> Mapping[str, StoredSession | None]:
        """What the store has of these cookieless sessions; nothing of those that it cannot be asked for in time."""
        is_unwritten = any(self._recorder.has_unwritten(digest) for digest in digests)
        store, writer = self._recorder.store, self._recorder.writer
        asked = self._lookups.ask(lambda: _sessions(self._written(store, writer, is_unwritten), digests))
        done, _ = await asyncio.wait([asked], timeout=SESSION_PATIENCE_SECONDS)
        if not done:
            logger.warning("A session could not be loaded: the database is slow to answer.")
            return {}
        error = asked.exception()
        if error is None:
            return asked.result()
        fault = (
            None if isinstance(error, StoreError) else error
        )  # a bug of ours: with it, ids are taken out all the same
        logger.warning(f"A session could not be loaded: {error}", exc_info=fault)
        return {}

    @contextmanager
    def knowing(self, found: Mapping[str, StoredSession | None]) -> Iterator[None]:
        """While this lasts, `session` knows what was found."""
        self._found = found
        try:
            yield
        finally:
            self._found = {}

    def session(self, digest: str) -> StoredSession | None:
        """The session with this digest, as far as it was found before."""
        return self._found.get(digest)

    # -- opening anew --------------------------------------------------------------------------------------------------

    def open(self, how: Callable[[], Store], then: Callable[[Store], None]) -> None:
        """Try to open the store in a thread, unless that goes on already; with what came of it, go on here."""
        if self._opening is not None:
            return
        self._opening = self._lookups.ask(how)

        def opened(answer: asyncio.Future[Store]) -> None:
            self._opening = None
            error = answer.exception()
            if error is None:
                then(answer.result())
            elif not isinstance(error, StoreError):
                raise error  # a bug of ours: the loop logs it

        self._opening.add_done_callback(opened)


def _sessions(store: Store, digests: Sequence[str]) -> Mapping[str, StoredSession | None]:
    return {digest: store.load_session(digest) for digest in digests}


def _tell(trouble: str | None) -> None:
    if trouble is None:
        logger.warning("The jars of clients that appear are loaded again.")
    else:
        logger.warning(f"The jars of clients that appear cannot be loaded: {trouble}")
