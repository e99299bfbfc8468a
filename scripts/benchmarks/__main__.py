"""The command line of the benchmarks: which rows, how long, and where the numbers go.

Exit codes: 0 done; 1 a goal was not met or a row could not be measured, and --strict was given; 2 the command line is wrong.
"""

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .programs import PACKAGES, cores, stay_on
from .results import Outcome
from .rows import ROWS, Row
from .run import Run

FULL_ROUNDS, FULL_SECONDS, FULL_EXCHANGES = 5, 6, 100_000
QUICK_ROUNDS, QUICK_SECONDS, QUICK_EXCHANGES, QUICK_SCALE = 3, 2, 10_000, 0.2
BUSY_SHARE = 0.3
"""Of the cores in use by others, from which the numbers suffer."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and write the JSON if asked to."""
    said = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows = [row for row in ROWS if not said.only or row.name in said.only]
    run = _run(said)
    _say_what_is_off(run)
    stay_on(run.proxy_core)
    outcome = Outcome()
    for number, row in enumerate(rows, 1):
        print(f"{number}/{len(rows)} {row.name}", file=sys.stderr, flush=True)
        outcome += row.outcome(run)
    _print(outcome)
    if said.json is not None:
        said.json.write_text(json.dumps(_as_json(outcome, run), indent=1, ensure_ascii=False) + "\n")
    return 1 if said.strict and any(each.is_met is False or each.why_not for each in outcome.figures) else 0


def _parser() -> argparse.ArgumentParser:
    names = "\n".join(_help_of(row) for row in ROWS)
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures the proxy against its peers, in turn and in one run, and says which goals it meets.",
        epilog=f"""rows:
{names}

programs: the rows that load a proxy need wrk and nginx, tough-cookie needs Node.js and fetches that package with npm. On Debian:
  apt-get install {" ".join(PACKAGES.values())}
lol-html is a Python package, python-lolhtml. A row whose programs are missing is left out, and says so.

examples:
  scripts/bench                                   all of it, about a quarter of an hour
  scripts/bench --quick                           rougher, about five minutes
  scripts/bench --only throughput --rounds 9      one row, with more rounds
  scripts/bench --json numbers.json --strict      for a machine: exit code 1 unless every goal is met""",
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer and shorter rounds: says roughly where things stand"
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="ROW",
        choices=[row.name for row in ROWS],
        help="this row alone (again for several)",
    )
    parser.add_argument("--rounds", type=_positive, help=f"rounds of each measurement (default {FULL_ROUNDS})")
    parser.add_argument("--seconds", type=_positive, help=f"of load, a round and proxy (default {FULL_SECONDS})")
    parser.add_argument("--exchanges", type=_positive, help=f"for exchange-memory (default {FULL_EXCHANGES:,})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too")
    parser.add_argument(
        "--strict", action="store_true", help="exit code 1 unless every row is measured and meets its goal"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _help_of(row: Row) -> str:
    first, *others = [what + (f" ({goal.text(unit)})" if goal else "") for what, goal, unit in row.lines]
    return "\n".join([f"  {row.name:<16} {first}", *(f"  {'':<16} {other}" for other in others)])


def _run(said: argparse.Namespace) -> Run:
    proxy_core, load_core = cores() or (None, None)
    return Run(
        rounds=said.rounds or (QUICK_ROUNDS if said.quick else FULL_ROUNDS),
        seconds=said.seconds or (QUICK_SECONDS if said.quick else FULL_SECONDS),
        exchanges=said.exchanges or (QUICK_EXCHANGES if said.quick else FULL_EXCHANGES),
        scale=QUICK_SCALE if said.quick else 1.0,
        proxy_core=proxy_core,
        load_core=load_core,
    )


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


def _as_json(outcome: Outcome, run: Run) -> dict[str, Any]:
    return {
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "mitmproxy": version("mitmproxy"),
            "load_average": os.getloadavg()[0],
        },
        "rounds": run.rounds,
        "seconds": run.seconds,
        **outcome.as_json(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


if __name__ == "__main__":
    sys.exit(main())
