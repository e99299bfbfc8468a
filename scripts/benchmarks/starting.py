"""How long a proxy takes from the start of its process until it listens, and until it answers.

mitmproxy listens before it has loaded its scripts; until that is done everybody waits.
"""

import time
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import NamedTuple

from . import load
from .answering import wait_for_answer
from .programs import free_port, on_core, running
from .results import Detail, Measurement, ratios
from .run import Run
from .traffic import Traffic
from .variants import BARE, MANY, OURS, Variant

VARIANTS = (BARE, OURS, MANY)
LOOK_SECONDS = 0.005


class Start(NamedTuple):
    """One start, in seconds since its process began."""

    listens: float
    answers: float


MOMENTS = (attrgetter("listens"), attrgetter("answers"))


def of_each(run: Run) -> Measurement:
    """Ours with few rules and with many against bare: until it listens, and until it answers."""
    starts: dict[Variant, list[Start]] = {variant: [] for variant in VARIANTS}
    with run.place() as home, load.origin(home / "origin", run.load_core) as url:
        homes = {variant: home / str(place) for place, variant in enumerate(VARIANTS)}
        for variant, its_home in homes.items():
            its_home.mkdir()
            start(variant, its_home, run.proxy_core, url)  # makes certificates, the store, and Python's caches
        for number in range(run.rounds):
            for variant, its_home in homes.items():
                starts[variant].append(start(variant, its_home, run.proxy_core, url))
                run.tell(f"{number + 1}/{run.rounds} {variant.name}: answers after {starts[variant][-1].answers:.2f} s")
    bare, *ours = starts.values()
    numbers = [ratios(map(when, each), map(when, bare)) for each in ours for when in MOMENTS]
    return numbers, [_detail(variant, each) for variant, each in starts.items()]


def start(variant: Variant, home: Path, core: int | None, url: str) -> Start:
    """Start it once in that directory. Raises CannotMeasure."""
    port = free_port()
    command = on_core(core, variant.command(home, port))
    (request,) = Traffic().requests(url, port)
    begin = time.perf_counter()
    with running(command, port, home, look_seconds=LOOK_SECONDS):
        listens = time.perf_counter() - begin
        wait_for_answer(port, request)
        return Start(listens, time.perf_counter() - begin)


def _detail(variant: Variant, starts: Sequence[Start]) -> Detail:
    listens, answers = (median(map(when, starts)) * 1000 for when in MOMENTS)
    return Detail(variant.name, {"listens after ms": listens, "answers after ms": answers})
