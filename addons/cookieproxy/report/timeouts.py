"""Between which bounds an application's timeouts lie, by what its sessions survived and what they died of (R39).

A gap that one session survived is a lower bound of the idle timeout, one that killed another an upper bound; likewise ages and the
absolute timeout. Also the documented rows of `scripts/cookies sessions`, in which these bounds stand. Pure; seconds throughout.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..record.listings import GapRow, SessionRow

PHP_COOKIE = "phpsessid"
"""PHP throws old sessions away by lottery (1 request in 100): a gap that was survived says nothing of its timeout."""

LOTTERY_SLACK = 0.5
"""Seconds: where the same gap was survived once and once not, chance decided."""

type Place = tuple[str, str]
"""Host and cookie."""


class Bounds(NamedTuple):
    """Seconds; None where nothing is known."""

    idle_low: float | None
    """The timeout is not shorter than this."""
    idle_high: float | None
    """The timeout is not longer than this."""
    absolute_low: float | None
    absolute_high: float | None


UNKNOWN = Bounds(None, None, None, None)


def bounds(gaps: Iterable[GapRow]) -> Bounds:
    """The bounds that the sessions of one host and cookie show."""
    rows = list(gaps)
    by_lottery = any(row.cookie.lower() == PHP_COOKIE for row in rows)
    idle_high = min((row.killing_gap for row in rows if row.killing_gap is not None), default=None)
    absolute_high = min((row.killing_age for row in rows if row.killing_age is not None), default=None)
    survived = [row.longest_gap for row in rows]
    slack = LOTTERY_SLACK if by_lottery else 0.0
    contradicts = idle_high is not None and max(survived, default=0.0) >= idle_high - slack
    return Bounds(
        None if by_lottery and contradicts else _longest_below(survived, idle_high),
        idle_high,
        _longest_below((row.survived_age for row in rows), absolute_high),
        absolute_high,
    )


def _longest_below(survived: Iterable[float], high: float | None) -> float | None:
    """What is longer contradicts the upper bound: the server is not strict, or changed."""
    return max((seconds for seconds in survived if seconds > 0 and (high is None or seconds < high)), default=None)


def bounds_by_place(gaps: Iterable[GapRow]) -> dict[Place, Bounds]:
    """The bounds for each host and cookie."""
    rows: defaultdict[Place, list[GapRow]] = defaultdict(list)
    for gap in gaps:
        rows[gap.host, gap.cookie].append(gap)
    return {place: bounds(each) for place, each in rows.items()}


def listed(sessions: Iterable[SessionRow], gaps: Iterable[GapRow]) -> Iterator[dict[str, object]]:
    """The documented fields of each session, in their order; `gaps` are of all sessions, also of those that are not listed."""
    known = bounds_by_place(gaps)
    for row in sessions:
        idle = known.get((row.host, row.cookie), UNKNOWN)
        yield {
            "client": row.client,
            "site": row.site,
            "host": row.host,
            "cookie": row.cookie,
            "id": row.id,
            "started": row.started,
            "last_seen": row.last_seen,
            "ended": row.ended,
            "end_cause": row.end_cause,
            "lifetime_seconds": None if row.ended is None else row.ended - row.started,
            "requests": row.requests,
            "longest_gap_seconds": row.longest_gap,
            "idle_timeout_low": idle.idle_low,
            "idle_timeout_high": idle.idle_high,
            "rotated_from": row.rotated_from,
            "rotated_to": row.rotated_to,
            "policy": row.policy,
            "expected_end": row.expected_end,
        }
