"""Cookies as the DevTools protocol has them: `Network.getAllCookies`, `Network.setCookies`, Puppeteer's `page.cookies()`.

A list of Network.Cookie, or the answer of the protocol, which has it under `cookies`. `expires` is -1 for a session cookie; a
domain without a leading dot is one host's alone (tried with Chromium 156); `sameSite` is absent if the cookie does not say it.
Playwright's `context.cookies()` is read too. `sourceScheme` and `sourcePort` say whence a cookie came, not what it is.
"""

from collections.abc import Sequence

from ..core.cookie import Cookie, Priority, SameSite
from .browserlike import (
    PRIORITY,
    SESSION,
    add,
    any_has,
    dotted_domain,
    draft_of,
    is_third_party,
    items,
    text,
    top_level,
)
from .document import compose
from .format import Content, Format
from .narrow import EVERYTHING, Says
from .reading import Reading, Source
from .times import Step
from .values import Read, Written

_OWN = ("size", "session", "priority", "sourceScheme")


def recognises(content: Content) -> bool:
    """A list with `expires`, or an object with `cookies` that only the protocol says so."""
    cookies = items(content)
    if any_has(cookies, "key", "expirationDate", "hostOnly", "storeId", "expiry") or not any_has(cookies, "name"):
        return False
    if isinstance(content.document, dict):
        return any_has(cookies, *_OWN) and "origins" not in content.document
    return any_has(cookies, "expires", *_OWN)


def read(source: Source) -> tuple[Read, ...]:
    """The cookies."""
    reading = Reading(source)
    for item in top_level(source, reading):
        draft = draft_of(item, "expires")
        if draft is not None:
            draft.priority = item.choice("priority", PRIORITY, Priority.MEDIUM)
            add(reading, item, draft, "expires")
    return reading.finish()


def write(cookies: Sequence[Cookie], now: float) -> Written:
    """The cookies as a list."""
    return Written(compose([_object(cookie) for cookie in cookies]))


def _object(cookie: Cookie) -> dict[str, object]:
    said: dict[str, object] = {
        "name": text(cookie.name),
        "value": text(cookie.value),
        "domain": dotted_domain(cookie),
        "path": text(cookie.path),
        "expires": SESSION if cookie.expiry_time is None else cookie.expiry_time,
        "size": cookie.size_bytes,
        "httpOnly": cookie.http_only,
        "secure": cookie.secure_only,
        "session": cookie.expiry_time is None,
    }
    if cookie.same_site is not SameSite.DEFAULT:
        said["sameSite"] = cookie.same_site.capitalize()
    said["priority"] = cookie.priority.capitalize()
    if cookie.partition is not None:
        said["partitionKey"] = {"topLevelSite": cookie.partition, "hasCrossSiteAncestor": is_third_party(cookie)}
    return said


FORMAT = Format(
    "chrome",
    "Chrome's DevTools protocol and Puppeteer",
    ("json",),
    Says(EVERYTHING, Step.ANY),
    recognises,
    write,
    read,
)
