"""The sessions whose ids were issued: found by their id, honoured or not, renewed, ended (R17, R33-R36).

Only an id that was issued here opens a session, only for whom it was issued to, and only for as long as the entry says. Memory is
bounded: the longest unused leave it, and come back from the store when their id does. Time is a parameter, in Unix seconds.
"""

import hmac
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from ..core.cookie import Cookie, CookieKey
from ..core.events import JarChange, JarKind, Observation, SessionChange
from ..core.hosts import Suffixes, site_of
from ..core.jar import Jar
from ..core.outcome import CookielessReason
from .entry import Entry
from .ids import digest_of, new_id

MOST_TICKETS = 20_000
"""Sessions in memory."""
MOST_SEEN = 64
"""Ids that are remembered of one client."""
GRACE_SECONDS = 10.0
"""For so long after a renewal the old id is still good: requests with it may be on their way."""
WRITTEN_SECONDS = 30.0
"""How often a session's last use is written."""


class Stored(Protocol):
    """A session as the store has it."""

    @property
    def client(self) -> str: ...
    @property
    def site(self) -> str: ...
    @property
    def entry(self) -> str: ...
    @property
    def bound(self) -> str: ...
    @property
    def started(self) -> float: ...
    @property
    def last_used(self) -> float: ...
    @property
    def ended(self) -> float | None: ...
    @property
    def cookies(self) -> list[Cookie]: ...


type Load = Callable[[str], Stored | None]
"""What the store has under a digest."""
type NewJar = Callable[[str], Jar]
"""An empty held jar for a client of that name."""


@dataclass(slots=True, eq=False)
class Ticket:
    """One session: its id, whose it is, and what is held for it."""

    id: str
    """Lower case. A credential."""
    client: str
    site: str
    origin: str
    """Where it began, as `https://shop.example/path`: by this its entry is found again."""
    bound: str
    jar: Jar
    started: float
    last_used: float
    idle_seconds: float
    absolute_seconds: float
    written: float = 0.0
    is_kept: bool = False
    """True once somebody can know its id: until then it is only a try."""
    ended: float | None = None
    former: dict[str, float] = field(default_factory=dict)
    """Digests of ids that were renewed, and until when they are good."""
    probe: str = ""
    """What the probe cookie of this session says, if one was set."""
    handed_over: float | None = None
    """When its cookies were given to a browser that has cookies after all."""

    @property
    def digest(self) -> str:
        """The id as it is recorded."""
        return digest_of(self.id)

    def is_over(self, now: float) -> bool:
        """True if it ended or timed out."""
        return (
            self.ended is not None
            or now - self.last_used > self.idle_seconds
            or now - self.started > self.absolute_seconds
        )


class Tickets:
    """All of them."""

    def __init__(self, suffixes: Suffixes, new_jar: NewJar, load: Load = lambda digest: None) -> None:
        self._suffixes = suffixes
        self._new_jar = new_jar
        self.load = load
        self._by_digest: OrderedDict[str, Ticket] = OrderedDict()
        self._former: dict[str, Ticket] = {}
        self._by_client: dict[str, OrderedDict[str, None]] = {}
        self._dirty: dict[Ticket, None] = {}
        self._told: list[Observation] = []

    def __iter__(self) -> Iterator[Ticket]:
        return iter(self._by_digest.values())

    def __len__(self) -> int:
        return len(self._by_digest)

    # -- finding -------------------------------------------------------------------------------------------------------

    def find(self, session_id: bytes, entry: Entry, now: float) -> Ticket | None:
        """The session of an id that came, whoever sent it; None if it was never issued, or nobody knows any more."""
        text = session_id.decode("ascii", "replace").lower()
        digest = digest_of(text)
        ticket = self._by_digest.get(digest) or self._former_one(digest, now) or self._loaded(digest, text, entry)
        if ticket is None or not (hmac.compare_digest(ticket.digest, digest) or digest in ticket.former):
            return None
        return ticket

    def judge(self, ticket: Ticket | None, bound: str, now: float) -> CookielessReason | None:
        """Why an id that came is not honoured; None if it is."""
        if ticket is None:
            return CookielessReason.UNKNOWN
        if not hmac.compare_digest(ticket.bound.encode(), bound.encode()):
            return CookielessReason.FOREIGN
        return CookielessReason.EXPIRED if ticket.is_over(now) else None

    def _former_one(self, digest: str, now: float) -> Ticket | None:
        ticket = self._former.get(digest)
        if ticket is None or now <= ticket.former.get(digest, 0.0):
            return ticket
        del self._former[digest]
        ticket.former.pop(digest, None)
        return None

    def _loaded(self, digest: str, text: str, entry: Entry) -> Ticket | None:
        stored = self.load(digest)
        if stored is None:
            return None
        jar = self._new_jar(stored.client)
        for cookie in stored.cookies:
            jar.place(cookie)
        jar.drain_changes()
        ticket = Ticket(
            text,
            stored.client,
            stored.site,
            stored.entry,
            stored.bound,
            jar,
            stored.started,
            stored.last_used,
            entry.idle_seconds,
            entry.absolute_seconds,
            written=stored.last_used,
            is_kept=True,
            ended=stored.ended,
        )
        self._remember(ticket)
        return ticket

    # -- beginning and ending ------------------------------------------------------------------------------------------

    def issue(
        self, client: str, origin: str, host: str, bound: str, entry: Entry, now: float, again: str = ""
    ) -> Ticket:
        """A session that begins; nobody can come back to it before it is kept. `again`: an id of its own to be used again."""
        return Ticket(
            again or new_id(),
            client,
            site_of(host, self._suffixes),
            origin,
            bound,
            self._new_jar(client),
            now,
            now,
            entry.idle_seconds,
            entry.absolute_seconds,
        )

    def keep(self, ticket: Ticket) -> bool:
        """Somebody is told the id; whether that is new."""
        if ticket.is_kept:
            return False
        ticket.is_kept = True
        self._remember(ticket)
        self._dirty[ticket] = None
        return True

    def use(self, ticket: Ticket, now: float) -> None:
        """A request of this session."""
        ticket.last_used = max(now, ticket.last_used)
        if ticket.digest in self._by_digest:
            self._by_digest.move_to_end(ticket.digest)

    def touch(self, ticket: Ticket) -> None:
        """What it holds may have changed."""
        if ticket.is_kept:
            self._dirty[ticket] = None

    def renew(self, ticket: Ticket, now: float) -> None:
        """Another id for the same session; the old one is good for a moment. To the store it is another session."""
        if not ticket.is_kept:
            return
        old = ticket.digest
        self._told.append(self._change(ticket, now, ended=now))
        self._by_digest.pop(old, None)
        ticket.former = {digest: until for digest, until in ticket.former.items() if until > now}
        ticket.former[old] = now + GRACE_SECONDS
        ticket.id = new_id()
        self._remember(ticket)
        for digest in ticket.former:
            self._former[digest] = ticket
        self._told += self._all_of(ticket, now)
        ticket.jar.drain_changes()

    def end(self, ticket: Ticket, now: float) -> None:
        """It is over: what it holds is let go."""
        if ticket.ended is not None:
            return
        ticket.ended = now
        if ticket.is_kept:
            self._told.append(self._change(ticket, now))
            self._dirty.pop(ticket, None)
        for digest in ticket.former:
            self._former.pop(digest, None)
        ticket.jar = self._new_jar(ticket.client)

    def sweep(self, now: float) -> None:
        """End those that timed out, and forget them when nobody can mean them any more."""
        for digest, ticket in list(self._by_digest.items()):
            if ticket.ended is None and ticket.is_over(now):
                self.end(
                    ticket, min(now, ticket.last_used + ticket.idle_seconds, ticket.started + ticket.absolute_seconds)
                )
            if ticket.ended is not None and now - ticket.ended > ticket.absolute_seconds:
                del self._by_digest[digest]
        for digest in [digest for digest, ticket in self._former.items() if ticket.former.get(digest, 0.0) < now]:
            del self._former[digest]

    # -- whose ids -----------------------------------------------------------------------------------------------------

    def note_seen(self, client: str, session_id: str) -> None:
        """This client has this id, so it may send it anywhere."""
        seen = self._by_client.setdefault(client, OrderedDict())
        seen[session_id] = None
        seen.move_to_end(session_id)
        if len(seen) > MOST_SEEN:
            seen.popitem(last=False)
        if len(self._by_client) > MOST_TICKETS:
            del self._by_client[next(iter(self._by_client))]

    def seen_by(self, client: str) -> Iterable[str]:
        """The ids that a client has, as far as one remembers."""
        return self._by_client.get(client, ())

    # -- for the store -------------------------------------------------------------------------------------------------

    def drain_changes(self, now: float) -> list[Observation]:
        """What changed since the last call."""
        told, self._told = self._told, []
        dirty, self._dirty = self._dirty, {}
        for ticket in dirty:
            if ticket.ended is not None:
                continue
            if not ticket.written or ticket.last_used - ticket.written >= WRITTEN_SECONDS:
                ticket.written = ticket.last_used
                told.append(self._change(ticket, now))
            told += (
                self._held(ticket, key.domain, now, cookie, key) for key, cookie in ticket.jar.drain_changes().items()
            )
        return told

    def everything(self, now: float) -> Iterator[Observation]:
        """All that is going on, for a store that has nothing of it."""
        for ticket in self._by_digest.values():
            if ticket.ended is None:
                yield from self._all_of(ticket, now)

    def _all_of(self, ticket: Ticket, now: float) -> Iterator[Observation]:
        yield self._change(ticket, now)
        for cookie in ticket.jar:
            yield self._held(ticket, cookie.domain, now, cookie, cookie.key)

    def _change(self, ticket: Ticket, now: float, ended: float | None = None) -> SessionChange:
        over = ticket.ended if ended is None else ended
        return SessionChange(
            now,
            ticket.client,
            ticket.site,
            ticket.digest,
            ticket.origin,
            ticket.bound,
            ticket.started,
            ticket.last_used,
            over,
        )

    def _held(self, ticket: Ticket, domain: str, now: float, cookie: Cookie | None, key: CookieKey) -> JarChange:
        time = now if cookie is None else min(now, cookie.set_time)
        return JarChange(time, ticket.client, JarKind.HELD, ticket.digest, site_of(domain, self._suffixes), key, cookie)

    def _remember(self, ticket: Ticket) -> None:
        self._by_digest[ticket.digest] = ticket
        if len(self._by_digest) > MOST_TICKETS:
            _, gone = self._by_digest.popitem(last=False)
            self._told += self._all_of(gone, gone.last_used) if gone.ended is None and gone in self._dirty else ()
            self._dirty.pop(gone, None)
