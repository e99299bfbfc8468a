"""Sessions that only the store has, of an earlier run or pushed out of memory: which of them have timed out (R30, R33).

Nobody asks for most of them ever again, and what they hold are credentials. Bounded: those beyond wait for the next start.
Time is a parameter, in Unix seconds.
"""

from collections.abc import Callable, Iterable, Iterator
from heapq import heapify, heappop, heappush

from ..core.events import SessionChange

MOST_ASLEEP = 100_000
"""Sessions that are watched; some 0.5 KB each."""

type RunsOut = Callable[[SessionChange], float]
"""Until when somebody may come back to a session; the past if nobody may any more."""


class Asleep:
    """The sessions that are in the store alone, as they were when they were last heard of."""

    def __init__(self, sessions: Iterable[SessionChange], runs_out: RunsOut) -> None:
        self._by_digest = {change.session: change for change in sessions}
        self._times = [(runs_out(change), digest) for digest, change in self._by_digest.items()]
        heapify(self._times)

    def __len__(self) -> int:
        return len(self._by_digest)

    def add(self, change: SessionChange, runs_out: RunsOut) -> None:
        """This one left memory, in this state."""
        if len(self._times) >= MOST_ASLEEP:
            return
        self._by_digest[change.session] = change
        heappush(self._times, (runs_out(change), change.session))

    def drain_over(self, now: float, runs_out: RunsOut, is_awake: Callable[[str], bool]) -> Iterator[SessionChange]:
        """Those that have timed out, once; who is awake again looks after the others."""
        while self._times and self._times[0][0] < now:
            digest = heappop(self._times)[1]
            change = self._by_digest.pop(digest, None)
            if change is None or is_awake(digest):
                continue
            if runs_out(change) < now:
                yield change
            else:
                self._by_digest[digest] = change
                heappush(self._times, (runs_out(change), digest))
