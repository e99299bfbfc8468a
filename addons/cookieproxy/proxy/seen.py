"""What a flow itself tells of its cookies: their outcomes, reasons and rule changes, kept in its metadata.

So a view has them at once, for flows of a file too, and whatever the store keeps. Written while traffic passes, so it is only put
together: nothing is copied, and what is shown is masked when it is shown. Fields and pairs are in a flow's headers anyway.
"""

from collections.abc import Iterable
from itertools import repeat
from typing import Any, NamedTuple

from mitmproxy.http import HTTPFlow

from ..core.events import Change, Event, JarKind, Observation, RequestSeen, SetCookieSeen

METADATA = "cookieproxy-seen"
HELD = "In the held jar: the browser never sees it."
MOST_ROWS = 200
"""Rows of one message; a hostile one could bring ten thousand."""


class Row(NamedTuple):
    """One thing that happened to a cookie."""

    event: str
    cookie: bytes | None
    size_bytes: int | None = None
    """Of its value."""
    reason: str | None = None
    sentence: str | None = None
    rule: str | None = None
    before: bytes | None = None
    """A field or pair, with its value."""
    after: bytes | None = None
    by: str | None = None


class Side(NamedTuple):
    """What one message tells."""

    rows: tuple[Row, ...]
    more: int
    """Rows that are only counted."""


type Kept = tuple[object, ...]
"""A row as metadata has it: a file of flows knows no classes."""
_NO_MORE = (None,) * 5


def note(flow: HTTPFlow, side: str, observations: Iterable[Observation]) -> None:
    """Keep in the flow what its `request` or its `response` told, unless it tells that already, as flows of a file may."""
    rows: list[Kept] = []
    for each in observations:
        if type(each) is RequestSeen:
            rows += [(pair.event, pair.name, len(pair.value), pair.reason, *_NO_MORE) for pair in each.pairs]
        elif type(each) is SetCookieSeen:
            rows += map(_change, repeat(each.name), each.changes)
            sentence = each.sentence or (HELD if each.jar is JarKind.HELD else None)
            rows.append((each.event, each.name, len(each.value), each.reason, sentence, None, None, None, None))
        elif type(each) is Event:
            rows.append(_event(each))
    if rows and side not in flow.metadata.get(METADATA, ()):
        told = flow.metadata.setdefault(METADATA, {})
        told[side] = rows[:MOST_ROWS]
        if len(rows) > MOST_ROWS:
            told[f"{side}-more"] = len(rows) - MOST_ROWS


def told_by(flow: HTTPFlow, side: str) -> Side:
    """What was kept; a file may say anything, and what is not ours is left out."""
    told = flow.metadata.get(METADATA)
    if not isinstance(told, dict):
        return Side((), 0)
    kept, more = told.get(side), told.get(f"{side}-more")
    rows = kept if isinstance(kept, list | tuple) else ()
    return Side(tuple(row for each in rows if (row := _read(each)) is not None), more if isinstance(more, int) else 0)


def _change(name: bytes, change: Change) -> Kept:
    event = "observed" if change.observed else change.action
    return (event, name, None, None, change.why, change.rule, change.before, change.after, None)


def _event(event: Event) -> Kept:
    said = (event.event, event.cookie, None, event.reason, event.sentence)
    return (*said, event.rule, event.before, event.after, event.by)


_KINDS: tuple[type | tuple[type, ...], ...] = (
    str,
    (bytes, type(None)),
    (int, type(None)),
    *[(str, type(None))] * 3,
    *[(bytes, type(None))] * 2,
    (str, type(None)),
)


def _read(kept: Any) -> Row | None:
    if not isinstance(kept, list | tuple) or len(kept) != len(_KINDS):
        return None
    if not all(isinstance(value, kind) for value, kind in zip(kept, _KINDS, strict=True)):
        return None
    return Row(*kept)
