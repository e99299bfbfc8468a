"""What the command line of the benchmarks may say, its help, and the run that it asks for."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from .programs import PACKAGES, cores
from .row import Section
from .rows import ROWS, Row
from .run import Run

FULL_ROUNDS, FULL_SECONDS, FULL_EXCHANGES = 5, 6, 100_000
QUICK_ROUNDS, QUICK_SECONDS, QUICK_EXCHANGES, QUICK_SCALE = 3, 2, 10_000, 0.2
OF_A_RUN = ("quick", "only", "rounds", "seconds", "exchanges", "json")
"""What means nothing where nothing is measured."""


def read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was said. Ends the program with exit code 2 if it is wrong."""
    parser = _parser()
    said = parser.parse_args(arguments)
    wrong = [f"--{name}" for name in OF_A_RUN if said.earlier and getattr(said, name)]
    if wrong:
        parser.error(f"--from measures nothing, so it does not go with {', '.join(wrong)}")
    return said


def run_of(said: argparse.Namespace) -> Run:
    """The run that was asked for, on the cores there are."""
    proxy_core, load_core = cores() or (None, None)
    return Run(
        rounds=said.rounds or (QUICK_ROUNDS if said.quick else FULL_ROUNDS),
        seconds=said.seconds or (QUICK_SECONDS if said.quick else FULL_SECONDS),
        exchanges=said.exchanges or (QUICK_EXCHANGES if said.quick else FULL_EXCHANGES),
        scale=QUICK_SCALE if said.quick else 1.0,
        proxy_core=proxy_core,
        load_core=load_core,
    )


def _parser() -> argparse.ArgumentParser:
    rows = "\n".join(_help_of(section) for section in Section)
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures the proxy against its peers, in turn and in one run, and says which goals it meets.",
        epilog=f"""rows:
{rows}

programs: the rows that load a proxy need wrk and nginx, http2 needs h2load, workers needs HAProxy and PostgreSQL, tough-cookie
needs Node.js and fetches that package with npm. On Debian:
  apt-get install {" ".join(PACKAGES.values())}
lol-html is a Python package, python-lolhtml. A row whose programs are missing is left out, and says so.

examples:
  scripts/bench                                   all of it, about half an hour
  scripts/bench --quick                           rougher, about ten minutes
  scripts/bench --only throughput --rounds 9      one row, with more rounds
  scripts/bench --json numbers.json --strict      for a machine: exit code 1 unless every goal is met
  scripts/bench --json numbers.json --page docs/benchmarks.md
  scripts/bench --from numbers.json --page docs/benchmarks.md
  scripts/bench --from quick.json --from some-rows.json --page docs/benchmarks.md""",
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
    parser.add_argument(
        "--seconds",
        type=_positive,
        help=f"of load, a round and proxy; half of it in most rows without a goal (default {FULL_SECONDS})",
    )
    parser.add_argument("--exchanges", type=_positive, help=f"for exchange-memory (default {FULL_EXCHANGES:,})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there too, anew after each row")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write it there as a page in Markdown")
    parser.add_argument(
        "--from",
        type=Path,
        action="append",
        metavar="FILE",
        dest="earlier",
        help="measure nothing: take the JSON of an earlier run (again for several: the last that has a row counts)",
    )
    parser.add_argument(
        "--strict", action="store_true", help="exit code 1 unless every row is measured and meets its goal"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _help_of(section: Section) -> str:
    return "\n".join([f" {section}", *(_help_of_row(row) for row in ROWS if row.section is section)])


def _help_of_row(row: Row) -> str:
    first, *others = [line.what + (f" ({line.goal.text(line.unit)})" if line.goal else "") for line in row.lines]
    return "\n".join([f"  {row.name:<16} {first}", *(f"  {'':<16} {other}" for other in others)])
