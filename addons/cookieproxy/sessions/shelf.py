"""The sessions a tracker knows: those that go on, those that are over and may yet be asked for, and whose each id is.

Knows how to find them and how many there may be; what happens to them is `tracker`'s business.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

from ..core.recent import remember
from .session import BYTES_PER_SESSION, Key, Session

MOST_OPEN = 20_000
MOST_DEAD = 20_000
MOST_OWNERS = 50_000
MOST_ALSO = 4
"""Of the values that a cookie with content had, the latest, which may still be on their way."""
MOST_BYTES = (MOST_OPEN + MOST_DEAD) * BYTES_PER_SESSION
"""What all sessions together take at most, in octets."""


class Owner(NamedTuple):
    """Who had an id first, and where."""

    client: str
    site: str
    host: str
    name: bytes
    flow_id: str | None
    was_set: bool
    """True if a server was seen setting it."""


class Shelf:
    """All sessions of one tracker."""

    def __init__(self, most_open: int = MOST_OPEN, most_dead: int = MOST_DEAD) -> None:
        self.let_go = 0
        """Open sessions that were forgotten for want of room; in the log they stay open."""
        self._most_open = most_open
        self._most_dead = most_dead
        self._open: OrderedDict[Key, Session] = OrderedDict()
        self._dead: OrderedDict[Key, Session] = OrderedDict()
        self._by_name: dict[tuple[str, bytes], dict[Key, Session]] = {}
        self._aliases: OrderedDict[Key, Key] = OrderedDict()
        """Other ids of sessions whose cookie carries its content, and the id under which each is known."""
        self._owners: OrderedDict[tuple[str, str], Owner] = OrderedDict()

    def __iter__(self) -> Iterator[Session]:
        yield from self._dead.values()
        yield from self._open.values()

    def __len__(self) -> int:
        return len(self._open) + len(self._dead)

    @property
    def open(self) -> Iterator[Session]:
        """Those that go on."""
        return iter(self._open.values())

    def get(self, key: Key) -> Session | None:
        """The session of this id that goes on."""
        found = self._open.get(key)
        return self._open.get(self._aliases[key]) if found is None and key in self._aliases else found

    def dead(self, key: Key) -> Session | None:
        """The latest session of this id that is over."""
        found = self._dead.get(key)
        return self._dead.get(self._aliases[key]) if found is None and key in self._aliases else found

    def of_name(self, client: str, name: bytes) -> list[Session]:
        """A client's sessions that go on and have this name, or had it before a rule renamed it."""
        return list(self._by_name.get((client, name), {}).values())

    def add(self, session: Session) -> list[Session]:
        """One more; those that have to leave for it."""
        key = session.key
        if not session.is_open:
            remember(self._dead, key, session, self._most_dead)
            return []
        self._open[key] = session
        for id_ in session.also:
            remember(self._aliases, key._replace(id=id_), key, MOST_OWNERS)
        self._index(session)
        left = []
        while len(self._open) > self._most_open:
            oldest = next(iter(self._open.values()))
            self._take(oldest)
            self.let_go += 1
            left.append(oldest)
        return left

    def add_id(self, session: Session, id_: str) -> None:
        """Its cookie has another value, and it is the same session."""
        session.also = (*session.also[1 - MOST_ALSO :], id_)
        remember(self._aliases, session.key._replace(id=id_), session.key, MOST_OWNERS)

    def rename(self, session: Session, alias: bytes) -> None:
        """The browser knows it by another name."""
        session.alias = alias
        self._index(session)

    def bury(self, session: Session) -> None:
        """It is over."""
        if self._open.get(session.key) is session:
            self._take(session)
        remember(self._dead, session.key, session, self._most_dead)

    def revive(self, session: Session) -> None:
        """It is not over after all."""
        self._dead.pop(session.key, None)
        self.add(session)

    def forget(self, client: str) -> list[Session]:
        """A client's sessions are not here any more, whether they go on or not: which those were."""
        gone = [session for session in self if session.key.client == client]
        for session in gone:
            if self._open.get(session.key) is session:
                self._take(session)
            elif self._dead.get(session.key) is session:
                del self._dead[session.key]
        return gone

    def touch(self, session: Session) -> None:
        """It was used: it is the last to be let go."""
        self._open.move_to_end(session.key)

    def owner(self, site: str, id_: str) -> Owner | None:
        """Who had an id of a site first."""
        return self._owners.get((site, id_))

    def own(self, id_: str, owner: Owner) -> None:
        """Somebody has an id."""
        remember(self._owners, (owner.site, id_), owner, MOST_OWNERS)

    def _index(self, session: Session) -> None:
        for name in (session.key.name, session.alias):
            if name is not None:
                self._by_name.setdefault((session.key.client, name), {})[session.key] = session

    def _take(self, session: Session) -> None:
        del self._open[session.key]
        for name in (session.key.name, session.alias):
            if name is None:
                continue
            place = (session.key.client, name)
            named = self._by_name.get(place, {})
            named.pop(session.key, None)
            if not named:
                self._by_name.pop(place, None)
