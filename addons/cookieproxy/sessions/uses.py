"""A request with a session that goes on: what the server's answer says of it.

It serves it, refuses it, replaces or deletes its id. How a gap without use is counted stands here; why a session ended is judged in
`ends`.
"""

from collections.abc import Sequence

from ..core.events import EndCause
from ..core.paths import path_match
from . import names
from .endings import Ending, collects_by_lottery, explains, gap_before, is_steady
from .ends import Ends
from .exchanges import Issue
from .facts import Facts
from .id_parts import id_part
from .ledger import Ledger, Told
from .session import MOST_PATHS, RECENT_GAPS, Record, Session

CROSSING_SECONDS = 1.0
"""A request may have been on its way for so long when its client got another id."""
MOST_RECORDS = 6


class Uses:
    """The uses of one tracker's sessions."""

    def __init__(self, ledger: Ledger, ends: Ends) -> None:
        self._ledger = ledger
        self._ends = ends

    def use(self, session: Session, facts: Facts, carried: Sequence[Session]) -> list[Told]:
        """One request with this session."""
        exchange = facts.exchange
        told = self._leave_others(session, facts, carried)
        if exchange.asked < session.started:
            return told
        issue = facts.issues.get(session.key.name)
        if issue is not None and issue.value is not None and not self._ledger.is_id_of(session, issue.value):
            if issue.hits and self._only_its_content_changed(session, facts, issue.value):
                self._ledger.shelf.add_id(session, self._ledger.hash_id(issue.value))
            elif issue.hits:
                return told + self._ends.replaced(session, facts, issue.value)
        elif issue is not None and issue.value is None and issue.deletes:
            if issue.hits or session.adopted:
                return told + self._ends.deleted(session, facts)
            self._ledger.checks.deletion_misses(exchange, session.key.name)
            session.tells_logout = (exchange.answered, exchange.flow_id)
        elif facts.refusal is not None and not facts.is_login and not facts.host.is_choosy(facts.number):
            if self._ends.predecessors.knows_nobody(session, exchange.asked):
                self.serve(session, facts, None)
                return told + self._ends.predecessors.before_was_lost(session)
            gap = exchange.asked - session.proven
            is_known = facts.number in session.paths or (facts.was_for_strangers and explains(session, gap))
            if is_known or (session.logged_in and facts.refusal.is_sure):
                return told + self._ends.refused(session, facts)
        self.serve(session, facts, issue)
        return told

    @staticmethod
    def _only_its_content_changed(session: Session, facts: Facts, value: bytes) -> bool:
        """True if the cookie carries its content, signed or encrypted, and is only written anew because that changed."""
        if facts.is_login or facts.is_logout or facts.refusal is not None or not facts.exchange.is_good:
            return False
        old = dict(facts.exchange.pairs).get(session.key.name)
        return old is not None and id_part(old) is None and id_part(value) is None

    def _leave_others(self, session: Session, facts: Facts, carried: Sequence[Session]) -> list[Told]:
        """Other ids of the same cookie that the client would have sent with this request if it still had them."""
        exchange = facts.exchange
        named = self._ledger.shelf.of_name(exchange.client, session.key.name)
        told: list[Told] = []
        for other in named if len(named) > 1 else ():
            is_same = other.host == session.host == exchange.host and (other.path == session.path or session.adopted)
            is_expected = not other.in_url and path_match(exchange.path, other.path or b"/")
            if is_same and is_expected and other not in carried and other.started + CROSSING_SECONDS < exchange.asked:
                ending = Ending(EndCause.CLOSED, "The client came with another id.")
                told += self._ledger.end(other, ending, exchange.asked, exchange.flow_id)
        return told

    # -- serving -------------------------------------------------------------------------------------------------------

    def serve(self, session: Session, facts: Facts, issue: Issue | None) -> None:
        """The server took the id for good, or at least did not say otherwise."""
        exchange = facts.exchange
        is_proof = exchange.is_good and exchange.is_page and not (session.logged_in and facts.is_for_everybody)
        self._count_gap(session, exchange.asked, is_proof)
        session.note_overrun(exchange.asked)
        session.requests += 1
        session.last_seen = max(session.last_seen, exchange.asked)
        session.answered = max(session.answered, exchange.answered)
        if is_proof:
            self._ends.predecessors.settle(session, facts)
            self._note_survived_logout(session, facts)
        if facts.is_page_given:
            self._note_page(session, facts)
        self._note_login(session, facts, is_proof)
        if issue is not None and issue.value is not None and issue.seen is not None and issue.hits:
            session.renewed(exchange.asked, issue.seen.expiry)
        else:
            session.not_renewed(exchange.asked)
        is_used = session.logged_in or session.requests > 1 or exchange.sends
        if facts.is_logout_by_name and exchange.is_good and is_used and session.tells_logout is None:
            session.tells_logout = (exchange.answered, exchange.flow_id)
            self._ledger.checks.logout_incomplete(exchange, session)
        self._ledger.shelf.touch(session)
        self._ledger.mark(session)

    def _count_gap(self, session: Session, asked: float, is_proof: bool) -> None:
        """It was good after such a gap; without proof perhaps only as good as none."""
        gap = gap_before(session, asked)
        if not is_proof:
            session.pending_gap = max(session.pending_gap, gap)
            return
        gap, session.pending_gap = max(gap, session.pending_gap), 0.0
        session.proven = max(session.proven, asked)
        survived = gap
        if collects_by_lottery(session):
            survived, session.doubtful_gap = session.doubtful_gap, gap
        if survived > session.longest_gap:
            record = Record(asked, survived, session.longest_gap, is_steady(session, survived))
            session.records = (*session.records[1 - MOST_RECORDS :], record)
            session.longest_gap = survived
        if session.logged_in:
            session.member_gap = max(session.member_gap, survived)
        session.recent = (*session.recent[1 - RECENT_GAPS :], gap)
        session.known.survived(session, session.proven - session.started)

    def _note_survived_logout(self, session: Session, facts: Facts) -> None:
        """It was logged out, and is good for the pages it was good for before."""
        is_its_own = facts.number in session.paths or facts.host.is_protected(facts.number)
        if session.tells_logout is None or not facts.is_page_given or not is_its_own:
            return
        is_protected = facts.host.is_protected(facts.number)
        told = self._ledger.checks.alive_after_logout(facts.exchange, session, *session.tells_logout, is_protected)
        if told and is_protected:
            session.tells_logout = None

    def _note_page(self, session: Session, facts: Facts) -> None:
        """A page that worked with it, and that anybody may see if it is not logged in."""
        if facts.number in session.paths or (len(session.paths) < MOST_PATHS and not facts.is_login_page):
            session.paths[facts.number] = facts.exchange.asked
        if not session.logged_in:
            facts.host.note_public(facts.number)

    # -- logins --------------------------------------------------------------------------------------------------------

    def _note_login(self, session: Session, facts: Facts, is_proof: bool) -> None:
        """A login with an id that stays what it was (ASVS 7.2.4)."""
        exchange = facts.exchange
        if facts.is_login:
            if session.logged_in and not facts.is_login_page:
                return  # a password that is changed, or asked for once more
            if facts.login_worked is True:
                self.logged_in(session, facts)
            elif facts.login_worked is None:
                session.pending_login = (exchange.answered, exchange.flow_id)
        elif session.pending_login is not None and is_proof and not facts.is_login_page and facts.refusal is None:
            posted, session.pending_login = session.pending_login[0], None
            if facts.is_page_given and posted > session.started:
                self.logged_in(session, facts)
            elif facts.is_page_given:
                session.logged_in = True  # the login itself had issued it

    def logged_in(self, session: Session, facts: Facts) -> None:
        """A login with this id succeeded."""
        session.logged_in, session.pending_login = True, None
        if not self._ledger.checks.brought_another(facts.exchange, session):
            session.recognition = session.recognition.and_also(names.POINTS_LOGIN, "used at a login")
            self._ledger.checks.not_rotated(facts.exchange, session)
        self._ledger.mark(session)
