"""The tests in rules.yaml, run."""

import time
from dataclasses import dataclass
from typing import ClassVar

from ..core.hosts import Suffixes
from ..rules.trials import trials
from .configuration import Config, PlacedTest
from .mistakes import Mistake


@dataclass(frozen=True, slots=True)
class TestResult:
    """What came of one test."""

    __test__: ClassVar[bool] = False

    rule: str
    place: Mistake
    """Where the test stands; its message says what was expected and what came, or is empty."""
    passed: bool

    def __str__(self) -> str:
        return str(self.place)


def run_tests(config: Config, suffixes: Suffixes, now: float | None = None) -> tuple[TestResult, ...]:
    """The results of all tests in the file, in its order; `now` is the time of their responses in Unix seconds."""
    moment = time.time() if now is None else now
    return tuple(_result(config, test, suffixes, moment) for test in config.tests)


def _result(config: Config, placed: PlacedTest, suffixes: Suffixes, now: float) -> TestResult:
    failed = [trial for trial in trials(config.rules, placed.test, suffixes, now) if not trial.passed]
    message = f'test of "{placed.rule}" at {placed.test.at}: ' + "; ".join(map(str, failed)) if failed else ""
    place = Mistake(placed.place.file, placed.place.line, placed.place.column, message)
    return TestResult(placed.rule, place, not failed)
