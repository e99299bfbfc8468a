"""mitmproxy's options of ours, each with its help; README.md lists them from this table."""

from pathlib import Path
from typing import NamedTuple

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader

from ..record.store import without_password
from ..rules.problems import nearest

BASE = Path(__file__).resolve().parents[3]
"""The folder beside `addons/`, where relative paths start."""


class Option(NamedTuple):
    """One option: its type is its default's."""

    name: str
    default: str | bool
    help: str


DEFAULT_STORE = "sqlite:cookies.db"
STORE_KINDS = ("sqlite:", "postgresql://", "postgres://", "memory:")

OPTIONS = (
    Option(
        "cookies_rules",
        "rules.yaml",
        "The rules file; relative paths start beside addons/. Saved changes take effect at once.",
    ),
    Option(
        "cookies_store",
        DEFAULT_STORE,
        "Where everything is recorded: sqlite:PATH (relative paths start beside addons/), postgresql://USER@HOST:PORT/DATABASE "
        "(the password in ~/.pgpass or PGPASSWORD) or memory:. Reading saved flows uses memory: unless this is set.",
    ),
    Option(
        "cookies_dashboard",
        "cookies.mitm",
        "Host name of the dashboard, reached through the proxy; empty turns it off. On this machine it also has an address of its "
        "own, which is logged at start.",
    ),
    Option(
        "cookies_fast",
        True,
        "Let mitmproxy serve about twice as many requests a second: it remembers which addons listen to what, and takes short "
        "cuts that change nothing else. Where it is not the mitmproxy they were made for, they step aside.",
    ),
)


def path_of(option: str) -> Path:
    """The path an option names: `~` is the user's home, relative ones start beside `addons/`."""
    try:
        return BASE / Path(option).expanduser()
    except RuntimeError:  # the home of a user there is not
        return BASE / option


PREFIX = "cookies_"
"""What the names of our options begin with, and of nobody else's."""
NAMES = [option.name for option in OPTIONS]


def store_objection(spec: str) -> str | None:
    """Why this is no store's name; None if it may be one."""
    if spec.startswith(STORE_KINDS) and "\0" not in spec:
        return None
    kind = without_password(spec).partition("://")[0]
    return f'cookies_store: "{kind}" is no store: use sqlite:PATH, postgresql://USER@HOST/DATABASE or memory:.'


def add_options(loader: Loader) -> None:
    """Register all of them."""
    for option in OPTIONS:
        loader.add_option(option.name, type(option.default), option.default, option.help)


def take_given_values() -> str | None:
    """Set the options to what the command line says; what is wrong if a value has the wrong type, or one is no option.

    mitmproxy (12.2.3) does the same a moment later, but lets such a mistake end the script without a word.
    """
    try:
        ctx.options.process_deferred()
    except (exceptions.OptionsError, TypeError) as error:
        for option in OPTIONS:
            ctx.options.deferred.pop(option.name, None)
        return str(error)
    for name in ctx.options.deferred:
        if name.startswith(PREFIX):
            return f"--set {name}: there is no such option, did you mean {nearest(name, NAMES) or ', '.join(NAMES)}?"
    return None
