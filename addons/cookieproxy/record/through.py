"""The one thread that writes what exchanges wait for, changes of held jars and cookieless sessions, and gives clients away.

All that is given to it goes one way, first come first written; what waits together is one transaction (group commit). When the
store fails nobody waits for it: what was to be written goes to the writer, who insists, and so does all that comes after, until
the writer has nothing left. So one order holds for every cookie, whichever way it takes. Knows neither the loop nor mitmproxy:
who gave something is called back from the thread.
"""

import os
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from select import select
from threading import Thread
from typing import Protocol

from ..core.events import Observation
from .leases import CUT_OFF, NOTHING_LOST, Change, Lease, Leases
from .protocol import StoreError

IDLE_SECONDS = 1.0
"""The longest sleep: then it is seen whether there is a connection."""
RETURN_SECONDS = 1.0
"""How long the writer may take to write all it was given, when the store works again."""
MOST_CHANGES = 2_000
"""In one transaction, so that who came first does not wait for all that came later."""

type Done = Callable[[frozenset[Lease]], None]
"""Is told which leases are lost; what was made under others is in the store, or with the writer."""


class Insisting(Protocol):
    """The writer, as far as it is needed here."""

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written at the moment; None while all is well."""

    def put(self, observations: list[Observation]) -> None:
        """Give a batch to be written."""

    def flush(self, timeout_seconds: float | None = None) -> bool:
        """Whether all that was given is written, within that time."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Changes to be kept."""

    changes: Sequence[Change]
    done: Done


@dataclass(frozen=True, slots=True)
class Release:
    """Leases to be let go once all that was given before is kept."""

    leases: Sequence[Lease]
    done: Done


type Job = Keep | Release


def ignore(_: object) -> None:
    """Nobody listens."""


class Through:
    """Writes into one store until it is closed. The store itself is closed by whoever opened it, afterwards."""

    def __init__(self, leases: Leases, writer: Insisting, on_word: Callable[[str], None] = ignore) -> None:
        """`on_word` is called with what other processes say to this one."""
        self.is_down = False
        """True while the store fails: the writer has what is given, and nobody needs to wait for it."""
        self.well_at = time.time()
        """When the store was last known to be there (Unix seconds), but for a connection that has just been made anew."""
        self._leases = leases
        self._writer = writer
        self._on_word = on_word
        self._jobs: deque[Job] = deque()
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._waker, False)
        self._closing = False
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin the thread."""
        self._thread = Thread(target=self._run, name="cookies-through", daemon=True)
        self._thread.start()

    # -- for the event loop --------------------------------------------------------------------------------------------

    def keep(self, changes: Sequence[Change], done: Done = ignore) -> None:
        """Have these kept. Never waits."""
        self._give(Keep(changes, done))

    def release(self, leases: Sequence[Lease], done: Done = ignore) -> None:
        """Have these let go. Never waits."""
        self._give(Release(leases, done))

    def _give(self, job: Job) -> None:
        self._jobs.append(job)
        self._rouse()

    def _rouse(self) -> None:
        with suppress(BlockingIOError):  # it is awake
            os.write(self._waker, b"!")

    def close(self) -> None:
        """Do what is left and end the thread; again does nothing."""
        if self._closing:
            return
        self._closing = True
        self._rouse()
        if self._thread is not None:
            self._thread.join()
        os.close(self._wake)
        os.close(self._waker)

    # -- in the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        closing = False
        while not closing:
            closing = self._closing
            try:
                if not closing and not self._jobs:
                    self._listen(IDLE_SECONDS)
                self.work()
            except Exception:  # noqa: BLE001  a bug of ours: said, and what others give is kept all the same
                traceback.print_exc()

    def _listen(self, seconds: float) -> None:
        """Wait until there is something to do, and hand on what others say."""
        words: list[str] = []
        try:
            words = self._leases.wait(self._wake, seconds)
            if CUT_OFF not in words:
                self.well_at = time.time()
        except StoreError:
            select([self._wake], [], [], seconds)
        with suppress(BlockingIOError):
            os.read(self._wake, 4096)
        for word in words:
            self._on_word(word)

    def work(self) -> None:
        """Do all that waits."""
        while self._jobs:
            if self.is_down and self._writer.trouble is None and self._writer.flush(RETURN_SECONDS):
                self.is_down = False
            group: list[Keep] = []
            size = 0
            while self._jobs and size < MOST_CHANGES and isinstance(self._jobs[0], Keep):
                job = self._jobs.popleft()
                assert isinstance(job, Keep)
                group.append(job)
                size += len(job.changes)
            if group:
                self._keep(group)
            else:
                job = self._jobs.popleft()
                assert isinstance(job, Release)
                self._release(job)

    def _keep(self, group: Sequence[Keep]) -> None:
        lost = NOTHING_LOST
        try:
            lost = self._kept([change for job in group for change in job.changes])
        finally:
            for job in group:
                job.done(lost)

    def _kept(self, changes: list[Change]) -> frozenset[Lease]:
        if not self.is_down:
            try:
                return self._leases.keep(changes)
            except StoreError:
                self.is_down = True
            except Exception:  # noqa: BLE001  a change that does not fit into the store: the writer finds out which, and says so
                self._writer.put(list(changes))
                return NOTHING_LOST
        self._writer.put(list(changes))
        return NOTHING_LOST

    def _release(self, job: Release) -> None:
        """While the store fails they stay ours: whoever wants one asks again, or takes it."""
        try:
            if not self.is_down:
                self._leases.release(job.leases)
        except StoreError:
            self.is_down = True
        finally:
            job.done(NOTHING_LOST)
