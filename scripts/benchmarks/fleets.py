"""What more workers bring: `scripts/proxy --workers` with two against the same with one, on the same cores and the same load.

Clients are many loopback addresses, because an address goes to one worker: ab knows how to come from one. Load, origin, HAProxy and
the database need the cores too, which would be elsewhere where a fleet is worth its while: so processor time is taken of each, and
told is also what workers would serve that had a core each to themselves, by the processor time that an exchange takes them.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

from . import inputs, load
from .answering import wait_for_answer
from .databases import database
from .programs import LOOPBACK, CannotMeasure, Program, environment, find, free_port, need, on_core, running
from .results import Detail, Measurement
from .run import Run
from .traffic import Traffic
from .variants import ROOT

SIZES = (1, 2)
ADDRESSES = tuple(f"127.0.0.{number}" for number in range(2, 18))
CONNECTIONS = 2
"""Of each address."""
ENDLESS = "100000000"
MOST_FAILED = 0.001


class Share(NamedTuple):
    """Processor time an exchange, in microseconds."""

    workers: float
    haproxy: float
    database: float
    load: float
    """And origin."""


class Round(NamedTuple):
    """One fleet under load once."""

    requests_per_second: float
    p99_ms: float
    share: Share


def workers(run: Run) -> Measurement:
    """Two workers against one: as it is here, and with a core for each. Raises CannotMeasure."""
    need("ab", "nginx", "haproxy")
    cores = None if run.proxy_core is None else f"{run.proxy_core},{run.load_core}"
    rounds: dict[int, list[Round]] = {size: [] for size in SIZES}
    with run.place() as home, ExitStack() as stack:
        url = stack.enter_context(load.origin(home / "origin", cores))
        store, server = stack.enter_context(database(cores))
        fleets = {size: stack.enter_context(_fleet(home / str(size), size, store, cores)) for size in SIZES}
        origin = _pid_of("nginx", home)
        for fleet in fleets.values():
            (request,) = Traffic().requests(url, fleet.port)
            wait_for_answer(fleet.port, request)
            _load(fleet.port, url, 1, cores)
        for number in range(run.rounds):
            for size, fleet in fleets.items():
                rounds[size].append(_round(fleet, url, run.seconds, server, origin, cores))
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


def _round(fleet: Program, url: str, seconds: int, server: int, origin: int, cores: str | None) -> Round:
    before = _times(fleet, server, origin)
    requests, per_second, p99_ms = _load(fleet.port, url, seconds, cores)
    used = [(b - a) / requests * 1e6 for a, b in zip(before, _times(fleet, server, origin), strict=True)]
    return Round(per_second, p99_ms, Share(used[0], used[1], used[2], used[3] + used[4]))


def _times(fleet: Program, server: int, origin: int) -> tuple[float, ...]:
    """Seconds of the processor so far: workers, HAProxy, database, origin, all that we have started and waited for."""
    children = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in _children(fleet.pid)}
    proxies = sum(_seconds(pid) for pid, command in children.items() if b"mitmdump" in command)
    balancer = sum(_seconds(pid) for pid, command in children.items() if b"haproxy" in command)
    spent = os.times()
    return (
        proxies, balancer, sum(map(_seconds, [server, *_children(server)])), _seconds(origin),
        spent.children_user + spent.children_system,
    )  # fmt: skip


def _load(port: int, url: str, seconds: int, cores: str | None) -> tuple[int, float, float]:
    """All addresses at once for so long: requests, requests a second, and the middle of their 99th percentiles in ms."""
    headers = [part for name, value in Traffic().headers().items() for part in ("-H", f"{name}: {value}")]
    common = (
        find("ab"), "-q", "-k", "-l", "-t", str(seconds), "-n", ENDLESS, "-c", str(CONNECTIONS), "-X",
        f"{LOOPBACK}:{port}", *headers,
    )  # fmt: skip
    running = [
        subprocess.Popen(
            on_core(cores, [*common, "-B", address, url]), env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )
        for address in ADDRESSES
    ]  # fmt: skip
    said = [numbers(each.communicate(timeout=seconds + load.GRACE_SECONDS)[0]) for each in running]
    return sum(one[0] for one in said), sum(one[1] for one in said), median(one[2] for one in said)


def numbers(said: str) -> tuple[int, float, float]:
    """What ab says it measured: requests, requests a second, and the 99th percentile in ms. Raises CannotMeasure."""
    found = [
        re.search(pattern, said)
        for pattern in (r"Complete requests:\s+(\d+)", r"Requests per second:\s+([\d.]+)", r"\n\s+99%\s+(\d+)")
    ]
    failed = re.search(r"Failed requests:\s+(\d+)", said)
    odd = re.search(r"Non-2xx responses:\s+(\d+)", said)
    if failed is None or not all(found):
        raise CannotMeasure(f"ab said no numbers: {said.strip()[-300:]}")
    requests, per_second, p99_ms = (float(one[1]) for one in found if one is not None)
    wrong = int(failed[1]) + (int(odd[1]) if odd else 0)
    if not requests or wrong > requests * MOST_FAILED:
        raise CannotMeasure(f"{wrong} of {requests:.0f} exchanges failed")
    return int(requests), per_second, p99_ms


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
