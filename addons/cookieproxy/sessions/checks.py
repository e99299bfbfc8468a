"""What is wrong with how a site manages its sessions, told from single exchanges and from what the tracker makes of them.

Each check says what it saw in words, never with a value. What a finding is called, how bad it is and what to do about it stands in
`catalogue`. What is wrong with cookies by themselves is judged in `cookie_checks`.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from ..core.events import EndCause, SetCookieSeen
from ..core.outcome import IgnoreReason
from ..core.paths import path_match
from ..core.recent import remember
from .cookie_checks import CookieChecks
from .endings import Ending, span
from .exchanges import Exchange, Issue
from .findings import Findings, Where
from .said import Said, said_by
from .samples_kept import SamplesKept
from .session import Session
from .shelf import Owner, Shelf
from .urls import ids_in, may_have_id

CHURN = 3
"""Ids issued one after the other, none of which came back."""
MOST_CHURNING = 5_000
OUTLIVES_SECONDS = 86_400.0
"""A cookie that lives on for less after its session is none worth a word."""
SHORTEST_IN_URL = 8
"""Octets of a value that is looked for in the URL of its own request."""


class Checks:
    """The checks of one tracker; what they find goes into `findings`."""

    def __init__(
        self, findings: Findings, shelf: Shelf, hash_id: Callable[[bytes], str], site_of: Callable[[str], str]
    ) -> None:
        self._findings = findings
        self._shelf = shelf
        self._hash_id = hash_id
        self._site_of = site_of
        self._cookies = CookieChecks(findings)
        self._samples = SamplesKept(findings)
        self._unreturned: OrderedDict[tuple[str, str, bytes], tuple[int, float]] = OrderedDict()
        """By client, host and cookie: how many ids in a row did not come back, and when the latest was issued."""

    @staticmethod
    def said(seen: SetCookieSeen) -> Said:
        """What the field says that reached the browser; the application's own if none did."""
        return said_by(seen.field if seen.passed is None else seen.passed)

    # -- every exchange ------------------------------------------------------------------------------------------------

    def exchange(self, exchange: Exchange, carried: Sequence[Session], issues: Mapping[bytes, Issue]) -> None:
        """What can be wrong with any exchange."""
        if carried:
            self._carried(exchange, carried)
        self._cookies.exchange(exchange, {session.key.name for session in carried if session.is_listed})
        if exchange.referer and may_have_id(exchange.referer):
            self._referer(exchange)

    def _carried(self, exchange: Exchange, carried: Sequence[Session]) -> None:
        where = where_of(exchange)
        for session in carried:
            name = session.key.name
            if self._unreturned:
                self._unreturned.pop((exchange.client, exchange.host, name), None)
            if exchange.scheme == "http" and session.is_listed and not session.in_url:
                self._findings.note("plain-http", where, name, "The session's cookie was sent over plain http.")
        if may_have_id(exchange.target):
            self._in_url(exchange, where)

    def _in_url(self, exchange: Exchange, where: Where) -> None:
        """Ids in the URL in a way that is known, or because they are the value of a session's cookie of the same request."""
        known = ids_in(exchange.target)
        for found in known:
            self._findings.note("id-in-url", where, found.name, "The request's URL has the session's id in it.")
        if known:
            return
        for name, value in exchange.pairs:
            if len(value) >= SHORTEST_IN_URL and value in exchange.target and self._is_session(exchange, name, value):
                self._findings.note("id-in-url", where, name, "The value of the session's cookie is in the URL, too.")

    def _is_session(self, exchange: Exchange, name: bytes, value: bytes) -> bool:
        owner = self._shelf.owner(self._hash_id(value))
        return owner is not None and owner.name == name and owner.site == exchange.site

    def _referer(self, exchange: Exchange) -> None:
        """An id that went to another site in a Referer."""
        host = _host_of(exchange.referer)
        if not host or host == exchange.site or host.endswith(f".{exchange.site}"):
            return
        found = ids_in(exchange.referer)
        name = found[0].name if found else self._known_id_in(exchange.referer, host)
        if name is None:
            return
        where = Where(self._site_of(host), host, exchange.client, exchange.asked, exchange.flow_id)
        said = f"A request to {exchange.host} said in its Referer which page it came from, with the session's id."
        self._findings.note("id-in-referer", where, name, said)

    def _known_id_in(self, referer: bytes, host: str) -> bytes | None:
        """The name of a session of that host whose id is a parameter of the Referer."""
        query = referer.partition(b"?")[2].partition(b"#")[0]
        for parameter in query.split(b"&")[:32]:
            value = parameter.partition(b"=")[2]
            owner = self._shelf.owner(self._hash_id(value)) if len(value) >= SHORTEST_IN_URL else None
            if owner is not None and (host == owner.host or host.endswith(f".{owner.site}") or host == owner.site):
                return owner.name
        return None

    # -- ids that begin ------------------------------------------------------------------------------------------------

    def presented(self, exchange: Exchange, session: Session) -> None:
        """A client came with an id that was not seen being set for it."""
        owner = self._shelf.owner(session.key.id)
        if owner is not None and owner.client != exchange.client and session.is_listed:
            self._shared(exchange, session, owner, "was used by")

    def _shared(self, exchange: Exchange, session: Session, owner: Owner, how: str) -> None:
        first = f", first in flow {owner.flow_id}" if owner.flow_id else ""
        said = f"The id {how} {exchange.client}, and by {owner.client}{first}."
        self._findings.note("shared-id", where_of(exchange), session.key.name, said)

    def begun(self, exchange: Exchange, session: Session, issue: Issue, value: bytes, is_unasked: bool) -> None:
        """A server issued an id that is new to this client."""
        self.set_cookie(exchange, session, issue, value)
        owner = self._shelf.owner(session.key.id)
        if owner is not None and owner.client != exchange.client and session.is_listed:
            self._shared(exchange, session, owner, "was set for")
        if session.is_listed:
            self._samples.issued(where_of(exchange), session.key.name, value)
        if session.key.name in dict(exchange.pairs) or not is_unasked:
            return
        self._churn(exchange, session.key.name, self._cause_of(exchange, session, issue))

    def refused(self, exchange: Exchange, issue: Issue) -> None:
        """A server issued an id that the browser does not take."""
        seen = issue.seen
        if seen is None or seen.reason == IgnoreReason.NO_CREDENTIALS.value:
            return
        if issue.name not in dict(exchange.pairs):
            self._churn(exchange, issue.name, f"the browser refuses the cookie: {seen.sentence or seen.reason}")

    def _churn(self, exchange: Exchange, name: bytes, cause: str) -> None:
        place = (exchange.client, exchange.host, name)
        times, latest = self._unreturned.get(place, (0, 0.0))
        if exchange.asked < latest:
            return  # sent before the one before could come back
        remember(self._unreturned, place, (times + 1, exchange.answered), MOST_CHURNING)
        if times + 1 < CHURN:
            return
        said = f"{times + 1} ids were issued one after the other, and none came back. The likeliest cause: {cause}"
        self._findings.note("churn", where_of(exchange), name, said if said.endswith(".") else f"{said}.")
        self._findings.withdraw("refused-by-client", exchange.host, name, exchange.client)

    def _cause_of(self, exchange: Exchange, session: Session, issue: Issue) -> str:
        said = None if issue.seen is None else self.said(issue.seen)
        if said is None:
            return "the client does not follow the redirect"
        if said.path is not None and not path_match(exchange.path, said.path):
            return f"its Path {said.path[:60].decode('latin-1')} does not cover {exchange.path[:60].decode('latin-1')}"
        if said.secure and exchange.scheme == "http":
            return "it is Secure, and the requests go over plain http"
        if said.same_site == "none" and not said.secure:
            return "it is SameSite=None without Secure"
        return "the client refuses cookies"

    def set_cookie(self, exchange: Exchange, session: Session, issue: Issue, value: bytes) -> None:
        """A session's cookie was set, for the first time or again."""
        if issue.seen is not None and issue.seen.passed is not None and session.is_listed:
            self._cookies.session_set(exchange, issue.seen, self.said(issue.seen))

    # -- logins, logouts and ends --------------------------------------------------------------------------------------

    def not_rotated(self, exchange: Exchange, session: Session) -> None:
        """A login succeeded, and the id stayed what it was."""
        name = session.key.name
        if session.adopted:
            said = "An id that no server was seen issuing was good for a login, and stayed what it was."
            self._findings.note("fixation", where_of(exchange), name, said)
        said = f"The id stayed the same through the login at {exchange.path[:80].decode('latin-1')}."
        self._findings.note("not-rotated", where_of(exchange), name, said)

    def logout_incomplete(self, exchange: Exchange, session: Session) -> None:
        """A logout left the cookie where it was."""
        said = f"{exchange.method} {exchange.path[:80].decode('latin-1')} neither deleted nor replaced the cookie."
        self._findings.note("logout-incomplete", where_of(exchange), session.key.name, said)

    def alive_after_logout(self, exchange: Exchange, session: Session, ended: float, flow_id: str | None) -> None:
        """An id that was logged out opened a page that is not for everybody."""
        said = f"The id of a session that was logged out {span(exchange.asked - ended)} before (flow {flow_id}) was still good."
        self._findings.note("alive-after-logout", where_of(exchange), session.key.name, said)

    def resurrection(self, exchange: Exchange, session: Session) -> None:
        """A late response set an id again that was over."""
        how = "logged out" if session.end_cause is EndCause.LOGOUT else "replaced"
        said = f"The response to a request that began before the id was {how} (flow {session.end_flow}) set it again."
        self._findings.note("resurrection", where_of(exchange), session.key.name, said)

    def deletion_misses(self, exchange: Exchange, name: bytes) -> None:
        """A deletion for another Domain or Path than the cookie's."""
        said = "A cookie was to be deleted with a Domain or Path that is not its own, and stays."
        self._findings.note("deletion-misses", where_of(exchange), name, said)

    def deletion_of_unsent(self, exchange: Exchange, name: bytes) -> None:
        """A deletion that hit nothing, and the request had no such cookie: it misses if the client has one all the same."""
        theirs = self._shelf.of_name(exchange.client, name)
        if any(session.host == exchange.host and not session.adopted for session in theirs):
            self.deletion_misses(exchange, name)

    def died(self, exchange: Exchange, session: Session, ending: Ending) -> None:
        """A session was found dead."""
        name = session.key.name
        if ending.cause is EndCause.LOST and session.requests >= 2:
            self._findings.note("collected-while-active", where_of(exchange), name, ending.sentence)
        if session.expiry is not None and session.expiry - exchange.answered > OUTLIVES_SECONDS:
            said = f"The cookie lives for another {span(session.expiry - exchange.answered)}."
            self._findings.note("cookie-outlives-session", where_of(exchange), name, said)

    def not_lost(self, session: Session) -> None:
        """A session that seemed lost had come of age."""
        self._findings.withdraw("collected-while-active", session.host, session.key.name)


def where_of(exchange: Exchange) -> Where:
    """The exchange as what shows a finding."""
    return Where(exchange.site, exchange.host, exchange.client, exchange.answered, exchange.flow_id)


def _host_of(url: bytes) -> str:
    rest = url.partition(b"://")[2]
    authority = rest.partition(b"/")[0].partition(b"?")[0].rpartition(b"@")[2].decode("latin-1").lower()
    host, colon, port = authority.rpartition(":")
    return host if colon and port.isdigit() else authority
