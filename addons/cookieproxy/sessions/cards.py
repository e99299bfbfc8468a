"""Whether a text holds the number of a payment card (ISO/IEC 7812): issuer, length and check digit.

A number must stand by itself: ids, counts and hashes are full of digits that pass the check digit, one in ten, by chance.
"""

import re
from typing import NamedTuple

_NUMBER = re.compile(
    r"""
    (?<![0-9A-Za-z_%]) (?<![0-9A-Za-z][./-]) (?<![0-9][ ,+])
    (?: [0-9]{13,19}
      | [0-9]{4} (?: ([ +-]) [0-9]{4} (?:\1[0-9]{4}){1,2} (?:\1[0-9]{1,4})? | ([ +-]) [0-9]{6} \2 [0-9]{4,5} )
    )
    (?![0-9A-Za-z_%]) (?![./-][0-9A-Za-z]) (?![ ,+][0-9])
    """,
    re.VERBOSE,
)
"""As one number, or in groups as on a card: of four digits, or of four, six, and four or five."""


class _Issuer(NamedTuple):
    first: int
    last: int
    """The digits that its numbers begin with, from and to."""
    lengths: frozenset[int]


def _issuer(first: int, last: int, *lengths: int) -> _Issuer:
    return _Issuer(first, last, frozenset(lengths))


_ISSUERS = (
    _issuer(4, 4, 13, 16, 19),  # Visa
    _issuer(51, 55, 16),  # Mastercard
    _issuer(2221, 2720, 16),
    _issuer(34, 34, 15),  # American Express
    _issuer(37, 37, 15),
    _issuer(300, 305, 14, 16, 17, 18, 19),  # Diners Club
    _issuer(36, 36, 14, 15, 16, 17, 18, 19),
    _issuer(38, 39, 16, 17, 18, 19),
    _issuer(6011, 6011, 16, 17, 18, 19),  # Discover
    _issuer(644, 659, 16, 17, 18, 19),
    _issuer(3528, 3589, 16, 17, 18, 19),  # JCB
    _issuer(620, 629, 16, 17, 18, 19),  # UnionPay
    _issuer(2200, 2204, 16, 17, 18, 19),  # Mir
    _issuer(5018, 5018, 13, 14, 15, 16, 17, 18, 19),  # Maestro
    _issuer(5020, 5020, 13, 14, 15, 16, 17, 18, 19),
    _issuer(6759, 6759, 13, 14, 15, 16, 17, 18, 19),
    _issuer(6761, 6763, 13, 14, 15, 16, 17, 18, 19),
)
_TIME_LENGTH = 13
"""Digits of a time in milliseconds, which a number of this length is unless it is called a card."""


def card_length(text: str, is_called_card: bool = False) -> int | None:
    """How many digits the first card number in a text has; None if there is none."""
    for found in _NUMBER.finditer(text):
        digits = "".join(filter(str.isdigit, found[0]))
        if _is_card(digits) and (len(digits) > _TIME_LENGTH or is_called_card):
            return len(digits)
    return None


def _is_card(digits: str) -> bool:
    issued = any(
        issuer.first <= int(digits[: len(str(issuer.first))]) <= issuer.last and len(digits) in issuer.lengths
        for issuer in _ISSUERS
    )
    return issued and len(set(digits)) > 1 and _luhn(digits)


def _luhn(digits: str) -> bool:
    """Whether the last digit checks the others (ISO/IEC 7812-1 annex B)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0
