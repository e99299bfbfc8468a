"""The processes of a fleet: how a worker and HAProxy are started, what they are told, and how they end."""

import asyncio
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from . import orders
from .orders import DRAIN, IDLE, READY, Orders
from .voices import Voices

type Networks = tuple[IPv4Network | IPv6Network, ...]

PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when its parent dies."""


class Child:
    """A process that can be started again when it has ended."""

    def __init__(self, name: str, voices: Voices) -> None:
        self.name = name
        self.lock = asyncio.Lock()
        """Held by who starts and ends it, for as long as it is between two lives."""
        self.started_at = 0.0
        self._voices = voices
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def runs(self) -> bool:
        """Whether it has begun and not ended."""
        return self._process is not None and self._process.returncode is None

    async def wait(self) -> int:
        """Its exit code, once it has ended and all it said was heard."""
        assert self._process is not None
        code = await self._process.wait()
        if self._listening is not None:
            with suppress(TimeoutError):  # somebody else may still have its output
                await asyncio.wait_for(asyncio.shield(self._listening), 1)
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self.runs and self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _start(
        self,
        command: Sequence[str | Path],
        env: Mapping[str, str],
        pass_fds: Sequence[int] = (),
        dies_too: bool = False,
    ) -> None:
        """In a process group of its own: Ctrl-C is for the supervisor, who tells the others."""
        self._process = await asyncio.create_subprocess_exec(
            *command, env=env, pass_fds=pass_fds, process_group=0, preexec_fn=_die_with_parent if dies_too else None,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        self.started_at = asyncio.get_running_loop().time()
        assert self._process.stdout is not None
        self._listening = asyncio.create_task(self._voices.listen(self.name, self._process.stdout))


class Balancer(Child):
    """HAProxy."""

    async def start(self, program: str, configuration: Path) -> None:
        """Start it; it goes on in the foreground."""
        await self._start([program, "-db", "-f", configuration], os.environ, dies_too=True)


class Worker(Child):
    """A proxy behind HAProxy."""

    def __init__(self, name: str, voices: Voices) -> None:
        super().__init__(name, voices)
        self.ready = asyncio.Event()
        self.idle = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._hearing: asyncio.Task[None] | None = None

    async def start(self, command: Sequence[str | Path], balancers: Networks, token: str, port: int) -> None:
        """Start it behind a balancer that listens at that port; `ready` is set once it does its work."""
        self.ready.clear()
        self.idle.clear()
        ours, theirs = socket.socketpair()
        with theirs:
            told = Orders(balancers, orders.Worker(theirs.fileno(), token, port))
            env = {**os.environ, **told.environment(), "PYTHONUNBUFFERED": "1"}
            await self._start(command, env, [theirs.fileno()])
        reader, self._writer = await asyncio.open_unix_connection(sock=ours)
        self._hearing = asyncio.create_task(self._hear(reader, self._writer))

    @property
    def is_up(self) -> bool:
        """Whether it does its work."""
        return self.runs and self.ready.is_set()

    async def becomes_ready(self, seconds: float) -> bool:
        """Whether it does its work before it ends, or the time is over."""
        ready, ended = asyncio.create_task(self.ready.wait()), asyncio.create_task(self.wait())
        await asyncio.wait([ready, ended], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for each in (ready, ended):
            each.cancel()
        return self.ready.is_set() and self.runs

    def drain(self) -> None:
        """Let it end what it has begun; `idle` is set when it has."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(DRAIN + b"\n")

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                {READY: self.ready, IDLE: self.idle}.get(line.strip(), asyncio.Event()).set()
        except OSError:
            pass
        finally:
            self.idle.set()  # who is gone has nothing to end
            writer.close()


def command_of(python: Path, script: Path, port: int, given: Sequence[str]) -> list[str | Path]:
    """A worker's command line."""
    mitmdump = python.parent / "mitmdump"
    return [mitmdump, "-s", script, *given, "--listen-host", "127.0.0.1", "--listen-port", str(port)]


def _die_with_parent() -> None:
    """HAProxy alone would go on to take connections that nobody serves; where there is no prctl, it does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGUSR1))
