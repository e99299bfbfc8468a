"""Cookieless sessions on disk: a row for each, told apart by the digest of its id, and what is in its held jar.

Knows when a session began, was used and ended, and that what it held is let go in the transaction that says it is over: those
values are credentials. What an entry and a binding mean is known by whoever wrote them; to the store they are text.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..core.cookie import Cookie
from ..core.events import JarChange, SessionChange
from .filters import Query
from .jars import close_ended, load_held, write_jar_changes
from .words import readable

_KEEP = """INSERT INTO session_rows (session, client, site, entry, bound, started, last_used, ended) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (session) DO UPDATE SET client = excluded.client, site = excluded.site, entry = excluded.entry,
    bound = excluded.bound, started = excluded.started, last_used = excluded.last_used, ended = excluded.ended"""
_LOAD = """SELECT last_used, (SELECT word FROM words WHERE id = client), (SELECT word FROM words WHERE id = site), session, entry,
    bound, started, last_used, ended FROM session_rows WHERE """


@dataclass(frozen=True, slots=True)
class StoredSession:
    """One cookieless session as the store has it; times are Unix seconds."""

    client: str
    site: str
    session: str
    """The digest of its id."""
    entry: str
    bound: str
    started: float
    last_used: float
    ended: float | None
    cookies: list[Cookie]
    """What it holds, in the order of creation; nothing once it is over."""


def write_changes(
    connection: sqlite3.Connection,
    words: Mapping[str | None, int | None],
    jar_changes: Sequence[JarChange],
    session_changes: Iterable[tuple[int, SessionChange]],
) -> None:
    """Bring jars and sessions to the state after these; each of a session comes after that number of changes of jars.

    The order matters at an end: what was put into a jar before is let go, also if a session of the same id begins anew.
    """
    written = 0
    for before, change in session_changes:
        _write_jars(connection, words, jar_changes[written:before])
        written = before
        _keep(connection, words, change)
        if change.ended is not None:
            close_ended(connection, change.session)
    _write_jars(connection, words, jar_changes[written:])


def _write_jars(
    connection: sqlite3.Connection, words: Mapping[str | None, int | None], changes: Sequence[JarChange]
) -> None:
    """An answer may come, and set a cookie, when its session is over: that is let go at once."""
    write_jar_changes(connection, words, changes)
    for session in {change.session for change in changes if change.session is not None}:
        close_ended(connection, session)


def _keep(connection: sqlite3.Connection, words: Mapping[str | None, int | None], change: SessionChange) -> None:
    entry, bound = readable(change.entry), readable(change.bound)
    numbers = (words[change.client], words[change.site])
    connection.execute(_KEEP, (change.session, *numbers, entry, bound, change.started, change.last_used, change.ended))


def load_session(query: Query, session: str) -> StoredSession | None:
    """The session with this digest and what it holds; None if there is none."""
    rows = query(_LOAD + "session = ?", (session,))
    if not rows:
        return None
    return StoredSession(*(*rows[0][1:], load_held(query, session)))


def load_open_sessions(query: Query) -> list[SessionChange]:
    """All sessions that are not over, the last used last; `time` is when that was."""
    return [SessionChange(*row) for row in query(_LOAD + "ended IS NULL ORDER BY last_used, session", ())]
