"""The cookie that conditions look at: one Set-Cookie field as it came, or one pair of a request with what is stored
of it.
"""

from collections.abc import Callable
from typing import NamedTuple

from ..core.cookie import Cookie, Priority, SameSite
from ..core.dates import format_imf_fixdate
from ..core.syntax import SetCookie
from .facts import Facts

ATTRIBUTES: dict[str, bytes] = {
    "domain": b"Domain",
    "path": b"Path",
    "expires": b"Expires",
    "max_age": b"Max-Age",
    "secure": b"Secure",
    "httponly": b"HttpOnly",
    "samesite": b"SameSite",
    "priority": b"Priority",
    "partitioned": b"Partitioned",
}
"""The attributes as rules.yaml names them, and as a field we write spells them."""


class FieldSubject(NamedTuple):
    """A Set-Cookie field as it came from the application."""

    facts: Facts
    value: bytes
    field: SetCookie

    @property
    def knows_attributes(self) -> bool:
        """A field says all there is."""
        return True

    def attribute(self, name: str) -> bytes | None:
        """The text of the last such attribute, empty for a bare one; None if there is none."""
        last = self.field.last(ATTRIBUTES[name].lower())
        return None if last is None else last.value or b""


class PairSubject(NamedTuple):
    """A pair of a Cookie field, after the undo."""

    facts: Facts
    value: bytes
    name: bytes
    stored: Callable[[bytes], Cookie | None]
    """What is known of a cookie of that name; asked only if it matters."""

    @property
    def knows_attributes(self) -> bool:
        """A pair says nothing of its attributes: only a stored cookie does."""
        return self.stored(self.name) is not None

    def attribute(self, name: str) -> bytes | None:
        """As `FieldSubject.attribute`, from what is stored; None too if nothing is."""
        cookie = self.stored(self.name)
        return None if cookie is None else stored_attribute(cookie, name)


type Subject = FieldSubject | PairSubject


def stored_attribute(cookie: Cookie, name: str) -> bytes | None:
    """The text that this attribute of a stored cookie would have in a field; None if it would be absent."""
    match name:
        case "domain":
            return None if cookie.host_only else cookie.domain.encode()
        case "path":
            return cookie.path
        case "expires":
            return None if cookie.expiry_time is None else format_imf_fixdate(cookie.expiry_time)
        case "max_age":
            return None if cookie.expiry_time is None else b"%d" % (cookie.expiry_time - cookie.set_time)
        case "samesite":
            return None if cookie.same_site is SameSite.DEFAULT else cookie.same_site.encode()
        case "priority":
            return None if cookie.priority is Priority.MEDIUM else cookie.priority.encode()
    flags = {"secure": cookie.secure_only, "httponly": cookie.http_only, "partitioned": cookie.partition is not None}
    return b"" if flags[name] else None
