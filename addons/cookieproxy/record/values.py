"""What becomes of cookie values before they are kept: as they are, a keyed hash, or their length only (`record: values:`).

Knows the forms of a masked value and where in a field a value may hide. Does not know tables or queues. The forms:

- keep: the bytes as they came
- hash: `#3fa9c1d2e4b5a697:24`, 64 bits of a hash keyed by a secret of the store, then the length in bytes
- drop: `***24`, the length in bytes

Equal values have equal hashes within one store, so a rotated or revived session shows without its id being kept. Bytes are kept
as text where they are UTF-8, else as bytes (`stored`), so that a store reads well and still gives back every byte.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b

from ..core.events import EventKind

type Wire = str | bytes
"""Bytes off the wire as a store keeps them: text if they are UTF-8 without NUL, else the bytes themselves."""

type Mask = Callable[[bytes], bytes]

KNOWN_ATTRIBUTES = frozenset(
    b"domain path expires max-age secure httponly samesite priority partitioned version sameparty".split()
)
"""Attributes whose values say nothing secret. Anything else behind a `;` may be the rest of a value that has one in it."""

CACHED_BYTES = 256
"""Nothing longer is remembered."""

_OWN_WORDS = re.compile(rb"session|persistent|[-+]?\d+(\.\d+)?")
_MASKED = re.compile(r"#[0-9a-f]{16}:\d+|\*\*\*\d+")
_OWN_WORD_KINDS = frozenset({EventKind.PERSISTENCE, EventKind.HEADER_SIZE, EventKind.CLOCK_SKEW})


class ValuePolicy(StrEnum):
    """`record: values:` in rules.yaml."""

    KEEP = "keep"
    HASH = "hash"
    DROP = "drop"


def stored(octets: bytes) -> Wire:
    """The form in which bytes go into a store; `octets_of` gives them back."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return octets
    return octets if "\0" in text else text


def octets_of(kept: Wire) -> bytes:
    """The bytes that `stored` was given."""
    return kept.encode() if isinstance(kept, str) else bytes(kept)


def text_of(kept: Wire) -> str:
    """What people are shown of it: bytes that are not UTF-8 as latin-1."""
    return kept if isinstance(kept, str) else kept.decode("latin-1")


def keyed_hash(value: bytes, key: bytes) -> str:
    """64 bits of the hash of a value, as 16 hexadecimal digits."""
    return blake2b(value, digest_size=8, key=key).hexdigest()


def length_only(value: bytes) -> bytes:
    """`***24` for a value of 24 bytes."""
    return b"***%d" % len(value)


def shown_masked(text: str) -> bool:
    """Whether a text is one of the two masked forms."""
    return _MASKED.fullmatch(text) is not None


def mask_pieces(octets: bytes, mask: Mask) -> bytes:
    """A Set-Cookie field or a pair with its value masked, and with it whatever behind a `;` is not a known attribute.

    Stricter than a browser, on purpose: `a={"x":1;"token":"y"}` is a value cut in two, and neither part is to be kept.
    """
    first, semicolon, rest = octets.partition(b";")
    name, equals, value = first.partition(b"=")
    pair = name + equals + _masked(value, mask) if equals else _masked(first, mask)
    if len(rest) > CACHED_BYTES or not _are_known(rest):
        rest = b";".join([piece if _is_known(piece) else _masked(piece, mask) for piece in rest.split(b";")])
    return pair + semicolon + rest


@lru_cache(1024)
def _are_known(attributes: bytes) -> bool:
    """Whether all that follows a pair is attributes we know. The same ones come again and again."""
    return all(map(_is_known, attributes.split(b";")))


def _is_known(attribute: bytes) -> bool:
    return attribute.partition(b"=")[0].strip().lower() in KNOWN_ATTRIBUTES


def _masked(piece: bytes, mask: Mask) -> bytes:
    """The piece with what is between its white space masked; white space alone stays."""
    value = piece.strip(b" \t")
    if not value:
        return piece
    if len(value) == len(piece):
        return mask(value)
    start = piece.find(value)
    return piece[:start] + mask(value) + piece[start + len(value) :]


class Masker:
    """One policy with the store's key."""

    def __init__(self, policy: ValuePolicy, key: bytes) -> None:
        self.policy = policy
        self._key = key
        masks: dict[ValuePolicy, Mask] = {
            ValuePolicy.KEEP: bytes,
            ValuePolicy.HASH: self.hash,
            ValuePolicy.DROP: length_only,
        }
        self._mask = masks[policy]
        self._short_mask = lru_cache(4096)(self._mask)
        self._short_value = lru_cache(4096)(self._value)
        self._short_field = lru_cache(64)(self._field)

    def hash(self, value: bytes) -> bytes:
        """`#` and 16 hexadecimal digits of the keyed hash, `:` and the length in bytes."""
        return b"#%s:%d" % (keyed_hash(value, self._key).encode(), len(value))

    def value(self, value: bytes) -> Wire:
        """A value alone. The same comes again and again; long ones would take too much memory to remember."""
        return self._short_value(value) if len(value) <= CACHED_BYTES else self._value(value)

    def field(self, octets: bytes) -> Wire:
        """A Set-Cookie field, or a pair of a Cookie field. One that a rule changed is in its event, too."""
        return self._short_field(octets) if len(octets) <= CACHED_BYTES else self._field(octets)

    def before_after(self, kind: EventKind, octets: bytes) -> Wire:
        """The `before` or `after` of an event: a field or a pair, or, for a few kinds, words of our own."""
        if kind in _OWN_WORD_KINDS and _OWN_WORDS.fullmatch(octets):
            return octets.decode()
        return self.field(octets)

    def _value(self, value: bytes) -> Wire:
        return stored(self._mask(value))

    def _field(self, octets: bytes) -> Wire:
        return stored(octets if self.policy is ValuePolicy.KEEP else mask_pieces(octets, self._masked))

    def _masked(self, value: bytes) -> bytes:
        return self._short_mask(value) if len(value) <= CACHED_BYTES else self._mask(value)
