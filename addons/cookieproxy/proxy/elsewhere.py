"""What a recorder does in its own way when its store is on another machine: it never lets the event loop wait for an answer.

Clients that appear (`arrivals`), sessions that come back and a store that is opened anew are asked for in threads (`lookups`).
Stores in files and in memory answer at once, and need none of this.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Protocol

from ..core.events import SessionChange
from ..exchange import Browser
from ..record.jars import StoredCookie
from ..record.leases import Claimed
from ..record.protocol import Store, StoreError
from ..record.sessions import StoredSession
from ..record.writer import Writer
from .arrivals import Arrivals, Place
from .custody import Custody
from .household import Household
from .lookups import Lookups

logger = logging.getLogger(__name__)

RETURN_SECONDS = 1.0
"""How long the look-up of a client or session that left memory a moment ago waits until what it left is written."""
CATCH_UP_SECONDS = 4.0
"""How long it waits until what a dead process left in files is loaded."""
LEAVING_SECONDS = 0.01
"""Between two looks whether a client has left."""
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
        self._ending: asyncio.Future[None] | None = None
        self._opening: asyncio.Future[Store] | None = None
        self.custody: Custody | None = None
        """Which clients of the store are ours; None while it is not open."""
        self.household: Household | None = None
        """Who has them in memory."""
        self._session_trouble: str | None = None
        self._is_stuck = False
        """True while nobody waits for sessions, because somebody waited in vain and has no answer yet."""
        self.arrivals = Arrivals(
            self._ask_for_jars, recorder.put_back, partial(_tell, "The jars of clients that appear")
        )

    def close(self) -> None:
        """Nobody waits any more, and nobody is asked."""
        self.arrivals.clear()
        self._lookups.close()

    def ask[T](self, question: Callable[[], T]) -> "asyncio.Future[T]":
        """What the question returns or raises, in a thread."""
        return self._lookups.ask(question)

    async def take_over(self, browser: Browser) -> list[StoredCookie]:
        """Have a client that is not in this memory, and what the store has of it put into its jars. Raises StoreError."""
        custody = self.custody
        if custody is None:
            raise StoreError(self._recorder.name, "it is not open", "It is tried again.")
        if (going := custody.settled(browser.name)) is not None:
            await asyncio.wait([going])
        loop = asyncio.get_running_loop()
        claimed = await self._lookups.ask(lambda: self._claimed(browser.name, custody, loop))
        self._recorder.put_back(browser, claimed.cookies, set())
        return claimed.cookies

    def claim(self, client: str) -> list[StoredCookie]:
        """What the store has of a client, which is ours from now on. Waits for it, and for whoever has it. Raises StoreError."""
        custody, store = self.custody, self._recorder.store
        if custody is None:
            return [] if store is None else store.load_jars(client)
        claimed = custody.claim(client)
        custody.note(client, claimed.fence, custody.followed(client), claimed.cookies)
        return claimed.cookies

    def share(self, store: Store, writer: Writer) -> None:
        """The store is open."""
        if store.leases is not None and self.household is not None:
            self.custody = Custody(store.leases, writer, self._lookups, self.household)

    def unshare(self) -> None:
        """It is about to be closed, and all that the writer had is written."""
        if self.custody is not None:
            self.custody.close()
            self.custody = None

    # -- clients -------------------------------------------------------------------------------------------------------

    def _ask_for_jars(self, browser: Browser) -> asyncio.Future[list[StoredCookie]]:
        name = browser.name
        if self.custody is not None and (going := self.custody.settled(name)) is not None:
            return asyncio.ensure_future(self._after(going, browser))
        is_unwritten = self._recorder.has_unwritten(name)
        store, writer = self._recorder.store, self._recorder.writer
        loop = asyncio.get_running_loop()
        return self._lookups.ask(lambda: self._jars(name, self._written(store, writer, is_unwritten), loop))

    async def _after(self, going: asyncio.Future[None], browser: Browser) -> list[StoredCookie]:
        """The same once the client has left, for another process or to be written."""
        await asyncio.wait([going])
        return await self._ask_for_jars(browser)

    def _jars(self, name: str, store: Store, loop: asyncio.AbstractEventLoop) -> list[StoredCookie]:
        """What the store has of a client, in a thread. Raises StoreError."""
        return store.load_jars(name) if self.custody is None else self._claimed(name, self.custody, loop).cookies

    def _claimed(self, name: str, custody: Custody, loop: asyncio.AbstractEventLoop) -> Claimed:
        """The client is ours before anybody goes on."""
        claimed = custody.claim(name)
        followed = [] if custody.fence_of(name) == claimed.fence else custody.followed(name)
        with suppress(RuntimeError):  # the loop is closed: the proxy has ended
            loop.call_soon_threadsafe(custody.note, name, claimed.fence, followed, claimed.cookies)
        return claimed

    def _written(self, store: Store | None, writer: Writer | None, is_unwritten: bool) -> Store:
        """The store, when it has what a dead process left and, if need be, what the writer was given. In a thread.

        Raises StoreError.
        """
        if store is None or writer is None:
            raise StoreError(self._recorder.name, "it is not open", "It is tried again.")
        overflow = writer.overflow
        if overflow is not None and not overflow.is_caught_up.wait(CATCH_UP_SECONDS):
            raise StoreError(self._recorder.name, "what waited in files is not in it yet", "It is tried again.")
        if is_unwritten and not (self._is_through() and writer.flush(RETURN_SECONDS)):
            raise StoreError(self._recorder.name, "what is to be written takes too long", "It is tried again.")
        return store

    def _is_through(self) -> bool:
        return self.custody is None or self.custody.is_settled(RETURN_SECONDS)

    # -- sessions ------------------------------------------------------------------------------------------------------

    async def find(self, digests: Sequence[str]) -> Mapping[str, StoredSession | None] | None:
        """What the store has of these cookieless sessions; None if it cannot be asked in time."""
        if self._is_stuck:
            return None
        is_unwritten = any(self._recorder.has_unwritten(digest) for digest in digests)
        store, writer = self._recorder.store, self._recorder.writer
        loop = asyncio.get_running_loop()
        asked = self._lookups.ask(lambda: self._sessions(digests, self._written(store, writer, is_unwritten), loop))
        done, _ = await asyncio.wait([asked], timeout=SESSION_PATIENCE_SECONDS)
        if not done:
            self._is_stuck = True
            asked.add_done_callback(self._is_answered)
            self._tell_sessions("the database is slow to answer")
            return None
        error = asked.exception()
        if error is None:
            self._tell_sessions(None)
            return asked.result()
        if not isinstance(error, StoreError):  # a bug of ours: with it, ids are taken out all the same
            logger.error("Cookie Proxy failed to look a session up", exc_info=error)
        self._tell_sessions(str(error))
        return None

    def _is_answered(self, _: asyncio.Future[Mapping[str, StoredSession | None]]) -> None:
        self._is_stuck = False

    def _tell_sessions(self, trouble: str | None) -> None:
        if (trouble is None) is not (self._session_trouble is None):
            _tell("The sessions that come back", trouble)
        self._session_trouble = trouble

    def unknown(self, browser: Browser, found: Mapping[str, StoredSession | None] | None) -> str | None:
        """Why the client of a request, or its session, is not known; None if both are, or there are none."""
        if self.arrivals.is_unknown(browser):
            return self.arrivals.trouble or "What is held for this client could not be looked up."
        return self._session_trouble if found is None else None

    def _sessions(
        self, digests: Sequence[str], store: Store, loop: asyncio.AbstractEventLoop
    ) -> Mapping[str, StoredSession | None]:
        return {digest: self._session(digest, store, loop) for digest in digests}

    def _session(self, digest: str, store: Store, loop: asyncio.AbstractEventLoop) -> StoredSession | None:
        """What the store has of a session, whose client is ours then: only who has it keeps what it holds."""
        found = store.load_session(digest)
        if found is None or self.custody is None or self.custody.fence_of(found.client):
            return found
        while self.custody.settled(found.client) is not None:
            time.sleep(LEAVING_SECONDS)
        self._claimed(found.client, self.custody, loop)
        return store.load_session(digest)

    def end_sessions(
        self,
        over: Iterable[SessionChange],
        is_awake: Callable[[str], bool],
        goes_on: Callable[[StoredSession], None],
    ) -> None:
        """End what has timed out, as far as nobody else has its client, and used it since. Goes on by itself."""
        if changes := list(over):
            self._ending = asyncio.ensure_future(self._end_sessions(changes, is_awake, goes_on))

    async def _end_sessions(
        self,
        over: Sequence[SessionChange],
        is_awake: Callable[[str], bool],
        goes_on: Callable[[StoredSession], None],
    ) -> None:
        for change in over:
            try:
                await self._end_session(change, is_awake, goes_on)
            except StoreError as error:
                logger.warning(f"Whether sessions have timed out is not known: {error}")
                return

    async def _end_session(
        self, change: SessionChange, is_awake: Callable[[str], bool], goes_on: Callable[[StoredSession], None]
    ) -> None:
        custody, store = self.custody, self._recorder.store
        if custody is None or store is None:
            return
        client, was_ours = change.client, bool(custody.fence_of(change.client))
        if not was_ours:
            claimed = await self._lookups.ask(lambda: custody.claim_if_free(client))
            if claimed is None:
                return  # whoever has it will see to it
            custody.note(client, claimed.fence, (), claimed.cookies)
        stored = await self._lookups.ask(lambda: store.load_session(change.session))
        if stored is not None and stored.ended is None and not is_awake(change.session):
            if stored.last_used > change.last_used:
                goes_on(stored)
            else:
                now = time.time()
                custody.put([change._replace(time=now, ended=now)])
        if not was_ours:
            custody.give_away(client)

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


def _tell(what: str, trouble: str | None) -> None:
    if trouble is None:
        logger.warning(f"{what} are loaded again.")
    else:
        logger.warning(f"{what} cannot be loaded, so that `on_store_failure` holds for them: {trouble}")
