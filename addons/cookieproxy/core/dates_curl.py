"""Cookie dates as curl reads them: words and numbers in nearly any order, each of a known meaning or the date is none (R6).

It honours time zones, takes `YYYYMMDD`, needs no time of day, and carries what is too much (30 February is in March).
Facts: curl's `lib/parsedate.c` and `lib/cookie.c` of 2026; compared with curl 7.88.1 as it runs, which differs only
in reading signs and spaces within a time (`10:11:-4`) and in refusing a date for a time that cannot be (24:00:00).
"""

import re

from .civil import MONTHS, carried_unix_seconds

_DAYS = frozenset(b"mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday".split())

_ZONES_EAST_HOURS = {
    0: b"gmt ut utc wet z",
    1: b"bst cet fwt met mewt n",
    2: b"cest eet fst mest mesz o",
    3: b"p",
    4: b"q",
    5: b"r",
    6: b"s",
    7: b"t wast",
    8: b"cct u wadt",
    9: b"jst v",
    10: b"east gst w",
    11: b"eadt x",
    12: b"idle nzst nzt y",
    13: b"nzdt",
    -1: b"a wat",
    -2: b"b",
    -3: b"adt c",
    -4: b"ast d edt",
    -5: b"cdt e est",
    -6: b"cst f mdt",
    -7: b"g mst pdt",
    -8: b"h pst ydt",
    -9: b"hdt i yst",
    -10: b"ahst cat hst k",
    -11: b"l nt",
    -12: b"idlw m",
}
_ZONES = {name: hours * 3600 for hours, names in _ZONES_EAST_HOURS.items() for name in names.split()}
"""Seconds east of Greenwich as curl has them: its military letters and West Africa (WAT) are on their sign's other side."""

_TOKEN = re.compile(rb"[A-Za-z]+|[0-9]+")
_TIME = re.compile(rb"(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?")

MAX_OCTETS = 79
"""Longer values are no dates to curl of 2026 (`lib/cookie.c`); 7.88.1 had no such limit."""
_MOST_TOKENS = 6
_LARGEST_NUMBER = 99_999_999
_FIRST_YEAR = 1583


class _Reader:
    """What has been found so far; `read` methods say whether curl knows what the token means."""

    def __init__(self) -> None:
        self.has_day_name = False
        self.year: int | None = None
        self.month: int | None = None
        self.day: int | None = None
        self.time: tuple[int, int, int] | None = None
        self.offset: int | None = None
        self.expects_year = False

    def seconds(self) -> float | None:
        """Unix seconds of what was found, if it is a date that curl keeps."""
        if self.year is None or self.month is None or self.day is None:
            return None
        if self.year < _FIRST_YEAR or not 1 <= self.month <= 12 or self.day > 31:
            return None
        time = carried_unix_seconds(self.year, self.month, self.day, *(self.time or (0, 0, 0))) - (self.offset or 0)
        if time < 0:
            return None
        return time or 1.0  # curl's 0 means a session cookie

    def read_word(self, word: bytes) -> bool:
        if not self.has_day_name and word in _DAYS:
            self.has_day_name = True
        elif self.month is None and word in MONTHS:
            self.month = MONTHS[word]
        elif self.offset is None and word in _ZONES:
            self.offset = _ZONES[word]
        else:
            return False
        return True

    def read_number(self, digits: bytes, sign: bytes) -> bool:
        number = int(digits)
        if number > _LARGEST_NUMBER:
            return False
        if self.offset is None and len(digits) == 4 and number <= 1400 and sign in (b"+", b"-"):
            seconds = (number // 100 * 60 + number % 100) * 60
            self.offset = seconds if sign == b"+" else -seconds
            return True
        if len(digits) == 8 and self.year is None and self.month is None and self.day is None:
            self.year, self.month, self.day = number // 10_000, number // 100 % 100, number % 100
            return True
        return self._read_day_or_year(number)

    def _read_day_or_year(self, number: int) -> bool:
        if not self.expects_year and self.day is None:
            self.expects_year = True
            if 0 < number < 32:
                self.day = number
                return True
        if not self.expects_year or self.year is not None:
            return False
        self.year = number if number >= 100 else number + (1900 if number > 70 else 2000)
        self.expects_year = self.day is not None
        return True


def parse(value: bytes) -> float | None:
    """Unix seconds of an Expires value, or None if curl makes a session cookie of it, as of dates before 1970."""
    if len(value) > MAX_OCTETS:
        return None
    reader = _Reader()
    at = 0
    for _ in range(_MOST_TOKENS):
        token = _TOKEN.search(value, at)
        if token is None:
            break
        time = _time(value, token.start()) if reader.time is None else None
        if time is not None:
            reader.time, at = time
            continue
        if not _read(reader, value, token):
            return None
        at = token.end()
    return reader.seconds()


def _read(reader: _Reader, value: bytes, token: re.Match[bytes]) -> bool:
    if token[0].isdigit():
        return reader.read_number(token[0], value[token.start() - 1 : token.start()] if token.start() else b"")
    return reader.read_word(token[0].lower())


def _time(value: bytes, at: int) -> tuple[tuple[int, int, int], int] | None:
    """A time of day that starts here, and where it ends."""
    found = _TIME.match(value, at)
    if found is None:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    return None if hour > 23 or minute > 59 or second > 60 else ((hour, minute, second), found.end())
