"""What the charts of a report's page draw, as JSON that may stand within a page; the numbers of a chart in a sentence (R10).

Texts are made harmless here, because a canvas and a script take them as they are. Knows no colours and no pixels.
"""

import json
from collections.abc import Sequence

from ..core.events import EndCause
from ..record.listings import SessionRow
from .concurrency import MOST_SITES
from .gaps import Timeout
from .page import Report
from .survival import Curve
from .text import printable
from .timeline import Lane

MOST_STEPS = 400
"""Of a curve; of more every n-th is drawn, and the last."""
MOST_TIMEOUTS = 16
"""Host and cookie, those with most to say."""
SHOWN_CHARACTERS = 80
"""Of a name."""
SHOWN_SENTENCE = 300
_HARMLESS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def chart_json(report: Report) -> str:
    """The data of all charts, in ASCII without `<`, `>` and `&`, so that it cannot end the element it stands in."""
    said = {
        "from": min((row.started for row in _drawn(report)), default=None),
        "to": report.until,
        "causes": [cause.value for cause in EndCause],
        "lanes": [_lane(lane) for lane in report.timeline.lanes],
        "curves": [_curve(curve) for curve in report.survival],
        "timeouts": [_timeout(one) for one in report.timeouts[:MOST_TIMEOUTS]],
        "online": [
            {
                "site": shown(one.site),
                "peak": one.peak,
                "points": [[point.time, point.sessions] for point in one.points],
            }
            for one in report.online[:MOST_SITES]
        ],
    }
    return json.dumps(said, ensure_ascii=True, separators=(",", ":")).translate(_HARMLESS)


def shown(text: str, most: int = SHOWN_CHARACTERS) -> str:
    """Text off the wire as a page shows it: short, with everything escaped that nobody can see."""
    harmless = printable(text[: most + 1])
    return harmless if len(harmless) <= most else f"{harmless[:most]}…"


def _drawn(report: Report) -> list[SessionRow]:
    return [row for lane in report.timeline.lanes for row in lane.sessions]


def _lane(lane: Lane) -> dict[str, object]:
    places = {row.id: place for place, row in enumerate(lane.sessions)}
    return {
        "client": shown(lane.client),
        "host": shown(lane.host),
        "cookie": shown(lane.cookie),
        "bars": [_bar(row, places) for row in lane.sessions],
    }


def _bar(row: SessionRow, places: dict[str, int]) -> dict[str, object]:
    return {
        "id": shown(row.id[:8]),
        "start": row.started,
        "seen": row.last_seen,
        "end": row.ended,
        "cause": row.end_cause,
        "why": None if row.end_sentence is None else shown(row.end_sentence, SHOWN_SENTENCE),
        "requests": row.requests,
        "gap": row.longest_gap,
        "expected": row.expected_end,
        "expiry": row.expiry,
        "next": None if row.rotated_to is None else places.get(row.rotated_to),
    }


def _curve(curve: Curve) -> dict[str, object]:
    steps = _thinned(curve.steps)
    return {
        "host": None if curve.host is None else shown(curve.host),
        "times": [step.seconds for step in steps],
        "survival": [round(step.survival, 5) for step in steps],
        "low": [round(step.low, 5) for step in steps],
        "high": [round(step.high, 5) for step in steps],
        "risk": [step.at_risk for step in steps],
        "censored": [place for place, step in enumerate(steps) if step.censored],
    }


def _thinned[Item](items: Sequence[Item]) -> list[Item]:
    size = -(-len(items) // MOST_STEPS) or 1
    return [item for place, item in enumerate(items) if place % size == 0 or place == len(items) - 1]


def _timeout(one: Timeout) -> dict[str, object]:
    return {
        "host": shown(one.host),
        "cookie": shown(one.cookie),
        "idle": [one.idle_low, one.idle_high],
        "absolute": [one.absolute_low if one.absolute_high is not None else None, one.absolute_high],
        "survived": one.survived_gaps,
        "killing": one.killing_gaps,
    }
