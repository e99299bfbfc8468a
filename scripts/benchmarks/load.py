"""Traffic at full speed: nginx as the origin, wrk or h2load as the clients, and what came of it.

Knows nginx's and wrk's command lines. Both share the core that the proxy is kept off.
"""

import contextlib
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import inputs, pages
from .certificates import write_certificate
from .programs import LOOPBACK, CannotMeasure, environment, find, free_port, need, on_core, running
from .traffic import Traffic

GRACE_SECONDS = 30.0
SMALL_PAGE, LARGE_PAGE = "small.html", "large.html"
PAGES = {SMALL_PAGE: pages.SMALL_BYTES, LARGE_PAGE: pages.LARGE_BYTES}
MOST_FAILED = 0.001
"""The share of exchanges that may fail without spoiling the number."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk or h2load measured."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def requests_per_second(self) -> float:
        """Exchanges that came to their end, a second."""
        return self.requests / self.seconds


@contextlib.contextmanager
def origin(home: Path, core: int | str | None, encrypted: bool = False) -> Iterator[str]:
    """An nginx that sets the two cookies, and has the pages of `PAGES` below inputs.PAGES; its URL."""
    need("wrk", "nginx")
    nginx, port = find("nginx"), free_port()
    place = home / inputs.PAGES.strip("/")
    place.mkdir(parents=True)
    for name, size in PAGES.items():
        (place / name).write_bytes(pages.contents(size))
    if encrypted:
        write_certificate(home / inputs.CERTIFICATE)
    (home / "nginx.conf").write_text(inputs.nginx_configuration(port, encrypted))
    command = on_core(core, [nginx, "-p", home, "-e", "stderr", "-c", home / "nginx.conf"])
    with running(command, port, home):
        yield f"http{'s' if encrypted else ''}://{LOOPBACK}:{port}{inputs.PAGE}"


def run_wrk(
    home: Path,
    core: int | str | None,
    proxy_port: int,
    url: str,
    seconds: int,
    traffic: Traffic | None = None,
    first: int = 0,
) -> Load:
    """Load on a proxy for so long, the clients taking turns from the `first` on. Raises CannotMeasure if it fails."""
    traffic = traffic or Traffic()
    script, requests = home / "load.lua", home / "requests"
    script.write_text(inputs.LOAD_SCRIPT)
    requests.write_bytes(b"\0".join(traffic.requests(url, proxy_port, first)))
    options = ("-t1", f"-c{traffic.connections}", f"-d{seconds}s", "--timeout", "10s", "-s", script)
    scheme = "https" if traffic.protocol.is_encrypted else "http"
    said, errors = output_of(
        core, [find("wrk"), *options, f"{scheme}://{LOOPBACK}:{proxy_port}", "--", requests], seconds
    )
    numbers = next((line for line in said.splitlines() if line.startswith("{")), None)
    if numbers is None:
        raise CannotMeasure(f"wrk said no numbers: {(errors or said).strip()[-300:]}")
    read = json.loads(numbers)
    check(read["requests"], read["failed"], errors)
    return Load(read["requests"], read["microseconds"] / 1e6, read["p50"] / 1000, read["p99"] / 1000)


def output_of(core: int | str | None, command: Sequence[str | Path], seconds: int) -> tuple[str, str]:
    """What a program says that makes load for so long: on standard output, and on standard error. Raises CannotMeasure."""
    try:
        done = subprocess.run(
            on_core(core, command),
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds + GRACE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        name = Path(command[0]).name
        raise CannotMeasure(f"{name} did not end within {seconds + GRACE_SECONDS:.0f} s") from None
    return done.stdout, done.stderr


def check(requests: int, failed: int, errors: str) -> None:
    """Raises CannotMeasure if too few exchanges ended well; `errors` is what was said of it."""
    if not requests:
        reason = errors.strip()[-300:] or "nothing"
        raise CannotMeasure(f"no exchange ended in time; is the machine busy? What was said of it: {reason}")
    if failed > requests * MOST_FAILED:
        raise CannotMeasure(f"{failed} of {requests} exchanges failed")
