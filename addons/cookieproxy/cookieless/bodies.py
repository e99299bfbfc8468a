"""What the body of a response is to a session in the URL: a page, a style sheet, or nothing of ours (R24).

Decides by the head alone: what is no whole text of a kind that is understood passes untouched. Streams through the content coding.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum

from .codings import Recoder, Transform, recoder
from .fields import Fields, values
from .media_types import media_type_of, parameters_of

_UNREADABLE = frozenset(
    (
        "utf-16", "utf-16le", "utf-16be", "unicode", "ucs-2", "iso-10646-ucs-2", "csunicode", "unicodefffe", "unicodefeff",
        "utf-32", "utf-32le", "utf-32be", "utf-7", "iso-2022-jp", "csiso2022jp", "iso-2022-kr", "csiso2022kr", "iso-2022-cn",
        "iso-2022-cn-ext", "hz-gb-2312", "replacement",
    )
)  # fmt: skip
"""Charsets in whose octets markup cannot be seen: an ASCII octet may be half a character."""
_NO_BODY = frozenset((204, 205, 206, 304))


class Kind(StrEnum):
    """What is to be done to a body."""

    PAGE = "links and forms of HTML"
    XML_PAGE = "the same in XHTML"
    STYLE = "addresses in CSS"
    OTHER = "nothing"


_KINDS = {b"text/html": Kind.PAGE, b"application/xhtml+xml": Kind.XML_PAGE, b"text/css": Kind.STYLE}


def kind_of(method: str, status: int, fields: Fields) -> Kind:
    """What the body of a response with this head is."""
    if method == "HEAD" or status < 200 or status in _NO_BODY:
        return Kind.OTHER
    types = values(fields, b"content-type")
    if len(types) != 1 or values(fields, b"content-length")[:1] == [b"0"]:
        return Kind.OTHER
    if any(value.strip().lower().startswith(b"attachment") for value in values(fields, b"content-disposition")):
        return Kind.OTHER
    kind = _KINDS.get(media_type_of(types[0]), Kind.OTHER)
    return Kind.OTHER if is_unreadable(charset_of(fields) or "") else kind


def charset_of(fields: Fields) -> str | None:
    """The charset that Content-Type says."""
    for value in values(fields, b"content-type"):
        charset = parameters_of(value).get(b"charset", b"").strip(b" \t\n\r\f'\"")
        if charset:
            return charset.decode("latin-1").lower()
    return None


def is_unreadable(charset: str) -> bool:
    """True if markup in this charset cannot be edited in its octets."""
    return charset.lower() in _UNREADABLE


class Body:
    """A body on its way: what mitmproxy calls with each chunk, and with none at the end (and for an empty frame of HTTP/2)."""

    def __init__(self, coder: Recoder, on_trouble: Callable[[str], None]) -> None:
        self._coder = coder
        self._on_trouble: Callable[[str], None] | None = on_trouble
        self.was_used = False

    def __call__(self, chunk: bytes) -> Iterable[bytes]:
        """What goes on to the browser."""
        self.was_used = True
        if chunk:
            yield from self._coder.feed(chunk)
            return
        yield from self._coder.close()
        if self._coder.trouble is not None and self._on_trouble is not None:
            self._on_trouble(self._coder.trouble)
            self._on_trouble = None

    def whole(self, content: bytes) -> bytes:
        """The same for a body that does not stream."""
        return b"".join((*self(content), *self(b"")))


def body_through(fields: Fields, transform: Transform, on_trouble: Callable[[str], None]) -> Body | None:
    """The body of a response with these fields through a transform; None if its coding is not known."""
    codings = values(fields, b"content-encoding")
    coder = recoder(b", ".join(codings), transform)
    return None if coder is None else Body(coder, on_trouble)
