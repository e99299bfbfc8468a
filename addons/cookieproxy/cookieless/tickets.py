"""The sessions whose ids were issued: found by their id, honoured or not, renewed, ended (R17, R33-R36).

Only an id that was issued here opens a session, only for whom it was issued to, and only for as long as the entry says. Memory is
bounded: the longest unused leave it, and come back from the store when their id does. Time is a parameter, in Unix seconds.
"""

import hmac
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from weakref import WeakValueDictionary

from ..core.events import Observation, SessionChange
from ..core.hosts import Suffixes, site_of
from ..core.outcome import CookielessReason
from .entry import Entry
from .ids import digest_of, is_id, new_id
from .seen_ids import SeenIds
from .ticket import Load, NewJar, Stored, Ticket
from .told import Told, change_of

__all__ = ["GRACE_SECONDS", "MOST_TICKETS", "EntryOf", "Load", "NewJar", "Sought", "Stored", "Ticket", "Tickets"]

MOST_TICKETS = 20_000
"""Sessions in memory."""
GRACE_SECONDS = 10.0
"""For so long after a renewal the old id is still good: requests with it may be on their way."""

type EntryOf = Callable[[str, str], Entry | None]
"""The entry that holds where a session began (`Ticket.origin`), for a client's name."""


class Tickets:
    """All of them."""

    def __init__(self, suffixes: Suffixes, new_jar: NewJar, load: Load = lambda digest: None) -> None:
        self.load = load
        self.before: frozenset[str] = frozenset()
        """Digests of the sessions that were in the store when the proxy began."""
        self._suffixes = suffixes
        self._new_jar = new_jar
        self._by_digest: OrderedDict[str, Ticket] = OrderedDict()
        self._alive: WeakValueDictionary[str, Ticket] = WeakValueDictionary()
        """Also those that left the memory while a request of theirs goes on: one session must not become two."""
        self._seen = SeenIds()
        self._told = Told(suffixes)
        self._left: deque[SessionChange] = deque(maxlen=MOST_TICKETS)

    def __iter__(self) -> Iterator[Ticket]:
        return iter(self._by_digest.values())

    def __len__(self) -> int:
        return len(self._by_digest)

    # -- finding -------------------------------------------------------------------------------------------------------

    def find(self, session_id: bytes, entry_of: EntryOf, now: float) -> Ticket | None:
        """The session of an id that came, whoever sent it; None if it was never issued, or nobody knows any more."""
        text = session_id.decode("ascii", "replace").lower()
        digest = digest_of(text)
        ticket = self._by_digest.get(digest) or self._back(digest, text, entry_of)
        if ticket is None or not hmac.compare_digest(ticket.id.encode(), text.encode()):
            return None
        return ticket

    def judge(self, ticket: Ticket | None, bound: str, now: float) -> CookielessReason | None:
        """Why an id that came is not honoured; None if it is."""
        if ticket is None:
            return CookielessReason.UNKNOWN
        if not hmac.compare_digest(ticket.bound.encode(), bound.encode()):
            return CookielessReason.FOREIGN
        return CookielessReason.EXPIRED if ticket.is_over(now) else None

    def is_at_hand(self, session_id: str) -> bool:
        """True if finding the session of this id does not need the store."""
        digest = digest_of(session_id)
        alive = self._alive.get(digest)
        return digest in self._by_digest or (alive is not None and alive.is_kept)

    def has(self, digest: str) -> bool:
        """True if the session of this digest is in memory."""
        return digest in self._by_digest

    @property
    def has_issued(self) -> bool:
        """False as long as there is no id that could get anywhere."""
        return bool(self._by_digest or self.before)

    def is_issued(self, session_id: str) -> bool:
        """True if this is, or was a moment ago, the id of a session, in memory or in the store when the proxy began."""
        digest = digest_of(session_id)
        return digest in self._by_digest or digest in self.before

    def _back(self, digest: str, text: str, entry_of: EntryOf) -> Ticket | None:
        """One that left the memory: still somewhere, or from the store."""
        ticket = self._alive.get(digest)
        if ticket is None or not ticket.is_kept:
            stored = self.load(digest)
            entry = None if stored is None else entry_of(stored.entry, stored.client)
            ticket = None if stored is None or entry is None else self._made_of(stored, text, entry)
        if ticket is not None:
            self._remember(ticket)
        return ticket

    def _made_of(self, stored: Stored, text: str, entry: Entry) -> Ticket:
        jar = self._new_jar(stored.client)
        for cookie in stored.cookies:
            jar.place(cookie)
        jar.drain_changes()
        return Ticket(
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

    # -- beginning and ending ------------------------------------------------------------------------------------------

    def issue(self, client: str, origin: str, host: str, bound: str, entry: Entry, now: float) -> Ticket:
        """A session that begins; nobody can come back to it before it is kept."""
        return Ticket(
            new_id(),
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

    def issue_again(self, over: Ticket, client: str, origin: str, entry: Entry, now: float) -> Ticket:
        """One under the id of a session that is over, for whom that belonged to; the same for all requests that come at once."""
        self.end(over, now)
        begun = self._alive.get(over.digest)
        if begun is not None and begun is not over and not begun.is_over(now):
            return begun
        ticket = self.issue(client, origin, over.site, over.bound, entry, now)
        ticket.id = over.id
        self._alive[ticket.digest] = ticket
        return ticket

    def keep(self, ticket: Ticket) -> bool:
        """Somebody is told the id; whether that is new."""
        if ticket.is_kept:
            return False
        ticket.is_kept = True
        self._remember(ticket)
        self._told.touch(ticket)
        return True

    def use(self, ticket: Ticket, now: float) -> None:
        """A request of this session."""
        ticket.last_used = max(now, ticket.last_used)
        if self._by_digest.get(ticket.digest) is ticket:
            self._by_digest.move_to_end(ticket.digest)

    def touch(self, ticket: Ticket) -> None:
        """What it holds may have changed."""
        if ticket.is_kept:
            self._told.touch(ticket)

    def renew(self, ticket: Ticket, now: float) -> Ticket:
        """The session under another id, with a jar of its own. Who has the old id keeps for a moment what there was till now.

        So whoever knew the id before a login, or has the cookie that asked, cannot learn by it what comes after.
        """
        if not ticket.is_kept or ticket.ended is not None:
            return ticket
        jar = self._new_jar(ticket.client)
        for cookie in ticket.jar:
            jar.place(replace(cookie))
        renewed = replace(ticket, id=new_id(), jar=jar, until=None, successor=None, is_due=False, probe="")
        ticket.is_due = False
        if ticket.until is None:
            ticket.successor = renewed
            self._told.replace(ticket, now)
            ticket.until = now + GRACE_SECONDS
        self._told.begin_again(renewed, now)
        self._remember(renewed)
        return renewed

    def end(self, ticket: Ticket, now: float) -> None:
        """It is over: what it holds is let go."""
        if ticket.ended is not None:
            return
        ticket.ended = now
        if ticket.is_kept:
            self._told.end(ticket, now)
        ticket.jar = self._new_jar(ticket.client)

    def sweep(self, now: float) -> None:
        """End those that timed out, and forget them when nobody can mean them any more."""
        for digest, ticket in list(self._by_digest.items()):
            if ticket.ended is None and ticket.is_over(now):
                self.end(ticket, ticket.runs_out)
            if ticket.ended is not None and now - ticket.ended > ticket.absolute_seconds:
                del self._by_digest[digest]

    def tell_uses(self, client: str) -> None:
        """The store is told next when each session of a client was used last."""
        for ticket in self._by_digest.values():
            if ticket.client == client:
                self._told.leave(ticket)

    def drop(self, client: str) -> None:
        """A client's sessions leave the memory for another process, which may change them: none of them is to be found here."""
        for ticket in [ticket for ticket in self._alive.values() if ticket.client == client]:
            self._by_digest.pop(ticket.digest, None)
            self._alive.pop(ticket.digest, None)
            self._told.drop(ticket)

    def _remember(self, ticket: Ticket) -> None:
        self._by_digest[ticket.digest] = self._alive[ticket.digest] = ticket
        self._by_digest.move_to_end(ticket.digest)
        if len(self._by_digest) > MOST_TICKETS:
            left = self._by_digest.popitem(last=False)[1]
            self._told.leave(left)
            if left.ended is None and left.until is None:
                self._left.append(change_of(left, left.last_used, None))

    # -- whose ids -----------------------------------------------------------------------------------------------------

    def note_seen(self, client: str, session_id: str) -> None:
        """This client has this id, so it may send it anywhere."""
        self._seen.note(client, session_id)

    def seen_by(self, client: str) -> Collection[str]:
        """The ids that a client has, as far as one remembers."""
        return self._seen.of(client)

    # -- for the store -------------------------------------------------------------------------------------------------

    def drain_left(self) -> Iterator[SessionChange]:
        """The state of the sessions that went on when they left memory, since the last call."""
        while self._left:
            yield self._left.popleft()

    def drain_changes(self, now: float) -> list[Observation]:
        """What changed since the last call."""
        return self._told.drain(now)

    def everything(self, now: float) -> Iterator[Observation]:
        """All that is going on, for a store that has nothing of it."""
        for ticket in self._by_digest.values():
            if ticket.ended is None and ticket.until is None:
                yield from self._told.all_of(ticket, now)


class Sought:
    """The ids of one request: each is found once, and the store asked for so few that a flood of forged ones stays cheap."""

    def __init__(self, tickets: Tickets, entry_of: EntryOf, now: float, most: int) -> None:
        """`most`: for how many ids the store may be asked."""
        self._tickets = tickets
        self._entry_of = entry_of
        self._now = now
        self._left = most
        self._found: dict[str, Ticket | None] = {}

    def find(self, session_id: bytes) -> Ticket | None:
        """The session of an id; None also for one too many."""
        if not is_id(session_id):
            return None
        text = session_id.decode("ascii").lower()
        if text not in self._found:
            if not self._tickets.is_at_hand(text):
                if not self._left:
                    return None
                self._left -= 1
            self._found[text] = self._tickets.find(session_id, self._entry_of, self._now)
        return self._found[text]

    def is_issued(self, value: bytes) -> bool:
        """True for an id of ours; of one too many, memory is asked whether it is, so that it is taken out all the same."""
        return is_id(value) and (self.find(value) is not None or self._tickets.is_issued(value.decode("ascii")))
