"""Cookie dates as Firefox reads them: NSPR's `PR_ParseTimeString`, which takes nearly any order (R6).

Unlike the RFC it honours time zones, AM and PM and numeric dates (6/16/95), needs no time of day, and carries what is
too much (30 February is in March). Facts: `nsprpub/pr/src/misc/prtime.c` of gecko-dev at 3354bbfc, with the default
zone GMT.
"""

import re

from .civil import MONTHS, carried_unix_seconds, full_year

_ZONES = {
    b"pst": -480,
    b"pdt": -420,
    b"mst": -420,
    b"mdt": -360,
    b"cst": -360,
    b"cdt": -300,
    b"est": -300,
    b"edt": -240,
    b"ast": -240,
    b"nst": -210,
    b"gmt": 0,
    b"bst": 60,
    b"met": 60,
    b"eet": 120,
    b"jst": 540,
}
"""Minutes east of Greenwich, by the first three letters of a word."""

_UT = re.compile(rb"ut(?![a-z])", re.IGNORECASE)
_SIGNED = re.compile(rb"[+-](\d*)")
_TIME = re.compile(rb"(\d{1,2}):(\d{1,2})(?!\d)(?::(\d*))?")
_HALF = re.compile(rb"[ \t]*([ap]m)", re.IGNORECASE)
_NUMERIC_DATE = re.compile(rb"(\d{1,2})[/-](\d{1,2})[/-](\d{1,2}|\d{4,5})(?![0-9A-Za-z])")
_NUMBER = re.compile(rb"(\d+)(:|[/-](?=\d)|[A-Za-z])?")
_REST_OF_TOKEN = re.compile(rb"[^ \t,;+/()\[\]-]*[ \t,;/()\[\]]*")
_SEPARATORS = re.compile(rb"[ \t,;/()\[\]]*")

_MOST_TOKENS = 1000
_LAST_YEAR = 32_767


class _Reader:
    """What has been found so far; each `_read` method takes a token's start and says where reading goes on."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.year: int | None = None
        self.month: int | None = None
        self.day: int | None = None
        self.time: tuple[int, int, int] | None = None
        self.zone: bytes | None = None
        self.offset: int | None = None

    def seconds(self) -> float | None:
        """Unix seconds of what was found, if it is a date."""
        if self.year is None or self.month is None or self.day is None or self.year > _LAST_YEAR:
            return None
        offset = self.offset if self.offset is not None else _ZONES[self.zone or b"gmt"]
        return carried_unix_seconds(self.year, self.month, self.day, *(self.time or (0, 0, 0))) - offset * 60

    def read(self, at: int) -> int:
        """Takes the token that starts here; the place where its rest may be skipped."""
        first = self.text[at : at + 1]
        if first.isdigit():
            return self._read_number(at)
        if first in b"+-":
            return self._read_sign(at)
        self._read_word(at)
        return at

    def next_token(self, at: int) -> int:
        """Where the next token starts; a dash belongs to it only if it can be the sign of a zone."""
        at = _end(_REST_OF_TOKEN, self.text, at)
        while self.text[at : at + 1] == b"-" and not self._is_sign(at):
            at = _end(_SEPARATORS, self.text, at + 1)
        return at

    def _is_sign(self, at: int) -> bool:
        follows_word = self.text[at - 1 : at].isalpha() and self.year is None
        return self.text[at + 1 : at + 2].isdigit() and not follows_word

    def _read_word(self, at: int) -> None:
        word = self.text[at : at + 3].lower()
        if word in MONTHS and self.month is None:
            self.month = MONTHS[word]
        elif self.zone is None and word in _ZONES:
            self.zone = word
        elif self.zone is None and _UT.match(self.text, at):
            self.zone = b"gmt"

    def _read_sign(self, at: int) -> int:
        """`+0300`, `-03` or `+3`: only once, and after no zone but GMT."""
        if self.offset is not None or self.zone not in (None, b"gmt"):
            return at + 1
        found = _SIGNED.match(self.text, at)
        digits = found[1] if found else b""
        if len(digits) in (1, 2, 4):
            hours, minutes = (int(digits), 0) if len(digits) < 3 else (int(digits[:2]), int(digits[2:]))
            offset = hours * 60 + minutes
            self.offset = -offset if self.text[at : at + 1] == b"-" else offset
            self.zone = b"gmt"
        return at + 1

    def _read_number(self, at: int) -> int:
        found = _NUMBER.match(self.text, at)
        if found is None:
            return at
        digits, after = found.groups()
        if after == b":":
            return self._read_time(at)
        if after in (b"/", b"-"):
            return self._read_numeric_date(at)
        if after is None:
            self._read_day_or_year(digits)
        return at

    def _read_time(self, at: int) -> int:
        found = _TIME.match(self.text, at)
        if self.time is not None or found is None or len(found[3] or b"") > 2:
            return at
        hour = int(found[1])
        half = _HALF.match(self.text, found.end())
        if half and hour <= 12:
            hour = hour % 12 + (12 if half[1].lower() == b"pm" else 0)
        second = int(found[3]) if found[3] else self._absent_seconds(found.end())
        self.time = (hour, int(found[2]), second)
        return found.end()

    def _absent_seconds(self, at: int) -> int:
        """The seconds of a time that has none: NSPR takes the next octet for a digit (gecko-dev and libnspr4 4.35, tried).

        A space makes it 16 seconds earlier, the end of the text 48.
        """
        octet = self.text[at] if at < len(self.text) else 0
        second = octet - ord("0") - (256 if octet > 127 else 0)
        return 0 if second == -1 else second

    def _read_numeric_date(self, at: int) -> int:
        """Year, month, day if the first cannot be a day; else day, month, year if it cannot be a month; else month, day, year."""
        found = _NUMERIC_DATE.match(self.text, at)
        if self.month is not None or found is None:
            return at
        one, two, three = map(int, found.groups())
        if one > 31 or one == 0:
            if two > 12 or three > 31:
                return at
            self.year, self.month, self.day = full_year(one), two, three
        elif one > 12 and two <= 12:
            self.day, self.month, self.year = one, two, full_year(three)
        elif one <= 12:
            self.month, self.day, self.year = one, two, full_year(three)
        return found.end()

    def _read_day_or_year(self, digits: bytes) -> None:
        number = int(digits) if len(digits) <= 5 else 0
        if len(digits) <= 2 and self.day is None and number < 32:
            self.day = number
        elif len(digits) == 2 and self.year is None:
            self.year = full_year(number)
        elif len(digits) in (4, 5) and self.year is None:
            self.year = number


def parse(value: bytes) -> float | None:
    """Unix seconds of an Expires value, or None if Firefox finds no date in it."""
    reader = _Reader(value)
    at = 0
    for _ in range(_MOST_TOKENS):
        if at >= len(value):
            return reader.seconds()
        at = reader.next_token(reader.read(at))
    return reader.seconds() if at >= len(value) else None


def _end(pattern: re.Pattern[bytes], text: bytes, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
