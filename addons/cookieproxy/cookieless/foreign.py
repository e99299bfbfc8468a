"""Whether one is within SVG or MathML, where CDATA is CDATA and scripts are markup (WHATWG HTML 13.2.6.5).

Keeps the open elements that decide it, and no others: `svg`, `math`, and the elements within them whose content is HTML again.
"""

from collections.abc import Mapping

_ROOTS = frozenset((b"svg", b"math"))
_HTML_WITHIN: Mapping[bytes, frozenset[bytes]] = {
    b"svg": frozenset((b"foreignobject", b"desc", b"title")),
    b"math": frozenset((b"mi", b"mo", b"mn", b"ms", b"mtext", b"annotation-xml")),
}
_BREAKOUTS = frozenset(
    b"b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta nobr ol p pre"
    b" ruby s small span strong strike sub sup table tt u ul var".split()
)
"""Start tags that end SVG and MathML around them; `font` does too, if it says how it looks."""
_FONT_LOOKS = (b"color", b"face", b"size")
MOST_OPEN = 512
"""Elements that are kept; a page with more of them nested is hostile, and is read as if the innermost were not there."""


class Foreign:
    """The open elements that matter, innermost last: each with what its content is, `html`, `svg` or `math`."""

    def __init__(self) -> None:
        self._open: list[tuple[bytes, bytes]] = []

    def __bool__(self) -> bool:
        return bool(self._open)

    @property
    def is_html(self) -> bool:
        """True if what comes is HTML."""
        return not self._open or self._open[-1][1] == b"html"

    def clear(self) -> None:
        """All of them were closed."""
        self._open.clear()

    def start(self, name: bytes, tag: bytes) -> bool:
        """A start tag; whether it is HTML's. Afterwards `is_html` says what its content is."""
        if not self.is_html and self._breaks_out(name, tag):
            self._leave()
        closes_itself = tag.endswith(b"/>")
        if self.is_html:
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
        elif name in _HTML_WITHIN[space] and (name != b"annotation-xml" or b"html" in tag.lower()):
            self._push(name, b"html")
        return False

    def end(self, name: bytes) -> None:
        """An end tag."""
        if not self.is_html and name in (b"p", b"br"):
            self._leave()
            return
        for place in range(len(self._open) - 1, -1, -1):
            opened, content = self._open[place]
            if opened == name:
                del self._open[place:]
                return
            if content == b"html":
                return

    def _leave(self) -> None:
        """Back to where HTML was."""
        while not self.is_html:
            self._open.pop()

    def _push(self, name: bytes, content: bytes) -> None:
        if len(self._open) < MOST_OPEN:
            self._open.append((name, content))

    def _breaks_out(self, name: bytes, tag: bytes) -> bool:
        if name == b"font":
            lowered = tag.lower()
            return any(look in lowered for look in _FONT_LOOKS)
        return name in _BREAKOUTS
