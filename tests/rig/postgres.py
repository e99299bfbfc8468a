"""Debian's PostgreSQL on loopback, in a directory of its own, with nothing but what a test puts in.

Started as another user if we are root, which the server refuses to be. Nothing in it survives: it writes without waiting for disks.
"""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path

import psycopg
import pytest

from cookieproxy.record.postgres.chunks import PARTITIONED

PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name), reverse=True)
SETTINGS = {
    "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "full_page_writes": "off",
    "synchronous_commit": "off", "max_connections": "200", "shared_buffers": "64MB", "log_min_messages": "fatal",
}  # fmt: skip
GUARDED = "host all guarded 127.0.0.1/32 scram-sha-256\n"
"""The role `guarded` needs a password, all others none."""
START_SECONDS = 30.0
TABLES = (
    *PARTITIONED, "client_rows", "jar_rows", "session_rows", "tracked_rows", "finding_rows", "host_rows", "commands",
)  # fmt: skip
"""What observations and commands go into."""


def binaries() -> Path:
    """Where the server's programs lie; skips the test if there is none."""
    found = [place for place in PLACES if (place / "initdb").exists()]
    if not found:
        pytest.skip("there is no PostgreSQL (on Debian: apt-get install postgresql)")
    return found[0]


class Server:
    """One running server; `spec()` names a new, empty store in it."""

    def __init__(self) -> None:
        self.binaries = binaries()
        self.directory = Path(tempfile.mkdtemp(prefix="cookies-postgres-"))
        self._user = _other_user() if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(self.directory, self._user)
        self.port = _free_port()
        self._numbers = count()
        self._run("initdb", "-A", "trust", "-U", "proxy", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "data")
        access = self.directory / "data" / "pg_hba.conf"
        access.write_text(GUARDED + access.read_text())
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(
            [self.binaries / "postgres", "-D", "data", "-p", str(self.port), *settings],
            cwd=self.directory, user=self._user, group=self._user, extra_groups=None if self._user is None else [],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                return

    @property
    def pid(self) -> int:
        """The first of its processes."""
        return self._process.pid

    def stop(self) -> None:
        """End it, and all connections at once."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)

    def crash(self) -> None:
        """End it without a word: what it has committed and not written yet is lost."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def remove(self) -> None:
        """Stop it and remove all it kept."""
        self.stop()
        shutil.rmtree(self.directory)

    def url(self, user: str = "proxy", database: str = "postgres", password: str = "") -> str:
        """The name of a database."""
        return f"postgresql://{user}{password and f':{password}'}@127.0.0.1:{self.port}/{database}"

    def spec(self) -> str:
        """The name of a store that is not there yet."""
        return f"{self.url()}?schema=t{next(self._numbers)}"

    def execute(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements as the owner of everything; the rows of the last."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def empty(self, spec: str) -> None:
        """Make a store as it was when it was new, but for what its rows left on disk."""
        schema = schema_of(spec)
        deletes = [f"DELETE FROM {schema}.{table}" for table in TABLES]
        counter = f"UPDATE {schema}.counter SET next_seq = 1, first_seq = 1, opened = NULL, last_time = NULL"
        self.execute("; ".join([*deletes, counter]))

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.binaries / program, *arguments],
            cwd=self.directory, user=self._user, group=self._user, extra_groups=None if self._user is None else [],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def schema_of(spec: str) -> str:
    """The schema of a store's name."""
    found = re.search(r"schema=(\w+)", spec)
    assert found is not None
    return found[1]


def _other_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
