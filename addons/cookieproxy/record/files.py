"""SQLite files opened with care: checked before they are touched, private from birth, and every failure with its cause and remedy.

Knows files, modes and SQLite's ways to fail. Does not know what is in the tables, beyond the version they have.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .lock import Held, WriterLock, holder_of, lock_path
from .protocol import StoreError
from .schema import APPLICATION_ID, MIGRATIONS, migrate, schema_version

BUSY_TIMEOUT_MS = 2_000
"""How long a statement waits for another process's transaction; the command line's are very short."""

_MAGIC = b"SQLite format 3\0"

_CAUSES: dict[str, tuple[str, str]] = {
    "SQLITE_FULL": ("the disk is full", "Free some space, or give `cookies_store` a path on another disk."),
    "SQLITE_READONLY": (
        "the file or its folder is read-only",
        "Make both writable, or give `cookies_store` another path.",
    ),
    "SQLITE_CANTOPEN": ("it cannot be opened", "Check the permissions of the file and of its folder."),
    "SQLITE_BUSY": ("another program has locked it", "Close the other program that writes into it."),
    "SQLITE_LOCKED": ("another program has locked it", "Close the other program that writes into it."),
    "SQLITE_PROTOCOL": ("another program has locked it", "Close the other program that writes into it."),
    "SQLITE_NOTADB": (
        "it is not a SQLite file",
        "Give `cookies_store` the path of a new file; this one was left alone.",
    ),
    "SQLITE_CORRUPT": (
        "the file is damaged",
        "Move it away, or recover it with `sqlite3 FILE .recover`; it was left alone.",
    ),
    "SQLITE_IOERR": ("reading or writing failed", "Check the disk, and whether a size limit or quota is reached."),
    "SQLITE_PERM": ("access was denied", "Check the permissions of the file and of its folder."),
    "SQLITE_AUTH": ("access was denied", "Check the permissions of the file and of its folder."),
}
_UNKNOWN = ("SQLite failed", "Check the file with `sqlite3 FILE 'PRAGMA integrity_check'`.")


def failure(name: str, error: sqlite3.Error) -> StoreError:
    """SQLite's error as one that says what to do."""
    code = getattr(error, "sqlite_errorname", "")
    cause, remedy = _CAUSES.get("_".join(code.split("_")[:2]), _UNKNOWN)
    return StoreError(name, f"{cause} ({error})", remedy)


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Failures of the file as StoreError; failures of what was to be written rise as they are."""
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError, sqlite3.InterfaceError):
        raise
    except sqlite3.Error as error:
        raise failure(name, error) from error


def spec_of(path: Path) -> str:
    """The name of the store in this file."""
    return f"sqlite:{path}"


def open_for_writing(path: Path) -> tuple[sqlite3.Connection, WriterLock]:
    """The file at its newest version with the lock of its one writer; made, for its owner's eyes only, if it is not there."""
    _check(path)
    lock = _locked(path)
    try:
        with _readable_errors(path):
            _make_private(path)
        with explained(spec_of(path)):
            return _connected(path), lock
    except BaseException:
        lock.release()
        raise


def _connected(path: Path) -> sqlite3.Connection:
    connection = connect(path, "rw")
    try:
        check_version(connection, spec_of(path))
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection in autocommit mode that may be used from any thread, one at a time. `mode`: `rw`, `ro` or `ro&immutable=1`."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")  # touches no file, and so cannot fail
    return connection


def prepare(connection: sqlite3.Connection) -> None:
    """Settings and tables of a store, in a new file or one of an older version."""
    connection.execute("PRAGMA auto_vacuum = incremental")
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("PRAGMA synchronous = normal")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    migrate(connection)


def check_version(connection: sqlite3.Connection, name: str, oldest: int = 0) -> None:
    """Raise StoreError unless this is one of our files (or an empty one) of a version we know."""
    version = schema_version(connection)
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if application != APPLICATION_ID and not empty:
        raise StoreError(
            name,
            "it is another program's database",
            "Give `cookies_store` a path of its own; this file was left alone.",
        )
    if version > len(MIGRATIONS):
        raise StoreError(
            name,
            f"a newer Cookie Proxy wrote it (its schema has version {version}, this program knows {len(MIGRATIONS)})",
            "Use that version, or give `cookies_store` another path; this file was left alone.",
        )
    if version < oldest:
        raise StoreError(
            name, "an older Cookie Proxy wrote it", "Start the proxy with it once, which brings it up to date."
        )


def _check(path: Path) -> None:
    """Before anything opens it: SQLite takes a file shorter than its header for an empty one, and would overwrite it."""
    with _readable_errors(path):
        if path.is_dir():
            raise StoreError(spec_of(path), "it is a folder", f"Name a file in it: `sqlite:{path / 'cookies.db'}`.")
        if not path.parent.is_dir():
            raise StoreError(spec_of(path), f"there is no folder {path.parent}", f"Make it: `mkdir -p {path.parent}`.")
        if path.exists() and not _begins_right(path):
            raise StoreError(spec_of(path), *_CAUSES["SQLITE_NOTADB"])


def _begins_right(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) in (b"", _MAGIC)


def _locked(path: Path) -> WriterLock:
    try:
        with _readable_errors(lock_path(path)):
            return WriterLock(path)
    except Held as held:
        raise StoreError(
            spec_of(path),
            f"process {held.pid or 'unknown'} writes into it",
            f"Stop that proxy (`kill {held.pid or 'PID'}`), or give this one its own `cookies_store`.",
        ) from None


@contextmanager
def _readable_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            spec_of(path),
            f"{error.strerror or error}",
            "Check the permissions of the file and of its folder, and the space on the disk.",
        ) from error


def _make_private(path: Path) -> None:
    """An empty file that only its owner can read, whatever the umask; one that has something in it stays as it is."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_size == 0:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def open_for_reading(path: Path) -> sqlite3.Connection:
    """The file as it is, also while a proxy writes into it. Raises StoreError, also if it is missing: readers make nothing."""
    name = spec_of(path)
    with _readable_errors(path):
        if not path.exists():
            raise StoreError(
                name, "there is no such store yet", "Start the proxy, which makes it, or name another: `--store`."
            )
    _check(path)
    with explained(name):
        connection = _connected_reader(path)
        try:
            check_version(connection, name, oldest=len(MIGRATIONS))
        except BaseException:
            connection.close()
            raise
        return connection


def _connected_reader(path: Path) -> sqlite3.Connection:
    """Read-only; where SQLite may not make its side files and needs none, as a file that nobody changes."""
    try:
        return _tried(path, "ro")
    except sqlite3.OperationalError:
        wal = path.with_name(path.name + "-wal")
        if holder_of(path) is not None or (wal.exists() and wal.stat().st_size):
            raise
        return _tried(path, "ro&immutable=1")


def _tried(path: Path, mode: str) -> sqlite3.Connection:
    connection = connect(path, mode)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection
