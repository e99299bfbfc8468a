"""One batch into the tables: states by statements for many rows, what happened by COPY, the numbers last."""

from ..leases import Change, Lease
from ..packing import Batch
from ..rows import Rows
from .connection import Cursor
from .jars import close_ended, write_jars
from .leases import lost_of, without
from .rounds import rounds
from .rows import EVENTS, REQUESTS, SET_COOKIES
from .states import write_clients, write_cookieless, write_findings, write_hosts, write_tracked

_TAKE_NUMBERS = """UPDATE counter SET next_seq = next_seq + %s, last_time = greatest(last_time, %s)
    RETURNING next_seq - %s, chunk"""
"""Holds the counter until the transaction ends: who takes numbers later also commits later."""


def write_rows(cursor: Cursor, rows: Rows | Batch) -> frozenset[Lease]:
    """Write all of it, within the transaction that the cursor is in; the leases that are lost, whose changes are not written.

    Numbers are counted from 0 in the rows.
    """
    changes: list[Change] = [*rows.jar_changes, *(change for _, change in rows.session_changes)]
    lost = lost_of(cursor, changes)
    write_clients(cursor, rows.clients)
    for each in rounds(rows.jar_changes, rows.session_changes):
        if lost:
            each.jars = [(time, change) for time, change in each.jars if Lease(change.client, change.fence) not in lost]
            each.sessions = without(each.sessions, lost)
        write_jars(cursor, each.jars)
        close_ended(cursor, sorted({change.session for _, change in each.jars if change.session is not None}))
        write_cookieless(cursor, each.sessions)
        close_ended(cursor, sorted(change.session for change in each.sessions if change.ended is not None))
    write_tracked(cursor, rows.sessions)
    write_findings(cursor, rows.findings)
    write_hosts(cursor, rows.hosts)
    if rows.next_seq or rows.jar_changes:
        _copy(cursor, rows)
    return lost


def _copy(cursor: Cursor, rows: Rows | Batch) -> None:
    count = rows.next_seq
    taken = cursor.execute(_TAKE_NUMBERS, (count, _last_time(rows), count)).fetchone()
    assert taken is not None, "a migration put the counter there"
    first_seq, chunk = taken
    SET_COOKIES.copy(cursor, rows.set_cookies, first_seq, chunk)
    REQUESTS.copy(cursor, rows.requests, first_seq, chunk)
    EVENTS.copy(cursor, rows.events, first_seq, chunk)


def _last_time(rows: Rows | Batch) -> float:
    """When the latest of it happened (Unix seconds)."""
    times = [row[1] for table in (rows.set_cookies, rows.requests, rows.events) for row in table]
    times += [change.time for change in rows.jar_changes]
    return max(times)  # type: ignore[type-var, return-value]  # the second column of each is its time
