"""One exchange as sessions see it, and what a response does to each cookie that may be one.

Plain values, put together by whoever drives the tracker: from live traffic and from saved flows alike. The pairs and the
Set-Cookie fields are as the application knows them, whatever rules made of them for the browser.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..core.events import EventKind, JarKind, Observation, SetCookieSeen
from ..core.outcome import IgnoreReason
from .logins import REDIRECTS, REFUSING

type Pair = tuple[bytes, bytes]
"""Name and value."""

EMPTY_VALUES = frozenset((b"", b"deleted", b"null", b"none", b"invalid", b'""', b"expired", b"logout", b"0"))
"""Values, in lower case, by which applications say that there is none."""
NO_CONTENT = frozenset((b"", b'""', b"deleted"))
"""Values that cookies of any kind have when there is nothing to keep."""


class Place(NamedTuple):
    """A cookie in the browser's jar."""

    name: bytes
    domain: str
    path: bytes


class Crowd(NamedTuple):
    """A site that has nearly as many cookies as the browser keeps."""

    cookies: int
    limit: int
    next_out: tuple[Place, ...]
    """Those that would have to leave if the site went on getting cookies."""


class Exchange(NamedTuple):
    """One request with its response."""

    client: str
    site: str
    host: str
    scheme: str
    method: str
    target: bytes
    """Path and query as the application gets them."""
    flow_id: str | None
    asked: float
    """Unix seconds at which the request was sent."""
    answered: float
    """Unix seconds at which the response's head came."""
    status: int
    pairs: Sequence[Pair] = ()
    """The cookies that the application got."""
    seen: Sequence[Observation] = ()
    """What was observed of request and response."""
    location: bytes = b""
    referer: bytes = b""
    proves_absence: bool = False
    """True if a cookie that did not come is one that the client has no more, or keeps back."""
    is_page: bool = True
    """False for parts of pages: images, fonts, scripts' requests."""
    has_password: Callable[[], bool] = lambda: False
    """Whether the request's body has a password; asked only where it matters."""
    is_json: bool = False
    """True if the response is for a program, which says by its status whether something worked."""
    should_carry: bool = False
    """True if such a request has the client's cookies as a rule; it proves nothing by itself that it has none."""
    crowd: Crowd | None = None
    """How near the site is to the browser's limit, if it is and got a cookie more."""

    @property
    def path(self) -> bytes:
        """The target without its query."""
        return self.target.partition(b"?")[0]

    @property
    def is_redirect(self) -> bool:
        """True if the response leads elsewhere."""
        return self.status in REDIRECTS and bool(self.location)

    @property
    def is_good(self) -> bool:
        """True if the response is what was asked for, or leads on."""
        return self.status < 400 and self.status not in REFUSING

    @property
    def sends(self) -> bool:
        """True if the request may change something."""
        return self.method not in ("GET", "HEAD", "OPTIONS", "TRACE")


class Issue(NamedTuple):
    """What a response does to the cookie of one name."""

    name: bytes
    value: bytes | None
    """The value it sets last; None if it only deletes."""
    seen: SetCookieSeen | None
    """The field that counts; None for an id in a Location."""
    deletes: bool
    """True if it deletes one, whether or not the browser has it."""
    hits: bool
    """True if what it does has an effect on what the browser holds."""


def issues_of(observations: Sequence[Observation]) -> dict[bytes, Issue]:
    """What a response's Set-Cookie fields come to, name by name."""
    issues: dict[bytes, Issue] = {}
    for seen in observations:
        if type(seen) is SetCookieSeen:
            before = issues.get(seen.name)
            issues[seen.name] = _issue(seen) if before is None else _both(before, _issue(seen))
    return issues


def _issue(seen: SetCookieSeen) -> Issue:
    kind = seen.event
    if kind is EventKind.REMOVED:
        return Issue(seen.name, None, seen, True, True)
    if kind is EventKind.IGNORED:
        if seen.reason == IgnoreReason.ALREADY_EXPIRED.value:
            return Issue(seen.name, None, seen, True, False)
        return Issue(seen.name, None if is_empty(seen.value) else seen.value, seen, False, False)
    if is_empty(seen.value):
        return Issue(seen.name, None, seen, True, True)
    return Issue(seen.name, seen.value, seen, False, True)


def _both(one: Issue, other: Issue) -> Issue:
    """Of two fields of one name: a value that is kept counts more than a deletion, a later one more than an earlier."""
    if other.value is not None and (other.hits or one.value is None):
        return other._replace(hits=other.hits or one.hits)
    return one._replace(deletes=one.deletes or other.deletes, hits=one.hits or other.hits)


def is_empty(value: bytes) -> bool:
    """True if a value says that there is no session."""
    return value.lower() in EMPTY_VALUES


def is_held(issue: Issue) -> bool:
    """True if the proxy keeps the cookie, so that no browser sees it."""
    return issue.seen is not None and issue.seen.jar is JarKind.HELD
