"""Cookies as WebDriver has them: Selenium's `driver.get_cookies()`, kept as JSON.

A list of objects; `expiry` is a whole number of seconds, absent in session cookies. Drivers write a leading dot before the
domain if subdomains get the cookie too. Pickled lists are not read: unpickling a file runs what is in it.
"""

from collections.abc import Sequence

from ..core.cookie import Cookie, SameSite
from .browserlike import add, any_has, dotted_domain, draft_of, items, text, top_level
from .document import compose
from .format import Content, Format
from .narrow import EVERYTHING, Says
from .reading import Reading, Source
from .values import Field, Read, Written

_OTHERS = ("key", "expires", "size", "session", "priority", "expirationDate", "hostOnly", "storeId", "host_only")


def recognises(content: Content) -> bool:
    """A list of cookies in which nothing is said as others say it."""
    cookies = items(content)
    if not isinstance(content.document, list) or any_has(cookies, *_OTHERS):
        return False
    return any("name" in cookie and "value" in cookie for cookie in cookies)


def read(source: Source) -> tuple[Read, ...]:
    """The cookies."""
    reading = Reading(source)
    for item in top_level(source, reading):
        draft = draft_of(item, "expiry")
        if draft is not None:
            add(reading, item, draft, "expiry")
    return reading.finish()


def write(cookies: Sequence[Cookie], now: float) -> Written:
    """The cookies as a list."""
    return Written(compose([_object(cookie) for cookie in cookies]))


def _object(cookie: Cookie) -> dict[str, object]:
    said: dict[str, object] = {
        "name": text(cookie.name),
        "value": text(cookie.value),
        "path": text(cookie.path),
        "domain": dotted_domain(cookie),
        "secure": cookie.secure_only,
        "httpOnly": cookie.http_only,
    }
    if cookie.expiry_time is not None:
        said["expiry"] = int(cookie.expiry_time)
    if cookie.same_site is not SameSite.DEFAULT:
        said["sameSite"] = cookie.same_site.capitalize()
    return said


FORMAT = Format(
    "selenium",
    "Selenium and other WebDriver clients",
    ("json",),
    Says(EVERYTHING - {Field.PARTITION_KEY, Field.PRIORITY}),
    recognises,
    write,
    read,
    hint="add_cookie() takes only cookies of the page that is open, and may give a host's own to its subdomains too",
)
