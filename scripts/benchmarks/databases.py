"""A PostgreSQL server for a measurement: Debian's, on loopback, with nothing in it and nothing left of it.

It writes as it does for its users, disks included. Started as another user if we are root, which the server refuses to be.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

from .programs import LOOPBACK, START_SECONDS, STOP_SECONDS, CannotMeasure, free_port, on_core

PLACES = "/usr/lib/postgresql"
"""Where Debian keeps the servers, each version in a folder of its own."""
LOOK_SECONDS = 0.1


@contextlib.contextmanager
def database(core: int | str | None = None) -> Iterator[tuple[str, int]]:
    """The name of a database, and the server's process id. Raises CannotMeasure."""
    programs = _programs()
    user = None if os.geteuid() else "nobody" if not Path("/var/lib/postgresql").exists() else "postgres"
    home, port = Path(mkdtemp(prefix="cookies-bench-postgres-")), free_port()
    try:
        if user is not None:
            shutil.chown(home, user)
        _run(home, user, programs / "initdb", "-A", "trust", "-U", "proxy", "-E", "UTF8", "--locale=C.UTF-8", "data")
        settings = (
            "-c",
            f"listen_addresses={LOOPBACK}",
            "-c",
            "unix_socket_directories=",
            "-c",
            "log_min_messages=fatal",
        )
        process = subprocess.Popen(
            on_core(core, [programs / "postgres", "-D", "data", "-p", str(port), *settings]),
            cwd=home, user=user, group=user, extra_groups=None if user is None else [],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait(home, user, programs, port)
            yield f"postgresql://proxy@{LOOPBACK}:{port}/postgres", process.pid
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_SECONDS)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _programs() -> Path:
    found = sorted(Path(PLACES).glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    if not found:
        raise CannotMeasure("there is no PostgreSQL here (Debian: apt-get install postgresql)")
    return found[-1].parent


def _run(home: Path, user: str | None, program: Path, *arguments: str) -> None:
    done = subprocess.run(
        [program, *arguments], cwd=home, user=user, group=user, extra_groups=None if user is None else [],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise CannotMeasure(f"{program.name} failed: {done.stderr.strip()[-300:]}")


def _wait(home: Path, user: str | None, programs: Path, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _run(home, user, programs / "pg_isready", "-q", "-h", LOOPBACK, "-p", str(port))
        except CannotMeasure:
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_SECONDS)
        else:
            return
