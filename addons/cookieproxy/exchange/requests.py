"""The way up: what of a request's cookies the application gets, and what the request tells about the client's jar.

Cookie fields joined → compared with the mirror → what should be gone kept back → what rules made undone → rules → held cookies
merged in retrieval order. A field that needs no change is not rebuilt.
"""

from dataclasses import dataclass, field

from ..core.access import Access
from ..core.cookie import Cookie
from ..core.events import EventKind, Observation, RequestSeen
from ..core.hosts import Suffixes, site_of
from ..core.outcome import RemovalCause
from ..core.syntax import CookieString, join_fields, wire_text
from ..rules.engine import HostRules, RuleSet
from ..rules.facts import Facts
from ..rules.verdicts import Record, RequestVerdict
from .browser import Browser
from .compare import Comparer, Comparison, sent_pair
from .evidence import RequestHead, access_of, cookie_fields, evidence_of
from .tell import Teller

COOKIE_NAME_BYTES = len(b"Cookie: ")
HEADER_THRESHOLDS = (
    (16_384, "IIS, Node.js, HAProxy and AWS load balancers refuse it"),
    (8_190, "nginx, Apache, Tomcat and gunicorn refuse it"),
    (4_096, "half of what common servers accept"),
)
"""Octets of a Cookie header with its name, largest first, and what happens beyond (R2)."""
LARGEST_CONTRIBUTORS = 3


@dataclass(slots=True)
class RequestResult:
    """What a request came to; its response needs it again."""

    access: Access
    site: str
    cookie: bytes | None
    """The one Cookie field the application gets; None: the fields stay as they came; empty: there is none."""
    observations: list[Observation] = field(default_factory=list)


class RequestSide:
    """Drives requests through jars and rules; one for each configuration."""

    def __init__(self, rules: RuleSet, suffixes: Suffixes) -> None:
        self._rules = rules
        self._suffixes = suffixes

    def process(
        self, browser: Browser, head: RequestHead, flow: object | None = None, watch: bool = False
    ) -> RequestResult:
        """Take one request through; with `watch` nothing is changed and rules are only observed."""
        site = site_of(head.host, self._suffixes)
        evidence = evidence_of(head, site, self._suffixes)
        access = access_of(head, site, evidence)
        tell = Teller(browser.name, site, access, self._suffixes)
        result = RequestResult(access, site, None, _expire(browser, tell))
        fields = cookie_fields(head.fields)
        given = CookieString(join_fields(fields)) if fields else NO_COOKIES
        comparison = Comparer(browser, tell, evidence).compare(given.pairs)
        result.observations += comparison.events
        rules = self._rules.for_host(head.host)
        up = given
        if not rules.is_empty or comparison.unwanted or len(browser.held) or browser.has_renamed:
            up = _Passage(browser, tell, comparison, rules, flow, watch, result.observations).upstream(given)
        if up.source != given.source:
            result.cookie = up.source
        _observe(head, tell, browser, up, comparison, result.observations)
        return result


NO_COOKIES = CookieString(b"")


@dataclass(slots=True)
class _Passage:
    """One request on its way through the rules and past the held jar."""

    browser: Browser
    tell: Teller
    comparison: Comparison
    rules: HostRules
    flow: object | None
    watch: bool
    observations: list[Observation]

    def upstream(self, given: CookieString) -> CookieString:
        """The cookies as the application gets them."""
        up = given if self.watch else given.without(self.comparison.unwanted)
        known = self._known()
        undone = self.rules.undo(up, lambda name: _made_from(known.get(name)))
        if not self.watch:
            self._expel_stale(undone.stale, known)
        by_old_name = {cookie.made_from or cookie.name: cookie for cookie in known.values()}
        facts = Facts(self.tell.access, self.tell.site, self.browser.name, self.flow)
        held = self.browser.held.retrieve(self.tell.access) if len(self.browser.held) else []
        names = [cookie.name for cookie in held]
        verdict = self.rules.on_request(undone.cookies, facts, by_old_name.get, self.watch, names)
        self.observations += map(self.tell.change, verdict.names, verdict.changes)
        if self.watch:
            return given
        held += self._take_into_held(undone.cookies, verdict, by_old_name)
        return self._merge_held(held, verdict.cookies, by_old_name)

    def _known(self) -> dict[bytes, Cookie]:
        return {cookie.name: cookie for cookie in self.comparison.cookies if cookie is not None}

    def _expel_stale(self, stale: tuple[bytes, ...], known: dict[bytes, Cookie]) -> None:
        for name in stale:
            if name in known:
                self.browser.expel(known[name])

    def _take_into_held(self, given: CookieString, verdict: RequestVerdict, known: dict[bytes, Cookie]) -> list[Cookie]:
        """What the browser had before a `hold` came is the proxy's from now on, unless the proxy knows better."""
        if not verdict.held:
            return []
        held = self.browser.held
        names = {cookie.name for cookie in held.candidates(self.tell.access.host)}
        taken = []
        for index in sorted(verdict.held):
            pair = given.pairs[index]
            if pair.name not in names:
                taken.append(held.adopt(pair.name, pair.value, self.tell.access)[0])
            self._replaced_by_held(known.get(pair.name))
        return taken

    def _merge_held(self, held: list[Cookie], up: CookieString, known: dict[bytes, Cookie]) -> CookieString:
        """The held cookies where a browser would have put them; they win over the client's own of the same name."""
        if not held:
            return up
        names = {cookie.name for cookie in held}
        doubled = [index for index, pair in enumerate(up.pairs) if pair.name in names]
        for index in doubled:
            self._replaced_by_held(known.get(up.pairs[index].name))
        self.comparison.pairs += [sent_pair(cookie.name, cookie.value, cookie) for cookie in held]
        kept = up.without(doubled)
        order = self.browser.profile.order
        keys = [None if (own := known.get(pair.name)) is None else order(own) for pair in kept.pairs]
        return kept.merged((_place(keys, order(cookie)), cookie.name, cookie.value) for cookie in held)

    def _replaced_by_held(self, leftover: Cookie | None) -> None:
        """The browser still has a cookie of its own that the proxy holds now: it is deleted there."""
        if leftover is not None and leftover.made_from is None and self.browser.mirror.get(leftover.key) is leftover:
            self.browser.mirror.remove(leftover, RemovalCause.MERGED)
            self.browser.expel(leftover)


def _made_from(cookie: Cookie | None) -> bytes | Record:
    """What the mirror's record says of a name: made by a rename, not made by one, or never seen being set."""
    if cookie is None or cookie.adopted:
        return Record.UNKNOWN
    return Record.NOT_MADE if cookie.made_from is None else cookie.made_from


def _place(keys: list[tuple[object, ...] | None], wanted: tuple[object, ...]) -> int:
    """Before the first pair that a browser would send later; pairs whose scope nobody knows are passed over."""
    for index, key in enumerate(keys):
        if key is not None and key > wanted:
            return index
    return len(keys)


def _expire(browser: Browser, tell: Teller) -> list[Observation]:
    removals = browser.mirror.expire(tell.access.time)
    if len(browser.held):
        removals += browser.held.expire(tell.access.time)
    return [tell.removal(removal) for removal in removals]


def _observe(
    head: RequestHead,
    tell: Teller,
    browser: Browser,
    up: CookieString,
    comparison: Comparison,
    observations: list[Observation],
) -> None:
    access = tell.access
    if not comparison.pairs and not up.pairs:
        return
    size = COOKIE_NAME_BYTES + len(up.source) if up.pairs else 0
    observations.append(
        RequestSeen(
            access.time,
            browser.name,
            tell.site,
            access.host,
            access.scheme,
            head.method,
            access.path,
            access.flow_id,
            access.party.value,
            size,
            tuple(comparison.pairs),
        )
    )
    if size > HEADER_THRESHOLDS[-1][0]:
        _observe_size(tell, browser, up, size, observations)


def _observe_size(tell: Teller, browser: Browser, up: CookieString, size: int, observations: list[Observation]) -> None:
    """A Cookie header that servers may refuse, with the largest of its cookies, once for each site and threshold (R2)."""
    threshold, meaning = next(row for row in HEADER_THRESHOLDS if size > row[0])
    if not browser.first_time((tell.site, threshold)):
        return
    largest = sorted(up.pairs, key=lambda pair: -len(pair.source))[:LARGEST_CONTRIBUTORS]
    names = ", ".join(f"{wire_text(pair.name)} ({len(pair.source)} B)" for pair in largest)
    sentence = f"The Cookie header has {size} bytes, more than {threshold}: {meaning}. The largest: {names}."
    observations.append(tell.remark(EventKind.HEADER_SIZE, f"over-{threshold}", sentence))
