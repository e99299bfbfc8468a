"""Jars in PostgreSQL: the open row of each cookie that is in a jar now, and rows without values of what was there before.

The same history as in SQLite (`record.jars`): a re-set that changes nothing one could see later touches the open row; any other
puts it among the past ones. Written by whole rounds (`rounds`), in which each cookie stands once.
"""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...core.cookie import Cookie, CookieKey
from ...core.events import JarChange, JarKind
from ..jars import JarRow, StoredCookie, attributes_of
from ..rows import Row
from .connection import Cursor
from .places import place
from .recordset import as_json, recordset
from .text import kept_octets, plain, plain_or_none, with_octets

type Query = Callable[[str, Sequence[object]], list[Any]]

_PLACE = "place, client, jar, session, site, name, domain, host_only, path, partition"
_SHOWN = "expires, secure, http_only, same_site, priority, adopted"
_COMMON = f"size_bytes, last_access, created, sequence, set_by, set_time, sent, {_SHOWN}"
_OPEN = f"{_PLACE}, value, made_from, {_COMMON}"
_NEW = f"{_OPEN}, time"

_SAME = " AND ".join(
    ["old.value = {new}.value", *(f"old.{name} IS NOT DISTINCT FROM {{new}}.{name}" for name in _SHOWN.split(", "))]
)
_TOUCHES = f"(old.set_time = {{new}}.set_time OR ({_SAME}))"

_PAST = f"id, {_PLACE}, {_COMMON}, valid_from"
_PAST_OF_OLD = ", ".join(f"old.{name}" for name in _PAST.split(", "))
_CLOSE = f"""INSERT INTO past_jar_rows ({_PAST}, valid_to, chunk)
    SELECT {_PAST_OF_OLD}, greatest(new.time, old.valid_from), (SELECT chunk FROM counter)
    FROM {recordset(_NEW)} JOIN jar_rows AS old ON old.place = new.place
    WHERE new.value IS NULL OR NOT {_TOUCHES.format(new="new")}"""
_KEEP = f"""INSERT INTO jar_rows AS old ({_OPEN}, valid_from) SELECT {_OPEN}, time FROM {recordset(_NEW)}
    WHERE value IS NOT NULL ORDER BY number ON CONFLICT (place) DO UPDATE SET
    valid_from = CASE WHEN {_TOUCHES.format(new="excluded")} THEN old.valid_from ELSE excluded.valid_from END,
    id = CASE WHEN {_TOUCHES.format(new="excluded")} THEN old.id ELSE excluded.id END,
    {", ".join(f"{name} = excluded.{name}" for name in f"site, value, made_from, {_COMMON}".split(", "))}"""
_REMOVE = f"DELETE FROM jar_rows WHERE place IN (SELECT place FROM {recordset(_NEW)} WHERE value IS NULL)"
_CLOSE_ENDED = f"""WITH old AS (DELETE FROM jar_rows USING session_rows
        WHERE jar_rows.session > '' AND jar_rows.session = session_rows.session AND ended IS NOT NULL{{which}}
        RETURNING jar_rows.*, ended)
    INSERT INTO past_jar_rows ({_PAST}, valid_to, chunk)
    SELECT {_PAST_OF_OLD}, greatest(ended, valid_from), (SELECT chunk FROM counter) FROM old"""

KEEPING = (_CLOSE, _REMOVE, _KEEP)
"""The statements that write a round, each with its rows as its only parameter."""
CLOSE_ENDED = _CLOSE_ENDED.format(which=" AND jar_rows.session = ANY(%s)")

_COOKIES = f"SELECT {', '.join(JarRow._fields)} FROM jar_rows WHERE "
_LOAD = f"{_COOKIES} client = %s ORDER BY sequence, id"
_LOAD_HELD = f"{_COOKIES} session = %s AND session > '' AND jar = %s ORDER BY sequence, id"


def write_jars(cursor: Cursor, changes: Sequence[tuple[float, JarChange]]) -> None:
    """Bring the jars to the state after these changes, in which each cookie stands once."""
    if not changes:
        return
    rows = jars_as_json(changes)
    cursor.execute(_CLOSE.encode(), (rows,))
    gone = sum(change.cookie is None for _, change in changes)
    if gone:
        cursor.execute(_REMOVE.encode(), (rows,))
    if gone < len(changes):
        cursor.execute(_KEEP.encode(), (rows,))


def jars_as_json(changes: Sequence[tuple[float, JarChange]]) -> str:
    """The rows of these changes, as the statements take them."""
    return as_json(_NEW, [_row(time, change) for time, change in changes])


def close_ended(cursor: Cursor, sessions: Iterable[str] | None = None) -> None:
    """Let go of what cookieless sessions held that are over: all of them, or those of these that are."""
    if sessions is None:
        cursor.execute(_CLOSE_ENDED.format(which="").encode())
    elif names := list(sessions):
        cursor.execute(CLOSE_ENDED.encode(), (names,))


def load_jars(query: Query, client: str) -> list[StoredCookie]:
    """What is in all the jars of this client, in the order of creation."""
    return [JarRow._make(row).stored_cookie() for row in with_octets(query(_LOAD, (plain(client),)))]


def load_held(query: Query, session: str) -> list[Cookie]:
    """What this cookieless session holds, in the order of creation."""
    rows = with_octets(query(_LOAD_HELD, (session, JarKind.HELD.value)))
    return [JarRow._make(row).stored_cookie()[2] for row in rows]


def place_of_cookie(change: JarChange) -> str:
    """Equal for changes of the same cookie in the same jar."""
    key = change.key
    where = (change.client, change.jar.value, change.session or "")
    return place(*where, key.name, key.domain, int(key.host_only), key.path, key.partition or "")


def _row(time: float, change: JarChange) -> Row:
    key, cookie = change.key, change.cookie
    client, jar, site = plain(change.client), change.jar.value, plain(change.site)
    head = (place_of_cookie(change), client, jar, change.session or "", site, *_key_columns(key))
    return (*head, *(_NOTHING if cookie is None else _content(cookie)), time)


def _key_columns(key: CookieKey) -> Row:
    return (
        kept_octets(key.name),
        plain(key.domain),
        int(key.host_only),
        kept_octets(key.path),
        plain(key.partition or ""),
    )


_NOTHING: Row = (None,) * 15


def _content(cookie: Cookie) -> Row:
    return (
        kept_octets(cookie.value),
        None if cookie.made_from is None else kept_octets(cookie.made_from),
        cookie.size_bytes,
        cookie.last_access_time,
        cookie.creation_time,
        cookie.sequence,
        plain_or_none(cookie.set_by),
        cookie.set_time,
        int(cookie.sent),
        *attributes_of(cookie),
    )
