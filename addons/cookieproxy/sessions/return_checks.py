"""Cookies that were set and do not come back: ids that are issued in vain, and clients that refuse (R3, R27).

What a browser's navigations prove is told by the mirror; here are the clients that do not say what a request is for. Each thing is
found once: where ids are issued again and again because cookies are refused, that is churn and nothing else.
"""

from collections import OrderedDict

from ..core.events import Event, EventKind, JarKind, SetCookieSeen
from ..core.outcome import MissingReason
from ..core.paths import default_path, path_match
from ..core.recent import remember
from .exchanges import NO_CONTENT, Exchange, Issue
from .findings import Findings, Where, where_of
from .said import Said, said_by
from .urls import cookie_name, ids_in

CHURN = 3
"""Ids issued one after the other, none of which came back."""
REFUSALS = 2
"""Requests without any cookie, from a client of which nothing else is known."""
UNDER_WAY_SECONDS = 0.5
"""A request that is sent so shortly after a response may have been made before."""
MOST_CLIENTS = 5_000
MOST_NAMES = 64
"""Cookies of one host that one client may have got in vain."""
REFUSES = "the client refuses cookies"


class _Awaited:
    """A cookie that has not come back yet."""

    __slots__ = ("end", "misses", "path", "secure", "since")

    def __init__(self, since: float, path: bytes, secure: bool, end: float | None) -> None:
        self.since = since
        self.path = path
        self.secure = secure
        self.end = end
        self.misses = 0


class ReturnChecks:
    """The checks of one tracker for cookies that do not come back."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._vain: OrderedDict[tuple[str, str, bytes], tuple[int, float]] = OrderedDict()
        """By client, host and cookie: how many ids in a row did not come back, and when the latest was issued."""
        self._awaited: OrderedDict[tuple[str, str], dict[bytes, _Awaited]] = OrderedDict()
        self._refusing: OrderedDict[tuple[str, str], None] = OrderedDict()
        """Clients of which it is known that they refuse a host's cookies, because ids are issued in vain."""

    def awaits(self, client: object, host: object) -> bool:
        """True if a client has cookies of a host that have not come back yet: each of its requests may tell."""
        return (client, host) in self._awaited

    # -- every exchange ------------------------------------------------------------------------------------------------

    def exchange(self, exchange: Exchange) -> None:
        """What came with a request, in cookies or in its URL."""
        if self._awaited and (awaited := self._awaited.get((exchange.client, exchange.host))) is not None:
            if exchange.pairs:
                self._came(exchange, awaited)
            else:
                self._came_without(exchange, awaited)
        if self._vain:
            for name, _ in exchange.pairs:
                self._vain.pop((exchange.client, exchange.host, name), None)
            for name, _ in ids_in(exchange.target):
                self._vain.pop((exchange.client, exchange.host, cookie_name(name)), None)

    def _came(self, exchange: Exchange, awaited: dict[bytes, _Awaited]) -> None:
        for name, _ in exchange.pairs:
            if awaited.pop(name, None) is not None:
                self._findings.withdraw("refused-by-client", exchange.host, name, exchange.client)
        if not awaited:
            del self._awaited[(exchange.client, exchange.host)]

    def _came_without(self, exchange: Exchange, awaited: dict[bytes, _Awaited]) -> None:
        if not exchange.should_carry or exchange.proves_absence or not exchange.is_page:
            return
        for name, cookie in awaited.items():
            if not _is_expected(cookie, exchange):
                continue
            cookie.misses += 1
            if cookie.misses >= REFUSALS:
                said = f"It was set, and {cookie.misses} requests came that should have had it, without any cookie."
                self._refused(where_of(exchange), name, said)

    # -- what is set ---------------------------------------------------------------------------------------------------

    def set_cookie(self, seen: SetCookieSeen) -> None:
        """A field reached a browser."""
        if seen.jar is not JarKind.MIRROR:
            return
        place = (seen.client, seen.host)
        awaited = self._awaited.get(place, {})
        if seen.event is EventKind.REMOVED:
            awaited.pop(seen.name, None)
        elif seen.event is EventKind.STORED and seen.value not in NO_CONTENT and len(awaited) < MOST_NAMES:
            said = said_by(seen.field if seen.passed is None else seen.passed)
            if seen.name not in awaited:
                path = said.path or default_path(seen.path)
                awaited[seen.name] = _Awaited(seen.time, path, said.secure, seen.expiry)
        if awaited:
            remember(self._awaited, place, awaited, MOST_CLIENTS)

    def missing(self, where: Where, event: Event) -> None:
        """The mirror missed a cookie."""
        if event.reason == MissingReason.REFUSED.value and event.cookie is not None:
            self._refused(where, event.cookie, event.sentence or "It never came back.")

    def _refused(self, where: Where, name: bytes, said: str) -> None:
        if (where.client, where.host) in self._refusing:
            return
        if not self._findings.has("churn", where.host, name, where.client):
            self._findings.note("refused-by-client", where, name, said)

    # -- churn ---------------------------------------------------------------------------------------------------------

    def issued(self, exchange: Exchange, issue: Issue, said: Said | None) -> None:
        """An id was issued to a client that came without one."""
        self._in_vain(exchange, issue.name, _cause_of(exchange, said))

    def refused(self, exchange: Exchange, issue: Issue) -> None:
        """An id was issued that the browser does not take, to a client that came without one."""
        if issue.seen is not None:
            sentence = issue.seen.sentence or issue.seen.reason or "nobody knows why"
            self._in_vain(exchange, issue.name, f"the browser does not take the cookie: {sentence}")

    def _in_vain(self, exchange: Exchange, name: bytes, cause: str) -> None:
        place = (exchange.client, exchange.host, name)
        times, latest = self._vain.get(place, (0, 0.0))
        if exchange.asked < latest:
            return  # sent before the one before could come back
        remember(self._vain, place, (times + 1, exchange.answered), MOST_CLIENTS)
        if times + 1 < CHURN:
            return
        said = f"{times + 1} ids were issued one after the other, and none came back. The likeliest cause: {cause}"
        self._findings.note("churn", where_of(exchange), name, said if said.endswith(".") else f"{said}.")
        self._findings.withdraw("refused-by-client", exchange.host, name, exchange.client)
        if cause == REFUSES:
            self._note_refusing(exchange)

    def _note_refusing(self, exchange: Exchange) -> None:
        """That others do not come back has the same cause."""
        place = (exchange.client, exchange.host)
        remember(self._refusing, place, None, MOST_CLIENTS)
        for other in self._awaited.get(place, ()):
            self._findings.withdraw("refused-by-client", exchange.host, other, exchange.client)


def _is_expected(cookie: _Awaited, exchange: Exchange) -> bool:
    """True if a request should have had it."""
    return (
        exchange.asked > cookie.since + UNDER_WAY_SECONDS
        and (cookie.end is None or exchange.asked < cookie.end)
        and (not cookie.secure or exchange.scheme == "https")
        and path_match(exchange.path, cookie.path)
    )


def _cause_of(exchange: Exchange, said: Said | None) -> str:
    if said is None:
        return "the client does not follow the redirect"
    if said.path is not None and not path_match(exchange.path, said.path):
        return f"its Path {said.path[:60].decode('latin-1')} does not cover {exchange.path[:60].decode('latin-1')}"
    if said.secure and exchange.scheme == "http":
        return "it is Secure, and the requests go over plain http"
    if said.same_site == "none" and not said.secure:
        return "it is SameSite=None without Secure"
    return REFUSES
