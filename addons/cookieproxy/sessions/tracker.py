"""Follows the sessions of applications from the traffic alone: begun, used, renewed, rotated, ended and why (R25 to R29, R32, R39).

Holds state, knows no clock and no store: exchanges come in with their times, what is to be logged comes out, and what changed is
drained for whoever keeps it. Works the same on live traffic and on saved flows. The order of work within one exchange stands here:
the jar's news, the ids that came, what the server made of them, what it issued, what is wrong with all that.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from ..core.events import FindingSeen, HostSeen, Observation, SessionSeen
from .begins import Begins
from .ends import EXPIRED, Ends
from .exchanges import Exchange, issues_of
from .facts import Facts, facts_of
from .findings import Finding
from .knowledge import HostKnowledge
from .ledger import Change, HashId, Ledger, Settings, SiteOf, Told
from .logins import path_led_to
from .revenants import Revenants
from .routine import READING, Likeness, Routines
from .session_rows import restored, seen_of
from .shelf import Shelf
from .uses import Uses

__all__ = ["Change", "HashId", "Settings", "SiteOf", "Told", "Tracker"]


class Tracker:
    """All sessions of one kind of traffic, and what is wrong with them."""

    def __init__(
        self, hash_id: HashId, site_of: SiteOf, settings: Settings | None = None, shelf: Shelf | None = None
    ) -> None:
        self._ledger = Ledger(hash_id, site_of, Shelf() if shelf is None else shelf)
        self._begins = Begins(self._ledger)
        self._ends = Ends(self._ledger)
        self._uses = Uses(self._ledger, self._ends)
        self._revenants = Revenants(self._ledger, self._uses, self._ends)
        self._routines = Routines(self._ledger.findings)
        self._latest = 0.0
        self.follow(settings or Settings())

    def follow(self, settings: Settings) -> None:
        """Other rules are in force; sessions that go on are judged by them from their next use."""
        self._ledger.settings = settings
        self._ledger.findings.is_excepted = settings.is_excepted
        self._routines.clear()
        for session in self._ledger.shelf.open:
            session.policy = settings.policies.of(session.host)

    # -- keeping -------------------------------------------------------------------------------------------------------

    def load(
        self, sessions: Iterable[SessionSeen], findings: Iterable[FindingSeen], hosts: Iterable[HostSeen] = ()
    ) -> None:
        """Go on where an earlier run stopped."""
        for host in hosts:
            self._ledger.knowledge.of(host.host).restore(host.state)
        for seen in sessions:
            known = self._ledger.knowledge.of(seen.host).cookie(seen.cookie)
            session = restored(seen, self._ledger.settings.policies.of(seen.host), known)
            self._ledger.shelf.add(session)
            self._ledger.own(session, was_set=not session.adopted)
            known.survived(session, session.proven - session.started)
            if session.killing_gap is not None:
                known.died(session)
        self._ledger.findings.load(findings)

    def forget(self, client: str) -> None:
        """Another process follows this client from now on. What changed has been drained, or is nothing any more."""
        self._routines.clear()
        for session in self._ledger.shelf.forget(client):
            self._ledger.changed.pop(session, None)

    def drain(self) -> Iterator[SessionSeen | FindingSeen | HostSeen]:
        """What changed since the last call, as it is now."""
        changed, self._ledger.changed = self._ledger.changed, {}
        yield from (seen_of(session) for session in changed if session.is_listed)
        yield from self._ledger.findings.drain()
        yield from self._hosts(lambda host: host.is_changed)

    def everything(self) -> Iterator[SessionSeen | FindingSeen | HostSeen]:
        """All that is known, for a store that has none of it."""
        yield from (seen_of(session) for session in self._ledger.shelf if session.is_listed)
        yield from self._ledger.findings.everything()
        yield from self._hosts(lambda _: True)

    def _hosts(self, are_told: Callable[[HostKnowledge], bool]) -> Iterator[HostSeen]:
        for name, host in self._ledger.knowledge:
            if are_told(host):
                host.is_changed = False
                yield HostSeen(self._latest, self._ledger.site_of(name), name, host.state())

    @property
    def let_go(self) -> int:
        """Sessions and findings that were forgotten because there were too many."""
        return self._ledger.shelf.let_go + self._ledger.findings.let_go

    @property
    def is_empty(self) -> bool:
        """True if no session is known."""
        return not self._ledger.shelf

    def sweep(self, now: float) -> list[Told]:
        """End what has expired by now, whether or not its client came back."""
        return [
            told
            for session in list(self._ledger.shelf.open)
            if session.expiry is not None and session.expiry <= now
            for told in self._ledger.end(session, EXPIRED, session.expiry, None)
        ]

    def sweep_to_latest(self) -> list[Told]:
        """The same at the time of the latest exchange: for saved flows."""
        return self.sweep(self._latest)

    # -- exchanges -----------------------------------------------------------------------------------------------------

    def repeat(
        self,
        alike: Likeness,
        host: str,
        target: bytes,
        asked: float,
        answered: float,
        flow_id: str | None,
        observed: Sequence[Observation],
    ) -> bool:
        """Take an exchange that is like one before in all but its times and its path; False if it has to be told."""
        ledger = self._ledger
        if ledger.checks.awaits(alike[0], host):
            return False
        sessions = self._routines.repeat(alike, ledger.knowledge.of(host), target, asked, answered, flow_id, observed)
        if sessions is None:
            return False
        if answered > self._latest:
            self._latest = answered
        for session in sessions:
            ledger.changed[session] = None
            ledger.shelf.touch(session)
        return True

    def tell(self, exchange: Exchange, alike: Likeness | None = None) -> list[Told]:
        """Take one exchange; what there is to log. What is `alike` may be repeated from now on."""
        if (
            alike is None
            or exchange.status >= 300
            or exchange.method not in READING
            or not self._routines.is_second(alike)
        ):
            return self._tell(exchange)
        found: list[Finding] = []
        self._ledger.findings.captured = found
        told = self._tell(exchange)
        self._ledger.findings.captured = None
        if not told:
            self._learn(alike, exchange, found)
        return told

    def _learn(self, alike: Likeness, exchange: Exchange, found: list[Finding]) -> None:
        """Remember what was made of an exchange, if nothing else can come of one like it."""
        carried, dead = self._begins.carried(exchange)
        if dead or any(session.in_url for session in carried):
            return
        ids = {session.key.name: session.key.id for session in carried}
        for issue in issues_of(exchange.seen).values():
            if issue.name in ids:
                if issue.value is None or self._ledger.hash_id(issue.value) != ids[issue.name]:
                    return
            elif issue.value is None or self._ledger.may_be_session(issue.name, issue.value):
                return
        self._routines.learn(alike, exchange, carried, found)

    def _tell(self, exchange: Exchange) -> list[Told]:
        ledger = self._ledger
        host = ledger.knowledge.of(exchange.host)
        self._latest = max(self._latest, exchange.answered)
        issues = issues_of(exchange.seen) if exchange.seen else {}
        told = self._ends.leave_jar(exchange.seen) if exchange.seen else []
        carried, dead = self._begins.carried(exchange)
        told += self._begins.told_of_adopted()
        self._begins.redirected(exchange, issues)
        facts = facts_of(exchange, host, ledger.knowledge, issues)
        for session in carried:
            told += self._uses.use(session, facts, carried)
        for session in dead:
            told += self._revenants.use(session, facts)
        if exchange.proves_absence:
            told += self._ends.miss_adopted(facts, carried)
        if issues:
            told += self._begins.issue(facts, carried)
        _learn_of_host(host, facts, is_stranger=not carried)
        ledger.checks.exchange(exchange, carried, issues)
        return told


def _learn_of_host(host: HostKnowledge, facts: Facts, is_stranger: bool) -> None:
    """Where logins are posted to and from; what strangers get, and what they do not."""
    exchange = facts.exchange
    if facts.is_login:
        host.note_login(exchange.path)
        if exchange.referer:
            there, path = path_led_to(exchange.referer, exchange.host, exchange.path)
            if there == exchange.host and path != b"/":
                host.note_login(path)
    elif is_stranger and facts.refusal is not None and facts.refusal.is_sure:
        host.note_protected(facts.number)
    elif is_stranger and facts.is_page_given:
        host.note_public(facts.number)
