"""The ways to run a proxy that are compared: bare, ours with this and without that, and mitmproxy's own addons.

Knows mitmdump's command line and ours.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import inputs
from .programs import LOOPBACK

ROOT = Path(__file__).parents[2]
MITMDUMP = Path(sys.executable).parent / "mitmdump"
DATABASE = "cookies.db"
NOTHING_RECORDED = '{except: "*"}'


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to run the proxy."""

    name: str
    rules: str | None = None
    """The rules file of ours; None for a mitmdump without us."""
    store: str = "sqlite:"
    """Of ours: in a file of its directory, `memory:`, or the name of one in PostgreSQL."""
    fast: bool = True
    arguments: Sequence[str] = ()
    records: bool = True
    """Whether each exchange is to be found in the store afterwards."""
    in_url: bool = False
    """Whether it keeps the session of the origin in the URL, for a client without cookies."""
    is_watched: bool = False
    """Whether somebody has its dashboard open."""
    prepare: Callable[[Path], None] | None = None
    """What is done in its directory before it starts."""

    def command(self, home: Path, port: int) -> list[str | Path]:
        """mitmdump's arguments."""
        listen = ("--listen-host", LOOPBACK, "--listen-port", str(port), "--set", f"confdir={home}")
        if self.rules is None:
            return [MITMDUMP, "-q", *listen, *self.arguments]
        (home / "rules.yaml").write_text(self.rules)
        store = f"sqlite:{home / DATABASE}" if self.store == "sqlite:" else self.store
        options = (
            f"cookies_rules={home / 'rules.yaml'}",
            f"cookies_store={store}",
            f"cookies_fast={self.fast}".lower(),
        )
        settings = [part for option in options for part in ("--set", option)]
        return [MITMDUMP, "-q", *listen, "-s", ROOT / "addons" / "cookies.py", *settings, *self.arguments]


def beside(script: str, *settings: str) -> tuple[str, ...]:
    """The arguments that load a script of the benchmarks beside ours, with options of its own."""
    path = str(Path(__file__).with_name(script))
    return ("-s", path, *(part for setting in settings for part in ("--set", setting)))


_FEW = inputs.rules_yaml(inputs.FEW_RULES)

BARE = Variant("bare mitmdump -q")
EMPTY = Variant("mitmdump -q with hooks that do nothing", arguments=beside("empty_addon.py"))
OURS = Variant("ours, 20 rules", _FEW)
SLOW = Variant("ours, cookies_fast off", _FEW, fast=False)
STICKY = Variant("stickycookie + modify_headers", arguments=inputs.mitmproxy_arguments())
MANY = Variant("ours, 1,000 rules", inputs.rules_yaml(inputs.MANY_RULES))
SILENT = Variant("ours, nothing recorded", inputs.rules_yaml(inputs.FEW_RULES, NOTHING_RECORDED), records=False)
IN_MEMORY = Variant("ours, store in memory", _FEW, store="memory:", records=False)
DROPPING = Variant("ours, values: drop", inputs.rules_yaml(inputs.FEW_RULES, "{values: drop}"))
UNTRACKED = Variant("ours, no sessions followed", _FEW, arguments=beside("untracked_addon.py"))
WATCHED = Variant("ours, dashboard open", _FEW, is_watched=True)
WITHOUT_DASHBOARD = Variant("ours, no dashboard", _FEW, arguments=("--set", "cookies_dashboard="))
COOKIELESS = Variant("ours, cookieless", _FEW + inputs.cookieless_yaml(LOOPBACK), in_url=True)
ELSEWHERE = Variant("ours, cookieless elsewhere", _FEW + inputs.cookieless_yaml("manual.example"))
