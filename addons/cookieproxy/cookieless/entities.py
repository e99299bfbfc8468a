"""Character references in attribute values: decoded as a browser does, with the way back (WHATWG HTML 13.2.5.72-80).

Works on octets as they came: what a reference stands for is put in as the octets of UTF-8, all others stay, so that ASCII keeps its
meaning in every charset that contains it. Does not know URLs.
"""

import re
from functools import lru_cache
from html import unescape
from html.entities import html5
from typing import NamedTuple

_NAMED = frozenset(name.encode() for name in html5)
_LONGEST_NAME = max(map(len, html5))
_REFERENCE = re.compile(rb"&(?:#(?:[0-9]++|[xX][0-9A-Fa-f]++);?|[A-Za-z][A-Za-z0-9]*+;?)")
_XML_NAMED = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}


class Decoded(NamedTuple):
    """A value without references."""

    text: bytes
    places: tuple[int, ...]
    """For each octet of the text where it, or its reference, begins in the source; at last where the source ends."""


def decode(source: bytes, xml: bool = False) -> Decoded:
    """What an attribute's octets say.

    >>> decode(b"?a=1&amp;b=2&copy=3").text
    b'?a=1&b=2&copy=3'
    """
    if b"&" not in source:
        return Decoded(source, tuple(range(len(source) + 1)))
    text = bytearray()
    places: list[int] = []
    done = 0
    for found in _REFERENCE.finditer(source):
        said = _xml_said(found[0]) if xml else _said(found[0], source[found.end() : found.end() + 1])
        if said is None:
            continue
        meant, length = said
        start = found.start()
        text += source[done:start]
        places += range(done, start)
        text += meant
        places += [start] * len(meant)
        done = start + length
    text += source[done:]
    places += range(done, len(source) + 1)
    return Decoded(bytes(text), tuple(places))


def _said(reference: bytes, following: bytes) -> tuple[bytes, int] | None:
    """What a reference means and how long it is; None if it is text. `following` is the octet after it."""
    if reference[1:2] == b"#":
        return _character(reference), len(reference)
    name = reference[1:]
    if name in _NAMED and name.endswith(b";"):
        return _character(reference), len(reference)
    for length in range(min(len(name), _LONGEST_NAME), 1, -1):
        if name[:length] in _NAMED:
            after = name[length : length + 1] or following
            if after == b"=" or after.isalnum():
                return None  # in attributes such a one is text, for the sake of `?a=1&copy=2`
            return _character(b"&" + name[:length]), length + 1
    return None


@lru_cache(1024)
def _character(reference: bytes) -> bytes:
    return unescape(reference.decode("ascii")).encode("utf-8", "surrogatepass")


def _xml_said(reference: bytes) -> tuple[bytes, int] | None:
    if not reference.endswith(b";"):
        return None
    if reference[1:2] == b"#":
        return _character(reference), len(reference)
    meant = _XML_NAMED.get(reference[1:-1])
    return None if meant is None else (meant, len(reference))


def escape(text: bytes) -> bytes:
    """Octets of a URL as they can stand in any attribute, quoted or not, in HTML or XML."""
    return _MEANING.sub(lambda found: _ESCAPES[found[0]], text)


_ESCAPES = {
    b"&": b"&amp;",
    b'"': b"&#34;",
    b"'": b"&#39;",
    b"<": b"&lt;",
    b">": b"&gt;",
    b"`": b"&#96;",
    b" ": b"&#32;",
}
_MEANING = re.compile(rb"[&\"'<>` ]")
