"""What the sub-commands' grammars have in common."""

import argparse
from textwrap import fill

from .arguments import DEFAULT_STORE, site, time_before

type Commands = argparse._SubParsersAction[argparse.ArgumentParser]

STORE_HELP = "the store, named as in the option cookies_store (default: %(default)s beside addons/)"
HELP_COLUMNS = 100
SITE_HELP = "only this host and all below it"


def add_command(
    commands: Commands, name: str, help_line: str, description: str, *examples: str
) -> argparse.ArgumentParser:
    """A sub-command with its help; each example is what follows `scripts/cookies `."""
    shown = "".join(f"\n  scripts/cookies {example}" for example in examples)
    return commands.add_parser(
        name,
        help=help_line,
        description=fill(description, HELP_COLUMNS),
        epilog=f"examples:{shown}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_store(parser: argparse.ArgumentParser, help_line: str = STORE_HELP) -> None:
    """Which store is asked."""
    parser.add_argument("--store", default=DEFAULT_STORE, metavar="STORE", help=help_line)


def add_listing(parser: argparse.ArgumentParser, now: float) -> None:
    """What every command that lists has in common."""
    parser.add_argument("--json", action="store_true", help="one JSON array instead of a table")
    add_store(parser)
    add_narrowing(parser, now)


def add_narrowing(parser: argparse.ArgumentParser, now: float) -> None:
    """What a listing can be narrowed to."""
    parser.add_argument("--site", type=site, metavar="HOST", help=SITE_HELP)
    parser.add_argument("--client", metavar="PATTERN", help="only these clients, such as '127.0.0.1 *'")
    parser.add_argument("--cookie", metavar="PATTERN", help="only cookies of this name, such as sid or '_ga*'")
    parser.add_argument(
        "--since",
        type=time_before(now),
        metavar="TIME",
        help="only what is younger: 10m (that long ago), 2026-11-20T13:00, or Unix seconds",
    )


def add_values(parser: argparse.ArgumentParser) -> None:
    """For listings that have values in them."""
    parser.add_argument("--values", action="store_true", help="show values: they are credentials")
