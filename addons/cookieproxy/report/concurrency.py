"""How many sessions were online at each time, per site (R28).

A session counts from its start to its end. One that nobody ended counts to the end that its policy or its cookie promises, if that
has come, for a server that says nothing does not keep it for ever. Pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ..core.events import EndCause
from ..record.listings import SessionRow

MOST_SITES = 6
"""With the highest peaks."""
MOST_POINTS = 1_000
"""Of one site's line."""


class Point(NamedTuple):
    """So many from this time on."""

    time: float
    """Unix seconds."""
    sessions: int


@dataclass(frozen=True, slots=True)
class Online:
    """The sessions of one site over time."""

    site: str
    sessions: int
    """In all."""
    peak: int
    peak_time: float
    """Unix seconds, when it was reached first."""
    mean: float
    """Over the time from its first session to the end of what was recorded."""
    points: tuple[Point, ...]


def online(rows: Iterable[SessionRow], until: float) -> tuple[Online, ...]:
    """For each site with sessions, the highest peak first; `until` (Unix seconds) is where the record ends."""
    spans: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        spans[row.site].append((row.started, max(row.started, online_until(row, until))))
    sites = [_online(site, each, until) for site, each in spans.items()]
    return tuple(sorted(sites, key=lambda one: (-one.peak, one.site)))


def online_until(row: SessionRow, until: float) -> float:
    """Unix seconds at which a session no longer counts as online."""
    if row.ended is not None and row.end_cause != EndCause.TIMED_OUT:
        return row.ended
    shown = until if row.ended is None else row.ended
    promised = [end for end in (row.expected_end, row.expiry) if end is not None]
    return max(row.last_seen, min([shown, *promised]))


def _online(site: str, spans: Sequence[tuple[float, float]], until: float) -> Online:
    changes: defaultdict[float, int] = defaultdict(int)
    for start, end in spans:
        changes[start] += 1
        if end < until:
            changes[end] -= 1
    points, count = [], 0
    for time in sorted(changes):
        count += changes[time]
        points.append(Point(time, count))
    peak = max(points, key=lambda point: point.sessions)
    begin = points[0].time
    spent = sum(min(end, until) - min(start, until) for start, end in spans)
    mean = spent / (until - begin) if until > begin else float(peak.sessions)
    return Online(site, len(spans), peak.sessions, peak.time, mean, _thinned(points))


def _thinned(points: list[Point]) -> tuple[Point, ...]:
    """At most `MOST_POINTS`, of neighbours the highest, so that no peak is lost."""
    size = -(-len(points) // MOST_POINTS)
    groups = (points[start : start + size] for start in range(0, len(points), size))
    return tuple(Point(group[0].time, max(point.sessions for point in group)) for group in groups)
