"""Where a reference leads, as a browser sees it: WHATWG URL 4.4 on what an attribute says (R34).

Takes away what a browser takes away before it resolves, and keeps for every character left its place in the source. Whatever
hangs on a charset that cannot be told, or on octets of two charsets in one reference, is not decided.
"""

import re
from typing import NamedTuple

import can_ada

from .charsets import decoded as decoded_in
from .entities import Decoded, decode

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*+):")
_SLASHES = re.compile(r"[/\\]*+")
_AUTHORITY_END = re.compile(r"[/\\?#]|\Z")
_IGNORED = "\t\n\r"
_TRIMMED = "".join(map(chr, range(0x21)))
_SEGMENT = re.compile(rb"[^/\\]*+")
_UP = re.compile(rb"(?:\.|%2e){2}", re.IGNORECASE)
_STAY = re.compile(rb"\.|%2e", re.IGNORECASE)


class Reference(NamedTuple):
    """A reference without what a browser ignores in it."""

    text: str
    """Latin-1: an octet a character."""
    places: tuple[int, ...]
    """For each character its offset in the source; at last where the source ends."""
    is_mixed: bool
    """True if character references stand for some of what is beyond ASCII: those octets are UTF-8, whatever the page is."""


class Resolver(NamedTuple):
    """What references are resolved against, and how they are written."""

    base: can_ada.URL
    charset: str
    """Label of the page's charset; empty if nobody knows it."""
    in_markup: bool
    xml: bool

    def reference(self, source: bytes) -> Reference:
        """What a browser makes of the octets before it resolves them (WHATWG URL 4.4, steps 1 to 3)."""
        said = decode(source, self.xml) if self.in_markup else Decoded(source, tuple(range(len(source) + 1)))
        text = said.text.decode("latin-1")
        start = len(text) - len(text.lstrip(_TRIMMED))
        end = len(text.rstrip(_TRIMMED))
        if start >= end:
            return Reference("", (said.places[-1],), False)
        kept = [place for place in range(start, end) if text[place] not in _IGNORED]
        places = (*(said.places[place] for place in kept), said.places[end])
        kept_text = "".join(text[place] for place in kept)
        return Reference(kept_text, places, not text.isascii() and _is_mixed(said, source))

    def resolve(self, reference: Reference) -> can_ada.URL | None:
        """Where it leads; None if it is no URL, or if that cannot be told."""
        text: str | None = reference.text
        if self._needs_charset(reference.text):
            text = self._decoded(reference)
        if text is None:
            return None
        try:
            return self.base + text
        except (ValueError, TypeError):
            return None

    def path_of(self, text: str) -> tuple[int, bool]:
        """Where the path begins, and whether a host stands before it (WHATWG URL 4.4, special schemes)."""
        scheme = _SCHEME.match(text)
        start = 0 if scheme is None else scheme.end()
        slashes = _SLASHES.match(text, start)
        after = start if slashes is None else slashes.end()
        is_other = scheme is not None and scheme[1].lower() + ":" != self.base.protocol
        if after - start >= 2 or is_other:
            end = _AUTHORITY_END.search(text, after)
            return (len(text) if end is None else end.start()), True
        return start, False

    def _needs_charset(self, text: str) -> bool:
        """A host beyond ASCII does, and a backslash, which may be half a character. In paths any octet is as good as another."""
        if text.isascii():
            return False
        path, absolute = self.path_of(text)
        return "\\" in text or (absolute and not text[:path].isascii())

    def _decoded(self, reference: Reference) -> str | None:
        is_plain_utf8 = self.charset.lower() in ("utf-8", "utf8")
        if not self.in_markup or (reference.is_mixed and not is_plain_utf8):
            return None
        return decoded_in(reference.text.encode("latin-1"), self.charset)


def climbed(text: bytes, start: int, end: int, depth: int) -> int | None:
    """Behind the last `..` of a path that would lead above the root; None if none does. `depth`: directories it starts in."""
    found = None
    at = start
    if text[at : at + 1] in (b"/", b"\\"):
        at, depth = at + 1, 0
    while at <= end:
        segment = _SEGMENT.match(text, at, end)
        assert segment is not None  # it may be empty
        at = segment.end() + 1
        if _UP.fullmatch(segment[0]):
            found = found if depth else segment.end()
            depth = max(depth - 1, 0)
        elif not _STAY.fullmatch(segment[0]):
            depth += 1
    return found


def _is_mixed(said: Decoded, source: bytes) -> bool:
    return any(
        octet > 0x7F and source[place : place + 1] == b"&" for octet, place in zip(said.text, said.places, strict=False)
    )
