"""Follows the sessions of applications from the traffic alone: begun, used, renewed, rotated, ended and why (R25 to R29, R32, R39).

Holds state, knows no clock and no store: exchanges come in with their times, what is to be logged comes out, and what changed is
drained for whoever keeps it. Works the same on live traffic and on saved flows. Who ended a session is judged in `endings`, what
is wrong with it in `checks`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ..core.events import EndCause, Event, EventKind, FindingSeen, Observation, SessionSeen
from ..core.outcome import RemovalCause
from . import names
from .checks import Checks
from .cookie_knowledge import CookieKnowledge
from .endings import Ending, gap_before, of_dead, span
from .exchanges import Exchange, Issue, issues_of
from .findings import Finding, Findings, IsExcepted
from .knowledge import HostKnowledge, Knowledge, page
from .logins import REFUSING, looks_like_login, looks_like_logout, path_led_to
from .policies import Policies
from .routine import READING, Likeness, Routines
from .session import MOST_PATHS, Key, Session, restored
from .shelf import Owner, Shelf
from .urls import ids_in, may_have_id

type HashId = Callable[[bytes], str]
type SiteOf = Callable[[str], str]

NEW_REQUESTS = 4
"""Requests of a session whose refusal still says that the id before it was lost, not rotated."""
ENDED_BY_JAR: dict[str, tuple[EndCause, str]] = {
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


class Tracker:
    """All sessions of one kind of traffic, and what is wrong with them."""

    def __init__(
        self, hash_id: HashId, site_of: SiteOf, settings: Settings | None = None, shelf: Shelf | None = None
    ) -> None:
        self.hash_id = hash_id
        self._shelf = Shelf() if shelf is None else shelf
        self._knowledge = Knowledge()
        self._findings = Findings()
        self._checks = Checks(self._findings, self._shelf, hash_id, site_of)
        self._routines = Routines(self._findings)
        self._changed: dict[Session, None] = {}
        self._latest = 0.0
        self.follow(settings or Settings())

    def follow(self, settings: Settings) -> None:
        """Other rules are in force; sessions that go on are judged by them from their next use."""
        self._settings = settings
        self._findings.is_excepted = settings.is_excepted
        self._routines.clear()
        for session in self._shelf.open:
            session.policy = settings.policies.of(session.host)

    # -- keeping -------------------------------------------------------------------------------------------------------

    def load(self, sessions: Iterable[SessionSeen], findings: Iterable[FindingSeen]) -> None:
        """Go on where an earlier run stopped."""
        for seen in sessions:
            known = self._knowledge.of(seen.host).cookie(seen.cookie)
            session = restored(seen, self._settings.policies.of(seen.host), known)
            self._shelf.add(session)
            self._own(session, was_set=not session.adopted)
            known.survived(session.longest_gap, session.proven - session.started)
            if session.killing_gap is not None:
                known.died(session.killing_gap)
        self._findings.load(findings)

    def drain(self) -> Iterator[SessionSeen | FindingSeen]:
        """What changed since the last call, as it is now."""
        changed, self._changed = self._changed, {}
        for session in changed:
            if session.is_listed:
                yield session.seen()
        yield from self._findings.drain()

    def everything(self) -> Iterator[SessionSeen | FindingSeen]:
        """All that is known, for a store that has none of it."""
        yield from (session.seen() for session in self._shelf if session.is_listed)
        yield from self._findings.everything()

    @property
    def let_go(self) -> int:
        """Sessions and findings that were forgotten because there were too many."""
        return self._shelf.let_go + self._findings.let_go

    @property
    def is_empty(self) -> bool:
        """True if no session is known."""
        return not self._shelf

    def sweep(self, now: float) -> list[Told]:
        """End what has expired by now, whether or not its client came back."""
        return [
            self._end(session, Ending(*ENDED_BY_JAR[RemovalCause.EXPIRED.value]), session.expiry, None)
            for session in list(self._shelf.open)
            if session.expiry is not None and session.expiry <= now
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
        sessions = self._routines.repeat(alike, self._knowledge.of(host), target, asked, answered, flow_id, observed)
        if sessions is None:
            return False
        if answered > self._latest:
            self._latest = answered
        for session in sessions:
            self._changed[session] = None
            self._shelf.touch(session)
        return True

    def tell(self, exchange: Exchange, alike: Likeness | None = None) -> list[Told]:
        """Take one exchange; what there is to log. What is `alike` may be repeated from now on."""
        if alike is None or exchange.status >= 300 or exchange.method not in READING or exchange.location:
            return self._tell(exchange)
        found: list[Finding] = []
        self._findings.captured = found
        told = self._tell(exchange)
        self._findings.captured = None
        if not told:
            self._learn(alike, exchange, found)
        return told

    def _learn(self, alike: Likeness, exchange: Exchange, found: list[Finding]) -> None:
        issues = issues_of(exchange.seen) if exchange.seen else {}
        carried, dead = self._carried(exchange, self._knowledge.of(exchange.host))
        if dead or any(session.in_url for session in carried):
            return
        ids = {session.key.name: session.key.id for session in carried}
        for issue in issues.values():
            if issue.name in ids:
                if issue.value is None or self.hash_id(issue.value) != ids[issue.name]:
                    return
            elif issue.value is None or self._may_be_session(issue.name, issue.value):
                return
        self._routines.learn(alike, exchange, carried, found)

    def _tell(self, exchange: Exchange) -> list[Told]:
        host = self._knowledge.of(exchange.host)
        if exchange.answered > self._latest:
            self._latest = exchange.answered
        issues = issues_of(exchange.seen) if exchange.seen else {}
        told = self._leave_jar(exchange, issues) if exchange.seen else []
        carried, dead = self._carried(exchange, host)
        self._redirected_ids(exchange, issues)
        refusal = self._refusal(exchange, host)
        is_login = exchange.sends and not looks_like_logout(exchange.path) and exchange.has_password()
        if is_login:
            self._note_login(exchange, host)
        now = _Now(exchange, host, issues, refusal, is_login, _login_worked(exchange, refusal, is_login))
        for session in carried:
            told += self._use(session, now)
        for session in dead:
            told += self._use_dead(session, now)
        if exchange.proves_absence:
            told += self._miss_adopted(now, carried)
        if issues:
            told += self._issue(now, carried, dead)
        if not carried and refusal is None and exchange.status < 300 and not is_login:
            host.note_public(page(exchange.path))
        self._checks.exchange(exchange, carried, issues)
        return told

    def _leave_jar(self, exchange: Exchange, issues: dict[bytes, Issue]) -> list[Told]:
        """Sessions whose cookie left the client's jar."""
        told = []
        for seen in exchange.seen:
            if type(seen) is not Event or seen.cookie is None or seen.event is not EventKind.REMOVED:
                continue
            ended = ENDED_BY_JAR.get(seen.reason or "")
            if ended is None:
                continue
            session = self._of_event(seen)
            if session is not None:
                cause, sentence = ended
                by = f" It made room for {seen.by}." if seen.by and cause is EndCause.EVICTED else ""
                told.append(self._end(session, Ending(cause, sentence + by), seen.time, seen.flow_id))
        return told

    def _of_event(self, seen: Event) -> Session | None:
        """The session whose cookie this is about: of several the one used longest ago."""
        named = self._shelf.of_name(seen.client, seen.cookie or b"")
        own = [session for session in named if seen.host in (session.domain, session.host)]
        return min(own, key=lambda session: session.last_seen, default=None)

    def _carried(self, exchange: Exchange, host: HostKnowledge) -> tuple[list[Session], list[Session]]:
        """The sessions whose ids came with the request: those that go on, and those that are over."""
        carried: list[Session] = []
        dead: list[Session] = []
        for name, value in exchange.pairs:
            if self._may_be_session(name, value):
                self._find(exchange, name, value, False, carried, dead)
        if may_have_id(exchange.target):
            for name, value in ids_in(exchange.target):
                self._find(exchange, url_name(name), value, True, carried, dead)
        return carried, dead

    def _may_be_session(self, name: bytes, value: bytes) -> bool:
        kind = names.kind_of(name)
        if kind is names.Kind.KNOWN:
            return len(value) >= 4
        return self._settings.is_named(name) or (kind is names.Kind.UNSURE and names.recognise(name, value).points > 0)

    def _recognise(self, name: bytes, value: bytes) -> names.Recognition:
        found = names.recognise(name, value)
        if not found.is_enough and self._settings.is_named(name):
            return names.Recognition(names.POINTS_KNOWN, ("named in rules.yaml",))
        return found

    def _find(
        self, exchange: Exchange, name: bytes, value: bytes, in_url: bool, carried: list[Session], dead: list[Session]
    ) -> None:
        key = Key(exchange.client, exchange.site, name, self.hash_id(value))
        session = self._shelf.get(key)
        if session is None:
            buried = self._shelf.dead(key)
            if buried is not None:
                dead.append(buried)
                return
            session = self._adopt(exchange, key, value)
        if in_url and not session.in_url:
            session.in_url = True
        if session not in carried:
            carried.append(session)

    def _adopt(self, exchange: Exchange, key: Key, value: bytes) -> Session:
        """An id that nobody saw being set: begun at its first use."""
        recognition = self._recognise(key.name, value)
        known = self._knowledge.of(exchange.host).cookie(key.name)
        session = Session(key, exchange.host, exchange.asked, exchange.flow_id, recognition, known)
        session.adopted = True
        session.policy = self._settings.policies.of(exchange.host)
        self._checks.presented(exchange, session)
        self._own(session, was_set=False)
        self._shelf.add(session)
        self._mark(session)
        return session

    def _own(self, session: Session, was_set: bool) -> None:
        key = session.key
        if self._shelf.owner(key.id) is None:
            self._shelf.own(key.id, Owner(key.client, key.site, session.host, key.name, session.start_flow, was_set))

    def _redirected_ids(self, exchange: Exchange, issues: dict[bytes, Issue]) -> None:
        """Ids that the server puts into the URL of a redirect are issued by it."""
        if not exchange.location or not may_have_id(exchange.location):
            return
        for name, value in ids_in(exchange.location):
            issues.setdefault(url_name(name), Issue(url_name(name), value, None, False, True))

    # -- what the server did -------------------------------------------------------------------------------------------

    def _refusal(self, exchange: Exchange, host: HostKnowledge) -> str | None:
        """How the server showed that it does not know the client, in words; None if it did not."""
        if exchange.status in REFUSING:
            return f"Refused with {exchange.status}"
        if not exchange.is_redirect:
            return None
        there, path = path_led_to(exchange.location, exchange.host, exchange.path)
        if path == exchange.path and there == exchange.host:
            return None
        elsewhere = there != exchange.host
        is_login = self._knowledge.of(there).is_login(path) if elsewhere else host.is_login(path)
        if not is_login and not looks_like_login(path):
            return None
        if host.is_login(exchange.path) or looks_like_login(exchange.path) or looks_like_logout(exchange.path):
            return None
        return "Redirected to the login page"

    def _note_login(self, exchange: Exchange, host: HostKnowledge) -> None:
        """Where logins are posted to, and from."""
        host.note_login(exchange.path)
        if exchange.referer:
            there, path = path_led_to(exchange.referer, exchange.host, exchange.path)
            if there == exchange.host and path != b"/":
                host.note_login(path)

    def _use(self, session: Session, now: "_Now") -> list[Told]:
        """A request with a session that goes on."""
        exchange = now.exchange
        known = session.known
        issue = now.issues.get(session.key.name)
        if exchange.asked < session.started:
            return []
        if issue is not None and issue.value is not None and self.hash_id(issue.value) != session.key.id:
            return self._replaced(session, now, issue, known)
        if issue is not None and issue.value is None and issue.deletes:
            return self._deleted(session, now, issue, known)
        if now.refusal is not None and not now.is_login:
            if session.inherited and session.requests < NEW_REQUESTS:
                return self._was_lost(session, now, known)
            if session.logged_in or page(exchange.path) in session.paths:
                return [self._end_dead(session, now, known, now.refusal)]
        self._served(session, now, issue, known)
        return []

    def _served(self, session: Session, now: "_Now", issue: Issue | None, known: CookieKnowledge) -> None:
        """The server took the id for good, or at least did not say otherwise."""
        exchange, host = now.exchange, now.host
        number = page(exchange.path)
        gap = gap_before(session, exchange.asked) if exchange.asked > session.last_seen else 0.0
        is_proof = exchange.is_good and not (
            session.logged_in
            and (host.is_public(number) or host.is_login(exchange.path) or looks_like_login(exchange.path))
        )
        if session.requests or gap:
            self._survive(session, max(gap, session.pending_gap) if is_proof else gap, is_proof, known, exchange.asked)
        session.requests += 1
        session.used = True
        session.last_seen = max(session.last_seen, exchange.asked)
        session.answered = max(session.answered, exchange.answered)
        if exchange.status < 300 and exchange.is_page and now.refusal is None:
            self._note_page(session, now, number)
        self._note_login_of(session, now, is_proof)
        self._note_renewal(session, issue, exchange)
        if (
            looks_like_logout(exchange.path)
            and exchange.is_good
            and session.requests > 1
            and session.tells_logout is None
        ):
            session.tells_logout = (exchange.answered, exchange.flow_id)
            self._checks.logout_incomplete(exchange, session)
        self._shelf.touch(session)
        self._mark(session)

    def _note_page(self, session: Session, now: "_Now", number: int) -> None:
        """A page that worked with it, and that anybody may see if it is not logged in."""
        path = now.exchange.path
        is_login = now.host.is_login(path) or looks_like_login(path)
        if number not in session.paths and len(session.paths) < MOST_PATHS and not is_login:
            session.paths.add(number)
        if not session.logged_in:
            now.host.note_public(number)

    def _survive(self, session: Session, gap: float, is_proof: bool, known: CookieKnowledge, asked: float) -> None:
        if not is_proof:
            session.pending_gap = max(session.pending_gap, gap)
            return
        session.pending_gap = 0.0
        session.proven = max(session.proven, asked)
        session.longest_gap = max(session.longest_gap, gap)
        known.survived(gap, session.proven - session.started)
        if session.inherited and gap >= 0 and session.requests >= NEW_REQUESTS:
            session.inherited = False

    def _note_login_of(self, session: Session, now: "_Now", is_proof: bool) -> None:
        """A login with an id that stays what it was (R27, ASVS 7.2.4)."""
        exchange = now.exchange
        if now.is_login:
            if session.logged_in and not looks_like_login(exchange.path):
                return  # a password that is changed, or asked for once more
            if now.login_worked is True:
                self._logged_in(session, exchange)
            elif now.login_worked is None:
                session.pending_login = (exchange.answered, exchange.flow_id)
        elif session.pending_login is not None and is_proof and exchange.is_page and not self._is_login_page(now):
            session.pending_login = None
            if exchange.status < 300:
                self._logged_in(session, exchange)

    def _is_login_page(self, now: "_Now") -> bool:
        path = now.exchange.path
        return now.host.is_login(path) or looks_like_login(path) or now.refusal is not None

    def _logged_in(self, session: Session, exchange: Exchange) -> None:
        session.logged_in, session.pending_login = True, None
        session.recognition = session.recognition.and_also(names.POINTS_LOGIN, "used at a login")
        self._checks.not_rotated(exchange, session)

    def _note_renewal(self, session: Session, issue: Issue | None, exchange: Exchange) -> None:
        """Whether the cookie's end was pushed out."""
        if issue is not None and issue.value is not None and issue.seen is not None and issue.hits:
            session.renewed(exchange.asked, issue.seen.expiry)
        else:
            session.not_renewed(exchange.asked)

    # -- ends ----------------------------------------------------------------------------------------------------------

    def _replaced(self, session: Session, now: "_Now", issue: Issue, known: CookieKnowledge) -> list[Told]:
        """The server issued another id in answer to this one."""
        exchange = now.exchange
        assert issue.value is not None
        new_id = self.hash_id(issue.value)
        session.rotated_to = new_id
        if looks_like_logout(exchange.path):
            return [self._end(session, self._logout(session, exchange), exchange.answered, exchange.flow_id)]
        if now.is_login:
            session.requests += 1
            session.last_seen = max(session.last_seen, exchange.asked)
            ending = Ending(EndCause.ROTATED, "A new id was issued at the login.")
            return [self._end(session, ending, exchange.answered, exchange.flow_id, Change.ROTATED)]
        gap = gap_before(session, exchange.asked)
        was_good = session.logged_in or page(exchange.path) in session.paths
        if now.refusal is not None and was_good:
            return [self._end_dead(session, now, known, f"{now.refusal} and replaced")]
        ending = of_dead(session, exchange.asked, known, "Replaced")
        rotates = known.rotations >= 2 and exchange.is_good and now.refusal is None
        if ending.gap is not None and not rotates and session.tells_logout is None:
            return [self._end_dead(session, now, known, "Replaced by a new id")]
        if session.tells_logout is not None:
            return [self._end(session, self._logout(session, exchange), exchange.answered, exchange.flow_id)]
        if ending.age is not None and now.refusal is None and not rotates and session.policy is not None:
            return [self._end_dead(session, now, known, "Replaced by a new id")]
        session.requests += 1
        session.last_seen = max(session.last_seen, exchange.asked)
        self._survive(session, gap, True, known, exchange.asked)
        known.rotations += 1
        rotated = Ending(EndCause.ROTATED, "A new id took over while it was in use.")
        return [self._end(session, rotated, exchange.answered, exchange.flow_id, Change.ROTATED)]

    def _deleted(self, session: Session, now: "_Now", issue: Issue, known: CookieKnowledge) -> list[Told]:
        """The server deleted the cookie: a logout, or the end of an id that it does not know any more."""
        exchange = now.exchange
        if not issue.hits and not session.adopted:
            self._checks.deletion_misses(exchange, session.key.name)
        ending = of_dead(session, exchange.asked, known, "Deleted by the server")
        is_asked_for = looks_like_logout(exchange.path) or exchange.sends or session.tells_logout is not None
        if ending.cause is EndCause.TIMED_OUT and not is_asked_for:
            return [self._end_dead(session, now, known, "Deleted by the server")]
        session.requests += 1
        session.used = True
        session.last_seen = max(session.last_seen, exchange.asked)
        return [self._end(session, self._logout(session, exchange), exchange.answered, exchange.flow_id)]

    def _logout(self, session: Session, exchange: Exchange) -> Ending:
        return Ending(EndCause.LOGOUT, f"The server ended it at {exchange.method} {shown(exchange.path)}.")

    def _end_dead(self, session: Session, now: "_Now", known: CookieKnowledge, how: str) -> Told:
        """The server showed that it did not know the id any more."""
        exchange = now.exchange
        if session.tells_logout is not None:
            ending = Ending(EndCause.LOGOUT, f"{how} after a logout that had left the cookie.")
            return self._end(session, ending, exchange.answered, exchange.flow_id)
        ending = of_dead(session, exchange.asked, known, how)
        if ending.gap is not None:
            known.died(ending.gap)
        age = exchange.asked - session.started
        if ending.age is not None:
            self._lose_with_others(session, age, known)
        elif ending.cause is EndCause.LOST:
            known.lost(session.proven - session.started, age, session)
        told = self._end(session, ending, exchange.answered, exchange.flow_id)
        self._checks.died(exchange, session, ending)
        return told

    def _lose_with_others(self, session: Session, age: float, known: CookieKnowledge) -> None:
        """What seemed lost had come of age, as others of its cookie did."""
        own_low = session.proven - session.started
        for low, high, other in known.losses:
            is_lost = other is not session and other.end_cause is EndCause.LOST
            if is_lost and max(low, own_low) < min(high, age):
                sentence = f"Refused or replaced at the age of {span(high)}, as others were, although it was in use."
                other.end(EndCause.TIMED_OUT, other.ended or 0.0, other.end_flow, sentence)
                other.killing_age = high
                self._checks.not_lost(other)
                self._mark(other)
        known.lost(own_low, age, session)

    def _was_lost(self, session: Session, now: "_Now", known: CookieKnowledge) -> list[Told]:
        """An id that seemed to take over knows nobody: the one before was lost."""
        session.inherited = session.logged_in = False
        exchange = now.exchange
        before = None
        if session.rotated_from is not None:
            before = self._shelf.dead(session.key._replace(id=session.rotated_from))
        self._served(session, now, None, known)
        if before is None or before.end_cause is not EndCause.ROTATED:
            return []
        assert before.ended is not None
        ending = of_dead(before, before.ended, known, "Replaced by an id that was refused")
        known.rotations = max(0, known.rotations - 1)
        before.end(ending.cause, before.ended, before.end_flow, ending.sentence)
        before.killing_gap, before.killing_age = ending.gap, ending.age
        self._checks.died(exchange, before, ending)
        self._mark(before)
        return [Told(Change.ENDED, before.seen())] if before.is_listed else []

    def _end(
        self, session: Session, ending: Ending, time: float | None, flow_id: str | None, change: Change = Change.ENDED
    ) -> Told:
        session.end(ending.cause, session.last_seen if time is None else time, flow_id, ending.sentence)
        session.killing_gap, session.killing_age = ending.gap, ending.age
        self._shelf.bury(session)
        self._mark(session)
        return Told(change, session.seen())

    def _miss_adopted(self, now: "_Now", carried: Sequence[Session]) -> list[Told]:
        """Sessions of unknown scope that came with this page before, and now do not: the jar cannot miss their cookies."""
        exchange = now.exchange
        names_carried = {session.key.name for session in carried}
        number = page(exchange.path)
        return [
            self._end(session, Ending(*ENDED_BY_JAR[RemovalCause.GONE.value]), exchange.asked, exchange.flow_id)
            for name in now.host.cookie_names
            if name not in names_carried
            for session in self._shelf.of_name(exchange.client, name)
            if session.adopted and session.host == exchange.host and not session.in_url
            if number in session.paths and session.last_seen < exchange.asked
        ]

    # -- ids that are over ---------------------------------------------------------------------------------------------

    def _use_dead(self, session: Session, now: "_Now") -> list[Told]:
        """A request with an id whose session is over."""
        exchange = now.exchange
        assert session.ended is not None
        if exchange.asked <= session.ended and session.end_cause not in (EndCause.EXPIRED, EndCause.EVICTED):
            return []  # on its way before the client could know
        issue = now.issues.get(session.key.name)
        replaced = issue is not None and (issue.value is None or self.hash_id(issue.value) != session.key.id)
        if session.end_cause in (EndCause.CLOSED, EndCause.EXPIRED, EndCause.EVICTED):
            return self._use_gone(session, now, replaced)
        if now.is_login and now.login_worked is True and not replaced and issue is None:
            begun = self._begin_again(session, exchange)
            self._logged_in(begun, exchange)
            return [Told(Change.BEGAN, begun.seen())] if begun.is_listed else []
        number = page(exchange.path)
        worked = exchange.status < 300 and now.refusal is None and not replaced and number in session.paths
        if worked and not now.host.is_public(number) and session.end_cause is EndCause.LOGOUT:
            self._checks.alive_after_logout(exchange, session)
        return []

    def _use_gone(self, session: Session, now: "_Now", replaced: bool) -> list[Told]:
        """The client should not have it any more, and sends it all the same."""
        exchange = now.exchange
        known = session.known
        if now.refusal is None and not replaced:
            session.ended, session.end_cause, session.end_sentence, session.end_flow = None, EndCause.OPEN, None, None
            session.expiry = None
            self._shelf.revive(session)
            self._served(session, now, now.issues.get(session.key.name), known)
            return []
        if session.killing_gap is None:
            ending = of_dead(session, exchange.asked, known, "")
            if ending.gap is not None:
                session.killing_gap = ending.gap
                known.died(ending.gap)
                self._mark(session)
        return []

    # -- ids that are issued -------------------------------------------------------------------------------------------

    def _issue(self, now: "_Now", carried: Sequence[Session], dead: Sequence[Session]) -> list[Told]:
        """What the response sets."""
        told: list[Told] = []
        for issue in now.issues.values():
            if issue.value is None:
                told += self._delete_unsent(now, issue, carried)
            elif self._may_be_session(issue.name, issue.value):
                told += self._set(now, issue, issue.value, carried, dead)
        return told

    def _delete_unsent(self, now: "_Now", issue: Issue, carried: Sequence[Session]) -> list[Told]:
        """A cookie is deleted that the request did not carry."""
        exchange, seen = now.exchange, issue.seen
        if seen is None or not issue.deletes or any(session.key.name == issue.name for session in carried):
            return []
        if not issue.hits:
            self._checks.deletion_of_unsent(exchange, issue.name)
            return []
        if seen.old_value is None:
            return []
        session = self._shelf.get(Key(exchange.client, exchange.site, issue.name, self.hash_id(seen.old_value)))
        if session is None:
            return []
        return [self._end(session, self._logout(session, exchange), exchange.answered, exchange.flow_id)]

    def _set(
        self, now: "_Now", issue: Issue, value: bytes, carried: Sequence[Session], dead: Sequence[Session]
    ) -> list[Told]:
        exchange = now.exchange
        key = Key(exchange.client, exchange.site, issue.name, self.hash_id(value))
        there = self._shelf.get(key)
        if there is not None:
            if there not in carried and issue.seen is not None and issue.hits:
                there.expiry = issue.seen.expiry
                self._mark(there)
            self._checks.set_cookie(exchange, there, issue, value)
            return []
        buried = self._shelf.dead(key)
        if not issue.hits:
            self._checks.refused(exchange, issue)
            return []
        told = self._end_overwritten(now, issue, key, carried)
        before = next((each for each in carried if each.key.name == issue.name), None)
        session = self._begin(exchange, key, value, issue, before, now)
        if buried is not None and _rises(buried, exchange):
            self._checks.resurrection(exchange, buried)
        if now.is_login and now.login_worked is True:
            session.logged_in, session.inherited = True, False
            session.recognition = session.recognition.and_also(names.POINTS_LOGIN, "set at a login")
        elif now.is_login and now.login_worked is None:
            session.pending_login = (exchange.answered, exchange.flow_id)
        self._checks.begun(exchange, session, issue, value, before is None)
        if session.is_listed:
            told.append(Told(Change.BEGAN, session.seen()))
        return told

    def _end_overwritten(self, now: "_Now", issue: Issue, key: Key, carried: Sequence[Session]) -> list[Told]:
        """The client's cookie of that name held another id, which it did not send."""
        exchange, seen = now.exchange, issue.seen
        if seen is None or seen.old_value is None:
            return []
        old = self._shelf.get(key._replace(id=self.hash_id(seen.old_value)))
        if old is None or old in carried:
            return []
        old.rotated_to = key.id
        if exchange.asked < old.started:
            ending = Ending(
                EndCause.ROTATED, "Another id was issued in answer to a request that had been sent before it came."
            )
            return [self._end(old, ending, exchange.answered, exchange.flow_id, Change.ROTATED)]
        ending = Ending(EndCause.CLOSED, "The client came without it, and got another id.")
        return [self._end(old, ending, exchange.asked, exchange.flow_id)]

    def _begin(
        self, exchange: Exchange, key: Key, value: bytes, issue: Issue, before: Session | None, now: "_Now"
    ) -> Session:
        known = now.host.cookie(key.name)
        recognition = self._recognise(key.name, value)
        session = Session(key, exchange.host, exchange.answered, exchange.flow_id, recognition, known)
        session.policy = self._settings.policies.of(exchange.host)
        session.in_url = issue.seen is None
        seen = issue.seen
        if seen is not None:
            said = self._checks.said(seen)
            session.domain = said.domain or exchange.host
            session.path = said.path
            now.host.has_paths |= said.path is not None and said.path != b"/"
            session.expiry = seen.expiry
            session.recognition = names.as_set(session.recognition, said.http_only, said.is_persistent, now.is_login)
        if before is not None:
            session.rotated_from = before.key.id
            if before.end_cause is EndCause.ROTATED and before.logged_in:
                session.logged_in = session.inherited = True
        known.owned(key.client, key.id)
        if known.differs:
            session.recognition = session.recognition.and_also(1, "differs between clients")
        self._own(session, was_set=True)
        self._shelf.add(session)
        if seen is not None and seen.passed is not None and seen.passed is not seen.field:
            passed_name = seen.passed.partition(b";")[0].partition(b"=")[0].strip()
            if passed_name != key.name:
                self._shelf.rename(session, passed_name)
        self._mark(session)
        return session

    def _begin_again(self, dead: Session, exchange: Exchange) -> Session:
        """The server took an id that was over for a new session."""
        session = Session(dead.key, dead.host, exchange.answered, exchange.flow_id, dead.recognition, dead.known)
        session.policy, session.domain, session.path, session.expiry = dead.policy, dead.domain, dead.path, dead.expiry
        session.alias = dead.alias
        self._shelf.add(session)
        self._mark(session)
        return session

    def _mark(self, session: Session) -> None:
        self._changed[session] = None


class _Now(NamedTuple):
    """What was made out of one exchange."""

    exchange: Exchange
    host: HostKnowledge
    issues: dict[bytes, Issue]
    refusal: str | None
    is_login: bool
    login_worked: bool | None
    """None if the response does not say."""


def _rises(dead: Session, exchange: Exchange) -> bool:
    """True if the request was on its way when the session ended, and its response sets the id again."""
    if dead.ended is None or dead.end_cause not in (EndCause.LOGOUT, EndCause.ROTATED):
        return False
    return exchange.asked < dead.ended <= exchange.answered


def _login_worked(exchange: Exchange, refusal: str | None, is_login: bool) -> bool | None:
    """Whether a login succeeded: by a redirect to elsewhere or a program's answer; a page says nothing for sure."""
    if not is_login:
        return False
    if not exchange.is_good or exchange.status in REFUSING:
        return False
    if exchange.is_redirect:
        there, path = path_led_to(exchange.location, exchange.host, exchange.path)
        return not (there == exchange.host and (path == exchange.path or looks_like_login(path)))
    return True if exchange.is_json or exchange.status == 204 else None


def url_name(name: bytes) -> bytes:
    """The name of the cookie that a parameter stands for."""
    lowered = name.lower()
    return lowered.upper() if lowered in (b"jsessionid", b"phpsessid") else name


def shown(path: bytes) -> str:
    """A path for people, without ids and in a line."""
    return path.partition(b";")[0][:80].decode("latin-1")
