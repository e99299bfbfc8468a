"""The SQLite store: in a file or in memory, written by one thread, read beside it (R30).

Rows go in many at a time by one statement: sqlite3 lets go of the interpreter for each step of a statement, and a writer thread
that has to win it back for every row slows a busy event loop down and hardly gets on itself.
"""

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from ..core.events import Observation
from . import commands
from .bulk import insert_all
from .connection import SharedConnection
from .files import connect, explained, open_for_writing, prepare, spec_of
from .leases import NOTHING_LOST, Lease
from .lock import WriterLock
from .protocol import Answer, Command
from .readers import SqliteReading
from .retention import forget_words, prune
from .rows import EVENT_COLUMNS, REQUEST_COLUMNS, SET_COOKIE_COLUMNS, Rows
from .sessions import write_changes
from .tracked import write_findings, write_hosts, write_sessions
from .values import Masker, ValuePolicy, keyed_hash
from .words import Words

_CLIENT_SEEN = """INSERT INTO client_rows (client, address, user_agent, profile, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (client) DO UPDATE SET address = excluded.address, user_agent = excluded.user_agent, profile = excluded.profile,
    first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)"""
_HASH_KEY = "SELECT value FROM settings WHERE name = 'hash_key'"
_NEXT_SEQ = "SELECT coalesce((SELECT value FROM settings WHERE name = 'next_seq'), 1)"
_KEEP_NEXT_SEQ = "INSERT INTO settings VALUES ('next_seq', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"

FORGET_WORDS_SECONDS = 86_400.0
FORGET_WORDS_ROWS = 20_000
"""Once a day, if there are so many words, those that nothing needs any more are removed, which reads the whole file."""


class SqliteStore(SqliteReading):
    """A SQLite database as its one writer knows it."""

    leases = None
    """One process has the file, and with it every client."""

    def __init__(
        self, writing: sqlite3.Connection, reading: sqlite3.Connection, name: str, lock: WriterLock | None
    ) -> None:
        self._writing = SharedConnection(writing, name)
        super().__init__(self._writing if reading is writing else SharedConnection(reading, name))
        self._words = Words(writing)
        self._lock = lock
        self._data_version = -1
        self._forget_words_at = time.time() + FORGET_WORDS_SECONDS
        self._hash_key: bytes = self._writing.rows(_HASH_KEY)[0][0]
        self._next_seq: int = self._writing.rows(_NEXT_SEQ)[0][0]
        with self._writing.writing() as connection:
            commands.finish_stale(connection, time.time())

    @classmethod
    def in_file(cls, path: Path) -> "SqliteStore":
        """The store in this file, made if it is not there. Raises StoreError."""
        writing, lock = open_for_writing(path)
        with ExitStack() as undo:
            undo.callback(lock.release)
            undo.enter_context(closing(writing))
            with explained(spec_of(path)):
                reading = undo.enter_context(closing(connect(path, "rw")))
                reading.execute("PRAGMA query_only = 1")
            store = cls(writing, reading, spec_of(path), lock)
            undo.pop_all()
        return store

    @classmethod
    def in_memory(cls, spills: bool = False) -> "SqliteStore":
        """A store of this process alone. One that spills keeps what is much in a file that nobody else can open."""
        place = "" if spills else ":memory:"
        connection = sqlite3.connect(place, isolation_level=None, check_same_thread=False, cached_statements=256)
        prepare(connection)
        return cls(connection, connection, "memory:", None)

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
        """Keep these, all or none, in one transaction. Raises StoreError if the file is in the way."""
        try:
            with self._writing.writing() as connection:
                rows = Rows(self._words, masker, self._next_seq)
                rows.add(observations)
                self._insert(connection, rows)
        except BaseException:
            self._words.forget()
            raise
        self._next_seq = rows.next_seq
        return NOTHING_LOST

    def _insert(self, connection: sqlite3.Connection, rows: Rows) -> None:
        insert_all(connection, "set_cookie_rows", SET_COOKIE_COLUMNS, rows.set_cookies)
        insert_all(connection, "request_rows", REQUEST_COLUMNS, rows.requests)
        insert_all(connection, "event_rows", EVENT_COLUMNS, rows.events)
        connection.executemany(_CLIENT_SEEN, rows.clients)
        write_changes(connection, self._words, rows.jar_changes, rows.session_changes)
        write_sessions(connection, self._words, rows.sessions)
        write_findings(connection, self._words, rows.findings)
        write_hosts(connection, self._words, rows.hosts)
        if rows.next_seq != self._next_seq:
            connection.execute(_KEEP_NEXT_SEQ, (rows.next_seq,))

    def prune(self, now: float, keep_seconds: float | None, max_bytes: int | None, most: int) -> int:
        """Remove a slice of what is too old or too much, about `most` rows at once; how many there were. Jars stay."""
        with self._writing.writing() as connection:
            removed = prune(connection, now, keep_seconds, max_bytes, most)
            if not removed and now >= self._forget_words_at:
                self._forget_words_at = now + FORGET_WORDS_SECONDS
                self._words.forget()
                forget_words(connection, FORGET_WORDS_ROWS)
            return removed

    def post(self, name: str, args: str, now: float) -> int:
        """Put a command before the writer; its id."""
        with self._writing.writing() as connection:
            self._data_version = -1
            return commands.post(connection, name, args, now)

    def take_commands(self, now: float) -> list[Command]:
        """The commands that nobody has taken yet, which are now. Costs next to nothing while nobody else writes into the file."""
        version = self._writing.rows("PRAGMA data_version")[0][0]
        if version == self._data_version:
            return []
        with self._writing.writing() as connection:
            taken = commands.take(connection, now)
        self._data_version = version
        return taken

    def finish(self, command: int, answer: Answer, now: float) -> None:
        """Write the answer to a command."""
        with self._writing.writing() as connection:
            commands.finish(connection, command, answer, now)

    def close(self) -> None:
        """Let go of the file and its lock; again does nothing."""
        super().close()
        self._writing.close()
        if self._lock is not None:
            self._lock.release()
