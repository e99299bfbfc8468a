"""What is thrown away, oldest first, when it is too old or too much (`record: keep:` and `max_bytes:`).

What happened goes a chunk at a time: a table is dropped, and nothing has to be swept up. What is kept for less than two days goes
row by row besides, because a chunk is a day; so does what is too much when a single chunk is left. What is written over goes row by
row, by the same times as in SQLite (`record.retention`). Cookies that are in a jar now and their clients stay, and do not count.
"""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

from typing import Any

from .chunks import CHUNK_SECONDS, PARTITIONED, drop_chunk, turn_over
from .connection import Connection, Cursor
from .jars import close_ended
from .locks import PRUNING, try_lock_for_transaction

LOCK_MS = 1_000
"""How long dropping a chunk waits for readers, and who comes later for it."""
ROW_BYTES = 60
"""What a row takes beside its columns: its header, and its share of the indexes."""

_PAST = tuple((table, "valid_to" if table == "past_jar_rows" else "time") for table in PARTITIONED)
_STATES = (
    ("session_rows", "ended"),
    ("tracked_rows", "coalesce(ended, last_seen)"),
    ("finding_rows", "last_seen"),
    ("host_rows", "seen"),
)
"""Each table with the column or term that says when it was (Unix seconds, indexed)."""

_FORGET_CLIENTS = """DELETE FROM client_rows WHERE last_seen <= %s AND NOT EXISTS (
    SELECT 1 FROM jar_rows WHERE jar_rows.client = client_rows.client)"""
_FORGET_LEASES = "DELETE FROM lease_rows WHERE owner IS NULL AND since <= %s"
_OLDEST = "SELECT chunk, end_seq - first_seq, last_time FROM chunks ORDER BY chunk LIMIT 1"
_USED = f"""SELECT coalesce(sum(pg_total_relation_size(part)), 0) FROM (VALUES {", ".join(f"('{table}')" for table, _ in _STATES)})
    AS state (name), LATERAL (SELECT name::regclass AS part) AS named"""
_USED_BY_CHUNKS = f"""SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0) FROM pg_inherits
    WHERE inhparent IN ({", ".join(f"'{table}'::regclass" for table in PARTITIONED)})"""


def prune(
    connection: Connection, schema: str, now: float, keep_seconds: float | None, max_bytes: int | None, most: int
) -> int:
    """Remove a chunk, or about `most` rows, older than `keep_seconds`, else the oldest above `max_bytes`; how many there were.

    One proxy does it at a time; the others have nothing to do meanwhile. Raises StoreError.
    """
    with connection.writing() as cursor:
        if not try_lock_for_transaction(cursor, PRUNING, schema):
            return 0
        close_ended(cursor)  # before their rows go, which say that they are over
        turn_over(cursor, now, max_bytes)
        removed = 0 if keep_seconds is None else _remove_rows(cursor, now - keep_seconds, keep_seconds, most)
    if keep_seconds is not None:
        removed += _drop_oldest(connection, schema, now - keep_seconds)
    if not removed and max_bytes is not None:
        removed = _remove_excess(connection, schema, max_bytes, most)
    return removed


def _remove_rows(cursor: Cursor, cutoff: float, keep_seconds: float, most: int) -> int:
    """Remove what happened until the cutoff, at most so many rows of each table."""
    tables = (*_PAST, *_STATES) if keep_seconds < 2 * CHUNK_SECONDS else _STATES
    removed = sum(_remove_until(cursor, *table, cutoff, most) for table in tables)
    cursor.execute(_FORGET_LEASES, (cutoff,))
    return removed + cursor.execute(_FORGET_CLIENTS, (cutoff,)).rowcount


def _drop_oldest(connection: Connection, schema: str, cutoff: float) -> int:
    """Drop the oldest closed chunk if all of it is from before the cutoff; how many events were in it, at least 1."""
    with connection.writing() as cursor:
        if not try_lock_for_transaction(cursor, PRUNING, schema):
            return 0
        oldest = cursor.execute(_OLDEST).fetchone()
        if oldest is None or oldest[2] > cutoff:
            return 0
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MS}".encode())
        drop_chunk(cursor, oldest[0])
        return max(1, int(oldest[1]))


def _remove_excess(connection: Connection, schema: str, max_bytes: int, most: int) -> int:
    with connection.writing() as cursor:
        if used_bytes(cursor) <= max_bytes:
            return 0
    if dropped := _drop_oldest(connection, schema, float("inf")):
        return dropped
    with connection.writing() as cursor:
        if not try_lock_for_transaction(cursor, PRUNING, schema) or _live_bytes(cursor) <= max_bytes:
            return 0
        cutoff = _cutoff(cursor, most)
        return sum(_remove_until(cursor, *table, cutoff, most) for table in (*_PAST, *_STATES))


def used_bytes(cursor: Cursor) -> int:
    """Bytes on disk of everything that may be thrown away."""
    return int(_one(cursor, _USED)) + int(_one(cursor, _USED_BY_CHUNKS))


def _live_bytes(cursor: Cursor) -> int:
    """Bytes of the rows that are there: what was deleted row by row still lies on disk. Reads them all."""
    return sum(
        int(_one(cursor, f"SELECT coalesce(sum(pg_column_size(kept.*) + {ROW_BYTES}), 0) FROM {table} AS kept"))
        for table, _ in (*_PAST, *_STATES)
    )


def _remove_until(cursor: Cursor, table: str, when: str, cutoff: float, most: int) -> int:
    """Remove what happened until the cutoff, at most so many rows."""
    found = f"SELECT tableoid, ctid FROM {table} WHERE {when} <= %s ORDER BY {when} LIMIT %s"
    return cursor.execute(f"DELETE FROM {table} WHERE (tableoid, ctid) IN ({found})".encode(), (cutoff, most)).rowcount


def _cutoff(cursor: Cursor, most: int) -> float:
    """The time until which about `most` rows lie in the table that begins first; minus infinity if all tables are empty."""
    tables = (*_PAST, *_STATES)
    beginnings = {table: first for table in tables if (first := _nth_time(cursor, *table, 0)) is not None}
    if not beginnings:
        return float("-inf")
    oldest = min(beginnings, key=lambda table: beginnings[table])
    nth = _nth_time(cursor, *oldest, most)
    return float(_one(cursor, f"SELECT max({oldest[1]}) FROM {oldest[0]}")) if nth is None else nth


def _nth_time(cursor: Cursor, table: str, when: str, index: int) -> float | None:
    query = f"SELECT {when} FROM {table} WHERE {when} IS NOT NULL ORDER BY {when} LIMIT 1 OFFSET {index}"
    found = _one(cursor, query)
    return None if found is None else float(found)


def _one(cursor: Cursor, query: str) -> Any:
    found = cursor.execute(query.encode()).fetchone()
    return None if found is None else found[0]
