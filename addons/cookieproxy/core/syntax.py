"""Set-Cookie and Cookie fields as octets: taken apart, edited, put together (RFC 6265bis 5.6 and 5.8.3; R5, R7, R11).

Parsing is total: any bytes give a result and nothing is normalised. An edit writes the bytes it is about and leaves
all others as they came. Does not know what an attribute means, which cookies a browser accepts, nor any limit: that
is the jar's. What a caller gives an edit to write must fit where it goes (no `;`, no `=` in a name, no control
characters); what was written is what the result says.

Deviation: the values here are named tuples, not dataclasses; making one costs a third, and every field of every
message makes some.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple, Self

_WSP = b" \t"
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_CONTROL_OR_TAB = re.compile(rb"[\x00-\x1f\x7f]")


class Attribute(NamedTuple):
    """One `; name=value` after the pair; unknown ones and repetitions too."""

    name: bytes
    """Trimmed and in lower case."""
    value: bytes | None
    """Trimmed; None if there is no `=`."""
    start: int
    """Offset of its `;` in the source."""
    end: int
    """Offset of the next `;`, or of the end."""

    def __repr__(self) -> str:
        return f"Attribute({self.name!r}, {_masked(self.value)}, {self.start}, {self.end})"


class SetCookie(NamedTuple):
    """A Set-Cookie field as it was said."""

    source: bytes
    name: bytes
    """Trimmed; empty if there is none."""
    value: bytes
    """Trimmed."""
    equals: int
    """Offset of the `=` between name and value, -1 if there is none."""
    pair_end: int
    """Offset of the `;` that ends the pair, or of the end."""
    attributes: tuple[Attribute, ...]
    quotes_protect: bool = False
    """Whether a `;` within quotes was taken for a part of the value."""

    @property
    def has_equals(self) -> bool:
        """False if the pair is a bare word, which is the value of a cookie without a name."""
        return self.equals >= 0

    def last(self, name: bytes) -> Attribute | None:
        """The last attribute of that name (lower case), which is the one that counts."""
        for attribute in reversed(self.attributes):
            if attribute.name == name:
                return attribute
        return None

    def all(self, name: bytes) -> tuple[Attribute, ...]:
        """Every attribute of that name (lower case), in order."""
        return tuple(attribute for attribute in self.attributes if attribute.name == name)

    def __repr__(self) -> str:
        return f"SetCookie({self.name!r}, {_masked(self.value)}, {len(self.attributes)} attributes)"


class Pair(NamedTuple):
    """One cookie of a Cookie field."""

    name: bytes
    """Trimmed; empty if there is none."""
    value: bytes
    """Trimmed."""
    source: bytes
    """The pair's own bytes, trimmed."""

    def __repr__(self) -> str:
        return f"Pair({self.name!r}, {_masked(self.value)})"


def parse_set_cookie(source: bytes, quotes_protect: bool = False) -> SetCookie:
    """A Set-Cookie field taken apart (5.6), whatever its bytes are.

    With `quotes_protect` a `;` between the quotes around a value belongs to it, as in Safari.
    """
    pair_end = source.find(b";")
    if pair_end < 0:
        pair_end = len(source)
    equals = source.find(b"=", 0, pair_end)
    if quotes_protect:
        pair_end = _pair_end_with_quotes(source, equals, pair_end)
    name = source[:equals].strip(_WSP) if equals >= 0 else b""
    value = source[equals + 1 : pair_end].strip(_WSP)
    attributes = _parse_attributes(source, pair_end) if pair_end < len(source) else ()
    return SetCookie(source, name, value, equals, pair_end, attributes, quotes_protect)


def with_name(set_cookie: SetCookie, name: bytes) -> SetCookie:
    """The field with another name, everything else as it was."""
    source, equals = set_cookie.source, set_cookie.equals
    if name == set_cookie.name:
        return set_cookie
    if equals < 0:
        start, _ = _trimmed(source, 0, set_cookie.pair_end)
        return _edited(set_cookie, source[:start] + name + b"=" + source[start:])
    start, end = _trimmed(source, 0, equals)
    return _edited(set_cookie, source[:start] + name + source[end:])


def with_value(set_cookie: SetCookie, value: bytes) -> SetCookie:
    """The field with another value, everything else as it was."""
    source = set_cookie.source
    if value == set_cookie.value:
        return set_cookie
    if set_cookie.equals < 0 and b"=" in value:
        value = b"=" + value
    start, end = _trimmed(source, set_cookie.equals + 1, set_cookie.pair_end)
    return _edited(set_cookie, source[:start] + value + source[end:])


def with_attribute(set_cookie: SetCookie, name: bytes, value: bytes | None) -> SetCookie:
    """The field with one attribute of that name and this value; None writes the bare name.

    The last occurrence is edited in place, its spelling kept, and earlier ones are removed; if there is none, it is
    appended with the name as given.
    """
    source = set_cookie.source
    found = set_cookie.all(name.lower())
    if not found:
        return _edited(set_cookie, source + b"; " + serialise_attribute(name, value))
    last = found[-1]
    if last.value != value:
        source = source[: last.start] + _rewritten(source[last.start : last.end], value) + source[last.end :]
    source = _without(source, found[:-1])
    return set_cookie if source == set_cookie.source else _edited(set_cookie, source)


def without_attribute(set_cookie: SetCookie, name: bytes) -> SetCookie:
    """The field without any attribute of that name."""
    found = set_cookie.all(name.lower())
    return _edited(set_cookie, _without(set_cookie.source, found)) if found else set_cookie


def compose(name: bytes, value: bytes, attributes: Iterable[tuple[bytes, bytes | None]] = ()) -> bytes:
    """A Set-Cookie field of our own."""
    pair = name + b"=" + value if name or b"=" in value else value
    return b"; ".join([pair, *(serialise_attribute(*attribute) for attribute in attributes)])


def serialise_attribute(name: bytes, value: bytes | None) -> bytes:
    """`name=value`, or the bare name for None."""
    return name if value is None else name + b"=" + value


def parse_cookie(cookie_string: bytes) -> tuple[Pair, ...]:
    """The pairs of a Cookie field in order; empty pieces between `;` are none, a word without `=` has no name."""
    return tuple(_parse_pair(text) for piece in cookie_string.split(b";") if (text := piece.strip(_WSP)))


def serialise(name: bytes, value: bytes) -> bytes:
    """One cookie as it goes into a Cookie field (5.8.3 step 6): one without a name is its bare value."""
    return name + b"=" + value if name else value


def join_fields(fields: Sequence[bytes]) -> bytes:
    """The cookie-string of several Cookie fields, the crumbs of HTTP/2 (RFC 9113 8.2.3)."""
    return fields[0] if len(fields) == 1 else b"; ".join(fields)


class CookieString:
    """A Cookie field whose pairs can be removed, changed and added, every other byte as it was; never changes itself."""

    __slots__ = ("_occupied", "_pieces", "pairs", "source")

    def __init__(self, source: bytes) -> None:
        self.source = source
        self._pieces = source.split(b";")
        self._occupied = [index for index, piece in enumerate(self._pieces) if piece.strip(_WSP)]
        self.pairs: tuple[Pair, ...] = tuple(_parse_pair(self._pieces[i].strip(_WSP)) for i in self._occupied)

    def without(self, indexes: Iterable[int]) -> Self:
        """The field without the pairs at these indexes of `pairs`; empty if none is left."""
        gone = {self._occupied[index] for index in indexes}
        if not gone:
            return self
        if len(gone) == len(self._occupied):
            return type(self)(b"")
        kept = [piece for index, piece in enumerate(self._pieces) if index not in gone]
        if 0 in gone:
            kept[0] = _leading_wsp(self._pieces[0]) + kept[0].lstrip(_WSP)
        return type(self)(b";".join(kept))

    def with_pair(self, index: int, name: bytes, value: bytes) -> Self:
        """The field with another name and value at this index of `pairs`, in the spacing of the old."""
        pair = self.pairs[index]
        if (pair.name, pair.value) == (name, value):
            return self
        pieces = self._pieces.copy()
        place = self._occupied[index]
        start, end = _trimmed(pieces[place], 0, len(pieces[place]))
        pieces[place] = pieces[place][:start] + _rewritten_pair(pair, name, value) + pieces[place][end:]
        return type(self)(b";".join(pieces))

    def appended(self, pairs: Iterable[tuple[bytes, bytes]]) -> Self:
        """The field with these names and values at its end, in the given order."""
        return self.merged((len(self.pairs), name, value) for name, value in pairs)

    def merged(self, pairs: Iterable[tuple[int, bytes, bytes]]) -> Self:
        """The field with each (index, name, value) before the pair at this index; equal ones in given order."""
        added = sorted(pairs, key=lambda item: item[0])
        if not added:
            return self
        if not self.pairs:
            return type(self)(b"; ".join(serialise(name, value) for _, name, value in added))
        pieces = self._pieces.copy()
        for index, name, value in reversed(added):
            self._insert(pieces, index, serialise(name, value))
        return type(self)(b";".join(pieces))

    def _insert(self, pieces: list[bytes], index: int, text: bytes) -> None:
        """Puts a pair before the one at this index; what is inserted later must not come after it."""
        place = self._occupied[index] if index < len(self._occupied) else self._occupied[-1] + 1
        if place > 0:
            pieces.insert(place, b" " + text)
            return
        lead = _leading_wsp(pieces[0])
        pieces[0] = b" " + pieces[0][len(lead) :]
        pieces.insert(0, lead + text)


@lru_cache(maxsize=4096)
def _short_text(octets: bytes) -> str:
    return _text(octets)


def wire_text(octets: bytes) -> str:
    """Bytes off the wire as text: UTF-8 where they decode, else latin-1."""
    return _short_text(octets) if len(octets) <= 256 else _text(octets)


def mask_set_cookie(source: bytes, mask: Callable[[bytes], bytes]) -> bytes:
    """A Set-Cookie field with `mask(value)` for its value, the rest as it was; a quoted value is masked whole."""
    parsed = parse_set_cookie(source, quotes_protect=True)
    start, end = _trimmed(source, parsed.equals + 1, parsed.pair_end)
    return source[:start] + mask(parsed.value) + source[end:]


def mask_cookie(source: bytes, mask: Callable[[bytes], bytes]) -> bytes:
    """A Cookie field with `mask(value)` for every value, everything else as it was."""
    pieces = source.split(b";")
    for index, piece in enumerate(pieces):
        start, end = _trimmed(piece, piece.find(b"=") + 1, len(piece))
        if piece.strip(_WSP):
            pieces[index] = piece[:start] + mask(piece[start:end]) + piece[end:]
    return b";".join(pieces)


def has_control(octets: bytes) -> bool:
    """Whether it has any of %x00-08, %x0A-1F and %x7F: control characters other than TAB."""
    return _CONTROL.search(octets) is not None


def set_cookie_has_control(source: bytes) -> bool:
    """Whether a Set-Cookie field has a control character that makes it void (5.6 step 1)."""
    return _CONTROL.search(source) is not None


def has_control_or_tab(octets: bytes) -> bool:
    """Whether it has any of %x00-1F and %x7F, which Chrome refuses in names and values."""
    return _CONTROL_OR_TAB.search(octets) is not None


def _parse_attributes(source: bytes, start: int) -> tuple[Attribute, ...]:
    attributes = []
    for piece in source[start + 1 :].split(b";"):
        end = start + 1 + len(piece)
        name, equals, value = piece.partition(b"=")
        name = name.strip(_WSP)
        if equals:
            attributes.append(Attribute(name.lower(), value.strip(_WSP), start, end))
        elif name:
            attributes.append(Attribute(name.lower(), None, start, end))
        start = end
    return tuple(attributes)


def _parse_pair(text: bytes) -> Pair:
    name, equals, value = text.partition(b"=")
    return Pair(name.rstrip(_WSP), value.lstrip(_WSP), text) if equals else Pair(b"", text, text)


def _pair_end_with_quotes(source: bytes, equals: int, pair_end: int) -> int:
    """Where the pair ends if quotes around its value protect a `;`; an unclosed quote protects nothing."""
    start, _ = _trimmed(source, equals + 1, len(source))
    if source[start : start + 1] != b'"' or start >= pair_end:
        return pair_end
    closing = source.find(b'"', start + 1)
    if closing < 0:
        return pair_end
    end = source.find(b";", closing)
    return len(source) if end < 0 else end


def _trimmed(source: bytes, start: int, end: int) -> tuple[int, int]:
    """The span of what is left when white space is trimmed; an empty one lies at the end."""
    text = source[start:end].lstrip(_WSP)
    return end - len(text), end - len(text) + len(text.rstrip(_WSP))


def _leading_wsp(piece: bytes) -> bytes:
    return piece[: len(piece) - len(piece.lstrip(_WSP))]


def _rewritten(attribute: bytes, value: bytes | None) -> bytes:
    """`; Name = value ` with another value, or none, in the same spelling and spacing."""
    equals = attribute.find(b"=")
    _, name_end = _trimmed(attribute, 1, len(attribute) if equals < 0 else equals)
    if equals < 0:
        return attribute if value is None else attribute[:name_end] + b"=" + value + attribute[name_end:]
    start, end = _trimmed(attribute, equals + 1, len(attribute))
    return attribute[:name_end] + attribute[end:] if value is None else attribute[:start] + value + attribute[end:]


def _rewritten_pair(pair: Pair, name: bytes, value: bytes) -> bytes:
    """The pair's bytes with another name and value; what stays the same keeps its spacing."""
    equals = pair.source.find(b"=")
    if equals < 0 or not name:
        return serialise(name, value)
    _, name_end = _trimmed(pair.source, 0, equals)
    value_start, _ = _trimmed(pair.source, equals + 1, len(pair.source))
    return name + pair.source[name_end:value_start] + value


def _without(source: bytes, attributes: Sequence[Attribute]) -> bytes:
    """The source without these attributes, which are in order."""
    kept, start = [], 0
    for attribute in attributes:
        kept.append(source[start : attribute.start])
        start = attribute.end
    return b"".join([*kept, source[start:]])


def _edited(set_cookie: SetCookie, source: bytes) -> SetCookie:
    return parse_set_cookie(source, set_cookie.quotes_protect)


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _masked(value: bytes | None) -> str:
    return "None" if value is None else f"***{len(value)}"
