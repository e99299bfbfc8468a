"""Who has a client, where several proxies write into one store (R30, R40).

A process has a client from its claim until it releases it, or until somebody else has claimed it: what it holds for the client,
and for that client's cookieless sessions, is in no other memory meanwhile. Each claim has a fence, a number above that of every
claim of this client before. Changes bear the fence under which they were made, and a store refuses those of a fence that is not
the latest: so a process that was cut off, and does not know what happened since, cannot write over what its successor wrote.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ..core.cookie import CookieKey
from ..core.events import JarChange, JarKind, SessionChange, SessionSeen
from .jars import StoredCookie


class Lease(NamedTuple):
    """One claim of one client."""

    client: str
    fence: int


class Claimed(NamedTuple):
    """A client that is ours from now on, and all that is in its jars."""

    fence: int
    cookies: list[StoredCookie]


NOTHING_LOST: frozenset[Lease] = frozenset()

CUT_OFF = "cut off"
"""The word that comes when there is a connection again that was lost: what others said meanwhile was not heard."""

type Change = JarChange | SessionChange


def not_older(changes: Iterable[Change], client: str, stored: Iterable[StoredCookie]) -> list[Change]:
    """Without changes of this client's cookies that have been set since, as what is stored says: somebody else had it meanwhile."""
    set_since = {(kind, session, cookie.key): cookie.set_time for kind, session, cookie in stored}
    return [
        change
        for change in changes
        if change.client != client or not isinstance(change, JarChange) or not _is_older(change, set_since)
    ]


def _is_older(change: JarChange, set_since: Mapping[tuple[JarKind, str | None, CookieKey], float]) -> bool:
    made = change.time if change.cookie is None else change.cookie.set_time
    return made < set_since.get((change.jar, change.session, change.key), made)


class Leases(Protocol):
    """The clients of a store, as one of the processes sees it that share it. Raises StoreError.

    `claim`, `followed` and `lost` may be called from any thread, the others are called from one.
    """

    def claim(self, client: str, ask: bool = True, by_force: bool = False) -> Claimed | None:
        """Have this client; None if a process that lives has it, which is asked to release it, or it is busy just now.

        In one round trip. With `by_force` whoever has it loses it.
        """

    def followed(self, client: str) -> list[SessionSeen]:
        """The sessions of applications that this client has and had, as far as they are kept: for whoever has claimed it."""

    def release(self, leases: Sequence[Lease]) -> None:
        """Let these go, as far as they are still ours; all that was to be written has been."""

    def keep(self, changes: Sequence[Change]) -> frozenset[Lease]:
        """Keep these changes in one transaction, which is done when it returns; the leases that are lost, as `write` does."""

    def wait(self, wake: int, seconds: float) -> list[str]:
        """Wait until somebody wants one of our clients, or says something else, or `wake` can be read: the words that came."""

    def lost(self, leases: Sequence[Lease]) -> frozenset[Lease]:
        """Those of these that are not the latest of their clients: who was cut off has not heard that it was asked."""

    def is_wanted(self, word: str) -> str | None:
        """The client that somebody wants of us, by the word that came; None if that says something else."""

    def is_taken(self, word: str) -> Lease | None:
        """The lease that somebody has taken from us by force, by the word that came; None if that says something else."""

    def close(self) -> None:
        """Let everything go; again does nothing."""
