"""The grammar of `replay`."""

from .grammar_parts import Commands, add_command, add_narrowing

IN_PASSING = "temporary:"
"""The store without `--store`, gone with the command."""


def add_replay(commands: Commands, now: float) -> None:
    """`replay`."""
    parser = add_command(
        commands,
        "replay",
        "flow files and HAR files, as if they passed the proxy now",
        "Reads flow files of mitmproxy (mitmdump -w) and HAR files of browsers, of any size, also compressed with gzip, and lists "
        "the sessions and findings in them. With --store everything is recorded there, to be asked by the other commands; what is "
        "there already is passed over. Rules are evaluated as if they all had mode: observe. A file that ends in the middle, as "
        "after a crash, is read as far as it goes. After Ctrl-C there is what was read until then.",
        "replay flows.mitm",
        "replay monday.mitm tuesday.mitm --store sqlite:week.db && scripts/cookies events --store sqlite:week.db",
        "replay network-panel.har --site shop.example --json | jq .",
        "replay - < flows.mitm",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="read one after the other; - is standard input")
    parser.add_argument(
        "--store",
        default=IN_PASSING,
        metavar="STORE",
        help="record there, sqlite:PATH (relative paths start beside addons/), instead of listing what was found",
    )
    rules = parser.add_mutually_exclusive_group()
    rules.add_argument("--rules", metavar="FILE", help="rules (default: rules.yaml beside addons/, if it is there)")
    rules.add_argument("--no-rules", dest="without_rules", action="store_true", help="as if there were no rules")
    parser.add_argument(
        "--json", action="store_true", help="the sessions as `sessions --json` has them, instead of tables"
    )
    add_narrowing(parser, now)
    parser.set_defaults(severity=None, codes=None, fail_on=None)  # all findings are listed
