"""Between the event loop and the store: gathers observations and changed jars, hands them over in batches, gives jars back.

The event loop never waits for storage: a hand-over is a list put on the writer's queue. While there is no store, because it cannot
be opened or its file was taken away, traffic goes on without it, what is seen waits in bounded memory, and opening is tried again
now and then; then the store gets what waited and all the jars and cookieless sessions as they are.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ..config import Config
from ..core.cookie import Cookie, CookieKey
from ..core.events import (
    ClientSeen,
    FindingSeen,
    HostSeen,
    JarChange,
    JarKind,
    Observation,
    SessionChange,
    SessionSeen,
)
from ..core.hosts import Suffixes, site_of
from ..dashboard.live import Hub
from ..exchange import Browser
from ..record.intake import Intake
from ..record.jars import StoredCookie
from ..record.leases import Change, Lease
from ..record.lock import holder_of
from ..record.once import OnceStore
from ..record.policy import RecordPolicy
from ..record.protocol import Command, Store, StoreError
from ..record.sessions import StoredSession
from ..record.store import file_now, file_of, is_elsewhere, open_store, without_password
from ..record.tally import Tally
from ..record.values import ValuePolicy
from ..record.writer import Writer
from ..sessions.shelf import MOST_DEAD, MOST_OPEN
from .arrivals import Place, settle_guesses
from .custody import Custody
from .elsewhere import RETURN_SECONDS, Elsewhere

logger = logging.getLogger(__name__)

HAND_OVER_AT = 2_000
"""Observations gathered before they are handed over without waiting for the next tick."""
SEEN_AGAIN_SECONDS = 60.0
"""How often a client's last_seen is written."""
SETTLE_SECONDS = 8.0
"""How long what exchanges wait for may take at the end to go to the writer, when it cannot go into the store."""
RETRY_SECONDS = 2.0
"""Between two tries to open a store that could not be opened, and two looks whether its file is still there."""
SESSION_SECONDS = 0.2
"""How long the request of a session that left memory a moment ago may wait for it, and with it all traffic."""

SPILL_FOLDER = "cookies.waiting"
"""Beside the rules: files of what waits for a database."""

OVERRUN = "more comes than can be written"

type Tracked = tuple[list[SessionSeen], list[FindingSeen], list[HostSeen]]
type OnCommand = Callable[[Command], None]
type Everyone = Callable[[], Iterable[Browser]]
type EveryoneSessions = Callable[[], Iterable[Observation]]


class Recorder:
    """The recording side of one running proxy."""

    def __init__(
        self,
        spec: str,
        base: Path,
        suffixes: Suffixes,
        everyone: Everyone,
        on_command: OnCommand,
        keeps_old: bool = False,
        everyone_sessions: EveryoneSessions = tuple,
        spill_folder: Path | None = None,
    ) -> None:
        """With `keeps_old` nothing is thrown away for its age, nor for want of room, as in files of old flows.

        `spill_folder` is where what waits for a database goes that is slow or gone.

        `everyone` gives the clients in memory, `everyone_sessions` the cookieless sessions there with all they hold.
        """
        self.spec = spec
        self.name = without_password(spec)
        """The store, as it may be shown."""
        self._base = base
        self._suffixes = suffixes
        self._everyone = everyone
        self._everyone_sessions = everyone_sessions
        self._on_command = on_command
        self._keeps_old = keeps_old
        self._spill_folder = spill_folder
        self._store: Store | None = None
        self._writer: Writer | None = None
        self._file: tuple[int, int] | None = None
        self._closed_because = ""
        self._gathered: list[Observation] = []
        self._held: list[Change] = []
        """On a shared store what is kept for clients, and what changed of clients that are not ours yet."""
        self._waiting = Intake()
        self._dirty: dict[Browser, None] = {}
        self._seen: dict[str, float] = {}
        self._left: set[str] = set()
        """Clients that left memory, and sessions that changed, with something among what is gathered."""
        self._unwritten: set[str] = set()
        """The same, with something that was handed over and may not be written yet."""
        self._next_look = 0.0
        self.elsewhere: Elsewhere | None = Elsewhere(self) if is_elsewhere(spec) else None
        """What never lets the loop wait for a store that is not on this machine; None for one that is."""
        self._tracked: Tracked | None = None
        self._excepts: Callable[[str], bool] | None = None
        self._dropped = 0
        self._is_overrun = False
        self._is_closed = False
        self._is_slow = False
        self.hub = Hub()
        """Who watches what is recorded, while it comes."""
        self.tally = Tally(time.time())
        """How often what was recorded."""

    # -- opening and closing -------------------------------------------------------------------------------------------

    def open(self, config: Config) -> None:
        """Open the store and start writing. Raises StoreError. Waits for it: for start-up, and for stores on this machine."""
        self._take(self._opened(), config)

    def _opened(self) -> Store:
        """The store. Called in any thread."""
        try:
            store = open_store(self.spec, self._base)
        except StoreError as error:
            self._closed_because = str(error)
            raise
        if self.elsewhere is not None:
            try:
                self._tracked = self._tracked_in(store)
            except StoreError as error:
                logger.warning(f"Sessions of before are not known: {error}")
        return store

    def _take(self, store: Store, config: Config) -> None:
        self._store = store
        self._file = file_now(self.spec, self._base)
        self._dropped, self._is_overrun = 0, False
        policy = self._policy(config)
        self._writer = Writer(
            store, policy, self._on_trouble, self._on_command, folder=self._spill_folder, on_lost=self._on_lost
        )
        if self.elsewhere is not None:
            self.elsewhere.share(store, self._writer)
        self.configure(config)
        self._catch_up(store, self._writer)

    def configure(self, config: Config) -> None:
        """Follow the `record:` section."""
        self._excepts = config.record.excepts if config.record.except_ is not None else None
        if self._writer is not None:
            self._writer.configure(self._policy(config))

    def close(self) -> None:
        """Hand over everything and wait until it is written."""
        self._is_closed = True
        self.hand_over()
        self._let_go()
        if self.elsewhere is not None:
            self.elsewhere.close()
        lost = sum(map(len, self._waiting.take().batches)) + self._waiting.dropped
        if lost:
            logger.warning(f"{self.name}: {lost} observations could not be recorded.")

    @property
    def trouble(self) -> str | None:
        """Why nothing can be recorded at the moment; None while all is well."""
        if self._writer is None:
            return self._closed_because
        trouble = self._writer.trouble or (OVERRUN if self._is_overrun else None)
        overflow = self._writer.overflow
        if trouble is None or overflow is None or not (waiting := overflow.waiting_bytes):
            return trouble
        return f"{trouble} Meanwhile {waiting / 1e6:.0f} MB wait in files."

    @property
    def waiting(self) -> Intake:
        """What waits for a store that is not open."""
        return self._waiting

    @property
    def custody(self) -> Custody | None:
        """Which clients are ours, where the store is open and others write into it too."""
        return None if self.elsewhere is None else self.elsewhere.custody

    @property
    def _is_shared(self) -> bool:
        return self.elsewhere is not None and self.elsewhere.household is not None

    @property
    def loss(self) -> str | None:
        """Why what is seen now may not be recorded, ever; None if it will be, at once or when a database is back."""
        if self._writer is not None and self._writer.overflow is not None:
            return OVERRUN if self._is_overrun else None
        return None if self.elsewhere is not None else self.trouble

    @property
    def can_give_back(self) -> bool:
        """Whether a client that leaves memory now would get back what it had."""
        return self._store is not None and (self.elsewhere is None or self.trouble is None)

    @property
    def writer(self) -> Writer | None:
        """The writer, if the store is open."""
        return self._writer

    @property
    def store(self) -> Store | None:
        """The store, if it is open."""
        return self._store

    def flow_ids(self) -> set[str]:
        """Ids of the flows that the store has something of."""
        try:
            return set() if self._store is None else self._store.questions.flow_ids()
        except StoreError as error:
            logger.warning(f"What was read before is not known: {error}")
            return set()

    def look_after(self, config: Config, now: float) -> None:
        """Try again to open a store that could not be opened; make a new one if somebody took the file away."""
        if self._writer is not None:
            self._is_overrun, self._dropped = self._writer.dropped > self._dropped, self._writer.dropped
            self._say_slow(self._writer.is_slow)
        if now < self._next_look:
            return
        self._next_look = now + RETRY_SECONDS
        if self.elsewhere is not None:
            self._look_after_elsewhere(self.elsewhere, config)
        elif self._writer is None:
            self._try_again(config)
        elif file_now(self.spec, self._base) != self._file:
            logger.warning(f"{self.name}: the file was moved or deleted while it was in use: a new one is made.")
            self.hand_over()
            self._let_go()
            try:
                self.open(config)
            except StoreError as error:
                logger.warning(f"{error} It is tried again.")

    def _say_slow(self, is_slow: bool) -> None:
        if is_slow is not self._is_slow:
            self._is_slow = is_slow
            logger.warning(f"{self.name}: " + ("it does not answer." if is_slow else "it answers again."))

    def _try_again(self, config: Config) -> None:
        path = file_of(self.spec, self._base)
        if path is not None and holder_of(path) is not None:
            return  # asking is quick, opening would wait for the lock
        try:
            self.open(config)
        except StoreError:
            return
        logger.warning(f"{self.name}: the store is open now; recording goes on.")

    def _look_after_elsewhere(self, elsewhere: Elsewhere, config: Config) -> None:
        if self._writer is None:
            elsewhere.open(self._opened, lambda store: self._take_late(store, config))
        else:
            elsewhere.arrivals.retry()

    def _take_late(self, store: Store, config: Config) -> None:
        if self._is_closed:
            store.close()
            return
        self._take(store, config)
        logger.warning(f"{self.name}: the store is open now; recording goes on.")

    def _let_go(self) -> None:
        if self._writer is not None:
            if self.custody is not None and not self.custody.is_settled(RETURN_SECONDS):
                if isinstance(self._store, OnceStore):
                    self._store.break_off()  # so that what waits there goes to the writer
                self.custody.is_settled(SETTLE_SECONDS)
            self._leave_unclaimed(self._writer)
            self._writer.close()
            self._writer = None
        if self.elsewhere is not None:
            self.elsewhere.unshare()
        if self._store is not None:
            self._store.close()
            self._store = None

    def _leave_unclaimed(self, writer: Writer) -> None:
        """What changed of clients that could not be looked up is written as far as the store has nothing newer."""
        custody, overflow = self.custody, writer.overflow
        if custody is None or overflow is None:
            return
        now = time.time()
        for browser in self._everyone():
            if self._waits_for_lease(browser):
                self._gather(browser, now, leaves=True)
        held, self._held = self._held, []
        overflow.leave([*custody.drain_unclaimed(), *held])

    def _catch_up(self, store: Store, writer: Writer) -> None:
        """What waited for a store, and the jars of all clients and sessions: the store may be older than these, or new."""
        if self._waiting.dropped:
            logger.warning(f"{self.name}: {self._waiting.dropped} observations were not kept until it was open.")
        for batch in self._waiting.take().batches:
            writer.put(batch)
        self._waiting = Intake()
        now = time.time()
        for browser in self._everyone():
            self._gathered.append(_client_seen(browser, self._seen.get(browser.name, now)))
            changed = self._gather(browser, now)
            if self.elsewhere is None:
                self._restore(browser, store, changed)
            else:
                self.elsewhere.arrivals.drop(browser)
                self.elsewhere.arrivals.add(browser)
                self.elsewhere.arrivals.note(browser, changed)
            if not self._is_shared:
                for kind, cookie in _all_cookies(browser):
                    self._change(browser, kind, cookie.key, cookie, now)
        self.add_session(self._everyone_sessions())
        self.hand_over()

    # -- observing -----------------------------------------------------------------------------------------------------

    def admit(self, browser: Browser) -> None:
        """A client appears: it gets what the store has of its jars, at once or when `awaited` says."""
        if self.elsewhere is None:
            self.restore(browser)
        else:
            self.elsewhere.arrivals.add(browser)

    def awaited(self, browser: Browser) -> Awaitable[None] | None:
        """What the exchanges of a client have to wait for; None if nothing."""
        return None if self.elsewhere is None else self.elsewhere.arrivals.waiting_for(browser)

    def restore(self, browser: Browser) -> None:
        """Give a client that appears again what the store has of its jars. Waits for it."""
        if self._store is None:
            return
        self._write_first(browser.name, RETURN_SECONDS)
        self._restore(browser, self._store, set())

    def has_unwritten(self, name: str) -> bool:
        """Hand over what there is of a client or session that is about to be read; whether it may not be written yet."""
        if name not in self._left and name not in self._unwritten:
            return False
        self.hand_over()
        return True

    def _write_first(self, name: str, seconds: float) -> None:
        if self.has_unwritten(name) and self._writer is not None:
            self._writer.flush(seconds)

    def _restore(self, browser: Browser, store: Store, changed: set[Place]) -> None:
        try:
            stored = store.load_jars(browser.name) if self.elsewhere is None else self.elsewhere.claim(browser.name)
        except StoreError as error:
            logger.warning(f"The jars of {browser.name} could not be loaded: {error}")
        else:
            self.put_back(browser, stored, changed)

    def put_back(self, browser: Browser, cookies: Sequence[StoredCookie], changed: set[Place]) -> None:
        """Put what is stored into the jars, where these have nothing newer; `changed` is what they forgot or changed."""
        now, changed = time.time(), set(changed)
        told = list(browser.drain_changes())
        settled = settle_guesses(browser, (each for kind, of, each in cookies if of is None and kind is JarKind.MIRROR))
        for kind, key, now_there in told:
            if (kind, key) not in settled:
                changed.add((kind, key))
                self._change(browser, kind, key, now_there, now)
        changed = changed - settled | {(kind, each.key) for kind, each in _all_cookies(browser)}
        for kind, session, cookie in cookies:
            if session is None and (kind, cookie.key) not in changed:
                browser.restore(kind, cookie)
        for _ in browser.drain_changes():
            pass  # it is in the store already

    def seen(self, browser: Browser, now: float) -> None:
        """A client made a request."""
        last = self._seen.get(browser.name)
        if last is not None and now - last < SEEN_AGAIN_SECONDS:
            return
        self._seen[browser.name] = now
        self._gathered.append(_client_seen(browser, now))

    def add_watched(self, browser: Browser, observations: Iterable[Observation], now: float) -> None:
        """Take what one exchange of a saved flow observed, its changes to jars at its own time; waits for a full queue."""
        self._gathered += observations if self._excepts is None else self._recordable(observations, self._excepts)
        self._gather(browser, now)
        if len(self._gathered) >= HAND_OVER_AT:
            self.hand_over(wait=True)

    def add(self, browser: Browser, observations: Sequence[Observation]) -> None:
        """Take what one exchange observed; cheap, and never waits. Changes to jars are gathered at the next hand-over."""
        if self._excepts is not None:
            observations = list(self._recordable(observations, self._excepts))
        self._gathered += observations
        if self.hub.is_watched:
            self.hub.take(observations)
        self._dirty[browser] = None
        if len(self._gathered) >= HAND_OVER_AT:
            self.hand_over()

    def add_session(self, changes: Iterable[Observation]) -> None:
        """Take changes of cookieless sessions and of what they hold; cheap, and never waits."""
        for each in changes if self._excepts is None else self._recordable(changes, self._excepts):
            if isinstance(each, SessionChange | JarChange) and each.session is not None:
                self._left.add(each.session)
            if self._is_shared and isinstance(each, SessionChange | JarChange):
                self._held.append(each)
            else:
                self._gathered.append(each)
            if self.hub.is_watched:
                self.hub.take((each,))
        if len(self._gathered) >= HAND_OVER_AT:
            self.hand_over()

    def find_session(self, session: str) -> StoredSession | None:
        """What the store has of the session with this digest, for one that is not in memory; None if it has nothing."""
        if self.elsewhere is not None:
            return self.elsewhere.session(session)
        if self._store is None:
            return None
        self._write_first(session, SESSION_SECONDS)
        try:
            return self._store.load_session(session)
        except StoreError as error:
            logger.warning(f"A session could not be loaded: {error}")
            return None

    def tracked(self) -> Tracked:
        """The sessions of applications, findings and hosts in the store. Raises StoreError."""
        tracked, self._tracked = self._tracked, None
        return tracked or (([], [], []) if self._store is None else self._tracked_in(self._store))

    def _tracked_in(self, store: Store) -> Tracked:
        """Where clients are claimed, their sessions come with them."""
        sessions = [] if self._is_shared else store.load_sessions(MOST_OPEN + MOST_DEAD)
        return sessions, store.load_findings(), store.load_hosts()

    def open_sessions(self) -> list[SessionChange]:
        """The sessions in the store that nobody has ended, the last used last: some may have run out while no proxy ran."""
        try:
            return [] if self._store is None else self._store.load_open_sessions()
        except StoreError as error:
            logger.warning(f"Which sessions have run out is not known: {error}")
            return []

    @staticmethod
    def _recordable(observations: Iterable[Observation], excepts: Callable[[str], bool]) -> Iterable[Observation]:
        """What is not about a host of which nothing is to be recorded; jars, sessions and clients are needed always."""
        for each in observations:
            if isinstance(each, ClientSeen | JarChange | SessionChange) or not (
                excepts(each.host) or excepts(each.site)
            ):
                yield each

    def keep(self, browser: Browser) -> Awaitable[None] | None:
        """What an exchange has to wait for before its response may pass: what it changed of what is kept is in the store then.

        None if nothing, as in stores that nobody shares: what they lose, they lose with the process that has all of it.
        """
        if self.custody is None:
            return None
        now = time.time()
        if self.custody.fence_of(browser.name):
            for key, cookie in browser.held.drain_changes().items():
                self._change(browser, JarKind.HELD, key, cookie, now)
        held, self._held = self._held, []
        return self.custody.keep(held)

    def disown(self, browser: Browser) -> None:
        """A client is another process' by now: what changed here since is nothing."""
        for _ in browser.drain_changes():
            pass
        self._forget(browser)

    def forget_client(self, browser: Browser) -> None:
        """A client is about to leave memory: take its changes first."""
        self._gather(browser, time.time(), leaves=True)
        self._left.add(browser.name)
        self._forget(browser)

    def _forget(self, browser: Browser) -> None:
        if self.elsewhere is not None:
            self.elsewhere.arrivals.drop(browser)
        self._dirty.pop(browser, None)
        self._seen.pop(browser.name, None)

    def gather(self) -> None:
        """Take the changes of all jars: they are about to be replaced by others."""
        now = time.time()
        for browser in self._dirty:
            self._gather(browser, now)
        self._dirty = {browser: None for browser in self._dirty if self._waits_for_lease(browser)}

    def _waits_for_lease(self, browser: Browser) -> bool:
        """Its changes stay in its jars until the client is ours."""
        return self._is_shared and (self.custody is None or not self.custody.fence_of(browser.name))

    def hand_over(self, wait: bool = False) -> None:
        """Give the writer what was gathered; with `wait` block on a full queue instead of dropping (reading files)."""
        self.tally.take(self._gathered)
        if self._writer is None:
            batch, self._gathered = self._gathered, []
            self._waiting.put(batch)
            return
        self.gather()
        if self._held and self.custody is not None:
            held, self._held = self._held, []
            self.custody.put(held)
        if self._unwritten and self._writer.flush(0):
            self._unwritten = set()
        self._unwritten |= self._left
        self._left = set()
        if not self._gathered:
            return
        batch, self._gathered = self._gathered, []
        if wait or self._keeps_old:
            self._writer.put_blocking(batch)
        else:
            self._writer.put(batch)

    def _on_lost(self, lost: frozenset[Lease]) -> None:
        if (custody := self.custody) is not None:
            custody.lose(lost)

    def _on_trouble(self, message: str) -> None:
        logger.warning(f"cookies_store: {message}")

    def _gather(self, browser: Browser, now: float, leaves: bool = False) -> set[Place]:
        """Take the changes of one client's jars; where they were."""
        changed: set[Place] = set()
        if not leaves and self.elsewhere is not None and self._waits_for_lease(browser):
            return changed
        is_unknown = leaves and self.elsewhere is not None and self.elsewhere.arrivals.is_unknown(browser)
        for kind, key, cookie in browser.drain_changes():
            if is_unknown and cookie is not None and cookie.adopted:
                continue  # a guess, which must not be written over what is stored of it
            changed.add((kind, key))
            self._change(browser, kind, key, cookie, now)
        if changed and self.elsewhere is not None:
            self.elsewhere.arrivals.note(browser, changed)
        return changed

    def _change(self, browser: Browser, kind: JarKind, key: CookieKey, cookie: Cookie | None, now: float) -> None:
        time_of_change = now if cookie is None else min(now, cookie.set_time)
        site = site_of(key.domain, self._suffixes)
        change = JarChange(time_of_change, browser.name, kind, None, site, key, cookie)
        if self.elsewhere is None or not self._is_shared:
            self._gathered.append(change)
            return
        fence = 0 if self.custody is None else self.custody.fence_of(browser.name)
        if fence and kind is not JarKind.HELD:
            self._gathered.append(change._replace(fence=fence))
        else:
            self._held.append(change)

    def _policy(self, config: Config) -> RecordPolicy:
        record = config.record
        return RecordPolicy(ValuePolicy(record.values), None if self._keeps_old else record.keep, record.max_bytes)


def _all_cookies(browser: Browser) -> Iterator[tuple[JarKind, Cookie]]:
    """What is in all jars of a client."""
    yield from ((JarKind.MIRROR, cookie) for cookie in browser.mirror)
    yield from ((JarKind.HELD, cookie) for cookie in browser.held)
    yield from ((leaving.jar, leaving.cookie) for leaving in browser.leaving)


def _client_seen(browser: Browser, now: float) -> ClientSeen:
    return ClientSeen(now, browser.name, browser.address, browser.user_agent, browser.profile.name)
