"""The mirror against what the client really sent: sent, unexpected, withheld (R9, R21).

Judges one request. Pairs are matched with cookies word for word first; what is left over on either side is a value that changed, a
cookie we had judged away or never saw being set, or one that is missing (`absence`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ..core.cookie import Cookie, CookieKey
from ..core.events import Event, EventKind, SentPair
from ..core.outcome import UnexpectedReason, WithholdReason
from ..core.syntax import Pair
from .absence import CROSSING_SECONDS, AbsenceJudge
from .browser import Browser, Departure
from .evidence import Absence, Evidence
from .leaving import Leaving
from .tell import Teller

MOST_ADOPTED = 500
"""Unknown cookies of one request that are taken in; no browser sends so many."""
TOLD_WITHHELD = frozenset(WithholdReason) - {WithholdReason.DOMAIN_MISMATCH, WithholdReason.NOT_ON_PATH}
"""Reasons worth telling; a cookie of another path or host is no surprise."""

type ByName = dict[bytes, list[Cookie]]


@dataclass(slots=True)
class Comparison:
    """What became of the pairs of one request."""

    pairs: list[SentPair]
    cookies: list[Cookie | None]
    """For each pair the mirror's cookie it is."""
    unwanted: set[int] = field(default_factory=set)
    """Pairs that are kept from the application: the browser should not have them any more."""
    events: list[Event] = field(default_factory=list)


class Comparer:
    """Compares the pairs of one request of one browser with its mirror."""

    __slots__ = ("_access", "_adopted", "_browser", "_evidence", "_taken", "_tell")

    def __init__(self, browser: Browser, tell: Teller, evidence: Evidence) -> None:
        self._browser = browser
        self._access = tell.access
        self._tell = tell
        self._evidence = evidence
        self._adopted = 0
        self._taken: set[Cookie] = set()

    def compare(self, sent: Sequence[Pair]) -> Comparison:
        """Match pairs with cookies; adopt the unknown ones, take out the missing ones."""
        browser = self._browser
        leaving = browser.leaving.sendable(self._access, browser.profile) if browser.leaving else []
        if not sent and not leaving and self._evidence.absence is not Absence.ALWAYS:
            result = Comparison([], [])
            self._tell_withheld((), result)
            return result
        expected = browser.mirror.retrieve(self._access)
        if len(sent) == len(expected) and not leaving and _are_same(sent, expected):
            for cookie in expected:
                cookie.sent = True
            pairs = [sent_pair(pair.name, pair.value, cookie) for pair, cookie in zip(sent, expected, strict=True)]
            result = Comparison(pairs, [*expected])
        else:
            result = self._match(sent, expected, leaving)
        self._tell_withheld(expected, result)
        return result

    def _match(self, sent: Sequence[Pair], expected: list[Cookie], leaving: list[Leaving]) -> Comparison:
        result = Comparison([SentPair(*pair[:2], EventKind.UNEXPECTED) for pair in sent], [None] * len(sent))
        left = dict.fromkeys(expected)
        self._match_exactly(sent, left, result)
        if leaving:
            self._match_leaving(sent, leaving, result)
        open_ones = [i for i, cookie in enumerate(result.cookies) if cookie is None and i not in result.unwanted]
        if open_ones:
            self._match_loosely(sent, open_ones, left, result)
        if left:
            judge = AbsenceJudge(self._browser, self._tell, self._evidence)
            came = [cookie for cookie in result.cookies if cookie is not None]
            result.events += judge.judge(list(left), came, bool(sent))
        return result

    def _match_exactly(self, sent: Sequence[Pair], left: dict[Cookie, None], result: Comparison) -> None:
        by_pair: dict[tuple[bytes, bytes], list[Cookie]] = {}
        for cookie in reversed(left):
            by_pair.setdefault((cookie.name, cookie.value), []).append(cookie)
        for index, pair in enumerate(sent):
            found = by_pair.get((pair.name, pair.value))
            if found:
                self._take(index, pair, found.pop(), left, result)

    def _take(self, index: int, pair: Pair, cookie: Cookie, left: dict[Cookie, None], result: Comparison) -> None:
        cookie.sent = True
        left.pop(cookie, None)
        self._place(index, cookie, sent_pair(pair.name, pair.value, cookie), result)

    def _place(self, index: int, cookie: Cookie, pair: SentPair, result: Comparison) -> None:
        result.cookies[index], result.pairs[index] = cookie, pair
        self._taken.add(cookie)

    def _match_leaving(self, sent: Sequence[Pair], leaving: list[Leaving], result: Comparison) -> None:
        """What the browser should not have any more: kept back if it comes, forgotten if it does not.

        Of several of one name those whose deletion is still due are there rather than those that were told to go.
        """
        by_name: dict[bytes, list[int]] = {}
        for index, pair in enumerate(sent):
            if result.cookies[index] is None:
                by_name.setdefault(pair.name, []).append(index)
        gone = self._proves_absence(bool(sent))
        for unwelcome in sorted(leaving, key=lambda each: each.told_time is not None):
            cookie = unwelcome.cookie
            free = by_name.get(cookie.name)
            if not free:
                if unwelcome.told_time is not None or (gone and free is None):
                    self._browser.leaving.forget(cookie.key)
                continue
            index = next((index for index in free if sent[index].value == cookie.value), free[0])
            free.remove(index)
            unwelcome.came_again(self._access.time)
            result.unwanted.add(index)
            result.pairs[index] = withheld_pair(sent_pair(cookie.name, sent[index].value, cookie), unwelcome.why.value)

    def _proves_absence(self, carried: bool) -> bool:
        absence = self._evidence.absence
        return absence is Absence.ALWAYS or (carried and absence is Absence.BESIDE_OTHERS)

    def _match_loosely(
        self, sent: Sequence[Pair], indexes: list[int], left: dict[Cookie, None], result: Comparison
    ) -> None:
        """Pairs that are not word for word what the mirror expected."""
        expected = _by_name(left)
        mirror, access = self._browser.mirror, self._access
        judged_away = _by_name(
            cookie
            for cookie in mirror.candidates(access.host)
            if cookie not in left and mirror.withhold(cookie, access) is not WithholdReason.DOMAIN_MISMATCH
        )
        for index in indexes:
            pair = sent[index]
            namesakes = expected.get(pair.name)
            if namesakes:
                self._renew(index, pair, namesakes.pop(0), left, result)
                continue
            known = next((c for c in judged_away.get(pair.name, ()) if c.value == pair.value), None)
            if known is None:
                self._take_unknown(index, pair, left, result)
                continue
            is_too_much = self._browser.enforce and known not in self._taken and mirror.withhold(known, access) is None
            self._take(index, pair, known, left, result)
            if is_too_much:
                result.unwanted.add(index)
                result.pairs[index] = withheld_pair(result.pairs[index], WithholdReason.HEADER_FULL.value)

    def _renew(self, index: int, pair: Pair, cookie: Cookie, left: dict[Cookie, None], result: Comparison) -> None:
        """A script, or a response we did not see, gave the cookie another value; unless the request is older than ours."""
        browser, time = self._browser, self._access.time
        left.pop(cookie, None)
        if browser.may_be_in_flight(cookie, pair.value, time):
            self._take(index, pair, cookie, left, result)
            return
        renewed = browser.mirror.renew(cookie, pair.value, time)
        self._place(index, renewed, unexpected_pair(pair, renewed, UnexpectedReason.CHANGED), result)

    def _take_unknown(self, index: int, pair: Pair, left: dict[Cookie, None], result: Comparison) -> None:
        """A pair that the mirror knows no cookie for: it was wrong, or there is one that nobody saw being set."""
        browser, access = self._browser, self._access
        there = browser.mirror.get(CookieKey(pair.name, access.host, True, b"/"))
        if there is not None:
            if there not in self._taken:
                self._renew(index, pair, there, left, result)
            return  # the client sends the name twice: the other one is some cookie below a path or of a domain
        departure = browser.departure_of(access.host, pair.name)
        reason = UnexpectedReason.UNKNOWN if departure is None else departure.reason
        result.pairs[index] = result.pairs[index]._replace(reason=reason.value)
        if departure is not None and access.time <= departure.time + CROSSING_SECONDS:
            return
        if self._adopted < MOST_ADOPTED:
            self._adopted += 1
            cookie = self._put_back(pair, departure) or self._adopt(pair, result)
            self._place(index, cookie, unexpected_pair(pair, cookie, reason), result)

    def _put_back(self, pair: Pair, departure: Departure | None) -> Cookie | None:
        """A cookie that only seemed to be gone."""
        cookie = None if departure is None else departure.cookie
        if cookie is None or cookie.value != pair.value or self._browser.mirror.withhold(cookie, self._access):
            return None
        self._browser.forget_departure(cookie.domain, cookie.name)
        self._browser.mirror.place(cookie)
        cookie.sent = True
        return cookie

    def _adopt(self, pair: Pair, result: Comparison) -> Cookie:
        self._browser.forget_departure(self._access.host, pair.name)
        cookie, removals = self._browser.mirror.adopt(pair.name, pair.value, self._access)
        result.events += [self._tell.removal(removal) for removal in removals]
        return cookie

    def _tell_withheld(self, expected: Sequence[Cookie], result: Comparison) -> None:
        """Cookies of this host that stay in the browser this time, each told once for each reason."""
        browser, access = self._browser, self._access
        candidates = browser.mirror.candidates(access.host)
        if len(candidates) <= len(expected):
            return
        sent = set(result.cookies)
        sent.update(expected)
        for cookie in candidates:
            if cookie in sent:
                continue
            reason = browser.mirror.withhold(cookie, access)
            if reason is None and expected:
                reason = WithholdReason.HEADER_FULL
            if reason in TOLD_WITHHELD and browser.first_time((cookie.key, reason)):
                result.events.append(self._tell.cookie(EventKind.WITHHELD, cookie, reason, cookie.set_by))


def _are_same(sent: Sequence[Pair], expected: Sequence[Cookie]) -> bool:
    for pair, cookie in zip(sent, expected, strict=True):  # noqa: SIM110 - a generator costs twice as much, once a request
        if pair.name != cookie.name or pair.value != cookie.value:
            return False
    return True


def _by_name(cookies: Iterable[Cookie]) -> ByName:
    by_name: ByName = {}
    for cookie in cookies:
        by_name.setdefault(cookie.name, []).append(cookie)
    return by_name


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


def unexpected_pair(pair: Pair, cookie: Cookie, reason: UnexpectedReason) -> SentPair:
    """A pair that the mirror did not expect so."""
    return sent_pair(pair.name, pair.value, cookie)._replace(event=EventKind.UNEXPECTED, reason=reason.value)


def withheld_pair(pair: SentPair, reason: str) -> SentPair:
    """A pair that the application does not get."""
    return pair._replace(event=EventKind.WITHHELD, reason=reason)
