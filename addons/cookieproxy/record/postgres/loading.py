"""What a proxy that starts anew is given back of a PostgreSQL store."""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...core.events import ClientSeen, FindingSeen, HostSeen, SessionChange, SessionSeen
from ..sessions import StoredSession
from ..tracked import FINDING_COLUMNS, SESSION_COLUMNS, finding_of, session_of, touched
from .jars import load_held
from .text import given_back, plain, with_octets

MOST_OF_CLIENT = 1_000
"""Sessions of applications that are loaded of one client."""

type Query = Callable[[str, Sequence[object]], list[Any]]

_CLIENTS = "SELECT last_seen, client, address, user_agent, profile FROM client_rows ORDER BY last_seen, client"
_COOKIELESS = (
    "SELECT last_used, client, site, session, entry, bound, started, last_used, ended FROM session_rows WHERE "
)
_TRACKED = f"SELECT {SESSION_COLUMNS} FROM tracked_rows WHERE "
_OPEN = _TRACKED + "ended IS NULL ORDER BY last_seen DESC LIMIT %s"
_OVER = _TRACKED + "ended IS NOT NULL ORDER BY coalesce(ended, last_seen) DESC LIMIT %s"
_OF_CLIENT = _TRACKED + "client = %s ORDER BY coalesce(ended, last_seen) DESC LIMIT %s"
_FINDINGS = f"SELECT {FINDING_COLUMNS} FROM finding_rows ORDER BY last_seen, number".replace(
    "evidence", "evidence::text"
)
_HOSTS = "SELECT seen, site, host, state FROM host_rows ORDER BY seen, host"


def load_clients(query: Query) -> list[ClientSeen]:
    """All clients, the last seen last; `time` is when that was."""
    return [ClientSeen(*row) for row in query(_CLIENTS, ())]


def load_session(query: Query, session: str) -> StoredSession | None:
    """The cookieless session with this digest and what it holds; None if there is none."""
    rows = query(_COOKIELESS + "session = %s", (session,))
    return StoredSession(*(*_cookieless(rows[0])[1:], load_held(query, session))) if rows else None


def load_open_sessions(query: Query) -> list[SessionChange]:
    """All cookieless sessions that are not over, the last used last; `time` is when that was."""
    rows = query(_COOKIELESS + "ended IS NULL ORDER BY last_used, session", ())
    return [SessionChange(*_cookieless(row)) for row in rows]


def _cookieless(row: Sequence[Any]) -> tuple[Any, ...]:
    time, client, site, session, entry, bound, *times = row
    return (time, client, site, session, given_back(entry), given_back(bound), *times)


def load_sessions(query: Query, most: int) -> list[SessionSeen]:
    """Those that have not ended and, of those that have, the latest: `most` in all, those touched longest ago first."""
    going_on = query(_OPEN, (most,))
    return _sessions([*going_on, *query(_OVER, (most - len(going_on),))])


def load_sessions_of(query: Query, client: str) -> list[SessionSeen]:
    """Those of one client, the latest of very many; those touched longest ago first."""
    return _sessions(query(_OF_CLIENT, (plain(client), MOST_OF_CLIENT)))


def _sessions(rows: Iterable[Sequence[Any]]) -> list[SessionSeen]:
    seen = [(*seen, given_back(state)) for *told, state in rows for seen in with_octets([tuple(told)])]
    return sorted(map(session_of, seen), key=touched)


def load_findings(query: Query) -> list[FindingSeen]:
    """All of them, the last seen last."""
    return [finding_of(row) for row in with_octets(query(_FINDINGS, ()))]


def load_hosts(query: Query) -> list[HostSeen]:
    """What is known of all hosts, those told of last coming last."""
    return [HostSeen(*(*told, given_back(state))) for *told, state in query(_HOSTS, ())]
