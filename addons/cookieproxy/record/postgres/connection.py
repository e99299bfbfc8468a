"""A connection that several threads share, one at a time; made when it is needed, and anew when it was lost."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from select import select
from threading import RLock
from typing import Any

import psycopg
from psycopg import sql

from ..protocol import StoreError
from .address import Address
from .failures import explained

CONNECT_SECONDS = 5
"""How long a server may take to answer, unless the address says otherwise (`connect_timeout`)."""
SILENT_MS = 15_000
"""After so long without an answer to what was sent, a connection counts as lost."""
STUCK_SECONDS = 30
"""How long a transaction may stand still, or a statement wait for others."""
SLOW_SECONDS = 0.5
"""Who could not connect and had to wait so long for that is not tried again for a while."""
PAUSE_SECONDS = 2.0
OLDEST_SERVER = 130_000

type Cursor = psycopg.Cursor[tuple[Any, ...]]
type Native = psycopg.Connection[tuple[Any, ...]]

PROGRAM = "cookie-proxy"


class Connection:
    """One connection with its lock and the name of its store."""

    def __init__(self, address: Address, reads_only: bool, greet: Callable[[Cursor], None] = lambda _: None) -> None:
        """`greet` is done once with each new connection."""
        self.name = address.name
        self._address = address
        self._reads_only = reads_only
        self._greet = greet
        self._lock = RLock()
        self._native: Native | None = None
        self._closed = False
        self._not_before = 0.0
        self._refusal: StoreError | None = None

    def rows(self, query: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[Any]:
        """All rows of the answer; asked once more if the connection was lost since it was used last. Raises StoreError."""
        with self._lock:
            was_open = self._native is not None and not self._native.closed
            try:
                return self._rows(query, values)
            except StoreError:
                if not was_open or self._native is None or not self._native.closed:
                    raise
                return self._rows(query, values)

    def _rows(self, query: str, values: Sequence[object] | Mapping[str, object]) -> list[Any]:
        with explained(self.name), self._opened().cursor() as cursor:
            return cursor.execute(query.encode(), values or None).fetchall()

    @contextmanager
    def writing(self) -> Iterator[Cursor]:
        """A cursor within one transaction: all or nothing. Raises StoreError."""
        with self._lock, explained(self.name):
            native = self._opened()
            with native.transaction(), native.cursor() as cursor:
                if self._reads_only:
                    cursor.execute("SET TRANSACTION READ WRITE")
                yield cursor

    @contextmanager
    def snapshot(self) -> Iterator[Callable[[str, Sequence[object]], list[Any]]]:
        """Runs several questions that all see the same moment. Raises StoreError."""
        with self._lock:
            self.rows("SELECT 1")  # finds out whether the connection was lost
            with explained(self.name):
                native = self._opened()
                with native.transaction(), native.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    yield lambda query, values: cursor.execute(query.encode(), values or None).fetchall()

    def was_notified(self) -> bool:
        """Whether anything was sent to a channel it listens to; asks nobody. Raises StoreError."""
        with self._lock, explained(self.name):
            return sum(1 for _ in self._opened().notifies(timeout=0)) > 0

    def open(self) -> None:
        """Connect, if it is not connected. Raises StoreError."""
        if self._native is None or self._native.closed:
            with self._lock:
                self._opened()

    def wait(self, wake: int, seconds: float) -> Iterator[str]:
        """Wait until the server says something by itself, or `wake` can be read: what was notified. Raises StoreError.

        Not what comes with an answer: that is for handlers.
        """
        with self._lock:
            native = self._native
            if native is None or native.closed:
                select([wake], [], [], seconds)
                return
            with explained(self.name):
                pgconn = native.pgconn
                if pgconn.socket in select([wake, pgconn.socket], [], [], seconds)[0]:
                    pgconn.consume_input()
                    while (notice := pgconn.notifies()) is not None:
                        yield notice.extra.decode()

    def break_off(self) -> None:
        """Whoever waits for an answer is told that the connection was lost; waits for nobody."""
        native = self._native
        if native is not None:
            with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(native.pgconn.socket)) as connected:
                connected.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give back its advisory locks and close it; again does nothing."""
        with self._lock:
            self._closed = True
            if self._native is not None and not self._native.closed:
                with suppress(psycopg.Error), self._native:  # the server would give them back a little later
                    self._native.execute("SELECT pg_advisory_unlock_all()")

    def _opened(self) -> Native:
        if self._native is not None and not self._native.closed:
            return self._native
        if self._closed:
            raise StoreError(self.name, "it was closed", "Open it again.")
        if self._refusal is not None and time.monotonic() < self._not_before:
            raise self._refusal
        start = time.monotonic()
        try:
            self._native = self._connected()
        except StoreError as error:
            if time.monotonic() - start > SLOW_SECONDS:
                self._refusal, self._not_before = error, time.monotonic() + PAUSE_SECONDS
            raise
        return self._native

    def _connected(self) -> Native:
        with explained(self.name):
            native = psycopg.connect(
                **{"connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": SILENT_MS}  # type: ignore[arg-type]  # libpq's own
                | self._address.parameters
                | {"application_name": f"{PROGRAM} {os.getpid()}", "client_encoding": "utf8"},
                autocommit=True,
            )
            try:
                self._check(native)
                with native.cursor() as cursor:
                    self._settle(cursor)
                    self._greet(cursor)
            except BaseException:
                native.close()
                raise
        return native

    def _check(self, native: Native) -> None:
        if native.info.server_version < OLDEST_SERVER:
            raise StoreError(self.name, "the server is older than PostgreSQL 13", "Use a newer one.")
        encoding = native.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StoreError(
                self.name,
                f"the database keeps text as {encoding}",
                "Make one that keeps UTF-8: `createdb -T template0 -E UTF8 NAME`.",
            )

    def _settle(self, cursor: Cursor) -> None:
        settings = {
            "search_path": self._address.schema,
            "default_transaction_read_only": "on" if self._reads_only else "off",
            "idle_in_transaction_session_timeout": f"{STUCK_SECONDS}s",
            "lock_timeout": f"{STUCK_SECONDS}s",
        }
        calls = sql.SQL(", ").join(sql.SQL("set_config({}, {}, false)").format(*each) for each in settings.items())
        cursor.execute(sql.SQL("SELECT {}").format(calls))
