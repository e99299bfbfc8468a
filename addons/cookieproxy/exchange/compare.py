"""The mirror against what the client really sent: sent, unexpected, withheld, missing (R3, R9, R21).

Judges one request. A cookie's absence is evidence only in a navigation, or in a request without Sec-Fetch-* that carried other
cookies of the site: preflights, fonts, manifests and fetches without credentials carry none by design.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..core.access import Party, SameSiteContext
from ..core.cookie import Cookie, SameSite
from ..core.events import Event, EventKind, SentPair
from ..core.outcome import MissingReason, RemovalCause, UnexpectedReason, WithholdReason
from ..core.syntax import Pair
from .browser import Browser, Leaving
from .evidence import Evidence
from .tell import Teller

EXPIRY_SLACK_SECONDS = 60.0
"""A cookie that had less than this left to live may have been judged expired by the browser's own clock."""
NEAR_LIMIT = 0.9
"""The share of a site's limit from which an eviction is the likeliest reason for an absence."""
STILL_THERE = frozenset((MissingReason.THIRD_PARTY, MissingReason.SAME_SITE))
"""Reasons that keep a cookie from one request, not from the browser."""


@dataclass(slots=True)
class Comparison:
    """What became of the pairs of one request."""

    pairs: list[SentPair]
    cookies: list[Cookie | None]
    """For each pair the mirror's cookie it is."""
    unwanted: set[int] = field(default_factory=set)
    """Pairs that `enforce` keeps from the application."""
    events: list[Event] = field(default_factory=list)


class Comparer:
    """Compares the pairs of one request of one browser with its mirror."""

    def __init__(self, browser: Browser, tell: Teller, evidence: Evidence) -> None:
        self.browser = browser
        self.access = tell.access
        self.tell = tell
        self.evidence = evidence

    def compare(self, sent: Sequence[Pair]) -> Comparison:
        """Match pairs with cookies; adopt the unknown ones, take out the missing ones."""
        browser, access = self.browser, self.access
        expected = browser.mirror.retrieve(access)
        leaving = list(browser.leaving_for(access)) if browser.leaving else []
        if len(sent) == len(expected) and not leaving and all(map(_same, sent, expected)):
            for cookie in expected:
                cookie.sent = True
            result = Comparison(
                [_sent(pair, cookie) for pair, cookie in zip(sent, expected, strict=True)], list(expected)
            )
        else:
            result = self._match(sent, expected, leaving)
        self._tell_withheld(expected, result)
        return result

    def _match(self, sent: Sequence[Pair], expected: list[Cookie], leaving: list[Leaving]) -> Comparison:
        result = Comparison([_unmatched(pair) for pair in sent], [None] * len(sent))
        left = dict.fromkeys(expected)
        self._match_exactly(sent, left, result)
        self._match_leaving(sent, leaving, result)
        strangers = [i for i, cookie in enumerate(result.cookies) if cookie is None and i not in result.unwanted]
        if strangers:
            self._match_loosely(strangers, sent, left, result)
        self._judge_absence(list(left), bool(sent), result)
        return result

    def _match_exactly(self, sent: Sequence[Pair], left: dict[Cookie, None], result: Comparison) -> None:
        by_pair: dict[tuple[bytes, bytes], list[Cookie]] = {}
        for cookie in left:
            by_pair.setdefault((cookie.name, cookie.value), []).append(cookie)
        for index, pair in enumerate(sent):
            found = by_pair.get((pair.name, pair.value))
            if found:
                self._take(index, pair, found.pop(0), left, result)

    def _take(self, index: int, pair: Pair, cookie: Cookie, left: dict[Cookie, None], result: Comparison) -> None:
        cookie.sent = True
        left.pop(cookie, None)
        result.cookies[index] = cookie
        result.pairs[index] = _sent(pair, cookie)

    def _match_leaving(self, sent: Sequence[Pair], leaving: list[Leaving], result: Comparison) -> None:
        """What the browser should not have any more: kept back if it comes, forgotten if it does not."""
        free: dict[bytes, list[int]] = {}
        for place, pair in enumerate(sent if leaving else ()):
            if result.cookies[place] is None:
                free.setdefault(pair.name, []).append(place)
        for unwelcome in leaving:
            cookie = unwelcome.cookie
            index = _take_free(free.get(cookie.name), sent, cookie)
            if index is None:
                if self.evidence.navigation or not self.evidence.fetch_metadata:
                    self.browser.left(cookie.key)
                continue
            unwelcome.told = False
            result.unwanted.add(index)
            result.pairs[index] = _sent(sent[index], cookie)._replace(
                event=EventKind.WITHHELD, reason=WithholdReason.EVICTED.value
            )

    def _match_loosely(
        self, strangers: list[int], sent: Sequence[Pair], left: dict[Cookie, None], result: Comparison
    ) -> None:
        """Pairs that are not word for word what the mirror expected. By look-up: a hostile client sends ten thousand of them."""
        expected: dict[bytes, deque[Cookie]] = {}
        for cookie in left:
            expected.setdefault(cookie.name, deque()).append(cookie)
        withheld: dict[tuple[bytes, bytes], Cookie] = {}
        for cookie in self.browser.mirror.candidates(self.access.host):
            withheld.setdefault((cookie.name, cookie.value), cookie)
        for index in strangers:
            pair = sent[index]
            if renewed := expected.get(pair.name):
                withheld[pair.name, pair.value] = self._renew(index, pair, renewed.popleft(), left, result)
            elif judged_away := withheld.get((pair.name, pair.value)):
                self._take(index, pair, judged_away, left, result)
            else:
                withheld[pair.name, pair.value] = self._adopt(index, pair, result)

    def _renew(self, index: int, pair: Pair, cookie: Cookie, left: dict[Cookie, None], result: Comparison) -> Cookie:
        """A script, or a response we did not see, gave the cookie another value."""
        renewed = self.browser.mirror.renew(cookie, pair.value, self.access.time)
        left.pop(cookie, None)
        result.cookies[index] = renewed
        result.pairs[index] = _sent(pair, renewed)._replace(
            event=EventKind.UNEXPECTED, reason=UnexpectedReason.CHANGED.value
        )
        return renewed

    def _adopt(self, index: int, pair: Pair, result: Comparison) -> Cookie:
        browser = self.browser
        reason = browser.departed.pop((self.access.host, pair.name), None) or UnexpectedReason.UNKNOWN
        cookie, removals = browser.mirror.adopt(pair.name, pair.value, self.access)
        result.cookies[index] = cookie
        result.pairs[index] = _sent(pair, cookie)._replace(event=EventKind.UNEXPECTED, reason=reason.value)
        result.events += [self.tell.removal(removal) for removal in removals]
        return cookie

    # -- absence -------------------------------------------------------------------------------------------------------

    def _judge_absence(self, absent: list[Cookie], carried: bool, result: Comparison) -> None:
        if not absent or not (self.evidence.navigation or (carried and not self.evidence.fetch_metadata)):
            return
        cleared = not any(cookie is not None for cookie in result.cookies)
        for cookie in absent:
            if cookie.adopted or cookie.set_time >= self.access.time:
                continue
            reason = self._likeliest(cookie, cleared and len(absent) > 1)
            if reason in STILL_THERE and not self.browser.first_time((cookie.key, reason)):
                continue
            result.events.append(self.tell.cookie(EventKind.MISSING, cookie, reason, cookie.set_by))
            if reason not in STILL_THERE:
                removal = self.browser.mirror.remove(cookie, RemovalCause.GONE)
                self.browser.note_departure(self.access.host, cookie.name, UnexpectedReason.REMOVED)
                result.events.append(self.tell.removal(removal))

    def _likeliest(self, cookie: Cookie, cleared: bool) -> MissingReason:
        access, mirror = self.access, self.browser.mirror
        if access.party is Party.THIRD:
            return MissingReason.THIRD_PARTY
        if access.context is not SameSiteContext.SAME_SITE and cookie.same_site is not SameSite.NONE:
            return MissingReason.SAME_SITE
        if cookie.secure_only and access.scheme != "https":
            return MissingReason.SECURE
        if cookie.expiry_time is not None and cookie.expiry_time - access.time < EXPIRY_SLACK_SECONDS:
            return MissingReason.EXPIRED
        if mirror.fullness(cookie) >= NEAR_LIMIT:
            return MissingReason.EVICTED
        if not cookie.sent:
            return MissingReason.REFUSED if cookie.path == b"/" or cleared else MissingReason.PATH
        return MissingReason.CLEARED if cleared else MissingReason.GONE

    def _tell_withheld(self, expected: list[Cookie], result: Comparison) -> None:
        """Cookies of this host that stay in the browser this time, each told once for each reason."""
        browser, access = self.browser, self.access
        candidates = browser.mirror.candidates(access.host)
        if len(candidates) <= len(expected):
            return
        sent = set(result.cookies)
        for cookie in candidates:
            if cookie in sent:
                continue
            reason = browser.mirror.withhold(cookie, access)
            if reason in TOLD_WITHHELD and browser.first_time((cookie.key, reason)):
                result.events.append(self.tell.cookie(EventKind.WITHHELD, cookie, reason, cookie.set_by))


TOLD_WITHHELD = frozenset(WithholdReason) - {WithholdReason.DOMAIN_MISMATCH, WithholdReason.NOT_ON_PATH}
"""Reasons worth telling; a cookie of another path or host is no surprise."""


def _same(pair: Pair, cookie: Cookie) -> bool:
    return pair.name == cookie.name and pair.value == cookie.value


def _take_free(free: list[int] | None, sent: Sequence[Pair], cookie: Cookie) -> int | None:
    """The pair that is this cookie: the same value if there is one, else the same name; it is free no longer."""
    if not free:
        return None
    index = next((index for index in free if sent[index].value == cookie.value), free[0])
    free.remove(index)
    return index


def sent_pair(name: bytes, value: bytes, cookie: Cookie) -> SentPair:
    """A pair of a Cookie header with what is known of the cookie it is (R9)."""
    return SentPair(
        name,
        value,
        EventKind.SENT,
        cookie.domain,
        cookie.host_only,
        cookie.path,
        cookie.expiry_time,
        cookie.set_by,
    )


def _sent(pair: Pair, cookie: Cookie) -> SentPair:
    return sent_pair(pair.name, pair.value, cookie)


def _unmatched(pair: Pair) -> SentPair:
    return SentPair(pair.name, pair.value, EventKind.UNEXPECTED)
