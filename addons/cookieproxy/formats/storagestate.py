"""Playwright's `storageState` (`context.storage_state()`; peers: Chromium, Firefox and WebKit through it).

An object with `cookies` and `origins`. `expires` is -1 for a session cookie and may have fractions; a domain without a leading
dot is one host's alone (tried with Playwright 1.65 and Chromium 156); `partitionKey` is the top-level site. Local storage under
`origins` is accepted and left alone: there are no cookies in it. Playwright itself writes `Lax` where a cookie says nothing.
"""

from collections.abc import Sequence

from ..core.cookie import Cookie, SameSite
from .browserlike import SESSION, add, any_has, dotted_domain, draft_of, is_third_party, items, text
from .document import Node, compose, parse
from .format import Content, Format
from .narrow import EVERYTHING, Says
from .reading import Reading, Source
from .times import Step
from .values import Field, Read, Written


def recognises(content: Content) -> bool:
    """An object with `cookies` that neither DevTools nor tough-cookie would have written."""
    document = content.document
    if not isinstance(document, dict) or not isinstance(document.get("cookies"), list) or "storeType" in document:
        return False
    cookies = items(content)
    return not any_has(cookies, "key", "expirationDate", "hostOnly", "expiry") and (
        "origins" in document or not any_has(cookies, "size", "session", "priority", "sourceScheme")
    )


def read(source: Source) -> tuple[Read, ...]:
    """The cookies; what is in local storage is passed over."""
    reading = Reading(source)
    top = Node(parse(source.data, source.format), "$", reading.mistake)
    top.list_of_nodes("origins")  # complains if it is no list
    for item in top.list_of_nodes("cookies") if top.need("cookies") else ():
        draft = draft_of(item, "expires")
        if draft is not None:
            add(reading, item, draft, "expires")
    return reading.finish()


def write(cookies: Sequence[Cookie], now: float) -> Written:
    """The cookies, and no local storage."""
    return Written(compose({"cookies": [_object(cookie) for cookie in cookies], "origins": []}))


def _object(cookie: Cookie) -> dict[str, object]:
    said: dict[str, object] = {
        "name": text(cookie.name),
        "value": text(cookie.value),
        "domain": dotted_domain(cookie),
        "path": text(cookie.path),
        "expires": SESSION if cookie.expiry_time is None else cookie.expiry_time,
        "httpOnly": cookie.http_only,
        "secure": cookie.secure_only,
    }
    if cookie.same_site is not SameSite.DEFAULT:
        said["sameSite"] = cookie.same_site.capitalize()
    if cookie.partition is not None:
        said["partitionKey"] = cookie.partition
        said["_crHasCrossSiteAncestor"] = is_third_party(cookie)
    return said


FORMAT = Format(
    "storagestate",
    "Playwright's storageState",
    ("json",),
    Says(EVERYTHING - {Field.PRIORITY}, Step.ANY),
    recognises,
    write,
    read,
    hint="local storage (origins) is neither read nor written",
)
