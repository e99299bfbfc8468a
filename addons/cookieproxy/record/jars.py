"""Jars on disk: the open row of each cookie that is in a jar now, and closed rows of what was there before.

A row says what was in a jar from `valid_from` until `valid_to`. A re-set that changes nothing one could see later (same value,
same attributes) touches the open row; any other closes it, without its value, and opens a new one (R5, R21). So `jar --at` has
an answer, and a value is on disk only as long as it is in a jar. What a cookieless session held is closed when it is over, whether
or not anybody says so cookie by cookie.
"""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..core.cookie import Cookie, CookieKey, Priority, SameSite
from ..core.events import JarChange, JarKind
from .filters import Query
from .values import Wire, octets_of, stored
from .words import readable

_KEY = """client = ? AND jar = ? AND session = ? AND name = ? AND domain = ? AND host_only = ? AND path = ?
    AND partition = ? AND valid_to IS NULL"""

_TOUCH = f"""UPDATE jar_rows SET value = ?, size_bytes = ?, last_access = ?, created = ?, sequence = ?, set_by = ?, set_time = ?,
    made_from = ?, sent = ?, site = ?, expires = ?, secure = ?, http_only = ?, same_site = ?, priority = ?, adopted = ?
    WHERE {_KEY} AND (set_time = ? OR value IS ? AND expires IS ? AND secure = ? AND http_only = ? AND same_site = ?
        AND priority = ? AND adopted = ?)"""
_CLOSE = f"UPDATE jar_rows SET valid_to = max(?, valid_from), value = NULL, made_from = NULL WHERE {_KEY}"
_OPEN = """INSERT INTO jar_rows (client, jar, session, name, domain, host_only, path, partition,
    value, size_bytes, last_access, created, sequence, set_by, set_time, made_from, sent, site,
    expires, secure, http_only, same_site, priority, adopted, valid_from)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_CLOSE_ENDED = """UPDATE jar_rows SET value = NULL, made_from = NULL, valid_to = max(valid_from, (
        SELECT ended FROM session_rows WHERE session_rows.session = jar_rows.session))
    WHERE session > '' AND valid_to IS NULL AND (SELECT ended FROM session_rows WHERE session_rows.session = jar_rows.session)
        IS NOT NULL"""
_COOKIES = """SELECT (SELECT word FROM words WHERE id = jar), session, name, value, domain, path, created, last_access, sequence,
    expires, host_only, secure, http_only, same_site, partition, priority, adopted, set_by, set_time, made_from, sent
    FROM jar_rows WHERE valid_to IS NULL AND """
_LOAD = _COOKIES + "client = (SELECT id FROM words WHERE word = ?) ORDER BY sequence, id"
_LOAD_HELD = (
    _COOKIES + "session = ? AND session > '' AND jar = (SELECT id FROM words WHERE word = ?) ORDER BY sequence, id"
)

type StoredCookie = tuple[JarKind, str | None, Cookie]
"""Which jar of a client, which cookieless session if it belongs to one, and the cookie."""

type _Place = tuple[str, JarKind, str | None, CookieKey]


def coalesced(changes: Iterable[JarChange]) -> list[tuple[float, JarChange]]:
    """The changes without those that a later one makes needless, each with the time from which it holds (Unix seconds)."""
    latest: dict[_Place, int] = {}
    kept: list[tuple[float, JarChange]] = []
    for change in changes:
        place = (change.client, change.jar, change.session, change.key)
        index = latest.get(place)
        if index is not None and tells_nothing_new(kept[index][1].cookie, change.cookie):
            kept[index] = (kept[index][0], change)
        else:
            latest[place] = len(kept)
            kept.append((change.time, change))
    return kept


def tells_nothing_new(before: Cookie | None, after: Cookie | None) -> bool:
    """Whether a cookie in this state after that one makes no history."""
    if before is None or after is None:
        return before is after
    return before is after or (before.value == after.value and attributes_of(before) == attributes_of(after))


def attributes_of(cookie: Cookie) -> tuple[object, ...]:
    """What a jar's listing shows of a cookie beside its key, value and times of use."""
    return (
        cookie.expiry_time,
        int(cookie.secure_only),
        int(cookie.http_only),
        cookie.same_site.value,
        cookie.priority.value,
        int(cookie.adopted),
    )


def write_jar_changes(
    connection: sqlite3.Connection, words: Mapping[str | None, int | None], changes: Iterable[JarChange]
) -> None:
    """Bring the jars on disk to the state after these changes."""
    for time, change in coalesced(changes):
        place = (words[change.client], words[change.jar], change.session or "", *_key_columns(change.key))
        if change.cookie is not None:
            _write(connection, time, place, words[change.site], change.cookie)
        else:
            connection.execute(_CLOSE, (time, *place))


def _key_columns(key: CookieKey) -> tuple[object, ...]:
    return (stored(key.name), key.domain, int(key.host_only), stored(key.path), key.partition or "")


def _write(
    connection: sqlite3.Connection, time: float, place: tuple[object, ...], site: int | None, cookie: Cookie
) -> None:
    value, attributes = stored(cookie.value), attributes_of(cookie)
    content = (
        value,
        cookie.size_bytes,
        cookie.last_access_time,
        cookie.creation_time,
        cookie.sequence,
        cookie.set_by,
        cookie.set_time,
        None if cookie.made_from is None else stored(cookie.made_from),
        int(cookie.sent),
        site,
        *attributes,
    )
    if connection.execute(_TOUCH, (*content, *place, cookie.set_time, value, *attributes)).rowcount == 0:
        connection.execute(_CLOSE, (time, *place))
        connection.execute(_OPEN, (*place, *content, time))


def load_jars(query: Query, client: str) -> list[StoredCookie]:
    """What is in all the jars of this client, in the order of creation."""
    return [JarRow._make(row).stored_cookie() for row in query(_LOAD, (readable(client),))]


def load_held(query: Query, session: str) -> list[Cookie]:
    """What this cookieless session holds, in the order of creation."""
    return [JarRow._make(row).stored_cookie()[2] for row in query(_LOAD_HELD, (session, JarKind.HELD.value))]


def close_ended(connection: sqlite3.Connection, session: str | None = None) -> None:
    """Let go of what cookieless sessions held that are over: all of them, or this one if it is."""
    if session is None:
        connection.execute(_CLOSE_ENDED)
    else:
        connection.execute(_CLOSE_ENDED + " AND session = ?", (session,))


class JarRow(NamedTuple):
    """What is selected of a cookie in a jar."""

    jar: str
    session: str
    name: Wire
    value: Wire
    domain: str
    path: Wire
    created: float
    last_access: float
    sequence: int
    expires: float | None
    host_only: int
    secure: int
    http_only: int
    same_site: str
    partition: str
    priority: str
    adopted: int
    set_by: str | None
    set_time: float
    made_from: Wire | None
    sent: int

    def stored_cookie(self) -> StoredCookie:
        """The cookie as the jar had it."""
        cookie = Cookie(
            name=octets_of(self.name),
            value=octets_of(self.value),
            domain=self.domain,
            path=octets_of(self.path),
            creation_time=self.created,
            last_access_time=self.last_access,
            sequence=self.sequence,
            expiry_time=self.expires,
            host_only=bool(self.host_only),
            secure_only=bool(self.secure),
            http_only=bool(self.http_only),
            same_site=SameSite(self.same_site),
            partition=self.partition or None,
            priority=Priority(self.priority),
            adopted=bool(self.adopted),
            set_by=self.set_by,
            set_time=self.set_time,
            made_from=None if self.made_from is None else octets_of(self.made_from),
            sent=bool(self.sent),
        )
        return JarKind(self.jar), self.session or None, cookie
