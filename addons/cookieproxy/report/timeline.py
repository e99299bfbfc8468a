"""Sessions as bars in lanes, one for each client and cookie, newest first (R32). Pure; knows no pixels."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ..record.listings import SessionRow

MOST_LANES = 40
MOST_BARS = 60
"""Of one lane, the newest."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The sessions of one cookie of one client."""

    client: str
    host: str
    cookie: str
    sessions: tuple[SessionRow, ...]
    """By their start."""
    left_out: int
    """Older ones, which are not among them."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is drawn of the sessions."""

    lanes: tuple[Lane, ...]
    lanes_left_out: int
    sessions_left_out: int


def timeline(rows: Iterable[SessionRow]) -> Timeline:
    """The lanes that were used last, with their newest sessions."""
    by_lane: defaultdict[tuple[str, str, str], list[SessionRow]] = defaultdict(list)
    for row in rows:
        by_lane[row.client, row.host, row.cookie].append(row)
    newest = sorted(by_lane, key=lambda whose: max(map(_last, by_lane[whose])), reverse=True)
    lanes = tuple(_lane(whose, by_lane[whose]) for whose in newest[:MOST_LANES])
    drawn = sum(len(lane.sessions) for lane in lanes)
    return Timeline(lanes, len(newest) - len(lanes), sum(map(len, by_lane.values())) - drawn)


def _lane(whose: tuple[str, str, str], rows: list[SessionRow]) -> Lane:
    rows.sort(key=lambda row: row.started)
    return Lane(*whose, tuple(rows[-MOST_BARS:]), max(0, len(rows) - MOST_BARS))


def _last(row: SessionRow) -> float:
    return max(row.last_seen, row.ended or row.last_seen)
