"""Files of recorded traffic through the same work that `mitmdump -nr FILE -s addons/cookies.py` does on them, without mitmproxy
around it.

What is in memory does not grow with the files: flows wait only until those that began earlier have been read, clients leave for the
store when there are too many. Nothing is thrown away for its age.
"""

import gc
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from mitmproxy.http import HTTPFlow

from ..config import parse_config
from ..core.hosts import Suffixes
from ..exchange import Browser
from ..formats.har_exchanges import exchanges_in
from ..formats.traffic_files import Kind, TrafficFile
from ..record.protocol import Command, Store
from .fast import settle_garbage, unsettle_garbage
from .flow_facts import facts_of_exchange
from .flow_files import Passed, flows_in
from .keys import KeyFile
from .light_flows import light_flow
from .notices import Notices
from .policy import Policy, compile_filter
from .reading_ahead import flows_ahead, is_worthwhile
from .recorder import Recorder
from .saved_traffic import SavedTraffic

LOOK_AFTER_FLOWS = 1_000
"""Between two looks at the store and at the memory of all jars."""
COLLECT_AFTER = 50_000
"""New objects after which the garbage collector looks at them."""

WITHOUT_COOKIES = (
    'none of its exchanges has a cookie. Chrome leaves them out unless one exports "with sensitive data", which its settings '
    "have to allow first (Network: Allow to generate HAR with sensitive data)."
)


@dataclass(slots=True)
class Counts:
    """What was read so far."""

    flows: int = 0
    exchanges: int = 0
    """HTTP flows that were not known before and could be read."""
    known: int = 0
    """HTTP flows that the store, or one of the files, had already."""
    others: int = 0
    """Of other protocols, and requests that mitmproxy itself repeated."""
    unreadable: int = 0
    first: float | None = None
    """Unix seconds of the earliest request among the exchanges."""
    last: float | None = None

    def add(self, started: float) -> None:
        """One more exchange."""
        self.exchanges += 1
        if isfinite(started):
            self.first = started if self.first is None else min(self.first, started)
            self.last = started if self.last is None else max(self.last, started)


class Replay:
    """Reads files into one store."""

    def __init__(self, spec: str, base: Path, policy: Policy, suffixes: Suffixes) -> None:
        self.counts = Counts()
        self._config = policy.config
        self._traffic = SavedTraffic(suffixes, Notices())
        self._traffic.follow(policy)
        self._recorder = Recorder(
            spec, base, suffixes, self._everyone, self._refuse_command, True, self._traffic.sessions.everything
        )
        self._traffic.recorder = self._recorder
        self._look_after_at = LOOK_AFTER_FLOWS

    def _everyone(self) -> Iterable[Browser]:
        return self._traffic.browsers

    def open(self) -> None:
        """Open the store. Raises StoreError."""
        self._recorder.open(self._config)

    def take(self, flow: HTTPFlow | Passed) -> None:
        """Take the next flow of a file; what happened in it is told when no earlier one can come any more."""
        counts = self.counts
        counts.flows += 1
        if flow is Passed.UNREADABLE:
            counts.unreadable += 1
        elif isinstance(flow, Passed) or flow.is_replay == "request":
            counts.others += 1
        elif self._traffic.add(flow):
            counts.add(flow.request.timestamp_start)
        else:
            counts.known += 1
        if counts.flows >= self._look_after_at:
            self._look_after_at += LOOK_AFTER_FLOWS
            self._recorder.storage.look_after(self._config, time.monotonic())
            self._traffic.shed()

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written at the moment; None while all is well."""
        return self._recorder.storage.trouble

    def finish(self) -> None:
        """Take what still waits for earlier flows, and wait until all is written."""
        self._traffic.drain()
        self._traffic.sessions.finish()
        self._recorder.hand_over(wait=True)
        if self._recorder.writer is not None:
            self._recorder.writer.flush()

    @property
    def store(self) -> Store | None:
        """The store, while it is open."""
        return self._recorder.store

    def close(self) -> None:
        """Give back the store; again does nothing."""
        self._recorder.close()

    def _refuse_command(self, command: Command) -> None:
        """`import` and `forget` ask whoever writes into the store."""
        if self._recorder.writer is not None:
            answer = {"error": "Saved flows are being read into this store: try again when that is done."}
            self._recorder.writer.finish(command.id, json.dumps(answer), ok=False)


def flows_of(file: TrafficFile, remark: Callable[[str], None]) -> Iterator[HTTPFlow | Passed]:
    """The flows of a file in its order; what is odd about it is remarked. Raises Unreadable where it cannot go on."""
    if file.kind is Kind.EMPTY:
        remark("it is empty.")
    elif file.kind is Kind.FLOWS:
        yield from flows_ahead(file) if is_worthwhile(file) else flows_in(file)
    else:
        yield from _flows_of_har(file, remark)


def _flows_of_har(file: TrafficFile, remark: Callable[[str], None]) -> Iterator[HTTPFlow | Passed]:
    exchanges, has_cookies = 0, False
    for exchange in exchanges_in(file):
        if exchange is not None:
            exchanges += 1
            has_cookies = has_cookies or exchange.has_cookies
        yield Passed.UNREADABLE if exchange is None else light_flow(facts_of_exchange(exchange))
    if exchanges and not has_cookies:
        remark(WITHOUT_COOKIES)


@contextmanager
def settled() -> Iterator[None]:
    """With the garbage collector looking seldom, and only at what is new: what a flow leaves needs none."""
    thresholds = gc.get_threshold()
    settle_garbage()
    gc.set_threshold(COLLECT_AFTER, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        unsettle_garbage()


def policy_of(octets: bytes, name: str, directory: Path, suffixes: Suffixes) -> Policy:
    """The rules in a file, with the keys that lie in its directory. Raises ConfigError, KeysError."""
    config = parse_config(octets, name, compile_filter)
    return Policy(config, suffixes, KeyFile(directory).load(config.rules.seals))
