"""What a store of observations and jars must be able to do (R30).

A store has one writer, which uses all of `Store`, and any number of readers, which use `Reader`; both may be called from any
thread. Whoever brings a store of their own implements these two and adds its scheme to `store`; the contract tests say when it
is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..core.events import ClientSeen, FindingSeen, HostSeen, Observation, SessionChange, SessionSeen
from .asking import Questions
from .jars import StoredCookie
from .leases import Lease, Leases
from .sessions import StoredSession
from .values import Masker, ValuePolicy


class StoreError(Exception):
    """A store cannot be opened, read or written: which, why, and what to do about it."""

    def __init__(self, store: str, cause: str, remedy: str) -> None:
        super().__init__(f"{store}: {cause}. {remedy}")
        self.store = store
        self.cause = cause
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Command:
    """Something the command line asks a running proxy to do."""

    id: int
    name: str
    args: str
    """JSON."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a command."""

    ok: bool
    result: str
    """JSON."""


class Reader(Protocol):
    """A store as the command line and the dashboard read it, while somebody else may be writing."""

    @property
    def name(self) -> str:
        """What it was opened by."""

    @property
    def questions(self) -> Questions:
        """The listings."""

    def load_clients(self) -> list[ClientSeen]:
        """All clients, the last seen last; `time` is when that was."""

    def load_jars(self, client: str) -> list[StoredCookie]:
        """What is in all the jars of this client, in the order of creation.

        Not what still waits to be written: flush before, for a client of which something may.
        """

    def load_session(self, session: str) -> StoredSession | None:
        """The cookieless session with this digest and what it holds, whichever client that came from; None if there is none.

        Also one that is over, until it is too old to be kept; it holds nothing. What waits to be written is not in it.
        """

    def load_open_sessions(self) -> list[SessionChange]:
        """All cookieless sessions that are not over, the last used last; `time` is when that was."""

    def load_sessions(self, most: int) -> list[SessionSeen]:
        """Sessions of applications, `most` in all: those that have not ended and, of those that have, the latest.

        In the order in which they ended or, if they go on, were used last. What waits to be written is not in it.
        """

    def load_findings(self) -> list[FindingSeen]:
        """All findings, the last seen last. What waits to be written is not in it."""

    def load_hosts(self) -> list[HostSeen]:
        """What is known of hosts beyond their sessions. What waits to be written is not in it."""

    def holder(self) -> int | None:
        """Process id of the proxy that writes into it (0 if it does not say); None if none does."""

    def post(self, name: str, args: str, now: float) -> int:
        """Put a command before the running proxy; its id. `args` is JSON, `now` in Unix seconds."""

    def answer(self, command: int) -> Answer | None:
        """What came of a command; None until it is finished."""

    def close(self) -> None:
        """Let go of everything; again does nothing."""


class Store(Reader, Protocol):
    """A store as its one writer knows it. Whatever fails in use fails with `StoreError`, and nothing is half done then."""

    def masker(self, policy: ValuePolicy) -> Masker:
        """The policy with this store's key."""

    def hash_id(self, value: bytes) -> str:
        """The sixteen hexadecimal digits of this value's keyed hash, as hashed values have them."""

    @property
    def leases(self) -> Leases | None:
        """Who has which client; None if nobody else can write into this store, and so every client is this process'."""

    def write(self, observations: Sequence[Observation], masker: Masker) -> frozenset[Lease]:
        """Keep these, all or none, in one transaction.

        But for changes of jars and cookieless sessions that were made under a lease which somebody else has by now: under
        which ones.
        """

    def prune(self, now: float, keep_seconds: float | None, max_bytes: int | None, most: int) -> int:
        """Remove a slice of what is too old or too much, about `most` rows at once; how many there were. Jars stay."""

    def take_commands(self, now: float) -> list[Command]:
        """The commands that nobody has taken yet, which are now."""

    def finish(self, command: int, answer: Answer, now: float) -> None:
        """Write the answer to a command."""
