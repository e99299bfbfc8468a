"""HTML taken apart into the tags one wants to see and everything else, on octets, streaming (WHATWG HTML 13.2.5).

Knows what a tag is and what only looks like one: comments, scripts with their escapes, `textarea` and the like, CDATA in SVG and
MathML, duplicate and unquoted attributes. Changes nothing itself: whoever listens gets each wanted start tag whole and says what to
put into it; all other octets pass as they came, for every way of cutting the input.

At most `MOST_HELD` octets wait for their end; a tag that is longer passes untouched, whatever it says. Text states follow the
tokenizer alone, not the tree: in a `select` or a `frameset` a browser may read on differently. Between `<noscript>` and its end
markup is markup, as for browsers without scripts, but never beyond the first `</noscript`, where browsers with scripts go on.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from .foreign import Foreign
from .grammar import (
    BARE_REST,
    CDATA_END,
    COMMENT_END,
    INSTRUCTION_END,
    NOSCRIPT_END,
    ONE_ATTRIBUTE,
    ONE_BY_ONE,
    OPEN_VALUE,
    RAW_TEXT,
    SCRIPT,
    START,
    WHOLE_ATTRIBUTES,
    XML,
    XML_COMMENT_END,
    main_pattern,
)

MOST_HELD = 65_536
"""Octets of an unfinished tag that are held back."""
SHORT_TAG = 4_096
RETRY_SHARE = 8
"""An unfinished tag that is not short is looked at again when it has grown by this part of it."""
_LONGEST_END = len(b"</noscript") + 1


class Attribute(NamedTuple):
    """One attribute of a tag, the first of its name."""

    value: bytes
    start: int
    """Where its value begins in the tag; -1 if there is none to put anything into."""


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


def attributes_of(tag: bytes) -> dict[bytes, Attribute]:
    """The attributes of a start tag by name in lower case, the first of each name (13.2.5.33)."""
    found: dict[bytes, Attribute] = {}
    start = START.match(tag)
    place = 0 if start is None else start.end()
    while (match := ONE_ATTRIBUTE.match(tag, place)) is not None:
        place = match.end()
        group = match.lastgroup
        has_value = group is not None and group != "name"
        value = Attribute(match[group or 0], match.start(group or 0)) if has_value else Attribute(b"", -1)
        found.setdefault(match["name"].lower(), value)
    return found


class Markup:
    """One document on its way through."""

    def __init__(
        self, listener: Listener, wanted: Iterable[bytes], links_alone: bool = True, xml: bool = False
    ) -> None:
        """Tags named in `wanted` (lower case) are shown. With `links_alone` plain `a` and `area` come as links."""
        self._listener = listener
        self._wanted = frozenset(wanted)
        self._main = main_pattern(self._wanted, links_alone)
        self._one_by_one = XML if xml else ONE_BY_ONE
        self._xml = xml
        self._foreign = Foreign()
        self._read: Callable[[bytes, int], int] = self._read_tokens if xml else self._read_data
        self._end: re.Pattern[bytes] = COMMENT_END
        self._keeps = 0
        self._script_level = 0
        self._in_noscript = False
        self._long_name, self._quote, self._is_bare = b"", b"", False
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
        rest, self._held = rest + self._held, b""
        return rest

    @property
    def is_at_rest(self) -> bool:
        """True between two pieces of markup, with nothing held back: something can be put in here."""
        return not self._held and self._read in (self._read_data, self._read_tokens)

    # -- the loop ------------------------------------------------------------------------------------------------------

    def _run(self, data: bytes) -> bytes:
        self._out = []
        place = self._go_through(data, 0)
        if len(data) - place > MOST_HELD:
            place = self._go_through(data, self._let_go(data, place))
        held = len(data) - place
        self._held = data[place:] if place else data
        self._retry_at = held + held // RETRY_SHARE if held > SHORT_TAG else 0
        out, self._out = b"".join(self._out), []
        return out

    def _go_through(self, data: bytes, place: int) -> int:
        """Read on as far as one can; what is between `<noscript>` and its end is read as if it were a document of its own."""
        while True:
            within = self._in_noscript
            end = NOSCRIPT_END.search(data, place) if within else None
            limit = len(data)
            if within:
                limit = _before_end(data, place) if end is None else end.start()
            place = self._advance(data if limit == len(data) else data[:limit], place)
            if self._in_noscript and not within:
                continue
            if end is None:
                return place
            self._out.append(data[place:limit])
            place = limit
            self._in_noscript = False
            self._foreign.clear()
            self._back()

    def _advance(self, data: bytes, place: int) -> int:
        within = self._in_noscript
        while True:
            read, before = self._read, place
            place = read(data, place)
            if self._in_noscript is not within or (place == before and self._read == read):
                return place

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
                    return place
                continue
            out.append(data[done:place])
            if kind == "comment":
                self._open_comment(found["comment"])
            return place

    def _read_tokens(self, data: bytes, place: int) -> int:
        """XHTML, SVG and MathML: one token at a time."""
        while True:
            found = self._one_by_one.match(data, place)
            assert found is not None
            kind = found.lastgroup
            if kind is None:
                return self._pass(data, place, found.end())
            start = found.start(kind)
            self._pass(data, place, start)
            place = found.end()
            if kind != "tag":
                self._pass(data, start, place)
                self._open(kind, found[kind])
                return place
            name = found["name"].lower()
            if found["end"]:
                self._pass(data, start, place)
                self._foreign.end(name)
            elif self._on_start(name, data[start:place]):
                return place
            if not self._xml and not self._foreign:
                self._back()
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
        if not self._foreign.start(name, tag):
            was, self._read = self._read, self._read_tokens
            return was != self._read
        if name == b"script":
            self._read, self._script_level = self._read_script, 0
        elif name in RAW_TEXT:
            self._read, self._end = self._read_raw, RAW_TEXT[name]
        elif name == b"plaintext":
            self._read = self._read_plain
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
            self._until(*((_BOGUS_END, 0) if is_html else (CDATA_END, 2)))
        elif kind == "instruction":
            self._until(INSTRUCTION_END, 1)

    def _open_comment(self, token: bytes) -> None:
        if not token.endswith(b">"):
            self._until(*((XML_COMMENT_END, 2) if self._xml else (COMMENT_END, 3)))

    def _until(self, end: re.Pattern[bytes], keeps: int) -> None:
        self._read, self._end, self._keeps = self._read_until, end, keeps

    def _back(self) -> None:
        """Markup goes on."""
        self._read = self._read_tokens if self._xml or self._foreign else self._read_data

    # -- what is no markup ---------------------------------------------------------------------------------------------

    def _pass(self, data: bytes, start: int, end: int) -> int:
        if end > start:
            self._out.append(data[start:end])
        return max(start, end)

    def _read_until(self, data: bytes, place: int) -> int:
        """A comment and its like, up to and with its end."""
        found = self._end.search(data, place)
        if found is None:
            return self._pass(data, place, len(data) - self._keeps)
        self._back()
        return self._pass(data, place, found.end())

    def _read_raw(self, data: bytes, place: int) -> int:
        """Text, up to the end tag of its element, which is markup again."""
        found = self._end.search(data, place)
        if found is None:
            return self._pass(data, place, _before_end(data, place))
        self._back()
        return self._pass(data, place, found.start())

    def _read_plain(self, data: bytes, place: int) -> int:
        return self._pass(data, place, len(data))

    def _read_script(self, data: bytes, place: int) -> int:
        """A script: within `<!--` another `<script>` hides the first `</script>` (13.2.5.17-31)."""
        level = self._script_level
        for found in SCRIPT.finditer(data, place):
            token = found[0]
            if token == b"<!--" and found.end() + 2 > len(data):
                self._script_level = level
                return self._pass(data, place, found.start())
            if token.endswith(b">"):
                level = 0
            elif token == b"<!--":
                level = level or 1
            elif not found["end"]:
                level = 2 if level else 0
            elif level < 2:
                self._back()
                return self._pass(data, place, found.start())
            else:
                level = 1
        self._script_level = level
        return self._pass(data, place, _before_end(data, place))

    # -- tags that are too long ----------------------------------------------------------------------------------------

    def _let_go(self, data: bytes, place: int) -> int:
        """What begins there is too long to wait for its end: it passes as it is, up to where it ends."""
        start = START.match(data, place)
        if start is None:
            self._until(_BOGUS_END, 0)
            return self._pass(data, place, len(data))
        self._long_name = start["name"].lower() if data[place + 1 : place + 2] != b"/" else b""
        self._quote, self._is_bare = b"", False
        self._read = self._read_long_tag
        return self._pass(data, place, start.end())

    def _read_long_tag(self, data: bytes, place: int) -> int:
        """The rest of a tag that passes."""
        if self._quote:
            end = data.find(self._quote, place)
            if end < 0:
                return self._pass(data, place, len(data))
            place, self._quote = self._pass(data, place, end + 1), b""
        if self._is_bare:
            rest = BARE_REST.match(data, place)
            place = self._pass(data, place, len(data) if rest is None else rest.end())
            self._is_bare = place == len(data)
        known = WHOLE_ATTRIBUTES.match(data, place)
        place = self._pass(data, place, place if known is None else known.end())
        if data[place : place + 1] == b">":
            return self._end_long_tag(data, place)
        opened = OPEN_VALUE.match(data, place)
        if opened is not None:
            self._quote = opened["quote"]
            return self._pass(data, place, len(data) if opened.end() == len(data) else opened.end())
        if len(data) - place > MOST_HELD:
            self._is_bare = True
            return self._pass(data, place, len(data))
        return place

    def _end_long_tag(self, data: bytes, place: int) -> int:
        tag = b"<" + self._long_name + (b"/>" if data[place - 1 : place] == b"/" else b">")
        self._pass(data, place, place + 1)
        self._back()
        if self._long_name:
            self._enter(self._long_name, tag)
        return place + 1


_BOGUS_END = re.compile(rb">")
_UNFINISHED = re.compile(rb"(?:<[!/A-Za-z-]{0,11}|--?!?)\Z")


def _before_end(data: bytes, place: int) -> int:
    """Where the end of a text may begin that is not there yet."""
    tail = max(place, len(data) - 12)
    found = _UNFINISHED.search(data, tail)
    return len(data) if found is None else found.start()


def _value_group(found: re.Match[bytes]) -> str:
    if found["double"] is not None:
        return "double"
    if found["single"] is not None:
        return "single"
    return "bare" if found["bare"] is not None else ""
