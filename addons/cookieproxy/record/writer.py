"""The one thread that writes: takes what waits, a transaction for each batch, and does the store's chores in between.

The event loop gives and goes on. The thread wakes five times a second, or at once when much waits: it writes, hands over
commands that the command line has posted, writes answers, and throws away what is too old. A store that fails is tried again
and again, with what was to be written kept; that it fails, and that it works again, is said once each through `on_trouble`.
Nothing here knows mitmproxy: the two callbacks are called from this thread, and must hand over to their own.
"""

import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from itertools import batched
from pathlib import Path
from threading import Thread

from ..core.events import Observation
from .insisting import Insistence
from .intake import ROOM_BYTES, Intake, Taken
from .leases import NOTHING_LOST, Lease
from .once import OnceStore, Receipt
from .orderly import Orderly
from .overflow import Overflow
from .packing import Batch
from .pieces import Counts, write_in_pieces
from .policy import Exceptions, RecordPolicy
from .protocol import Answer, Command, Store, StoreError
from .spill import MOST_BYTES

TICK_SECONDS = 0.2
MOST_ROWS = 5_000
"""Observations in one transaction."""
PRUNE_SECONDS = 30.0
"""Between two looks for what is too old, while there was nothing."""
PRUNE_ROWS = 2_000
"""Rows of a table that are thrown away at once."""
CLOSE_SECONDS = 10.0
"""How long a failing store is tried once more when the proxy ends."""
PATIENCE_SECONDS = 3.0
"""How long a database that does not answer is waited for then."""
DEFAULT_POLICY = RecordPolicy()


def _ignore(_: object) -> None:
    """Nobody listens."""


class Writer:
    """Writes into one store until it is closed. The store itself is closed by whoever opened it, afterwards."""

    def __init__(
        self,
        store: Store,
        policy: RecordPolicy = DEFAULT_POLICY,
        on_trouble: Callable[[str], None] = _ignore,
        on_command: Callable[[Command], None] = _ignore,
        room_bytes: int = ROOM_BYTES,
        clock: Callable[[], float] = time.time,
        folder: Path | None = None,
        spill_bytes: int = MOST_BYTES,
        on_lost: Callable[[frozenset[Lease]], None] = _ignore,
    ) -> None:
        """`folder` is where what waits for a database goes when there is no room, up to so many octets.

        `on_lost` is told of leases under which something could not be written, because somebody else has them.
        """
        self._insistence = Insistence(self._tell)
        self._counts = Counts()
        self._store = store
        self._clock = clock
        self._on_trouble = on_trouble
        self._on_command = on_command
        self._intake = Intake(room_bytes)
        self._answers: deque[tuple[int, Answer]] = deque()
        self._prune_at = 0.0
        self._failing_chores: set[Callable[[], None]] = set()
        self._crowded = False
        self._reported_drops = 0
        self._on_lost = on_lost
        self.configure(policy)
        self._chores: tuple[Callable[[], None], ...] = (self._write_answers, self._hand_over_commands, self._prune)
        self.overflow: Overflow | None = None
        """What may wait in files; None where nothing ever does."""
        self._orderly: Orderly | None = None
        if folder is not None and isinstance(store, OnceStore):
            self._go_through_files(store, store.hash_id(b"spill"), folder, spill_bytes)
        self._thread = Thread(target=self._run, name="cookies-writer", daemon=True)
        self._thread.start()

    def _go_through_files(self, store: OnceStore, name: str, folder: Path, most_bytes: int) -> None:
        def chosen(observations: list[Observation]) -> Batch | None:
            kept = self._exceptions.without(observations)
            return store.batch(kept, self._masker) if kept else None

        def write_once(observations: list[Observation], receipt: Receipt) -> frozenset[Lease]:
            kept = self._exceptions.without(observations)
            return store.write_once(kept, self._masker, receipt) if kept else NOTHING_LOST

        self.overflow = Overflow(store, self._intake, folder, name, chosen, self._tell, most_bytes)
        self._insistence.gives_up_soon = True
        self._chores += (self.overflow.tidy,)
        self._orderly = Orderly(
            store, self.overflow, self._insistence.insist, write_once, self._tell_lost, self._counts, self._tell
        )

    # -- for the event loop --------------------------------------------------------------------------------------------

    def configure(self, policy: RecordPolicy) -> None:
        """Follow this policy from the next batch on."""
        self._policy = policy
        self._masker = self._store.masker(policy.values)
        self._exceptions = Exceptions(policy.except_hosts)

    def put(self, observations: list[Observation]) -> None:
        """Give a batch to be written. Never waits and never fails; without room, observations are dropped and counted."""
        if observations:
            self._intake.put(observations)

    def put_blocking(self, observations: list[Observation]) -> None:
        """Give a batch to be written, waiting for room: for files, which are read faster than they can be written."""
        if observations:
            self._intake.put_waiting(observations)

    def finish(self, command: int, result: str, ok: bool = True) -> None:
        """Answer a command; `result` is JSON. Never waits."""
        self._answers.append((command, Answer(ok, result)))
        self._intake.wake.set()

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written at the moment; None while all is well."""
        trouble = self._insistence.trouble
        return f"{self._store.name}: it does not answer." if trouble is None and self.is_slow else trouble

    @property
    def is_slow(self) -> bool:
        """Whether a database was asked for something so long ago that this is trouble, whatever it will say."""
        return self.overflow is not None and self._insistence.is_slow

    @property
    def written(self) -> int:
        """Observations that are in the store."""
        return self._counts.written

    @property
    def lost(self) -> int:
        """Observations that were given up, because of a fault of ours or of a store that failed until the end."""
        return self._counts.lost + (0 if self.overflow is None else self.overflow.lost)

    @property
    def dropped(self) -> int:
        """Observations for which there was no room."""
        return self._intake.dropped

    @property
    def waiting_bytes(self) -> int:
        """Memory that what is not yet written takes, roughly."""
        return self._intake.weight

    def flush(self, timeout_seconds: float | None = None) -> bool:
        """Wait until all that was given is in the store (or given up); False if that takes too long."""
        return self._intake.wait_until_written(timeout_seconds)

    def close(self, timeout_seconds: float = CLOSE_SECONDS) -> bool:
        """Write what is left and end the thread; False if the store failed until the end. Again does nothing."""
        insistence = self._insistence
        insistence.give_up_at = time.monotonic() + timeout_seconds
        insistence.closing.set()
        self._intake.wake.set()
        while self._thread.is_alive():
            self._thread.join(PATIENCE_SECONDS / 4)
            if self._orderly is not None and insistence.asked_seconds > PATIENCE_SECONDS:
                self._orderly.break_off()
        return insistence.trouble is None

    # -- in the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        closing = False
        while not closing:
            self._intake.wake.wait(TICK_SECONDS)
            self._intake.wake.clear()
            closing = self._insistence.closing.is_set()
            self._write_what_waits(self._insistence.give_up_at if closing else None)
            for chore in self._chores:
                self._do(chore)
        if self.overflow is not None:
            self._do(self.overflow.close)

    def _write_what_waits(self, until: float | None) -> None:
        if self._orderly is None:
            self._write(self._intake.take())
            return
        if self._orderly.write_some(until):
            self._intake.wake.set()
        self._report_drops()

    def _write(self, taken: Taken) -> None:
        for chunk in _chunks(taken):
            kept = self._exceptions.without(chunk)
            if kept:
                self._write_chunk(kept)
        self._intake.written(taken)
        self._report_drops()

    def _write_chunk(self, chunk: list[Observation]) -> None:
        """In one transaction; if an observation cannot be written for a fault of its own, the others without it."""
        write_in_pieces(chunk, self._write_or_lose, lambda several: [[one] for one in several], self._fault)

    def _write_or_lose(self, chunk: list[Observation]) -> bool:
        if self._insistence.insist(lambda: self._tell_lost(self._store.write(chunk, self._masker))):
            self._counts.written += len(chunk)
        else:
            self._counts.lost += len(chunk)
            self._tell(f"{self.lost} observations were lost")
        return True

    def _fault(self, chunk: list[Observation], fault: str) -> None:
        self._counts.lost += 1
        self._tell(f"one {type(chunk[0]).__name__} could not be recorded\n{fault}")

    def _tell_lost(self, lost: frozenset[Lease]) -> None:
        if lost:
            self._on_lost(lost)

    def _do(self, chore: Callable[[], None]) -> None:
        """Do it now, or the next time; a failure is reported once until it works again."""
        try:
            with self._insistence.asking():
                chore()
        except StoreError as error:
            if self._insistence.trouble is None:
                self._report_chore(chore, str(error))
        except Exception:  # noqa: BLE001  a bug of ours or of a callback: reported, and the recording goes on
            self._report_chore(chore, f"the recorder failed at a chore\n{traceback.format_exc()}")
        else:
            self._failing_chores.discard(chore)

    def _report_chore(self, chore: Callable[[], None], message: str) -> None:
        if chore not in self._failing_chores:
            self._failing_chores.add(chore)
            self._tell(message)

    def _write_answers(self) -> None:
        while self._answers:
            command, answer = self._answers[0]
            self._store.finish(command, answer, self._clock())
            self._answers.popleft()

    def _hand_over_commands(self) -> None:
        for command in self._store.take_commands(self._clock()):
            self._on_command(command)

    def _prune(self) -> None:
        if time.monotonic() < self._prune_at:
            return
        policy = self._policy
        removed = self._store.prune(self._clock(), policy.keep_seconds, policy.max_bytes, PRUNE_ROWS)
        self._prune_at = time.monotonic() + (0 if removed else PRUNE_SECONDS)

    # -- saying so -----------------------------------------------------------------------------------------------------

    def _report_drops(self) -> None:
        """Once when it begins, and once, with the number, when there is room again."""
        crowded = self._intake.dropped > self._reported_drops and self._intake.is_crowded
        if self._intake.dropped > self._reported_drops and not crowded:
            self._tell(
                f"{self._intake.dropped - self._reported_drops} observations were not recorded: more came than could be written"
            )
            self._reported_drops = self._intake.dropped
        elif crowded and not self._crowded:
            self._tell("recording pauses: more comes than can be written")
        self._crowded = crowded

    def _tell(self, message: str) -> None:
        try:
            self._on_trouble(message)
        except Exception:  # noqa: BLE001  whoever listens may be gone already; the recording goes on
            traceback.print_exc()


def _chunks(taken: Taken) -> Iterator[list[Observation]]:
    """In transactions of a size that lets commands through in between."""
    observations = (seen for batch in taken.batches for seen in batch)
    return (list(chunk) for chunk in batched(observations, MOST_ROWS))
