"""What is wrong with how a site manages its sessions, told from single exchanges and from what the tracker makes of them.

Each check says what it saw in words, never with a value. What a finding is called, how bad it is and what to do about it stands in
`catalogue`. Logins, logouts and ends are judged here; what is asked of every exchange by `cookie_checks` (cookies by themselves),
`id_checks` (where ids go), `return_checks` (what does not come back) and `limit_checks` (what is too much).
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from ..core.events import EndCause, Event, EventKind, Proof, SetCookieSeen
from ..core.outcome import CookielessReason, IgnoreReason
from ..core.recent import remember
from .catalogue import Severity
from .cookie_checks import CookieChecks, missed_by
from .endings import Ending, span
from .exchanges import Exchange, Issue
from .findings import Findings, where_of
from .id_checks import IdChecks
from .knowledge import Knowledge
from .likely_sessions import is_of_another_kind, is_session, stands_back
from .limit_checks import LimitChecks
from .logins import is_logout_for_sure, looks_private, looks_public
from .return_checks import ReturnChecks
from .routine import page_of
from .said import Said, said_by
from .samples_kept import SamplesKept
from .session import Key, Session
from .shelf import Shelf

OUTLIVES_SECONDS = 86_400.0
"""A cookie that lives on for less after its session is none worth a word."""
AT_LOGIN_SECONDS = 300.0
"""An id that was issued in answer to something sent so long before belongs to the login that shows now."""
MOST_CLIENTS = 5_000


class Checks:
    """The checks of one tracker; what they find goes into `findings`."""

    def __init__(
        self,
        findings: Findings,
        knowledge: Knowledge,
        shelf: Shelf,
        hash_id: Callable[[bytes], str],
        site_of: Callable[[str], str],
    ) -> None:
        self._findings = findings
        self._shelf = shelf
        self._hash_id = hash_id
        self._cookies = CookieChecks(findings, knowledge)
        self._ids = IdChecks(findings, shelf, hash_id, site_of)
        self._returns = ReturnChecks(findings)
        self._limits = LimitChecks(findings, shelf)
        self._samples = SamplesKept(findings)
        self._issued: OrderedDict[tuple[str, str], float] = OrderedDict()
        """By client and host: when something that was sent was answered with a session's id."""

    @staticmethod
    def said(seen: SetCookieSeen) -> Said:
        """What the field says that reached the browser; the application's own if none did."""
        return said_by(seen.field if seen.passed is None else seen.passed)

    def awaits(self, client: object, host: object) -> bool:
        """True if a client has cookies of a host that have not come back yet: each of its requests may tell."""
        return self._returns.awaits(client, host)

    # -- every exchange ------------------------------------------------------------------------------------------------

    def exchange(self, exchange: Exchange, carried: Sequence[Session], issues: Mapping[bytes, Issue]) -> None:
        """What can be wrong with any exchange."""
        sessions = {session.key.name for session in carried if session.is_listed} if carried else NO_NAMES
        if carried:
            self._carried(exchange, carried)
        self._cookies.exchange(exchange, sessions)
        self._returns.exchange(exchange)
        self._ids.exchange(exchange, carried, issues)
        for seen in exchange.seen:
            kind = type(seen)
            if kind is SetCookieSeen:
                self._returns.set_cookie(seen)  # type: ignore[arg-type]  # the type was just asked for
            elif kind is Event:
                self._event(exchange, seen)  # type: ignore[arg-type]  # likewise
        if issues:
            self._cookies.deletions(exchange, issues, sessions)
        if exchange.crowd is not None:
            self._limits.crowd(exchange, exchange.crowd)

    def _carried(self, exchange: Exchange, carried: Sequence[Session]) -> None:
        for session in carried:
            if exchange.scheme == "http" and session.is_listed and not session.in_url:
                said = "The session's cookie was sent over plain http."
                self._findings.note("plain-http", where_of(exchange), session.key.name, said)
            if session.tells_logout is not None and session.end_cause is EndCause.LOGOUT:
                self._logged_out_after_all(exchange, session)
            if session.adopted and session.started == exchange.asked and session.is_open:
                self._used_by_another(exchange, session)

    def _event(self, exchange: Exchange, event: Event) -> None:
        match event.event:
            case EventKind.MISSING:
                self._returns.missing(where_of(exchange), event)
            case EventKind.HEADER_SIZE:
                self._limits.header_size(exchange, event)
            case EventKind.CLOCK_SKEW:
                self._cookies.skew(exchange, event)
            case EventKind.COOKIELESS if event.reason == CookielessReason.FOREIGN.value:
                said = f"{event.sentence or FOREIGN} The client got nothing of it."
                self._findings.note("shared-id", where_of(exchange), None, said, Severity.MEDIUM)

    # -- ids that begin ------------------------------------------------------------------------------------------------

    def presented(self, exchange: Exchange, session: Session) -> None:
        """A client came with an id that was not seen being set for it."""
        self._ids.presented(exchange, session)

    def begun(self, exchange: Exchange, session: Session, issue: Issue, value: bytes, is_unasked: bool) -> None:
        """A server issued an id that is new to this client."""
        self.set_cookie(exchange, session, issue, value)
        self._ids.issued(exchange, session)
        if not session.is_listed:
            return
        self._ids.set_from_query(exchange, session, value)
        self._samples.issued(where_of(exchange), session.key.name, value)
        if exchange.sends and not is_of_another_kind(session.key.name):
            remember(self._issued, (exchange.client, exchange.host), exchange.answered, MOST_CLIENTS)
        if is_unasked and session.key.name not in dict(exchange.pairs):
            self._returns.issued(exchange, issue, None if issue.seen is None else self.said(issue.seen))

    def refused(self, exchange: Exchange, issue: Issue) -> None:
        """A server issued an id that the browser does not take."""
        seen = issue.seen
        if seen is None or seen.reason == IgnoreReason.NO_CREDENTIALS.value or issue.name in dict(exchange.pairs):
            return
        if not is_session(seen):
            return
        self._returns.refused(exchange, issue)
        if seen.reason == IgnoreReason.OVERWRITES_SECURE.value:
            said = "A session's cookie was set over plain http, where the browser has one of https."
            self._findings.note("plain-http", where_of(exchange), issue.name, said)

    def set_cookie(self, exchange: Exchange, session: Session, issue: Issue, value: bytes) -> None:
        """A session's cookie was set, for the first time or again."""
        if issue.seen is None or not session.is_listed:
            return
        if issue.seen.passed is not None:
            self._cookies.session_set(exchange, issue.seen, self.said(issue.seen))
        if issue.hits:
            self._ids.set_from_url(exchange, session)

    # -- logins --------------------------------------------------------------------------------------------------------

    def not_rotated(self, exchange: Exchange, session: Session) -> None:
        """A login succeeded, and this id stayed what it was."""
        if not session.is_listed:
            return
        name = session.key.name
        if session.adopted:
            is_planted = self._ids.is_planted(session)
            said = "An id that no server was seen issuing to the client was good for a login, and stayed what it was."
            severity = Severity.HIGH if is_planted else Severity.MEDIUM
            self._findings.note("fixation", where_of(exchange), name, said, severity)
        said = f"The id stayed the same through the login at {_shown(exchange.path)}."
        self._findings.note("not-rotated", where_of(exchange), name, said)

    def brought_another(self, exchange: Exchange, session: Session) -> bool:
        """True if a login, of which perhaps only a later page tells, was one of another cookie: that is the one."""
        if stands_back(exchange, session):
            return True
        came = dict(exchange.pairs)
        for seen in exchange.seen:
            if type(seen) is SetCookieSeen and seen.event in (EventKind.STORED, EventKind.REPLACED):
                is_new = seen.name != session.key.name and came.get(seen.name) != seen.value
                if is_new and is_session(seen) and not is_of_another_kind(seen.name):
                    return True
        issued = self._issued.get((exchange.client, exchange.host))
        return issued is not None and session.started < issued and exchange.asked - issued < AT_LOGIN_SECONDS

    # -- logouts -------------------------------------------------------------------------------------------------------

    def logout_incomplete(self, exchange: Exchange, session: Session) -> None:
        """A logout left the cookie where it was: unless it took another session's, that is wrong."""
        if not session.is_listed:
            return
        name = session.key.name
        if not self._took_another(exchange, session) and missed_by(exchange, name) is None:
            said = f"{exchange.method} {_shown(exchange.path)} neither deleted nor replaced the cookie."
            self._findings.note("logout-incomplete", where_of(exchange), name, said)

    def _took_another(self, exchange: Exchange, session: Session) -> bool:
        """True if a logout deleted or replaced the cookie of another session that came with it, or was to do so."""
        if stands_back(exchange, session):
            return True
        came = {name: value for name, value in exchange.pairs if name != session.key.name}
        for seen in exchange.seen:
            if type(seen) is not SetCookieSeen or seen.name not in came or came[seen.name] == seen.value:
                continue
            if seen.event is EventKind.IGNORED or is_of_another_kind(seen.name):
                continue
            key = Key(exchange.client, exchange.site, seen.name, self._hash_id(came[seen.name]))
            other = self._shelf.get(key) or self._shelf.dead(key)
            if other is not None and other.is_listed:
                return True
        return False

    def _logged_out_after_all(self, exchange: Exchange, session: Session) -> None:
        """What seemed to leave the cookie only asked whether to log out, or was the first of two steps."""
        if session.tells_logout is None:
            return
        time, flow_id = session.tells_logout
        if is_logout_for_sure(exchange.target, exchange.method) and exchange.answered > time:
            name = session.key.name
            self._findings.take_back("logout-incomplete", session.host, name, exchange.client, flow_id)

    def alive_after_logout(
        self, exchange: Exchange, session: Session, ended: float, flow_id: str | None, is_protected: bool = False
    ) -> bool:
        """An id that was logged out opened a page for which it was good before; True if the page is not for everybody.

        Where the logout left the cookie, the client sends it with all that it asks for, and what is for everybody tells nothing.
        """
        if not session.is_listed or stands_back(exchange, session):
            return False
        if session.is_open and not is_protected and looks_public(exchange.path):
            return False
        said = f"The id of a session that was logged out {span(exchange.asked - ended)} before (flow {flow_id}) was still good."
        logout = Proof(flow_id, ended, "The logout.")
        self._findings.note("alive-after-logout", where_of(exchange), session.key.name, said, before=logout)
        return True

    def _used_by_another(self, exchange: Exchange, session: Session) -> None:
        """Another client's id was taken: if that one had logged out, it should not have been."""
        theirs = self._ids.theirs(session)
        if theirs is None or theirs.end_cause is not EndCause.LOGOUT or theirs.ended is None:
            return
        page = page_of(exchange.target)
        is_guarded = looks_private(exchange.path) or (theirs.logged_in and page.number in theirs.paths)
        if exchange.status < 300 and theirs.ended < exchange.asked and is_guarded:
            self.alive_after_logout(exchange, session, theirs.ended, theirs.end_flow, is_protected=True)

    def resurrection(self, exchange: Exchange, session: Session) -> None:
        """A late response set an id again that was over."""
        if not session.is_listed:
            return
        how = "logged out" if session.end_cause is EndCause.LOGOUT else "replaced"
        said = f"The response to a request that began before the id was {how} (flow {session.end_flow}) set it again."
        end = Proof(session.end_flow, session.ended or exchange.answered, f"The id was {how}.")
        self._findings.note("resurrection", where_of(exchange), session.key.name, said, before=end)

    def deletion_misses(self, exchange: Exchange, name: bytes) -> None:
        """A deletion for another Domain or Path than the cookie's."""
        self._cookies.deletion(exchange, name)

    def deletion_of_unsent(self, exchange: Exchange, name: bytes) -> None:
        """A deletion that hit nothing, and the request had no such cookie: it misses if the client has one all the same."""
        for session in self._shelf.of_name(exchange.client, name):
            if session.host == exchange.host and not session.adopted and session.is_listed:
                self._cookies.deletion_of_unsent(exchange, name, session.path)
                return

    # -- ends ----------------------------------------------------------------------------------------------------------

    def evicted(self, session: Session, event: Event) -> None:
        """The browser's limit threw a session's cookie out."""
        self._limits.evicted(session, event)

    def died(self, exchange: Exchange, session: Session, ending: Ending) -> None:
        """A session was found dead."""
        if not session.is_listed:
            return
        name = session.key.name
        if ending.cause is EndCause.LOST and session.requests >= 2:
            self._findings.note("collected-while-active", where_of(exchange), name, ending.sentence)
        if session.expiry is not None and session.expiry - exchange.answered > OUTLIVES_SECONDS:
            said = f"The cookie lives for another {span(session.expiry - exchange.answered)}."
            self._findings.note("cookie-outlives-session", where_of(exchange), name, said)

    def not_lost(self, session: Session) -> None:
        """A session that seemed lost had come of age."""
        self._findings.withdraw("collected-while-active", session.host, session.key.name)


NO_NAMES: set[bytes] = set()
FOREIGN = "An id in the URL belongs to another client."


def _shown(path: bytes) -> str:
    return path.partition(b";")[0][:80].decode("latin-1")
