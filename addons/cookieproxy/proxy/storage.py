"""The store of one running proxy: opened, looked after, opened again when it was gone, closed; and how it fares.

A store that cannot be opened, or whose file was taken away, is tried again now and then. What is to be written meanwhile is its
owner's to keep.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ..config import Config
from ..record.leases import Change, Lease
from ..record.lock import holder_of
from ..record.once import OnceStore
from ..record.policy import RecordPolicy
from ..record.protocol import Command, Store, StoreError
from ..record.store import file_now, file_of, open_store, without_password
from ..record.values import ValuePolicy
from ..record.writer import Writer
from .custody import Custody
from .elsewhere import RETURN_SECONDS, Elsewhere

logger = logging.getLogger(__name__)

SPILL_FOLDER = "cookies.waiting"
"""Beside the rules: files of what waits for a database."""
RETRY_SECONDS = 2.0
"""Between two tries to open a store that could not be opened, and two looks whether its file is still there."""
SETTLE_SECONDS = 8.0
"""How long what exchanges wait for may take at the end to go to the writer, when it cannot go into the store."""

OVERRUN = "more comes than can be written"

type OnCommand = Callable[[Command], None]


class Owner(Protocol):
    """Whose store it is: the recorder, as far as it is needed here."""

    def found(self, store: Store) -> None:
        """The store can be read, and will be open soon. Called in any thread."""

    def catch_up(self, store: Store, writer: Writer) -> None:
        """It is open, and needs what it missed."""

    def hand_over(self) -> None:
        """Give the writer what was gathered."""

    def drain_unclaimed(self, custody: Custody) -> list[Change]:
        """What changed of clients that could not be looked up: the store is about to be closed."""


class Storage:
    """One store, whether it is open or not."""

    def __init__(
        self,
        spec: str,
        base: Path,
        owner: Owner,
        elsewhere: Elsewhere | None,
        on_command: OnCommand,
        keeps_old: bool,
        spill_folder: Path | None,
    ) -> None:
        """`elsewhere` is what asks a store that is not on this machine. For the others see the recorder."""
        self.spec = spec
        self.name = without_password(spec)
        """The store, as it may be shown."""
        self.store: Store | None = None
        """The store, if it is open."""
        self.writer: Writer | None = None
        """What writes into it, if it is open."""
        self._base = base
        self._owner = owner
        self._elsewhere = elsewhere
        self._on_command = on_command
        self._keeps_old = keeps_old
        self._spill_folder = spill_folder
        self._file: tuple[int, int] | None = None
        self._closed_because = ""
        self._next_look = 0.0
        self._dropped = 0
        self._is_overrun = False
        self._is_slow = False
        self._is_closed = False

    # -- how it fares --------------------------------------------------------------------------------------------------

    @property
    def trouble(self) -> str | None:
        """Why nothing can be recorded at the moment; None while all is well."""
        if self.writer is None:
            return self._closed_because
        trouble = self.writer.trouble or (OVERRUN if self._is_overrun else None)
        overflow = self.writer.overflow
        if trouble is None or overflow is None or not (waiting := overflow.waiting_bytes):
            return trouble
        return f"{trouble} Meanwhile {waiting / 1e6:.0f} MB wait in files."

    @property
    def loss(self) -> str | None:
        """Why what is seen now may not be recorded, ever; None if it will be, at once or when a database is back."""
        if self.writer is not None and self.writer.overflow is not None:
            return OVERRUN if self._is_overrun else None
        return None if self._elsewhere is not None else self.trouble

    @property
    def can_give_back(self) -> bool:
        """Whether a client that leaves memory now would get back what it had."""
        return self.store is not None and (self._elsewhere is None or self.trouble is None)

    # -- opening -------------------------------------------------------------------------------------------------------

    def open(self, config: Config) -> None:
        """Open it and start writing. Raises StoreError. Waits for it: for start-up, and for stores on this machine."""
        self._take(self._opened(), config)

    def _opened(self) -> Store:
        """The store. Called in any thread."""
        try:
            store = open_store(self.spec, self._base)
        except StoreError as error:
            self._closed_because = str(error)
            raise
        self._owner.found(store)
        return store

    def _take(self, store: Store, config: Config) -> None:
        self.store = store
        self._file = file_now(self.spec, self._base)
        self._dropped, self._is_overrun = 0, False
        policy = self._policy(config)
        self.writer = Writer(
            store, policy, self._on_trouble, self._on_command, folder=self._spill_folder, on_lost=self._on_lost
        )
        if self._elsewhere is not None:
            self._elsewhere.share(store, self.writer)
        self._owner.catch_up(store, self.writer)

    def configure(self, config: Config) -> None:
        """Follow the `record:` section."""
        if self.writer is not None:
            self.writer.configure(self._policy(config))

    def _policy(self, config: Config) -> RecordPolicy:
        record = config.record
        return RecordPolicy(ValuePolicy(record.values), None if self._keeps_old else record.keep, record.max_bytes)

    def _on_trouble(self, message: str) -> None:
        logger.warning(f"cookies_store: {message}")

    def _on_lost(self, lost: frozenset[Lease]) -> None:
        if self._elsewhere is not None and (custody := self._elsewhere.custody) is not None:
            custody.lose(lost)

    # -- between exchanges ---------------------------------------------------------------------------------------------

    def look_after(self, config: Config, now: float) -> None:
        """Try again to open a store that could not be opened; make a new one if somebody took the file away."""
        if self.writer is not None:
            self._is_overrun, self._dropped = self.writer.dropped > self._dropped, self.writer.dropped
            self._say_slow(self.writer.is_slow)
        if now < self._next_look:
            return
        self._next_look = now + RETRY_SECONDS
        if self._elsewhere is not None:
            self._look_after_elsewhere(self._elsewhere, config)
        elif self.writer is None:
            self._try_again(config)
        elif file_now(self.spec, self._base) != self._file:
            logger.warning(f"{self.name}: the file was moved or deleted while it was in use: a new one is made.")
            self._owner.hand_over()
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
        if self.writer is None:
            elsewhere.open(self._opened, lambda store: self._take_late(store, config))
        else:
            elsewhere.arrivals.retry()

    def _take_late(self, store: Store, config: Config) -> None:
        if self._is_closed:
            store.close()
            return
        self._take(store, config)
        logger.warning(f"{self.name}: the store is open now; recording goes on.")

    # -- closing -------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Write everything and close it, for good."""
        self._is_closed = True
        self._owner.hand_over()
        self._let_go()

    def _let_go(self) -> None:
        custody = None if self._elsewhere is None else self._elsewhere.custody
        if self.writer is not None:
            if custody is not None:
                self._settle(custody, self.writer)
            self.writer.close()
            self.writer = None
        if self._elsewhere is not None:
            self._elsewhere.unshare()
        if self.store is not None:
            self.store.close()
            self.store = None

    def _settle(self, custody: Custody, writer: Writer) -> None:
        """What is for clients that could not be looked up is written as far as the store has nothing newer."""
        if not custody.is_settled(RETURN_SECONDS):
            if isinstance(self.store, OnceStore):
                self.store.break_off()  # so that what waits there goes to the writer
            custody.is_settled(SETTLE_SECONDS)
        if writer.overflow is not None:
            writer.overflow.leave([*self._owner.drain_unclaimed(custody)])
