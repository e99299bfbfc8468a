"""What is said of an application's ids: bits, the number of ids that say so, and what makes them easier to guess (R33).

The words only; who finds out is `entropy`. Never says a value.
"""

from enum import StrEnum
from typing import NamedTuple

from .alphabets import ENOUGH_BITS


class ProblemKind(StrEnum):
    """What makes ids easier to guess than they look."""

    COUNTER = "counter"
    TIME = "time"
    """The time of issue, or a part that is."""
    HASH = "hash"
    """A hash of something that one can guess."""
    DEPENDENT = "dependent"
    """A character follows from the one before."""
    BITS = "bits"
    """The bits are not as random ones are."""


class Problem(NamedTuple):
    """One thing that makes them easier to guess."""

    kind: ProblemKind
    said: str
    """For people, to be read after "it" and without a value: `it counts up by 1`."""


class Estimate(NamedTuple):
    """What is known of the ids of one cookie."""

    bits: float
    """Effective entropy."""
    samples: int
    """Ids that were looked at, each once."""
    is_upper_bound: bool
    """True while only length and characters are known, which bound it from above."""
    problems: tuple[Problem, ...] = ()
    limited: bool = False
    """True if some positions count in full because so few ids cannot show that they are worse."""


def weakness(estimate: Estimate) -> str | None:
    """Why ids are easy to guess, as a sentence with the bits and the number of ids; None if they have 64 bits and more."""
    return in_words(estimate) if estimate.bits < ENOUGH_BITS else None


def in_words(estimate: Estimate) -> str:
    """The estimate as a sentence, whatever it is: `at most 31 bits by its length and characters (1 sample)`."""
    said = [problem.said for problem in estimate.problems]
    if not any(problem.kind is ProblemKind.COUNTER for problem in estimate.problems):
        said.append(_amount(estimate))
    counted = f"{estimate.samples} sample{'' if estimate.samples == 1 else 's'}"
    return f"{', '.join(said)} ({counted}{', too few to show less' if estimate.limited else ''})"


def _amount(estimate: Estimate) -> str:
    bits = round(estimate.bits if estimate.bits >= ENOUGH_BITS else min(estimate.bits, ENOUGH_BITS - 1))
    if estimate.problems:
        return f"at most {bits} bits left" if bits else "nothing left to guess"
    return (
        f"at most {bits} bits by its length and characters"
        if estimate.is_upper_bound
        else f"about {bits} bits by estimate"
    )
