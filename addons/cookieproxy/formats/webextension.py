"""Cookies as browser extensions have them (`chrome.cookies`): Cookie-Editor, EditThisCookie and their like.

A list of cookies.Cookie. `expirationDate` is absent in session cookies and may have fractions; `hostOnly` says whether one host
alone gets the cookie, and counts for more than the domain's leading dot; `sameSite` is `no_restriction`, `lax`, `strict`,
`unspecified` or null.
"""

from collections.abc import Sequence

from ..core.cookie import Cookie, SameSite
from .browserlike import add, any_has, dotted_domain, draft_of, is_third_party, items, text, top_level
from .document import compose
from .format import Content, Format
from .narrow import EVERYTHING, Says
from .reading import Reading, Source
from .times import Step
from .values import Field, Read, Written

_SAME_SITE = {
    SameSite.DEFAULT: "unspecified",
    SameSite.NONE: "no_restriction",
    SameSite.LAX: "lax",
    SameSite.STRICT: "strict",
}


def recognises(content: Content) -> bool:
    """A list in which something is said as only extensions say it."""
    cookies = items(content)
    return any_has(cookies, "expirationDate", "hostOnly", "storeId") and any_has(cookies, "name")


def read(source: Source) -> tuple[Read, ...]:
    """The cookies."""
    reading = Reading(source)
    for item in top_level(source, reading):
        draft = draft_of(item, "expirationDate")
        if draft is not None:
            draft.host_only = item.flag("hostOnly")
            add(reading, item, draft, "expirationDate")
    return reading.finish()


def write(cookies: Sequence[Cookie], now: float) -> Written:
    """The cookies as a list."""
    return Written(compose([_object(cookie) for cookie in cookies]))


def _object(cookie: Cookie) -> dict[str, object]:
    said: dict[str, object] = {"domain": dotted_domain(cookie)}
    if cookie.expiry_time is not None:
        said["expirationDate"] = cookie.expiry_time
    said |= {
        "hostOnly": cookie.host_only,
        "httpOnly": cookie.http_only,
        "name": text(cookie.name),
        "path": text(cookie.path),
        "sameSite": _SAME_SITE[cookie.same_site],
        "secure": cookie.secure_only,
        "session": cookie.expiry_time is None,
        "storeId": None,
        "value": text(cookie.value),
    }
    if cookie.partition is not None:
        said["partitionKey"] = {"topLevelSite": cookie.partition, "hasCrossSiteAncestor": is_third_party(cookie)}
    return said


FORMAT = Format(
    "webextension",
    "Cookie-Editor, EditThisCookie and other browser extensions",
    ("json",),
    Says(EVERYTHING - {Field.PRIORITY}, Step.ANY),
    recognises,
    write,
    read,
)
