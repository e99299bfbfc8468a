"""What is wrong with cookies by themselves: attributes, scope, lifetimes, what their values give away, limits and clocks.

Told from what was observed of an exchange. Applications set the same cookies again and again: what was judged is remembered, and a
repetition costs next to nothing.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from ..core.events import Event, EventKind, JarKind, RequestSeen, SentPair, SetCookieSeen
from ..core.outcome import MissingReason
from ..core.paths import path_match
from ..core.recent import remember
from .catalogue import Severity
from .endings import span
from .exchanges import Exchange
from .findings import Findings, Where
from .said import Said, said_by
from .sensitive import sensitive

THIRTEEN_MONTHS = 395.75 * 86_400
"""Seconds: what France's CNIL allows (thirteen months of 30.44 days)."""
BROWSERS_CAP = 400 * 86_400.0
"""Seconds: what browsers shorten lifetimes to (RFC 6265bis 5.5)."""
SKEW_SECONDS = 30.0
MOST_REMEMBERED = 20_000
MOST_COOKIES = 10_000
MOST_PATHS = 64
"""Of one host."""
FLAG_NAMES = {"secure": "Secure", "httponly": "HttpOnly", "samesite": "SameSite"}
HEADER_SEVERITIES = {"over-4096": Severity.LOW, "over-8190": Severity.MEDIUM, "over-16384": Severity.HIGH}


class _Set(NamedTuple):
    """How a cookie was set last."""

    flags: frozenset[str]
    path: bytes


class CookieChecks:
    """The checks of one tracker that need no session."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._sets: OrderedDict[tuple[str, bytes, str | None, bytes | None], _Set] = OrderedDict()
        self._judged: OrderedDict[int, tuple[str, ...]] = OrderedDict()
        """What was found in values that were looked at, by their hash."""
        self._paths: OrderedDict[str, dict[bytes, bytes]] = OrderedDict()
        """Paths other than / that sessions' cookies were set with, by host, then by name."""

    def exchange(self, exchange: Exchange, sessions: set[bytes]) -> None:
        """Everything that was observed of one exchange; `sessions` are the names of its sessions' cookies."""
        where = Where(exchange.site, exchange.host, exchange.client, exchange.answered, exchange.flow_id)
        for seen in exchange.seen:
            kind = type(seen)
            if kind is RequestSeen:
                self._sent(where, seen.pairs, sessions)  # type: ignore[union-attr]  # the type was just asked for
            elif kind is SetCookieSeen:
                self._set_cookie(where, seen, sessions)  # type: ignore[arg-type]  # likewise
            elif kind is Event:
                self._event(where, seen)  # type: ignore[arg-type]  # likewise
        if (named := self._paths.get(exchange.host)) is not None:
            self._path_case(exchange, where, named)

    # -- attributes of a session's cookie ------------------------------------------------------------------------------

    def session_set(self, exchange: Exchange, seen: SetCookieSeen, said: Said) -> None:
        """A session's cookie reached a browser."""
        where = Where(exchange.site, exchange.host, exchange.client, seen.time, exchange.flow_id)
        for code, sentence in self._flaws(exchange, seen, said):
            self._findings.note(code, where, seen.name, sentence)
        if said.path is not None and said.path != b"/":
            named = self._paths.get(exchange.host, {})
            if len(named) < MOST_PATHS:
                named[seen.name] = said.path
            remember(self._paths, exchange.host, named, MOST_COOKIES)

    def _flaws(self, exchange: Exchange, seen: SetCookieSeen, said: Said) -> list[tuple[str, str]]:
        lost = self._lost_flags(seen, said)
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

    def _lost_flags(self, seen: SetCookieSeen, said: Said) -> frozenset[str]:
        """Those that the same cookie had when it was set before."""
        before = self._sets.get((seen.host, seen.name, said.domain, said.path))
        return frozenset() if before is None else before.flags - said.flags

    # -- every cookie --------------------------------------------------------------------------------------------------

    def _set_cookie(self, where: Where, seen: SetCookieSeen, sessions: set[bytes]) -> None:
        if seen.event not in (EventKind.STORED, EventKind.REPLACED) or seen.jar is not JarKind.MIRROR:
            return
        said = said_by(seen.field if seen.passed is None else seen.passed)
        self._downgrade(where, seen, said, sessions)
        lifetime = said.lifetime(seen.time)
        if lifetime is not None and lifetime > THIRTEEN_MONTHS:
            more = "; browsers shorten that to 400 days" if lifetime > BROWSERS_CAP else ""
            self._findings.note("lifetime-long", where, seen.name, f"It is to live for {_days(lifetime)}{more}.")
        self._value(where, seen.name, seen.value)

    def _downgrade(self, where: Where, seen: SetCookieSeen, said: Said, sessions: set[bytes]) -> None:
        place = (seen.host, seen.name, said.domain, said.path)
        before = self._sets.get(place)
        if before is not None and before.flags == said.flags:
            return
        flags = said.flags
        if before is not None and (lost := before.flags - flags):
            if seen.scheme == "http":
                lost -= {"secure"}
            if lost:
                names = " and ".join(FLAG_NAMES[flag] for flag in sorted(lost))
                severity = None if seen.name in sessions else Severity.LOW
                said_so = f"It had been set with {names}, and was set again without."
                self._findings.note("attribute-downgrade", where, seen.name, said_so, severity)
            flags |= before.flags
        remember(self._sets, place, _Set(flags, said.path or b"/"), MOST_COOKIES)

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
                scopes = " and ".join(_scope(pair) for pair in same[:4])
                severity = None if name in sessions else Severity.LOW
                self._findings.note(
                    "duplicate-name", where, name, f"One request carried {len(same)}: {scopes}.", severity
                )

    def _value(self, where: Where, name: bytes, value: bytes) -> None:
        """What a value gives away; looked at once, then only counted."""
        place = hash((where.host, name, value))
        found = self._judged.get(place)
        if found is None:
            leaks = sensitive(name, value)
            for leak in leaks:
                self._findings.note("sensitive-value", where, name, leak.said, Severity(leak.severity))
            remember(self._judged, place, tuple(leak.said for leak in leaks), MOST_REMEMBERED)
            return
        for said in found:
            self._findings.note("sensitive-value", where, name, said)

    # -- events --------------------------------------------------------------------------------------------------------

    def _event(self, where: Where, event: Event) -> None:
        check = _EVENTS.get(event.event)
        if check is not None:
            check(self, where, event)

    def _missing(self, where: Where, event: Event) -> None:
        if event.reason != MissingReason.REFUSED.value:
            return
        if not self._findings.has("churn", where.host, event.cookie, where.client):
            self._findings.note("refused-by-client", where, event.cookie, event.sentence or "It never came back.")

    def _header_size(self, where: Where, event: Event) -> None:
        severity = HEADER_SEVERITIES.get(event.reason or "", Severity.MEDIUM)
        self._findings.note("header-too-large", where, None, event.sentence or "", severity)

    def _skew(self, where: Where, event: Event) -> None:
        try:
            skew = float(event.after or b"0")
        except ValueError:
            return
        if abs(skew) >= SKEW_SECONDS:
            direction = "ahead of" if skew > 0 else "behind"
            self._findings.note("clock-skew", where, None, f"The server's clock is {span(abs(skew))} {direction} ours.")

    def near_eviction(self, where: Where, name: bytes, said: str) -> None:
        """The site has nearly as many cookies as the browser keeps, and a session's would be thrown out."""
        self._findings.note("near-eviction", where, name, said)

    # -- paths ---------------------------------------------------------------------------------------------------------

    def _path_case(self, exchange: Exchange, where: Where, named: dict[bytes, bytes]) -> None:
        """A request whose path differs from a cookie's Path by case alone (R8)."""
        path = exchange.path
        for name, said in named.items():
            if not path_match(path, said) and path_match(path.lower(), said.lower()):
                shown = said[:60].decode("latin-1")
                text = f"The request's path begins like the cookie's Path {shown}, but for upper and lower case."
                self._findings.note("path-case", where, name, text)


_EVENTS: dict[EventKind, Callable[[CookieChecks, Where, Event], None]] = {
    EventKind.MISSING: CookieChecks._missing,
    EventKind.HEADER_SIZE: CookieChecks._header_size,
    EventKind.CLOCK_SKEW: CookieChecks._skew,
}


def _scope(pair: SentPair) -> str:
    if pair.domain is None:
        return "one of unknown scope"
    path = (pair.path or b"/")[:60].decode("latin-1")
    return f"Path={path} of {pair.domain}" + ("" if pair.host_only else " and below")


def _days(seconds: float) -> str:
    days = round(seconds / 86_400)
    return f"{days} days" if days < 3_650 else f"{round(days / 365.25)} years"
