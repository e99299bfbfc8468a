"""How ids are made, where they show it: counters, times of issue, hashes of what one can guess (R33).

Each clue explains a part of the ids, says how many bits of that part stay unknown, and leaves the rest for others to judge. The
work is bounded. A clue that random ids would give once in a million times or more often is none.
"""

import binascii
import hashlib
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from .alphabets import alphabet_of, common_beginning
from .chance import CHANCE
from .estimates import Problem, ProblemKind


class Issued(NamedTuple):
    """An id with the time of its issue in Unix seconds."""

    part: bytes
    time: float


class Clue(NamedTuple):
    """What explains the ids, or a part of each."""

    problem: Problem
    bits: float
    """Unknown in the part that is explained."""
    rest: tuple[Issued, ...] = ()
    """The ids without that part; none if it is all of them."""


DAY = 86_400.0
"""Seconds: how wrong a server's clock may be."""
_SAME_CLOCK = 10.0
"""Seconds by which a clock may seem to be wrong now more and now less."""
_LARGEST_STEP = 1_000
_LEAST_COUNTED, _LEAST_COUNTED_UNEVENLY = 3, 4
_MOSTLY = 0.9
"""Of the steps of a counter, because answers overtake each other."""
_MOST_LOOKED_AT = 20
_MOST_OFFSET = 64
_SMALL_NUMBERS = 1_000
_HASH_DIGITS = 16
"""Hexadecimal digits of a hash that are compared: ids may be shortened hashes."""
_DIGITS = b"0123456789"
_HASHES = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256"}
_NUMBER_BASES = {10: 10, 16: 16, 22: 16, 36: 36}
"""By the size of the alphabet."""


def counter(issued: Sequence[Issued]) -> Clue | None:
    """Ids that are numbers and grow, or fall, by small steps; base 10, 16 or 36, with anything constant around the number."""
    found = _numbers([part for part, _ in issued])
    if found is None or len(found.values) < _LEAST_COUNTED:
        return None
    steps = [after - before for before, after in pairwise(found.values)]
    sizes = {abs(step) for step in steps}
    rising = sum(step > 0 for step in steps)
    if max(sizes) > _LARGEST_STEP or max(rising, len(steps) - rising) < _MOSTLY * len(steps):
        return None
    even = len(sizes) == 1
    if (not even and len(found.values) < _LEAST_COUNTED_UNEVENLY) or _chance_of(found, even) > CHANCE:
        return None
    said = f"it counts {'up' if rising else 'down'} by {'' if even else 'at most '}{max(sizes)}"
    return Clue(Problem(ProblemKind.COUNTER, said), 0.0 if even else math.log2(max(sizes)))


class _Numbers(NamedTuple):
    values: tuple[int, ...]
    space: int
    """How many numbers of that length there are."""


def _numbers(parts: Sequence[bytes]) -> _Numbers | None:
    decimals = _decimals(parts)
    base = 10 if decimals else _NUMBER_BASES.get(alphabet_of(b"".join(parts)).size)
    if base is None or not all(texts := decimals or parts):
        return None
    return _Numbers(tuple(int(text, base) for text in texts), base ** max(map(len, texts)))


def _decimals(parts: Sequence[bytes]) -> list[bytes] | None:
    """The decimal number in each, between what is the same in all of them."""
    before = len(common_beginning(parts).rstrip(_DIGITS))
    rests = [part[before:] for part in parts]
    after = len(common_beginning([rest[::-1] for rest in rests]).rstrip(_DIGITS))
    texts = [rest[: len(rest) - after] for rest in rests]
    return texts if all(text.isdigit() for text in texts) else None


def _chance_of(numbers: _Numbers, even: bool) -> float:
    """How probable it is that so many random numbers lie so near to each other, or have even steps."""
    count, spread = len(numbers.values), max(numbers.values) - min(numbers.values)
    near = math.log(count) + (count - 1) * (math.log(spread) - math.log(numbers.space)) if spread else 0.0
    evenly = -(count - 2) * math.log(numbers.space) if even else 0.0
    return math.exp(max(-700.0, min(0.0, near, evenly)))


class _Clock(NamedTuple):
    """One way to write the time into an id."""

    unit: str
    per_second: int
    width: int
    """Characters, the same for all the times of our days."""
    read: Callable[[bytes], float | None]
    """Unix seconds."""


def _clock(unit: str, per_second: int, base: int, width: int) -> _Clock:
    def read(text: bytes) -> float | None:
        try:
            return int(text, base) / per_second if text.isalnum() else None
        except ValueError:
            return None

    return _Clock(unit, per_second, width, read)


def _read_date(text: bytes) -> float | None:
    try:
        return (
            datetime.strptime(text.decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp() if text.isdigit() else None
        )
    except ValueError:
        return None


_CLOCKS = (
    _clock("nanoseconds", 10**9, 10, 19),
    _clock("nanoseconds", 10**9, 16, 16),
    _clock("microseconds", 10**6, 10, 16),
    _clock("microseconds", 10**6, 16, 13),
    _clock("milliseconds", 10**3, 10, 13),
    _clock("milliseconds", 10**3, 16, 11),
    _clock("milliseconds", 10**3, 36, 8),
    _Clock("seconds", 1, 14, _read_date),
    _clock("seconds", 1, 10, 10),
    _clock("seconds", 1, 16, 8),
)
"""What is finer comes first, because it begins like what is coarser. The widths hold from 2006 to 2059."""


def time_of_issue(issued: Sequence[Issued]) -> Clue | None:
    """Ids that are, or hold at the same place, the time of their issue; seen in two different ones and more."""
    some = (
        issued
        if len(issued) <= _MOST_LOOKED_AT
        else [*issued[: _MOST_LOOKED_AT // 2], *issued[-_MOST_LOOKED_AT // 2 :]]
    )
    if len(some) < 2:
        return None
    shortest = min(len(part) for part, _ in some)
    for clock in _CLOCKS:
        for offset in range(min(_MOST_OFFSET, shortest - clock.width + 1)):
            if _holds_time(some, clock, offset):
                return _of_time(issued, clock, offset)
    return None


def _holds_time(some: Sequence[Issued], clock: _Clock, offset: int) -> bool:
    end = offset + clock.width
    lags = []
    for part, time in some:
        told = clock.read(part[offset:end])
        if told is None or abs(told - time) > DAY:
            return False
        lags.append(told - time)
    return max(lags) - min(lags) <= _SAME_CLOCK and len({part[offset:end] for part, _ in some}) > 1


def _of_time(issued: Sequence[Issued], clock: _Clock, offset: int) -> Clue:
    rest = tuple(Issued(part[:offset] + part[offset + clock.width :], time) for part, time in issued)
    whole = not any(part for part, _ in rest)
    said = f"{'it is' if whole else 'a part of it is'} the time of issue in {clock.unit}"
    return Clue(Problem(ProblemKind.TIME, said), math.log2(clock.per_second), () if whole else rest)


def hashed(issued: Sequence[Issued]) -> Clue | None:
    """Ids that are MD5, SHA-1 or SHA-256 of a small number or of the second of their issue, shortened or not, also in base64."""
    some = issued[:_MOST_LOOKED_AT]
    said = [said for part, time in some if (digits := _hash_digits(part)) and (said := _hash_of(digits, time))]
    if len(said) * 5 < len(some) or not said:
        return None
    return Clue(Problem(ProblemKind.HASH, f"it is {said[0]}"), math.log2(_SMALL_NUMBERS))


def _hash_digits(part: bytes) -> str | None:
    """The first digits of what may be a hash, in hexadecimal."""
    if alphabet_of(part).size <= 16:
        return part[:_HASH_DIGITS].decode().lower() if len(part) >= _HASH_DIGITS else None
    octets = from_base64(part)
    return octets.hex()[:_HASH_DIGITS] if octets and len(octets) in {16, 20, 32} else None


def _hash_of(digits: str, time: float) -> str | None:
    seconds = range(int(time) - 2, int(time) + 3)
    found = _hashes_of_small_numbers().get(digits)
    return found or next((f"the {name} of the second of issue" for n in seconds for name in _named(digits, n)), None)


def _named(digits: str, number: int) -> list[str]:
    return [name for function, name in _HASHES.items() if _digits_of(function, number) == digits]


@lru_cache(maxsize=1)
def _hashes_of_small_numbers() -> dict[str, str]:
    return {
        _digits_of(function, number): f"the {name} of a small number"
        for function, name in _HASHES.items()
        for number in range(_SMALL_NUMBERS)
    }


def _digits_of(function: str, number: int) -> str:
    return hashlib.new(function, str(number).encode(), usedforsecurity=False).hexdigest()[:_HASH_DIGITS]


def from_base64(text: bytes) -> bytes | None:
    """What a text without its padding says in base64 or base64url; None if it is neither."""
    try:
        return binascii.a2b_base64(text.translate(_TO_BASE64) + b"=" * (-len(text) % 4), strict_mode=True)
    except (binascii.Error, ValueError):
        return None


_TO_BASE64 = bytes.maketrans(b"-_", b"+/")
