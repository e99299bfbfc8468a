"""The programs of a measurement: found or missing, each on its own core, started, looked at and stopped again.

Knows processes and what Linux tells about them. Stops only what it started. Everything listens on 127.0.0.1.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
START_SECONDS = 30.0
LOOK_SECONDS = 0.05
"""Between two looks whether a program listens."""
STOP_SECONDS = 15.0
PACKAGES = {
    "wrk": "wrk",
    "nginx": "nginx-light",
    "h2load": "nghttp2-client",
    "node": "nodejs",
    "npm": "npm",
    "haproxy": "haproxy",
}
"""Debian's package of each program that may be missing."""
PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"))
"""Where Debian's nginx lies is not on everybody's path."""


class CannotMeasure(Exception):
    """Why something cannot be measured here, as a sentence without its full stop."""


def find(program: str) -> str:
    """The path of a program. Raises CannotMeasure with the way to get it."""
    need(program)
    return str(shutil.which(program, path=PLACES))


def need(*programs: str) -> None:
    """Raises CannotMeasure with the way to get them if any of these is missing."""
    missing = [program for program in programs if shutil.which(program, path=PLACES) is None]
    if missing:
        packages = " ".join(PACKAGES[program] for program in missing)
        raise CannotMeasure(f"there is no {' and no '.join(missing)} here (Debian: apt-get install {packages})")


def cores() -> tuple[int, int] | None:
    """A core for what is measured and one for all the rest; None where there is but one, or no way to choose."""
    if not hasattr(os, "sched_getaffinity") or shutil.which("taskset") is None:
        return None
    ours = sorted(os.sched_getaffinity(0))
    return (ours[0], ours[1]) if len(ours) > 1 else None


def stay_on(core: int | None) -> None:
    """Keep this process to that core, and what it starts, unless that says otherwise."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def on_core(core: int | str | None, command: Sequence[str | Path]) -> list[str]:
    """The command, kept to that core; or to several, as taskset writes them: `0,1`."""
    prefix = [] if core is None else ["taskset", "--cpu-list", str(core)]
    return [*prefix, *map(str, command)]


def environment() -> dict[str, str]:
    """This process's environment without proxies, and without what is only for the benchmarks."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and name != "PYTHONPATH"
    }


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server((LOOPBACK, 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Program:
    """A running program that listens on a port."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.port = port
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def said(self) -> str:
        """The end of all it said."""
        return self._log.read_text(errors="replace")[-2000:]

    def cpu_seconds(self) -> float:
        """Processor time it has used, all threads together."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_bytes(self) -> int:
        """Memory it has in use."""
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def wait_until_it_listens(self, look_seconds: float = LOOK_SECONDS) -> None:
        """Raises CannotMeasure if it ends or takes too long instead."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.check_that_it_runs()
            with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, self.port), 1):
                return
            time.sleep(look_seconds)
        raise CannotMeasure(f"it did not listen within {START_SECONDS:.0f} s: {self.said()}")

    def check_that_it_runs(self, seconds: float = 0) -> None:
        """Raises CannotMeasure if it has ended, or ends within so long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
            raise CannotMeasure(f"it ended with exit code {self._process.returncode}: {self.said()}")

    def stop(self) -> None:
        """Ask it to end, and make it if it does not."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def running(
    command: Sequence[str],
    port: int,
    home: Path,
    env: Mapping[str, str] | None = None,
    look_seconds: float = LOOK_SECONDS,
) -> Iterator[Program]:
    """The program while it runs and listens on that port. Raises CannotMeasure if it does not come to that."""
    log = home / "log"
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=home,
            env=environment() | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    program = Program(process, port, log)
    try:
        program.wait_until_it_listens(look_seconds)
        yield program
    finally:
        program.stop()
