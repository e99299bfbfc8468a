"""Set-Cookie fields as octets: taken apart, edited in one place, put together (RFC 6265bis 5.6; R5, R11).

Parsing is total: any bytes give a result, nothing is normalised. An edit writes the bytes it is about and leaves all
others as they came; its result is what a parser sees afterwards. What a caller gives an edit to write must fit where
it goes: no `;`, no `=` in a name. Does not know what an attribute means, which cookies a browser accepts, nor any
limit: that is `accept`'s business.

Cookie fields are taken apart in `cookie_string` and shown by `octets`; their names are here too, so that one import
serves.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from .cookie_string import CookieString, Pair, join_fields, mask_cookie, parse_cookie, serialise
from .octets import WSP, has_control, has_control_or_tab, masked, trimmed_span, wire_text

__all__ = [
    "Attribute",
    "CookieString",
    "Pair",
    "SetCookie",
    "compose",
    "has_control",
    "has_control_or_tab",
    "join_fields",
    "mask_cookie",
    "mask_set_cookie",
    "parse_cookie",
    "parse_set_cookie",
    "serialise",
    "set_cookie_has_control",
    "wire_text",
    "with_attribute",
    "with_name",
    "with_value",
    "without_attribute",
]

_CACHED_OCTETS = 512
"""Fields and attributes of more octets are taken apart anew each time; applications repeat the same few."""
_REPEATED_FIELDS = 64
"""Whole fields that are remembered: few, because they have values."""


class Attribute(NamedTuple):
    """One `; name=value` after the pair; unknown ones and repetitions too, empty ones not.

    A named tuple like `SetCookie`, because every response makes many (a dataclass costs three times as much).
    """

    name: bytes
    """Trimmed and in lower case."""
    value: bytes | None
    """Trimmed; None if there is no `=`."""
    start: int
    """Where its own `;` is, counted from the `;` that ends the pair."""
    end: int
    """Where the next `;` or the end is, counted likewise."""

    def __repr__(self) -> str:
        return f"Attribute({self.name!r}, {masked(self.value)})"


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

    @property
    def has_inner_tab(self) -> bool:
        """Whether a HTAB is left within a name or a value, of the cookie or an attribute, after trimming.

        Chromium 156 ignores such a field (tried), which the draft does not.
        """
        if b"\t" not in self.source:
            return False
        if b"\t" in self.name or b"\t" in self.value:
            return True
        return any(b"\t" in attribute.name or b"\t" in (attribute.value or b"") for attribute in self.attributes)

    def last(self, name: bytes) -> Attribute | None:
        """The last attribute of that name (lower case), which is the one that counts."""
        for attribute in reversed(self.attributes):
            if attribute.name == name:
                return attribute
        return None

    def all(self, name: bytes) -> tuple[Attribute, ...]:
        """Every attribute of that name (lower case), in order."""
        return tuple([attribute for attribute in self.attributes if attribute.name == name])

    def __repr__(self) -> str:
        return f"SetCookie({self.name!r}, {masked(self.value)}, {len(self.attributes)} attributes)"


def parse_set_cookie(source: bytes, quotes_protect: bool = False) -> SetCookie:
    """A Set-Cookie field taken apart (5.6), whatever its bytes are.

    With `quotes_protect` a `;` between the quotes around a value belongs to it, as in Safari.
    """
    return (_cached_set_cookie if len(source) <= _CACHED_OCTETS else _set_cookie)(source, quotes_protect)


def _set_cookie(source: bytes, quotes_protect: bool) -> SetCookie:
    pair_end = source.find(b";")
    if pair_end < 0:
        pair_end = len(source)
    equals = source.find(b"=", 0, pair_end)
    if quotes_protect:
        pair_end = _pair_end_with_quotes(source, equals, pair_end)
    name = source[:equals].strip(WSP) if equals > 0 else b""
    value = source[equals + 1 : pair_end].strip(WSP)
    return SetCookie(source, name, value, equals, pair_end, _parse_attributes(source[pair_end:]), quotes_protect)


_cached_set_cookie = lru_cache(maxsize=_REPEATED_FIELDS)(_set_cookie)


def with_name(set_cookie: SetCookie, name: bytes) -> SetCookie:
    """The field with another name, everything else as it was."""
    if name == set_cookie.name:
        return set_cookie
    source, equals = set_cookie.source, set_cookie.equals
    if equals < 0:
        start, _ = trimmed_span(source, 0, set_cookie.pair_end)
        return _edited(set_cookie, source[:start] + name + b"=" + source[start:])
    start, end = trimmed_span(source, 0, equals)
    return _edited(set_cookie, source[:start] + name + source[end:])


def with_value(set_cookie: SetCookie, value: bytes) -> SetCookie:
    """The field with another value, everything else as it was."""
    if value == set_cookie.value:
        return set_cookie
    source = set_cookie.source
    start, end = trimmed_span(source, set_cookie.equals + 1, set_cookie.pair_end)
    if set_cookie.equals < 0 and b"=" in value:
        value = b"=" + value  # or its beginning would be a name
    return _edited(set_cookie, source[:start] + value + source[end:])


def with_attribute(set_cookie: SetCookie, name: bytes, value: bytes | None) -> SetCookie:
    """The field with one attribute of that name and this value; None writes the bare name.

    The last occurrence is edited in place, its spelling kept, and earlier ones are removed; if there is none, it is
    appended with the name as given.
    """
    found = set_cookie.all(name.lower())
    if not found:
        return _edited(set_cookie, set_cookie.source + b"; " + _serialise_attribute(name, value))
    last = found[-1]
    if last.value == value and len(found) == 1:
        return set_cookie
    pair, said = set_cookie.source[: set_cookie.pair_end], set_cookie.source[set_cookie.pair_end :]
    if last.value != value:
        said = said[: last.start] + _rewritten(said[last.start : last.end], value) + said[last.end :]
    return _edited(set_cookie, pair + _without(said, found[:-1]))


def without_attribute(set_cookie: SetCookie, name: bytes) -> SetCookie:
    """The field without any attribute of that name."""
    found = set_cookie.all(name.lower())
    if not found:
        return set_cookie
    pair, said = set_cookie.source[: set_cookie.pair_end], set_cookie.source[set_cookie.pair_end :]
    return _edited(set_cookie, pair + _without(said, found))


def compose(name: bytes, value: bytes, attributes: Iterable[tuple[bytes, bytes | None]] = ()) -> bytes:
    """A Set-Cookie field of our own; an attribute's value None writes the bare name.

    >>> compose(b"sid", b"1", [(b"Path", b"/"), (b"HttpOnly", None)])
    b'sid=1; Path=/; HttpOnly'
    """
    pair = name + b"=" + value if name or b"=" in value else value
    return b"; ".join([pair, *[_serialise_attribute(*attribute) for attribute in attributes]])


def mask_set_cookie(source: bytes, mask: Callable[[bytes], bytes]) -> bytes:
    """The field with `mask(value)` for its value, everything else as it was; a quoted value is masked whole."""
    set_cookie = parse_set_cookie(source, quotes_protect=True)
    start, end = trimmed_span(source, set_cookie.equals + 1, set_cookie.pair_end)
    return source[:start] + mask(set_cookie.value) + source[end:]


def set_cookie_has_control(source: bytes) -> bool:
    """Whether the field has a control character that voids it (5.6 step 1)."""
    return has_control(source)


def _parse_attributes(said: bytes) -> tuple[Attribute, ...]:
    """The attributes in what follows the pair, from its `;` on."""
    if not said:
        return ()
    return _cached_attributes(said) if len(said) <= _CACHED_OCTETS else _attributes(said)


@lru_cache(maxsize=1024)
def _cached_attributes(said: bytes) -> tuple[Attribute, ...]:
    return _attributes(said)


def _attributes(said: bytes) -> tuple[Attribute, ...]:
    attributes = []
    start = 0
    for piece in said[1:].split(b";"):
        end = start + 1 + len(piece)
        name, equals, value = piece.partition(b"=")
        name = name.strip(WSP)
        if equals:
            attributes.append(Attribute(name.lower(), value.strip(WSP), start, end))
        elif name:
            attributes.append(Attribute(name.lower(), None, start, end))
        start = end
    return tuple(attributes)


def _pair_end_with_quotes(source: bytes, equals: int, pair_end: int) -> int:
    """Where the pair ends if quotes around its value protect a `;`; an unclosed quote protects nothing."""
    start, _ = trimmed_span(source, equals + 1, pair_end)
    closing = source.find(b'"', start + 1) if source[start : start + 1] == b'"' else -1
    if closing < pair_end:
        return pair_end
    end = source.find(b";", closing)
    return len(source) if end < 0 else end


def _serialise_attribute(name: bytes, value: bytes | None) -> bytes:
    return name if value is None else name + b"=" + value


def _rewritten(attribute: bytes, value: bytes | None) -> bytes:
    """`; Name = value ` with another value, or none, in the same spelling and spacing."""
    equals = attribute.find(b"=")
    _, name_end = trimmed_span(attribute, 1, len(attribute) if equals < 0 else equals)
    if equals < 0:
        return attribute if value is None else attribute[:name_end] + b"=" + value + attribute[name_end:]
    start, end = trimmed_span(attribute, equals + 1, len(attribute))
    return attribute[:name_end] + attribute[end:] if value is None else attribute[:start] + value + attribute[end:]


def _without(said: bytes, attributes: Sequence[Attribute]) -> bytes:
    """What follows the pair without these attributes, which are in order."""
    kept = []
    start = 0
    for attribute in attributes:
        kept.append(said[start : attribute.start])
        start = attribute.end
    kept.append(said[start:])
    return b"".join(kept)


def _edited(set_cookie: SetCookie, source: bytes) -> SetCookie:
    return parse_set_cookie(source, set_cookie.quotes_protect)
