"""What is thrown away, oldest first, when it is too old or too much (`record: keep:` and `max_bytes:`).

Works in slices, so that the writer can go on between them. Cookies that are in a jar now are never touched, nor are clients
that have such, nor cookieless sessions that go on; what cookieless sessions hold that are over is closed. Sessions of applications
go by their end or, as nobody may ever see that, by their last use; findings by when they were last seen.
"""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

import sqlite3

from .jars import close_ended

_TABLES = (
    ("set_cookie_rows", "seq", "time"),
    ("request_rows", "seq", "time"),
    ("event_rows", "seq", "time"),
    ("jar_rows", "id", "valid_to"),
    ("session_rows", "session", "ended"),
    ("tracked_rows", "number", "coalesce(ended, last_seen)"),
    ("finding_rows", "number", "last_seen"),
    ("host_rows", "host", "seen"),
)
"""Each table of what is past, its primary key, and the column or term that says when it was (Unix seconds, indexed)."""

_WORD_COLUMNS = {
    "client_rows": "client",
    "set_cookie_rows": "client site host event reason sentence jar scheme value_form",
    "request_rows": "client site host scheme method party value_form",
    "event_rows": "client site host event reason sentence jar rule value_form",
    "jar_rows": "client jar site",
    "session_rows": "client site",
    "tracked_rows": "client site host end_cause policy renewal recognised",
    "host_rows": "host site",
    "finding_rows": 'code severity site host client advice "references"',
}
"""Each table with its columns of numbers from `words`."""

_FORGET_CLIENTS = """DELETE FROM client_rows WHERE last_seen <= ? AND NOT EXISTS (
    SELECT 1 FROM jar_rows WHERE jar_rows.client = client_rows.client AND valid_to IS NULL)"""


def prune(
    connection: sqlite3.Connection, now: float, keep_seconds: float | None, max_bytes: int | None, most: int
) -> int:
    """Remove about `most` rows older than `keep_seconds`, else the oldest ones above `max_bytes`; how many there were."""
    close_ended(connection)  # before their rows go, which say that they are over
    removed = 0
    if keep_seconds is not None:
        removed += _remove_until(connection, now - keep_seconds, most)
        removed += connection.execute(_FORGET_CLIENTS, (now - keep_seconds,)).rowcount
    if not removed and max_bytes is not None and used_bytes(connection) > max_bytes:
        removed += _remove_until(connection, _cutoff(connection, most), most)
    if removed:
        connection.execute("PRAGMA incremental_vacuum").fetchall()
    return removed


def forget_words(connection: sqlite3.Connection, at_least: int) -> int:
    """Remove the words that no row has any more, if there are so many words at all; how many they were. Reads every row."""
    if connection.execute("SELECT count(*) FROM words").fetchone()[0] < at_least:
        return 0
    used = " UNION ALL ".join(
        f"SELECT {column} AS word FROM {table}"
        for table, columns in _WORD_COLUMNS.items()
        for column in columns.split()
    )
    return connection.execute(
        f"DELETE FROM words WHERE id NOT IN (SELECT word FROM ({used}) WHERE word NOT NULL)"
    ).rowcount


def used_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of the file that are in use."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _remove_until(connection: sqlite3.Connection, cutoff: float, most: int) -> int:
    """Remove what happened until the cutoff, at most so many rows of each table."""
    return sum(
        connection.execute(
            f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {when} <= ? ORDER BY {when} LIMIT ?)",
            (cutoff, most),
        ).rowcount
        for table, key, when in _TABLES
    )


def _cutoff(connection: sqlite3.Connection, most: int) -> float:
    """The time until which about `most` rows lie in the table that begins first; minus infinity if all tables are empty."""
    beginnings = {table: first for table in _TABLES if (first := _nth_time(connection, *table, 0)) is not None}
    if not beginnings:
        return float("-inf")
    oldest = min(beginnings, key=lambda table: beginnings[table])
    nth = _nth_time(connection, *oldest, most)
    return _last_time(connection, *oldest) if nth is None else nth


def _nth_time(connection: sqlite3.Connection, table: str, key: str, when: str, index: int) -> float | None:
    query = f"SELECT {when} FROM {table} WHERE {when} IS NOT NULL ORDER BY {when} LIMIT 1 OFFSET ?"
    found = connection.execute(query, (index,)).fetchone()
    return None if found is None else float(found[0])


def _last_time(connection: sqlite3.Connection, table: str, key: str, when: str) -> float:
    return float(connection.execute(f"SELECT max({when}) FROM {table}").fetchone()[0])
