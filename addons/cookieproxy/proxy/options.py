"""mitmproxy's options of ours, each with its help; README.md lists them from this table."""

from pathlib import Path
from typing import NamedTuple

from mitmproxy.addonmanager import Loader

BASE = Path(__file__).resolve().parents[3]
"""The folder beside `addons/`, where relative paths start."""


class Option(NamedTuple):
    """One option: its type is its default's."""

    name: str
    default: str | bool
    help: str


DEFAULT_STORE = "sqlite:cookies.db"

OPTIONS = (
    Option(
        "cookies_rules",
        "rules.yaml",
        "The rules file; relative paths start beside addons/. Saved changes take effect at once.",
    ),
    Option(
        "cookies_store",
        DEFAULT_STORE,
        "Where everything is recorded: sqlite:PATH (relative paths start beside addons/) or memory:. Reading saved flows uses "
        "memory: unless this is set.",
    ),
    Option(
        "cookies_dashboard",
        "cookies.mitm",
        "Host name of the dashboard; empty turns it off. This version has no dashboard: requests to the name go to the network.",
    ),
    Option(
        "cookies_fast",
        True,
        "Remember which addons listen to which event: nearly doubles mitmproxy's speed, changes nothing else.",
    ),
)


def add_options(loader: Loader) -> None:
    """Register all of them."""
    for option in OPTIONS:
        loader.add_option(option.name, type(option.default), option.default, option.help)
