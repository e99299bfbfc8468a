"""What each row of SHORTCUTS saves of an exchange by itself, in this process and without a network; garbage is settled.

A slice of exchanges with a shortcut lies between two without any, and is held against the mean of these: what one saves is less
than what the speed of a machine changes by within seconds.
"""

import asyncio
import contextlib
import gc
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from cookieproxy.proxy.shortcuts import SHORTCUTS, Shortcut

from . import driven
from .results import Detail, Measurement
from .run import Run
from .traffic import Traffic

SLICE = 100
"""Exchanges."""
PASSES = 3
"""Through all shortcuts, a round."""
ALL = "all of them"
_MISSING = object()

type Slices = dict[str, list[tuple[float, float]]]
"""Of each shortcut: processor time an exchange with it, and with none, in microseconds."""


def each(run: Run) -> Measurement:
    """Processor time with all of them against none, and with the one that saves most; and of each what it saves."""
    with run.place() as home:
        slices = asyncio.run(_measure(run, home))
    saved = {name: median(without - with_it for with_it, without in pairs) for name, pairs in slices.items()}
    best = max((name for name in saved if name != ALL), key=lambda name: saved[name])
    numbers = [_by_round(slices[name], run.rounds) for name in (ALL, best)]
    absolute = [
        Detail(
            name,
            {
                "time against none": median(with_it / without for with_it, without in slices[name]),
                "µs saved an exchange": saved[name],
            },
        )
        for name in sorted(slices, key=lambda name: -saved[name])
    ]
    return numbers, absolute


def _by_round(pairs: Sequence[tuple[float, float]], rounds: int) -> tuple[float, ...]:
    shares = [with_it / without for with_it, without in pairs]
    size = len(shares) // rounds
    return tuple(median(shares[place * size : (place + 1) * size]) for place in range(rounds))


def name_of(shortcut: Shortcut) -> str:
    """`Headers.get`."""
    owner: str = shortcut.owner.__name__
    return f"{owner.rpartition('.')[2]}.{shortcut.name}"


async def _measure(run: Run, home: Path) -> Slices:
    groups = {name_of(shortcut): (shortcut,) for shortcut in SHORTCUTS} | {ALL: SHORTCUTS}
    slices: Slices = {name: [] for name in groups}
    count = run.times(SLICE)
    async with driven.connected(home) as connection:
        (request,) = Traffic().requests(driven.ORIGIN, 0)

        async def slice_us() -> float:
            begin = time.process_time_ns()
            await connection.exchange(request, count)
            return (time.process_time_ns() - begin) / count / 1000

        with _garbage_settled():
            for number in range(run.rounds):
                for _ in range(PASSES):
                    before = await slice_us()
                    for name, shortcuts in groups.items():
                        with standing_in(shortcuts):
                            with_it = await slice_us()
                        after = await slice_us()
                        slices[name].append((with_it, (before + after) / 2))
                        before = after
                with_it, without = slices[ALL][-1]
                run.tell(f"{number + 1}/{run.rounds} all shortcuts: {with_it:.0f} µs an exchange, none {without:.0f}")
    return slices


@contextlib.contextmanager
def standing_in(shortcuts: Sequence[Shortcut]) -> Iterator[None]:
    """These stand in for mitmproxy's own functions meanwhile."""
    were = [vars(each.owner).get(each.name, _MISSING) for each in shortcuts]
    for each in shortcuts:
        setattr(each.owner, each.name, each.instead)
    try:
        yield
    finally:
        for each, was in zip(shortcuts, were, strict=True):
            if was is _MISSING:
                delattr(each.owner, each.name)
            else:
                setattr(each.owner, each.name, was)


@contextlib.contextmanager
def _garbage_settled() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
