"""The listings: what the command line and the dashboard ask a store.

Values of cookies are shown only to who asks for them: else a value that was kept as it came shows as its length (`***24`);
hashed ones show as their hash, which is no value.
"""

# ruff: noqa: S608  the SQL here is put together from names of our own; every value is bound

import json
from collections.abc import Collection, Mapping
from typing import Any

from ..core.events import EventKind, JarKind
from .filters import NO_FILTER, Filter, Where, below, where_client, where_cookie, where_since, where_site
from .inventory import CensusRows, census
from .listings import ClientRow, EventRow, JarRow, PairRow, RequestRow
from .tracked_questions import TrackedQuestions
from .values import Masker, ValuePolicy, Wire, octets_of, text_of
from .views import CLIENTS, EVENTS, JARS, REQUESTS

_HIDING = Masker(ValuePolicy.DROP, b"")
_PAIR_KINDS = (EventKind.SENT, EventKind.WITHHELD, EventKind.UNEXPECTED)
_KINDS: tuple[frozenset[EventKind], ...] = (
    frozenset(EventKind),
    frozenset({EventKind.STORED, EventKind.REPLACED, EventKind.REMOVED, EventKind.IGNORED}),
    frozenset(_PAIR_KINDS),
)
"""What each source of the view `events` may hold."""


class Questions(TrackedQuestions):
    """Everything that can be asked of a store of observations and jars."""

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
        return [_jar_row(dict(zip(names, row, strict=True)), values) for row in rows]

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
        for source, possible in enumerate(_KINDS):
            if kinds is None or possible.intersection(kinds):
                where = _where_event(source, wanted, kinds, after_seq)
                query = EVENTS.select(source) + where.sql + f" ORDER BY {order} LIMIT ?"
                rows += [
                    _event_row(source, row, values)
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
        return [_request_row(row, values) for row in reversed(rows)]

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
        return [_request_row(row, False) for row in self._query(query, (*where.values, limit))]

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
    if wanted.cookie is not None and source == len(_KINDS) - 1:
        where.add("instr(pairs, ?)", _longest_part(wanted.cookie))
    where_cookie(where, wanted, columns["cookie"])
    if kinds is not None:
        where.add(f"{columns['event']} IN ({', '.join('?' * len(kinds))})", *(str(kind) for kind in kinds))
    if after_seq is not None:
        where.add(f"{columns['seq']} > ?", after_seq)
        where.add("seq >= coalesce((SELECT max(seq) FROM request_rows WHERE seq <= ?), 0)", after_seq)
    return where


def _longest_part(pattern: str) -> str:
    """What every name that fits must hold, as JSON has it: a quick look before the pairs are taken apart."""
    part = max(pattern.replace("?", "*").split("*"), key=len)
    return json.dumps(part, ensure_ascii=False)[1:-1]


def _jar_row(row: Mapping[str, Any], values: bool) -> JarRow:
    return JarRow(
        client=row["client"],
        jar=row["jar"],
        session=row["session"],
        site=row["site"],
        domain=row["domain"],
        path=text_of(row["path"]),
        name=text_of(row["name"]),
        value=_shown(row["value"]) if values else None,
        host_only=bool(row["host_only"]),
        secure=bool(row["secure"]),
        http_only=bool(row["http_only"]),
        same_site=row["same_site"],
        partition_key=row["partition_key"],
        priority=row["priority"],
        expires=row["expires"],
        created=row["created"],
        last_access=row["last_access"],
        size_bytes=row["size_bytes"],
        adopted=bool(row["adopted"]),
    )


def _event_row(source: int, row: Any, values: bool) -> EventRow:
    seq, time, client, site, host, cookie, event, reason, sentence, by, rule, before, after, flow_id, value_form = row
    if value_form == ValuePolicy.KEEP and not values:
        before, after = (_hidden(source, EventKind(event), value) for value in (before, after))
    return EventRow(
        time,
        client,
        site,
        host,
        _shown(cookie),
        event,
        reason,
        sentence,
        by,
        rule,
        _shown(before),
        _shown(after),
        flow_id,
        seq,
    )


def _hidden(source: int, event: EventKind, kept: Wire | None) -> Wire | None:
    """A value, or a field with its value, that was kept as it came, as who may not see it does."""
    if kept is None:
        return None
    return _HIDING.value(octets_of(kept)) if source else _HIDING.before_after(event, octets_of(kept))


def _request_row(row: Any, values: bool) -> RequestRow:
    seq, time, client, site, host, scheme, method, path, flow_id, party, header_bytes, pairs, value_form = row
    hide = value_form == ValuePolicy.KEEP and not values
    shown = tuple(_pair_row(pair, hide) for pair in json.loads(pairs))
    return RequestRow(seq, time, client, site, host, scheme, method, text_of(path), flow_id, party, header_bytes, shown)


def _pair_row(pair: dict[str, Any], hide: bool) -> PairRow:
    if hide:
        pair["value"] = _shown(_HIDING.value(pair["value"].encode()))
    return PairRow(**pair)


def _shown(kept: Wire | None) -> str | None:
    return None if kept is None else text_of(kept)
