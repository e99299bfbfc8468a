"""Writes what waits for a database, in memory and in files, in its order and once: the writer's hand where there are such files."""

import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import NamedTuple

from ..core.events import Observation
from .leases import Change, Lease
from .once import OnceStore, Receipt
from .overflow import NUMBERS, FromFile, FromMemory, Numbered, Overflow
from .packing import Batch, Unreadable, unpacked
from .pieces import Counts, write_in_pieces

MOST_AT_ONCE = 40
"""Batches between two looks for commands."""

type Insist = Callable[[Callable[[], object]], bool]
"""Does it again and again until the store does not fail; False if it failed until the end."""


class _Part(NamedTuple):
    """A frame of a file, or a piece of one."""

    receipt: Receipt
    batch: Batch


class Orderly:
    """Writes into one store."""

    def __init__(
        self,
        store: OnceStore,
        overflow: Overflow,
        insist: Insist,
        write_once: Callable[[list[Observation], Receipt], frozenset[Lease]],
        on_lost: Callable[[frozenset[Lease]], None],
        counts: Counts,
        tell: Callable[[str], None],
    ) -> None:
        """`write_once` leaves out what is not to be recorded, and masks the rest."""
        self._store = store
        self._overflow = overflow
        self._insist = insist
        self._write_once = write_once
        self._on_lost = on_lost
        self._counts = counts
        self._tell = tell

    def write_some(self, until: float | None) -> bool:
        """Write some of what waits; whether there may be more.

        With `until` (of the monotonic clock) this is the end: all that is not written by then goes to files.
        """
        overflow = self._overflow
        for _ in range(MOST_AT_ONCE) if until is None else count():
            if until is not None and time.monotonic() >= until:
                overflow.keep(())
                return False
            item = overflow.take()
            if item is None:
                return False
            left = self._left_of(item) if isinstance(item, FromMemory) else self._left_in_file(item)
            if left is not None:
                overflow.keep(left)
                return False
        return True

    def break_off(self) -> None:
        """Nobody is to wait for an answer any more; in any thread."""
        self._store.break_off()

    def _left_of(self, item: FromMemory) -> Sequence[Numbered] | None:
        """What was not written because the store failed until the end; None if all was."""
        for place, batch in enumerate(item.batches):
            if not write_in_pieces(batch, self._write, _singles, self._fault):
                return item.batches[place:]
        self._overflow.have_written(item)
        return None

    def _write(self, batch: Numbered) -> bool:
        receipt = Receipt(self._overflow.name, batch.number)
        if not self._insist(lambda: self._on_lost(self._write_once(batch.observations, receipt))):
            return False
        self._counts.written += len(batch.observations)
        return True

    def _fault(self, batch: Numbered, fault: str) -> None:
        self._counts.lost += 1
        self._tell(f"one {type(batch.observations[0]).__name__} could not be recorded\n{fault}")

    def _left_in_file(self, item: FromFile) -> Sequence[Numbered] | None:
        """The same for a frame; one that was not written stays in its file."""
        try:
            whole = _Part(item.receipt, unpacked(item.frame.octets))
        except Unreadable as error:
            self._counts.lost += item.frame.observations
            self._tell(f"{item.frame.observations} observations that waited in a file are lost: {error}")
        else:
            lost = self._counts.lost
            if not write_in_pieces(whole, self._write_part, _pieces, self._fault_in_file):
                return ()
            self._counts.written += max(0, item.frame.observations - (self._counts.lost - lost))
        self._overflow.have_loaded(item)
        return None

    def _write_part(self, part: _Part) -> bool:
        def write() -> None:
            lost = self._store.write_batch(part.batch, part.receipt)
            self._on_lost(lost)
            changes: list[Change] = [*part.batch.jar_changes, *(change for _, change in part.batch.session_changes)]
            self._overflow.refused += sum(Lease(each.client, each.fence) in lost for each in changes) if lost else 0

        return self._insist(write)

    def _fault_in_file(self, part: _Part, fault: str) -> None:
        self._counts.lost += 1
        self._tell(f"something that waited in a file could not be recorded\n{fault}")


def _singles(batch: Numbered) -> list[Numbered]:
    """Each observation by itself, with a number below that of the batch, which may be tried again whole."""
    first = batch.number - NUMBERS + 1
    return [Numbered(first + place, [one]) for place, one in enumerate(batch.observations)]


def _pieces(part: _Part) -> list[_Part]:
    spill, number = part.receipt
    first = number - NUMBERS + 1
    return [_Part(Receipt(spill, first + place), piece) for place, piece in enumerate(part.batch.singles())]
