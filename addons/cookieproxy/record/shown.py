"""From what a SELECT gave to the rows of the listings, for every store that has SQL.

Values of cookies are shown only to who asks for them: else a value that was kept as it came shows as its length (`***24`);
hashed ones show as their hash, which is no value.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.events import EventKind
from .listings import EventRow, FindingRow, GapRow, JarRow, PairRow, ProofRow, RequestRow, SessionRow
from .values import Masker, ValuePolicy, Wire, octets_of, text_of
from .views import SESSIONS

_HIDING = Masker(ValuePolicy.DROP, b"")
PAIR_KINDS = (EventKind.SENT, EventKind.WITHHELD, EventKind.UNEXPECTED)
KINDS: tuple[frozenset[EventKind], ...] = (
    frozenset(EventKind),
    frozenset({EventKind.STORED, EventKind.REPLACED, EventKind.REMOVED, EventKind.IGNORED}),
    frozenset(PAIR_KINDS),
)
"""What each source of the view `events` may hold."""

_SESSION_NAMES = [column.name.removesuffix("_seconds") for column in SESSIONS.columns]


def jar_row(row: Mapping[str, Any], values: bool) -> JarRow:
    """A cookie in a jar, of the columns of the view by their names."""
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


def event_row(source: int, row: Any, values: bool) -> EventRow:
    """An event, of the columns of the view in their order; `source` is which of the view's sources it came from."""
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


def request_row(row: Any, values: bool) -> RequestRow:
    """A request, of the columns of the view in their order."""
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


def session_row(row: Sequence[Any]) -> SessionRow:
    """A session of an application, of the columns of the view in their order."""
    fields = dict(zip(_SESSION_NAMES, row, strict=True))
    del fields["lifetime"]
    fields["cookie"] = text_of(fields["cookie"])
    for name in ("adopted", "logged_in", "in_url"):
        fields[name] = bool(fields[name])
    return SessionRow(**fields)


def finding_row(row: Sequence[Any]) -> FindingRow:
    """A finding, of the columns of the view in their order."""
    code, severity, site, host, cookie, client, count, first_seen, last_seen, evidence, advice, references = row
    return FindingRow(
        code,
        severity,
        site,
        host,
        None if cookie is None else text_of(cookie),
        client,
        count,
        first_seen,
        last_seen,
        tuple(ProofRow(**proof) for proof in json.loads(evidence)),
        advice,
        references,
    )


def gap_row(row: Sequence[Any]) -> GapRow:
    """What a session shows of timeouts, of columns in the order of its fields."""
    host, cookie, longest_gap, killing_gap, killing_age, survived_age, renewal, logged_in = row
    return GapRow(host, text_of(cookie), longest_gap, killing_gap, killing_age, survived_age, renewal, bool(logged_in))
