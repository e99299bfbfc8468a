"""Traffic at full speed: nginx as the origin, wrk as the connections of one browser, and what came of it.

Knows nginx's and wrk's command lines. Both share the core that the proxy is kept off.
"""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import inputs, pages
from .programs import LOOPBACK, CannotMeasure, environment, find, free_port, need, on_core, running

GRACE_SECONDS = 30.0
SMALL_PAGE, LARGE_PAGE = "small.html", "large.html"
PAGES = {SMALL_PAGE: pages.SMALL_BYTES, LARGE_PAGE: pages.LARGE_BYTES}
MOST_FAILED = 0.001
"""The share of exchanges that may fail without spoiling the number."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk measured."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def requests_per_second(self) -> float:
        """Exchanges that came to their end, a second."""
        return self.requests / self.seconds


@contextlib.contextmanager
def origin(home: Path, core: int | None) -> Iterator[str]:
    """An nginx that sets the two cookies, and has the pages of `PAGES` below inputs.PAGES; its URL."""
    need("wrk", "nginx")
    nginx, port = find("nginx"), free_port()
    place = home / inputs.PAGES.strip("/")
    place.mkdir(parents=True)
    for name, size in PAGES.items():
        (place / name).write_bytes(pages.contents(size))
    (home / "nginx.conf").write_text(inputs.nginx_configuration(port))
    command = on_core(core, [nginx, "-p", home, "-e", "stderr", "-c", home / "nginx.conf"])
    with running(command, port, home):
        yield f"http://{LOOPBACK}:{port}/page"


def run_wrk(
    home: Path,
    core: int | None,
    proxy_port: int,
    url: str,
    seconds: int,
    *,
    cookie: str = inputs.COOKIE,
    connections: int = inputs.CONNECTIONS,
) -> Load:
    """Load on a proxy for so long. Raises CannotMeasure if it fails."""
    script = home / "load.lua"
    script.write_text(inputs.LOAD_SCRIPT)
    options = ("-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", script)
    command: list[str | Path] = [
        find("wrk"),
        *options,
        f"http://{LOOPBACK}:{proxy_port}",
        "--",
        url,
        cookie,
        inputs.USER_AGENT,
    ]
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
        raise CannotMeasure(f"wrk did not end within {seconds + GRACE_SECONDS:.0f} s") from None
    return _read(done.stdout, done.stderr)


def _read(output: str, errors: str) -> Load:
    numbers = next((line for line in output.splitlines() if line.startswith("{")), None)
    if numbers is None:
        raise CannotMeasure(f"wrk said no numbers: {(errors or output).strip()[-300:]}")
    said = json.loads(numbers)
    if not said["requests"]:
        raise CannotMeasure(
            f"no exchange ended in time; is the machine busy? wrk says: {errors.strip()[-300:] or 'nothing'}"
        )
    if said["failed"] > said["requests"] * MOST_FAILED:
        raise CannotMeasure(f"{said['failed']} of {said['requests']} exchanges failed")
    return Load(said["requests"], said["microseconds"] / 1e6, said["p50"] / 1000, said["p99"] / 1000)
