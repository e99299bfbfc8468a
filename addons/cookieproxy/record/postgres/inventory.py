"""What a report says of all that was recorded (`record.inventory`), added up by PostgreSQL."""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from ...core.events import EventKind, JarKind
from ..filters import Filter, Where
from ..inventory import MOST_COOKIES, MOST_HOSTS, AdoptedRow, CensusRows, SetRow, TrafficRow, set_row
from ..values import text_of
from .filters import below, where_client, where_cookie, where_since, where_site
from .text import with_octets

type Ask = Callable[[str, Sequence[object]], list[Any]]

_LAST_FIELDS = """SELECT rows.site, rows.host, rows.cookie, times, refused, clients, first_seen, last_seen, rows.time, rows.scheme,
    rows.path, rows.field, rows.passes, rows.passed IS NOT NULL, rows.event, rows.reason, in_all
    FROM set_cookie_rows AS rows JOIN"""


def census(ask: Ask, wanted: Filter) -> CensusRows:
    """Everything of that once."""
    cookies_set, set_in_all = _cookies_set(ask, wanted)
    adopted, adopted_in_all = _adopted(ask, wanted)
    return CensusRows(_traffic(ask, wanted), cookies_set, set_in_all, adopted, adopted_in_all, _parties(ask, wanted))


def _where(wanted: Filter) -> Where:
    """For the tables of requests and of Set-Cookie fields."""
    where = Where()
    where_client(where, wanted)
    where_site(where, wanted)
    where_since(where, wanted, "time")
    return where


def _traffic(ask: Ask, wanted: Filter) -> TrafficRow:
    where = _where(wanted)
    asked = f"""SELECT count(*), count(DISTINCT client), count(DISTINCT site), count(DISTINCT host), min(time), max(time)
        FROM request_rows{where.sql}"""
    requests, clients, sites, hosts, first, last = ask(asked, where.values)[0]
    where_cookie(where, wanted, "cookie")
    set_cookies = ask(f"SELECT count(*) FROM set_cookie_rows{where.sql}", where.values)[0][0]
    return TrafficRow(requests, set_cookies, clients, sites, hosts, first, last)


def _cookies_set(ask: Ask, wanted: Filter) -> tuple[list[SetRow], int]:
    where = _where(wanted)
    where_cookie(where, wanted, "cookie")
    grouped = f"""(SELECT count(*) AS times, count(*) FILTER (WHERE event = %s) AS refused, count(DISTINCT client) AS clients,
        min(time) AS first_seen, max(time) AS last_seen,
        coalesce(max(CASE WHEN event <> %s THEN seq END), max(seq)) AS last_set, count(*) OVER () AS in_all
        FROM set_cookie_rows{where.sql} GROUP BY host, cookie ORDER BY times DESC, last_set LIMIT %s) AS grouped"""
    values = (EventKind.IGNORED.value, EventKind.REMOVED.value, *where.values, MOST_COOKIES)
    rows = with_octets(ask(f"{_LAST_FIELDS} {grouped} ON rows.seq = last_set ORDER BY times DESC, rows.seq", values))
    return [set_row(row) for row in rows], rows[0][-1] if rows else 0


def _adopted(ask: Ask, wanted: Filter) -> tuple[list[AdoptedRow], int]:
    where = Where()
    where_client(where, wanted)
    where_cookie(where, wanted, "name")
    where_since(where, wanted, "last_access")
    if wanted.site is not None:
        values = (*below(wanted.site), *below(wanted.site))
        where.add("(site = %s OR site LIKE %s OR domain = %s OR domain LIKE %s)", *values)
    where.add("adopted = 1 AND jar = %s", JarKind.MIRROR.value)
    columns = "site, domain, path, name, client, created, last_access"
    both = " UNION ALL ".join(f"SELECT {columns} FROM {table}{where.sql}" for table in ("jar_rows", "past_jar_rows"))
    asked = f"""SELECT min(site), domain, min(path), name, count(DISTINCT client) AS clients, min(created), max(last_access),
        count(*) OVER () FROM ({both}) AS cookies GROUP BY domain, name ORDER BY clients DESC, domain, name LIMIT %s"""
    rows = with_octets(ask(asked, (*where.values, *where.values, MOST_COOKIES)))
    found = [AdoptedRow(row[0], row[1], text_of(row[2]), text_of(row[3]), *row[4:7]) for row in rows]
    return found, rows[0][-1] if rows else 0


def _parties(ask: Ask, wanted: Filter) -> dict[str, frozenset[str]]:
    where = _where(wanted)
    grouped = f"""SELECT host, party FROM request_rows{where.sql} GROUP BY host, party
        ORDER BY count(*) DESC, host, party LIMIT %s"""
    parties: defaultdict[str, set[str]] = defaultdict(set)
    for host, party in ask(grouped, (*where.values, MOST_HOSTS)):
        parties[host].add(party)
    return {host: frozenset(said) for host, said in parties.items()}
