"""Whether the bits of many ids are as random ones are: the tests of FIPS 140-1 for as many bits as there are.

Monobit, poker, runs and long run over all the bits in order, and for each bit whether it follows from the same bit of an earlier
id, as the low bits of linear congruential generators do. Random bits fail any of them less than once in a million times.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .alphabets import Alphabet
from .chance import BY_FAR, BY_FAR_OF_MANY, chi_square_limit

LEAST_BITS = 400
"""Fewer tell nothing."""
_LAGS = (1, 2, 4, 8, 16, 32)
"""Ids back: the periods of the low bits of linear congruential generators modulo a power of two."""
_POKER_LIMIT = chi_square_limit(15)
_LONG_RUN_CHANCE = 1e-8


class Failure(NamedTuple):
    """A test that random bits do not fail."""

    said: str
    """For people, after "it"."""
    left: float
    """Of the bits, the part that is still unknown."""


def failures(ids: Sequence[bytes], places: Sequence[int], alphabet: Alphabet) -> tuple[Failure, ...]:
    """Which tests the bits at these positions fail; none if there are too few, or if the alphabet is no power of two."""
    width = alphabet.size.bit_length() - 1
    if alphabet.size != 1 << width or len(ids) * len(places) * width < LEAST_BITS:
        return ()
    digits = {octet: format(digit, f"0{width}b") for digit, octet in enumerate(alphabet.characters)}
    rows = ["".join([digits[id_[place]] for place in places]) for id_ in ids]
    stream = "".join(rows)
    found = (_monobit(stream), _poker(stream), _runs(stream), _long_run(stream), _repeated(rows))
    return tuple(failure for failure in found if failure is not None)


def _monobit(stream: str) -> Failure | None:
    ones, total = stream.count("1"), len(stream)
    if abs(ones - total / 2) <= BY_FAR * math.sqrt(total) / 2:
        return None
    return Failure(f"{ones / total:.0%} of its bits are set", _binary_bits(ones / total))


def _poker(stream: str) -> Failure | None:
    counts = Counter(stream[start : start + 4] for start in range(0, len(stream) - 3, 4))
    total = counts.total()
    if 16 / total * sum(c * c for c in counts.values()) - total <= _POKER_LIMIT:
        return None
    entropy = -sum(c / total * math.log2(c / total) for c in counts.values())
    return Failure("some groups of four bits are more frequent than others", entropy / 4)


def _runs(stream: str) -> Failure | None:
    changes, total = stream.count("01") + stream.count("10"), len(stream) - 1
    if abs(changes - total / 2) <= BY_FAR * math.sqrt(total) / 2:
        return None
    how = "too often" if changes > total / 2 else "too seldom"
    return Failure(f"its bits change {how}", _binary_bits(changes / total))


def _long_run(stream: str) -> Failure | None:
    length = math.ceil(math.log2(2 * len(stream) / _LONG_RUN_CHANCE))
    if "0" * length not in stream and "1" * length not in stream:
        return None
    return Failure(f"{length} bits in a row are the same", 1 - length / len(stream))


def _repeated(rows: Sequence[str]) -> Failure | None:
    """Bits that follow from the same bit of an earlier id, or from its opposite."""
    known = sum(any(_follows(column, len(rows))) for column in map("".join, zip(*rows, strict=True)))
    width = len(rows[0])
    return Failure(f"{known} of its bits follow from earlier ids", 1 - known / width) if known else None


def _follows(column: str, total: int) -> Iterator[bool]:
    bits = int(column, 2)
    for lag in _LAGS:
        compared = total - lag
        differing = ((bits ^ bits >> lag) & ((1 << compared) - 1)).bit_count()
        yield abs(differing - compared / 2) > BY_FAR_OF_MANY * math.sqrt(compared) / 2


def _binary_bits(chance: float) -> float:
    """The entropy of a bit that is set with this probability."""
    return -sum(p * math.log2(p) for p in (chance, 1 - chance) if p > 0)
