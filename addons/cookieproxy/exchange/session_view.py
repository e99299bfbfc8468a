"""An exchange as the tracker of sessions sees it, put together from what the way up and the way down came to.

Cookies are as the application knows them: what rules renamed, sealed, packed or held for the browser is its own again.
"""

from collections.abc import Callable, Sequence

from ..core.cookie import Cookie
from ..core.events import EventKind, JarKind, Observation, RequestSeen, SetCookieSeen
from ..core.syntax import parse_cookie
from ..sessions.exchanges import Crowd, Exchange, Pair, Place
from ..sessions.routine import page_of
from .browser import Browser
from .evidence import Absence, RequestHead
from .requests import RequestResult
from .responses import ResponseHead

PARTS = frozenset(
    (b"audio", b"font", b"image", b"manifest", b"report", b"script", b"style", b"track", b"video", b"worker")
)
"""Sec-Fetch-Dest of what is no page and no answer to a program."""
NEARLY_FULL = 0.9
"""The share of a site's limit from which it is asked who would have to leave next."""
NO_REDIRECT = 300
FIRST_ERROR = 400


def session_view(
    browser: Browser,
    head: RequestHead,
    request: RequestResult,
    response: ResponseHead,
    observed: Sequence[Observation],
    cookie: bytes | None,
    has_password: Callable[[], bool],
) -> Exchange:
    """One exchange; `cookie` is what the application got if that is not what the browser sent, `observed` are both ways'."""
    access = request.access
    telling = dict(request.telling)
    location, content_type = _fields_of(response)
    return Exchange(
        browser.name,
        request.site,
        access.host,
        access.scheme,
        head.method,
        head.path,
        access.flow_id,
        access.time,
        response.time,
        response.status,
        _pairs(observed) if cookie is None else [pair[:2] for pair in parse_cookie(cookie)],
        observed,
        location,
        telling.get(b"referer", b""),
        request.absence is Absence.ALWAYS,
        head.method != "OPTIONS" and not _is_part(telling.get(b"sec-fetch-dest"), head.path),
        has_password,
        b"json" in content_type,
        request.absence is not Absence.NOTHING,
        _crowd(browser, access.host, observed),
    )


def _crowd(browser: Browser, host: str, observed: Sequence[Observation]) -> Crowd | None:
    """Who would have to leave next, if the site got a cookie more and has nearly as many as the browser keeps (R1)."""
    new = [seen.name for seen in observed if type(seen) is SetCookieSeen and _is_new(seen)]
    limit = browser.profile.counts.per_site
    if not new or limit is None:
        return None
    latest = max(_named(browser, host, new[-1]), key=lambda cookie: cookie.set_time, default=None)
    if latest is None:
        return None
    fullness = browser.mirror.fullness(latest)
    if fullness < NEARLY_FULL:
        return None
    next_out = tuple(Place(each.name, each.domain, each.path) for each in browser.mirror.next_victims(latest))
    return Crowd(round(fullness * limit), limit, next_out)


def _is_new(seen: SetCookieSeen) -> bool:
    return seen.event is EventKind.STORED and seen.jar is JarKind.MIRROR


def _named(browser: Browser, host: str, name: bytes) -> list[Cookie]:
    return [
        cookie
        for cookie in browser.mirror.candidates(host)
        if name in (cookie.name, cookie.made_from) and not cookie.adopted
    ]


def _is_part(destination: bytes | None, target: bytes) -> bool:
    """True if it is no page and no answer to a program: by what the browser says, else by the path's ending."""
    return page_of(target).is_part if destination is None else destination in PARTS


def _pairs(observed: Sequence[Observation]) -> list[Pair]:
    for seen in observed:
        if type(seen) is RequestSeen:
            return [pair[:2] for pair in seen.pairs if pair.event is not EventKind.WITHHELD]
    return []


def _fields_of(response: ResponseHead) -> tuple[bytes, bytes]:
    """Location, where it leads somewhere, and Content-Type."""
    location = content_type = b""
    redirects = NO_REDIRECT <= response.status < FIRST_ERROR
    for name, value in response.fields:
        length = len(name)
        if length == 8 and redirects and name.lower() == b"location":
            location = value
        elif length == 12 and name.lower() == b"content-type":
            content_type = value
    return location, content_type
