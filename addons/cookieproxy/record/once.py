"""What a store must be able to do beyond `Store` for batches to go through a file, and to be in it exactly once (R30, R40).

Each batch bears a receipt: the name of the process' spill, and a number above that of every batch before. The store keeps the
highest one of each spill in the transaction that writes the batch, and writes nothing under one that is not higher. So a batch
whose transaction ended nobody knows how, because the connection broke, may be tried again, and a file may be read again.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from ..core.events import Observation
from .leases import Lease
from .packing import Batch
from .values import Masker


class Receipt(NamedTuple):
    """By what a batch is known again."""

    spill: str
    number: int


@runtime_checkable
class OnceStore(Protocol):
    """Raises StoreError, and nothing is half done then."""

    def batch(self, observations: Sequence[Observation], masker: Masker) -> Batch:
        """What these come to, in the form that `write_batch` takes; asks nobody."""

    def write_once(self, observations: Sequence[Observation], masker: Masker, receipt: Receipt) -> frozenset[Lease]:
        """Keep these as `write` does, unless it has been done; leases that are lost, as `write` does."""

    def write_batch(self, batch: Batch, receipt: Receipt) -> frozenset[Lease]:
        """The same for what comes out of a file: of states only what is newer than what is there."""

    def break_off(self) -> None:
        """Whoever waits for an answer is told that the connection was lost; waits for nobody, and may be called from any thread."""

    def forget_receipts(self, spill: str) -> None:
        """Nothing will come any more that bears this name."""
