"""A SQLite connection that several threads share, one at a time, and whose failures explain themselves."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any

from .files import explained
from .schema import transaction


class SharedConnection:
    """One connection with its lock and the name of its store."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self.name = name
        self._connection = connection
        self._lock = RLock()
        connection.create_function("shown", 1, shown, deterministic=True)

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """All rows of the answer. Raises StoreError."""
        with self._lock, explained(self.name):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection within one transaction. Raises StoreError."""
        with self._lock, explained(self.name), transaction(self._connection):
            yield self._connection

    def interrupt(self) -> None:
        """Break off what runs."""
        self._connection.interrupt()

    def close(self) -> None:
        """Close it; again does nothing."""
        with self._lock:
            self._connection.close()


def shown(kept: str | bytes | None) -> str | None:
    """For SQL: bytes that are not UTF-8 as latin-1 text, text as it is."""
    return kept.decode("latin-1") if isinstance(kept, bytes) else kept
