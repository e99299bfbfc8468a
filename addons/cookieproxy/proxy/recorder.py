"""Between the event loop and the store: gathers observations and changed jars, hands them over in batches, gives jars back.

The event loop never waits for storage: a hand-over is a list put on the writer's queue. While there is no store (`storage`),
traffic goes on without it, and what is seen waits in bounded memory; then the store gets what waited and all the jars and
cookieless sessions as they are.
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
from ..record.leases import Change
from ..record.protocol import Store, StoreError
from ..record.sessions import StoredSession
from ..record.store import is_elsewhere
from ..record.tally import Tally
from ..record.writer import Writer
from ..sessions.shelf import MOST_DEAD, MOST_OPEN
from .arrivals import Place, settle_guesses
from .custody import Custody
from .elsewhere import RETURN_SECONDS, Elsewhere
from .storage import OnCommand, Storage

logger = logging.getLogger(__name__)

HAND_OVER_AT = 2_000
"""Observations gathered before they are handed over without waiting for the next tick."""
SEEN_AGAIN_SECONDS = 60.0
"""How often a client's last_seen is written."""
SESSION_SECONDS = 0.2
"""How long the request of a session that left memory a moment ago may wait for it, and with it all traffic."""

type Tracked = tuple[list[SessionSeen], list[FindingSeen], list[HostSeen]]
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
        self._suffixes = suffixes
        self._everyone = everyone
        self._everyone_sessions = everyone_sessions
        self._keeps_old = keeps_old
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
        self.elsewhere: Elsewhere | None = Elsewhere(self) if is_elsewhere(spec) else None
        """What never lets the loop wait for a store that is not on this machine; None for one that is."""
        self.storage = Storage(spec, base, self, self.elsewhere, on_command, keeps_old, spill_folder)
        """The store itself, and how it fares."""
        self._tracked: Tracked | None = None
        self._excepts: Callable[[str], bool] | None = None
        self.hub = Hub()
        """Who watches what is recorded, while it comes."""
        self.tally = Tally(time.time())
        """How often what was recorded."""

    # -- opening and closing -------------------------------------------------------------------------------------------

    def open(self, config: Config) -> None:
        """Open the store and start writing. Raises StoreError. Waits for it: for start-up, and for stores on this machine."""
        self.configure(config)
        self.storage.open(config)

    def configure(self, config: Config) -> None:
        """Follow the `record:` section."""
        self._excepts = config.record.excepts if config.record.except_ is not None else None
        self.storage.configure(config)

    def close(self) -> None:
        """Hand over everything and wait until it is written."""
        self.storage.close()
        if self.elsewhere is not None:
            self.elsewhere.close()
        lost = sum(map(len, self._waiting.take().batches)) + self._waiting.dropped
        if lost:
            logger.warning(f"{self.name}: {lost} observations could not be recorded.")

    @property
    def name(self) -> str:
        """The store, as it may be shown."""
        return self.storage.name

    @property
    def store(self) -> Store | None:
        """The store, if it is open."""
        return self.storage.store

    @property
    def writer(self) -> Writer | None:
        """What writes into it, if it is open."""
        return self.storage.writer

    @property
    def custody(self) -> Custody | None:
        """Which clients are ours, where the store is open and others write into it too."""
        return None if self.elsewhere is None else self.elsewhere.custody

    @property
    def waiting(self) -> Intake:
        """What waits for a store that is not open."""
        return self._waiting

    @property
    def _is_shared(self) -> bool:
        return self.elsewhere is not None and self.elsewhere.household is not None

    def flow_ids(self) -> set[str]:
        """Ids of the flows that the store has something of."""
        try:
            return set() if self.store is None else self.store.questions.flow_ids()
        except StoreError as error:
            logger.warning(f"What was read before is not known: {error}")
            return set()

    # -- for the storage -----------------------------------------------------------------------------------------------

    def found(self, store: Store) -> None:
        """The store can be read, and will be open soon. Called in any thread."""
        if self.elsewhere is not None:
            try:
                self._tracked = self._tracked_in(store)
            except StoreError as error:
                logger.warning(f"Sessions of before are not known: {error}")

    def catch_up(self, store: Store, writer: Writer) -> None:
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

    def drain_unclaimed(self, custody: Custody) -> list[Change]:
        """What changed of clients that could not be looked up: the store is about to be closed."""
        now = time.time()
        for browser in self._everyone():
            if self._waits_for_lease(browser):
                self._gather(browser, now, leaves=True)
        held, self._held = self._held, []
        return [*custody.drain_unclaimed(), *held]

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
        if self.store is None:
            return
        self._write_first(browser.name, RETURN_SECONDS)
        self._restore(browser, self.store, set())

    def has_unwritten(self, name: str) -> bool:
        """Hand over what there is of a client or session that is about to be read; whether it may not be written yet."""
        if name not in self._left and name not in self._unwritten:
            return False
        self.hand_over()
        return True

    def _write_first(self, name: str, seconds: float) -> None:
        if self.has_unwritten(name) and self.writer is not None:
            self.writer.flush(seconds)

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
        here = {(kind, each.key): each.set_time for kind, each in _all_cookies(browser)}
        settled |= {
            (kind, each.key)
            for kind, of, each in cookies
            if of is None
            and here.get((kind, each.key), each.set_time) < each.set_time  # another process has set it since
        }
        for kind, key, now_there in told:
            if (kind, key) not in settled:
                changed.add((kind, key))
                self._change(browser, kind, key, now_there, now)
        changed = (changed | here.keys()) - settled
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
        if self.store is None:
            return None
        self._write_first(session, SESSION_SECONDS)
        try:
            return self.store.load_session(session)
        except StoreError as error:
            logger.warning(f"A session could not be loaded: {error}")
            return None

    def tracked(self) -> Tracked:
        """The sessions of applications, findings and hosts in the store. Raises StoreError."""
        tracked, self._tracked = self._tracked, None
        return tracked or (([], [], []) if self.store is None else self._tracked_in(self.store))

    def _tracked_in(self, store: Store) -> Tracked:
        """Where clients are claimed, their sessions come with them."""
        sessions = [] if self._is_shared else store.load_sessions(MOST_OPEN + MOST_DEAD)
        return sessions, store.load_findings(), store.load_hosts()

    def open_sessions(self) -> list[SessionChange]:
        """The sessions in the store that nobody has ended, the last used last: some may have run out while no proxy ran."""
        try:
            return [] if self.store is None else self.store.load_open_sessions()
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
        if not self._waits_for_lease(browser):
            for key, cookie in browser.held.drain_changes().items():
                self._change(browser, JarKind.HELD, key, cookie, now)
        held, self._held = self._held, []
        return self.custody.keep(held)

    def tell_again(self, browsers: Iterable[Browser], since: float) -> None:
        """What changed in the jars of these since then (Unix seconds) may be lost with the store's machine."""
        now = time.time()
        for browser in browsers:
            if self._waits_for_lease(browser):
                continue
            for kind, cookie in _all_cookies(browser):
                if max(cookie.set_time, cookie.last_access_time) >= since:
                    self._change(browser, kind, cookie.key, cookie, now)

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
        """Its changes stay in its jars until the client is ours, and the store has told of it."""
        if not self._is_shared:
            return False
        return self.custody is None or not self.custody.fence_of(browser.name) or self._is_unknown(browser)

    def _is_unknown(self, browser: Browser) -> bool:
        """The store has not told of it yet."""
        return self.elsewhere is not None and self.elsewhere.arrivals.is_unknown(browser)

    def hand_over(self, wait: bool = False) -> None:
        """Give the writer what was gathered; with `wait` block on a full queue instead of dropping (reading files)."""
        self.tally.take(self._gathered)
        if self.writer is None:
            batch, self._gathered = self._gathered, []
            self._waiting.put(batch)
            return
        self.gather()
        if self._held and self.custody is not None:
            held, self._held = self._held, []
            self.custody.put(held)
        if self._unwritten and self.writer.flush(0):
            self._unwritten = set()
        self._unwritten |= self._left
        self._left = set()
        if not self._gathered:
            return
        batch, self._gathered = self._gathered, []
        if wait or self._keeps_old:
            self.writer.put_blocking(batch)
        else:
            self.writer.put(batch)

    def _gather(self, browser: Browser, now: float, leaves: bool = False) -> set[Place]:
        """Take the changes of one client's jars; where they were."""
        changed: set[Place] = set()
        if not leaves and self.elsewhere is not None and self._waits_for_lease(browser):
            return changed
        is_unknown = leaves and self._is_unknown(browser)
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


def _all_cookies(browser: Browser) -> Iterator[tuple[JarKind, Cookie]]:
    """What is in all jars of a client."""
    yield from ((JarKind.MIRROR, cookie) for cookie in browser.mirror)
    yield from ((JarKind.HELD, cookie) for cookie in browser.held)
    yield from ((leaving.jar, leaving.cookie) for leaving in browser.leaving)


def _client_seen(browser: Browser, now: float) -> ClientSeen:
    return ClientSeen(now, browser.name, browser.address, browser.user_agent, browser.profile.name)
