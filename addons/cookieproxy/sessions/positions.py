"""What many ids of one length show at each of their positions: how evenly, and whether a character follows from the one before.

Counting pairs of equal characters tells both: of n random ones among k, n(n-1)/2k pairs are equal. A position that is not
provably worse than random counts in full; what is worse counts with its Shannon entropy, corrected for the size of the sample
(Miller and Madow 1955). Bits.
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from .alphabets import Alphabet, alphabet_of, shannon_bits
from .chance import CHANCE, chi_square_deviations, chi_square_limit

_LEAST_DEVIATIONS = 8.0
"""Standard deviations by which equal pairs of characters must be too many: few of them are not distributed normally."""
_SLIGHTLY = 1e-6
"""Bits that keep what is not a random choice of all characters below what is."""
_MANY_PER_CHARACTER = 8
"""Ids for each character of the alphabet from which on a position can hardly be worse than it looks."""


class _Position:
    """One position with its characters in the order of the ids, and how often each occurs."""

    __slots__ = ("characters", "counts", "equal_pairs")

    def __init__(self, characters: tuple[int, ...]) -> None:
        self.characters = characters
        self.counts = Counter(characters)
        self.equal_pairs = _equal_pairs(self.counts)


class Spread(NamedTuple):
    """How the ids spread over what they could be."""

    bits: float
    full: tuple[int, ...]
    """Positions that look like a random choice of the whole alphabet."""
    dependent: int
    """Positions whose character follows, more or less, from the one before."""
    limited: bool
    """True if positions count in full because there are too few ids to show that they are worse."""
    alphabet: Alphabet
    """Of all positions."""


def spread(ids: Sequence[bytes]) -> Spread:
    """How ids of one length spread over what they could be; at least three."""
    positions = [_Position(characters) for characters in zip(*ids, strict=True)]
    alphabet = alphabet_of(b"".join(ids))
    size = _size(positions, alphabet)
    bits = [_position_bits(position, size) for position in positions]
    tied = {place: left for place, pair in enumerate(pairwise(positions), 1) if (left := _tied_bits(*pair)) is not None}
    random = tuple(place for place, amount in enumerate(bits) if amount == math.log2(size) and place not in tied)
    total = sum(min(amount, tied.get(place, amount)) for place, amount in enumerate(bits))
    full = random if size == alphabet.size else ()
    return Spread(total, full, len(tied), bool(random) and len(ids) < _MANY_PER_CHARACTER * size, alphabet)


def _size(positions: Sequence[_Position], alphabet: Alphabet) -> int:
    """How many characters they use where they vary: all of the alphabet, unless chance cannot have kept so many out."""
    varying = [position for position in positions if len(position.counts) > 1]
    used, drawn = len(set().union(*(p.counts for p in varying))), sum(len(p.characters) for p in varying)
    if used < 2:
        return alphabet.size
    chance = math.log(math.comb(alphabet.size, used)) + drawn * math.log(used / alphabet.size)
    return used if chance < math.log(CHANCE) else alphabet.size


def _position_bits(position: _Position, size: int) -> float:
    """Those of the most characters that it may be a random choice of, or its entropy if that is more."""
    count = len(position.characters)
    sizes = (size, *(2**power for power in range(5, 0, -1) if 2**power < size))
    choice = next((math.log2(of) for of in sizes if _may_be_choice(position.equal_pairs, count, of)), 0.0)
    corrected = shannon_bits(position.counts) + (len(position.counts) - 1) / (2 * count * math.log(2))
    return max(choice, min(corrected, math.log2(count), math.log2(size) - _SLIGHTLY))


def _may_be_choice(equal: int, count: int, size: int) -> bool:
    """Whether so many ids with so many equal pairs may be random choices of this many characters: Pearson's chi-square."""
    return (2 * equal + count) * size / count - count <= chi_square_limit(size - 1)


def _tied_bits(before: _Position, position: _Position) -> float | None:
    """What the position adds to the one before it; None if it does not depend on it.

    It does if by far more pairs of ids have the same two characters there than two independent positions would give. What it
    adds is told by the equal pairs, too (Rényi's entropy of the second order), because few ids show no more of so many pairs.
    """
    if len(before.counts) == 1 or len(position.counts) == 1:
        return None
    found = _equal_pairs(Counter(zip(before.characters, position.characters, strict=True)))
    count = len(position.characters)
    pairs, triples = math.comb(count, 2), count * (count - 1) * (count - 2)
    both = before.equal_pairs * position.equal_pairs / pairs**2
    thrice = _equal_triples(before.counts) * _equal_triples(position.counts) / triples**2
    variance = pairs * (both - both**2) + triples * max(0.0, thrice - both**2)
    degrees = (len(before.counts) - 1) * (len(position.counts) - 1)
    if found - pairs * both <= max(_LEAST_DEVIATIONS, chi_square_deviations(degrees)) * math.sqrt(max(1.0, variance)):
        return None
    return math.log2(before.equal_pairs / found)


def _equal_pairs[T](counts: Counter[T]) -> int:
    return sum([c * (c - 1) for c in counts.values()]) // 2


def _equal_triples(counts: Counter[int]) -> int:
    return sum([c * (c - 1) * (c - 2) for c in counts.values()])
