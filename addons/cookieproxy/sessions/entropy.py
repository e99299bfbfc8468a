"""How hard an application's session ids are to guess, with the number of ids that say so (R33).

An upper bound by length and characters while few are known; an estimate by their positions, transitions and bits when there are
many. The latest ids are kept in memory only, and only the octets that an id can have. Never says a value.
"""

from collections import deque
from collections.abc import Sequence
from statistics import mode

from .alphabets import ENOUGH_BITS, alphabet_of, bound_bits, length_bits, without_constants, without_separators
from .bits import failures
from .clues import Issued, counter, from_base64, hashed, time_of_issue
from .estimates import Estimate, Problem, ProblemKind, in_words, weakness
from .id_parts import MOST_OCTETS, UUID_BITS, UUID_BITS_OTHERWISE, id_part, uuid_version
from .likeness import id_likeness, looks_like_id
from .positions import spread

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


MOST_KEPT = 500
"""Ids; the latest are kept."""
ENOUGH_FOR_POSITIONS, ENOUGH_FOR_BITS = 20, 100
"""Ids of one length."""
MOST_POSITIONS = 64
"""Of an id that are looked at one by one; what comes after counts by its length and characters."""
_LEAST_READABLE = 14
"""Characters of which the octets of random ids are never all readable."""


def upper_bound_bits(value: bytes) -> float | None:
    """At most this many bits are in one id, by its length and characters; None if it is signed content and no id.

    >>> upper_bound_bits(b"0123456789abcdef0123456789abcdef.node1")
    64.0
    """
    if version := uuid_version(value):
        return UUID_BITS.get(version, UUID_BITS_OTHERWISE)
    part = id_part(value[:MOST_OCTETS])
    return None if part is None else length_bits(part, alphabet_of(part))


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
        parts = {value: id_part(value) for value, _ in self._issued}
        first_issued: dict[bytes, float] = {}
        for value, time in self._issued:
            if (part := parts[value]) is not None:
                first_issued.setdefault(part, time)
        issued = [Issued(part, time) for part, time in first_issued.items()]
        if not issued or 2 * len(issued) < len(parts):
            return None
        found = _estimate(issued)
        return _as_uuids(found, {uuid_version(value) for value in parts})


def _estimate(issued: Sequence[Issued]) -> Estimate:
    """First what explains them, or a part of each; then what the rest is worth."""
    known, rest = 0.0, _told_by_base64(issued)
    problems: list[Problem] = []
    for clue_in in (hashed, time_of_issue, counter):
        clue = clue_in(rest) if rest else None
        if clue is not None:
            known, rest = known + clue.bits, clue.rest
            problems.append(clue.problem)
    left = _rest([part for part, _ in rest])
    return Estimate(
        known + left.bits, len(issued), left.is_upper_bound and not problems, (*problems, *left.problems), left.limited
    )


def _rest(parts: Sequence[bytes]) -> Estimate:
    """What ids are worth by their length, characters, positions and bits, the last two if there are many."""
    varying = without_constants(parts)
    length = mode(map(len, varying)) if varying else 0
    alike = [part for part in varying if len(part) == length]
    bound = bound_bits(varying) if varying else 0.0
    if len(alike) < ENOUGH_FOR_POSITIONS or length == 0:
        return Estimate(bound, len(parts), is_upper_bound=True)
    ends = bound_bits([part[MOST_POSITIONS:] for part in alike])
    alike = [part[:MOST_POSITIONS] for part in alike]
    found = spread(alike)
    failed = failures(alike, found.full, found.alphabet) if len(alike) >= ENOUGH_FOR_BITS else ()
    lost = len(found.full) * found.alphabet.bits * (1 - min((failure.left for failure in failed), default=1.0))
    problems = [Problem(ProblemKind.BITS, failure.said) for failure in failed]
    if found.dependent:
        problems.insert(0, Problem(ProblemKind.DEPENDENT, f"{found.dependent} of its characters follow from others"))
    return Estimate(min(bound, found.bits - lost + ends), len(parts), False, tuple(problems), found.limited)


def _told_by_base64(issued: Sequence[Issued]) -> Sequence[Issued]:
    """What the ids say in base64, if all of them say something that people can read; else as they are."""
    told = [from_base64(part) for part, _ in issued]
    texts = [text for text in told if text and text.isascii() and text.decode("ascii").isprintable()]
    said = b"".join(texts)
    if len(texts) < len(issued) or not (said.isdigit() or len(said) >= _LEAST_READABLE):
        return issued
    return [Issued(without_separators(text), time) for text, (_, time) in zip(texts, issued, strict=True)]


def _as_uuids(found: Estimate, versions: set[bytes | None]) -> Estimate:
    """The estimate, with what UUIDs of these versions cannot exceed; as it is if something else was among them."""
    bits = max(
        UUID_BITS_OTHERWISE if version is None else UUID_BITS.get(version, UUID_BITS_OTHERWISE) for version in versions
    )
    if None in versions or bits >= found.bits >= ENOUGH_BITS:
        return found
    if bits >= ENOUGH_BITS:
        return found._replace(bits=min(bits, found.bits))
    problem = Problem(ProblemKind.TIME, "it is a UUID made of the time and the machine")
    return found._replace(bits=min(bits, found.bits), problems=(problem,), is_upper_bound=False, limited=False)
