"""Cookie fields: the pairs of a cookie-string, and edits that leave every other byte as it was (RFC 6265bis 5.8.3; R7, R10).

Parsing is total: any bytes give a result, nothing is normalised. Does not know which pair belongs to which stored
cookie. What a caller gives an edit to write must fit where it goes: no `;`, no `=` in a name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Self

from .octets import WSP, masked, trimmed_span

_CACHED_OCTETS = 2048
"""Longer cookie-strings are taken apart anew each time; a client repeats its own with every request."""


class Pair(NamedTuple):
    """One cookie of a cookie-string. A named tuple, because every request makes many (a dataclass costs three times as much)."""

    name: bytes
    """Trimmed; empty if there is none."""
    value: bytes
    """Trimmed."""
    source: bytes
    """The pair's own bytes, trimmed."""

    def __repr__(self) -> str:
        return f"Pair({self.name!r}, {masked(self.value)})"


def parse_cookie(cookie_string: bytes) -> tuple[Pair, ...]:
    """The pairs in order; empty pieces between `;` are none, a word without `=` is a value without a name."""
    return _cached_pairs(cookie_string) if len(cookie_string) <= _CACHED_OCTETS else _pairs(cookie_string)


def serialise(name: bytes, value: bytes) -> bytes:
    """One cookie as it goes into a cookie-string (5.8.3 step 6): one without a name is its bare value."""
    return b"=".join((name, value)) if name else value


def join_fields(fields: Sequence[bytes]) -> bytes:
    """The cookie-string of several Cookie fields, as HTTP/2 splits it into crumbs (RFC 9113 8.2.3)."""
    return fields[0] if len(fields) == 1 else b"; ".join(fields)


def mask_cookie(source: bytes, mask: Callable[[bytes], bytes]) -> bytes:
    """The cookie-string with `mask(value)` for every value, everything else as it was."""
    return b";".join([_masked_piece(piece, mask) for piece in source.split(b";")])


class CookieString:
    """A cookie-string to be edited pair by pair; an edit returns another one and leaves this as it is.

    Indexes count `pairs`. Taken apart only when asked, so that results which are only written out cost nothing.
    """

    __slots__ = ("_occupied", "_pairs", "_pieces", "source")

    def __init__(self, source: bytes) -> None:
        self.source = source
        self._pairs: tuple[Pair, ...] | None = None
        self._pieces: list[bytes] = []
        self._occupied: list[int] = []

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The cookies in order, as `parse_cookie` gives them."""
        if self._pairs is None:
            self._pairs = parse_cookie(self.source)
        return self._pairs

    def without(self, indexes: Iterable[int]) -> Self:
        """Without the pairs at these indexes; empty if none is left."""
        return self.changed(dict.fromkeys(indexes))

    def with_pair(self, index: int, name: bytes, value: bytes) -> Self:
        """With another name and value at this index, in the spacing of the old ones."""
        return self.changed({index: (name, value)})

    def changed(self, changes: Mapping[int, tuple[bytes, bytes] | None]) -> Self:
        """With another name and value at each of these indexes, or without the pair for None; empty if none is left."""
        pieces, occupied = self._split()
        written: dict[int, bytes | None] = {}
        for index, change in changes.items():
            pair = self.pairs[index]
            if change is None:
                written[occupied[index]] = None
            elif change != (pair.name, pair.value):
                written[occupied[index]] = _rewritten_piece(pieces[occupied[index]], pair, *change)
        if not written:
            return self
        kept = [piece for place, old in enumerate(pieces) if (piece := written.get(place, old)) is not None]
        if len(pieces) - len(kept) == len(occupied):
            return type(self)(b"")
        if written.get(0, b"") is None:
            kept[0] = _leading_wsp(pieces[0]) + kept[0].lstrip(WSP)
        return type(self)(b";".join(kept))

    def appended(self, pairs: Iterable[tuple[bytes, bytes]]) -> Self:
        """With these names and values after the last pair, in the given order."""
        return self.merged((len(self.pairs), name, value) for name, value in pairs)

    def merged(self, pairs: Iterable[tuple[int, bytes, bytes]]) -> Self:
        """With each (index, name, value) before the pair at this index, or after the last one; equal indexes in the given order."""
        added = sorted(pairs, key=lambda pair: pair[0])
        if not added:
            return self
        pieces, occupied = self._split()
        if not occupied:
            return type(self)(b"; ".join([serialise(name, value) for _, name, value in added]))
        changed = pieces.copy()
        for index, name, value in reversed(added):
            place = occupied[index] if index < len(occupied) else occupied[-1] + 1
            _insert(changed, place, serialise(name, value))
        return type(self)(b";".join(changed))

    def _split(self) -> tuple[list[bytes], list[int]]:
        """The pieces between `;`, and which of them are pairs."""
        if not self._pieces:
            self._pieces = self.source.split(b";")
            self._occupied = [index for index, piece in enumerate(self._pieces) if piece.strip(WSP)]
        return self._pieces, self._occupied

    def __repr__(self) -> str:
        return f"CookieString({masked(self.source)})"


@lru_cache(maxsize=128)
def _cached_pairs(cookie_string: bytes) -> tuple[Pair, ...]:
    return _pairs(cookie_string)


def _pairs(cookie_string: bytes) -> tuple[Pair, ...]:
    pairs = []
    for piece in cookie_string.split(b";"):
        text = piece.strip(WSP)
        if text:
            name, equals, value = text.partition(b"=")
            pairs.append(Pair(name.rstrip(WSP), value.lstrip(WSP), text) if equals else Pair(b"", text, text))
    return tuple(pairs)


def _masked_piece(piece: bytes, mask: Callable[[bytes], bytes]) -> bytes:
    if not piece.strip(WSP):
        return piece
    start, end = trimmed_span(piece, piece.find(b"=") + 1, len(piece))
    return piece[:start] + mask(piece[start:end]) + piece[end:]


def _leading_wsp(piece: bytes) -> bytes:
    return piece[: len(piece) - len(piece.lstrip(WSP))]


def _rewritten_piece(piece: bytes, pair: Pair, name: bytes, value: bytes) -> bytes:
    start, end = trimmed_span(piece, 0, len(piece))
    return piece[:start] + _rewritten(pair, name, value) + piece[end:]


def _rewritten(pair: Pair, name: bytes, value: bytes) -> bytes:
    """The pair's bytes with another name and value; what lies between them stays."""
    equals = pair.source.find(b"=")
    if equals < 0 or not name:
        return serialise(name, value)
    _, name_end = trimmed_span(pair.source, 0, equals)
    value_start, _ = trimmed_span(pair.source, equals + 1, len(pair.source))
    return name + pair.source[name_end:value_start] + value


def _insert(pieces: list[bytes], place: int, text: bytes) -> None:
    """Puts a pair before this piece; at the very start the old first piece gets the space that divides them."""
    if place > 0:
        pieces.insert(place, b" " + text)
        return
    lead = _leading_wsp(pieces[0])
    pieces[0] = b" " + pieces[0][len(lead) :]
    pieces.insert(0, lead + text)
