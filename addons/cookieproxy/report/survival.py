"""How long sessions live: the Kaplan-Meier estimate with its log-log 95 % band, and the lives that go into it (R32, R39).

A session that goes on with another id is one life; one that has not ended counts for as long as it was seen. Pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import NamedTuple

from ..core.events import EndCause
from ..record.listings import SessionRow

Z = 1.959963984540054
"""Standard deviations to either side that hold 95 %."""
ENOUGH_ENDS = 5
"""Ends of a host's sessions from which on it has a curve of its own."""
MOST_HOSTS = 6


type _Id = tuple[str, str, str, str]
"""Client, host, cookie and id."""


class Life(NamedTuple):
    """One session from its start to its end, or to where it was seen last."""

    host: str
    seconds: float
    ended: bool


class Step(NamedTuple):
    """The curve from this time on, up to the next step's."""

    seconds: float
    at_risk: int
    """Lives that lasted at least so long."""
    ends: int
    censored: int
    """Lives of which no more is known."""
    survival: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The survival of the sessions of one host, or of all."""

    host: str | None
    """None for all."""
    lives: int
    ends: int
    median_seconds: float | None
    """When half of them have ended; None while more than half live."""
    median_low: float | None
    median_high: float | None
    """Between which the median lies with 95 % confidence; None where that is not known."""
    steps: tuple[Step, ...]


def kaplan_meier(lives: Iterable[tuple[float, bool]]) -> tuple[Step, ...]:
    """One step for each time at which something ended or was seen last, from durations in seconds and whether they ended.

    >>> [round(step.survival, 3) for step in kaplan_meier([(1, True), (2, False), (3, True)])]
    [0.667, 0.667, 0.0]
    """
    counts: defaultdict[float, list[int]] = defaultdict(lambda: [0, 0])
    for seconds, ended in lives:
        counts[seconds][0 if ended else 1] += 1
    at_risk, survival, variance, steps = sum(map(sum, counts.values())), 1.0, 0.0, []
    for seconds in sorted(counts):
        ends, censored = counts[seconds]
        survival *= 1 - ends / at_risk
        if ends < at_risk:
            variance += ends / (at_risk * (at_risk - ends))
        steps.append(Step(seconds, at_risk, ends, censored, survival, *_band(survival, variance)))
        at_risk -= ends + censored
    return tuple(steps)


def _band(survival: float, variance: float) -> tuple[float, float]:
    """The 95 % band that is symmetric for log(-log S), and so never leaves 0 to 1; none where nothing or all has ended."""
    if not 0 < survival < 1:
        return survival, survival
    theta = Z * sqrt(variance) / log(survival)
    return survival ** exp(-theta), survival ** exp(theta)


def curves(rows: Sequence[SessionRow]) -> tuple[Curve, ...]:
    """The curve of all sessions, then those of the hosts that have enough, if there are several."""
    lived = lives(rows)
    if not lived:
        return ()
    by_host: defaultdict[str, list[Life]] = defaultdict(list)
    for life in lived:
        by_host[life.host].append(life)
    enough = [host for host, each in by_host.items() if sum(life.ended for life in each) >= ENOUGH_ENDS]
    most = sorted(enough, key=lambda host: (-len(by_host[host]), host))[:MOST_HOSTS]
    return (_curve(None, lived), *(_curve(host, by_host[host]) for host in most if len(by_host) > 1))


def lives(rows: Iterable[SessionRow]) -> list[Life]:
    """The lives of sessions, across changes of their ids; without those whose start nobody saw."""
    waiting: dict[_Id, tuple[Life, float, bool]] = {}
    """What goes on under that id: its life up to here, its start, whether that was not seen."""
    found = []
    for row in sorted(rows, key=lambda row: row.started):
        whose = (row.client, row.host, row.cookie)
        before = waiting.pop((*whose, row.id), None) if row.rotated_from is not None else None
        _, start, adopted = before or (None, row.started, row.adopted)
        life = _life(row, start)
        if row.end_cause == EndCause.ROTATED and row.rotated_to is not None:
            waiting[*whose, row.rotated_to] = life, start, adopted
        elif not adopted:
            found.append(life)
    return found + [life for life, _, adopted in waiting.values() if not adopted]


def _life(row: SessionRow, start: float) -> Life:
    if row.ended is None:
        return Life(row.host, max(0.0, row.last_seen - start), False)
    return Life(row.host, max(0.0, row.ended - start), row.end_cause != EndCause.ROTATED)


def _curve(host: str | None, lived: Sequence[Life]) -> Curve:
    steps = kaplan_meier((life.seconds, life.ended) for life in lived)
    return Curve(
        host,
        len(lived),
        sum(life.ended for life in lived),
        _first(steps, [step.survival for step in steps]),
        _first(steps, [step.low for step in steps]),
        _first(steps, [step.high for step in steps]),
        steps,
    )


def _first(steps: Sequence[Step], heights: Sequence[float]) -> float | None:
    """Seconds at which that line first comes to a half or below."""
    return next((step.seconds for step, height in zip(steps, heights, strict=True) if height <= 0.5), None)


def survival_at(steps: Sequence[Step], seconds: float) -> float:
    """The part that lives longer than that."""
    return next((step.survival for step in reversed(steps) if step.seconds <= seconds), 1.0)
