"""What the sub-commands' grammars have in common."""

import argparse
from textwrap import fill

from .arguments import DEFAULT_STORE

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
