"""Which characters an id is made of, and how many ids of its length there can be: charset times length (R33).

Knows octets only. Sizes are numbers of characters, amounts of entropy are bits.
"""

import math
import string
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from .chance import CHANCE

ENOUGH_BITS = 64.0
"""OWASP Session Management Cheat Sheet: an id must have at least 64 bits of entropy; NIST SP 800-63B asks for the same."""

_DIGITS, _LOWER, _UPPER = (text.encode() for text in (string.digits, string.ascii_lowercase, string.ascii_uppercase))
_REPETITIVE = 0.6
"""Of the entropy that as many characters could show: random ids of 10 characters and more stay above 0.7."""
_REPETITIVE_LENGTH = 10
"""Characters: shorter ids repeat themselves by chance."""


class Alphabet(NamedTuple):
    """Characters that ids are written with, in the order of the digits that they stand for."""

    name: str
    characters: bytes

    @property
    def size(self) -> int:
        """How many characters there are."""
        return len(self.characters)

    @property
    def bits(self) -> float:
        """What one random character is worth."""
        return math.log2(self.size)

    def covers(self, octets: bytes) -> bool:
        """Whether nothing else occurs in the octets."""
        return not octets.translate(None, self.characters)


ALPHABETS = (
    Alphabet("digits", _DIGITS),
    Alphabet("hexadecimal", _DIGITS + b"abcdef"),
    Alphabet("hexadecimal in capitals", _DIGITS + b"ABCDEF"),
    Alphabet("hexadecimal in both cases", _DIGITS + b"abcdefABCDEF"),
    Alphabet("small letters", _LOWER),
    Alphabet("capital letters", _UPPER),
    Alphabet("base32 of PHP", _DIGITS + b"abcdefghijklmnopqrstuv"),
    Alphabet("base32 of ASP.NET", _LOWER + b"012345"),
    Alphabet("base32 in small letters", _LOWER + b"234567"),
    Alphabet("base32", _UPPER + b"234567"),
    Alphabet("base32 of Crockford", _DIGITS + b"ABCDEFGHJKMNPQRSTVWXYZ"),
    Alphabet("base36", _DIGITS + _LOWER),
    Alphabet("base36 in capitals", _DIGITS + _UPPER),
    Alphabet("letters", _UPPER + _LOWER),
    Alphabet("base62", _UPPER + _LOWER + _DIGITS),
    Alphabet("base64", _UPPER + _LOWER + _DIGITS + b"+/"),
    Alphabet("base64url", _UPPER + _LOWER + _DIGITS + b"-_"),
    Alphabet("base64 of PHP", _DIGITS + _LOWER + _UPPER + b"-,"),
    Alphabet("printable", bytes(range(0x21, 0x7F))),
    Alphabet("octets", bytes(range(0x100))),
)
"""From few to many: the first that covers an id is its alphabet."""

_SINGLE_CASE = 36


def alphabet_of(octets: bytes) -> Alphabet:
    """The smallest known alphabet that has all these characters."""
    return next(alphabet for alphabet in ALPHABETS if alphabet.covers(octets))


def without_separators(octets: bytes) -> bytes:
    """The id without dashes, colons and dots, if they only group what is written in one case, as in a UUID; else as it is."""
    rest = octets.translate(None, b"-:.")
    return rest if rest and rest != octets and alphabet_of(rest).size <= _SINGLE_CASE else octets


def without_constants(ids: Sequence[bytes]) -> list[bytes]:
    """The ids without what all of them begin and end with, unless random ones may do so by chance."""
    ids = _without_beginning(ids)
    return [id_[::-1] for id_ in _without_beginning([id_[::-1] for id_ in ids])]


def _without_beginning(ids: Sequence[bytes]) -> Sequence[bytes]:
    common = common_beginning(ids)
    if not common or (len(ids) - 1) * len(common) * alphabet_of(b"".join(ids)).bits < -math.log2(CHANCE):
        return ids
    return [id_[len(common) :] for id_ in ids]


def common_beginning(texts: Sequence[bytes]) -> bytes:
    """What all of them begin with; nothing if there are none."""
    first, last = min(texts, default=b""), max(texts, default=b"")
    differing = (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(differing, len(first))]


def length_bits(octets: bytes, alphabet: Alphabet) -> float:
    """At most this many bits are in an id of its length and characters; what repeats itself counts once."""
    period = (octets + octets).find(octets, 1) if octets else 0
    bits = period * alphabet.bits
    if len(octets) < _REPETITIVE_LENGTH:
        return bits
    own, most = shannon_bits(Counter(octets)), min(alphabet.bits, math.log2(len(octets)))
    return min(bits, own * len(octets)) if own < _REPETITIVE * most else bits


def shannon_bits(counts: Counter[int]) -> float:
    """The entropy of one draw, as counted: in bits, not corrected for the size of the sample."""
    total = counts.total()
    return max(0.0, -sum(c / total * math.log2(c / total) for c in counts.values())) if total else 0.0


def bound_bits(ids: Sequence[bytes]) -> float:
    """At most this many bits are in ids such as these, in the middle, by their length and the characters of them all.

    Few characters may lack some of their alphabet by chance: sixteen digits may well be hexadecimal. If such ids would be strong
    enough, they are taken for strong, until there are more of them.
    """
    seen = b"".join(ids)
    narrow = alphabet_of(seen)
    bits = _median_bits(ids, narrow)
    if bits >= ENOUGH_BITS:
        return bits
    wide = _median_bits(ids, _widest_by_chance(seen, narrow))
    return wide if wide >= ENOUGH_BITS else bits


def _median_bits(ids: Sequence[bytes], alphabet: Alphabet) -> float:
    return median(length_bits(id_, alphabet) for id_ in ids)


def _widest_by_chance(seen: bytes, narrow: Alphabet) -> Alphabet:
    """The largest alphabet whose random characters may well have been only these."""
    may_be = [
        alphabet
        for alphabet in ALPHABETS[:-2]
        if alphabet.covers(narrow.characters) and (narrow.size / alphabet.size) ** len(seen) >= CHANCE
    ]
    return max(may_be, key=lambda alphabet: alphabet.size, default=narrow)
