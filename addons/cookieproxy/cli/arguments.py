"""The grammar of the command line: sub-commands, their options and help.

Knows how the arguments are written and what they mean as values; does nothing with them. Imports little, because `--help` must
be quick.
"""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, NoReturn

from .. import VERSION

BASE = Path(__file__).resolve().parents[3]
"""The folder beside `addons/`, where relative paths of stores start and rules.yaml lies."""
DEFAULT_STORE = "sqlite:cookies.db"
EVENTS = (
    "stored",
    "replaced",
    "ignored",
    "removed",
    "sent",
    "withheld",
    "unexpected",
    "missing",
    "changed",
    "persistence",
    "header-size",
    "clock-skew",
)
BROWSERS = ("chrome", "firefox", "safari", "curl", "ie6", "ie8", "classic", "rfc6265bis", "none")
TABLE_EVENTS = 1_000
"""Events in a table, unless the user says another number."""
FOLLOWED_EVENTS = 10
"""Events of the past that `--follow` begins with, likewise."""

_DURATION = re.compile(r"(\d{1,9})([smhdw])", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_NUMBER = re.compile(r"\d{1,12}(\.\d*)?")


class Url(NamedTuple):
    """What cookies care about in a URL."""

    source: str
    scheme: str
    """http or https."""
    host: str
    """Canonical, without port; IPv6 addresses in brackets."""
    path: bytes
    """Percent-encoded, without the query."""


class Arguments(argparse.Namespace):
    """One command line; a command reads what it has declared."""

    command: str
    now: float
    json: bool
    store: str
    site: str | None
    client: str | None
    cookie: str | None
    since: float | None
    values: bool
    kinds: frozenset[str] | None
    follow: bool
    limit: int | None
    jar: str | None
    moment: float | None
    file: str | None
    strict: bool
    url: Url
    given: list[bytes]
    over: str | None
    caused_by: Url | None
    browsers: list[str] | None
    rules: str | None
    without_rules: bool


def parse(argv: Sequence[str], now: float) -> Arguments:
    """The arguments, durations counted back from `now`; ends as argparse does, with SystemExit, on help and mistakes."""
    parser = _parser(now)
    arguments = parser.parse_args(argv, namespace=Arguments(now=now))
    if not arguments.command:
        parser.print_help(sys.stderr)
        raise SystemExit(2)
    return arguments


# -- values ------------------------------------------------------------------------------------------------------------


def time_before(now: float) -> Callable[[str], float]:
    """Reads a point in time: Unix seconds, ISO 8601 (local unless it says otherwise), or a duration, meaning that long ago."""

    def read(text: str) -> float:
        said = text.strip()
        if found := _DURATION.fullmatch(said):
            return now - int(found[1]) * _SECONDS[found[2].lower()]
        if _NUMBER.fullmatch(said):
            return float(said)
        try:
            return datetime.fromisoformat(said).astimezone().timestamp()
        except (ValueError, OverflowError, OSError):
            _wrong(f"{text!r} is no time: write 10m (that long ago), 2026-11-20T13:00 or Unix seconds")

    return read


def site(text: str) -> str:
    """Reads a site as hosts are recorded: lower-case A-labels without port; a whole URL will do."""
    from ..core.hosts import canonical_host
    from ..suffixes import host_to_ascii

    host = text.strip()
    if "://" in host:
        return url(host).host
    if host.count(":") == 1:
        host = host.partition(":")[0]
    canonical = canonical_host(host.removeprefix("."), host_to_ascii)
    return canonical if canonical is not None else _wrong(f"{text!r} is no host: write it like shop.example")


def url(text: str) -> Url:
    """Reads an http or https URL as browsers do."""
    import can_ada

    try:
        parsed = can_ada.parse(text)
    except (ValueError, TypeError):  # TypeError: bytes that are not UTF-8
        parsed = None
    if parsed is None or parsed.protocol not in ("http:", "https:") or not parsed.hostname:
        hint = "" if "://" in text else f", like https://{text or 'shop.example/'}"
        _wrong(f"{text!r} is no http or https URL: write it whole{hint}")
    return Url(parsed.href, parsed.protocol.rstrip(":"), parsed.hostname, parsed.pathname.encode())


def set_cookie(text: str) -> bytes:
    """Reads a Set-Cookie field, with or without its name, as the bytes that were typed."""
    field = text.encode("utf-8", "surrogateescape")
    name, colon, value = field.partition(b":")
    return (value if colon and name.strip().lower() == b"set-cookie" else field).strip(b" \t")


def kinds(text: str) -> frozenset[str]:
    """Reads kinds of events."""
    said = frozenset(part.strip().lower() for part in text.split(",") if part.strip())
    unknown = said.difference(EVENTS)
    if unknown or not said:
        _wrong(f"{', '.join(sorted(unknown)) or repr(text)} is no kind of event: choose from {', '.join(EVENTS)}")
    return said


def count(text: str) -> int:
    """Reads a whole number from 0."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        _wrong(f"{text!r} is no whole number")
    return int(text)


def _wrong(message: str) -> NoReturn:
    raise argparse.ArgumentTypeError(message)


# -- grammar -----------------------------------------------------------------------------------------------------------


def _parser(now: float) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/cookies",
        description="Asks what the proxy recorded, explains what browsers do with a cookie, checks the rules.",
        epilog="Each command has its own help with examples: scripts/cookies events --help",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="say the version, and the date of the public suffix list"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for add in (_add_events, _add_clients, _add_jar, _add_explain, _add_check):
        add(commands, now)
    return parser


class _Version(argparse.Action):
    """Loads the list only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from ..suffixes import load

        print(f"Cookie Proxy {VERSION}, public suffix list of {load().date}")
        parser.exit()


type Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def _add(commands: Commands, name: str, help_line: str, description: str, *examples: str) -> argparse.ArgumentParser:
    shown = "".join(f"\n  scripts/cookies {example}" for example in examples)
    return commands.add_parser(
        name,
        help=help_line,
        description=description,
        epilog=f"examples:{shown}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _add_events(commands: Commands, now: float) -> None:
    parser = _add(
        commands,
        "events",
        "what happened to cookies, also while it happens",
        "Lists what happened to cookies, by time: stored, refused, evicted, changed by a rule, sent, missing … with the reason.",
        "events --cookie sid --follow              why was I logged out?",
        "events --event removed,missing --since 10m",
        "events --site shop.example --json",
        "events --follow --json --limit 0 | jq .   only what happens from now on",
    )
    _add_listing(parser, now)
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
    parser = _add(
        commands,
        "clients",
        "which browsers were seen",
        "Lists the clients, the last seen last. With --site or --cookie: those that have something of it in a jar.",
        "clients",
        "clients --since 1h",
        "clients --cookie sid --json",
    )
    _add_listing(parser, now)


def _add_jar(commands: Commands, now: float) -> None:
    parser = _add(
        commands,
        "jar",
        "which cookies each browser holds",
        "Lists the cookies in the jars: what each browser must be holding (mirror), and what the proxy holds for it (held).",
        "jar",
        "jar --site shop.example --values",
        "jar --client '127.0.0.1 Chrome*' --at 10m     as it was ten minutes ago",
        "jar --jar held --json",
    )
    _add_listing(parser, now)
    parser.add_argument(
        "--jar", choices=("mirror", "held"), help="only the browsers' own, or only what the proxy holds"
    )
    parser.add_argument(
        "--at", dest="moment", type=time_before(now), metavar="TIME", help="as it was then; written like --since"
    )


def _add_listing(parser: argparse.ArgumentParser, now: float) -> None:
    """What every command that lists has in common."""
    parser.add_argument("--json", action="store_true", help="one JSON array instead of a table")
    _add_store(parser, "the store, named as in the option cookies_store (default: %(default)s beside addons/)")
    parser.add_argument("--site", type=site, metavar="HOST", help="only this host and all below it")
    parser.add_argument("--client", metavar="PATTERN", help="only these clients, such as '127.0.0.1 *'")
    parser.add_argument("--cookie", metavar="PATTERN", help="only cookies of this name, such as sid or '_ga*'")
    parser.add_argument(
        "--since",
        type=time_before(now),
        metavar="TIME",
        help="only what is younger: 10m (that long ago), 2026-11-20T13:00, or Unix seconds",
    )
    parser.add_argument("--values", action="store_true", help="show values: they are credentials")


def _add_store(parser: argparse.ArgumentParser, help_line: str) -> None:
    parser.add_argument("--store", default=DEFAULT_STORE, metavar="STORE", help=help_line)


def _add_explain(commands: Commands, now: float) -> None:
    parser = _add(
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
    _add_store(parser, argparse.SUPPRESS)


def _add_check(commands: Commands, now: float) -> None:
    parser = _add(
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
