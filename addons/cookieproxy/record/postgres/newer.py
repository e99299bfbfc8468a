"""Of a batch that comes out of a file late, what is newer than what the tables have: another process may have gone on meanwhile.

Changes under a lease are left to its fence, which says it for certain; of all others the times decide.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...core.events import FindingSeen, HostSeen, JarChange, SessionChange, SessionSeen
from ..packing import Batch
from .connection import Cursor
from .jars import place_of_cookie
from .places import place
from .states import place_of_finding, place_of_session

_JARS = "SELECT place::text, set_time, last_access FROM jar_rows WHERE place = ANY(%s::uuid[])"
_GONE = """SELECT place::text, max(valid_to), 0 FROM past_jar_rows WHERE valid_to > %s AND place = ANY(%s::uuid[])
    GROUP BY place"""
_COOKIELESS = "SELECT session, coalesce(ended, last_used), last_used FROM session_rows WHERE session = ANY(%s)"
_LATEST = "SELECT place::text, {0}, {0} FROM {1} WHERE place = ANY(%s::uuid[])"
_TRACKED = _LATEST.format("last_seen", "tracked_rows")
_FINDINGS = _LATEST.format("last_seen", "finding_rows")
_HOSTS = _LATEST.format("seen", "host_rows")

type Moment = tuple[float, float]
type Known = Mapping[str, Moment]


def only_newer(cursor: Cursor, batch: Batch) -> Batch:
    """The batch without states that are older than those that are there."""
    jars = [change for change in batch.jar_changes if not change.fence]
    known = _jars(cursor, jars)
    kept = [change for change in batch.jar_changes if change.fence or _is_newer(change, known)]
    left = {id(change) for change in kept}
    sessions = [change for _, change in batch.session_changes if not change.fence]
    cookieless = _ask(cursor, _COOKIELESS, [change.session for change in sessions])
    return batch._replace(
        jar_changes=kept,
        session_changes=[
            (sum(id(each) in left for each in batch.jar_changes[:before]), change)
            for before, change in batch.session_changes
            if change.fence or _moment_of(change) >= cookieless.get(change.session, _NEVER)
        ],
        sessions=_newer(cursor, _TRACKED, batch.sessions, place_of_session, _seen),
        findings=_newer(cursor, _FINDINGS, batch.findings, place_of_finding, _seen),
        hosts=_newer(cursor, _HOSTS, batch.hosts, lambda host: place(host.host), lambda host: host.time),
    )


_NEVER = (float("-inf"), float("-inf"))


def _jars(cursor: Cursor, changes: Sequence[JarChange]) -> dict[str, Moment]:
    """Of each of these cookies when it was set and used last, or when it went."""
    if not changes:
        return {}
    places = list({place_of_cookie(change) for change in changes})
    earliest = min(change.time for change in changes)
    gone = cursor.execute(_GONE, (earliest, places)).fetchall()
    return {_digits(where): (first, second) for where, first, second in gone} | _ask(cursor, _JARS, places)


def _is_newer(change: JarChange, known: Known) -> bool:
    cookie = change.cookie
    moment = (change.time, 0.0) if cookie is None else (cookie.set_time, cookie.last_access_time)
    return moment >= known.get(place_of_cookie(change), _NEVER)


def _moment_of(change: SessionChange) -> Moment:
    return (change.last_used if change.ended is None else change.ended, change.last_used)


def _seen(state: SessionSeen | FindingSeen) -> float:
    return state.last_seen


def _newer[S: (SessionSeen, FindingSeen, HostSeen)](
    cursor: Cursor, query: str, states: Sequence[S], place_of: Any, time_of: Any
) -> list[S]:
    known = _ask(cursor, query, list({place_of(state) for state in states}))
    return [state for state in states if time_of(state) >= known.get(place_of(state), _NEVER)[0]]


def _ask(cursor: Cursor, query: str, places: Sequence[str]) -> dict[str, Moment]:
    if not places:
        return {}
    found: Iterable[tuple[str, float, float]] = cursor.execute(query.encode(), (list(places),)).fetchall()
    return {_digits(where): (first, second) for where, first, second in found}


def _digits(where: str) -> str:
    """A place as `place` makes it."""
    return where.replace("-", "")
