"""Sessions in the URL between memory and store: found again after a restart, told when they change, ended when they time out.

Knows tickets and the recorder; what a request or a page has to do with them is `cookieless`' business.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from functools import partial

from ..cookieless.asleep import Asleep
from ..cookieless.door import Door
from ..cookieless.entry import Place
from ..cookieless.tickets import NewJar, Tickets
from ..core.events import JarChange, JarKind, Observation, SessionChange
from ..core.hosts import Suffixes, site_of
from ..core.jar import Jar
from ..core.outcome import RemovalCause
from ..exchange.forgetting import belongs_to, held_for_sessions, let_go
from ..record.jars import StoredCookie
from ..record.sessions import StoredSession
from .recorder import Recorder

SWEEP_SECONDS = 5.0
"""Between two looks for sessions that timed out."""

LOOK_SECONDS = 3_600.0
"""Between two looks at all sessions of a shared store that go on."""


class SessionKeeper:
    """The sessions of one running proxy."""

    def __init__(self, suffixes: Suffixes, new_jar: NewJar) -> None:
        self.recorder: Recorder | None = None
        self.tickets = Tickets(suffixes, new_jar, self._load)
        self._suffixes = suffixes
        self._new_jar = new_jar
        self._next_sweep = 0.0
        self._next_look = time.time() + LOOK_SECONDS
        self._asleep: Asleep | None = None

    def tick(self, door: Door) -> None:
        """Between exchanges: end what timed out, and tell the store what changed."""
        now = time.time()
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_SECONDS
            self.tickets.sweep(now)
            self._end_asleep(door, now)
        if now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            self._look_for_others(door)
        self.gather()

    def _look_for_others(self, door: Door) -> None:
        """On a shared store: of those that processes have begun which are not there any more, somebody has to see the end."""
        recorder = self.recorder
        if recorder is not None and recorder.elsewhere is not None and (store := recorder.store) is not None:
            found = recorder.elsewhere.ask(store.load_open_sessions)
            found.add_done_callback(lambda found: self._watch(found, door))

    def _watch(self, found: "asyncio.Future[list[SessionChange]]", door: Door) -> None:
        if not found.cancelled() and found.exception() is None:
            self._asleep = Asleep(found.result(), partial(_runs_out, door))

    def gather(self) -> None:
        """Tell the store what changed."""
        if self.recorder is not None and (changes := self.tickets.drain_changes(time.time())):
            self.recorder.add_session(changes)

    def let_go(self, client: str) -> None:
        """A client leaves for another process: what changed of its sessions is told first."""
        self.tickets.tell_uses(client)
        self.gather()
        self.tickets.drop(client)

    def disown(self, client: str) -> None:
        """A client is another process' by now."""
        self.tickets.drop(client)

    def everything(self) -> Iterator[Observation]:
        """All sessions, for a store that has none of them."""
        return self.tickets.everything(time.time())

    def end_stale(self, door: Door) -> None:
        """Sessions of an earlier run that nobody can come back to any more: the store lets go of what they hold."""
        if self.recorder is None:
            return
        now = time.time()
        stored = self.recorder.open_sessions()
        self.tickets.before = frozenset(change.session for change in stored)
        self._asleep = Asleep(stored, partial(_runs_out, door))
        self._end_asleep(door, now)

    def _end_asleep(self, door: Door, now: float) -> None:
        """The store lets go of what is held for sessions that are not in memory and have timed out."""
        if self.recorder is None or self._asleep is None:
            return
        runs_out = partial(_runs_out, door)
        for change in self.tickets.drain_left():
            self._asleep.add(change, runs_out)
        over = self._asleep.drain_over(now, runs_out, self.tickets.has)
        if self.recorder.elsewhere is not None and self.recorder.custody is not None:
            self.recorder.elsewhere.end_sessions(over, self.tickets.has, lambda stored: self._goes_on(stored, door))
            return
        self.recorder.add_session(change._replace(time=now, ended=now) for change in over)

    def _goes_on(self, stored: StoredSession, door: Door) -> None:
        """Another process has used it since: it is watched on."""
        if self._asleep is not None:
            said = (stored.client, stored.site, stored.session, stored.entry, stored.bound)
            change = SessionChange(stored.last_used, *said, stored.started, stored.last_used, None)
            self._asleep.add(change, partial(_runs_out, door))

    def jar_of(self, digest: str) -> Jar | None:
        """What is held for a session of which only the digest is known: its request went up before a reload."""
        for ticket in self.tickets:
            if ticket.digest == digest:
                return ticket.jar
        stored = self._load(digest)
        if stored is None:
            return None
        jar = self._new_jar(stored.client)
        for cookie in stored.cookies:
            jar.place(cookie)
        jar.drain_changes()
        return jar

    def keep_late(self, client: str, digest: str, jar: Jar) -> None:
        """A response came to such a request: what it changed."""
        if self.recorder is not None:
            now = time.time()
            self.recorder.add_session(
                JarChange(now, client, JarKind.HELD, digest, site_of(key.domain, self._suffixes), key, cookie)
                for key, cookie in jar.drain_changes().items()
            )

    def forget(self, client: str, site: str, now: float, stored: Sequence[StoredCookie] | None = None) -> int:
        """Let go of what is held of a host and below for a client's sessions; how many cookies. Raises StoreError.

        `stored` is what the store has of the client, if that is known.
        """
        recorder = self.recorder
        in_memory = {ticket.digest: ticket for ticket in self.tickets if ticket.client == client}
        gone = [
            (digest, ticket.jar.remove(cookie, RemovalCause.FORGOTTEN).cookie)
            for digest, ticket in in_memory.items()
            for cookie in list(ticket.jar)
            if belongs_to(cookie, site)
        ]
        for ticket in in_memory.values():
            ticket.jar.drain_changes()
        if stored is None and recorder is not None and recorder.store is not None:
            stored = recorder.store.load_jars(client)
        held = held_for_sessions(stored or (), site, now)
        gone += [(session, cookie) for session, cookie in held if session not in in_memory]
        if recorder is not None:
            recorder.add_session(
                told for digest, cookie in gone for told in let_go(client, digest, cookie, now, self._suffixes)
            )
        return len(gone)

    def _load(self, digest: str) -> StoredSession | None:
        return None if self.recorder is None else self.recorder.find_session(digest)


def _runs_out(door: Door, change: SessionChange) -> float:
    """Until when somebody may come back to it; the past if nobody may any more."""
    scheme, _, rest = change.entry.partition("://")
    host, slash, path = rest.partition("/")
    entry = door.entry_for(Place(scheme, host, (slash + path).encode("latin-1", "replace")), change.client)
    if entry is None:
        return 0.0
    return min(change.last_used + entry.idle_seconds, change.started + entry.absolute_seconds)
