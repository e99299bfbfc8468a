"""The listings (`asking`) of a SQLite store."""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

from collections.abc import Collection

from ..core.events import EventKind, JarKind
from .filters import NO_FILTER, Filter, Where, below, longest_part, where_client, where_cookie, where_since, where_site
from .inventory import CensusRows, census
from .listings import ClientRow, EventRow, JarRow, RequestRow
from .shown import KINDS, event_row, jar_row, request_row
from .tracked_questions import TrackedQuestions
from .views import CLIENTS, EVENTS, JARS, REQUESTS


class SqliteQuestions(TrackedQuestions):
    """Everything that can be asked of a store, asked of SQLite."""

    def clients(self, wanted: Filter = NO_FILTER) -> list[ClientRow]:
        """Who was seen, the last seen last; with a site or cookie, who had something of it in a jar."""
        where = Where()
        where_client(where, wanted)
        where_since(where, wanted, "last_seen")
        if wanted.site is not None or wanted.cookie is not None:
            jars = _where_jar(Filter(site=wanted.site, cookie=wanted.cookie))
            where.add(f"client IN (SELECT client FROM jar_rows{jars.sql})", *jars.values)
        rows = self._query(CLIENTS.select() + where.sql + " ORDER BY last_seen, client", where.values)
        return [ClientRow(*row) for row in rows]

    def jar(self, wanted: Filter = NO_FILTER, at: float | None = None, values: bool = False) -> list[JarRow]:
        """What is in the jars, or was at that time (Unix seconds), when nothing that had expired by then counts.

        Values of the past are not kept. `since` is about the last use.
        """
        where = _where_jar(wanted)
        hidden = (JarKind.LEAVING.value, JarKind.FORGOTTEN.value)
        where.add("jar NOT IN (SELECT id FROM words WHERE word IN (?, ?))", *hidden)
        if at is None:
            where.add("valid_to IS NULL")
        else:
            where.add(
                "valid_from <= ? AND (valid_to IS NULL OR valid_to > ?) AND (expires IS NULL OR expires > ?)",
                at,
                at,
                at,
            )
        names = [column.name for column in JARS.columns]
        rows = self._query(JARS.select() + where.sql + " ORDER BY 1, 2, 3, 4, 5, 6, 7, id", where.values)
        return [jar_row(dict(zip(names, row, strict=True)), values) for row in rows]

    def events(
        self,
        wanted: Filter = NO_FILTER,
        kinds: Collection[EventKind] | None = None,
        after_seq: int | None = None,
        limit: int | None = None,
        values: bool = False,
    ) -> list[EventRow]:
        """What happened, by time; the latest `limit` of it.

        With `after_seq` it is what was recorded after that, by its number, and the first `limit` of it: to follow, begin
        with `last_seq()` and go on from the last row's `seq`.
        """
        order = "time DESC, seq DESC" if after_seq is None else "seq"
        rows: list[EventRow] = []
        for source, possible in enumerate(KINDS):
            if kinds is None or possible.intersection(kinds):
                where = _where_event(source, wanted, kinds, after_seq)
                query = EVENTS.select(source) + where.sql + f" ORDER BY {order} LIMIT ?"
                rows += [
                    event_row(source, row, values)
                    for row in self._query(query, (*where.values, -1 if limit is None else limit))
                ]
        if after_seq is not None:
            return sorted(rows, key=lambda row: row.seq)[:limit]
        rows.sort(key=lambda row: (row.time, row.seq))
        return rows if limit is None else rows[len(rows) - limit :] if len(rows) > limit else rows

    def last_seq(self) -> int:
        """The number of the last event recorded; 0 if there is none."""
        rows = self._query("SELECT value - 1 FROM settings WHERE name = 'next_seq'", ())
        return int(rows[0][0]) if rows else 0

    def requests(self, wanted: Filter = NO_FILTER, limit: int | None = None, values: bool = False) -> list[RequestRow]:
        """Requests with all their pairs, by time; the latest `limit` of them."""
        where = _where_request(wanted)
        query = REQUESTS.select() + where.sql + " ORDER BY time DESC, seq DESC LIMIT ?"
        rows = self._query(query, (*where.values, -1 if limit is None else limit))
        return [request_row(row, values) for row in reversed(rows)]

    def flow_ids(self) -> set[str]:
        """The ids of all flows that left something."""
        tables = ("request_rows", "set_cookie_rows", "event_rows")
        query = " UNION ".join(f"SELECT flow_id FROM {table} WHERE flow_id IS NOT NULL" for table in tables)
        return {row[0] for row in self._query(query, ())}

    def header_sizes(self, wanted: Filter = NO_FILTER, limit: int = 20) -> list[RequestRow]:
        """For each client and host the request with the largest Cookie header, the largest first (R2)."""
        where = _where_request(wanted)
        largest = f"SELECT seq FROM (SELECT seq, max(header_bytes) FROM request_rows{where.sql} GROUP BY client, host)"
        query = (
            REQUESTS.select()
            + f" WHERE seq IN ({largest}) AND header_bytes > 0 ORDER BY header_bytes DESC, seq LIMIT ?"
        )
        return [request_row(row, False) for row in self._query(query, (*where.values, limit))]

    def census(self, wanted: Filter = NO_FILTER) -> CensusRows:
        """How much was recorded, and every cookie once."""
        return census(self._query, wanted)


def _where_jar(wanted: Filter) -> Where:
    where = Where()
    where_client(where, wanted)
    where_cookie(where, wanted, "name")
    where_since(where, wanted, "last_access")
    if wanted.site is not None:
        site, subdomains = below(wanted.site)
        words = "(SELECT id FROM words WHERE word = ? OR word GLOB ?)"
        where.add(f"(site IN {words} OR domain = ? OR domain GLOB ?)", site, subdomains, site, subdomains)
    return where


def _where_request(wanted: Filter) -> Where:
    where = Where()
    where_client(where, wanted)
    where_site(where, wanted)
    where_since(where, wanted, "time")
    if wanted.cookie is not None:
        named = Where()
        where_cookie(named, wanted, "value ->> 'name'")
        where.add(f"EXISTS (SELECT 1 FROM json_each(pairs){named.sql})", *named.values)
    return where


def _where_event(source: int, wanted: Filter, kinds: Collection[EventKind] | None, after_seq: int | None) -> Where:
    columns = {column.name: column.from_source(source) for column in EVENTS.columns}
    where = Where()
    where_client(where, wanted)
    where_site(where, wanted)
    where_since(where, wanted, "time")
    if wanted.cookie is not None and source == len(KINDS) - 1:
        where.add("instr(pairs, ?)", longest_part(wanted.cookie))
    where_cookie(where, wanted, columns["cookie"])
    if kinds is not None:
        where.add(f"{columns['event']} IN ({', '.join('?' * len(kinds))})", *(str(kind) for kind in kinds))
    if after_seq is not None:
        where.add(f"{columns['seq']} > ?", after_seq)
        where.add("seq >= coalesce((SELECT max(seq) FROM request_rows WHERE seq <= ?), 0)", after_seq)
    return where
