"""What was measured, held against its goal: medians with their spread, the printed table, and the same as JSON and back.

Knows nothing of what is measured. A figure is one number per round; its spread is the smallest and the largest of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple

RATIO = "×"


class Point(NamedTuple):
    """Where on a curve a figure stands."""

    axis: str
    """What grows."""
    at: float

    def __str__(self) -> str:
        return f"{shown(self.at)} {self.axis}"


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure should reach, in the figure's own unit."""

    bound: float
    at_most: bool = False

    def is_met_by(self, number: float) -> bool:
        """Whether the number reaches it."""
        return number <= self.bound if self.at_most else number >= self.bound

    def text(self, unit: str) -> str:
        """`≥ 1.5 ×`."""
        return f"{'≤' if self.at_most else '≥'} {shown(self.bound)} {unit}"


def at_least(bound: float) -> Goal:
    """The more the better."""
    return Goal(bound)


def at_most(bound: float) -> Goal:
    """The less the better."""
    return Goal(bound, at_most=True)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    row: str
    """The name by which `--only` asks for it."""
    what: str
    goal: Goal | None
    unit: str
    numbers: tuple[float, ...] = ()
    """One for each round; none if it could not be measured."""
    why_not: str | None = None
    """Why it could not be measured."""
    section: str = ""
    """The heading of the page under which it belongs."""
    point: Point | None = None
    """None if it is on no curve."""

    @property
    def median(self) -> float | None:
        """The middle one of its numbers."""
        return median(self.numbers) if self.numbers else None

    @property
    def is_met(self) -> bool | None:
        """Whether the median reaches the goal; None without a goal or a number."""
        if self.goal is None or self.median is None:
            return None
        return self.goal.is_met_by(self.median)

    def cells(self) -> tuple[str, str, str, str]:
        """What, goal, measured, met."""
        goal = "–" if self.goal is None else self.goal.text(self.unit)
        verdict = {True: "met", False: "not met", None: "–"}[self.is_met]
        return self.what, goal, self.measured(), verdict

    def measured(self) -> str:
        """The median and its spread, or why there is none."""
        if self.median is None:
            return f"not measured: {self.why_not}"
        spread = f" ({shown(min(self.numbers))} – {shown(max(self.numbers))})" if len(self.numbers) > 1 else ""
        return f"{shown(self.median)} {self.unit}{spread}"

    def as_json(self) -> dict[str, Any]:
        """The figure as `--json` writes it."""
        bound = None if self.goal is None else self.goal.bound
        return {
            "row": self.row,
            "what": self.what,
            "goal": bound,
            "goal_is": None if self.goal is None else "at most" if self.goal.at_most else "at least",
            "unit": self.unit,
            "median": self.median,
            "lowest": min(self.numbers, default=None),
            "highest": max(self.numbers, default=None),
            "rounds": list(self.numbers),
            "met": self.is_met,
            "why_not": self.why_not,
            "section": self.section,
            "point": None if self.point is None else self.point._asdict(),
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Figure":
        """What `as_json` made of it."""
        goal = None if said["goal"] is None else Goal(said["goal"], said["goal_is"] == "at most")
        point = None if said["point"] is None else Point(**said["point"])
        numbers = tuple(said["rounds"])
        return cls(said["row"], said["what"], goal, said["unit"], numbers, said["why_not"], said["section"], point)


@dataclass(frozen=True, slots=True)
class Detail:
    """An absolute number behind the ratios; it says as much about the machine as about us."""

    subject: str
    numbers: dict[str, float]
    row: str = ""

    def cells(self, names: Sequence[str]) -> tuple[str, ...]:
        """The row, the subject, and its numbers in the order of these names."""
        return self.row, self.subject, *(shown(self.numbers[name]) if name in self.numbers else "–" for name in names)

    def as_json(self) -> dict[str, Any]:
        """The detail as `--json` writes it."""
        return {"row": self.row, "subject": self.subject, **self.numbers}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Detail":
        """What `as_json` made of it."""
        numbers = dict(said)
        row, subject = numbers.pop("row"), numbers.pop("subject")
        return cls(subject, numbers, row)


type Measurement = tuple[Sequence[tuple[float, ...]], Sequence[Detail]]
"""The numbers of each line of a row, one a round, and the absolute ones behind them."""


@dataclass(slots=True)
class Outcome:
    """What came of one row, or of all."""

    figures: list[Figure] = field(default_factory=list)
    details: list[Detail] = field(default_factory=list)

    def __iadd__(self, other: "Outcome") -> "Outcome":
        self.figures += other.figures
        self.details += other.details
        return self

    def table(self) -> str:
        """The figures as a table."""
        heads = ("what", "goal", "measured: median (lowest – highest)", "goal met")
        return table(heads, (figure.cells() for figure in self.figures))

    def details_table(self) -> str:
        """The absolute numbers, a table for each set of columns; empty if there are none."""
        return details_table(self.details)

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return {key: [each.as_json() for each in getattr(self, key)] for key in ("figures", "details")}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Outcome":
        """What `as_json` made of it. Raises KeyError and TypeError if it is something else."""
        return cls(list(map(Figure.from_json, said["figures"])), list(map(Detail.from_json, said["details"])))


def details_table(details: Iterable[Detail]) -> str:
    """Absolute numbers, a table for each set of columns."""
    tables: dict[tuple[str, ...], list[Detail]] = {}
    for detail in details:
        tables.setdefault(tuple(detail.numbers), []).append(detail)
    return "\n\n".join(
        table(("row", "median of", *names), (detail.cells(names) for detail in alike))
        for names, alike in tables.items()
    )


def ratios(numbers: Iterable[float], bases: Iterable[float]) -> tuple[float, ...]:
    """Round by round, how many times the base the number is."""
    return tuple(number / base for number, base in zip(numbers, bases, strict=True))


def shown(number: float) -> str:
    """Three digits that count, thousands divided: 0.934, 12.3, 1,204."""
    if abs(number) >= 100 or number == int(number):
        return f"{number:,.0f}"
    return f"{number:.3g}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that reads well in a terminal and in Markdown."""
    lines = [tuple(heads), *map(tuple, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    head, *body = [_line(line, widths) for line in lines]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([head, rule, *body])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (f" {cell:<{width}} " for cell, width in zip(cells, widths, strict=True))
    return "|" + "|".join(padded) + "|"
