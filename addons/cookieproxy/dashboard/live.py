"""What happens, to who watches while it happens: gathered as it comes, sent in batches, so that a thousand a second disturb nobody.

Costs nothing while nobody watches. Runs on the event loop and never waits there; a watcher that reads too slowly misses batches,
and is told how much. Knows no HTTP.
"""

import asyncio
import json
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass

from ..core.events import Event, FindingSeen, HostSeen, Observation, RequestSeen, SessionSeen, SetCookieSeen
from .rows import Row, rows_of

BATCH_SECONDS = 0.25
MOST_ROWS = 400
"""Of one batch, the last; the others are only counted."""
MANY = 40
"""Observations of one batch from which on those that say the same are told once, with how many there were."""
MOST_GATHERED = 2_000
"""Observations between two batches, the last; the others are only counted."""
MOST_BATCHES = 8
"""That wait for a watcher who reads slowly."""
MOST_WATCHERS = 32
CHANGED_BATCHES = 4
"""So many batches apart it is told what else has changed."""

JARS, SESSIONS, FINDINGS, RULES = "jars", "sessions", "findings", "rules"
_CHANGES: dict[type, str] = {
    SetCookieSeen: JARS,
    Event: JARS,
    SessionSeen: SESSIONS,
    HostSeen: SESSIONS,
    FindingSeen: FINDINGS,
}


@dataclass(frozen=True, slots=True)
class Message:
    """One server-sent event."""

    name: str
    data: str
    """JSON, in one line."""


class Watcher:
    """One who watches, from `Hub.join` to `Hub.leave`."""

    def __init__(self) -> None:
        self.missed = 0
        """Rows that it was too slow for."""
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue(MOST_BATCHES)

    async def next(self, seconds: float) -> Message | None:
        """What happens next; None when it is over. Raises TimeoutError if nothing happens for so long."""
        async with asyncio.timeout(seconds):
            return await self._messages.get()

    def put(self, message: Message, rows: int) -> None:
        """Hand it on, or count its rows if there is no room."""
        try:
            if self.missed:
                self._messages.put_nowait(Message("events", json.dumps({"rows": [], "skipped": self.missed})))
                self.missed = 0
            self._messages.put_nowait(message)
        except asyncio.QueueFull:
            self.missed += rows

    def end(self) -> None:
        """It is over: what waits is not needed any more."""
        while not self._messages.empty():
            self._messages.get_nowait()
        self._messages.put_nowait(None)


def _is_of_rule(seen: Observation) -> bool:
    return bool(seen.changes) if isinstance(seen, SetCookieSeen) else isinstance(seen, Event) and seen.rule is not None


def _merged(observations: Iterable[Observation]) -> Iterator[tuple[Observation, int]]:
    """The last of those that say the same, each with how many there were."""
    last: dict[Hashable, tuple[Observation, int]] = {}
    for each in observations:
        alike = _likeness(each)
        times = 1 if (before := last.pop(alike, None)) is None else before[1] + 1
        last[alike] = each, times
    yield from last.values()


def _likeness(seen: Observation) -> Hashable:
    """Equal for observations of which the same is to be said."""
    if isinstance(seen, RequestSeen):
        return seen.client, seen.host, tuple([(pair.name, pair.event, pair.reason) for pair in seen.pairs])
    if isinstance(seen, SetCookieSeen):
        return seen.client, seen.host, seen.name, seen.event, seen.reason, seen.changes
    if isinstance(seen, Event):
        return seen.client, seen.host, seen.cookie, seen.event, seen.reason, seen.rule, seen.after
    return id(seen)


class Hub:
    """Hands on what happens to all who watch."""

    def __init__(self) -> None:
        self.is_watched = False
        """Ask before `take`: it saves the call."""
        self._watchers: set[Watcher] = set()
        self._gathered: list[Observation] = []
        self._more = 0
        self._changed: set[str] = set()
        self._sending: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        """True if nobody more can watch."""
        return len(self._watchers) >= MOST_WATCHERS

    def take(self, observations: Iterable[Observation]) -> None:
        """What one exchange, or one look after sessions, brought."""
        self._gathered += observations
        surplus = len(self._gathered) - MOST_GATHERED
        if surplus > 0:
            del self._gathered[:surplus]
            self._more += surplus

    def tell_changed(self, what: str) -> None:
        """Something else has changed: the rules."""
        if self.is_watched:
            self._changed.add(what)

    def join(self) -> Watcher:
        """Watch from now on."""
        watcher = Watcher()
        self._watchers.add(watcher)
        self.is_watched = True
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send())
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Watch no more; again does nothing."""
        self._watchers.discard(watcher)
        if not self._watchers:
            self._rest()

    def close(self) -> None:
        """It is over for all who watch."""
        for watcher in self._watchers:
            watcher.end()
        self._watchers.clear()
        self._rest()

    def _rest(self) -> None:
        self.is_watched = False
        self._gathered, self._more, self._changed = [], 0, set()
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    async def _send(self) -> None:
        batch = 0
        while True:
            await asyncio.sleep(BATCH_SECONDS)
            batch += 1
            self._send_rows()
            if batch % CHANGED_BATCHES == 0 and self._changed:
                changed, self._changed = self._changed, set()
                self._put(Message("changed", json.dumps({"what": sorted(changed)})), 0)

    def _send_rows(self) -> None:
        gathered, self._gathered = self._gathered, []
        skipped, self._more = self._more, 0
        self._changed |= {_CHANGES[kind] for kind in {type(each) for each in gathered} if kind in _CHANGES}
        if any(map(_is_of_rule, gathered)):
            self._changed.add(RULES)
        rows: list[Row] = []
        for each, times in _merged(gathered) if len(gathered) > MANY else ((each, 1) for each in gathered):
            rows += [row | {"times": times} if times > 1 else row for row in rows_of(each)]
        surplus = max(0, len(rows) - MOST_ROWS)
        skipped += sum(int(str(row.get("times", 1))) for row in rows[:surplus])
        rows = rows[surplus:]
        if rows or skipped:
            self._put(Message("events", json.dumps({"rows": rows, "skipped": skipped})), len(rows))

    def _put(self, message: Message, rows: int) -> None:
        for watcher in self._watchers:
            watcher.put(message, rows)
