"""Where in a page a script can go first, and the charset that must not be pushed out of sight by it.

Browsers look for `<meta charset>` in the first 1,024 octets alone: what stands before it must not make it go unseen.
"""

import re
from typing import NamedTuple

from .attributes import attributes_of
from .bodies import is_unreadable
from .charsets import is_known
from .grammar import ATTRIBUTES

MOST_WAITED = 65_536
"""Octets that are held back until the place is known."""
SNIFFED = 1_024
_TAG_END = rb"(?=[ \t\n\r\f/>])" + ATTRIBUTES + rb">"
_BEFORE = re.compile(
    rb"(?:\xef\xbb\xbf)?+(?:[ \t\n\r\f]++|<!--(?:-?>|(?:(?!--!?>).)*+--!?>)|<!(?!-)[^>]*+>|<\?[^>]*+>|<[hH][tT][mM][lL]"
    + _TAG_END + rb")*+(?P<head><[hH][eE][aA][dD]" + _TAG_END + rb")?+",
    re.DOTALL,
)  # fmt: skip
_DOCUMENT = re.compile(
    rb"(?:\xef\xbb\xbf)?+(?:[ \t\n\r\f]++|<!--(?:-?>|(?:(?!--!?>).)*+--!?>)|<\?[^>]*+>)*+"
    rb"<(?:!doctype|html|head|title|meta|base|body|frameset)(?=[ \t\n\r\f/>])",
    re.IGNORECASE | re.DOTALL,
)
_UNFINISHED = re.compile(rb"<(?:[!?]|[a-zA-Z]*+\Z|[hH](?:[tT][mM][lL]|[eE][aA][dD])[ \t\n\r\f/])")
_PRESCANNED = re.compile(
    rb"(?:[^<]++|<!-->|<!--(?:(?!-->).)*+-->|</?(?!meta[ \t\n\r\f/])[a-z][^ \t\n\r\f>]*+" + ATTRIBUTES
    + rb">|<(?!!--)[!/?][^>]*+>|<(?![a-z!/?]))*+(?P<meta><meta[ \t\n\r\f/]" + ATTRIBUTES + rb">)?+",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip
"""Up to and with the next `meta`, as a browser reads before it reads (WHATWG HTML 13.2.3.2)."""
_IN_CONTENT = re.compile(
    rb"charset[ \t\n\r\f]*+=[ \t\n\r\f]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^ \t\n\r\f;\"'][^ \t\n\r\f;]*+))", re.IGNORECASE
)
_BYTE_ORDERS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xfe\xff": "utf-16be",
    b"\xff\xfe": "utf-16le",
    b"<\x00": "utf-16le",
    b"\x00<": "utf-16be",
}
LONGEST_MARK = 3
"""Octets of a byte order mark."""


class Place(NamedTuple):
    """Where something can be put first."""

    offset: int
    in_head: bool
    """True behind a `<head>` that is written out."""
    fits: bool
    """False if a doctype may still come: a script before it would change how the page is shown."""


def first_place(start: bytes, is_all: bool) -> Place | None:
    """The place in the beginning of a page; None if more of it has to come."""
    found = _BEFORE.match(start)
    offset = 0 if found is None else found.end()
    if found is not None and found["head"] is not None:
        return Place(offset, True, True)
    is_unclear = offset == len(start) or _UNFINISHED.match(start, offset) is not None
    if is_unclear and not is_all and len(start) <= MOST_WAITED:
        return None
    return Place(offset, False, is_all or not is_unclear)


def is_document(start: bytes) -> bool:
    """True if markup begins as only whole documents do, and no piece that is put into one."""
    return _DOCUMENT.match(start) is not None


def marked_charset(start: bytes) -> str | None:
    """The charset of the byte order mark, or of octets that say the same; it outdoes whatever else is said."""
    return next((charset for mark, charset in _BYTE_ORDERS.items() if start.startswith(mark)), None)


def sniffed_charset(start: bytes) -> str | None:
    """The charset that a browser finds in the first octets; None if they name none that it knows."""
    seen, place = start[:SNIFFED], 0
    while (found := _PRESCANNED.match(seen, place)) is not None and found["meta"] is not None:
        place = found.end()
        named = _named_charset(found["meta"])
        if named is not None and (is_known(named) or is_unreadable(named)):
            # A page whose `meta` could be read is in no UTF-16, and browsers know it.
            return (
                "utf-8" if named.lower().startswith(("utf-16", "unicode", "ucs-2", "csunicode", "iso-10646")) else named
            )
    return None


def _named_charset(tag: bytes) -> str | None:
    attributes = attributes_of(tag)
    if b"charset" in attributes:
        return attributes[b"charset"].value.strip(b" \t\n\r\f").decode("latin-1")
    kind, content = attributes.get(b"http-equiv"), attributes.get(b"content")
    if kind is None or content is None or kind.value.lower() != b"content-type":
        return None
    found = _IN_CONTENT.search(content.value)
    return None if found is None else (found[1] or found[2] or found[3] or b"").decode("latin-1")
