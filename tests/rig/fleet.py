"""A real fleet: `scripts/proxy --workers` without its set-up, with HAProxy and all, on one PostgreSQL store.

Clients differ by the loopback address they come from. Applications are on ports of 127.0.0.1, so nothing has to be re-addressed.
"""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from cookieproxy.fleet.haproxy import name_of
from rig.clients import RawAnswer, exchange, free_port
from rig.process import ROOT, environment, eventually, run_cookies, set_arguments

START_SECONDS = 120
STOP_SECONDS = 60


class Fleet:
    """One fleet, from `start` until it is stopped. Its rules lie in `home`."""

    def __init__(self, home: Path, confdir: Path, store: str, workers: int = 2, arguments: Sequence[str] = ()) -> None:
        self.store = store
        self.port = free_port()
        self.names = [name_of(number) for number in range(1, workers + 1)]
        self.home = home
        self.rules_path = home / "rules.yaml"
        self._settings = {"confdir": str(confdir), "cookies_store": store, "cookies_rules": str(self.rules_path)}
        self._arguments = ("--workers", str(workers), "--listen-port", str(self.port), *arguments)
        self._output = bytearray()

    def start(self, rules: str = "") -> None:
        """Returns once it says where it listens."""
        self.rules_path.write_text(rules)
        command = [sys.executable, "-P", "-m", "cookieproxy.fleet", *self._arguments, *set_arguments(self._settings)]
        self._process = subprocess.Popen(
            command, cwd=self.home, env=environment(PYTHONPATH=str(ROOT / "addons")), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        self.wait_for_log("behind http://", START_SECONDS)

    def log(self) -> str:
        """All that it has said so far."""
        return self._output.decode("utf-8", "replace")

    def wait_for_log(self, pattern: str, seconds: float = 30, count: int = 1) -> list[str]:
        """All that matches the regular expression, once it is as many."""
        for _ in eventually(seconds):
            if len(found := re.findall(pattern, self.log())) >= count:
                return found
            assert self._process.poll() is None or "behind" in self.log(), self.log()
        raise AssertionError  # eventually has raised

    def get(self, client: str, url: str, *lines: bytes) -> RawAnswer | None:
        """One exchange of the client with that address on a connection of its own; None if none came about."""
        head = [f"GET {url} HTTP/1.1".encode(), b"Host: " + url.split("/")[2].encode(), *lines, b"", b""]
        try:
            with socket.create_connection(("127.0.0.1", self.port), 30, (client, 0)) as connection:
                answer = exchange(connection, b"\r\n".join(head))
        except OSError:
            return None
        return answer if answer.head else None

    def connection(self, client: str) -> socket.socket:
        """A connection of the client's that stays."""
        return socket.create_connection(("127.0.0.1", self.port), 30, (client, 0))

    def workers_of(self, client: str) -> list[str]:
        """Which worker each of its connections went to, in order."""
        return re.findall(rf"(w\d)\s*\| \[[\d:.]+\]\[{re.escape(client)}:\d+\] client connect", self.log())

    def pid_of(self, worker: str) -> int:
        """The process that a worker is now."""
        port = re.findall(rf"{worker}\s*\| .* listening at 127\.0\.0\.1:(\d+)", self.log())[-1]
        return next(pid for pid in self.children() if port.encode() in Path(f"/proc/{pid}/cmdline").read_bytes())

    def children(self) -> list[int]:
        """The processes of the workers and of HAProxy."""
        return list(map(int, Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()))

    def kill(self, worker: str) -> None:
        """End a worker without asking."""
        os.kill(self.pid_of(worker), signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """What a service manager sends."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        code = self._process.wait(STOP_SECONDS)
        self._reader.join(STOP_SECONDS)
        return code

    def stop(self) -> int:
        """Ask it to end, and wait; its exit code."""
        if self._process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait()

    def rows(self, *arguments: str) -> list[dict[str, object]]:
        """What the command line lists of its store."""
        done = run_cookies(*arguments, "--json", "--store", self.store, cwd=self.home)
        assert done.returncode == 0, done.stderr
        rows: list[dict[str, object]] = json.loads(done.stdout)
        return rows

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output, contextlib.suppress(ValueError):
            while data := os.read(output.fileno(), 65_536):
                self._output += data
