"""The way up: what of a request's cookies the application gets, and what the request tells about the client's jar.

Cookie fields joined → compared with the mirror → what should be gone kept back → what rules made undone → rules → held cookies
merged in retrieval order (`upstream`). A field that needs no change is not rebuilt. Also tells of headers too large (R2).
"""

from dataclasses import dataclass, field

from ..core.access import Access, SameSiteContext, Storing
from ..core.events import EventKind, JarKind, Observation, RequestSeen
from ..core.hosts import Suffixes, site_of
from ..core.jar import Jar
from ..core.outcome import WithholdReason
from ..core.syntax import CookieString, join_fields, wire_text
from ..rules.engine import RuleSet
from ..rules.facts import Facts
from ..rules.sealing import Sealer
from .browser import Browser
from .compare import Comparer, Comparison
from .evidence import Absence, Evidence, Fields, RequestHead, access_of, evidence_of, read_fields
from .headers import Edits, request_edits
from .tell import Teller
from .upstream import Upstream

__all__ = ["RequestHead", "RequestResult", "RequestSide"]

COOKIE_NAME_BYTES = len(b"Cookie: ")
HEADER_THRESHOLDS = (
    (16_384, "IIS, Node.js, HAProxy and AWS load balancers refuse it"),
    (8_190, "nginx, Apache, Tomcat and gunicorn refuse it"),
    (4_096, "half of what common servers accept"),
)
"""Octets of a Cookie header with its name, largest first, and what happens beyond (R2)."""
SMALLEST_THRESHOLD = HEADER_THRESHOLDS[-1][0]
LARGEST_CONTRIBUTORS = 3


@dataclass(slots=True)
class RequestResult:
    """What a request came to; its response needs it again."""

    access: Access
    site: str
    cookie: bytes | None
    """The one Cookie field the application gets; None: the fields stay as they came; empty: there is none."""
    observations: list[Observation] = field(default_factory=list)
    headers: Edits = ()
    """What has to be done to its other header fields."""
    session: Jar | None = None
    """The held jar of a session without cookies, which its response's cookies go to."""
    absence: Absence = Absence.NOTHING
    """What it proves that a cookie did not come with it."""
    given: bytes = b""
    """The cookies as they came, in one."""
    telling: Fields = ()
    """The fields that tell where it comes from, names in lower case."""


class RequestSide:
    """Drives requests through jars and rules; one for each configuration."""

    def __init__(self, rules: RuleSet, suffixes: Suffixes, sealer: Sealer | None = None) -> None:
        self._rules = rules
        self._suffixes = suffixes
        self._sealer = sealer

    def process(
        self,
        browser: Browser,
        head: RequestHead,
        flow: object | None = None,
        watch: bool = False,
        session: Jar | None = None,
    ) -> RequestResult:
        """Take one request through; with `watch` nothing is changed and rules are only observed.

        With the held jar of a `session` all cookies come from there, and those of the response go there.
        """
        held = browser.held if session is None else session
        site = site_of(head.host, self._suffixes)
        fields, telling = read_fields(head.fields)
        evidence = evidence_of(telling, head.scheme, head.method, site, self._suffixes)
        access = access_of(head, evidence)
        tell = Teller(browser.name, site, access, self._suffixes)
        observations = _expire(browser, held, tell)
        given = CookieString(join_fields(fields)) if fields else NO_COOKIES
        comparison = Comparer(browser, tell, evidence).compare(given.pairs)
        access = _as_judged_by(browser, access, evidence, comparison)
        observations += comparison.events
        rules = self._rules.for_host(head.host)
        up, edits = given, NO_EDITS
        sealed = self._sealer is not None and self._sealer.prefix in given.source
        if not rules.is_empty or comparison.unwanted or len(held) or browser.has_renamed or sealed:
            facts = Facts(access, site, browser.name, flow, self._sealer)
            passage = Upstream(browser, tell, comparison, rules, facts, watch, observations, held)
            up = passage.of(given)
            if rules.edits_request_headers:
                edits = request_edits(rules, facts, head.fields, passage.carried, up.pairs, tell, watch, observations)
        if comparison.pairs or up is not given:
            _observe(browser, head, tell, up, comparison, observations)
        cookie = None if up.source == given.source else up.source
        return RequestResult(
            access, site, cookie, observations, edits, session, evidence.absence, given.source, telling
        )


NO_COOKIES = CookieString(b"")
FOR_SAME_SITE_ONLY = frozenset(
    (WithholdReason.SAME_SITE_STRICT, WithholdReason.SAME_SITE_LAX, WithholdReason.SAME_SITE_DEFAULT)
)
"""A cookie that came although Sec-Fetch-Site speaks against it: browsers forget who redirected to their own page's site."""
NO_EDITS: Edits = ()


def _as_judged_by(browser: Browser, access: Access, evidence: Evidence, comparison: Comparison) -> Access:
    """What the cookies that came, or did not, tell of how the browser took the request; its response is judged by that."""
    mirror = browser.mirror
    if not comparison.pairs:
        if evidence.credentials or not any(mirror.withhold(c, access) is None for c in mirror.candidates(access.host)):
            return access
        return access._replace(storing=Storing.NOTHING)
    if access.context is not SameSiteContext.SAME_SITE and any(
        cookie is not None and mirror.withhold(cookie, access) in FOR_SAME_SITE_ONLY for cookie in comparison.cookies
    ):
        return access._replace(context=SameSiteContext.SAME_SITE)
    return access


def _expire(browser: Browser, held: Jar, tell: Teller) -> list[Observation]:
    """What ended since the last exchange, each at its own time."""
    now = tell.access.time
    observations: list[Observation] = [tell.removal(removal) for removal in browser.mirror.expire(now)]
    if len(held):
        observations += [tell.removal(removal, JarKind.HELD) for removal in held.expire(now)]
    return observations


def _observe(
    browser: Browser,
    head: RequestHead,
    tell: Teller,
    up: CookieString,
    comparison: Comparison,
    observations: list[Observation],
) -> None:
    access = tell.access
    size = COOKIE_NAME_BYTES + len(up.source) if up.pairs else 0
    observations.append(
        RequestSeen(
            access.time,
            tell.client,
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
    if size > SMALLEST_THRESHOLD:
        _observe_size(browser, tell, up, size, observations)


def _observe_size(browser: Browser, tell: Teller, up: CookieString, size: int, observations: list[Observation]) -> None:
    """A Cookie header that servers may refuse, with the largest of its cookies, once for each site and threshold (R2)."""
    threshold, meaning = next(row for row in HEADER_THRESHOLDS if size > row[0])
    if not browser.first_time((tell.site, threshold)):
        return
    largest = sorted(up.pairs, key=lambda pair: -len(pair.source))[:LARGEST_CONTRIBUTORS]
    names = ", ".join(f"{wire_text(pair.name)} ({len(pair.source)} B)" for pair in largest)
    sentence = f"The Cookie header has {size} bytes, more than {threshold}: {meaning}. The largest: {names}."
    observations.append(tell.remark(EventKind.HEADER_SIZE, f"over-{threshold}", sentence))
