"""What a cookie's value gives away to whoever reads it: card numbers, addresses, passwords, names, tokens (R12).

Looks through codings, within bounds. Guesses, made so that ids, times and counts are not taken for more; never says a value.
"""

from enum import StrEnum
from typing import Literal, NamedTuple

type Severity = Literal["info", "low", "medium", "high"]


class LeakKind(StrEnum):
    """What is given away."""

    CARD = "card"
    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105  what is found, not a password
    USER_NAME = "user-name"
    JWT = "jwt"


class Leak(NamedTuple):
    """One thing that a value gives away."""

    kind: LeakKind
    severity: Severity
    said: str
    """For people, without any part of the value."""


def sensitive(name: bytes, value: bytes) -> tuple[Leak, ...]:
    """What the value of a cookie of this name gives away; never raises, and looks at the first 8 KB."""
    return ()
