"""Between the event loop and the store: gathers observations and changed jars, hands them over in batches, gives jars back.

The event loop never waits for storage: a hand-over is a list put on the writer's queue. When the store cannot be opened, traffic
goes on without it, what is seen waits in a bounded list, and opening is tried again now and then.
"""

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from ..config import Config
from ..core.events import ClientSeen, JarChange, Observation
from ..core.hosts import Suffixes, site_of
from ..exchange import Browser
from ..record.policy import RecordPolicy
from ..record.protocol import Command, Store, StoreError
from ..record.store import open_store
from ..record.values import ValuePolicy
from ..record.writer import Writer

logger = logging.getLogger(__name__)

HAND_OVER_AT = 2_000
"""Observations gathered before they are handed over without waiting for the next tick."""
MOST_WAITING = 100_000
"""Observations kept while there is no store; the oldest are dropped beyond, and counted."""
SEEN_AGAIN_SECONDS = 60.0
"""How often a client's last_seen is written."""
RETRY_SECONDS = 5.0

type OnCommand = Callable[[Command], None]


class Recorder:
    """The recording side of one running proxy."""

    def __init__(self, spec: str, base: Path, suffixes: Suffixes, on_command: OnCommand) -> None:
        self.spec = spec
        self._base = base
        self._suffixes = suffixes
        self._on_command = on_command
        self._store: Store | None = None
        self._writer: Writer | None = None
        self._waiting: list[Observation] = []
        self._dirty: dict[str, Browser] = {}
        self._known: set[str] = set()
        self._seen: dict[str, float] = {}
        self._next_try = 0.0
        self._excepts: Callable[[str], bool] | None = None
        self.dropped = 0
        """Observations that were lost because there was no store for too long."""

    # -- opening and closing -------------------------------------------------------------------------------------------

    def open(self, config: Config) -> None:
        """Open the store and start writing. Raises StoreError."""
        store = open_store(self.spec, self._base)
        self._store = store
        self._known = {seen.client for seen in store.load_clients()}
        self._writer = Writer(store, _policy(config), self._on_trouble, self._on_command)
        self.configure(config)

    def configure(self, config: Config) -> None:
        """Follow the `record:` section."""
        self._excepts = config.record.excepts if config.record.except_ is not None else None
        if self._writer is not None:
            self._writer.configure(_policy(config))

    def close(self) -> None:
        """Hand over everything and wait until it is written."""
        self.hand_over()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._store is not None:
            self._store.close()
            self._store = None
        if self._waiting:
            logger.warning(f"{self.spec}: {len(self._waiting)} observations could not be recorded.")
            self._waiting = []

    @property
    def writer(self) -> Writer | None:
        """The writer, if the store is open."""
        return self._writer

    @property
    def store(self) -> Store | None:
        """The store, if it is open."""
        return self._store

    # -- observing -----------------------------------------------------------------------------------------------------

    def restore(self, browser: Browser) -> None:
        """Give a client that appears again what the store has of its jars."""
        if self._store is None or browser.name not in self._known:
            return
        try:
            for kind, session, cookie in self._store.load_jars(browser.name):
                if session is None:
                    browser.restore(kind, cookie)
        except StoreError as error:
            logger.warning(f"The jars of {browser.name} could not be loaded: {error}")
        for _ in browser.drain_changes():
            pass

    def seen(self, browser: Browser, now: float) -> None:
        """A client made a request."""
        last = self._seen.get(browser.name)
        if last is not None and now - last < SEEN_AGAIN_SECONDS:
            return
        self._seen[browser.name] = now
        self._known.add(browser.name)
        self._waiting.append(ClientSeen(now, browser.name, browser.address, browser.user_agent, browser.profile.name))

    def add_watched(self, browser: Browser, observations: Iterable[Observation], now: float) -> None:
        """Take what one exchange of a saved flow observed, its changes to jars at its own time; waits for a full queue."""
        self._waiting += observations if self._excepts is None else self._recordable(observations, self._excepts)
        self._gather(browser, now)
        if len(self._waiting) >= HAND_OVER_AT:
            self.hand_over(wait=True)

    def add(self, browser: Browser, observations: Iterable[Observation]) -> None:
        """Take what one exchange observed; cheap, and never waits. Changes to jars are gathered at the next hand-over."""
        self._waiting += observations if self._excepts is None else self._recordable(observations, self._excepts)
        self._dirty[browser.name] = browser
        if len(self._waiting) >= HAND_OVER_AT:
            self.hand_over()

    @staticmethod
    def _recordable(observations: Iterable[Observation], excepts: Callable[[str], bool]) -> Iterable[Observation]:
        """What is not about a host of which nothing is to be recorded; jars and clients are needed always."""
        for each in observations:
            if isinstance(each, ClientSeen | JarChange) or not (excepts(each.host) or excepts(each.site)):
                yield each

    def forget_client(self, browser: Browser) -> None:
        """A client is about to leave memory: take its changes first."""
        self._gather(browser, time.time())
        self._dirty.pop(browser.name, None)
        self._seen.pop(browser.name, None)

    def hand_over(self, wait: bool = False) -> None:
        """Give the writer what was gathered; with `wait` block on a full queue instead of dropping (reading files)."""
        now = time.time()
        for browser in self._dirty.values():
            self._gather(browser, now)
        self._dirty = {}
        if self._writer is None:
            self._keep_waiting()
            return
        if not self._waiting:
            return
        batch, self._waiting = self._waiting, []
        if wait:
            self._writer.put_blocking(batch)
        else:
            self._writer.put(batch)

    def retry(self, config: Config, now: float) -> None:
        """Try again to open a store that could not be opened."""
        if self._writer is not None or now < self._next_try:
            return
        self._next_try = now + RETRY_SECONDS
        try:
            self.open(config)
        except StoreError:
            return
        logger.warning(f"{self.spec}: the store is open now; recording goes on.")

    def _on_trouble(self, message: str) -> None:
        logger.warning(f"{self.spec}: {message}")

    def _keep_waiting(self) -> None:
        surplus = len(self._waiting) - MOST_WAITING
        if surplus > 0:
            del self._waiting[:surplus]
            self.dropped += surplus

    def _gather(self, browser: Browser, now: float) -> None:
        for kind, key, cookie in browser.drain_changes():
            site = site_of(key.domain, self._suffixes)
            time_of_change = now if cookie is None else min(now, cookie.set_time)
            self._waiting.append(JarChange(time_of_change, browser.name, kind, None, site, key, cookie))


def _policy(config: Config) -> RecordPolicy:
    record = config.record
    return RecordPolicy(ValuePolicy(record.values), record.keep, record.max_bytes)
