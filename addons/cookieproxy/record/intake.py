"""What waits to be written: given by the event loop in no time, taken by the writer thread, never more than there is room for.

When there is no room, observations are dropped and counted. Changes of jars and sessions, findings and sightings of clients are
never dropped: of these the latest for each cookie, session, finding and client waits, so that they take no more room than what they
tell of.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from threading import Condition, Event

from ..core.events import (
    ClientSeen,
    FindingSeen,
    HostSeen,
    JarChange,
    Observation,
    RequestSeen,
    SessionChange,
    SessionSeen,
    SetCookieSeen,
)
from .tracked import finding_place, session_place

ROOM_BYTES = 64_000_000
"""Memory that waiting observations may take, as `_weight` reckons it."""
WAKE_BYTES = 2_500_000
"""About 5,000 small observations: so much is written at once, without waiting for more."""
PATIENCE_SECONDS = 30.0
"""How long who reads a file waits for room before it counts as none."""

GOES_ON, IS_OVER = "goes on", "is over"
"""A session that ended and began anew waits as both."""

_OBJECT_BYTES = 500
_PAIR_BYTES = 250
_SESSION_BYTES = 1_000
_PROOF_BYTES = 400


@dataclass(frozen=True, slots=True)
class Taken:
    """Everything that waited, in the order in which it was given."""

    batches: list[list[Observation]]
    weight: int
    puts: int
    """How many batches had been given then."""


class Intake:
    """The queue between whoever sees and the one who writes."""

    def __init__(self, room_bytes: int = ROOM_BYTES) -> None:
        self.dropped = 0
        """Observations for which there was no room."""
        self.wake = Event()
        """Set when there is much to write, or somebody waits for it."""
        self.crowded = Event()
        """Set when more than `crowded_at` waits."""
        self.crowded_at = float("inf")
        self.room_bytes = room_bytes
        self._condition = Condition()
        self._batches: list[list[Observation]] = []
        self._latest: dict[Hashable, Observation] = {}
        self._new_weight = 0
        self._weight = 0
        self._puts = 0
        self._written_puts = 0

    def put(self, observations: list[Observation]) -> None:
        """Give a batch, which nobody changes any more; without waiting and without fail."""
        weight = sum(map(_weight, observations))
        with self._condition:
            self._puts += 1
            if self._latest or (self._weight and self._weight + weight > self.room_bytes):
                self._spill(observations)
            else:
                self._append(observations, weight)
        if self._new_weight > WAKE_BYTES and not self.wake.is_set():
            self.wake.set()
        if self._weight > self.crowded_at and not self.crowded.is_set():
            self.crowded.set()

    def put_waiting(self, observations: list[Observation], patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Give a batch, waiting until there is room."""
        weight = sum(map(_weight, observations))
        self.wait_for_room(weight, patience_seconds)
        self.put(observations)

    def wait_for_room(self, weight: int, patience_seconds: float) -> None:
        """Wait until there is room for so many bytes, or nothing at all waits."""
        with self._condition:
            if self._has_room(weight):
                return
            self.wake.set()
            self._condition.wait_for(lambda: self._has_room(weight), patience_seconds)

    def _has_room(self, weight: int) -> bool:
        return not self._latest and (not self._weight or self._weight + weight <= self.room_bytes)

    def _append(self, observations: list[Observation], weight: int) -> None:
        self._batches.append(observations)
        self._weight += weight
        self._new_weight += weight

    def _spill(self, observations: list[Observation]) -> None:
        for seen in observations:
            place = _place(seen)
            if place is None:
                self.dropped += 1
            else:
                self._keep_latest(place, seen)

    def _keep_latest(self, place: Hashable, seen: Observation) -> None:
        """Instead of what was there, and so that a cookie stays on the side of its session's end on which it came."""
        if isinstance(seen, SessionChange):
            if seen.ended is not None:
                self._latest.pop((seen.session, GOES_ON), None)
                self._latest.pop(place, None)
        else:
            self._latest.pop(place, None)
        self._latest[place] = seen

    def take(self) -> Taken:
        """All that waits. It takes up its room until it is `written`."""
        with self._condition:
            taken = Taken(self._batches, self._new_weight, self._puts)
            if self._latest:
                taken.batches.append(list(self._latest.values()))
            self._batches, self._latest, self._new_weight = [], {}, 0
        return taken

    def written(self, taken: Taken) -> None:
        """What was taken is in the store, or given up: its room is free."""
        with self._condition:
            self._weight -= taken.weight
            self._written_puts = taken.puts
            self._condition.notify_all()

    def moved(self, taken: Taken) -> None:
        """What was taken waits somewhere else: its room is free."""
        with self._condition:
            self._weight -= taken.weight
            self._condition.notify_all()

    def put_back(self, taken: Taken, rest: list[Observation]) -> None:
        """Of what was taken only this is still here, and waits again before all that came since."""
        weight = sum(map(_weight, rest))
        with self._condition:
            self._batches.insert(0, rest)
            self._new_weight += weight
            self._weight += weight - taken.weight

    def are_written(self, puts: int) -> None:
        """So many batches are in the store that had been `moved`."""
        with self._condition:
            self._written_puts = max(puts, self._written_puts)
            self._condition.notify_all()

    @property
    def weight(self) -> int:
        """Bytes of memory that what is not yet written takes, roughly."""
        return self._weight

    def wait_until_written(self, timeout_seconds: float | None = None) -> bool:
        """Wait until everything given so far is written; False if it takes too long."""
        with self._condition:
            puts = self._puts
            self.wake.set()
            return self._condition.wait_for(lambda: self._written_puts >= puts, timeout_seconds)

    @property
    def is_crowded(self) -> bool:
        """Whether more than half of the room is taken."""
        return self._weight * 2 > self.room_bytes


def _place(seen: Observation) -> Hashable | None:
    """Equal for observations of which the latest says it all; None for those that are dropped."""
    if isinstance(seen, JarChange):
        return (seen.client, seen.jar, seen.session, seen.key)
    if isinstance(seen, SessionChange):
        return (seen.session, GOES_ON if seen.ended is None else IS_OVER)
    if isinstance(seen, SessionSeen):
        return session_place(seen)
    if isinstance(seen, FindingSeen):
        return finding_place(seen)
    if isinstance(seen, HostSeen):
        return (HostSeen, seen.host)
    return seen.client if isinstance(seen, ClientSeen) else None


def _weight(seen: Observation) -> int:
    """Bytes of memory that it takes up, roughly, while it waits."""
    if type(seen) is SetCookieSeen:
        return _OBJECT_BYTES + len(seen.field)
    if type(seen) is RequestSeen:
        return _OBJECT_BYTES + _PAIR_BYTES * len(seen.pairs) + seen.header_bytes
    if type(seen) is SessionSeen:
        return _SESSION_BYTES + len(seen.state)
    if type(seen) is FindingSeen:
        return _OBJECT_BYTES + _PROOF_BYTES * len(seen.evidence)
    return _OBJECT_BYTES
