"""Sessions of applications and findings on disk: of each its latest state, written over the one before.

Knows which of them are the same one, and how they come back for a proxy that starts anew. What a session's `state` means is
known by whoever wrote it; to the store it is text. Cookieless sessions are others (`sessions`).
"""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

import json
import sqlite3
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from ..core.events import EndCause, FindingSeen, HostSeen, Proof, SessionSeen
from .bulk import insert_all
from .filters import Query
from .rows import Row
from .values import octets_of, stored
from .words import readable

type Numbers = Mapping[str | None, int | None]
"""Words as their numbers."""

SESSION_COLUMNS = """client, site, host, cookie, id, started, last_seen, ended, end_cause, end_sentence, end_flow, start_flow,
    requests, longest_gap_seconds, killing_gap_seconds, killing_age_seconds, rotated_from, rotated_to, policy, expected_end,
    adopted, logged_in, expiry, renewal, in_url, recognised, state"""
"""In the order of the fields of `SessionSeen`."""
FINDING_COLUMNS = (
    """code, severity, site, host, cookie, client, count, first_seen, last_seen, evidence, advice, "references\""""
)
"""In the order of the fields of `FindingSeen`, which has one more."""

_SESSION_WORDS = frozenset(("client", "site", "host", "end_cause", "policy", "renewal", "recognised"))
_FINDING_WORDS = frozenset(("code", "severity", "site", "host", "client", "advice", '"references"'))

_FORGET_FINDING = """DELETE FROM finding_rows WHERE code = ? AND host = ? AND quote(cookie) = quote(?)
    AND coalesce(client, 0) = coalesce(?, 0)"""


def session_place(seen: SessionSeen) -> Hashable:
    """Equal for states of the same session."""
    return (seen.client, seen.site, seen.host, seen.cookie, seen.id, seen.started)


def finding_place(seen: FindingSeen) -> Hashable:
    """Equal for states of the same finding."""
    return (seen.code, seen.host, seen.cookie, seen.client)


def write_sessions(connection: sqlite3.Connection, words: Numbers, seen: Sequence[SessionSeen]) -> None:
    """Keep the latest state of each of these sessions."""
    latest = {session_place(session): session for session in seen}
    rows = [_session_row(words, session) for session in latest.values()]
    insert_all(connection, "tracked_rows", SESSION_COLUMNS, rows, replacing=True)


def write_findings(connection: sqlite3.Connection, words: Numbers, seen: Sequence[FindingSeen]) -> None:
    """Keep the latest state of each of these findings; those that were withdrawn go."""
    latest = {finding_place(finding): finding for finding in seen}
    rows = [_finding_row(words, finding) for finding in latest.values() if not finding.withdrawn]
    insert_all(connection, "finding_rows", FINDING_COLUMNS, rows, replacing=True)
    for gone in (finding for finding in latest.values() if finding.withdrawn):
        place = (words[gone.code], words[gone.host], _stored_name(gone.cookie), words[gone.client])
        connection.execute(_FORGET_FINDING, place)


def write_hosts(connection: sqlite3.Connection, words: Numbers, seen: Sequence[HostSeen]) -> None:
    """Keep what is known of each of these hosts."""
    latest = {host.host: host for host in seen}
    rows = [(words[each.host], words[each.site], each.time, readable(each.state)) for each in latest.values()]
    insert_all(connection, "host_rows", "host, site, seen, state", rows, replacing=True)


def _session_row(words: Numbers, seen: SessionSeen) -> Row:
    return (
        words[seen.client],
        words[seen.site],
        words[seen.host],
        stored(seen.cookie),
        seen.id,
        seen.started,
        seen.last_seen,
        seen.ended,
        words[seen.end_cause],
        None if seen.end_sentence is None else readable(seen.end_sentence),
        seen.end_flow,
        seen.start_flow,
        seen.requests,
        seen.longest_gap,
        seen.killing_gap,
        seen.killing_age,
        seen.rotated_from,
        seen.rotated_to,
        words[seen.policy],
        seen.expected_end,
        seen.adopted,
        seen.logged_in,
        seen.expiry,
        words[seen.renewal],
        seen.in_url,
        words[seen.recognised],
        readable(seen.state),
    )


def _finding_row(words: Numbers, seen: FindingSeen) -> Row:
    evidence = [{"flow_id": proof.flow_id, "time": proof.time, "said": readable(proof.said)} for proof in seen.evidence]
    return (
        words[seen.code],
        words[seen.severity],
        words[seen.site],
        words[seen.host],
        _stored_name(seen.cookie),
        words[seen.client],
        seen.times,
        seen.first_seen,
        seen.last_seen,
        json.dumps(evidence, ensure_ascii=False),
        words[seen.advice],
        words[seen.references],
    )


def _stored_name(name: bytes | None) -> str | bytes | None:
    return None if name is None else stored(name)


def load_sessions(query: Query, most: int) -> list[SessionSeen]:
    """Those that have not ended and, of those that have, the latest: `most` in all, those touched longest ago first."""
    select = _loading("tracked_rows", SESSION_COLUMNS, _SESSION_WORDS)
    going_on = query(f"{select} WHERE ended IS NULL ORDER BY last_seen DESC LIMIT ?", (most,))
    over = query(
        f"{select} WHERE ended IS NOT NULL ORDER BY coalesce(ended, last_seen) DESC LIMIT ?", (most - len(going_on),)
    )
    return sorted(map(session_of, [*going_on, *over]), key=touched)


def touched(seen: SessionSeen) -> tuple[float, float]:
    """For sorting by the last use or, if it is over, the end."""
    return (seen.last_seen if seen.ended is None else seen.ended, seen.started)


def load_hosts(query: Query) -> list[HostSeen]:
    """What is known of all hosts, those told of last coming last."""
    select = _loading("host_rows", "seen, site, host, state", frozenset(("site", "host")))
    return [HostSeen(*row) for row in query(f"{select} ORDER BY seen, host_rows.host", ())]


def load_findings(query: Query) -> list[FindingSeen]:
    """All of them, the last seen last."""
    select = _loading("finding_rows", FINDING_COLUMNS, _FINDING_WORDS)
    return [finding_of(row) for row in query(f"{select} ORDER BY last_seen, number", ())]


def _loading(table: str, columns: str, words: frozenset[str]) -> str:
    names = [name.strip() for name in columns.split(",")]
    shown = (f"(SELECT word FROM words WHERE words.id = {name})" if name in words else name for name in names)
    return f"SELECT {', '.join(shown)} FROM {table}"


def session_of(row: Sequence[Any]) -> SessionSeen:
    """The session, of `SESSION_COLUMNS`."""
    seen = SessionSeen(*row)
    return seen._replace(
        cookie=octets_of(row[3]),
        end_cause=EndCause(seen.end_cause),
        adopted=bool(seen.adopted),
        logged_in=bool(seen.logged_in),
        in_url=bool(seen.in_url),
    )


def finding_of(row: Sequence[Any]) -> FindingSeen:
    """The finding, of `FINDING_COLUMNS`."""
    seen = FindingSeen(*row)
    return seen._replace(
        cookie=None if row[4] is None else octets_of(row[4]),
        evidence=tuple(Proof(**proof) for proof in json.loads(row[9])),
    )
