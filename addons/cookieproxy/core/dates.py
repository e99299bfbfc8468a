"""Cookie dates as the RFC and browsers read them, and as servers write them (RFC 6265bis 5.1.1, RFC 9110 5.6.7; R6).

Four algorithms, because browsers differ: which one applies is a profile's choice. All take the value of an Expires
attribute and return Unix seconds, UTC, or None where their browser finds no date. Does not know the time, caps or
skew. No input raises.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

type DateParser = Callable[[bytes], float | None]
"""From the value of an Expires attribute to Unix seconds, or None."""

_MONTHS = {m: i for i, m in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_MONTH_NAMES = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DAY_NAMES = b"Mon Tue Wed Thu Fri Sat Sun".split()
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_DAYS_IN_400_YEARS = 146_097

_RFC_TOKEN = re.compile(rb"[^\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_RFC_TIME = re.compile(rb"(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)")
_RFC_DAY = re.compile(rb"(\d{1,2})(?!\d)")
_RFC_YEAR = re.compile(rb"(\d{2,4})(?!\d)")

_CHROME_TIME = re.compile(rb"(\d{1,2}):(\d{1,2}):(\d{1,2})")
_LEADING_DIGITS = re.compile(rb"\d+")


@lru_cache(maxsize=1024)
def parse_rfc(value: bytes) -> float | None:
    """The date by RFC 6265bis 5.1.1: the first token of each kind counts, zones do not."""
    time = day = month = year = None
    for token in _RFC_TOKEN.findall(value):
        if time is None and (found := _RFC_TIME.match(token)):
            time = tuple(map(int, found.groups()))
        elif day is None and (found := _RFC_DAY.match(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS[token[:3].lower()]
        elif year is None and (found := _RFC_YEAR.match(token)):
            year = _full_year(int(found[1]))
    if time is None or day is None or month is None or year is None or year < 1601:
        return None
    return _unix_seconds(year, month, day, *time)


@lru_cache(maxsize=1024)
def parse_chrome(value: bytes) -> float | None:
    """The date as Chrome reads it: a token that starts with a digit is a time, a day or a year; zones do not count."""
    time = day = month = year = None
    for token in _RFC_TOKEN.findall(value):
        digits = _LEADING_DIGITS.match(token)
        if digits is None:
            month = month or _MONTHS.get(token[:3].lower())
        elif b":" in token:
            if time is None and (found := _CHROME_TIME.match(token)):
                time = tuple(map(int, found.groups()))
        elif day is None and len(token) <= 2:
            day = int(digits[0])
        elif year is None and len(token) <= 5:
            year = _full_year(int(digits[0]))
    if time is None or day is None or month is None or year is None:
        return None
    return _unix_seconds(year, month, day, *time)


def parse_firefox(value: bytes) -> float | None:
    return parse_rfc(value)


def parse_curl(value: bytes) -> float | None:
    return parse_rfc(value)


def format_imf_fixdate(time: float) -> bytes:
    """Unix seconds as `Sun, 06 Nov 1994 08:49:37 GMT`; fractions are cut, years kept within 1 to 9999."""
    days, seconds = divmod(int(time // 1), 86_400)
    ordinal = days + _EPOCH_ORDINAL
    if ordinal < 1:
        ordinal, seconds = 1, 0
    elif ordinal > date.max.toordinal():
        ordinal, seconds = date.max.toordinal(), 86_399
    day = date.fromordinal(ordinal)
    minutes, second = divmod(seconds, 60)
    return b"%b, %02d %b %04d %02d:%02d:%02d GMT" % (
        _DAY_NAMES[day.weekday()],
        day.day,
        _MONTH_NAMES[day.month - 1],
        day.year,
        minutes // 60,
        minutes % 60,
        second,
    )


def _full_year(year: int) -> int:
    """A year of two digits is one of 1970 to 2069."""
    if year < 70:
        return year + 2000
    return year + 1900 if year < 100 else year


def _unix_seconds(year: int, month: int, day: int, hour: int, minute: int, second: int) -> float | None:
    """The moment in UTC, or None if there is no such date or time. Years may pass 9999."""
    if hour > 23 or minute > 59 or second > 59:
        return None
    cycles, year_of_cycle = divmod(year - 2000, 400)
    try:
        ordinal = date(2000 + year_of_cycle, month, day).toordinal() + cycles * _DAYS_IN_400_YEARS
    except ValueError:
        return None
    return float((ordinal - _EPOCH_ORDINAL) * 86_400 + hour * 3600 + minute * 60 + second)
