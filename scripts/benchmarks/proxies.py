"""Proxies under load, a few of them at a time, in turn.

A round loads one proxy after the other, so that whatever else the machine does in the meantime is in all of them; the proxies have
their core to themselves, each idle while another works.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from . import inputs, load, sessions
from .answering import wait_for_answer
from .h2load import run_h2load
from .load import Load
from .measured import Measured
from .programs import CannotMeasure, Program, free_port, need, on_core, running
from .run import Run
from .traffic import Protocol, Traffic
from .variants import DATABASE, Variant
from .watching import watched

__all__ = ["Asked", "Case", "Variant", "compare", "compare_cases", "proxy"]

WARM_UP_SECONDS = 2
WARM_UP_REQUESTS = 2
"""Of each client, at least: the first is not like the others."""
MOST_LOST = 0.01
END_SECONDS = 1.0
"""What is left of a proxy that goes down may last so long."""


class Case(NamedTuple):
    """A proxy and what is asked of it."""

    variant: Variant
    traffic: Traffic = Traffic()


@contextlib.contextmanager
def proxy(variant: Variant, home: Path, core: int | None, more: Sequence[str] = ()) -> Iterator[Program]:
    """A proxy of that variant while it runs, with arguments that are not the variant's own."""
    port = free_port()
    home.mkdir()
    if variant.prepare is not None:
        variant.prepare(home)
    with running(on_core(core, [*variant.command(home, port), *more]), port, home) as program:
        yield program


def compare(run: Run, *variants: Variant, traffic: Traffic | None = None) -> list[list[Measured]]:
    """All in turn, round by round, asked for the same. Raises CannotMeasure."""
    return compare_cases(run, [Case(variant, traffic or Traffic()) for variant in variants])


def compare_cases(run: Run, cases: Sequence[Case]) -> list[list[Measured]]:
    """All in turn, round by round; all of them encrypted, or none. Raises CannotMeasure."""
    protocols = {case.traffic.protocol for case in cases}
    need(*(["h2load"] if Protocol.HTTP2 in protocols else []))
    encrypted = any(protocol.is_encrypted for protocol in protocols)
    with run.place() as home, contextlib.ExitStack() as stack:
        url = stack.enter_context(load.origin(home / "origin", run.load_core, encrypted))
        more = _reverse_of(url) if encrypted else ()
        asked = [
            Asked(case, stack.enter_context(proxy(case.variant, home / str(place), run.proxy_core, more)), url)
            for place, case in enumerate(cases)
        ]
        asked = [each.within_session() for each in asked]
        for each in asked:
            each.warm_up(home, run)
            if each.case.variant.is_watched:
                stack.enter_context(watched(each.program.port))
        all_measured: list[list[Measured]] = [[] for _ in cases]
        for number in range(run.rounds):
            for each, measured in zip(asked, all_measured, strict=True):
                measured.append(each.measure(home, run.load_core, run.seconds))
                run.tell(f"{number + 1}/{run.rounds} {each.case.variant.name}: {measured[-1]}")
        stack.close()
        for place, (case, measured) in enumerate(zip(cases, all_measured, strict=True)):
            _check_that_it_recorded(case, home / str(place), measured)
        return all_measured


def _reverse_of(url: str) -> Sequence[str]:
    """A client that can be fast enough speaks TLS to a server, not to a server behind a proxy."""
    return ("--mode", f"reverse:https://{urlsplit(url).netloc}", "--ssl-insecure")


@dataclass(slots=True)
class Asked:
    """A running proxy and what it is asked for."""

    case: Case
    program: Program
    url: str
    done: int = 0
    """Exchanges."""

    def within_session(self) -> "Asked":
        """The same in a session, if it keeps the session in the URL."""
        if not self.case.variant.in_url:
            return self
        page = urljoin(self.url, f"{inputs.PAGES}/{load.SMALL_PAGE}")
        segment = sessions.begun(self.program.port, page)
        page = sessions.within(segment, urljoin(self.url, self.case.traffic.page))
        traffic = replace(self.case.traffic, page=page, cookie="")
        return replace(self, case=Case(self.case.variant, traffic))

    def warm_up(self, home: Path, run: Run) -> None:
        """What is only at the beginning."""
        traffic, seconds = self.case.traffic, min(run.seconds, WARM_UP_SECONDS)
        (request, *_) = traffic.requests(self.url, self.program.port)
        with self._named():
            wait_for_answer(self.program.port, request, traffic.protocol.is_encrypted)
        while self.done < self.case.traffic.clients * WARM_UP_REQUESTS:
            self.measure(home, run.load_core, seconds)

    def measure(self, home: Path, core: int | None, seconds: int) -> Measured:
        """Put it under load for so long."""
        before = self.program.cpu_seconds()
        measured = self._load(home, core, seconds)
        self.done += measured.requests
        return Measured(measured, (self.program.cpu_seconds() - before) / measured.requests * 1e6)

    def _load(self, home: Path, core: int | None, seconds: int) -> Load:
        traffic, port = self.case.traffic, self.program.port
        with self._named():
            if traffic.protocol is Protocol.HTTP2:
                return run_h2load(home, core, port, self.url, seconds, traffic)
            return load.run_wrk(home, core, port, self.url, seconds, traffic, self.done)

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Says of what goes wrong where it does, and whether that is because the proxy has ended."""
        try:
            yield
        except CannotMeasure as error:
            self.program.check_that_it_runs(END_SECONDS)
            raise CannotMeasure(f"{self.case.variant.name}: {error}") from None


def _check_that_it_recorded(case: Case, home: Path, measured: Sequence[Measured]) -> None:
    """A proxy that forgot to record, or to tell clients apart, would be fast and worth nothing."""
    variant = case.variant
    if variant.rules is None or not variant.records:
        return
    with contextlib.closing(sqlite3.connect(home / DATABASE)) as connection:
        (recorded,) = connection.execute("SELECT count(*) FROM requests").fetchone()
        (clients,) = connection.execute("SELECT count(*) FROM clients").fetchone()
    wanted = sum(each.load.requests for each in measured)
    if recorded < wanted * (1 - MOST_LOST):
        raise CannotMeasure(f"{variant.name} recorded {recorded:,} of {wanted:,} exchanges")
    if clients != case.traffic.clients:
        raise CannotMeasure(f"{variant.name} knows {clients:,} clients where there are {case.traffic.clients:,}")
