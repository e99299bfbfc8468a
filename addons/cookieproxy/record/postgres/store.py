"""The PostgreSQL store as a proxy that writes into it knows it; others may write into it at the same time (R30, R40)."""

import os
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from ...core.events import Observation
from ..leases import NOTHING_LOST, Lease
from ..once import Receipt
from ..packing import Batch
from ..protocol import Answer, Command
from ..rows import Rows
from ..values import Masker, ValuePolicy, keyed_hash
from . import commands, receipts
from .address import Address
from .connection import Connection, Cursor
from .failures import Crossed
from .leases import PostgresLeases
from .locks import holders, say_alive
from .newer import only_newer
from .reader import PostgresReading
from .retention import prune
from .schema import migrate, read_settings
from .text import Verbatim
from .writing import write_rows

TRIES = 6
"""Of a batch that another proxy's crossed."""
LONGEST_PAUSE_SECONDS = 0.05
"""Before the second try; each later one may wait as long again. By chance, so that the two do not cross again."""


class PostgresStore(PostgresReading):
    """A PostgreSQL database as one of its writers knows it."""

    def __init__(self, address: Address) -> None:
        """The store, made if it is not there. Raises StoreError."""
        super().__init__(address)
        self._writing = Connection(address, reads_only=False, greet=self._greet)
        self.leases = PostgresLeases(address)
        self._texts = Verbatim()
        self._may_have_commands = True
        try:
            migrate(self._writing, self._schema)
            self.leases.bury_dead()
            self._hash_key = bytes.fromhex(read_settings(self._writing)["hash_key"])
            if len(holders(self._writing, self._schema)) == 1:
                with self._writing.writing() as cursor:
                    commands.finish_stale(cursor, time.time())
        except BaseException:
            self.close()
            raise

    def _greet(self, cursor: Cursor) -> None:
        say_alive(cursor, self._schema)
        commands.listen(cursor, self._schema)
        self._may_have_commands = True

    def holder(self) -> int | None:
        """This process."""
        return os.getpid()

    def masker(self, policy: ValuePolicy) -> Masker:
        """The policy with this store's key."""
        return Masker(policy, self._hash_key)

    def hash_id(self, value: bytes) -> str:
        """The sixteen hexadecimal digits of this value's keyed hash, as hashed values have them."""
        return keyed_hash(value, self._hash_key)

    def write(self, observations: Sequence[Observation], masker: Masker) -> frozenset[Lease]:
        """Keep these, all or none, in one transaction. Raises StoreError if the database is in the way."""
        rows = self._rows(observations, masker)
        return self._tried(lambda cursor: write_rows(cursor, rows))

    def write_once(self, observations: Sequence[Observation], masker: Masker, receipt: Receipt) -> frozenset[Lease]:
        """Keep these as `write` does, unless it has been done."""
        rows = self._rows(observations, masker)
        return self._tried(
            lambda cursor: write_rows(cursor, rows) if receipts.is_new(cursor, receipt) else NOTHING_LOST
        )

    def batch(self, observations: Sequence[Observation], masker: Masker) -> Batch:
        """What these come to, in the form that `write_batch` takes; asks nobody."""
        rows = Rows(Verbatim(), masker, 0)
        rows.add(observations)
        return Batch(*(getattr(rows, name) for name in Batch._fields))

    def write_batch(self, batch: Batch, receipt: Receipt) -> frozenset[Lease]:
        """The same for what comes out of a file: of states only what is newer than what is there."""
        return self._tried(
            lambda cursor: (
                write_rows(cursor, only_newer(cursor, batch)) if receipts.is_new(cursor, receipt) else NOTHING_LOST
            )
        )

    def forget_receipts(self, spill: str) -> None:
        """Nothing will come any more that bears this name."""
        with self._writing.writing() as cursor:
            receipts.forget(cursor, spill)

    def _rows(self, observations: Sequence[Observation], masker: Masker) -> Rows:
        rows = Rows(self._texts, masker, 0)
        rows.add(observations)
        return rows

    def _tried(self, write: Callable[[Cursor], frozenset[Lease]]) -> frozenset[Lease]:
        """What it returns when no other proxy's transaction crosses it."""
        for number in range(1, TRIES):
            with suppress(Crossed), self._writing.writing() as cursor:
                return write(cursor)
            time.sleep(random.uniform(0, number * LONGEST_PAUSE_SECONDS))
        with self._writing.writing() as cursor:
            return write(cursor)

    def prune(self, now: float, keep_seconds: float | None, max_bytes: int | None, most: int) -> int:
        """Remove a slice of what is too old or too much, a chunk or about `most` rows at once; how many there were."""
        return prune(self._writing, self._schema, now, keep_seconds, max_bytes, most)

    def take_commands(self, now: float) -> list[Command]:
        """The commands that nobody has taken yet, which are now. Asks the database only when it said that there are some."""
        if not self._writing.was_notified() and not self._may_have_commands:
            return []
        with self._writing.writing() as cursor:
            taken = commands.take(cursor, now)
        self._may_have_commands = False
        return taken

    def finish(self, command: int, answer: Answer, now: float) -> None:
        """Write the answer to a command."""
        with self._writing.writing() as cursor:
            commands.finish(cursor, command, answer, now)

    def break_off(self) -> None:
        """Whoever waits for an answer of the database is told that the connection was lost; waits for nobody."""
        for connection in (self._writing, self._reading, self._asking, self.leases):
            connection.break_off()

    def close(self) -> None:
        """Let go of all connections, and with them of being alive; again does nothing."""
        super().close()
        self.leases.close()
        self._writing.close()
