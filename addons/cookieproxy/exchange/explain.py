"""What the Set-Cookie fields of one response would come to in one browser: the pure part of `scripts/cookies explain`.

Drives the two sides that the proxy drives, with an empty jar and nobody in particular as the client, and says of each field what
rules made of it, what the jar did with it and why (RFC 6265bis 5.6 and 5.7; R8, R9, R21). Knows no clock, no file and no words
beyond the reasons' own; whoever asks gives the profile with the limits in force.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ..core.accept import EXPIRED, accept
from ..core.access import Access
from ..core.cookie import Cookie
from ..core.events import Change, Event, EventKind, JarKind, Observation, SetCookieSeen
from ..core.hosts import Suffixes, is_loopback
from ..core.profiles import Profile
from ..core.syntax import parse_set_cookie
from ..rules.engine import RuleSet
from ..rules.sealing import Keyring
from .browser import Browser
from .evidence import RequestHead
from .requests import RequestSide
from .responses import DROPPED, ResponseHead, ResponseSide

OWN_NAVIGATION = (
    (b"Sec-Fetch-Site", b"none"),
    (b"Sec-Fetch-Mode", b"navigate"),
    (b"Sec-Fetch-Dest", b"document"),
)
"""What a browser says, to origins it trusts, when its user typed the URL."""
HELD_SENTENCE = "A rule keeps it in the proxy: the browser never sees it."


class Ending(StrEnum):
    """The `outcome` of `scripts/cookies explain`."""

    STORED = "stored"
    REPLACED = "replaced"
    REMOVED = "removed"
    IGNORED = "ignored"
    HELD = "held"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Question:
    """A response that might come: from where, with which Set-Cookie fields, and when."""

    scheme: str
    """http or https, on the browser's side."""
    host: str
    """Canonical, without port."""
    path: bytes
    """Of the request target, without the query."""
    given: tuple[bytes, ...] = field(repr=False)
    """The values of its Set-Cookie fields, in order."""
    time: float
    """Unix seconds at which the response comes."""
    caused_by: str | None = None
    """URL of the page that causes the request; None: the user opens the URL."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of one field."""

    ending: Ending
    reason: str | None
    sentence: str | None
    before: bytes | None = field(repr=False)
    """The field as given; None if a rule adds it."""
    after: bytes | None = field(repr=False)
    """The field as the browser gets it; None if it gets none."""
    changes: tuple[Change, ...] = field(repr=False)
    """What each rule did, or would do."""
    cookie: Cookie | None
    """As it is stored; None if it is not."""
    capped: bool
    """True if the browser lets it live shorter than it says."""
    evicts: tuple[bytes, ...]
    """Names of the cookies that had to leave for it."""

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that changed it, in order, each once."""
        return tuple(dict.fromkeys(change.rule for change in self.changes if not change.observed))

    @property
    def observing(self) -> tuple[str, ...]:
        """The rules of `mode: observe` that would have changed it."""
        return tuple(dict.fromkeys(change.rule for change in self.changes if change.observed))


def explain(question: Question, rules: RuleSet, profile: Profile, suffixes: Suffixes) -> list[Explanation]:
    """What becomes of each field in this browser, in order; then of each cookie that rules add."""
    browser = Browser("", profile, suffixes, enforce=False)
    sealer = Keyring.fresh() if rules.seals else None
    request = RequestSide(rules, suffixes, sealer).process(browser, request_head(question))
    response = ResponseHead(200, tuple((b"set-cookie", given) for given in question.given), question.time)
    result = ResponseSide(rules, suffixes, enforce=False, sealer=sealer).process(browser, request, response)
    added = _added(result.observations)
    explanations = []
    for index, (seen, evicts) in enumerate(_with_evictions(result.observations)):
        own = index >= len(question.given)
        changes = added.get(seen.field, ()) if own else seen.changes
        explanations.append(_explained(seen, own, changes, evicts, _Jar(browser, request.access, suffixes)))
    return explanations


def request_head(question: Question) -> RequestHead:
    """The request that such a response answers, as far as cookies are concerned."""
    fields: tuple[tuple[bytes, bytes], ...] = ()
    if question.caused_by is not None:
        fields = ((b"Referer", question.caused_by.encode()),)
    elif question.scheme == "https" or is_loopback(question.host):
        fields = OWN_NAVIGATION
    return RequestHead(question.scheme, question.host, "GET", question.path, fields, question.time)


@dataclass(frozen=True, slots=True)
class _Jar:
    """Where to look up what a field means."""

    browser: Browser
    access: Access
    suffixes: Suffixes

    def stored(self, seen: SetCookieSeen) -> tuple[Cookie | None, bool]:
        """The cookie that was stored, and whether the browser shortened its life."""
        if seen.event not in (EventKind.STORED, EventKind.REPLACED):
            return None, False
        if seen.jar is JarKind.HELD or seen.passed is None:
            held = [cookie for cookie in self.browser.held if cookie.name == seen.name]
            return (held[-1] if held else None), False
        profile = self.browser.profile
        cookie = self._accepted(seen.passed, profile)
        uncapped = self._accepted(seen.passed, replace(profile, max_age_cap=None))
        return cookie, cookie is not None and uncapped is not None and cookie.expiry_time != uncapped.expiry_time

    def _accepted(self, source: bytes, profile: Profile) -> Cookie | None:
        said = parse_set_cookie(source, profile.quotes_protect)
        cookie = accept(said, self.access, profile, self.suffixes, 0)
        return cookie if isinstance(cookie, Cookie) and cookie.expiry_time != EXPIRED else None


def _explained(
    seen: SetCookieSeen, own: bool, changes: tuple[Change, ...], evicts: tuple[bytes, ...], jar: _Jar
) -> Explanation:
    ending = _ending(seen)
    cookie, capped = jar.stored(seen)
    sentence = HELD_SENTENCE if ending is Ending.HELD else seen.sentence
    before = None if own else seen.field
    return Explanation(ending, seen.reason, sentence, before, seen.passed, changes, cookie, capped, evicts)


def _ending(seen: SetCookieSeen) -> Ending:
    if seen.reason == DROPPED:
        return Ending.DROPPED
    if seen.jar is JarKind.HELD and seen.event in (EventKind.STORED, EventKind.REPLACED):
        return Ending.HELD
    return Ending(seen.event.value)


def _with_evictions(observations: Iterable[Observation]) -> Iterator[tuple[SetCookieSeen, tuple[bytes, ...]]]:
    """Each field with the names of those that left for it, whose removals are told before it."""
    gone: list[bytes] = []
    for each in observations:
        if isinstance(each, SetCookieSeen):
            yield each, tuple(gone)
            gone = []
        elif isinstance(each, Event) and each.event is EventKind.REMOVED and each.cookie is not None:
            gone.append(each.cookie)


def _added(observations: Iterable[Observation]) -> dict[bytes, tuple[Change, ...]]:
    """The fields that rules added, each with what its rule did."""
    return {
        each.after: (Change(each.rule, each.reason or "", None, each.after),)
        for each in observations
        if isinstance(each, Event)
        and each.event is EventKind.CHANGED
        and each.before is None
        and each.after is not None
        and each.rule is not None
        and each.reason != "observed"
    }
