"""A response's Set-Cookie fields on their way to the browser: through the rules into the mirror or the held jar.

Under `enforce` a refused cookie is not passed on, and who has to leave does: if it came with the same response it is not passed
either, else its deletion goes out with the first response that may make it; lifetimes are cut to the user's own limit (R1, R5, R6,
R11, R21).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..core.accept import accept
from ..core.cookie import Cookie, CookieKey
from ..core.events import EventKind, JarKind, Observation, SetCookieSeen
from ..core.jar import Jar
from ..core.outcome import (
    Ignored,
    IgnoreReason,
    Outcome,
    Reason,
    Receipt,
    RemovalCause,
    Removed,
    Replaced,
    Stored,
    UnexpectedReason,
    WithholdReason,
)
from ..core.profiles import PROFILES
from ..core.syntax import SetCookie, parse_set_cookie, with_name, with_value
from ..rules.actions.cap import Cap
from ..rules.drafts import FieldDraft
from ..rules.engine import HostRules
from ..rules.facts import Facts
from ..rules.verdicts import FieldVerdict
from .browser import Browser, Departure
from .packs import PackedFields
from .tell import Remark, Teller

HARMLESS = frozenset((IgnoreReason.ALREADY_EXPIRED,))
"""Ignored fields that pass even under `enforce`: deletions of what is not there."""


class PassedField(NamedTuple):
    """A Set-Cookie field for the browser, and which of the application's it is: None for one of our own."""

    position: int | None
    source: bytes


class Newcomer(NamedTuple):
    """A cookie that this response brings, of a key that the browser has nothing of: it could be taken back."""

    place: int
    """Where its field is among the passed ones."""
    seen: int
    """Where it is among the observations."""


@dataclass(slots=True)
class Downstream:
    """One response on its way through the rules and into the jars."""

    browser: Browser
    tell: Teller
    rules: HostRules
    status: int
    enforce: bool
    watch: bool
    facts: Facts
    session: Jar | None = None
    """The held jar of a session without cookies: everything goes there, and nothing to the browser."""
    passed: list[PassedField | None] = field(default_factory=list)
    """None for what was taken back."""
    observations: list[Observation] = field(default_factory=list)
    newcomers: dict[Cookie, Newcomer] = field(default_factory=dict)
    packed: PackedFields | None = None
    """Made when a rule packs a cookie of this response."""

    def take_through(self, sources: Sequence[bytes]) -> None:
        """All Set-Cookie fields, then our own."""
        said = [parse_set_cookie(source) for source in sources]
        if self.rules.is_empty:
            for position, each in enumerate(said):
                self._pass(FieldVerdict(each, each), each, position)
        else:
            self._take_through_rules(said)
        if self.browser.leaving and not self.watch and self.session is None:
            self._delete_leaving()

    def changed(self, sources: Sequence[bytes]) -> list[PassedField] | None:
        """All fields the browser gets, in order; None if they are those that came."""
        passed = [each for each in self.passed if each is not None]
        if len(passed) == len(sources) and all(map(_is_same, passed, sources)):
            return None
        return passed

    def _take_through_rules(self, said: list[SetCookie]) -> None:
        judged = self.rules.on_response(said, self.facts, self.watch)
        if judged.changes:
            self.observations += map(self.tell.change, judged.names, judged.changes)
        for position, verdict in enumerate(judged.fields):
            self._settle(verdict, position)
        for own in judged.added:
            self._pass(FieldVerdict(own, own), own, None)
        for pack in () if self.packed is None else self.packed.written():
            self._pass(pack, pack.given, None)

    def _settle(self, verdict: FieldVerdict, position: int) -> None:
        """One field into the jar it belongs to."""
        if verdict.held is not None:
            self._hold(verdict, verdict.held)
        elif self.session is not None and verdict.passed is not None:
            self._hold(verdict, _application_s_own(verdict, verdict.passed))
        elif verdict.pack is not None and verdict.passed is not None:
            self._pack(verdict, verdict.passed, verdict.pack, position)
        elif verdict.passed is None:
            self._observe(verdict, None, EventKind.IGNORED, Remark.DROPPED, JarKind.MIRROR, None)
        else:
            self._pass(verdict, verdict.passed, position)

    # -- packs ---------------------------------------------------------------------------------------------------------

    def _pack(self, verdict: FieldVerdict, alone: SetCookie, name: bytes, position: int) -> None:
        """Into a pack that is passed after all the others, or alone where that cannot be."""
        if self.packed is None:
            self.packed = PackedFields(self.browser, self.tell)
        packed = self.packed.settle(verdict, self._as_browser_reads(alone), name, self.observations)
        if packed is None:
            self._pass(verdict, alone, position)
            return
        if len(self.browser.held):
            self._release(verdict, alone)
        self._observe(verdict, *packed)

    # -- the held jar --------------------------------------------------------------------------------------------------

    def _hold(self, verdict: FieldVerdict, held: SetCookie) -> None:
        """The proxy keeps it; what the browser has of its key is out of date."""
        browser = self.browser
        jar = browser.held if self.session is None else self.session
        receipt = jar.receive(self._as_browser_reads(held), self.tell.access)
        key = None if self.session is not None else self._key(receipt.outcome, held)
        leftover = None if key is None else browser.mirror.get(key)
        if leftover is not None:
            self.observations.append(self.tell.removal(browser.mirror.remove(leftover, RemovalCause.MERGED)))
            browser.leaving.expel(leftover, Remark.HELD)
        self._observe_receipt(verdict, None, receipt, JarKind.HELD)

    def _release(self, verdict: FieldVerdict, passed: SetCookie) -> None:
        """A held cookie outlives its rule until a Set-Cookie of its key passes."""
        held = self.browser.held
        own = passed if verdict.made_from is None else with_name(passed, verdict.made_from)
        for said in dict.fromkeys((verdict.given, own)):
            key = self._key_said(said)
            if key is not None and (old := held.get(key)) is not None:
                self.observations.append(self.tell.removal(held.remove(old, RemovalCause.RELEASED), JarKind.HELD))

    # -- the mirror ----------------------------------------------------------------------------------------------------

    def _pass(self, verdict: FieldVerdict, passed: SetCookie, position: int | None) -> None:
        browser, tell = self.browser, self.tell
        if self.session is not None:
            self._hold(verdict, passed)
            return
        if self.enforce:
            passed = self._within_max_age(passed)
        place = len(self.passed)
        receipt = browser.mirror.receive(self._as_browser_reads(passed), tell.access, place)
        stays = not self.enforce or self._enforce(receipt)
        self._remember(receipt, verdict, passed, stays)
        if stays:
            if len(browser.held) and self._key(receipt.outcome, passed) is not None:
                self._release(verdict, passed)
            self.passed.append(PassedField(position, passed.source))
        self._observe_receipt(verdict, passed if stays else None, receipt, JarKind.MIRROR)

    def _as_browser_reads(self, said: SetCookie) -> SetCookie:
        """Safari takes a semicolon within quotes for a part of the value."""
        if self.browser.profile.quotes_protect and b'"' in said.source:
            return parse_set_cookie(said.source, quotes_protect=True)
        return said

    def _key(self, outcome: Outcome, said: SetCookie) -> CookieKey | None:
        """The identity of the cookie that a field is about, if it is about one."""
        match outcome:
            case Stored(cookie) | Replaced(cookie) | Removed(cookie):
                return cookie.key
            case Ignored(IgnoreReason.ALREADY_EXPIRED):
                return self._key_said(said)
        return None

    def _key_said(self, said: SetCookie) -> CookieKey | None:
        profile = self.browser.held.profile
        cookie = accept(self._as_browser_reads(said), self.tell.access, profile, self.tell.suffixes, 0)
        return cookie.key if isinstance(cookie, Cookie) else None

    def _remember(self, receipt: Receipt, verdict: FieldVerdict, passed: SetCookie, stays: bool) -> None:
        browser, outcome, access = self.browser, receipt.outcome, self.tell.access
        match outcome:
            case Stored(cookie) | Replaced(cookie):
                if verdict.made_from is not None:
                    cookie.made_from = verdict.made_from
                    browser.has_renamed = True
                browser.forget_departure(cookie.domain, cookie.name)
                if isinstance(outcome, Replaced) and outcome.old.value != cookie.value:
                    browser.note_replaced(outcome.old, access.time)
            case Removed(old):
                browser.note_departure(old.domain, old.name, Departure(UnexpectedReason.REMOVED, access.time))
            case Ignored(reason) if reason not in HARMLESS:
                departure = Departure(UnexpectedReason.REFUSED, access.time)
                browser.note_departure(access.host, passed.name, departure)
        for removal in receipt.removals:
            if removal.cause.is_eviction:
                gone = removal.cookie
                browser.note_departure(gone.domain, gone.name, Departure(UnexpectedReason.EVICTED, access.time))
        if browser.leaving and stays and (key := self._key(outcome, passed)) is not None:
            browser.leaving.forget(key)

    # -- enforce -------------------------------------------------------------------------------------------------------

    def _within_max_age(self, passed: SetCookie) -> SetCookie:
        """With no longer lifetime than the user's `max_age`; what browsers cap by themselves stays as it is."""
        profile = self.browser.profile
        usual = PROFILES.get(profile.name)
        if profile.max_age_cap is None or usual is None or profile.max_age_cap == usual.max_age_cap:
            return passed
        draft = FieldDraft(passed, passed)
        Cap(int(profile.max_age_cap)).apply_to_field(draft, self.facts)
        return draft.field

    def _enforce(self, receipt: Receipt) -> bool:
        """Keep the browser within the limits: whether the field may pass, and who has to leave."""
        outcome = receipt.outcome
        if isinstance(outcome, Ignored):
            return outcome.reason in HARMLESS
        newcomer = outcome.cookie if isinstance(outcome, Stored | Replaced) else None
        stays = True
        for removal in receipt.removals:
            if not removal.cause.is_eviction:
                continue
            if removal.cookie is newcomer:
                stays = False
            else:
                self._evict(removal.cookie)
        if not stays and isinstance(outcome, Replaced):
            self._evict(outcome.old)
        if stays and isinstance(outcome, Stored) and outcome.cookie.key not in self.browser.leaving:
            self.newcomers[outcome.cookie] = Newcomer(len(self.passed), -1)
        return stays

    def _evict(self, cookie: Cookie) -> None:
        """The browser must not have it: not passed if it came with this response, else on its way out."""
        newcomer = self.newcomers.pop(cookie, None)
        if newcomer is None:
            self.browser.leaving.expel(cookie, WithholdReason.EVICTED)
            return
        self.passed[newcomer.place] = None
        seen = self.observations[newcomer.seen]
        if isinstance(seen, SetCookieSeen):
            self.observations[newcomer.seen] = seen._replace(passed=None)

    def _delete_leaving(self) -> None:
        browser, access = self.browser, self.tell.access
        for leaving, deletion in browser.leaving.deletions(access, browser.profile, self.tell.suffixes):
            leaving.told_time = access.time
            leaving.tries += 1
            self.passed.append(PassedField(None, deletion))
            event = self.tell.remark(
                EventKind.CHANGED, Remark.DELETION.value, Remark.DELETION.sentence, leaving.cookie.name
            )
            self.observations.append(event._replace(after=deletion))

    # -- observations --------------------------------------------------------------------------------------------------

    def _observe_receipt(self, verdict: FieldVerdict, passed: SetCookie | None, receipt: Receipt, jar: JarKind) -> None:
        if receipt.removals:
            self.observations += [self.tell.removal(removal, jar) for removal in receipt.removals]
        match receipt.outcome:
            case Stored(cookie):
                self._observe(verdict, passed, EventKind.STORED, None, jar, cookie)
            case Replaced(cookie, old):
                self._observe(verdict, passed, EventKind.REPLACED, None, jar, cookie, old)
                if cookie.persistent != old.persistent and not old.adopted:
                    self.observations.append(self.tell.persistence(cookie, jar))
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
        if cookie is not None and (newcomer := self.newcomers.get(cookie)) is not None:
            self.newcomers[cookie] = newcomer._replace(seen=len(self.observations))
        self.observations.append(self.tell.set_cookie(self.status, verdict, passed, kind, reason, jar, cookie, old))


def _application_s_own(verdict: FieldVerdict, passed: SetCookie) -> SetCookie:
    """What a rule made of a field, but for what it did for the browser alone: another name, a sealed value."""
    own = passed if verdict.made_from is None else with_name(passed, verdict.made_from)
    if any(change.action == "seal" and not change.observed for change in verdict.changes):
        return with_value(own, verdict.given.value)
    return own


def _is_same(passed: PassedField, source: bytes) -> bool:
    return passed.source == source
