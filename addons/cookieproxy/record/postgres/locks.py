"""Advisory locks: for each purpose one for every store in a database.

Their first number is the purpose, their second a hash of the schema's name; two stores with the same hash would wait for each
other now and then, and that is all.
"""

from .connection import PROGRAM, Connection, Cursor

MIGRATING = 1_131_105_617
"""Whoever makes or changes tables. The purposes are "Ck" and a number of their own: other programs have advisory locks too."""
ALIVE = 1_131_105_618
"""Every proxy that writes, shared, from its connection's beginning to its end."""
PRUNING = 1_131_105_619
"""Whoever throws away what is old."""
OWNING = 1_131_105_620
"""Each process that has clients, for itself, under the number by which it is their owner: nobody else gets it while it lives."""

_HOLDERS = """SELECT coalesce(application_name, '') FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid = %s::oid AND objid = (hashtext(%s)::bigint & 4294967295)::oid AND objsubid = 2 ORDER BY 1 DESC"""


def lock_for_transaction(cursor: Cursor, purpose: int, schema: str) -> None:
    """Wait for it; the end of the transaction gives it back."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (purpose, schema))


def try_lock_for_transaction(cursor: Cursor, purpose: int, schema: str) -> bool:
    """Whether nobody had it; the end of the transaction gives it back."""
    found = cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", (purpose, schema)).fetchone()
    return found is not None and bool(found[0])


def say_alive(cursor: Cursor, schema: str) -> None:
    """Be among the holders as long as the connection lives."""
    cursor.execute("SELECT pg_advisory_lock_shared(%s, hashtext(%s))", (ALIVE, schema))


def holders(connection: Connection, schema: str) -> list[int]:
    """The process ids of all proxies that write into the store, wherever they run; 0 for those that do not say."""
    return [_process_in(name) for (name,) in connection.rows(_HOLDERS, (ALIVE, schema))]


def _process_in(name: str) -> int:
    number = name.removeprefix(f"{PROGRAM} ")
    return int(number) if number.isdigit() else 0
