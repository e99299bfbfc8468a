"""The listings (`record.asking`) of a PostgreSQL store."""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from typing import Any

from ...core.events import EventKind, JarKind
from ..filters import NO_FILTER, Filter, Where, longest_part
from ..inventory import CensusRows
from ..listings import SEVERITIES, ClientRow, EventRow, FindingRow, GapRow, JarRow, RequestRow, SessionRow
from ..shown import KINDS, event_row, finding_row, gap_row, jar_row, request_row, session_row
from ..views import CLIENTS, EVENTS, FINDINGS, JARS, REQUESTS, SESSIONS
from .connection import Connection
from .filters import below, like, where_client, where_cookie, where_since, where_site
from .inventory import census
from .text import with_octets
from .views import column_sql, select

type Ask = Callable[[str, Sequence[object]], list[Any]]

_GAPS = """SELECT host, cookie, longest_gap_seconds, killing_gap_seconds, killing_age_seconds, last_seen - started, renewal,
    logged_in FROM tracked_rows ORDER BY host, cookie, started"""
_JARS = ("jar_rows", "past_jar_rows")


class PostgresQuestions:
    """Everything that can be asked of a store, asked of PostgreSQL; what takes several questions sees one moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _query(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        return self._connection.rows(query, values)

    def _snapshot(self) -> AbstractContextManager[Ask]:
        return self._connection.snapshot()

    def clients(self, wanted: Filter = NO_FILTER) -> list[ClientRow]:
        """Who was seen, the last seen last; with a site or cookie, who had something of it in a jar."""
        where = Where()
        where_client(where, wanted)
        where_since(where, wanted, "last_seen")
        if wanted.site is not None or wanted.cookie is not None:
            had = _where_jar(Filter(site=wanted.site, cookie=wanted.cookie))
            those = " UNION ALL ".join(f"SELECT client FROM {table}{had.sql}" for table in _JARS)
            where.add(f"client IN ({those})", *had.values, *had.values)
        rows = self._query(select(CLIENTS) + where.sql + " ORDER BY last_seen, client", where.values)
        return [ClientRow(*row) for row in rows]

    def jar(self, wanted: Filter = NO_FILTER, at: float | None = None, values: bool = False) -> list[JarRow]:
        """What is in the jars, or was at that time (Unix seconds), when nothing that had expired by then counts."""
        where = _where_jar(wanted)
        where.add("jar <> ALL(%s)", [JarKind.LEAVING.value, JarKind.FORGOTTEN.value])
        if at is not None:
            where.add("valid_from <= %s AND (expires IS NULL OR expires > %s)", at, at)
        query, asked = f"{select(JARS, 0, 'id')}{where.sql}", [*where.values]
        if at is not None:
            query += f" UNION ALL {select(JARS, 1, 'id')}{where.sql} AND valid_to > %s"
            asked += [*where.values, at]
        query += " ORDER BY 1, 2, 3 NULLS FIRST, 4, 5, 6, 7, id"
        names = [column.name for column in JARS.columns]
        return [
            jar_row(dict(zip(names, row[:-1], strict=True)), values) for row in with_octets(self._query(query, asked))
        ]

    def events(
        self,
        wanted: Filter = NO_FILTER,
        kinds: Collection[EventKind] | None = None,
        after_seq: int | None = None,
        limit: int | None = None,
        values: bool = False,
    ) -> list[EventRow]:
        """What happened, by time, the latest `limit` of it; with `after_seq` what was recorded after that, the first `limit`."""
        order = "time DESC, seq DESC" if after_seq is None else "seq"
        rows: list[EventRow] = []
        with self._snapshot() as ask:
            for source, possible in enumerate(KINDS):
                if kinds is None or possible.intersection(kinds):
                    where = _where_event(source, wanted, kinds, after_seq)
                    query = f"{select(EVENTS, source)}{where.sql} ORDER BY {order} LIMIT %s"
                    found = with_octets(ask(query, (*where.values, limit)))
                    rows += [event_row(source, row, values) for row in found]
        if after_seq is not None:
            return sorted(rows, key=lambda row: row.seq)[:limit]
        rows.sort(key=lambda row: (row.time, row.seq))
        return rows if limit is None else rows[len(rows) - limit :] if len(rows) > limit else rows

    def last_seq(self) -> int:
        """The number of the last event recorded; 0 if there is none."""
        return int(self._query("SELECT next_seq - 1 FROM counter")[0][0])

    def requests(self, wanted: Filter = NO_FILTER, limit: int | None = None, values: bool = False) -> list[RequestRow]:
        """Requests with all their pairs, by time; the latest `limit` of them."""
        where = _where_request(wanted)
        query = f"{select(REQUESTS)}{where.sql} ORDER BY time DESC, seq DESC LIMIT %s"
        rows = with_octets(self._query(query, (*where.values, limit)))
        return [request_row(row, values) for row in reversed(rows)]

    def flow_ids(self) -> set[str]:
        """The ids of all flows that left something."""
        tables = ("request_rows", "set_cookie_rows", "event_rows")
        query = " UNION ".join(f"SELECT flow_id FROM {table} WHERE flow_id IS NOT NULL" for table in tables)
        return {row[0] for row in self._query(query)}

    def header_sizes(self, wanted: Filter = NO_FILTER, limit: int = 20) -> list[RequestRow]:
        """For each client and host the request with the largest Cookie header, the largest first (R2)."""
        where = _where_request(wanted)
        where.add("header_bytes > 0")
        largest = f"""SELECT DISTINCT ON (client, host) seq FROM request_rows{where.sql}
            ORDER BY client, host, header_bytes DESC, seq"""
        query = f"""{select(REQUESTS)} WHERE seq IN ({largest})
            ORDER BY header_bytes DESC, seq LIMIT %s"""
        return [request_row(row, False) for row in with_octets(self._query(query, (*where.values, limit)))]

    def census(self, wanted: Filter = NO_FILTER) -> CensusRows:
        """How much was recorded, and every cookie once."""
        with self._snapshot() as ask:
            return census(ask, wanted)

    def sessions(self, wanted: Filter = NO_FILTER) -> list[SessionRow]:
        """Sessions of applications, by their start. `since` is about the last use or the end, whichever is later."""
        where = Where()
        where_client(where, wanted)
        where_site(where, wanted)
        where_cookie(where, wanted, "cookie")
        where_since(where, wanted, "greatest(last_seen, ended)")
        query = select(SESSIONS) + where.sql + " ORDER BY started, number"
        return [session_row(row) for row in with_octets(self._query(query, where.values))]

    def findings(self, wanted: Filter = NO_FILTER) -> list[FindingRow]:
        """What is wrong, the most severe first, then the last seen first; what is about no client is among those of any."""
        where = Where()
        if wanted.client is not None:
            where.add("(client IS NULL OR client LIKE %s)", like(wanted.client))
        where_site(where, wanted)
        where_cookie(where, wanted, "cookie")
        where_since(where, wanted, "last_seen")
        query = f"{select(FINDINGS)}{where.sql} ORDER BY last_seen DESC, number DESC"
        rows = [finding_row(row) for row in with_octets(self._query(query, where.values))]
        return sorted(rows, key=lambda row: -SEVERITIES.index(row.severity))

    def gaps(self) -> list[GapRow]:
        """What all sessions show of timeouts, by host and cookie: an application's do not depend on who asks."""
        return [gap_row(row) for row in with_octets(self._query(_GAPS))]


def _where_jar(wanted: Filter) -> Where:
    where = Where()
    where_client(where, wanted)
    where_cookie(where, wanted, "name")
    where_since(where, wanted, "last_access")
    if wanted.site is not None:
        values = (*below(wanted.site), *below(wanted.site))
        where.add("(site = %s OR site LIKE %s OR domain = %s OR domain LIKE %s)", *values)
    return where


def _where_request(wanted: Filter) -> Where:
    where = Where()
    where_client(where, wanted)
    where_site(where, wanted)
    where_since(where, wanted, "time")
    if wanted.cookie is not None:
        named = Where()
        where_cookie(named, wanted, "pair ->> 'name'")
        where.add(f"EXISTS (SELECT FROM json_array_elements(pairs) AS pair{named.sql})", *named.values)
    return where


def _where_event(source: int, wanted: Filter, kinds: Collection[EventKind] | None, after_seq: int | None) -> Where:
    where = Where()
    where_client(where, wanted)
    where_site(where, wanted)
    where_since(where, wanted, "time")
    if wanted.cookie is not None and source == len(KINDS) - 1:
        where.add("strpos(pairs::text, %s) > 0", longest_part(wanted.cookie))
    where_cookie(where, wanted, column_sql(EVENTS, source, "cookie"))
    if kinds is not None:
        where.add(f"{column_sql(EVENTS, source, 'event')} = ANY(%s)", [str(kind) for kind in kinds])
    if after_seq is not None:
        where.add(f"{column_sql(EVENTS, source, 'seq')} > %s", after_seq)
        if source == len(KINDS) - 1:
            where.add("seq >= coalesce((SELECT max(seq) FROM request_rows WHERE seq <= %s), 0)", after_seq)
    return where
