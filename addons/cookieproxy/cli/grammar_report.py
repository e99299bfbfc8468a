"""The grammar of `report`."""

from .arguments import site, time_before
from .grammar_parts import SITE_HELP, Commands, add_command, add_store, add_values

FORMATS = ("html", "md", "json")


def add_report(commands: Commands, now: float) -> None:
    """`report`."""
    parser = add_command(
        commands,
        "report",
        "one page about everything: findings, sessions, timeouts, all cookies",
        "Writes a report on what was recorded: what is wrong and what to do, every session with its end, how long sessions live, "
        "between which bounds timeouts lie, how many sessions were online, and all cookies as an auditor lists them. The page "
        "needs no network; JSON is one object with summary, findings, sessions, timeouts, survival, online, inventory and "
        "header_sizes. There is no cookie's value in it unless --values is given. Files are readable for their owner only.",
        "report -o report.html",
        "report --site shop.example --since 7d -o shop.html",
        "report --format md > report.md",
        "report --format json | jq .summary.sentence",
    )
    parser.add_argument("--format", choices=FORMATS, help="default: by the file's ending, else html")
    parser.add_argument("-o", "--output", metavar="FILE", help="default: standard output")
    parser.add_argument("--site", type=site, metavar="HOST", help=SITE_HELP)
    parser.add_argument("--client", metavar="PATTERN", help="only these clients, such as '127.0.0.1 *'")
    parser.add_argument(
        "--since",
        type=time_before(now),
        metavar="TIME",
        help="only what is younger: 10m (that long ago), 2026-11-20T13:00, or Unix seconds",
    )
    add_values(parser)
    add_store(parser)
    parser.set_defaults(cookie=None)
