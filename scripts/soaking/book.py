"""What the clients of a soak saw: exchanges that completed, those that failed and when, and what the store must have of them.

An exchange that was cut may or may not be recorded, depending on who was faster; so what is expected is a pair of bounds, for
each path. Knows no network.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SET_COOKIES = 2
"""Set-Cookie fields in each answer of the origin."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """At least and at most so many."""

    least: int = 0
    most: int = 0

    def __add__(self, other: "Bounds") -> "Bounds":
        return Bounds(self.least + other.least, self.most + other.most)

    def __mul__(self, times: int) -> "Bounds":
        return Bounds(self.least * times, self.most * times)

    def missing(self, number: int) -> int:
        """How many too few that is."""
        return max(0, self.least - number)

    def surplus(self, number: int) -> int:
        """How many too many that is."""
        return max(0, number - self.most)


NONE = Bounds(0, 0)
ONE = Bounds(1, 1)
MAYBE = Bounds(0, 1)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in the store: requests with cookies, and Set-Cookie fields."""

    requests: Bounds = NONE
    set_cookies: Bounds = NONE

    def __add__(self, other: "Rows") -> "Rows":
        return Rows(self.requests + other.requests, self.set_cookies + other.set_cookies)

    def __mul__(self, times: int) -> "Rows":
        return Rows(self.requests * times, self.set_cookies * times)


COMPLETE = Rows(ONE, ONE * SET_COOKIES)
CUT = Rows(MAYBE, MAYBE * SET_COOKIES)
"""Of an exchange that did not come to its end, or to another than it should."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, in seconds of the monotonic clock."""

    begin: float
    end: float

    def overlaps(self, others: Iterable["Span"]) -> bool:
        """Whether it has a moment in common with one of them."""
        return any(self.begin <= other.end and other.begin <= self.end for other in others)


@dataclass(frozen=True, slots=True)
class Failure:
    """Exchanges that failed, or one."""

    when: Span
    who: str
    what: str
    number: int = 1


class Book:
    """Kept by all actors at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._expected: defaultdict[str, Rows] = defaultdict(Rows)
        self._numbers: defaultdict[str, int] = defaultdict(int)
        self._failures: list[Failure] = []

    def expect(self, path: str, rows: Rows) -> None:
        """The store must have these of that path."""
        with self._lock:
            self._expected[path] += rows

    def count(self, what: str, number: int = 1) -> None:
        """So many more of these happened."""
        with self._lock:
            self._numbers[what] += number

    def fail(self, failure: Failure) -> None:
        """Something did not come to the end it should; whether that was to be expected is judged later."""
        with self._lock:
            self._failures.append(failure)

    @property
    def expected(self) -> Mapping[str, Rows]:
        """By path."""
        with self._lock:
            return dict(self._expected)

    @property
    def numbers(self) -> Mapping[str, int]:
        """How often what happened."""
        with self._lock:
            return dict(self._numbers)

    def failures(self, gaps: Iterable[Span], in_gaps: bool) -> list[Failure]:
        """Those that a gap explains, or those that none does."""
        gaps = list(gaps)
        with self._lock:
            return [each for each in self._failures if each.when.overlaps(gaps) is in_gaps]
