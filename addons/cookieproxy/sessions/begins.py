"""How sessions begin: by a Set-Cookie, by an id in a redirect, or with the first use of an id that nobody saw being set."""

from collections.abc import Sequence

from ..core.events import EndCause
from . import names
from .endings import Ending
from .ends import EXPIRED
from .exchanges import Exchange, Issue
from .facts import Facts
from .ledger import Change, Ledger, Told
from .session import Key, Session
from .urls import ids_in, may_have_id

MOST_CARRIED = 64
"""Sessions of one request; no client has more, and what more a hostile one sends is not followed."""


class Begins:
    """The beginnings of one tracker's sessions."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._adopted: list[Session] = []

    # -- what comes with a request -------------------------------------------------------------------------------------

    def carried(self, exchange: Exchange) -> tuple[list[Session], list[Session]]:
        """The sessions whose ids came with the request: those that go on, and those that are over."""
        found: list[Session] = []
        for name, value in exchange.pairs:
            if len(found) < MOST_CARRIED and self._ledger.may_be_session(name, value):
                self._find(exchange, name, value, False, found)
        if may_have_id(exchange.target):
            for name, value in ids_in(exchange.target):
                self._find(exchange, url_name(name), value, True, found)
        return [each for each in found if each.is_open], [each for each in found if not each.is_open]

    def _find(self, exchange: Exchange, name: bytes, value: bytes, in_url: bool, found: list[Session]) -> None:
        key = self._ledger.key_of(exchange, name, value)
        session = self._ledger.shelf.get(key) or self._ledger.shelf.dead(key)
        if session is None:
            session = self._adopt(exchange, key, value)
        session.in_url |= in_url
        if session not in found:
            found.append(session)

    def _adopt(self, exchange: Exchange, key: Key, value: bytes) -> Session:
        """An id that nobody saw being set: begun at its first use."""
        recognition = self._ledger.recognise(key.name, value)
        owner = self._ledger.shelf.owner(key.site, key.id)
        session = self._ledger.begin(exchange, key, exchange.asked, recognition, was_set=False)
        session.adopted = True
        self._adopted.append(session)
        if owner is not None:
            self._ledger.checks.presented(exchange, session)
        return session

    def told_of_adopted(self) -> list[Told]:
        """The sessions that were adopted since this was asked last."""
        adopted, self._adopted = self._adopted, []
        return [told for session in adopted for told in self._ledger.told(Change.BEGAN, session)]

    # -- what a response issues ----------------------------------------------------------------------------------------

    @staticmethod
    def redirected(exchange: Exchange, issues: dict[bytes, Issue]) -> None:
        """Ids that the server puts into the URL of a redirect are issued by it."""
        if exchange.location and may_have_id(exchange.location):
            for name, value in ids_in(exchange.location):
                issues.setdefault(url_name(name), Issue(url_name(name), value, None, False, True))

    def issue(self, facts: Facts, carried: Sequence[Session]) -> list[Told]:
        """What the response sets and deletes."""
        told: list[Told] = []
        for issue in facts.issues.values():
            if issue.value is None:
                told += self._delete_unsent(facts.exchange, issue, carried)
            elif self._ledger.may_be_session(issue.name, issue.value):
                told += self._set(facts, issue, issue.value, carried)
        return told

    def _delete_unsent(self, exchange: Exchange, issue: Issue, carried: Sequence[Session]) -> list[Told]:
        """A cookie is deleted that the request did not carry."""
        seen = issue.seen
        if seen is None or not issue.deletes or any(session.key.name == issue.name for session in carried):
            return []
        if not issue.hits:
            self._ledger.checks.deletion_of_unsent(exchange, issue.name)
            return []
        if seen.old_value is None:
            return []
        session = self._ledger.shelf.get(self._ledger.key_of(exchange, issue.name, seen.old_value))
        return [] if session is None else self._ledger.logout(session, exchange)

    def _set(self, facts: Facts, issue: Issue, value: bytes, carried: Sequence[Session]) -> list[Told]:
        exchange = facts.exchange
        key = self._ledger.key_of(exchange, issue.name, value)
        there = self._ledger.shelf.get(key)
        if there is not None:
            if there not in carried and issue.seen is not None and issue.hits:
                there.renewed(exchange.asked, issue.seen.expiry)
                self._ledger.mark(there)
            self._ledger.checks.set_cookie(exchange, there, issue, value)
            return []
        if not issue.hits:
            self._ledger.checks.refused(exchange, issue)
            return []
        buried = self._ledger.shelf.dead(key)
        if buried is not None and buried.end_cause is EndCause.EVICTED and buried.end_flow == exchange.flow_id:
            return []  # the same response set it once more, and then threw it out
        if buried is not None and _rises(buried, exchange):
            self._ledger.checks.resurrection(exchange, buried)
            buried.risen = exchange.answered
            return []
        told = self._end_overwritten(exchange, issue, key, carried)
        before = next((each for each in carried if each.key.name == issue.name), None)
        session = self._begin(facts, key, value, issue, before)
        self._ledger.checks.begun(exchange, session, issue, value, before is None)
        return told + self._ledger.told(Change.BEGAN, session)

    def _end_overwritten(self, exchange: Exchange, issue: Issue, key: Key, carried: Sequence[Session]) -> list[Told]:
        """The client's cookie of that name, Domain and Path held other ids, which it did not send."""
        seen = issue.seen
        if seen is None:
            return []
        said = self._ledger.checks.said(seen)
        old_id = None if seen.old_value is None else self._ledger.hash_id(seen.old_value)
        told: list[Told] = []
        for old in self._ledger.shelf.of_name(exchange.client, key.name):
            is_same = (old.domain, old.path) == (said.domain or exchange.host, said.path)
            is_gone = old.key.id == old_id or (is_same and not old.adopted and not old.in_url)
            if is_gone and old not in carried:
                told += self._overwrite(exchange, old, key)
        return told

    def _overwrite(self, exchange: Exchange, old: Session, key: Key) -> list[Told]:
        if old.expiry is not None and old.started < old.expiry <= exchange.asked:
            return self._ledger.end(old, EXPIRED, old.expiry, None)
        old.rotated_to = key.id
        if exchange.asked < old.started:
            said = "Another id was issued in answer to a request that had been sent before it came."
            ending = Ending(EndCause.ROTATED, said)
            return self._ledger.end(old, ending, exchange.answered, exchange.flow_id, Change.ROTATED)
        ending = Ending(EndCause.CLOSED, "The client came without it, and got another id.")
        return self._ledger.end(old, ending, exchange.asked, exchange.flow_id)

    def _begin(self, facts: Facts, key: Key, value: bytes, issue: Issue, before: Session | None) -> Session:
        exchange, seen = facts.exchange, issue.seen
        recognition = self._ledger.recognise(key.name, value)
        session = self._ledger.begin(exchange, key, exchange.answered, recognition, was_set=True)
        session.in_url = seen is None
        if seen is not None:
            said = self._ledger.checks.said(seen)
            session.domain, session.path, session.expiry = said.domain or exchange.host, said.path, seen.expiry
            session.recognition = names.as_set(recognition, said.http_only, said.is_persistent, facts.is_login)
            self._name_for_browser(session, seen.field, seen.passed)
        if before is not None:
            session.rotated_from = before.key.id
            session.took_over = before.end_cause is EndCause.ROTATED
            session.logged_in = session.inherited = before.end_cause is EndCause.ROTATED and before.logged_in
        session.known.owned(key.client, key.id)
        if session.known.differs:
            session.recognition = session.recognition.and_also(1, "differs between clients")
        if facts.is_login and facts.login_worked is True:
            session.logged_in, session.inherited = True, False
            session.recognition = session.recognition.and_also(names.POINTS_LOGIN, "set at a login")
        elif facts.is_login and facts.login_worked is None:
            session.pending_login = (exchange.answered, exchange.flow_id)
        return session

    def _name_for_browser(self, session: Session, field: bytes, passed: bytes | None) -> None:
        """The browser may know it by the name that a rule gave it."""
        if passed is not None and passed != field:
            name = passed.partition(b";")[0].partition(b"=")[0].strip()
            if name != session.key.name:
                self._ledger.shelf.rename(session, name)


def _rises(dead: Session, exchange: Exchange) -> bool:
    """True if the request was on its way when the session ended, and its response sets the id again."""
    if dead.ended is None or dead.end_cause not in (EndCause.LOGOUT, EndCause.ROTATED):
        return False
    return exchange.asked < dead.ended <= exchange.answered


def url_name(name: bytes) -> bytes:
    """The name of the cookie that a parameter stands for."""
    upper = name.upper()
    return upper if upper in (b"JSESSIONID", b"PHPSESSID") else name
