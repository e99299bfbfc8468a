"""Partitions: what happened lies in chunks by the time of recording, a day each, less where much comes.

By that time and not by the rows' own, because old flows bring rows of any day: so there is always exactly one chunk that is
written to, the next one is made before it is needed, and the size of a chunk can be held. Each row says in which chunk it is.
"""

from typing import Any

from psycopg import sql

from .connection import Cursor

PARTITIONED = ("set_cookie_rows", "request_rows", "event_rows", "past_jar_rows")
CHUNK_SECONDS = 86_400.0
LEAST_CHUNK_BYTES = 16_000_000
MOST_CHUNK_BYTES = 1_000_000_000
CHUNKS_IN_ALL = 16
"""At least, of what `max_bytes` allows: throwing away the oldest takes no more than that part."""

_SIZE = "SELECT coalesce(sum(pg_total_relation_size(format('%%I', part)::regclass)), 0) FROM unnest(%s::text[]) AS part"
_CLOSE = """INSERT INTO chunks SELECT chunk, first_seq, next_seq, coalesce(last_time, opened, 0) FROM counter
    RETURNING chunk"""
_OPEN = "UPDATE counter SET chunk = chunk + 1, opened = %s, first_seq = next_seq, last_time = NULL"


def make_chunk(cursor: Cursor, chunk: int) -> None:
    """Make the tables of a chunk and attach them, which whoever writes at that time does not notice."""
    for table in PARTITIONED:
        names = {
            "part": sql.Identifier(_part(table, chunk)),
            "table": sql.Identifier(table),
            "chunk": sql.Literal(chunk),
        }
        cursor.execute(
            sql.SQL("CREATE TABLE {part} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)").format(**names)
        )
        cursor.execute(sql.SQL("ALTER TABLE {part} ADD CHECK (chunk = {chunk})").format(**names))
        cursor.execute(sql.SQL("ALTER TABLE {table} ATTACH PARTITION {part} FOR VALUES IN ({chunk})").format(**names))


def drop_chunk(cursor: Cursor, chunk: int) -> None:
    """Remove a closed chunk with all that is in it. Waits for whoever reads."""
    parts = sql.SQL(", ").join(sql.Identifier(_part(table, chunk)) for table in PARTITIONED)
    cursor.execute(sql.SQL("DROP TABLE {}").format(parts))
    cursor.execute("DELETE FROM chunks WHERE chunk = %s", (chunk,))


def size_of(cursor: Cursor, chunk: int) -> int:
    """Bytes that its tables and indexes take on disk."""
    parts = [_part(table, chunk) for table in PARTITIONED]
    return int(_one(cursor, _SIZE, (parts,)))


def chunk_bytes(max_bytes: int | None) -> int:
    """The size at which a chunk is closed, whatever its age."""
    if max_bytes is None:
        return MOST_CHUNK_BYTES
    return max(LEAST_CHUNK_BYTES, min(MOST_CHUNK_BYTES, max_bytes // CHUNKS_IN_ALL))


def turn_over(cursor: Cursor, now: float, max_bytes: int | None) -> bool:
    """Go on in the next chunk if this one is old or large enough; whether that was so.

    Writers wait only while the counter changes hands, which is done last.
    """
    found = cursor.execute("SELECT chunk, opened, next_seq > first_seq FROM counter").fetchone()
    assert found is not None, "a migration put it there"
    chunk, opened, has_rows = found
    if opened is None or not has_rows:
        cursor.execute("UPDATE counter SET opened = %s", (now,))
        return False
    if now - opened < CHUNK_SECONDS and size_of(cursor, chunk) < chunk_bytes(max_bytes):
        return False
    make_chunk(cursor, chunk + 2)
    cursor.execute("SELECT FROM counter FOR UPDATE")
    cursor.execute(_CLOSE)
    cursor.execute(_OPEN, (now,))
    return True


def _part(table: str, chunk: int) -> str:
    return f"{table}_{chunk}"


def _one(cursor: Cursor, query: str, values: tuple[object, ...] = ()) -> Any:
    found = cursor.execute(query.encode(), values or None).fetchone()
    return None if found is None else found[0]
