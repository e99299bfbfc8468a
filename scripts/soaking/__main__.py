"""The command line of the soak: how long, and where the numbers go.

Exit codes: 0 it held; 1 something did not, or it could not be run; 2 the command line is wrong.
"""

import argparse
import json
import math
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.programs import PACKAGES, CannotMeasure
from benchmarks.results import Figure, table

from . import verdicts
from .plan import SETTLED_AFTER_SECONDS, SHORTEST_SECONDS, Plan
from .soak import soak
from .verdicts import MOST_MORE_DESCRIPTORS, MOST_MORE_TASKS, MOST_MORE_THREADS, Found

MINUTES = 30.0
WHAT_MUST_HOLD = f"""  no line in the log but those about broken rules
  no exchange failed while the origin was there
  every exchange recorded, and nothing else
  rules in force, or told to be broken, within {verdicts.MOST_RULES_SECONDS:.0f} s
  and, at the end against after a fifth of the time:
    memory ≤ {verdicts.MOST_RSS} ×, 99th percentile of latency ≤ {verdicts.MOST_P99} ×
    at most {MOST_MORE_DESCRIPTORS} descriptors, {MOST_MORE_THREADS} threads, {MOST_MORE_TASKS} tasks more
  Memory and latency are judged from {SETTLED_AFTER_SECONDS / 60:.0f} minutes on: shorter soaks are over before caches are full.
  Latency is judged where the proxy waited for a processor {verdicts.MOST_WAITED:.0%} of the time at most: else others use it."""
MOST_SHOWN = 20
"""Failures, and lines of the log, that are shown one by one."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, print the table, and write the JSON if asked to."""
    said = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        found = soak(Plan(said.minutes * 60), lambda progress: print(f"  {progress}", file=sys.stderr, flush=True))
    except CannotMeasure as error:
        print(f"The soak cannot be run: {error}.", file=sys.stderr)
        return 1
    figures = verdicts.figures(found)
    print(table(("what", "goal", "measured", "goal met"), (figure.cells() for figure in figures)))
    _show_what_is_wrong(found)
    if said.json is not None:
        said.json.write_text(json.dumps(_as_json(found, figures), indent=1, ensure_ascii=False) + "\n")
    return 0 if verdicts.held(figures) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/soak",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="""Puts the proxy under load for a while, with 20 rules, recording and jars, and says whether it held. In the
meantime rules are saved anew, good and broken ones, the origin goes away and comes back, clients log in and out, and
others vanish in the middle of a request or an answer. Everything is on loopback.""",
        epilog=f"""what must hold:
{WHAT_MUST_HOLD}

programs: wrk and nginx. On Debian: apt-get install {PACKAGES["wrk"]} {PACKAGES["nginx"]}

examples:
  scripts/soak                                    half an hour
  scripts/soak --minutes 0.5                      a first look
  scripts/soak --minutes 720 --json numbers.json  a night, for a machine

exit codes: 0 it held; 1 something did not, or it could not be run; 2 the command line is wrong""",
    )
    parser.add_argument(
        "--minutes",
        type=_minutes,
        default=MINUTES,
        metavar="N",
        help=f"under load, fractions too (default {MINUTES:.0f}, at least {SHORTEST_SECONDS / 60})",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    return parser


def _minutes(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or number * 60 < SHORTEST_SECONDS:
        raise argparse.ArgumentTypeError(f"{text} is not a number of at least {SHORTEST_SECONDS / 60}")
    return number


def _show_what_is_wrong(found: Found) -> None:
    for failure in found.failures[:MOST_SHOWN]:
        print(f"failed: {failure.who}: {failure.number} × {failure.what}", file=sys.stderr)
    for line in found.unaccounted[:MOST_SHOWN]:
        print(f"the log: {line}", file=sys.stderr)


def _as_json(found: Found, figures: Sequence[Figure]) -> dict[str, Any]:
    return {
        "machine": machine(),
        "minutes": found.plan.seconds / 60,
        "held": verdicts.held(figures),
        "figures": [figure.as_json() for figure in figures],
        "numbers": dict(found.book.numbers),
        "rows": found.rows,
        "store_bytes": found.store_bytes,
        "rests": [asdict(each) for each in found.rests],
        "slices": [asdict(each) for each in found.slices],
        "saved": [asdict(each) for each in found.saved],
        "gaps": [asdict(each) for each in found.gaps],
        "failures": [asdict(each) for each in found.failures[:MOST_SHOWN]],
        "log": list(found.unaccounted[:MOST_SHOWN]),
    }


if __name__ == "__main__":
    sys.exit(main())
