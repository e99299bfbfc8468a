"""Observations as rows of the listing of events, as they will stand in the store: for who watches while they come.

Values are lengths here whatever the store keeps. Pure.
"""

from collections.abc import Iterator

from ..core.events import Change, Event, EventKind, Observation, RequestSeen, SentPair, SetCookieSeen
from ..core.syntax import wire_text
from ..record.rows import sentence_of
from ..record.schema import REASONS
from ..record.values import Masker, ValuePolicy, text_of
from ..report.listed import TELLING

type Row = dict[str, object]
"""The fields of an event, with `seq` null: it has no number yet."""

_HIDING = Masker(ValuePolicy.DROP, b"")


def rows_of(observation: Observation) -> Iterator[Row]:
    """The events that an observation is; none for what is not listed among events."""
    if isinstance(observation, RequestSeen):
        for pair in observation.pairs:
            yield _pair(observation, pair)
    elif isinstance(observation, SetCookieSeen):
        for change in observation.changes:
            yield _change(observation, change)
        yield _row(observation, observation.name, observation.event, observation.reason, observation.sentence)
    elif isinstance(observation, Event):
        yield _event(observation)


def _row(
    about: RequestSeen | SetCookieSeen | Event,
    cookie: bytes | None,
    event: str,
    reason: str | None,
    sentence: str | None,
) -> Row:
    return {
        "time": about.time,
        "client": about.client,
        "site": about.site,
        "host": about.host,
        "cookie": None if cookie is None else wire_text(cookie),
        "event": str(event),
        "reason": None if reason is None else str(reason),
        "sentence": sentence,
        "by": None,
        "rule": None,
        "before": None,
        "after": None,
        "flow_id": about.flow_id,
        "seq": None,
    }


def _pair(seen: RequestSeen, pair: SentPair) -> Row:
    row = _row(seen, pair.name, pair.event, pair.reason, REASONS.get((pair.event, pair.reason or "")))
    row["by"] = pair.set_by
    return row


def _change(seen: SetCookieSeen, change: Change) -> Row:
    reason = "observed" if change.observed else change.action
    row = _row(seen, seen.name, EventKind.CHANGED, reason, sentence_of(change))
    return row | {"rule": change.rule, **_before_after(EventKind.CHANGED, change.before, change.after)}


def _event(event: Event) -> Row:
    row = _row(event, event.cookie, event.event, event.reason, event.sentence)
    return row | {"by": event.by, "rule": event.rule, **_before_after(event.event, event.before, event.after)}


def _before_after(kind: EventKind, before: bytes | None, after: bytes | None) -> Row:
    if kind not in TELLING:
        return {}
    said = (("before", before), ("after", after))
    return {name: None if octets is None else text_of(_HIDING.before_after(kind, octets)) for name, octets in said}
