"""Changes of jars and sessions put together so that few statements write them, with the same result as one by one.

Changes of different cookies do not touch each other, nor do different sessions. So the first change of every cookie goes into one
round, the second into the next, and a session's change comes after all that its jar went through before and ahead of all that
comes later. A round holds each cookie and each session once: first the cookies, then the sessions.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from ...core.events import JarChange, SessionChange
from ..jars import tells_nothing_new


@dataclass(slots=True)
class Round:
    """What is written together."""

    jars: list[tuple[float, JarChange]] = field(default_factory=list)
    """Each with the time from which it holds (Unix seconds)."""
    sessions: list[SessionChange] = field(default_factory=list)


def rounds(jar_changes: Sequence[JarChange], session_changes: Iterable[tuple[int, SessionChange]]) -> list[Round]:
    """The rounds of a batch; each change of a session comes after that number of changes of jars."""
    plan = _Plan()
    done = 0
    for before, change in session_changes:
        for jar_change in jar_changes[done:before]:
            plan.add_jar(jar_change)
        done = before
        plan.add_session(change)
    for jar_change in jar_changes[done:]:
        plan.add_jar(jar_change)
    return plan.rounds


class _Plan:
    def __init__(self) -> None:
        self.rounds: list[Round] = []
        self._latest: dict[Hashable, tuple[int, int]] = {}
        """Of each cookie, by its session's count of changes: round and place of its latest change."""
        self._first: dict[str | None, int] = {None: 0}
        """Of each session the first round that its jar may go on in."""
        self._used: dict[str | None, int] = {}
        """Of each session the last round that its jar was in."""
        self._times: dict[str | None, int] = {}
        """Of each session how often it changed."""

    def add_jar(self, change: JarChange) -> None:
        session = change.session
        cookie = (change.client, change.jar, session, self._times.get(session, 0), change.key)
        latest = self._latest.get(cookie)
        if latest is not None:
            number, place = latest
            time, before = self.rounds[number].jars[place]
            if tells_nothing_new(before.cookie, change.cookie):
                self.rounds[number].jars[place] = (time, change)
                return
        number = max(self._first.get(session, 0), -1 if latest is None else latest[0] + 1)
        into = self._round(number)
        self._latest[cookie] = (number, len(into.jars))
        self._used[session] = max(number, self._used.get(session, 0))
        into.jars.append((change.time, change))

    def add_session(self, change: SessionChange) -> None:
        session = change.session
        number = max(self._first.get(session, 0), self._used.get(session, 0))
        self._round(number).sessions.append(change)
        self._first[session] = number + 1
        self._times[session] = self._times.get(session, 0) + 1

    def _round(self, number: int) -> Round:
        while len(self.rounds) <= number:
            self.rounds.append(Round())
        return self.rounds[number]
