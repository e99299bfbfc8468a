"""What an id shows of the one it took over from: whether that was rotated, or had been dead by then.

An id that is replaced by another may have been either, and only what the new one is good for tells.
"""

from ..core.events import EndCause
from .endings import explains, of_dead
from .facts import Facts
from .ledger import Ledger, Told
from .lessons import learn
from .session import Session

NEW_REQUESTS = 4
"""Requests of a session whose refusal still says that the id before it was dead, not rotated."""


class Predecessors:
    """The ids of one tracker that others took over from."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def of(self, session: Session) -> Session | None:
        """The session whose id this one's took over from."""
        if session.rotated_from is None:
            return None
        return self._ledger.shelf.dead(session.key._replace(id=session.rotated_from))

    def settle(self, session: Session, facts: Facts) -> None:
        """What it says of the id before this one that this one is good for a page."""
        is_for_members = facts.is_page_given and facts.host.is_protected(facts.number)
        if session.inherited and (session.requests >= NEW_REQUESTS or is_for_members):
            session.inherited = False
            self.before_was_good(session)
        elif session.rotated_from is not None and not session.logged_in and is_for_members:
            self.before_was_rotated(session)

    def before_was_good(self, session: Session) -> None:
        """An id that took over is good for what the one before was: that one had survived its last gap, too."""
        before = self.of(session)
        if before is None or before.before_end is None or before.ended is None:
            return
        gap = max(0.0, before.last_seen - before.before_end.last_seen, before.pending_gap)
        before.longest_gap, before.before_end = max(before.longest_gap, gap), None
        before.known.survived(before, before.last_seen - before.started)
        self._ledger.mark(before)

    @staticmethod
    def knows_nobody(session: Session, asked: float) -> bool:
        """True if an id that took over seems to have been good for nothing, and no gap or logout of its own explains that."""
        if not session.inherited or session.requests >= NEW_REQUESTS or session.tells_logout is not None:
            return False
        return not explains(session, asked - session.proven)

    def before_was_lost(self, session: Session) -> list[Told]:
        """An id that seemed to take over knows nobody: the one before was dead."""
        session.inherited = session.logged_in = False
        before = self.of(session)
        if before is None or before.end_cause is not EndCause.ROTATED or before.before_end is None:
            return []
        return self.was_dead(before)

    def was_dead(self, session: Session) -> list[Told]:
        """An id that seemed to have been rotated had been dead when it was replaced."""
        if session.before_end is None:
            return []
        asked, ended = session.last_seen, session.ended or session.last_seen
        session.last_seen, session.proven, session.requests = session.before_end
        session.before_end = None
        after = (
            None if session.rotated_to is None else self._ledger.shelf.get(session.key._replace(id=session.rotated_to))
        )
        if after is not None:
            after.took_over = False
            self._ledger.mark(after)
        session.known.rotations = max(0, session.known.rotations - 1)
        ending = of_dead(session, asked, "Replaced by an id that was refused")
        told = self._ledger.end(session, ending, ended, session.end_flow)
        learn(self._ledger, session, ending, asked - session.started)
        return told

    def before_was_rotated(self, session: Session) -> None:
        """An id that was taken for a dead one's successor is good for what strangers do not get: the one before was alive."""
        before = self.of(session)
        session.logged_in = True
        if (
            before is None
            or before.end_cause is not EndCause.TIMED_OUT
            or not before.logged_in
            or before.by_refusal is not None
        ):
            return
        self.was_rotated(before, session)

    def was_rotated(self, before: Session, session: Session) -> None:
        """What seemed dead had been replaced while it was in use."""
        gap = before.killing_gap or 0.0
        before.end(EndCause.ROTATED, before.ended or 0.0, before.end_flow, "A new id took over while it was in use.")
        before.killing_gap = before.killing_age = None
        before.longest_gap = max(before.longest_gap, gap)
        before.requests += 1
        session.took_over = True
        before.known.rotations += 1
        before.known.survived(before, (before.ended or before.last_seen) - before.started)
        self._ledger.mark(before)
