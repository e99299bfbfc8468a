"""Ids that come although their sessions are over: on their way before, sent by a client that did not notice, or good after all."""

from ..core.events import EndCause
from .endings import of_dead
from .ends import Ends
from .facts import Facts
from .ledger import Change, Ledger, Told
from .logins import looks_private
from .session import Session
from .uses import Uses

BY_CLIENT = (EndCause.CLOSED, EndCause.EXPIRED, EndCause.EVICTED)
"""Ends that the client's jar tells of; a server knows nothing of them."""


class Revenants:
    """The ids of one tracker that are over."""

    def __init__(self, ledger: Ledger, uses: Uses, ends: Ends) -> None:
        self._ledger = ledger
        self._ends = ends
        self._uses = uses

    def use(self, session: Session, facts: Facts) -> list[Told]:
        """A request with an id whose session is over."""
        exchange = facts.exchange
        assert session.ended is not None
        issue = facts.issues.get(session.key.name)
        is_replaced = issue is not None and (issue.value is None or not self._ledger.is_id_of(session, issue.value))
        if exchange.asked <= session.ended and session.end_cause is not EndCause.EXPIRED:
            was_good = facts.refusal is None and not is_replaced and session.killing_gap is None
            if session.end_cause is EndCause.ROTATED and facts.refusal is not None and session.logged_in:
                return self._ends.predecessors.was_dead(session)
            if exchange.asked >= session.started and was_good:
                session.requests += 1  # on its way before the client could know
                session.last_seen = max(session.last_seen, exchange.asked)
                self._ledger.mark(session)
            return []
        if session.end_cause in BY_CLIENT:
            self._use_gone(session, facts, is_replaced)
            return []
        if facts.is_login and facts.login_worked is True and issue is None:
            told = self._begin_again(session, facts, exchange.answered)
            begun = self._ledger.shelf.get(session.key)
            assert begun is not None
            self._uses.logged_in(begun, facts)
            return told
        works = facts.is_page_given and not is_replaced and not facts.is_for_everybody
        is_guarded = facts.host.is_protected(facts.number)
        is_its_own = facts.number in session.paths or is_guarded
        if session.risen is not None and facts.refusal is None and not is_replaced:
            return self._begin_again(session, facts, session.risen)
        if works and session.end_cause is EndCause.LOGOUT and (is_its_own or looks_private(exchange.path)):
            self._ledger.checks.alive_after_logout(exchange, session, session.ended, session.end_flow)
        elif works and session.by_refusal is not None and (is_guarded or looks_private(exchange.path)):
            self._rise(session, facts)
        return []

    def _use_gone(self, session: Session, facts: Facts, is_replaced: bool) -> None:
        """The client should not have it any more, and sends it all the same."""
        if facts.refusal is None and not is_replaced:
            if session.expiry is not None and session.expiry <= facts.exchange.asked:
                session.expiry = None
            session.go_on()
            self._ledger.shelf.revive(session)
            self._uses.serve(session, facts, facts.issues.get(session.key.name))
            return
        if session.killing_gap is None:
            ending = of_dead(session, facts.exchange.asked, "")
            if ending.gap is not None:
                session.killing_gap = ending.gap
                session.known.died(session)
                self._ledger.mark(session)

    def _rise(self, session: Session, facts: Facts) -> None:
        """It was refused one page, and is good for others: that page wants more."""
        assert session.by_refusal is not None
        facts.host.note_choosy(session.by_refusal)
        self._ledger.checks.not_lost(session)
        session.go_on()
        self._ledger.shelf.revive(session)
        self._uses.serve(session, facts, facts.issues.get(session.key.name))

    def _begin_again(self, dead: Session, facts: Facts, started: float) -> list[Told]:
        """The server took an id that was over for a new session."""
        session = self._ledger.begin(facts.exchange, dead.key, started, dead.recognition, was_set=False)
        session.domain, session.path, session.expiry = dead.domain, dead.path, dead.expiry
        if dead.alias is not None:
            self._ledger.shelf.rename(session, dead.alias)
        if started < facts.exchange.asked:
            session.logged_in = dead.logged_in
            self._uses.serve(session, facts, facts.issues.get(session.key.name))
        return self._ledger.told(Change.BEGAN, session)
