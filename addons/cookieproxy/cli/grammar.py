"""The grammar of the command line: sub-commands, their options, help and examples.

Knows how the arguments are written; what they mean is `arguments`' business, what is done with them the commands'.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from .. import VERSION
from .arguments import (
    BROWSERS,
    EVENTS,
    FOLLOWED_EVENTS,
    TABLE_EVENTS,
    Arguments,
    count,
    kinds,
    set_cookie,
    time_before,
    url,
)
from .grammar_parts import Commands, add_command, add_listing, add_store, add_values
from .grammar_replay import add_replay
from .grammar_report import add_report
from .grammar_tracked import add_findings, add_sessions
from .grammar_transfer import add_export, add_forget, add_import


def parse(argv: Sequence[str], now: float) -> Arguments:
    """The arguments, durations counted back from `now`; ends as argparse does, with SystemExit, on help and mistakes."""
    parser = _parser(now)
    arguments = parser.parse_args(argv, namespace=Arguments(now=now))
    if not arguments.command:
        parser.print_help(sys.stderr)
        raise SystemExit(2)
    return arguments


def _parser(now: float) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/cookies",
        description="Asks what the proxy recorded and what is wrong in it, takes cookies out and puts them in, explains what "
        "browsers do with a cookie, checks the rules.",
        epilog="Each command has its own help with examples: scripts/cookies events --help",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="say the version, and the date of the public suffix list"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    adders = (
        *(_add_events, _add_clients, _add_jar),
        *(add_sessions, add_findings, add_report),
        *(add_export, add_import, add_forget, add_replay),
        *(_add_explain, _add_check),
    )
    for add in adders:
        add(commands, now)
    return parser


class _Version(argparse.Action):
    """Loads the list only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from ..suffixes import load

        print(f"Cookie Proxy {VERSION}, public suffix list of {load().date}")
        parser.exit()


def _add_events(commands: Commands, now: float) -> None:
    parser = add_command(
        commands,
        "events",
        "what happened to cookies, also while it happens",
        "Lists what happened to cookies, by time: stored, refused, evicted, changed by a rule, sent, missing … with the reason.",
        "events --cookie sid --follow              why was I logged out?",
        "events --event removed,missing --since 10m",
        "events --site shop.example --json",
        "events --follow --json --limit 0 | jq .   only what happens from now on",
    )
    add_listing(parser, now)
    add_values(parser)
    parser.add_argument("--event", dest="kinds", type=kinds, metavar="KIND[,KIND]", help=f"of: {', '.join(EVENTS)}")
    parser.add_argument(
        "--follow",
        action="store_true",
        help=f"go on with what happens, until Ctrl-C; begins with the latest {FOLLOWED_EVENTS} events, or --limit, or all "
        "--since; with --json one object a line",
    )
    parser.add_argument(
        "--limit", type=count, metavar="N", help=f"the latest N (default: {TABLE_EVENTS:,} in a table, all with --json)"
    )


def _add_clients(commands: Commands, now: float) -> None:
    parser = add_command(
        commands,
        "clients",
        "which browsers were seen",
        "Lists the clients, the last seen last. With --site or --cookie: those that have something of it in a jar.",
        "clients",
        "clients --since 1h",
        "clients --cookie sid --json",
    )
    add_listing(parser, now)
    add_values(parser)


def _add_jar(commands: Commands, now: float) -> None:
    parser = add_command(
        commands,
        "jar",
        "which cookies each browser holds",
        "Lists the cookies in the jars: what each browser must be holding (mirror), and what the proxy holds for it (held).",
        "jar",
        "jar --site shop.example --values",
        "jar --client '127.0.0.1 Chrome*' --at 10m     as it was ten minutes ago",
        "jar --jar held --json",
    )
    add_listing(parser, now)
    add_values(parser)
    parser.add_argument(
        "--jar", choices=("mirror", "held"), help="only the browsers' own, or only what the proxy holds"
    )
    parser.add_argument(
        "--at", dest="moment", type=time_before(now), metavar="TIME", help="as it was then; written like --since"
    )


def _add_explain(commands: Commands, now: float) -> None:
    parser = add_command(
        commands,
        "explain",
        "what each browser does with a Set-Cookie, and why",
        "Says for each browser whether it stores a cookie, why not, and what the stored one means; first the rules change it.",
        "explain --at https://shop.example/ --given '__Host-sid=1; Path=/; Domain=shop.example'",
        "explain --at http://localhost/ --given 'sid=1; Secure' --browser safari --browser chrome",
        "explain --at https://shop.example/ --over http --given 'sid=1; Secure'   TLS ends at a proxy",
        "explain --at https://shop.example/ --from https://news.example/ --given 'sid=1; SameSite=Lax'",
    )
    parser.add_argument("--at", dest="url", type=url, required=True, metavar="URL", help="where the cookie comes from")
    parser.add_argument(
        "--given",
        type=set_cookie,
        action="append",
        required=True,
        metavar="SET-COOKIE",
        help="the Set-Cookie field; several times for several fields of one response",
    )
    parser.add_argument("--over", choices=("http", "https"), help="the browser's side, when it differs from the URL's")
    parser.add_argument(
        "--from",
        dest="caused_by",
        type=url,
        metavar="URL",
        help="a page that causes the request, such as another site's",
    )
    parser.add_argument(
        "--browser", dest="browsers", action="append", choices=BROWSERS, help="only this one; several times for several"
    )
    rules = parser.add_mutually_exclusive_group()
    rules.add_argument("--rules", metavar="FILE", help="rules (default: rules.yaml beside addons/, if it is there)")
    rules.add_argument("--no-rules", dest="without_rules", action="store_true", help="as if there were no rules")
    parser.add_argument("--json", action="store_true", help="one JSON array instead of a table")
    add_store(parser, argparse.SUPPRESS)


def _add_check(commands: Commands, now: float) -> None:
    parser = add_command(
        commands,
        "check",
        "is rules.yaml good, and do its tests pass?",
        "Writes mistakes, warnings and failing tests to standard error, one a line with their place. Exit code 1 if there are "
        "mistakes or failing tests.",
        "check",
        "check my-rules.yaml --strict",
        "check - < my-rules.yaml",
    )
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="default: rules.yaml beside addons/; - is standard input"
    )
    parser.add_argument("--strict", action="store_true", help="warnings count as mistakes")
