"""One soak from its beginning to its end: starts everything, lets the actors act, and gathers what they found.

Under load, at rest, under load, at rest: what is in use is compared between the two rests.
"""

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from benchmarks.programs import START_SECONDS, CannotMeasure, Program, cores, free_port, need, on_core, running, stay_on
from benchmarks.variants import DATABASE, Variant

from .book import Book
from .counting import ADDON, VARIABLE, Counts, InUse
from .load import Load
from .origin import Origin
from .plan import Plan
from .recorded import Recorded
from .said import Said
from .saving import LAX, Saver
from .vanishing import QUICK_KINDS, SLOW, Vanishers
from .verdicts import Found
from .visiting import Visitors

VARIANT = Variant("soaked", LAX.decode(), arguments=("-s", str(ADDON)))
LOUD = ("--set", "termlog_verbosity=warn", "--set", "flow_detail=0")
"""Instead of the benchmarks' -q, under which no warning is seen."""

COUNTS = "counts"
"""The file in the proxy's directory that has them."""
LOOK_SECONDS = 0.1

type Tell = Callable[[str], None]
type Act = Callable[[threading.Event], None]


def soak(plan: Plan, tell: Tell) -> Found:
    """Run it. Raises CannotMeasure if something is missing or does not start."""
    need("wrk", "nginx")
    proxy_core, load_core = cores() or (None, None)
    stay_on(load_core)
    with tempfile.TemporaryDirectory(prefix="cookies-soak-") as place:
        home = Path(place)
        with Origin(home / "origin", load_core) as origin, _proxy(home / "proxy", proxy_core) as program:
            soaking = Soaking(plan, tell, home, load_core, origin, program)
            soaking.run()
        return soaking.found()


@contextlib.contextmanager
def _proxy(home: Path, core: int | None) -> Iterator[Program]:
    port = free_port()
    home.mkdir()
    command = [part for part in VARIANT.command(home, port) if part != "-q"]
    env = {"PYTHONUNBUFFERED": "1", VARIABLE: str(home / COUNTS)}
    with running(on_core(core, [*command, *LOUD]), port, home, env) as program:
        _wait_until_it_counts(home, program)
        yield program


def _wait_until_it_counts(home: Path, program: Program) -> None:
    """It listens while it still loads its scripts."""
    deadline = time.monotonic() + START_SECONDS
    counts = Counts(home / COUNTS)
    while not counts.has_begun:
        if time.monotonic() > deadline:
            raise CannotMeasure(f"the proxy did not load its scripts within {START_SECONDS:.0f} s: {program.said()}")
        time.sleep(LOOK_SECONDS)


class Soaking:
    """The actors of one soak, and what they found."""

    def __init__(self, plan: Plan, tell: Tell, home: Path, core: int | None, origin: Origin, program: Program) -> None:
        proxy_home, port = home / "proxy", program.port
        rules = proxy_home / "rules.yaml"
        self._plan = plan
        self._tell = tell
        self._book = Book()
        self._said = Said(proxy_home / "log", rules)
        self._counts = Counts(proxy_home / COUNTS)
        self._recorded = Recorded(proxy_home / DATABASE)
        self._origin = origin
        self._load = Load(home, core, port, origin, self._book, self._counts)
        self._saver = Saver(rules, port, origin, self._book, self._said)
        self._vanishers = [Vanishers(kinds, port, origin, self._book) for kinds in (QUICK_KINDS, (SLOW,))]
        self._visitors = Visitors(port, origin, self._book)
        self._rests: list[InUse] = []
        self._next_tell = plan.tell_seconds

    def run(self) -> None:
        """Everything, under load and at rest in turn."""
        before = 0.0
        for seconds in self._plan.phases:
            with _acting(self._acts()) as check:
                self._put_load(before, seconds, check)
            before += seconds
            self._rest()

    def found(self) -> Found:
        """What came of it, once the proxy has ended."""
        self._recorded.count()
        return Found(
            self._plan,
            self._book,
            self._origin.gaps,
            self._load.slices,
            self._saver.saved,
            self._rests,
            self._recorded.rows,
            self._said.refusals(),
            self._said.unaccounted(),
            self._recorded.store_bytes,
        )

    def _acts(self) -> Sequence[Act]:
        plan = self._plan
        return (
            lambda over: self._origin.restart_every(plan.restart_seconds, over),
            lambda over: self._saver.save_every(plan.save_seconds, over),
            *(each.vanish for each in self._vanishers),
            self._visitors.come,
        )

    def _put_load(self, before: float, seconds: float, check: Callable[[], None]) -> None:
        begin, slice_seconds = time.monotonic(), self._plan.slice_seconds
        while (under_load := time.monotonic() - begin) < seconds - slice_seconds / 2:
            self._load.put(before + under_load, slice_seconds)
            self._recorded.count()
            check()
            if before + under_load >= self._next_tell:
                self._next_tell += self._plan.tell_seconds
                self._tell(self._progress(before + under_load))

    def _rest(self) -> None:
        time.sleep(self._plan.rest_seconds)
        self._rests.append(self._counts.latest())
        self._tell(f"at rest: {_shown(self._rests[-1])}")

    def _progress(self, at: float) -> str:
        in_use, last = self._counts.latest(), self._load.slices[-1]
        failed = sum(each.number for each in self._book.failures(self._origin.gaps, in_gaps=False))
        return (
            f"{at:,.0f} of {self._plan.seconds:,.0f} s: {self._book.numbers.get('exchanges', 0):,} exchanges, "
            f"p99 {last.p99_ms:.0f} ms, waited {last.waited:.0%}, {_shown(in_use)}, "
            f"store {self._recorded.store_bytes / 1e6:.0f} MB, {len(self._origin.gaps)} restarts, "
            f"{len(self._saver.saved)} files saved, {failed} failed beside gaps, {len(self._said.unaccounted())} lines in the log, "
            f"load average {os.getloadavg()[0]:.1f}"
        )


def _shown(in_use: InUse) -> str:
    return f"{in_use.rss_bytes / 1e6:.1f} MB, {in_use.descriptors} descriptors, {in_use.threads} threads, {in_use.tasks} tasks"


@contextlib.contextmanager
def _acting(acts: Sequence[Act]) -> Iterator[Callable[[], None]]:
    """While they act, each on a thread; gives what raises the exception of one that ended by it."""
    over = threading.Event()
    with ThreadPoolExecutor(len(acts)) as threads:
        try:
            acting = [threads.submit(act, over) for act in acts]
            yield lambda: _check(acting)
        finally:
            over.set()
        for act in acting:
            act.result()


def _check(acting: Sequence[Future[None]]) -> None:
    for act in acting:
        if act.done():
            act.result()
            raise CannotMeasure("an actor ended before its time")
