"""What more workers bring: `scripts/proxy --workers` with two against the same with one, on the same cores and the same load.

An address goes to one worker, so clients have to be many addresses: wrk's connections come through a HAProxy that hands them on
from one loopback address after the other. Load, origin, HAProxy and the database need the cores too, which would be elsewhere
where a fleet is worth its while: so processor time is taken of each, and told is also what workers would serve that had a core
each to themselves, by the processor time that an exchange takes them.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

from . import inputs, load
from .answering import wait_for_answer
from .databases import database
from .programs import LOOPBACK, CannotMeasure, Program, find, free_port, need, on_core, running
from .results import Detail, Measurement
from .run import Run
from .traffic import Traffic
from .variants import ROOT

SIZES = (1, 2)
WARM_UP_SECONDS = 2
ADDRESSES = tuple(f"127.0.0.{number}" for number in range(2, 18))
TRAFFIC = Traffic(connections=2 * len(ADDRESSES))


class Share(NamedTuple):
    """Processor time an exchange, in microseconds."""

    workers: float
    haproxy: float
    database: float
    crowd: float
    """Of wrk, of what gives its connections their addresses, and of the origin."""


class Round(NamedTuple):
    """One fleet under load once."""

    requests_per_second: float
    p99_ms: float
    share: Share


def workers(run: Run) -> Measurement:
    """Two workers against one: as it is here, and with a core for each. Raises CannotMeasure."""
    need("wrk", "nginx", "haproxy")
    cores = None if run.proxy_core is None else f"{run.proxy_core},{run.load_core}"
    rounds: dict[int, list[Round]] = {size: [] for size in SIZES}
    with run.place() as home, ExitStack() as stack:
        url = stack.enter_context(load.origin(home / "origin", cores))
        store, server = stack.enter_context(database(cores))
        fleets = {size: stack.enter_context(_fleet(home / str(size), size, store, cores)) for size in SIZES}
        crowds = {size: stack.enter_context(_crowd(home / f"crowd-{size}", fleets[size].port, cores)) for size in SIZES}
        under = [Under(crowds[size], fleets[size], server, _pid_of("nginx", home), url, home, cores) for size in SIZES]
        for each in under:
            (request,) = TRAFFIC.requests(url, each.crowd.port)
            wait_for_answer(each.crowd.port, request)
            each.load(WARM_UP_SECONDS)
        for number in range(run.rounds):
            for size, each in zip(SIZES, under, strict=True):
                rounds[size].append(each.load(run.seconds))
                run.tell(
                    f"{number + 1}/{run.rounds} workers {size}: {rounds[size][-1].requests_per_second:,.0f} requests/s"
                )
    one, two = (rounds[size] for size in SIZES)
    here = tuple(b.requests_per_second / a.requests_per_second for a, b in zip(one, two, strict=True))
    alone = tuple(len(SIZES) * a.share.workers / b.share.workers for a, b in zip(one, two, strict=True))
    return [alone, here], [_detail(size, each) for size, each in rounds.items()]


def _fleet(home: Path, size: int, store: str, cores: str | None) -> AbstractContextManager[Program]:
    home.mkdir()
    (home / "rules.yaml").write_text(inputs.rules_yaml(inputs.FEW_RULES))
    port = free_port()
    options = (
        f"confdir={home}",
        f"cookies_rules={home / 'rules.yaml'}",
        f"cookies_store={store}?schema=workers_{size}",
    )
    settings = [part for option in options for part in ("--set", option)]
    command = [
        sys.executable,
        "-P",
        "-m",
        "cookieproxy.fleet",
        "--workers",
        str(size),
        "--listen-port",
        str(port),
        "-q",
    ]
    return running(on_core(cores, [*command, *settings]), port, home, {"PYTHONPATH": str(ROOT / "addons")})


class Under(NamedTuple):
    """A fleet under load, and all that it takes to load it."""

    crowd: Program
    fleet: Program
    server: int
    origin: int
    url: str
    home: Path
    cores: str | None

    def load(self, seconds: int) -> Round:
        """Put it under load for so long. Raises CannotMeasure."""
        before = self._times()
        one = load.run_wrk(self.home, self.cores, self.crowd.port, self.url, seconds, TRAFFIC)
        used = [(b - a) / one.requests * 1e6 for a, b in zip(before, self._times(), strict=True)]
        return Round(one.requests_per_second, one.p99_ms, Share(*used))

    def _times(self) -> tuple[float, ...]:
        """Seconds of the processor so far, in the order of `Share`; of wrk what has ended and was waited for."""
        children = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in _children(self.fleet.pid)}
        proxies = sum(_seconds(pid) for pid, command in children.items() if b"mitmdump" in command)
        balancer = sum(_seconds(pid) for pid, command in children.items() if b"haproxy" in command)
        database = sum(map(_seconds, [self.server, *_children(self.server)]))
        spent = os.times()
        crowd = spent.children_user + spent.children_system + _seconds(self.crowd.pid) + _seconds(self.origin)
        return proxies, balancer, database, crowd


def _crowd(home: Path, fleet: int, cores: str | None) -> AbstractContextManager[Program]:
    """A way to the fleet's port on which each connection comes from the next of the addresses."""
    home.mkdir()
    port = free_port()
    servers = "\n".join(f"  server a{number} {LOOPBACK}:{fleet} source {each}" for number, each in enumerate(ADDRESSES))
    file = home / "haproxy.cfg"
    file.write_text(f"""defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen crowd
  bind {LOOPBACK}:{port}
  balance roundrobin
{servers}
""")
    return running(on_core(cores, [find("haproxy"), "-db", "-q", "-f", file]), port, home)


def _detail(size: int, rounds: Sequence[Round]) -> Detail:
    share = [median(each.share[place] for each in rounds) for place in range(len(Share._fields))]
    return Detail(
        f"{size} worker{'s' * (size > 1)}",
        {
            "requests/s": median(each.requests_per_second for each in rounds),
            "p99 ms": median(each.p99_ms for each in rounds),
            "µs an exchange: workers": share[0],
            "HAProxy": share[1],
            "database": share[2],
            "load and origin": share[3],
        },
    )


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pid_of(program: str, home: Path) -> int:
    """The process of ours that has this program and this directory in its command line."""
    for pid in _children(os.getpid()):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if program.encode() in command and str(home).encode() in command:
            return pid
    raise CannotMeasure(f"{program} is not there any more")
