"""HTML taken apart into the tags one wants to see and everything else, on octets, streaming (WHATWG HTML 13.2.5).

Knows what a tag is and what only looks like one: comments, scripts with their escapes, `textarea` and the like, CDATA in SVG and
MathML, duplicate and unquoted attributes. Changes nothing itself: whoever listens gets each wanted start tag whole and says what to
put into it; all other octets pass as they came, for every way of cutting the input.

At most `MOST_HELD` octets wait for their end; a tag that is longer passes untouched, whatever it says. Text states follow the
tokenizer alone, not the tree: in a `select` or a `frameset` a browser may read on differently. Between `<noscript>` and its end
markup is markup, as for browsers without scripts, but never beyond the first `</noscript`, where browsers with scripts go on.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from .codings import Transform
from .foreign import TELLING as FOREIGN
from .foreign import Foreign
from .grammar import (
    CDATA_END,
    COMMENT_END,
    INSTRUCTION_END,
    NOSCRIPT_END,
    RAW_TEXT,
    XML,
    XML_COMMENT_END,
    foreign_pattern,
    main_pattern,
)
from .texts import BOGUS_END, MOST_HELD, LongTag, PlainText, RawText, Script, Text, Until, before_end, long_tag

SHORT_TAG = 4_096
RETRY_SHARE = 8
"""An unfinished tag that is not short is looked at again when it has grown by this part of it."""


class Edit(NamedTuple):
    """Octets in the place of others of a tag, or behind it."""

    start: int
    end: int
    octets: bytes


class Listener(Protocol):
    """Who wants to see tags."""

    def link(self, value: bytes) -> Iterable[tuple[int, bytes]]:
        """What to put where into the `href` of an `a` or `area`."""

    def tag(self, name: bytes, tag: bytes) -> Iterable[Edit]:
        """What to change in a wanted start tag, in its order; `name` is in lower case."""

    def style(self) -> Transform | None:
        """What the text of a `style` element of HTML that begins has to go through."""


class Markup:
    """One document on its way through."""

    def __init__(
        self, listener: Listener, wanted: Iterable[bytes], links_alone: bool = True, xml: bool = False
    ) -> None:
        """Tags named in `wanted` (lower case) are shown. With `links_alone` plain `a` and `area` come as links."""
        self._listener = listener
        self._wanted = frozenset(wanted)
        self._main = main_pattern(self._wanted, links_alone)
        self._one_by_one = XML if xml else foreign_pattern(self._wanted | FOREIGN)
        self._xml = xml
        self._foreign = Foreign()
        self._text: Text | None = None
        """What is being read that is no markup."""
        self._style: Transform | None = None
        self._in_noscript = False
        self._held = b""
        self._retry_at = 0
        self._out: list[bytes] = []

    def feed(self, data: bytes) -> bytes:
        """What can go on once these octets came."""
        held = self._held + data if self._held else data
        if len(held) < self._retry_at:
            self._held = held
            return b""
        return self._run(held)

    def close(self) -> bytes:
        """The rest, as it came."""
        rest = self._run(self._held) if self._held else b""
        rest, self._held = rest + self._styled(self._held), b""
        if self._style is not None:
            rest, self._style = rest + self._style.close(), None
        return rest

    @property
    def is_at_rest(self) -> bool:
        """True between two pieces of markup, with nothing held back: something can be put in here."""
        return not self._held and self._text is None

    # -- the loop ------------------------------------------------------------------------------------------------------

    def _run(self, data: bytes) -> bytes:
        self._out = []
        place = self._go_through(data, 0)
        while len(data) - place > MOST_HELD:
            self._text, start = long_tag(data, place)
            self._out.append(data[place:start])
            place = self._go_through(data, start)
        held = len(data) - place
        self._held = data[place:] if place else data
        self._retry_at = min(held + held // RETRY_SHARE, MOST_HELD + 1) if held > SHORT_TAG else 0
        out, self._out = b"".join(self._out), []
        return out

    def _go_through(self, data: bytes, place: int) -> int:
        """Read on as far as one can; what is between `<noscript>` and its end is read as if it were a document of its own."""
        while True:
            within = self._in_noscript
            end = NOSCRIPT_END.search(data, place) if within else None
            limit = len(data)
            if within:
                limit = before_end(data, place) if end is None else end.start()
            place = self._advance(data if limit == len(data) else data[:limit], place)
            if self._in_noscript and not within:
                continue
            if end is None:
                return place
            self._out.append(self._styled(data[place:limit]))
            place = limit
            self._in_noscript = False
            self._foreign.clear()
            self._end_text()

    def _advance(self, data: bytes, place: int) -> int:
        within = self._in_noscript
        while True:
            text, before = self._text, place
            if text is not None:
                place = self._read_text(text, data, place)
            elif self._xml or self._foreign:
                place = self._read_tokens(data, place)
            else:
                place = self._read_data(data, place)
            if self._in_noscript is not within or (place == before and self._text is text):
                return place

    def _read_text(self, text: Text, data: bytes, place: int) -> int:
        end, is_over = text.read(data, place)
        if end > place:
            self._out.append(self._styled(data[place:end]))
        if is_over:
            self._end_text()
            if isinstance(text, LongTag) and text.name:
                self._enter(text.name, b"<" + text.name + (b"/>" if text.closes_itself else b">"))
        return end

    def _end_text(self) -> None:
        """Markup goes on."""
        self._text = None
        if self._style is not None:
            self._out.append(self._style.close())
            self._style = None

    def _styled(self, text: bytes) -> bytes:
        return text if self._style is None else self._style.feed(text)

    # -- markup --------------------------------------------------------------------------------------------------------

    def _read_data(self, data: bytes, place: int) -> int:
        """HTML, up to where it has to be read in another way."""
        out, link, match = self._out, self._listener.link, self._main.match
        done = place
        while True:
            found = match(data, place)
            assert found is not None  # everything in the pattern may be left out
            kind, place = found.lastgroup, found.end()
            if kind == "link":
                group = _value_group(found)
                if group:
                    start = found.start(group)
                    for offset, octets in link(found[group]):
                        out += (data[done : start + offset], octets)
                        done = start + offset
                continue
            if kind == "tag":
                start = found.start("tag")
                out.append(data[done:start])
                done = place
                if self._on_start(found["name"].lower(), data[start:place]):
                    if (end := self._end_of_short_text(data, place)) < 0:
                        return place
                    place = end
                continue
            out.append(data[done:place])
            if kind == "comment":
                self._open_comment(found["comment"])
            return place

    def _end_of_short_text(self, data: bytes, place: int) -> int:
        """Where the text ends that begins there, if that can be seen and nobody wants it: it needs no state of its own. Else -1."""
        if not isinstance(self._text, RawText) or self._style is not None:
            return -1
        end, is_over = self._text.read(data, place)
        if not is_over:
            return -1
        self._text = None
        return end

    def _read_tokens(self, data: bytes, place: int) -> int:
        """XHTML, SVG and MathML: one token at a time."""
        out, foreign, match = self._out, self._foreign, self._one_by_one.match
        done = place
        while True:
            found = match(data, place)
            assert found is not None
            kind, place = found.lastgroup, found.end()
            if kind == "tag":
                name = found["name"].lower()
                if found["end"]:
                    foreign.end(name)
                elif name in self._wanted:
                    start = found.start("tag")
                    out.append(data[done:start])
                    done = place
                    if self._on_start(name, data[start:place]):
                        return place
                elif self._enter(name, found["tag"]):
                    break
                if self._xml or foreign:
                    continue
            elif kind is not None:
                self._open(kind, found[kind])
            break
        out.append(data[done:place])
        return place

    def _on_start(self, name: bytes, tag: bytes) -> bool:
        """A start tag; whether what follows is read in another way."""
        if name in self._wanted:
            done = 0
            for start, end, octets in self._listener.tag(name, tag):
                self._out += (tag[done:start], octets)
                done = end
            self._out.append(tag[done:])
        else:
            self._out.append(tag)
        return self._enter(name, tag)

    def _enter(self, name: bytes, tag: bytes) -> bool:
        if self._xml:
            return False
        was_foreign = bool(self._foreign)
        if not self._foreign.start(name, tag):
            return was_foreign is not bool(self._foreign)
        if name == b"script":
            self._text = Script()
        elif name in RAW_TEXT:
            self._text = RawText(RAW_TEXT[name])
            self._style = self._listener.style() if name == b"style" else None
        elif name == b"plaintext":
            self._text = PlainText()
        elif name == b"noscript" and not self._foreign:
            self._in_noscript = True
        else:
            return False
        return True

    def _open(self, kind: str, token: bytes) -> None:
        """Something that is no tag began."""
        if kind == "comment":
            self._open_comment(token)
        elif kind == "cdata":
            is_html = self._foreign.is_html and not self._xml
            self._text = Until(BOGUS_END, 0) if is_html else Until(CDATA_END, 2)
        elif kind == "instruction":
            self._text = Until(INSTRUCTION_END, 1)

    def _open_comment(self, token: bytes) -> None:
        if not token.endswith(b">"):
            self._text = Until(XML_COMMENT_END, 2) if self._xml else Until(COMMENT_END, 3)


def _value_group(found: re.Match[bytes]) -> str:
    if found["double"] is not None:
        return "double"
    if found["single"] is not None:
        return "single"
    return "bare" if found["bare"] is not None else ""
