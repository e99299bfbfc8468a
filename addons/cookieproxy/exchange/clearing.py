"""Clear-Site-Data: a response that makes a browser forget the cookies of its site (R11, R21).

Knows which of them go, as Chromium 156 was seen to do it: those of the registrable domain; of the partitioned ones those of the
page's partition, and only those if third parties are blocked. Anything but a response over a secure connection to a request with
credentials clears nothing, but whoever says it sets no cookies.
"""

from collections.abc import Iterable

from ..core.access import Access, Storing
from ..core.cookie import Cookie
from ..core.events import JarKind, Observation
from ..core.hosts import Suffixes, site_of
from ..core.jar import Jar
from ..core.outcome import RemovalCause, UnexpectedReason
from ..core.profiles import Profile
from .browser import Browser, Departure
from .tell import Teller

CLEARING = frozenset((b'"cookies"', b'"*"'))


def clears_cookies(values: Iterable[bytes]) -> bool:
    """Whether Clear-Site-Data fields with these values are about cookies; case and quotes count."""
    return any(word.strip(b" \t") in CLEARING for value in values for word in value.split(b","))


def while_clearing(access: Access, profile: Profile) -> Access:
    """How the Set-Cookie fields of such a response are judged."""
    if not profile.clears_site_data or access.storing is Storing.NOTHING:
        return access
    return access._replace(storing=Storing.CLEARING)


def clear_cookies(
    browser: Browser, tell: Teller, access: Access, observations: list[Observation], session: Jar | None = None
) -> None:
    """The browser forgets the cookies of the response's site, and with them goes what the proxy holds in its place."""
    profile, suffixes = browser.profile, tell.suffixes
    if not profile.clears_site_data or access.storing is Storing.NOTHING:
        return
    if not profile.trusts(access.scheme, access.host):
        return
    for kind, jar in ((JarKind.MIRROR, browser.mirror), (JarKind.HELD, browser.held if session is None else session)):
        for cookie in [cookie for cookie in jar if _goes(cookie, tell.site, access, suffixes)]:
            observations.append(tell.removal(jar.remove(cookie, RemovalCause.CLEARED), kind))
            if kind is JarKind.MIRROR:
                departure = Departure(UnexpectedReason.REMOVED, access.time)
                browser.note_departure(cookie.domain, cookie.name, departure)
    for leaving in [leaving for leaving in browser.leaving if _goes(leaving.cookie, tell.site, access, suffixes)]:
        browser.leaving.forget(leaving.cookie.key)


def _goes(cookie: Cookie, site: str, access: Access, suffixes: Suffixes) -> bool:
    if site_of(cookie.domain, suffixes) != site:
        return False
    return cookie.partition == access.partition if cookie.partition is not None else access.storing is Storing.ALL
