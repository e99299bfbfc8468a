"""An exchange as the tracker of sessions sees it, put together from what the way up and the way down came to.

Cookies are as the application knows them: what rules renamed, sealed, packed or held for the browser is its own again.
"""

from collections.abc import Callable, Sequence

from ..core.events import EventKind, Observation, RequestSeen
from ..core.syntax import parse_cookie
from ..sessions.exchanges import Exchange, Pair
from ..sessions.routine import page_of
from .browser import Browser
from .evidence import Absence, RequestHead
from .requests import RequestResult
from .responses import ResponseHead

PARTS = frozenset(
    (b"audio", b"font", b"image", b"manifest", b"report", b"script", b"style", b"track", b"video", b"worker")
)
"""Sec-Fetch-Dest of what is no page and no answer to a program."""
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
    )


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
