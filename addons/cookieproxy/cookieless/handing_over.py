"""Cookies that were held for a browser that has cookies after all: given to it as the application would have set them (R15)."""

from collections.abc import Iterable, Iterator

from ..core.cookie import Cookie, SameSite
from ..core.dates import format_imf_fixdate
from ..core.syntax import compose
from .entry import Place


def given_to_browser(held: Iterable[Cookie], set_now: set[bytes], place: Place) -> Iterator[bytes]:
    """The Set-Cookie fields of a response from this place that give a browser what is held, but for what is set anew."""
    for cookie in held:
        if cookie.name not in set_now and _may_set(cookie, place):
            yield as_set_cookie(cookie)


def names_in(cookies: Iterable[bytes]) -> set[bytes]:
    """The names in Cookie or Set-Cookie fields, as far as they stand before a `=`."""
    return {pair.partition(b"=")[0].strip() for source in cookies for pair in source.split(b";")}


def as_set_cookie(cookie: Cookie) -> bytes:
    """The field that makes a browser store just this cookie."""
    attributes: list[tuple[bytes, bytes | None]] = [(b"Path", cookie.path)]
    if not cookie.host_only:
        attributes.append((b"Domain", cookie.domain.encode("ascii", "replace")))
    if cookie.expiry_time is not None:
        attributes.append((b"Expires", format_imf_fixdate(cookie.expiry_time)))
    if cookie.secure_only:
        attributes.append((b"Secure", None))
    if cookie.http_only:
        attributes.append((b"HttpOnly", None))
    if cookie.same_site is not SameSite.DEFAULT:
        attributes.append((b"SameSite", cookie.same_site.value.encode("ascii")))
    if cookie.partition is not None:
        attributes.append((b"Partitioned", None))
    return compose(cookie.name, cookie.value, attributes)


def _may_set(cookie: Cookie, place: Place) -> bool:
    if cookie.secure_only and place.scheme != "https":
        return False
    return cookie.domain == place.host or (not cookie.host_only and place.host.endswith("." + cookie.domain))
