"""How fast saved flows are read into a store, against mitmproxy's own reader, which does nothing but read the same file.

Each is a process of its own; what a file of one flow takes, which is its start, is taken off. The store is a new file each time.
Both may use the core of what is measured and the core of the load, of which mitmproxy's reader needs only one.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from mitmproxy import http, io
from mitmproxy.test import tflow

from . import inputs
from .programs import CannotMeasure, environment
from .results import Detail, Measurement, ratios
from .run import Run

FLOWS = 10_000
BODIES = {"4 KB": 4_096, "0.5 KB": 512}
CLIENTS, HOSTS = 20, 50
STARTED = 1_767_225_600.0
TIMEOUT_SECONDS = 600
ADDONS = Path(__file__).parents[2] / "addons"
READER = (
    "import sys\nfrom mitmproxy.io import FlowReader\n"
    "print(sum(1 for _ in FlowReader(open(sys.argv[1], 'rb')).stream()))"
)
"""mitmproxy's reader alone."""


def against_flow_reader(run: Run) -> Measurement:
    """Flows a second of ours as a share of the reader's, round by round, for each size of bodies."""
    count = run.times(FLOWS)
    numbers, details = [], []
    with run.place() as home:
        single = home / "one-flow"
        write_flows(single, 1, 0)
        for size, octets in BODIES.items():
            file = home / f"flows-{octets}"
            write_flows(file, count, octets)
            theirs, ours = [], []
            for number in range(run.rounds):
                start = _seconds(run, _reading(single), home)
                theirs.append(count / (_seconds(run, _reading(file), home) - start))
                start = _seconds(run, _replaying(single, home / f"start-{octets}-{number}.db"), home)
                ours.append(count / (_seconds(run, _replaying(file, home / f"{octets}-{number}.db"), home) - start))
                run.tell(f"{number + 1}/{run.rounds} {size}: ours {ours[-1]:,.0f} flows/s, theirs {theirs[-1]:,.0f}")
            numbers.append(ratios(ours, theirs))
            each = {"flows/s, ours": median(ours), "flows/s, FlowReader": median(theirs)}
            details.append(Detail(f"bodies of {size}", each))
    return numbers, details


def _reading(file: Path) -> list[str]:
    return ["-c", READER, str(file)]


def _replaying(file: Path, store: Path) -> list[str]:
    return ["-m", "cookieproxy.cli", "replay", "--no-rules", str(file), "--store", f"sqlite:{store}"]


def _seconds(run: Run, arguments: Sequence[str], home: Path) -> float:
    begin = time.perf_counter()
    done = subprocess.run(
        _on_both_cores(run, [sys.executable, "-P", *arguments]),
        cwd=home,
        env=environment() | {"PYTHONPATH": os.fspath(ADDONS)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise CannotMeasure(f"it ended with exit code {done.returncode}: {done.stderr[-500:]}")
    return time.perf_counter() - begin


def _on_both_cores(run: Run, command: list[str]) -> list[str]:
    cores = [core for core in (run.proxy_core, run.load_core) if core is not None]
    return ["taskset", "--cpu-list", ",".join(map(str, cores)), *command] if cores else command


def write_flows(path: Path, count: int, body_octets: int) -> None:
    """A file of so many pages of some shops, each setting two cookies, read by clients that send both back."""
    flow = tflow.tflow(resp=True)
    response = flow.response
    assert response is not None
    with path.open("wb") as stream:
        writer = io.FlowWriter(stream)  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
        for number in range(count):
            host = f"shop{number % HOSTS}.example"
            flow.id = f"{body_octets:08x}-0000-4000-8000-{number:012x}"
            flow.request = http.Request.make("GET", f"https://{host}/pages/{number}?from=start")
            flow.request.headers.fields = _request_fields(host.encode(), number % CLIENTS)
            response.headers.fields = _response_fields(body_octets)
            response.raw_content = (b"%d." % number * body_octets)[:body_octets]
            started = STARTED + number / 20
            flow.request.timestamp_start, flow.request.timestamp_end = started, started + 0.001
            response.timestamp_start, response.timestamp_end = started + 0.03, started + 0.04
            writer.add(flow)


def _request_fields(host: bytes, client: int) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"Host", host),
        (b"User-Agent", f"{inputs.USER_AGENT} {client}".encode()),
        (b"Accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        (b"Accept-Language", b"en-US,en;q=0.9"),
        (b"Accept-Encoding", b"gzip, deflate, br"),
        (b"Cookie", inputs.COOKIE.encode()),
    )


def _response_fields(body_octets: int) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"Server", b"nginx"),
        (b"Content-Type", b"text/html; charset=utf-8"),
        (b"Content-Length", b"%d" % body_octets),
        *((b"Set-Cookie", field.encode()) for field in inputs.SET_COOKIES),
    )
