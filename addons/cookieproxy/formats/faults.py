"""What no cookie may hold, whichever file it comes from or goes to (RFC 6265bis 5.6, 5.7; R10).

A name or value with a line end would become a header of its own once it is sent: such cookies are neither read nor written.
What one format alone cannot carry is that format's business.
"""

from dataclasses import dataclass

from ..core.cookie import Cookie
from ..core.octets import has_control
from .values import Field


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a cookie cannot be carried."""

    field: Field
    why: str


def fault_of(name: bytes, value: bytes, path: bytes) -> Fault | None:
    """What is wrong with these as parts of a cookie; None for what a browser could have stored."""
    if not name and not value:
        return Fault(Field.NAME, "it has neither name nor value")
    for field, octets in ((Field.NAME, name), (Field.VALUE, value), (Field.PATH, path)):
        if has_control(octets):
            return Fault(field, "it has a control character")
    if b"=" in name or b";" in name:
        return Fault(Field.NAME, "a name cannot hold an equals sign or a semicolon")
    if b";" in value and not _in_quotes(value):
        return Fault(Field.VALUE, "a value cannot hold a semicolon")
    if not path.startswith(b"/") or b";" in path:
        return Fault(Field.PATH, "a path begins with a slash and holds no semicolon")
    return None


def not_text(cookie: Cookie) -> Fault | None:
    """For formats of text: what of the cookie is not UTF-8."""
    for field, octets in ((Field.NAME, cookie.name), (Field.VALUE, cookie.value), (Field.PATH, cookie.path)):
        if not is_text(octets):
            return Fault(field, "it is not UTF-8")
    return None


def is_text(octets: bytes) -> bool:
    """Whether it is UTF-8."""
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def _in_quotes(value: bytes) -> bool:
    """Whether quotes keep its semicolons, as Safari's do."""
    return len(value) > 1 and value.startswith(b'"') and value.find(b'"', 1) == len(value) - 1
