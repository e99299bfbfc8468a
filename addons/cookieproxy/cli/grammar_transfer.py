"""The grammar of the commands that take cookies out of jars and put them in: export, import, forget."""

import argparse

from .arguments import site
from .grammar_parts import SITE_HELP, Commands, add_command, add_store

READ = ("netscape", "storagestate", "chrome", "webextension", "har", "lwp", "selenium", "tough", "header", "curl")
"""Formats that are read and written; a test holds them to the table of formats, which would take long to load for `--help`."""
ONLY_WRITTEN = ("jsonl", "csv")


def add_export(commands: Commands, now: float) -> None:
    """`export`."""
    parser = add_command(
        commands,
        "export",
        "a client's cookies for curl, Playwright, an extension …",
        "Writes the cookies of one client in the format of another tool: what its browser holds, and in the place of that what the "
        "proxy holds for it. What the format cannot say is told on standard error, a line for each cookie and field. Files are "
        "readable for their owner only: whoever has one is logged in as that client.",
        "export --site shop.example -o cookies.txt && curl -b cookies.txt https://shop.example/",
        "export --client '127.0.0.1 Chrome*' --format storagestate -o state.json",
        "export --site shop.example --format curl",
        "export --jar held --format jsonl | jq .name",
    )
    _add_format(parser, (*READ, *ONLY_WRITTEN), "default: by the file's ending, else netscape")
    parser.add_argument("--client", metavar="PATTERN", help="whose cookies, such as '127.0.0.1 *': one client's")
    parser.add_argument("--site", type=site, metavar="HOST", help=SITE_HELP)
    parser.add_argument("--cookie", metavar="PATTERN", help="only cookies of this name, such as sid or '_ga*'")
    parser.add_argument(
        "--jar", choices=("mirror", "held"), help="only the browser's own, or only what the proxy holds"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="default: standard output")
    add_store(parser)


def add_import(commands: Commands, now: float) -> None:
    """`import`."""
    parser = add_command(
        commands,
        "import",
        "cookies of another tool's file into a jar",
        "Puts the cookies of a file into a client's held jar: the proxy adds them to its requests from now on, and the "
        "browser never sees them. With --jar mirror: tells the proxy that the browser has them. A file with a mistake is "
        "refused whole.",
        "import cookies.txt --client '127.0.0.1 Chrome*'",
        "import state.json --client '127.0.0.1 Chrome*' --site shop.example",
        "import - --client '127.0.0.1 curl*' --site shop.example <<< 'Cookie: sid=1; lang=de'",
        "import cookies.json --client '127.0.0.1 Chrome*' --jar mirror     the browser has them too",
    )
    parser.add_argument("file", metavar="FILE", help="- is standard input")
    parser.add_argument("--client", required=True, metavar="PATTERN", help="into whose jar, such as '127.0.0.1 *'")
    parser.add_argument(
        "--site",
        type=site,
        metavar="HOST",
        help=f"{SITE_HELP}; the host of a Cookie header, which does not say its own",
    )
    parser.add_argument(
        "--jar",
        choices=("held", "mirror"),
        default="held",
        help="what the proxy holds (default), or what the browser has",
    )
    _add_format(parser, READ, "default: recognised by content")
    add_store(parser)


def add_forget(commands: Commands, now: float) -> None:
    """`forget`."""
    parser = add_command(
        commands,
        "forget",
        "make a client forget every cookie of a site",
        "Lets go of what the proxy holds at once, and has the browser delete its cookies of the site: each with the next response "
        "that may delete it. Until it is gone the application does not get it. Nothing else of the browser is touched.",
        "forget --site shop.example",
        "forget --site shop.example --client '127.0.0.1 Chrome*'",
    )
    parser.add_argument("--site", type=site, required=True, metavar="HOST", help="this host and all below it")
    parser.add_argument("--client", metavar="PATTERN", help="only these clients, such as '127.0.0.1 *' (default: all)")
    add_store(parser)


def _add_format(parser: argparse.ArgumentParser, names: tuple[str, ...], default: str) -> None:
    parser.add_argument("--format", choices=names, metavar="FORMAT", help=f"of: {', '.join(names)}; {default}")
