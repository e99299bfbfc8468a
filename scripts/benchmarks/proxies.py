"""The proxies that are compared, a few of them at a time, in turn: bare, ours in its variants, and mitmproxy's own addons.

Knows mitmdump's command line and ours. A round loads one proxy after the other, so that whatever else the machine does in
the meantime is in both; the proxies have their core to themselves, each idle while another works.
"""

import contextlib
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import urljoin

from . import inputs, load, sessions
from .load import Load
from .programs import LOOPBACK, CannotMeasure, Program, free_port, on_core, running
from .results import Detail
from .run import Run

ROOT = Path(__file__).parents[2]
MITMDUMP = Path(sys.executable).parent / "mitmdump"
STORE = "sqlite:cookies.db"
WARM_UP_SECONDS = 2
MOST_LOST = 0.01


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to run the proxy."""

    name: str
    rules: str | None = None
    """The rules file of ours; None for a mitmdump without us."""
    store: str = STORE
    fast: bool = True
    arguments: Sequence[str] = ()
    records: bool = True
    """Whether each exchange is to be found in the store afterwards."""
    in_url: bool = False
    """Whether it keeps the session of the origin in the URL, for a client without cookies."""

    def command(self, home: Path, port: int) -> list[str | Path]:
        """mitmdump's arguments."""
        quiet: list[str | Path] = [
            MITMDUMP,
            "-q",
            "--listen-host",
            LOOPBACK,
            "--listen-port",
            str(port),
            "--set",
            f"confdir={home}",
        ]
        if self.rules is None:
            return [*quiet, *self.arguments]
        (home / "rules.yaml").write_text(self.rules)
        store = self.store if self.store == "memory:" else f"sqlite:{home / 'cookies.db'}"
        options = (
            f"cookies_rules={home / 'rules.yaml'}",
            f"cookies_store={store}",
            f"cookies_fast={self.fast}".lower(),
        )
        settings = [part for option in options for part in ("--set", option)]
        return [*quiet, "-s", ROOT / "addons" / "cookies.py", *settings, *self.arguments]


BARE = Variant("bare mitmdump -q")
OURS = Variant("ours, 20 rules", inputs.rules_yaml(inputs.FEW_RULES))
SLOW = Variant("ours, cookies_fast off", OURS.rules, fast=False)
STICKY = Variant("stickycookie + modify_headers", arguments=inputs.mitmproxy_arguments())
MANY = Variant("ours, 1,000 rules", inputs.rules_yaml(inputs.MANY_RULES))
SILENT = Variant("ours, nothing recorded", inputs.rules_yaml(inputs.FEW_RULES, '{except: "*"}'), records=False)
IN_MEMORY = Variant("ours, store in memory", OURS.rules, store="memory:", records=False)
DROPPING = Variant("ours, values: drop", inputs.rules_yaml(inputs.FEW_RULES, "{values: drop}"))
UNTRACKED = Variant(
    "ours, no sessions followed", OURS.rules, arguments=("-s", str(Path(__file__).with_name("untracked_addon.py")))
)
COOKIELESS = Variant(
    "ours, cookieless", inputs.rules_yaml(inputs.FEW_RULES) + inputs.cookieless_yaml(LOOPBACK), in_url=True
)
ELSEWHERE = Variant(
    "ours, cookieless elsewhere", inputs.rules_yaml(inputs.FEW_RULES) + inputs.cookieless_yaml("manual.example")
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one variant did in one round."""

    load: Load
    cpu_us: float
    """Processor time an exchange, in microseconds, all threads together; not disturbed by what else runs on the core."""


@contextlib.contextmanager
def proxy(variant: Variant, home: Path, core: int | None) -> Iterator[Program]:
    """A proxy of that variant while it runs."""
    port = free_port()
    home.mkdir()
    with running(on_core(core, variant.command(home, port)), port, home) as program:
        yield program


def compare(
    run: Run, *variants: Variant, page: str = "/page", connections: int = inputs.CONNECTIONS
) -> list[list[Measured]]:
    """All in turn, round by round, asked for that page of the origin. Raises CannotMeasure."""
    with run.place() as home, contextlib.ExitStack() as stack:
        url = urljoin(stack.enter_context(load.origin(home / "origin", run.load_core)), page)
        asked = []
        for place, variant in enumerate(variants):
            program = stack.enter_context(proxy(variant, home / str(place), run.proxy_core))
            its_url = _in_session(program, url) if variant.in_url else url
            asked.append(Asked(variant, program, its_url, connections))
        for each in asked:
            each.measure(home, run.load_core, min(run.seconds, WARM_UP_SECONDS))
        all_measured: list[list[Measured]] = [[] for _ in variants]
        for number in range(run.rounds):
            for each, measured in zip(asked, all_measured, strict=True):
                measured.append(each.measure(home, run.load_core, run.seconds))
                run.tell(f"{number + 1}/{run.rounds} {each.variant.name}: {_said(measured[-1])}")
        stack.close()
        for place, (variant, measured) in enumerate(zip(variants, all_measured, strict=True)):
            _check_that_it_recorded(variant, home / str(place), measured)
        return all_measured


def _in_session(program: Program, url: str) -> str:
    page = urljoin(url, f"{inputs.PAGES}/{load.SMALL_PAGE}")
    return sessions.within(sessions.begun(program.port, page), url)


class Asked(NamedTuple):
    """A running variant and what it is asked for."""

    variant: Variant
    program: Program
    url: str
    connections: int

    def measure(self, home: Path, core: int | None, seconds: int) -> Measured:
        """Put it under load for so long."""
        before = self.program.cpu_seconds()
        measured = load.run_wrk(
            home,
            core,
            self.program.port,
            self.url,
            seconds,
            cookie="" if self.variant.in_url else inputs.COOKIE,
            connections=self.connections,
        )
        return Measured(measured, (self.program.cpu_seconds() - before) / measured.requests * 1e6)


def _said(measured: Measured) -> str:
    one = measured.load
    return f"{one.requests_per_second:,.0f} requests/s, p99 {one.p99_ms:.0f} ms, {measured.cpu_us:.0f} µs of processor each"


def _check_that_it_recorded(variant: Variant, home: Path, measured: Sequence[Measured]) -> None:
    """A proxy that forgot to record would be fast and worth nothing."""
    if variant.rules is None or not variant.records:
        return
    with contextlib.closing(sqlite3.connect(home / "cookies.db")) as connection:
        (recorded,) = connection.execute("SELECT count(*) FROM requests").fetchone()
    wanted = sum(each.load.requests for each in measured)
    if recorded < wanted * (1 - MOST_LOST):
        raise CannotMeasure(f"{variant.name} recorded {recorded:,} of {wanted:,} exchanges")


def details(row: str, variant: Variant, measured: Sequence[Measured]) -> Detail:
    """The absolute numbers of a variant."""
    loads = [each.load for each in measured]
    return Detail(
        row,
        variant.name,
        {
            "requests/s": median(each.requests_per_second for each in loads),
            "p50 ms": median(each.p50_ms for each in loads),
            "p99 ms": median(each.p99_ms for each in loads),
            "processor µs an exchange": median(each.cpu_us for each in measured),
        },
    )
