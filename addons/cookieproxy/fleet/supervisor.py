"""Starts a fleet, keeps it whole and ends it: some workers, and HAProxy in front of them.

A worker that ends by itself is started again, sooner or later as it lived long or not; SIGHUP starts all anew, one after the other,
each without an exchange that is cut off; SIGTERM and SIGINT let all end what they have begun. Each worker writes rules.yaml's
changes into force by itself. When the supervisor is gone, workers end by themselves, and HAProxy too.
"""

import asyncio
import os
import secrets
import signal
import socket
import sys
from collections.abc import Coroutine, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from ..config import ConfigError, load_config
from .admin import Admin, State
from .arguments import Asked
from .haproxy import Place, Settings, configuration, name_of
from .process import Balancer, Worker, command_of
from .voices import Voices

SCRIPT = Path(__file__).resolve().parents[2] / "cookies.py"
AUTHORITY = "mitmproxy-ca.pem"
"""mitmproxy's certificate authority. Where there is none, the first to start makes one, and all must have the same."""
START_SECONDS = 60.0
"""For a worker to do its work; it may have to wait for the database."""
DRAIN_SECONDS = 30
"""For exchanges to end; what goes on after that is cut off."""
END_SECONDS = 60.0
"""For a worker to write what it has seen."""
LONG_LIFE_SECONDS = 60.0
"""Who lived as long is started again at once."""
LONGEST_PAUSE_SECONDS = 30.0
LAST_PAUSE_SECONDS = 1.0
"""Where no other worker runs meanwhile."""
LOOK_SECONDS = 0.1
LOOK_AT_HEALTH_SECONDS = 2.0
HUNG_SECONDS = 20.0
"""Without a good answer to HAProxy, which by then has long sent its clients to others."""
TOKEN_BYTES = 16


class Supervisor:
    """One fleet, from `run` to its end; `run` in a loop of its own."""

    def __init__(self, asked: Asked, haproxy: str, place: Path) -> None:
        self._asked = asked
        self._program = haproxy
        self._voices = Voices(asked.workers, asked.rules)
        self._workers = [Worker(name_of(number), self._voices) for number in range(1, asked.workers + 1)]
        self._voices.is_up = lambda name: any(each.is_up for each in self._workers if each.name == name)
        self._balancer = Balancer("haproxy", self._voices)
        self._admin = Admin(str(place / "haproxy.sock"))
        self._file = place / "haproxy.cfg"
        self._source = loopback_address()
        self._token = secrets.token_urlsafe(TOKEN_BYTES)
        self._ports = free_ports(asked.workers)
        self._signals = 0
        self._ending = asyncio.Event()
        self._at_once = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._rolling: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """The exit code."""
        if not self._rules_are_good():
            return 1
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        begun = asyncio.create_task(self._begin())
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait([begun, ending], return_when=asyncio.FIRST_COMPLETED)
        code = 0
        if begun.done():
            code = 0 if begun.result() else 1
        else:
            begun.cancel()
        if code == 0:
            await ending
        return await self._finish() or code

    # -- the beginning -------------------------------------------------------------------------------------------------

    def _rules_are_good(self) -> bool:
        try:
            load_config(self._asked.rules)
        except ConfigError as error:
            for mistake in error.mistakes:
                self._voices.say(str(mistake))
            return False
        return True

    async def _begin(self) -> bool:
        """Start all; whether they do their work."""
        count = self._asked.workers
        self._voices.say(f"Starting {count} worker{'s' * (count > 1)}.")
        alone = [] if (self._asked.confdir / AUTHORITY).exists() else self._workers[:1]
        for together in (alone, self._workers[len(alone) :]):
            if not all(await asyncio.gather(*map(self._start, together))):
                return False
        self._write_configuration()
        await self._balancer.start(self._program, self._file)
        while not await self._all_are_healthy():
            if not self._balancer.runs:
                self._voices.say("HAProxy ended before it listened; its own lines say why.")
                return False
            await asyncio.sleep(LOOK_SECONDS)
        self._keep(self._keep_balancer())
        self._keep(self._end_the_hung())
        for worker in self._workers:
            self._keep(self._keep_worker(worker))
        self._tell_where()
        return True

    def _write_configuration(self) -> None:
        workers = [Place("127.0.0.1", port) for port in self._ports]
        socket_path = str(self._file.with_suffix(".sock"))
        settings = Settings(self._asked.listen, workers, socket_path, self._source, DRAIN_SECONDS)
        self._file.write_text(configuration(settings))

    async def _start(self, worker: Worker) -> bool:
        """Start a worker; whether it does its work. One that does not is no more afterwards."""
        command = command_of(Path(sys.executable), SCRIPT, self._port_of(worker), self._asked.given)
        await worker.start(command, (ip_network(self._source),), self._token, self._asked.listen.port)
        if await worker.becomes_ready(START_SECONDS):
            return True
        if worker.runs:
            self._voices.say(f"Worker {worker.name} does not get ready; it is ended.")
            worker.signal(signal.SIGKILL)
        code = await worker.wait()
        if not self._ending.is_set():
            self._voices.say(
                f"Worker {worker.name} ended before it was ready (exit code {code}); its own lines say why."
            )
        return False

    async def _all_are_healthy(self) -> bool:
        healths = await self._admin.healths()
        return all("OK" in healths.get(worker.name, "") for worker in self._workers)

    def _tell_where(self) -> None:
        listen, count = self._asked.listen, self._asked.workers
        self._voices.say(f"{count} worker{'s' * (count > 1)} behind http://{listen}, supervisor {os.getpid()}.")
        if not self._asked.dashboard or "socks5" in self._asked.given:
            return
        self._voices.say(
            f"Dashboard: http://{self._asked.dashboard}/ through the proxy; each client sees its own worker's."
        )
        if not listen.host.startswith("127.") and listen.host not in ("::1", "localhost"):
            self._voices.say(f"Dashboard: clients on other machines are asked for the token {self._token}")

    def _port_of(self, worker: Worker) -> int:
        return self._ports[self._workers.index(worker)]

    # -- while it runs -------------------------------------------------------------------------------------------------

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep_worker(self, worker: Worker) -> None:
        """Start it again whenever it has ended by itself."""
        failures = 0
        while True:
            code = await worker.wait()
            async with worker.lock:
                if worker.runs:
                    continue  # it was ended, and has begun anew
                await self._admin.set_state(worker.name, State.MAINT)
                failures = 0 if self._lived_long(worker) else failures + 1
                longest = LONGEST_PAUSE_SECONDS if any(each.runs for each in self._workers) else LAST_PAUSE_SECONDS
                pause = min(2.0 ** (failures - 1), longest) if failures else 0.0
                then = f"in {pause:.0f} s" if pause else "now"
                self._voices.say(f"Worker {worker.name} ended ({_ended(code)}); it is started again {then}.")
                await asyncio.sleep(pause)
                if await self._start(worker):
                    await self._admin.set_state(worker.name, State.READY)
                    self._voices.say(f"Worker {worker.name} is back.")
                else:
                    await self._give_another_port(worker)

    async def _give_another_port(self, worker: Worker) -> None:
        """Somebody may have taken its own meanwhile."""
        self._ports[self._workers.index(worker)] = free_ports(1)[0]
        self._write_configuration()
        await self._admin.set_port(worker.name, self._port_of(worker))

    async def _keep_balancer(self) -> None:
        while True:
            code = await self._balancer.wait()
            self._voices.say(f"HAProxy ended ({_ended(code)}); it is started again.")
            await asyncio.sleep(0 if self._lived_long(self._balancer) else 1)
            await self._balancer.start(self._program, self._file)

    async def _end_the_hung(self) -> None:
        """A worker that lives and has not answered HAProxy for long will not mend itself."""
        silent_since: dict[str, float] = {}
        while True:
            await asyncio.sleep(LOOK_AT_HEALTH_SECONDS)
            now, healths = asyncio.get_running_loop().time(), await self._admin.healths()
            for worker in self._workers:
                if "OK" in healths.get(worker.name, "OK") or not worker.runs or worker.lock.locked():
                    silent_since.pop(worker.name, None)
                elif now - silent_since.setdefault(worker.name, now) >= HUNG_SECONDS:
                    self._voices.say(f"Worker {worker.name} has not answered for {HUNG_SECONDS:.0f} s; it is ended.")
                    worker.signal(signal.SIGKILL)

    def _lived_long(self, child: Worker | Balancer) -> bool:
        return asyncio.get_running_loop().time() - child.started_at >= LONG_LIFE_SECONDS

    def _hang_up(self) -> None:
        if self._rolling is None or self._rolling.done():
            self._rolling = asyncio.create_task(self._roll())

    async def _roll(self) -> None:
        """Start all workers anew, one after the other."""
        if not self._rules_are_good():
            self._voices.say("Nothing is started anew.")
            return
        for worker in self._workers:
            async with worker.lock:
                self._voices.say(f"Worker {worker.name} is started anew.")
                await self._admin.set_state(worker.name, State.DRAIN)
                worker.drain()
                await _within(DRAIN_SECONDS, worker.idle.wait())
                await self._admin.set_state(worker.name, State.MAINT)
                worker.signal(signal.SIGTERM)
                if not await _within(END_SECONDS, worker.wait()):
                    worker.signal(signal.SIGKILL)
                    await worker.wait()
                if not await self._start(worker):
                    self._voices.say("The others stay as they are.")
                    return
                await self._admin.set_state(worker.name, State.READY)
        self._voices.say("All workers were started anew.")

    # -- the end -------------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        """SIGTERM or SIGINT: the first lets exchanges end, the second does not."""
        if self._ending.is_set():
            self._at_once.set()
        self._ending.set()

    async def _finish(self) -> int:
        """End all; 0 if all ended well."""
        self._ending.set()
        waiting = [*self._tasks, *filter(None, [self._rolling])]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        running = [worker for worker in self._workers if worker.runs]
        if self._balancer.runs and running:
            self._voices.say(
                f"Ending: nobody new gets in, and what goes on has {DRAIN_SECONDS} s. Again ends it at once."
            )
            self._balancer.signal(signal.SIGUSR1)
            for worker in running:
                worker.drain()
            either = [asyncio.create_task(each) for each in (_all_idle(running), self._at_once.wait())]
            await asyncio.wait(either, timeout=DRAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for each in either:
                each.cancel()
        for worker in running:
            worker.signal(signal.SIGTERM)
        codes = list(await asyncio.gather(*map(self._ended_within, running)))
        self._balancer.signal(signal.SIGTERM)
        if self._balancer.runs:
            await self._balancer.wait()
        if any(codes):
            self._voices.say("Not all workers ended well.")
            return 1
        self._voices.say("All have ended.")
        return 0

    async def _ended_within(self, worker: Worker) -> int:
        if not await _within(END_SECONDS, worker.wait()):
            self._voices.say(f"Worker {worker.name} does not end, and is ended without what it has not written.")
            worker.signal(signal.SIGKILL)
        return await worker.wait()


async def _all_idle(workers: Sequence[Worker]) -> Any:
    for worker in workers:
        await worker.idle.wait()


async def _within(seconds: float, waited: Coroutine[Any, Any, Any]) -> bool:
    """Whether it came in time."""
    try:
        await asyncio.wait_for(waited, seconds)
    except TimeoutError:
        return False
    return True


def _ended(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def loopback_address() -> str:
    """An address of this machine that nobody can guess: who connects from there is our HAProxy.

    What a client has a worker connect to comes from 127.0.0.1, so no client can pretend to be HAProxy.
    """
    return f"127.{secrets.randbelow(254) + 1}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"


def free_ports(count: int) -> list[int]:
    """Ports on loopback that were free a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
