"""What must hold in a soak, and whether it did: each goal with its number.

Pure: takes what all the others found. Descriptors, threads and tasks are those at rest, so that connections of the moment do
not count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.results import RATIO, Figure, Goal, at_least, at_most

from .book import Book, Failure, Rows, Span
from .counting import InUse
from .load import Slice
from .plan import Plan
from .saving import Saved

MOST_RSS = 1.05
"""In the last tenth of the time, as many times as in the tenth after the first part."""
MOST_MORE_DESCRIPTORS = 4
MOST_MORE_THREADS = 2
"""A pool may not have been full before."""
MOST_MORE_TASKS = 4
MOST_P99 = 1.25
"""The median of the last part's quiet slices, as many times as that of the first part's."""
MOST_WAITED = 0.25
"""In a quiet slice the proxy waited for a processor for at most this share of the time; its own writer makes it wait, too."""
LEAST_QUIET = 3
"""Slices of a part, from which on it can be judged."""
MOST_RULES_SECONDS = 2.0
"""From the saving of rules until they are in force, or told to be broken."""
RULES_IGNORED = "good ones that did not come into force, and broken ones that were not told or did"
P99 = "99th percentile of latency, the last part against the first"
P99_ALL = "the same with slices in which the proxy waited for a processor"
WARM_UP = 0.2
"""The share of the first part's slices that is left out, at least one."""


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that is known after a soak."""

    plan: Plan
    book: Book
    gaps: Sequence[Span]
    slices: Sequence[Slice]
    saved: Sequence[Saved]
    rests: Sequence[InUse]
    """After the first part, and at the end."""
    rows: Mapping[str, Mapping[str, int]]
    """Of the store, by view and path."""
    refusals: int
    """Of broken rules files, in the log."""
    unaccounted: Sequence[str]
    """Lines of the log that nothing explains."""
    store_bytes: int

    @property
    def failures(self) -> list[Failure]:
        """Those that no gap explains."""
        return self.book.failures(self.gaps, in_gaps=False)


def figures(found: Found) -> list[Figure]:
    """All lines of the table."""
    return [
        Figure("log", "lines in the log that nothing explains", at_most(0), "lines", (len(found.unaccounted),)),
        *_exchanges(found),
        *_recorded(found),
        *_rules(found),
        *_growth(found),
        *_latency(found),
    ]


def _exchanges(found: Found) -> list[Figure]:
    failed = sum(each.number for each in found.failures)
    expected = sum(each.number for each in found.book.failures(found.gaps, in_gaps=True))
    done = found.book.numbers.get("exchanges", 0)
    vanished = sum(number for what, number in found.book.numbers.items() if what.startswith("vanished "))
    return [
        Figure("exchanges", "exchanges that completed", at_least(1), "exchanges", (done,)),
        Figure("failures", "exchanges that failed while the origin was there", at_most(0), "exchanges", (failed,)),
        Figure("gaps", "restarts of the origin", at_least(1), "restarts", (len(found.gaps),)),
        Figure("gap-failures", "exchanges that failed while it was away", None, "exchanges", (expected,)),
        Figure("vanished", "clients that vanished in the middle of something", at_least(1), "clients", (vanished,)),
    ]


def _recorded(found: Found) -> list[Figure]:
    expected = found.book.expected
    return [
        figure
        for view, what in (("requests", "requests"), ("set_cookies", "Set-Cookie fields"))
        for figure in _rows_of(view, what, expected, found.rows[view])
    ]


def _rows_of(view: str, what: str, expected: Mapping[str, Rows], rows: Mapping[str, int]) -> list[Figure]:
    bounds = {path: getattr(each, view) for path, each in (dict.fromkeys(rows, Rows()) | dict(expected)).items()}
    missing = sum(each.missing(rows.get(path, 0)) for path, each in bounds.items())
    surplus = sum(each.surplus(rows.get(path, 0)) for path, each in bounds.items())
    cut = sum(each.most - each.least for each in bounds.values())
    return [
        Figure(f"{view}-missing", f"{what} that were not recorded", at_most(0), "rows", (missing,)),
        Figure(f"{view}-surplus", f"{what} recorded that nobody sent", at_most(0), "rows", (surplus,)),
        Figure(f"{view}-cut", f"{what} that were cut, recorded or not", None, "rows", (cut,)),
    ]


def _rules(found: Found) -> list[Figure]:
    without_effect = [each for each in found.saved if not each.took_effect]
    seconds = [each.when.end - each.when.begin for each in found.saved if not each.when.overlaps(found.gaps)]
    broken = sum(each.is_broken for each in found.saved)
    longest = max(seconds, default=None)
    return [
        Figure("rules", "rules files saved", at_least(1), "files", (len(found.saved),)),
        Figure("rules-broken", "broken ones of these", at_least(1), "files", (broken,)),
        Figure("rules-ignored", RULES_IGNORED, at_most(0), "files", (len(without_effect),)),
        Figure(
            "rules-told", "broken ones told twice, or not at all", at_most(0), "files", (abs(found.refusals - broken),)
        ),
        _figure("rules-seconds", "the longest until one had its effect", at_most(MOST_RULES_SECONDS), "s", longest),
    ]


def _growth(found: Found) -> list[Figure]:
    early, late = found.rests[0], found.rests[-1]
    return [
        _memory(found),
        _more("descriptors", early.descriptors, late.descriptors, MOST_MORE_DESCRIPTORS),
        _more("threads", early.threads, late.threads, MOST_MORE_THREADS),
        _more("tasks", early.tasks, late.tasks, MOST_MORE_TASKS),
    ]


def _memory(found: Found) -> Figure:
    """Medians over many slices: it goes up and down with what is on its way."""
    plan = found.plan
    goal = at_most(MOST_RSS) if plan.is_settled else None
    early, late = (
        [each.rss_bytes for each in found.slices if begin <= each.at < end]
        for begin, end in (plan.after_first_part, plan.at_the_end)
    )
    ratio = median(late) / median(early) if early and late else None
    return _figure("rss", "memory at the end against after the first part", goal, RATIO, ratio)


def _more(what: str, early: int, late: int, most: int) -> Figure:
    return Figure(what, f"{what} more than after the first part", at_most(most), what, (late - early,))


def _latency(found: Found) -> list[Figure]:
    """Latency says something of the proxy where nobody else uses its processor; the other slices are there for the reader."""
    quiet, all_of_them = latencies(found, MOST_WAITED), latencies(found)
    goal = at_most(MOST_P99) if found.plan.is_settled else None
    if min(map(len, quiet)) >= LEAST_QUIET:
        judged = Figure("p99", P99, goal, RATIO, (_ratio(quiet),))
    else:
        waited = median(each.waited for each in found.slices) if found.slices else 0
        judged = Figure(
            "p99", P99, None, RATIO, why_not=f"too few quiet slices; the proxy waited {waited:.0%} of the time"
        )
    return [judged, _figure("p99-all", P99_ALL, None, RATIO, _ratio(all_of_them) if all(all_of_them) else None)]


def latencies(found: Found, most_waited: float = float("inf")) -> tuple[list[float], list[float]]:
    """The 99th percentiles of the first part's slices after the warm-up, and of the last part's, in ms.

    Without those that a gap touched, and those in which the proxy waited longer for a processor.
    """
    first = [each for each in found.slices if each.at < found.plan.phases[0]]
    last = [each for each in found.slices if each.at >= found.plan.last_part]
    parts = (first[max(1, int(len(first) * WARM_UP)) :], last)
    early, late = (
        [each.p99_ms for each in part if each.waited <= most_waited and not each.when.overlaps(found.gaps)]
        for part in parts
    )
    return early, late


def _ratio(parts: tuple[list[float], list[float]]) -> float:
    first, last = map(median, parts)
    return last / first


def _figure(row: str, what: str, goal: Goal | None, unit: str, number: float | None) -> Figure:
    if number is None:
        return Figure(row, what, goal, unit, why_not="it was too short")
    return Figure(row, what, goal, unit, (number,))


def held(all_figures: Sequence[Figure]) -> bool:
    """Whether each goal was reached; one without a number was not."""
    return all(figure.is_met is True for figure in all_figures if figure.goal is not None)
