"""Gaps between uses against what became of the session, and in words what they say of a server's timeouts (R25, R39).

A gap that was survived is a lower bound of the idle timeout, one that was not an upper bound. Also how the cookie's own life lies
beside the server's: a browser may keep a dead cookie for days. Pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..core.events import EndCause
from ..record.listings import SessionRow
from .text import apart, span
from .timeouts import UNKNOWN, Bounds, Place

MOST_GAPS = 200
"""Of each kind and cookie, the longest that were survived and the shortest that were not."""
_RENEWALS = {
    "sliding": "Every response pushes the cookie's end out (sliding).",
    "half-sliding": "The cookie's end is pushed out once half of its life is over (half-sliding).",
    "fixed": "The cookie's end stays where it was set first (fixed).",
}
_DEAD = frozenset((EndCause.TIMED_OUT, EndCause.LOST))


@dataclass(frozen=True, slots=True)
class Timeout:
    """What is known of when a server ends the sessions of one cookie. All in seconds; None is not known."""

    host: str
    cookie: str
    idle_low: float | None
    idle_high: float | None
    absolute_low: float | None
    absolute_high: float | None
    renewal: str | None
    """How the cookie's end is pushed out: sliding, half-sliding or fixed."""
    dead_cookie_seconds: float | None
    """How long a browser went on keeping the cookie of a session that was over, at most."""
    survived_gaps: tuple[float, ...]
    """The longest of each session."""
    killing_gaps: tuple[float, ...]
    sentences: tuple[str, ...]
    """The same in words."""


def timeouts(sessions: Iterable[SessionRow], known: Mapping[Place, Bounds]) -> tuple[Timeout, ...]:
    """What is known of each host and cookie of these sessions, those with most to say first."""
    rows: defaultdict[Place, list[SessionRow]] = defaultdict(list)
    for row in sessions:
        rows[row.host, row.cookie].append(row)
    found = [_timeout(place, each, known.get(place, UNKNOWN)) for place, each in rows.items()]
    telling = [one for one in found if one.sentences or one.survived_gaps or one.killing_gaps]
    return tuple(sorted(telling, key=lambda one: (-len(one.sentences), one.host, one.cookie)))


def _timeout(place: Place, rows: Sequence[SessionRow], bounds: Bounds) -> Timeout:
    survived = sorted((row.longest_gap for row in rows if row.longest_gap > 0), reverse=True)
    killing = sorted(row.killing_gap for row in rows if row.killing_gap is not None)
    renewal = next((row.renewal for row in reversed(rows) if row.renewal is not None), None)
    dead = max(
        (row.expiry - row.ended for row in rows if row.ended and row.expiry and row.end_cause in _DEAD), default=0.0
    )
    return Timeout(
        *place,
        *bounds,
        renewal,
        dead if dead > 0 else None,
        tuple(survived[:MOST_GAPS]),
        tuple(killing[:MOST_GAPS]),
        tuple(_sentences(bounds, renewal, dead, contradicted=_contradict(survived, killing))),
    )


def _contradict(survived: Sequence[float], killing: Sequence[float]) -> bool:
    return bool(survived and killing) and survived[0] >= killing[0]


def _sentences(bounds: Bounds, renewal: str | None, dead: float, contradicted: bool) -> Iterator[str]:
    yield from _idle(bounds.idle_low, bounds.idle_high)
    if contradicted:
        yield "Other sessions survived longer gaps than one that died: the server is not strict about it, or it was changed."
    yield from _absolute(bounds.absolute_low, bounds.absolute_high)
    if renewal is not None:
        yield _RENEWALS.get(renewal, f"The cookie's end: {renewal}.")
    if dead > 0:
        yield f"The browser keeps a dead cookie for up to {span(dead)}."


def _idle(low: float | None, high: float | None) -> Iterator[str]:
    if low is not None and high is not None:
        yield "The idle timeout lies between {} and {}.".format(*apart(low, high))
    elif high is not None:
        yield f"The idle timeout is at most {span(high)}: a session was dead after such a gap."
    elif low is not None:
        yield f"The idle timeout is at least {span(low)}, if there is one: such a gap was survived."


def _absolute(low: float | None, high: float | None) -> Iterator[str]:
    if high is None:
        return
    said = f"at most {span(high)}" if low is None else "between {} and {}".format(*apart(low, high))
    yield f"A session lives {said} in all, however much it is used (absolute timeout)."
