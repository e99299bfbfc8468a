"""Whether one is within SVG or MathML, where CDATA is CDATA and scripts are markup (WHATWG HTML 13.2.6.5).

Keeps the open elements that decide it, and no others: `svg`, `math`, and the elements within them whose content is HTML again.
"""

from collections.abc import Mapping

from .attributes import attributes_of

_ROOTS = frozenset((b"svg", b"math"))
_HTML_WITHIN: Mapping[bytes, frozenset[bytes]] = {
    b"svg": frozenset((b"foreignobject", b"desc", b"title")),
    b"math": frozenset((b"mi", b"mo", b"mn", b"ms", b"mtext", b"annotation-xml")),
}
_MATH_TEXT = _HTML_WITHIN[b"math"] - {b"annotation-xml"}
_GLYPHS = frozenset((b"mglyph", b"malignmark"))
"""MathML even where text of MathML is HTML."""
_HTML_ENCODINGS = (b"text/html", b"application/xhtml+xml")
_BREAKOUTS = frozenset(
    b"b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol p pre"
    b" ruby s small span strong strike sub sup table tt u ul var".split()
)
"""Start tags that end SVG and MathML around them; `font` does too, if it says how it looks."""
_FONT_LOOKS = (b"color", b"face", b"size")
TELLING = _ROOTS.union(*_HTML_WITHIN.values(), _BREAKOUTS, _GLYPHS, (b"font",))
"""Names of tags that change where one is."""
_NOWHERE = [-1]
MOST_OPEN = 512
"""Elements that are kept; a page with more of them nested is hostile, and is read as if the innermost were not there."""


class Foreign:
    """The open elements that matter, innermost last: each with what its content is, `html`, `svg` or `math`."""

    def __init__(self) -> None:
        self._open: list[tuple[bytes, bytes]] = []
        self._places: dict[bytes, list[int]] = {}
        """Where the elements of a name are, so that hostile end tags need no search."""
        self._html: list[int] = []
        """Where those are whose content is HTML."""
        self.is_html = True
        """True if what comes is HTML."""

    def __bool__(self) -> bool:
        return len(self._open) > 0

    def clear(self) -> None:
        """All of them were closed."""
        self._close_from(0)

    def start(self, name: bytes, tag: bytes) -> bool:
        """A start tag; whether it is HTML's. Afterwards `is_html` says what its content is."""
        if not self.is_html:
            if name not in TELLING:
                return False
            if self._breaks_out(name, tag):
                self._leave()
        closes_itself = tag.endswith(b"/>")
        if self.is_html:
            if name in _GLYPHS and self._open and self._open[-1][0] in _MATH_TEXT:
                if not closes_itself:
                    self._push(name, b"math")
                return False
            if name not in _ROOTS:
                return True
            if not closes_itself:
                self._push(name, name)
            return False
        space = self._open[-1][1]
        if closes_itself:
            return False
        if name in _ROOTS:
            self._push(name, name if name == b"svg" else space)
        elif name in _HTML_WITHIN[space] and (name != b"annotation-xml" or _is_of_html(tag)):
            self._push(name, b"html")
        return False

    def end(self, name: bytes) -> None:
        """An end tag."""
        if not self.is_html and name in (b"p", b"br"):
            self._leave()
            return
        place = self._places.get(name, _NOWHERE)[-1]
        if place >= 0 and place >= (self._html or _NOWHERE)[-1]:
            self._close_from(place)

    def _leave(self) -> None:
        """Back to where HTML was."""
        self._close_from(self._html[-1] + 1 if self._html else 0)

    def _push(self, name: bytes, content: bytes) -> None:
        place = len(self._open)
        if place < MOST_OPEN:
            self._open.append((name, content))
            self._places.setdefault(name, [-1]).append(place)
            self.is_html = content == b"html"
            if self.is_html:
                self._html.append(place)

    def _close_from(self, place: int) -> None:
        """That one and all within it."""
        while len(self._open) > place:
            name, content = self._open.pop()
            self._places[name].pop()
            if content == b"html":
                self._html.pop()
        self.is_html = not self._open or self._open[-1][1] == b"html"

    def _breaks_out(self, name: bytes, tag: bytes) -> bool:
        if name == b"font":
            lowered = tag.lower()
            return any(look in lowered for look in _FONT_LOOKS)
        return name in _BREAKOUTS


def _is_of_html(tag: bytes) -> bool:
    """True if this `annotation-xml` says that its content is HTML."""
    encoding = attributes_of(tag).get(b"encoding")
    return encoding is not None and encoding.value.lower() in _HTML_ENCODINGS
