"""What is wrong with cookies by themselves: attributes, scope, lifetimes, deletions, what their values give away, and clocks.

Told from what was observed of an exchange. Applications set the same cookies again and again: what was judged is remembered, and a
repetition costs next to nothing.
"""

from calendar import monthrange
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime

from ..core.events import Event, EventKind, JarKind, RequestSeen, SentPair, SetCookieSeen
from ..core.paths import default_path, path_match
from ..core.recent import remember
from .catalogue import Severity
from .endings import span
from .exchanges import NO_CONTENT, Exchange, Issue
from .findings import Findings, Where, where_of
from .knowledge import CookiePlace, Knowledge
from .logins import REDIRECTS
from .said import Said, said_by
from .sensitive import sensitive

MONTHS = 13
"""What France's CNIL allows a cookie to live."""
SHORTEST_LONG = 396 * 86_400.0
"""Seconds: thirteen months are 396 days, or 397 with a 29 February in them."""
BROWSERS_CAP = 400 * 86_400.0
"""Seconds: what browsers shorten lifetimes to (RFC 6265bis 5.5)."""
EXPIRES_SLACK = 3_600.0
"""Seconds by which the end of a cookie that is written as a date may be off: servers' clocks are."""
SKEW_SECONDS = 30.0
MOST_REMEMBERED = 20_000
ALL_VALUES = 64
SOME_VALUES = 16
"""So many values of a cookie are all looked at for what they give away; of later ones each of so many."""
MOST_COOKIES = 10_000
NOT_THERE = frozenset((404, 410))
FLAG_NAMES = {"secure": "Secure", "httponly": "HttpOnly", "samesite": "SameSite=Lax or Strict"}


class CookieChecks:
    """The checks of one tracker that need no session."""

    def __init__(self, findings: Findings, knowledge: Knowledge) -> None:
        self._findings = findings
        self._knowledge = knowledge
        self._looked: OrderedDict[tuple[str, bytes], int] = OrderedDict()
        """How many values of a cookie there were, by host and name."""
        self._judged: OrderedDict[int, tuple[str, ...]] = OrderedDict()
        """What was found in values that were looked at, by their hash."""

    def exchange(self, exchange: Exchange, sessions: set[bytes]) -> None:
        """Everything that was observed of one exchange; `sessions` are the names of its sessions' cookies."""
        where = where_of(exchange)
        for seen in exchange.seen:
            kind = type(seen)
            if kind is RequestSeen:
                self._sent(where, seen.pairs, sessions)  # type: ignore[union-attr]  # the type was just asked for
            elif kind is SetCookieSeen:
                self._set_cookie(where, seen, sessions)  # type: ignore[arg-type]  # likewise
        named = self._knowledge.of(exchange.host).paths
        if named:
            self._path_case(exchange, where, named)

    # -- attributes of a session's cookie ------------------------------------------------------------------------------

    def session_set(self, exchange: Exchange, seen: SetCookieSeen, said: Said) -> None:
        """A session's cookie reached a browser."""
        where = Where(exchange.site, exchange.host, exchange.client, seen.time, exchange.flow_id)
        for code, sentence in self._flaws(exchange, seen, said):
            self._findings.note(code, where, seen.name, sentence)

    def _flaws(self, exchange: Exchange, seen: SetCookieSeen, said: Said) -> list[tuple[str, str]]:
        lost = self._knowledge.of(seen.host).flags.get(_place(seen, said), frozenset()) - said.flags
        flaws = []
        if exchange.scheme == "http":
            flaws.append(("plain-http", "The session's cookie was set over plain http."))
        elif not said.secure and "secure" not in lost:
            flaws.append(("missing-secure", "It was set over https without Secure."))
        if not said.http_only and "httponly" not in lost:
            flaws.append(("missing-httponly", "It was set without HttpOnly."))
        if said.same_site is None and "samesite" not in lost:
            flaws.append(("missing-samesite", "It was set without SameSite."))
        if said.domain is not None and said.domain != exchange.host and exchange.host.endswith(f".{said.domain}"):
            flaws.append(("scope-wide", f"{exchange.host} set it for all of {said.domain}."))
        return flaws

    # -- every cookie --------------------------------------------------------------------------------------------------

    def _set_cookie(self, where: Where, seen: SetCookieSeen, sessions: set[bytes]) -> None:
        if seen.event not in (EventKind.STORED, EventKind.REPLACED) or seen.jar is not JarKind.MIRROR:
            return
        if seen.value in NO_CONTENT:
            return
        said = said_by(seen.field if seen.passed is None else seen.passed)
        self._downgrade(where, seen, said, sessions)
        if said.path is not None and said.path != b"/":
            self._knowledge.of(seen.host).note_path(seen.name, said.path)
        if seen.expiry is not None and seen.expiry - seen.time > SHORTEST_LONG:
            self._lifetime(where, seen, said)
        self._value(where, seen.name, seen.value)

    def _lifetime(self, where: Where, seen: SetCookieSeen, said: Said) -> None:
        """A cookie that lives long in the browser; what was said may be more than the browser grants."""
        lifetime = said.lifetime(seen.time)
        slack = EXPIRES_SLACK if said.max_age is None else 0.0
        if lifetime is not None and lifetime > thirteen_months(seen.time) + slack:
            more = "; browsers shorten that to 400 days" if lifetime > BROWSERS_CAP else ""
            self._findings.note("lifetime-long", where, seen.name, f"It is to live for {_days(lifetime)}{more}.")

    def _downgrade(self, where: Where, seen: SetCookieSeen, said: Said, sessions: set[bytes]) -> None:
        place, flags = _place(seen, said), said.flags
        host = self._knowledge.of(seen.host)
        before = host.flags.get(place)
        if before == flags:
            return
        if before is not None and (lost := before - flags):
            if seen.scheme == "http":
                lost -= {"secure"}
            if lost:
                names = " and ".join(FLAG_NAMES[flag] for flag in sorted(lost))
                severity = None if seen.name in sessions else Severity.LOW
                said_so = f"It had been set with {names}, and was set again without."
                self._findings.note("attribute-downgrade", where, seen.name, said_so, severity)
            flags |= before
        host.note_flags(place, flags)

    def _sent(self, where: Where, pairs: tuple[SentPair, ...], sessions: set[bytes]) -> None:
        if len(pairs) > 1 and len({pair.name for pair in pairs}) < len(pairs):
            self._duplicates(where, pairs, sessions)
        for pair in pairs:
            self._value(where, pair.name, pair.value)

    def _duplicates(self, where: Where, pairs: tuple[SentPair, ...], sessions: set[bytes]) -> None:
        by_name: dict[bytes, list[SentPair]] = {}
        for pair in pairs:
            by_name.setdefault(pair.name, []).append(pair)
        for name, same in by_name.items():
            if len(same) > 1:
                scopes = " and ".join(dict.fromkeys(scope(pair) for pair in same[:4]))
                severity = None if name in sessions else Severity.LOW
                said = f"One request carried {len(same)}: {scopes}."
                self._findings.note("duplicate-name", where, name, said, severity)

    def _value(self, where: Where, name: bytes, value: bytes) -> None:
        """What a value gives away; looked at once, then only counted."""
        place = hash((where.host, name, value))
        found = self._judged.get(place)
        if found is None and self._is_looked_at(where.host, name):
            leaks = sensitive(name, value)
            for leak in leaks:
                self._findings.note("sensitive-value", where, name, _has(leak.said), Severity(leak.severity))
            remember(self._judged, place, tuple(_has(leak.said) for leak in leaks), MOST_REMEMBERED)
            return
        for said in found or ():
            self._findings.note("sensitive-value", where, name, said)

    def _is_looked_at(self, host: str, name: bytes) -> bool:
        """True for the first values of a cookie, and for some of those that follow: one that changes always is mostly noise."""
        place = (host, name)
        times = self._looked.get(place, 0) + 1
        remember(self._looked, place, times, MOST_COOKIES)
        return times <= ALL_VALUES or times % SOME_VALUES == 0

    # -- deletions -----------------------------------------------------------------------------------------------------

    def deletions(self, exchange: Exchange, issues: Mapping[bytes, Issue], sessions: set[bytes]) -> None:
        """Deletions of cookies that came with the request and stay; of `sessions` it is told by whoever follows them."""
        for issue in issues.values():
            is_told = issue.deletes and issue.name in sessions
            if issue.value is None and not issue.hits and issue.seen is not None and not is_told:
                self.deletion(exchange, issue.name)

    def deletion(self, exchange: Exchange, name: bytes) -> None:
        """A deletion without effect, of a cookie that the request carried."""
        said = missed_by(exchange, name)
        if said is not None:
            self._findings.note("deletion-misses", where_of(exchange), name, said)

    def deletion_of_unsent(self, exchange: Exchange, name: bytes, path: bytes | None) -> None:
        """The same for a cookie that the client has, with this Path, and that the request did not carry."""
        its = f": Path={path[:60].decode('latin-1')}" if path else ""
        said = f"A cookie was to be deleted with a Domain or Path that is not its own{its}. It stays."
        self._findings.note("deletion-misses", where_of(exchange), name, said)

    # -- clocks --------------------------------------------------------------------------------------------------------

    def skew(self, exchange: Exchange, event: Event) -> None:
        """A server's clock is not ours; parts of pages may come from a cache, and their Date with them."""
        try:
            skew = float(event.after or b"0")
        except ValueError:
            return
        if abs(skew) >= SKEW_SECONDS and (exchange.is_page or exchange.pairs):
            direction = "ahead of" if skew > 0 else "behind"
            said = f"The server's clock is {span(abs(skew))} {direction} ours."
            self._findings.note("clock-skew", where_of(exchange), None, said)

    # -- paths ---------------------------------------------------------------------------------------------------------

    def _path_case(self, exchange: Exchange, where: Where, named: dict[bytes, bytes]) -> None:
        """A request whose path differs from a cookie's Path by case alone (R8), unless the server leads to the right one."""
        path = exchange.path
        for name, said in named.items():
            if path_match(path, said) or not path_match(path.lower(), said.lower()):
                continue
            is_led = exchange.status in REDIRECTS and said in exchange.location
            if not is_led and exchange.status not in NOT_THERE:
                shown = said[:60].decode("latin-1")
                text = f"The request's path begins like the cookie's Path {shown}, but for upper and lower case."
                self._findings.note("path-case", where, name, text)


def missed_by(exchange: Exchange, name: bytes) -> str | None:
    """Why a deletion leaves the cookie of this name that the request carried, in words; None if nobody knows that it does."""
    pairs = [
        pair
        for seen in exchange.seen
        if type(seen) is RequestSeen
        for pair in seen.pairs
        if pair.name == name and pair.set_by is not None
    ]
    if not pairs:
        return None
    for seen in exchange.seen:
        if type(seen) is not SetCookieSeen or seen.name != name or seen.event is not EventKind.IGNORED:
            continue
        said = said_by(seen.field if seen.passed is None else seen.passed)
        lifetime = said.lifetime(seen.time)
        if lifetime is None or lifetime > 0:
            continue
        if seen.reason == "already-expired":
            aimed = (
                f"Path={(said.path or default_path(seen.path))[:60].decode('latin-1')} of {said.domain or seen.host}"
            )
            return f"A cookie was to be deleted as {aimed}, but is {scope(pairs[0])}, and stays."
        return f"A cookie was to be deleted, but the browser does not take the deletion: {seen.sentence or seen.reason}"
    return None


def thirteen_months(since: float) -> float:
    """Seconds from a time to the same day and time thirteen months later."""
    try:
        start = datetime.fromtimestamp(since, UTC)
        year, month = divmod(start.year * 12 + start.month - 1 + MONTHS, 12)
        day = min(start.day, monthrange(year, month + 1)[1])
        return start.replace(year=year, month=month + 1, day=day).timestamp() - since
    except (ValueError, OverflowError, OSError):
        return SHORTEST_LONG


def scope(pair: SentPair) -> str:
    """Where a cookie belongs, in words."""
    if pair.domain is None or pair.set_by is None:
        return "one of unknown scope"
    path = (pair.path or b"/")[:60].decode("latin-1")
    return f"Path={path} of {pair.domain}" + ("" if pair.host_only else " and below")


def _place(seen: SetCookieSeen, said: Said) -> CookiePlace:
    return (seen.name, said.domain, said.path or default_path(seen.path))


def _has(leak: str) -> str:
    return f"Its value has {leak}."


def _days(seconds: float) -> str:
    days = round(seconds / 86_400)
    return f"{days} days" if days < 3_650 else f"{round(days / 365.25)} years"
