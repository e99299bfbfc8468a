"""What is written over: clients, cookieless sessions, sessions of applications, findings, and what is known of hosts.

Two proxies that write the same ones in another order may block each other; PostgreSQL then lets one of them begin again.
"""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

from collections.abc import Iterable, Sequence

from ...core.events import FindingSeen, HostSeen, SessionChange, SessionSeen
from ..rows import Row
from ..tracked import FINDING_COLUMNS, SESSION_COLUMNS, finding_place, session_place
from .connection import Cursor
from .places import place
from .recordset import as_json, names_of, recordset
from .text import exact, kept_octets, plain, plain_or_none

_CLIENT = "place, client, address, user_agent, profile, first_seen, last_seen"
_COOKIELESS = "session, client, site, entry, bound, started, last_used, ended"
_TRACKED = f"place, {SESSION_COLUMNS}"
_FINDING = f"place, {FINDING_COLUMNS}"
_HOST = "place, host, site, seen, state"


def _keep(table: str, columns: str, numbered: bool = False, **instead: str) -> str:
    """The statement that writes rows over those of the same place; `instead` of the new value for some columns."""
    key, *others = names_of(columns)
    sets = [f"{name} = {instead.get(name, f'excluded.{name}')}" for name in others]
    if numbered:
        sets.append("number = excluded.number")
    return f"""INSERT INTO {table} AS old ({columns}) SELECT {columns} FROM {recordset(columns)} ORDER BY number
        ON CONFLICT ({key}) DO UPDATE SET {", ".join(sets)}"""


_KEEP_CLIENTS = _keep(
    "client_rows",
    _CLIENT,
    first_seen="least(old.first_seen, excluded.first_seen)",
    last_seen="greatest(old.last_seen, excluded.last_seen)",
)
KEEP_COOKIELESS = _keep("session_rows", _COOKIELESS)
_KEEP_TRACKED = _keep("tracked_rows", _TRACKED, numbered=True)
_KEEP_FINDINGS = _keep("finding_rows", _FINDING, numbered=True)
_KEEP_HOSTS = _keep("host_rows", _HOST)
_FORGET_FINDINGS = "DELETE FROM finding_rows WHERE place = ANY(%s::uuid[])"


def write_clients(cursor: Cursor, seen: Iterable[Row]) -> None:
    """Keep who was seen; the rows are those of `record.rows`, with the same time for the first sight and the last."""
    latest: dict[str, tuple[str, ...]] = {}
    times: dict[str, list[float]] = {}
    for client, address, user_agent, profile, time, _ in seen:
        name = str(client)
        latest[name] = (name, plain(str(address)), plain(str(user_agent)), plain(str(profile)))
        times.setdefault(name, []).append(float(str(time)))
    rows = [(place(name), *texts, min(times[name]), max(times[name])) for name, texts in latest.items()]
    _write(cursor, _KEEP_CLIENTS, _CLIENT, sorted(rows))


def write_cookieless(cursor: Cursor, changes: Sequence[SessionChange]) -> None:
    """Keep these cookieless sessions, of which each stands there once."""
    if changes:
        cursor.execute(KEEP_COOKIELESS.encode(), (cookieless_as_json(changes),))


def cookieless_as_json(changes: Sequence[SessionChange]) -> str:
    """The rows of these changes, as the statement takes them."""
    rows = [
        (
            change.session,
            plain(change.client),
            plain(change.site),
            exact(change.entry),
            exact(change.bound),
            change.started,
            change.last_used,
            change.ended,
        )
        for change in changes
    ]
    return as_json(_COOKIELESS, rows)


def write_tracked(cursor: Cursor, seen: Sequence[SessionSeen]) -> None:
    """Keep the latest state of each of these sessions of applications."""
    latest = {session_place(session): session for session in seen}
    _write(cursor, _KEEP_TRACKED, _TRACKED, [_tracked_row(session) for session in latest.values()])


def write_findings(cursor: Cursor, seen: Sequence[FindingSeen]) -> None:
    """Keep the latest state of each of these findings; those that were withdrawn go."""
    latest = {finding_place(finding): finding for finding in seen}
    rows = [_finding_row(finding) for finding in latest.values() if not finding.withdrawn]
    _write(cursor, _KEEP_FINDINGS, _FINDING, rows)
    gone = [place_of_finding(finding) for finding in latest.values() if finding.withdrawn]
    if gone:
        cursor.execute(_FORGET_FINDINGS, (gone,))


def write_hosts(cursor: Cursor, seen: Sequence[HostSeen]) -> None:
    """Keep what is known of each of these hosts."""
    latest = {each.host: each for each in seen}
    rows = [
        (place(each.host), plain(each.host), plain(each.site), each.time, exact(each.state)) for each in latest.values()
    ]
    _write(cursor, _KEEP_HOSTS, _HOST, rows)


def _write(cursor: Cursor, statement: str, columns: str, rows: Sequence[Sequence[object]]) -> None:
    if rows:
        cursor.execute(statement.encode(), (as_json(columns, rows),))


def _tracked_row(seen: SessionSeen) -> Row:
    return (
        place_of_session(seen),
        plain(seen.client),
        plain(seen.site),
        plain(seen.host),
        kept_octets(seen.cookie),
        seen.id,
        seen.started,
        seen.last_seen,
        seen.ended,
        seen.end_cause.value,
        plain_or_none(seen.end_sentence),
        plain_or_none(seen.end_flow),
        plain_or_none(seen.start_flow),
        seen.requests,
        seen.longest_gap,
        seen.killing_gap,
        seen.killing_age,
        seen.rotated_from,
        seen.rotated_to,
        plain_or_none(seen.policy),
        seen.expected_end,
        int(seen.adopted),
        int(seen.logged_in),
        seen.expiry,
        seen.renewal,
        int(seen.in_url),
        plain(seen.recognised),
        exact(seen.state),
    )


def _finding_row(seen: FindingSeen) -> Row:
    evidence = [
        {"flow_id": plain_or_none(proof.flow_id), "time": proof.time, "said": plain(proof.said)}
        for proof in seen.evidence
    ]
    return (
        place_of_finding(seen),
        seen.code,
        seen.severity,
        plain(seen.site),
        plain(seen.host),
        None if seen.cookie is None else kept_octets(seen.cookie),
        plain_or_none(seen.client),
        seen.times,
        seen.first_seen,
        seen.last_seen,
        evidence,
        plain(seen.advice),
        plain(seen.references),
    )


def place_of_finding(seen: FindingSeen) -> str:
    """Equal for states of the same finding."""
    return place(seen.code, seen.host, seen.cookie, seen.client)


def place_of_session(seen: SessionSeen) -> str:
    """Equal for states of the same session of an application."""
    return place(seen.client, seen.site, seen.host, seen.cookie, seen.id, float(seen.started))
