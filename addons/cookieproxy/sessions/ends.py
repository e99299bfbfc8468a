"""How sessions end: by the server's answer to their id, by the client's jar, or by the client's coming without it.

What ended one may show later only: an id that is replaced by another was rotated or dead, and such judgements are kept open
(`predecessors`).
"""

from collections.abc import Sequence

from ..core.events import EndCause, Event, EventKind, Observation
from ..core.outcome import RemovalCause
from .endings import SHORTEST_CUSTOMARY, USUAL_TIMEOUT, Ending, gap_before, of_dead
from .facts import Facts
from .ledger import Change, Ledger, Told
from .lessons import learn
from .predecessors import Predecessors
from .session import POLICY_SLACK, Session

ROTATES = 2
"""A server that gave new ids so often without a login or a gap gives them now and then."""
LONG_LIVED = 86_400.0
"""Seconds: a cookie that is to live on for so long is one that brings sessions back."""
BY_JAR: dict[str, tuple[EndCause, str]] = {
    RemovalCause.EXPIRED.value: (EndCause.EXPIRED, "Its cookie's own end came."),
    RemovalCause.EVICTED_SITE.value: (EndCause.EVICTED, RemovalCause.EVICTED_SITE.sentence),
    RemovalCause.EVICTED_TOTAL.value: (EndCause.EVICTED, RemovalCause.EVICTED_TOTAL.sentence),
    RemovalCause.EVICTED_BYTES.value: (EndCause.EVICTED, RemovalCause.EVICTED_BYTES.sentence),
    RemovalCause.GONE.value: (EndCause.CLOSED, "The client came back without it."),
    RemovalCause.SESSION_ENDED.value: (EndCause.CLOSED, RemovalCause.SESSION_ENDED.sentence),
    RemovalCause.CLEARED.value: (EndCause.LOGOUT, RemovalCause.CLEARED.sentence),
    RemovalCause.FORGOTTEN.value: (EndCause.CLOSED, RemovalCause.FORGOTTEN.sentence),
}
"""What it means for a session that its cookie left the jar, by the removal's cause."""
EXPIRED = Ending(*BY_JAR[RemovalCause.EXPIRED.value])
GONE = Ending(*BY_JAR[RemovalCause.GONE.value])


class Ends:
    """The ends of one tracker's sessions."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.predecessors = Predecessors(ledger)

    # -- by the client -------------------------------------------------------------------------------------------------

    def leave_jar(self, observed: Sequence[Observation]) -> list[Told]:
        """Sessions whose cookie left the client's jar."""
        told: list[Told] = []
        for seen in observed:
            if type(seen) is Event and seen.event is EventKind.REMOVED and seen.reason in BY_JAR:
                session = self._of_event(seen)
                if session is not None:
                    cause, sentence = BY_JAR[seen.reason]
                    by = f" It made room for {seen.by}." if seen.by and cause is EndCause.EVICTED else ""
                    told += self._ledger.end(session, Ending(cause, sentence + by), seen.time, seen.flow_id)
                    if cause is EndCause.EVICTED:
                        self._ledger.checks.evicted(session, seen)
        return told

    def _of_event(self, seen: Event) -> Session | None:
        """The session whose cookie this is about: of several the one used longest ago."""
        named = self._ledger.shelf.of_name(seen.client, seen.cookie or b"")
        own = [session for session in named if seen.host in (session.domain, session.host)]
        if seen.reason == RemovalCause.EXPIRED.value:
            own = [session for session in own if session.expiry is not None and session.expiry <= seen.time + 1]
        return min(own, key=lambda session: session.last_seen, default=None)

    def miss_adopted(self, facts: Facts, carried: Sequence[Session]) -> list[Told]:
        """Sessions of unknown scope that came with this page before, and now do not: the jar cannot miss their cookies."""
        exchange = facts.exchange
        names_carried = {session.key.name for session in carried}
        missing = (
            session
            for name in facts.host.cookie_names
            if name not in names_carried
            for session in self._ledger.shelf.of_name(exchange.client, name)
            if session.adopted and session.host == exchange.host and not session.in_url
            if facts.number in session.paths and session.last_seen < exchange.asked
        )
        return [told for each in missing for told in self._ledger.end(each, GONE, exchange.asked, exchange.flow_id)]

    # -- by the server -------------------------------------------------------------------------------------------------

    def refused(self, session: Session, facts: Facts) -> list[Told]:
        """The server did not know it any more, and said nothing of its cookie."""
        assert facts.refusal is not None
        told = self._dead(session, facts, facts.refusal.said)
        session.by_refusal = facts.number
        return told

    def deleted(self, session: Session, facts: Facts) -> list[Told]:
        """The server deleted the cookie: a logout, or the end of an id that it does not know any more."""
        exchange = facts.exchange
        if session.tells_logout is not None and facts.refusal is not None:
            return self._dead(session, facts, f"{facts.refusal.said} and deleted")
        if not facts.is_logout and not exchange.sends and session.tells_logout is None:
            worked = facts.number in session.paths
            if facts.refusal is not None and (session.logged_in or worked):
                return self._dead(session, facts, f"{facts.refusal.said} and deleted")
            ending = of_dead(session, exchange.asked, "")
            if ending.cause is EndCause.TIMED_OUT and (
                worked or gap_before(session, exchange.asked) >= SHORTEST_CUSTOMARY
            ):
                return self._dead(session, facts, "Deleted by the server")
        self._count(session, exchange.asked)
        return self._ledger.logout(session, exchange)

    def replaced(self, session: Session, facts: Facts, value: bytes) -> list[Told]:
        """The server issued another id in answer to this one."""
        exchange = facts.exchange
        session.rotated_to = self._ledger.hash_id(value)
        if facts.is_logout:
            self._count(session, exchange.asked)
            return self._ledger.logout(session, exchange)
        if session.tells_logout is not None:
            return self._dead(session, facts, "Replaced by a new id")
        if facts.is_login:
            told = (
                self.predecessors.before_was_lost(session)
                if self.predecessors.knows_nobody(session, exchange.asked)
                else []
            )
            self._count(session, exchange.asked)
            return told + self._rotated(session, facts, "A new id was issued at the login.")
        if facts.refusal is not None and (session.logged_in or facts.number in session.paths):
            return self._dead(session, facts, f"{facts.refusal.said} and replaced")
        if not self._changes_always(session, facts) and self._seems_dead(session, facts):
            return self._dead(session, facts, "Replaced by a new id")
        self.predecessors.settle(session, facts)
        if session.inherited and facts.is_page_given:
            session.inherited = False
            self.predecessors.before_was_good(session)
        session.before_end = session.standing
        longest = session.longest_gap
        self._count(session, exchange.asked)
        if session.logged_in:
            session.longest_gap = longest  # what it survived shows with the new id
        session.known.rotations += int(facts.is_page_given)
        return self._rotated(session, facts, "A new id took over while it was in use.")

    def _changes_always(self, session: Session, facts: Facts) -> bool:
        """True if ids are replaced at their first use, one after the other: then none of them had been dead."""
        gap, before = facts.exchange.asked - session.proven, self.predecessors.of(session)
        if before is None or session.requests or before.requests or gap >= SHORTEST_CUSTOMARY:
            return False
        if before.end_cause is EndCause.TIMED_OUT and before.killing_gap is not None and before.by_refusal is None:
            if before.killing_gap >= SHORTEST_CUSTOMARY:
                return False
            self.predecessors.was_rotated(before, session)
        return before.end_cause is EndCause.ROTATED

    def _seems_dead(self, session: Session, facts: Facts) -> bool:
        """True if the id that was replaced had most likely been dead, though the page was given."""
        exchange = facts.exchange
        ending = of_dead(session, exchange.asked, "")
        if ending.cause is not EndCause.TIMED_OUT or (facts.host.is_protected(facts.number) and facts.is_page_given):
            return False
        if session.expiry is not None and session.expiry - exchange.asked > LONG_LIVED and len(facts.issues) > 1:
            return False
        if session.known.rotations >= ROTATES:
            return False
        if ending.gap is not None and ending.gap < SHORTEST_CUSTOMARY and session.known.longest_gap(session) <= 0:
            return False  # it was the first gap of all
        policy = session.policy
        if policy is not None and ending.age is not None:
            return policy.absolute is not None and ending.age >= policy.absolute - POLICY_SLACK
        return ending.gap is not None and (not session.logged_in or ending.gap >= USUAL_TIMEOUT)

    def _rotated(self, session: Session, facts: Facts, sentence: str) -> list[Told]:
        exchange = facts.exchange
        ending = Ending(EndCause.ROTATED, sentence)
        return self._ledger.end(session, ending, exchange.answered, exchange.flow_id, Change.ROTATED)

    @staticmethod
    def _count(session: Session, asked: float) -> None:
        """The request that ended it was one of its own, and what passed before it was survived, unless that is a usual timeout."""
        gap = max(gap_before(session, asked), session.doubtful_gap)
        if gap < USUAL_TIMEOUT or gap <= session.known.longest_gap(session):
            session.longest_gap = max(session.longest_gap, gap)
        session.note_overrun(asked)
        session.requests += 1
        session.last_seen = max(session.last_seen, asked)

    def _dead(self, session: Session, facts: Facts, how: str) -> list[Told]:
        """The server showed that it did not know the id any more."""
        exchange = facts.exchange
        if facts.refusal is not None and facts.refusal.is_sure:
            facts.host.note_protected(facts.number)
        if session.tells_logout is not None:
            ending = Ending(EndCause.LOGOUT, f"{how} after a logout that had left the cookie.")
            return self._ledger.end(session, ending, exchange.answered, exchange.flow_id)
        ending = of_dead(session, exchange.asked, how, self._certain(session, facts))
        if ending.survived is not None:
            session.longest_gap = ending.survived
            session.member_gap = min(session.member_gap, ending.survived)
        elif ending.gap is None or ending.gap > session.doubtful_gap:
            session.longest_gap = max(session.longest_gap, session.doubtful_gap)
        told = self._ledger.end(session, ending, exchange.answered, exchange.flow_id)
        learn(self._ledger, session, ending, exchange.asked - session.started)
        self._ledger.checks.died(exchange, session, ending)
        return told

    @staticmethod
    def _certain(session: Session, facts: Facts) -> float:
        """When it was good last for a page that is not for everybody."""
        host = facts.host
        times = (at for number, at in session.paths.items() if number == facts.number or host.is_protected(number))
        return max(times, default=session.started)
