"""The command line of the benchmarks: measures, or takes what was measured, and says it as a table, as JSON and as a page.

Exit codes: 0 done; 1 a goal was not met or a row could not be measured, and --strict was given; 2 the command line is wrong.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .arguments import read_arguments, run_of
from .joined import joined
from .machine import machine
from .page import page
from .programs import stay_on
from .results import Outcome
from .rows import ROWS
from .run import Run

BUSY_SHARE = 0.3
"""Of the cores in use by others, from which the numbers suffer."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure or read, print the table, and write JSON and page if asked to."""
    said = read_arguments(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        numbers = _measure(said) if said.earlier is None else joined([_read(path) for path in said.earlier])
        outcome = Outcome.from_json(numbers)
        text = page(numbers)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if said.earlier is None:
            raise
        names = " or ".join(map(str, said.earlier))
        print(f"scripts/bench: {names} is no JSON of the benchmarks: {error!r}", file=sys.stderr)
        return 2
    _print(outcome)
    if said.page is not None:
        said.page.write_text(text)
    return 1 if said.strict and any(each.is_met is False or each.why_not for each in outcome.figures) else 0


def _read(path: Path) -> Mapping[str, Any]:
    numbers: Mapping[str, Any] = json.loads(path.read_text())
    return numbers


def _measure(said: argparse.Namespace) -> Mapping[str, Any]:
    """All rows that were asked for, as JSON, which is written anew after each: a long run may be broken off."""
    run = run_of(said)
    _say_what_is_off(run)
    about = _about(run)
    stay_on(run.proxy_core)
    outcome, begin = Outcome(), time.monotonic()
    numbers: dict[str, Any] = {**about, **outcome.as_json()}
    rows = [row for row in ROWS if not said.only or row.name in said.only]
    for number, row in enumerate(rows, 1):
        minutes = (time.monotonic() - begin) / 60
        print(f"{number}/{len(rows)} {row.name} (after {minutes:.1f} min)", file=sys.stderr, flush=True)
        outcome += row.outcome(run)
        numbers = {**about, "minutes": (time.monotonic() - begin) / 60, **outcome.as_json()}
        _write(said.json, numbers)
    return numbers


def _write(path: Path | None, numbers: Mapping[str, Any]) -> None:
    if path is not None:
        path.write_text(json.dumps(numbers, indent=1, ensure_ascii=False) + "\n")


def _about(run: Run) -> dict[str, Any]:
    """What the numbers come from."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": machine(),
        "rounds": run.rounds,
        "seconds": run.seconds,
        "exchanges": run.exchanges,
        "scale": run.scale,
        "cores_apart": run.proxy_core is not None,
    }


def _say_what_is_off(run: Run) -> None:
    """What makes the numbers worse than they are."""
    if run.proxy_core is None:
        print("There is one core, or no taskset: proxy, load and origin share it, and ratios suffer.", file=sys.stderr)
    if os.getloadavg()[0] > BUSY_SHARE * (os.cpu_count() or 1):
        print(f"The machine is busy (load {os.getloadavg()[0]:.1f}): ratios will spread.", file=sys.stderr)


def _print(outcome: Outcome) -> None:
    print(outcome.table())
    if outcome.details:
        print(
            f"\nAbsolute numbers, which say as much about this machine as about the programs:\n\n{outcome.details_table()}"
        )


if __name__ == "__main__":
    sys.exit(main())
