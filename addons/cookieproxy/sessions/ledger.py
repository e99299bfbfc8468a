"""What the parts of the tracker share: the sessions, what is known of hosts, the checks, and which sessions changed.

Ends and begins sessions; why they do is judged by the parts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ..core.events import EndCause, SessionSeen
from . import names
from .checks import Checks
from .endings import Ending
from .exchanges import Exchange, is_empty
from .findings import Findings, IsExcepted
from .knowledge import Knowledge
from .policies import Policies
from .session import Key, Session
from .session_rows import seen_of
from .shelf import Owner, Shelf

type HashId = Callable[[bytes], str]
type SiteOf = Callable[[str], str]


FOUND_DEAD = frozenset((EndCause.TIMED_OUT, EndCause.LOST))
"""Ends at which the server showed that a session had been dead, so that what it had survived last is open to doubt."""


class Change(StrEnum):
    """What there is to say of a session."""

    BEGAN = "began"
    ROTATED = "rotated"
    ENDED = "ended"


class Told(NamedTuple):
    """One thing to log."""

    change: Change
    session: SessionSeen


@dataclass(frozen=True, slots=True)
class Settings:
    """What rules.yaml says of sessions and findings."""

    is_named: Callable[[bytes], bool] = lambda _: False
    """Whether the user calls cookies of this name sessions."""
    policies: Policies = field(default_factory=lambda: Policies({}))
    is_excepted: IsExcepted = lambda *_: False


class Ledger:
    """The books of one tracker."""

    def __init__(self, hash_id: HashId, site_of: SiteOf, shelf: Shelf) -> None:
        self.hash_id = hash_id
        self.site_of = site_of
        self.shelf = shelf
        self.knowledge = Knowledge()
        self.findings = Findings()
        self.checks = Checks(self.findings, self.knowledge, shelf, hash_id, site_of)
        self.settings = Settings()
        self.changed: dict[Session, None] = {}

    def key_of(self, exchange: Exchange, name: bytes, value: bytes) -> Key:
        """What tells the session of this id apart."""
        return Key(exchange.client, exchange.site, name, self.hash_id(value))

    def is_id_of(self, session: Session, value: bytes) -> bool:
        """True if a value is this session's, or was."""
        id_ = self.hash_id(value)
        return id_ == session.key.id or id_ in session.also

    def may_be_session(self, name: bytes, value: bytes) -> bool:
        """True if a cookie is, or may turn out to be, a session's."""
        kind = names.kind_of(name)
        if kind is names.Kind.KNOWN:
            return names.may_be_id(value)
        if self.settings.is_named(name):
            return not is_empty(value)
        return kind is names.Kind.UNSURE and names.recognise(name, value).points > 0

    def recognise(self, name: bytes, value: bytes) -> names.Recognition:
        """What makes it one, as far as name and value tell."""
        found = names.recognise(name, value)
        if not found.is_enough and self.settings.is_named(name):
            return names.Recognition(names.POINTS_KNOWN, ("named in rules.yaml",))
        return found

    def begin(
        self, exchange: Exchange, key: Key, started: float, recognition: names.Recognition, was_set: bool
    ) -> Session:
        """A session of this id begins."""
        known = self.knowledge.of(exchange.host).cookie(key.name)
        session = Session(key, exchange.host, started, exchange.flow_id, recognition, known)
        session.policy = self.settings.policies.of(exchange.host)
        self.own(session, was_set)
        self.shelf.add(session)
        self.mark(session)
        return session

    def own(self, session: Session, was_set: bool) -> None:
        """Note who had an id first."""
        key = session.key
        if self.shelf.owner(key.site, key.id) is None:
            self.shelf.own(key.id, Owner(key.client, key.site, session.host, key.name, session.start_flow, was_set))

    def end(
        self, session: Session, ending: Ending, time: float, flow_id: str | None, change: Change = Change.ENDED
    ) -> list[Told]:
        """A session is over, or turns out to have ended in another way."""
        if ending.cause not in FOUND_DEAD:
            session.longest_gap = max(session.longest_gap, session.doubtful_gap)
        session.end(ending.cause, time, flow_id, ending.sentence)
        session.killing_gap, session.killing_age = ending.gap, ending.age
        self.shelf.bury(session)
        self.mark(session)
        return self.told(change, session)

    def logout(self, session: Session, exchange: Exchange) -> list[Told]:
        """The server ended it, as it was asked to."""
        path = exchange.path.partition(b";")[0][:80].decode("latin-1")
        ending = Ending(EndCause.LOGOUT, f"The server ended it at {exchange.method} {path}.")
        return self.end(session, ending, exchange.answered, exchange.flow_id)

    def told(self, change: Change, session: Session) -> list[Told]:
        """What there is to log; nothing of what is no session for sure."""
        return [Told(change, seen_of(session))] if session.is_listed else []

    def mark(self, session: Session) -> None:
        """A store has to be told."""
        self.changed[session] = None
