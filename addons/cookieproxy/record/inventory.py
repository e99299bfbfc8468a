"""What a report says of all that was recorded: how much traffic there was, and every cookie once, however often it was set (R10).

The database adds up; what comes out is bounded, whatever the size of the store. No values are asked for. What a cookie is for, and
what its field means, is known by `report`.
"""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from ..core.events import EventKind, JarKind
from .filters import Filter, Query, Where, below, where_client, where_cookie, where_since, where_site
from .values import Wire, octets_of

MOST_COOKIES = 2_000
"""Of an inventory, those that were set most often; sites can make up any number of names."""
MOST_HOSTS = 10_000
"""Hosts whose party is told, those that were asked most often."""


@dataclass(frozen=True, slots=True)
class TrafficRow:
    """How much was recorded."""

    requests: int
    set_cookies: int
    """Set-Cookie fields."""
    clients: int
    sites: int
    hosts: int
    first: float | None
    """Unix seconds of the first request; None if there was none."""
    last: float | None


@dataclass(frozen=True, slots=True)
class SetRow:
    """One cookie as the responses of one host set it; `field` and what belongs to it are of the last that was no deletion."""

    site: str
    host: str
    cookie: str
    times: int
    refused: int
    """How often a browser would not take it."""
    clients: int
    first_seen: float
    last_seen: float
    time: float
    """Unix seconds, when the field was seen."""
    scheme: str
    path: str
    field: bytes
    """As the application said it; its value as it is kept, so never to be shown."""
    passed: bool
    """False if the field did not go to the browser."""
    changed: bool
    """True if the browser got it otherwise than the application said."""
    event: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class AdoptedRow:
    """One cookie that clients had although no response was seen setting it."""

    site: str
    domain: str
    path: str
    cookie: str
    clients: int
    first_seen: float
    last_seen: float


@dataclass(frozen=True, slots=True)
class CensusRows:
    """All of it."""

    traffic: TrafficRow
    cookies_set: list[SetRow]
    """Most often set first, `MOST_COOKIES` of them."""
    cookies_set_in_all: int
    adopted: list[AdoptedRow]
    adopted_in_all: int
    parties: dict[str, frozenset[str]]
    """Of each host, what its requests were: first, third, unknown."""


def census(query: Query, wanted: Filter) -> CensusRows:
    """Everything of that once."""
    cookies_set, set_in_all = _cookies_set(query, wanted)
    adopted, adopted_in_all = _adopted(query, wanted)
    return CensusRows(
        _traffic(query, wanted), cookies_set, set_in_all, adopted, adopted_in_all, _parties(query, wanted)
    )


def _where(wanted: Filter) -> Where:
    """For the tables of requests and of Set-Cookie fields."""
    where = Where()
    where_client(where, wanted)
    where_site(where, wanted)
    where_since(where, wanted, "time")
    return where


def _traffic(query: Query, wanted: Filter) -> TrafficRow:
    where = _where(wanted)
    asked = f"""SELECT count(*), count(DISTINCT client), count(DISTINCT site), count(DISTINCT host), min(time), max(time)
        FROM request_rows{where.sql}"""
    requests, clients, sites, hosts, first, last = query(asked, where.values)[0]
    where_cookie(where, wanted, "cookie")
    set_cookies = query(f"SELECT count(*) FROM set_cookie_rows{where.sql}", where.values)[0][0]
    return TrafficRow(requests, set_cookies, clients, sites, hosts, first, last)


_WORD = "(SELECT word FROM words WHERE id = {})"
_NUMBER = "(SELECT id FROM words WHERE word = ?)"
_LAST_FIELDS = f"""SELECT {_WORD.format("site")}, {_WORD.format("host")}, cookie, times, refused, clients, first_seen, last_seen,
    time, {_WORD.format("scheme")}, path, field, passes, passed IS NOT NULL, {_WORD.format("event")}, {_WORD.format("reason")},
    in_all FROM set_cookie_rows JOIN ("""


def _cookies_set(query: Query, wanted: Filter) -> tuple[list[SetRow], int]:
    where = _where(wanted)
    where_cookie(where, wanted, "cookie")
    grouped = f"""SELECT count(*) AS times, total(event = {_NUMBER}) AS refused, count(DISTINCT client) AS clients,
        min(time) AS first_seen, max(time) AS last_seen,
        coalesce(max(CASE WHEN event <> {_NUMBER} THEN seq END), max(seq)) AS last_set, count(*) OVER () AS in_all
        FROM set_cookie_rows{where.sql} GROUP BY host, cookie ORDER BY times DESC, last_set LIMIT ?"""
    values = (EventKind.IGNORED.value, EventKind.REMOVED.value, *where.values, MOST_COOKIES)
    rows = query(f"{_LAST_FIELDS}{grouped}) ON seq = last_set ORDER BY times DESC, seq", values)
    return [set_row(row) for row in rows], rows[0][-1] if rows else 0


def set_row(row: Any) -> SetRow:
    """A cookie that was set, of what was selected of it."""
    site, host, cookie, times, refused, clients, first_seen, last_seen, time, scheme, path, field, *outcome = row
    passes, changed, event, reason, _ = outcome
    return SetRow(
        site, host, _text(cookie), times, int(refused), clients, first_seen, last_seen,
        time, scheme, _text(path), octets_of(field), bool(passes), bool(changed), event, reason,
    )  # fmt: skip


def _adopted(query: Query, wanted: Filter) -> tuple[list[AdoptedRow], int]:
    where = Where()
    where_client(where, wanted)
    where_cookie(where, wanted, "name")
    where_since(where, wanted, "last_access")
    if wanted.site is not None:
        site, subdomains = below(wanted.site)
        where.add(
            "(site IN (SELECT id FROM words WHERE word = ? OR word GLOB ?) OR domain = ? OR domain GLOB ?)",
            *(site, subdomains, site, subdomains),
        )
    where.add(f"adopted AND jar = {_NUMBER}", JarKind.MIRROR.value)
    asked = f"""SELECT {_WORD.format("site")}, domain, path, name, count(DISTINCT client), min(created), max(last_access),
        count(*) OVER () FROM jar_rows{where.sql} GROUP BY domain, name ORDER BY 5 DESC, 2, 4 LIMIT ?"""
    rows = query(asked, (*where.values, MOST_COOKIES))
    found = [AdoptedRow(row[0], row[1], _text(row[2]), _text(row[3]), *row[4:7]) for row in rows]
    return found, rows[0][-1] if rows else 0


def _parties(query: Query, wanted: Filter) -> dict[str, frozenset[str]]:
    where = _where(wanted)
    grouped = f"""SELECT {_WORD.format("host")}, {_WORD.format("party")} FROM
        (SELECT host, party, count(*) AS times FROM request_rows{where.sql} GROUP BY host, party ORDER BY times DESC LIMIT ?)"""
    parties: defaultdict[str, set[str]] = defaultdict(set)
    for host, party in query(grouped, (*where.values, MOST_HOSTS)):
        parties[host].add(party)
    return {host: frozenset(said) for host, said in parties.items()}


def _text(kept: Wire) -> str:
    return kept if isinstance(kept, str) else kept.decode("latin-1")
