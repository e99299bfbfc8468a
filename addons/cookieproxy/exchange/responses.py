"""The way down: what of a response's Set-Cookie fields the browser gets, and what both jars make of them.

Each field: parsed → rules → mirror or held jar → outcome. Under `enforce` a refused cookie is not passed on, and the deletions
of what the browser should not have any more go out with the first response that may make them. Fields that need no change stay
byte for byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from ..core.accept import accept
from ..core.cookie import Cookie
from ..core.dates import parse_rfc
from ..core.events import EventKind, JarKind, Observation, SetCookieSeen
from ..core.hosts import Suffixes
from ..core.outcome import (
    Ignored,
    IgnoreReason,
    Reason,
    Receipt,
    RemovalCause,
    Removed,
    Replaced,
    Stored,
    UnexpectedReason,
)
from ..core.syntax import SetCookie, parse_set_cookie
from ..rules.engine import HostRules, RuleSet
from ..rules.facts import Facts
from ..rules.verdicts import FieldVerdict
from .browser import Browser
from .requests import RequestResult
from .tell import Teller

SKEW_SECONDS = 5.0
"""A server's clock that differs by less is in step: Date has whole seconds, and responses take time."""


class Remark(str):
    """A reason that is not one of a browser's."""

    __slots__ = ("sentence",)
    sentence: str

    def __new__(cls, code: str, sentence: str) -> "Remark":
        remark = super().__new__(cls, code)
        remark.sentence = sentence
        return remark


DROPPED = Remark("dropped-by-rule", "A rule dropped it: the browser never saw it.")
DELETION_SENTENCE = "The browser is told to delete it."
HARMLESS = frozenset((IgnoreReason.ALREADY_EXPIRED,))
"""Ignored fields that pass even under `enforce`: deletions of what is not there."""


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """A response as the application sent it."""

    status: int
    fields: tuple[tuple[bytes, bytes], ...]
    time: float
    """Unix seconds at which its head was received."""


class PassedField(NamedTuple):
    """A Set-Cookie field for the browser, and which of the application's it is: None for one of our own."""

    position: int | None
    source: bytes


@dataclass(slots=True)
class ResponseResult:
    """What a response came to."""

    set_cookies: list[PassedField] | None
    """All Set-Cookie fields the browser gets, in order; None: they stay as they came."""
    observations: list[Observation] = field(default_factory=list)


class ResponseSide:
    """Drives responses through rules and jars; one for each configuration."""

    def __init__(self, rules: RuleSet, suffixes: Suffixes, enforce: bool) -> None:
        self._rules = rules
        self._suffixes = suffixes
        self._enforce = enforce

    def process(
        self,
        browser: Browser,
        request: RequestResult,
        head: ResponseHead,
        flow: object | None = None,
        watch: bool = False,
    ) -> ResponseResult:
        """Take one response through; with `watch` nothing is changed and rules are only observed."""
        sources, date = _telling_fields(head.fields)
        rules = self._rules.for_host(request.access.host)
        if not sources and rules.is_empty and not browser.leaving and date is None:
            return ResponseResult(None)
        access = replace(request.access, time=head.time, server_time=_server_time(date, head))
        tell = Teller(browser.name, request.site, access, self._suffixes)
        passage = _Passage(browser, tell, rules, head.status, self._enforce and not watch, watch, flow)
        passage.take_through(sources)
        _observe_skew(browser, tell, passage.observations)
        unchanged = watch or [passed.source for passed in passage.passed] == sources
        return ResponseResult(None if unchanged else passage.passed, passage.observations)


@dataclass(slots=True)
class _Passage:
    """One response on its way through the rules and into the jars."""

    browser: Browser
    tell: Teller
    rules: HostRules
    status: int
    enforce: bool
    watch: bool
    flow: object | None
    passed: list[PassedField] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)

    def take_through(self, sources: list[bytes]) -> None:
        """All Set-Cookie fields, then our own."""
        said = [parse_set_cookie(source) for source in sources]
        if self.rules.is_empty:
            verdicts: Sequence[FieldVerdict] = [FieldVerdict(each, each) for each in said]
            added: tuple[SetCookie, ...] = ()
        else:
            facts = Facts(self.tell.access, self.tell.site, self.browser.name, self.flow)
            judged = self.rules.on_response(said, facts, self.watch)
            verdicts, added = judged.fields, judged.added
            self.observations += map(self.tell.change, judged.names, judged.changes)
        for position, verdict in enumerate(verdicts):
            self._settle(verdict, position)
        for own in added:
            self._pass(FieldVerdict(own, own), own, None)
        if not self.watch and self.browser.leaving:
            self._delete_leaving()

    def _settle(self, verdict: FieldVerdict, position: int) -> None:
        """One field into the jar it belongs to."""
        if verdict.held is not None:
            self._hold(verdict, position)
        elif verdict.passed is None:
            self._observe(verdict, None, EventKind.IGNORED, DROPPED, JarKind.MIRROR, None)
        else:
            self._pass(verdict, verdict.passed, position)

    def _hold(self, verdict: FieldVerdict, position: int) -> None:
        assert verdict.held is not None
        said = self._as_browser_reads(verdict.held)
        receipt = self.browser.held.receive(said, self.tell.access, position)
        self._observe_receipt(verdict, None, receipt, JarKind.HELD)

    def _pass(self, verdict: FieldVerdict, passed: SetCookie, position: int | None) -> None:
        browser, access = self.browser, self.tell.access
        said = self._as_browser_reads(passed)
        receipt = browser.mirror.receive(said, access, position or 0)
        self._remember(receipt, verdict)
        if len(browser.held):
            self._release(verdict)
        stays = self._enforce_receipt(receipt) if self.enforce else True
        if stays:
            self.passed.append(PassedField(position, passed.source))
        self._observe_receipt(verdict, passed if stays else None, receipt, JarKind.MIRROR)

    def _as_browser_reads(self, said: SetCookie) -> SetCookie:
        """Safari takes a semicolon within quotes for a part of the value."""
        if self.browser.profile.quotes_protect and b'"' in said.source:
            return parse_set_cookie(said.source, quotes_protect=True)
        return said

    def _remember(self, receipt: Receipt, verdict: FieldVerdict) -> None:
        browser, outcome = self.browser, receipt.outcome
        match outcome:
            case Stored(cookie) | Replaced(cookie):
                if verdict.made_from is not None:
                    cookie.made_from = verdict.made_from
                    browser.has_renamed = True
                if browser.leaving:
                    browser.left(cookie.key)
                if browser.departed:
                    browser.departed.pop((self.tell.access.host, cookie.name), None)
            case Removed(old):
                browser.note_departure(self.tell.access.host, old.name, UnexpectedReason.REMOVED)
            case Ignored(reason) if reason not in HARMLESS:
                browser.note_departure(self.tell.access.host, verdict.given.name, UnexpectedReason.REFUSED)
        for removal in receipt.removals:
            if removal.cause.is_eviction:
                browser.note_departure(removal.cookie.domain, removal.cookie.name, UnexpectedReason.EVICTED)

    def _release(self, verdict: FieldVerdict) -> None:
        """A held cookie outlives its rule until a Set-Cookie of its key passes."""
        held = self.browser.held
        cookie = accept(self._as_browser_reads(verdict.given), self.tell.access, held.profile, self.tell.suffixes, 0)
        if isinstance(cookie, Cookie) and (old := held.get(cookie.key)) is not None:
            self.observations.append(self.tell.removal(held.remove(old, RemovalCause.RELEASED), JarKind.HELD))

    def _enforce_receipt(self, receipt: Receipt) -> bool:
        """Keep the browser within the limits: whether the field may pass, and who has to leave."""
        browser, outcome = self.browser, receipt.outcome
        newcomer = outcome.cookie if isinstance(outcome, Stored | Replaced) else None
        for removal in receipt.removals:
            if removal.cause.is_eviction and removal.cookie is not newcomer:
                browser.expel(removal.cookie)
        if newcomer is not None and any(removal.cookie is newcomer for removal in receipt.removals):
            if isinstance(outcome, Replaced):
                browser.expel(outcome.old)
            return False
        return not isinstance(outcome, Ignored) or outcome.reason in HARMLESS

    def _delete_leaving(self) -> None:
        for leaving, deletion in list(self.browser.deletions(self.tell.access)):
            leaving.told = True
            self.passed.append(PassedField(None, deletion))
            self.observations.append(
                self.tell.remark(EventKind.CHANGED, "deletion", DELETION_SENTENCE, leaving.cookie.name)._replace(
                    after=deletion
                )
            )

    # -- observations --------------------------------------------------------------------------------------------------

    def _observe_receipt(self, verdict: FieldVerdict, passed: SetCookie | None, receipt: Receipt, jar: JarKind) -> None:
        self.observations += [self.tell.removal(removal, jar) for removal in receipt.removals]
        match receipt.outcome:
            case Stored(cookie):
                self._observe(verdict, passed, EventKind.STORED, None, jar, cookie)
            case Replaced(cookie, old):
                self._observe(verdict, passed, EventKind.REPLACED, None, jar, cookie, old)
                self._observe_persistence(cookie, old)
            case Removed(old, cause):
                self._observe(verdict, passed, EventKind.REMOVED, cause, jar, None, old)
            case Ignored(reason):
                self._observe(verdict, passed, EventKind.IGNORED, reason, jar, None)

    def _observe(
        self,
        verdict: FieldVerdict,
        passed: SetCookie | None,
        kind: EventKind,
        reason: Reason | Remark | None,
        jar: JarKind,
        cookie: Cookie | None,
        old: Cookie | None = None,
    ) -> None:
        access = self.tell.access
        self.observations.append(
            SetCookieSeen(
                access.time,
                self.browser.name,
                self.tell.site,
                access.host,
                access.scheme,
                access.path,
                access.flow_id,
                self.status,
                verdict.given.name,
                verdict.given.value,
                verdict.given.source,
                None if passed is None else passed.source,
                kind,
                jar,
                None if reason is None else str(reason),
                None if reason is None else reason.sentence,
                None if old is None else old.value,
                None if cookie is None else cookie.expiry_time,
                verdict.changes,
            )
        )

    def _observe_persistence(self, cookie: Cookie, old: Cookie) -> None:
        """A session cookie that became persistent, or the other way (R6)."""
        if cookie.persistent == old.persistent or old.adopted:
            return
        became = "persistent" if cookie.persistent else "session"
        sentence = f"It was set again and became a {became} cookie."
        self.observations.append(self.tell.remark(EventKind.PERSISTENCE, f"became-{became}", sentence, cookie.name))


def _telling_fields(fields: tuple[tuple[bytes, bytes], ...]) -> tuple[list[bytes], bytes | None]:
    """The Set-Cookie fields in order, and the Date."""
    sources = []
    date = None
    cached = False
    for name, value in fields:
        if len(name) == 10 and name.lower() == b"set-cookie":
            sources.append(value)
        elif len(name) == 4 and name.lower() == b"date":
            date = value
        elif len(name) == 3 and name.lower() == b"age":
            cached = True
    return sources, None if cached else date


@lru_cache(maxsize=64)
def _parse_date(date: bytes) -> float | None:
    return parse_rfc(date)


def _server_time(date: bytes | None, head: ResponseHead) -> float | None:
    return None if date is None else _parse_date(date)


def _observe_skew(browser: Browser, tell: Teller, observations: list[Observation]) -> None:
    """A server whose clock differs from ours, once for each site and again when the difference changes (R20)."""
    access = tell.access
    if access.server_time is None:
        return
    skew = access.server_time - access.time
    known = browser.skews.get(tell.site, 0.0)
    if abs(skew - known) < SKEW_SECONDS:
        return
    browser.note_skew(tell.site, skew)
    event = tell.remark(EventKind.CLOCK_SKEW, *_skew_words(skew))
    observations.append(event._replace(after=b"%+d" % round(skew)))


def _skew_words(skew: float) -> tuple[str, str]:
    if abs(skew) < SKEW_SECONDS:
        return "in-step", "The server's clock is in step with ours again."
    direction = "ahead of" if skew > 0 else "behind"
    return direction.split()[0], f"The server's clock is {abs(skew):.0f} seconds {direction} ours."
