"""How hard an application's session ids are to guess, with the number of ids that say so (R33).

An upper bound by length and characters while few are known; an estimate by their positions, transitions and bits when there are
many. The latest ids are kept in memory only, and only the octets that an id can have. Never says a value.
"""

from collections import deque

from .alphabets import alphabet_of, bound_bits, length_bits
from .estimates import Estimate, Problem, ProblemKind, in_words, weakness
from .id_parts import MOST_OCTETS, UUID_BITS, UUID_BITS_OTHERWISE, id_part, uuid_version
from .likeness import id_likeness, looks_like_id

__all__ = [
    "Estimate",
    "Problem",
    "ProblemKind",
    "Samples",
    "id_likeness",
    "in_words",
    "looks_like_id",
    "upper_bound_bits",
    "weakness",
]


def upper_bound_bits(value: bytes) -> float | None:
    """At most this many bits are in one id, by its length and characters; None if it is signed content and no id.

    >>> upper_bound_bits(b"0123456789abcdef0123456789abcdef.node1")
    64.0
    """
    if version := uuid_version(value):
        return UUID_BITS.get(version, UUID_BITS_OTHERWISE)
    part = id_part(value[:MOST_OCTETS])
    return None if part is None else length_bits(part, alphabet_of(part))


MOST_KEPT = 500
"""Ids; the latest are kept."""


class Samples:
    """The ids of one cookie."""

    __slots__ = ("_issued", "seen")

    def __init__(self) -> None:
        self._issued: deque[tuple[bytes, float]] = deque(maxlen=MOST_KEPT)
        self.seen = 0
        """How many were added ever."""

    def add(self, value: bytes, time: float) -> None:
        """Keep an id as it was issued, at a time in Unix seconds."""
        self._issued.append((value[:MOST_OCTETS], time))
        self.seen += 1

    def estimate(self) -> Estimate | None:
        """How hard they are to guess; None if there are none, or if they are signed content and no ids. Takes milliseconds."""
        ids = [part for value, _ in self._issued if (part := id_part(value)) is not None]
        return Estimate(bound_bits(ids), len(ids), is_upper_bound=True) if ids else None
