"""How a store is opened by its name.

The names: `sqlite:PATH` (relative paths start at the given folder), `postgresql://USER@HOST:PORT/DATABASE`, `memory:` (SQLite in
memory, gone with the process), and for our own use `temporary:` (the same, but what does not fit into a few megabytes lies in a
file without a name). What speaks to PostgreSQL is loaded when it is needed, and may be missing.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .names import POSTGRESQL, without_password
from .protocol import Answer, Command, Reader, Store, StoreError
from .readers import SqliteReader
from .sqlite import SqliteStore

if TYPE_CHECKING:
    from .postgres.address import Address

__all__ = [
    "Answer",
    "Command",
    "Reader",
    "Store",
    "StoreError",
    "file_now",
    "file_of",
    "is_elsewhere",
    "open_reader",
    "open_store",
    "without_password",
]

TEMPORARY = "temporary:"
USE = "Use `sqlite:PATH`, `postgresql://USER@HOST/DATABASE` or `memory:`."


def open_store(spec: str, base: Path) -> Store:
    """The store of this name, for its one writer; made if it does not exist. Raises StoreError."""
    if spec == TEMPORARY:
        return SqliteStore.in_memory(spills=True)
    if spec.startswith(POSTGRESQL):
        address = _address(spec)
        from .postgres.store import PostgresStore

        return PostgresStore(address)
    scheme, path = _parse(spec)
    return SqliteStore.in_memory() if scheme == "memory" else SqliteStore.in_file(base / path)


def open_reader(spec: str, base: Path) -> Reader:
    """The store of this name, to be read only; never made. Raises StoreError."""
    if spec.startswith(POSTGRESQL):
        address = _address(spec)
        from .postgres.reader import PostgresReader

        return PostgresReader(address)
    scheme, path = _parse(spec)
    if scheme == "memory":
        raise StoreError(spec, "it is in the memory of another process", "Give the proxy a store in a file.")
    return SqliteReader(base / path)


def is_elsewhere(spec: str) -> bool:
    """True if others write into the store of this name, too, and an answer of it may take a while."""
    return spec.startswith(POSTGRESQL)


def file_of(spec: str, base: Path) -> Path | None:
    """The file of the store of this name, if it has one."""
    scheme, _, path = spec.partition(":")
    return base / path if scheme == "sqlite" else None


def file_now(spec: str, base: Path) -> tuple[int, int] | None:
    """What is at the store's path, equal as long as it is the same file; None if nothing is, or the store has no file."""
    path = file_of(spec, base)
    if path is None:
        return None
    try:
        status = os.stat(path)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def _address(spec: str) -> "Address":
    try:
        from .postgres import address
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("psycopg", "") or not error.args:
            raise
        raise StoreError(
            without_password(spec),
            "psycopg, which speaks to PostgreSQL, is missing or cannot be loaded",
            "Install it beside mitmproxy: `python -m pip install 'psycopg[binary]'`.",
        ) from None
    return address.parse(spec)


def _parse(spec: str) -> tuple[str, str]:
    scheme, colon, path = spec.partition(":")
    if spec == "memory:" or (scheme == "sqlite" and path):
        return scheme, path
    if not colon and scheme:
        raise StoreError(spec, "a store's name begins with its kind", f"Did you mean `sqlite:{spec}`?")
    raise StoreError(spec, "there is no such kind of store", USE)
