"""How a host treats the sessions of one cookie: what gaps and ages they survive, and of what they die.

Holds numbers only, of all clients together: timeouts are the server's.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .session import Session

MOST_LOSSES = 16


class CookieKnowledge:
    """How a host treats the sessions of one cookie."""

    __slots__ = (
        "_kills",
        "_longest",
        "_longest_members",
        "differs",
        "first_id",
        "first_owner",
        "losses",
        "oldest",
        "rotations",
    )

    def __init__(self) -> None:
        self._longest: list[Session] = []
        self._longest_members: list[Session] = []
        self._kills: list[Session] = []
        self.oldest = 0.0
        """Seconds, the greatest age at which any was good."""
        self.rotations = 0
        """How often a new id took over at no login and after no gap."""
        self.losses: list[tuple[float, float, Session]] = []
        """Of sessions that ended although they were in use: the age at which each was good last, and at which it was dead."""
        self.first_owner: str | None = None
        self.first_id: str | None = None
        self.differs = False
        """True once two clients had different ids."""

    def survived(self, session: "Session", age: float) -> None:
        """A session was good after its longest gap, and at such an age; of all those with the longest gaps are kept."""
        self.oldest = max(self.oldest, age)
        for known, gap_of in ((self._longest, _any_gap), (self._longest_members, _member_gap)):
            if session not in known and gap_of(session) > 0:
                known.append(session)
                known.sort(key=gap_of, reverse=True)
                del known[MOST_LOSSES:]

    def longest_gap(self, session: "Session", own: float | None = None) -> float:
        """Seconds, the longest that any session like this survived; `own` is what this one did, if that is less than it seems.

        A server may take any id of those who are not logged in, dead or not: that proves nothing for those who are.
        """
        known, gap_of = (self._longest, _any_gap)
        if session.logged_in:
            known, gap_of = (self._longest_members, _member_gap)
        others = [gap_of(each) for each in known if own is None or each is not session]
        return max(others, default=0.0) if own is None else max([own, *others])

    def lost(self, low: float, high: float, session: "Session") -> None:
        """A session that was in use was good at one age and dead at another."""
        self.losses = [*self.losses[1 - MOST_LOSSES :], (low, high, session)]

    def died(self, session: "Session") -> None:
        """A gap killed a session; of several the shortest are kept."""
        kills = sorted([*self._kills, session], key=lambda each: each.killing_gap or 0.0)
        self._kills = [each for each in kills if each.killing_gap is not None][:MOST_LOSSES]

    @property
    def shortest_kill(self) -> float | None:
        """Seconds, the shortest gap that killed one; what was judged otherwise since does not count."""
        return min((each.killing_gap for each in self._kills if each.killing_gap is not None), default=None)

    def owned(self, client: str, id_: str) -> None:
        """A client has an id."""
        if self.first_owner is None:
            self.first_owner, self.first_id = client, id_
        elif client != self.first_owner and id_ != self.first_id:
            self.differs = True


def _any_gap(session: "Session") -> float:
    return session.longest_gap


def _member_gap(session: "Session") -> float:
    return session.member_gap
