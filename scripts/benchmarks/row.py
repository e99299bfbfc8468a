"""One measurement: its name, the lines it fills in the table, and what takes it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from .programs import CannotMeasure
from .results import RATIO, Figure, Goal, Measurement, Outcome, Point
from .run import Run


class Section(StrEnum):
    """The headings of the page, in order."""

    SPEED = "Requests through the proxy"
    GROWTH = "While one thing grows"
    FEATURES = "What each feature costs"
    FAST = "What cookies_fast brings"
    INSIDE = "Parts by themselves"
    COOKIELESS = "Pages with sessions in the URL"
    MEMORY = "Memory"


class Line(NamedTuple):
    """One figure of a measurement, before it is taken."""

    what: str
    goal: Goal | None = None
    unit: str = RATIO
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement, which may fill several lines of the table."""

    name: str
    section: Section
    lines: tuple[Line, ...]
    measure: Callable[[Run], Measurement]
    """The numbers of each line, and the absolute ones behind them. Raises CannotMeasure."""
    blanks: tuple[Figure, ...] = field(init=False)

    def __post_init__(self) -> None:
        blanks = (
            Figure(self.name, line.what, line.goal, line.unit, section=self.section, point=line.point)
            for line in self.lines
        )
        object.__setattr__(self, "blanks", tuple(blanks))

    def outcome(self, run: Run) -> Outcome:
        """The lines with their numbers, or with the reason why there are none."""
        try:
            numbers, details = self.measure(run)
        except (CannotMeasure, OSError) as error:  # a program may end in the middle of it
            run.tell(f"{self.name}: {error}")
            return Outcome([replace(blank, why_not=str(error)) for blank in self.blanks])
        filled = [replace(blank, numbers=each) for blank, each in zip(self.blanks, numbers, strict=True)]
        return Outcome(filled, [replace(detail, row=self.name) for detail in details])
