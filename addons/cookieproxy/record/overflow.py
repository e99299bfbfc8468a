"""What waits for a database that is slow or gone, in its order: in the writer's hands, behind that in files, behind that in memory.

While the writer is stuck, a thread moves what waits in memory to files (`spill`) as soon as half of the room is taken. The writer
takes what is in files before what is in memory, so that the order holds, and first what dead processes left. Each batch is
numbered when it leaves memory, for the writer or for a file, and bears that number into the store (`once`), which writes it once.
"""

import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import batched
from pathlib import Path
from threading import Event, Lock, Thread
from typing import NamedTuple

from ..core.events import Observation
from .intake import Intake, Taken
from .once import OnceStore, Receipt
from .packing import Batch, packed
from .spill import MOST_BYTES, Frame, Spill

MOST_ROWS = 5_000
"""Observations in one transaction."""
FRAME_ROWS = 500
"""Observations in one frame: while one is made into octets, nothing else runs."""
NUMBERS = 8_192
"""From one batch's number to the next's. Those between are for the batch's parts, should they have to be written one by one; its
own is the highest, so that after some of them it can be tried again whole."""

ADOPT_SECONDS = 30.0
"""Between two looks for files of processes that died."""

type Chosen = Callable[[list[Observation]], Batch | None]
"""What of these is recorded, masked; None if nothing."""
type Tell = Callable[[str], None]


class Numbered(NamedTuple):
    """A batch for one transaction."""

    number: int
    observations: list[Observation]


class FromMemory(NamedTuple):
    """What waited in memory."""

    taken: Taken
    batches: list[Numbered]


class FromFile(NamedTuple):
    """The next of what waited in a file."""

    spill: Spill
    frame: Frame

    @property
    def receipt(self) -> Receipt:
        """By what the store knows it."""
        return Receipt(self.spill.name, self.frame.number)


class Overflow:
    """What waits for one store."""

    def __init__(
        self,
        store: OnceStore,
        intake: Intake,
        folder: Path,
        name: str,
        chosen: Chosen,
        tell: Tell,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """`name` says in hexadecimal digits which store it is, among all that have files in that folder."""
        self.spilled = 0
        """Observations that went to files."""
        self.loaded = 0
        """Observations that came from files into the store, those of dead processes included."""
        self.lost = 0
        """Observations that could not be put into a file for a fault of ours, or for one of the disk at the end."""
        self.refused = 0
        """Changes of jars and sessions in files that another process was ahead of."""
        self.is_caught_up = Event()
        """Set once what dead processes had left at the start is in the store."""
        self._store = store
        self._intake = intake
        self._folder = folder
        self._name = name
        self._chosen = chosen
        self._tell = tell
        self._order = Lock()
        self._number = 0
        self._own = Spill(folder, name, most_bytes)
        self._left: deque[Spill] = deque()
        self._done: list[str] = []
        """Spills of dead processes that are in the store."""
        self._puts: deque[tuple[int, int]] = deque()
        """After which number of ours how many puts are in the store."""
        self._is_spilling = False
        self._failed = False
        self._closing = False
        intake.crowded_at = intake.room_bytes // 2
        self._adopt()
        if not self._left:
            self.is_caught_up.set()
        self._thread = Thread(target=self._run, name="cookies-spill", daemon=True)
        self._thread.start()

    @property
    def waiting_bytes(self) -> int:
        """What waits in files, on disk."""
        return self._own.bytes + sum(spill.bytes for spill in tuple(self._left))

    @property
    def name(self) -> str:
        """Of the receipts of this process."""
        return self._own.name

    # -- for the writer ------------------------------------------------------------------------------------------------

    def take(self) -> FromMemory | FromFile | None:
        """What is to be written next; None if nothing waits."""
        with self._order:
            while self._left:
                if (frame := self._left[0].first()) is not None:
                    return FromFile(self._left[0], frame)
                self._let_go(self._left.popleft())
            self.is_caught_up.set()
            if (frame := self._own.first()) is not None:
                return FromFile(self._own, frame)
            self._say_damaged(self._own)
            if self._is_spilling:
                self._is_spilling = False
                self._tell("what waited in files is recorded, and nothing waits there any more")
            self._intake_done(self._number)
            taken = self._intake.take()
            batches = [Numbered(self._next(), chunk) for chunk in _chunks(taken.batches, MOST_ROWS)]
            if not batches:
                self._intake.written(taken)
                return None
            return FromMemory(taken, batches)

    def have_written(self, item: FromMemory) -> None:
        """What came from memory is in the store."""
        self._intake.written(item.taken)

    def have_loaded(self, item: FromFile) -> None:
        """What came from a file is in the store, or is given up."""
        self.loaded += item.frame.observations
        item.spill.remove_first(item.frame)
        if item.spill is self._own:
            self._intake_done(item.frame.number)

    def keep(self, batches: Iterable[Numbered]) -> None:
        """The process ends: put what the writer could not write, and all that waits in memory, into files."""
        with self._order:
            frames = [frame for batch in batches for frame in self._frames(batch.observations, batch.number)]
            try:
                self._own.put_first(frames)
                self.spilled += sum(frame.observations for frame in frames)
            except OSError as error:
                self.lost += sum(frame.observations for frame in frames)
                self._say_disk_failed(error)
            self._spill(is_last=True)

    def leave(self, observations: list[Observation]) -> None:
        """Put these into files, so that of states only what is newer than the store's is written: whenever that may be."""
        with self._order:
            try:
                for chunk in _chunks([observations], FRAME_ROWS):
                    for frame in self._frames(chunk, self._next()):
                        self._own.append(frame)
                        self.spilled += frame.observations
            except OSError as error:
                self._say_disk_failed(error)

    def tidy(self) -> None:
        """Now and then: take over what others left, and tell the store whose names will not come again. Raises StoreError."""
        if time.monotonic() >= self._adopt_at:
            self._adopt()
        self._forget_done()

    def _forget_done(self) -> None:
        while self._done:
            self._store.forget_receipts(self._done[-1])
            self._done.pop()

    def close(self) -> None:
        """End the thread. What is in files stays there; without any, the store needs to know nothing of us. Raises StoreError."""
        self._closing = True
        self._intake.crowded.set()
        self._thread.join()
        if self._own.first() is None:
            self._done.append(self._own.name)
        for spill in (self._own, *self._left):
            spill.close()
        self._forget_done()

    # -- in the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            self._intake.crowded.wait()
            self._intake.crowded.clear()
            if self._closing:
                return
            try:
                with self._order:
                    self._spill()
            except Exception:  # noqa: BLE001  a bug of ours: said, and what comes is dropped and counted when there is no room
                self._tell(f"the recorder failed at its files\n{traceback.format_exc()}")

    def _spill(self, is_last: bool = False) -> None:
        if self._own.is_full and not is_last:
            self._say_failed(f"the files in {self._folder} are full")
            return
        taken = self._intake.take()
        chunks = deque(_chunks(taken.batches, FRAME_ROWS))
        while chunks:
            frames = self._frames(chunks[0], self._next())
            try:
                for frame in frames:
                    self._own.append(frame)
                    self.spilled += frame.observations
            except OSError as error:
                self._say_disk_failed(error)
                if not is_last:
                    self._intake.put_back(taken, [seen for chunk in chunks for seen in chunk])
                    return
                self.lost += sum(map(len, chunks))
                return
            chunks.popleft()
        self._failed = False
        self._intake.moved(taken)
        self._puts.append((self._number, taken.puts))
        if not self._is_spilling and taken.batches:
            self._is_spilling = True
            self._tell(f"what waits to be recorded goes to files in {self._folder}")

    def _frames(self, observations: list[Observation], number: int) -> Iterator[Frame]:
        """The frame of these; or one for each, if there is one among them that cannot be packed for a fault of ours."""
        try:
            batch = self._chosen(observations)
            if batch is not None:
                yield Frame(number, len(observations), packed(batch))
        except Exception:  # noqa: BLE001  it is reported with its traceback, and must not take the others with it
            if len(observations) == 1:
                self.lost += 1
                self._tell(f"one {type(observations[0]).__name__} could not be kept\n{traceback.format_exc()}")
                return
            for place, one in enumerate(observations, 1):
                yield from self._frames([one], number - NUMBERS + place)

    def _adopt(self) -> None:
        """Take over what processes left that are not there any more."""
        self._adopt_at = time.monotonic() + ADOPT_SECONDS
        try:
            found = list(Spill.adopted(self._folder, self._name))
        except OSError as error:
            self._say_disk_failed(error)
            return
        with self._order:
            self._left += found

    # -- small things --------------------------------------------------------------------------------------------------

    def _next(self) -> int:
        self._number += NUMBERS
        return self._number

    def _intake_done(self, number: int) -> None:
        while self._puts and self._puts[0][0] <= number:
            self._intake.are_written(self._puts.popleft()[1])

    def _let_go(self, spill: Spill) -> None:
        self._say_damaged(spill)
        if self.refused:
            self._tell(f"{self.refused} changes in files were left out: other proxies have had those clients since")
            self.refused = 0
        spill.close()
        self._done.append(spill.name)

    def _say_damaged(self, spill: Spill) -> None:
        if spill.damaged:
            self._tell(
                f"{spill.damaged} octets in files in {self._folder} could not be read: they were cut off or damaged"
            )
            spill.damaged = 0

    def _say_disk_failed(self, error: OSError) -> None:
        self._say_failed(f"what waits cannot be put into {self._folder}: {error.strerror}")

    def _say_failed(self, why: str) -> None:
        if not self._failed:
            self._failed = True
            self._tell(f"{why}. What comes waits in memory as long as there is room, and then is not recorded.")


def _chunks(batches: Iterable[list[Observation]], most: int) -> Iterator[list[Observation]]:
    observations = (seen for batch in batches for seen in batch)
    return (list(chunk) for chunk in batched(observations, most))
