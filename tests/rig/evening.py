"""An evening of guests at guarded servers, all at once and in real time, with one proxy between them and the servers.

Each guest has a double who does the same without the proxy, to tell what a server does from what the proxy makes of it. Takes as
long as the longest life. What comes out is data: diaries, and the rows that the proxy's command line lists afterwards.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rig import clients
from rig.guarded import Guarded
from rig.guest import Guest
from rig.process import Proxy, Site

AT_ONCE = 3
"""Servers that are started at the same time."""
STROLL_SECONDS = 0.3
"""Between two people who come by a busy server."""

type Row = dict[str, Any]


class Life(NamedTuple):
    """A guest logs in, comes back after each of these seconds while the session is good, logs in again if need be, and out."""

    server: str
    gaps: Sequence[float]
    keep_cookies: bool = True
    forgets: bool = True
    """Whether a cookie goes when its Max-Age is over."""
    alone: bool = False
    """Whether there is no double, who might disturb."""
    clings: bool = False
    """Whether the cookies that were good before logging out are tried again after it."""


@dataclass(frozen=True)
class Visit:
    """A life as it was lived."""

    server: Guarded
    guest: Guest
    double: Guest | None
    lived: list[Future[None]]
    """Theirs; raises what went wrong."""

    @property
    def people(self) -> list[Guest]:
        """The guest, and the double if there is one."""
        return [one for one in (self.guest, self.double) if one]


@dataclass(frozen=True, eq=False)
class Evening:
    """What is left of it: each life's visit, or the reason why its server could not be had; and the proxy's store."""

    visits: Mapping[str, Visit | str]
    proxy: Proxy

    def sessions(self, visit: Visit) -> list[Row]:
        """What the command line lists of the guest's sessions, by their start."""
        (client,) = (row["client"] for row in self._listed("clients") if row["user_agent"] == visit.guest.user_agent)
        own = (row for row in self._listed("sessions") if (row["client"], row["host"]) == (client, visit.server.host))
        return sorted(own, key=lambda row: row["started"])

    def findings(self, visit: Visit) -> set[str]:
        """The codes of what it says is wrong with the server, or with what this guest had to do with it."""
        return {row["code"] for row in self._listed("findings") if row["host"] == visit.server.host}

    @cache
    def _listed(self, what: str) -> list[Row]:
        return self.proxy.cookies_json(what)


def spend(
    factory: pytest.TempPathFactory,
    confdir: Path,
    servers: Sequence[Guarded],
    lives: Mapping[str, Life],
    rules: str = "",
) -> Evening:
    """Let them all live."""
    with running(servers) as missing:
        there = {server.name: server for server in servers if server.name not in missing}
        doors = {name: clients.free_port() for name in there}
        modes = [f"reverse:http://127.0.0.1:{server.port}@{doors[name]}" for name, server in there.items()]
        options = {"keep_host_header": True}  # Django compares it with Origin
        proxy = Proxy(Site(0, 0, confdir), factory.mktemp("evening"), options, modes or "regular")
        proxy.write_rules(rules)
        proxy.start()
        try:
            visits = _lived(there, doors, {name: life for name, life in lives.items() if life.server in there})
        finally:
            code = proxy.stop()
    assert code == 0, proxy.log()
    assert "Traceback" not in proxy.log(), proxy.log()
    return Evening({name: visits.get(name) or missing[life.server] for name, life in lives.items()}, proxy)


@contextmanager
def running(servers: Sequence[Guarded]) -> Iterator[dict[str, str]]:
    """Start them; by name, the reasons why some cannot be had."""
    missing = {}
    with ExitStack() as stack:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            started = [(server.name, pool.submit(stack.enter_context, server)) for server in servers]
        for name, future in started:
            try:
                future.result()
            except pytest.skip.Exception as reason:
                missing[name] = str(reason)
        yield missing


def _lived(servers: Mapping[str, Guarded], doors: Mapping[str, int], lives: Mapping[str, Life]) -> dict[str, Visit]:
    over = threading.Event()
    with ThreadPoolExecutor(2 * len(lives) + len(servers) or 1) as pool:
        strolls = [pool.submit(_stroll, server, over) for server in servers.values() if server.is_busy]
        visits = {name: _begun(pool, name, life, servers, doors) for name, life in lives.items()}
        for visit in visits.values():
            for one in visit.lived:
                one.exception()
        over.set()
        for stroll in strolls:
            stroll.result()
    return visits


def _begun(
    pool: ThreadPoolExecutor, name: str, life: Life, servers: Mapping[str, Guarded], doors: Mapping[str, int]
) -> Visit:
    server = servers[life.server]
    ports = [doors[server.name]] if life.alone else [doors[server.name], server.port]
    agent = f"Guest/1.0 ({name})"
    people = [Guest(port, agent, None, life.keep_cookies, url=server.url, forgets=life.forgets) for port in ports]
    lived = [pool.submit(_live, one, life) for one in people]
    return Visit(server, people[0], people[1] if len(people) > 1 else None, lived)


def _live(guest: Guest, life: Life) -> None:
    guest.log_in()
    for gap in life.gaps:
        if not guest.come_back(gap):
            guest.log_in()
            guest.come_back(0.5)
            break
    if life.clings:
        guest.leave_with_cookies()
    else:
        guest.log_out()
    guest.visit(guest.url)


def _stroll(server: Guarded, over: threading.Event) -> None:
    """People without cookies come by, one after the other."""
    request = f"GET {server.page} HTTP/1.1\r\nHost: {server.host}\r\nConnection: close\r\n\r\n".encode()
    while not over.wait(STROLL_SECONDS):
        clients.raw(server.port, [request])
