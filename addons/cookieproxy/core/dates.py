"""Cookie dates as the RFC and browsers read them, and as servers write them (RFC 6265bis 5.1.1, RFC 9110 5.6.7; R6).

Four algorithms, because browsers differ: which one applies is a profile's choice. All take the value of an Expires
attribute and return Unix seconds, UTC, or None where their browser finds no date. Does not know the time, caps or skew.
No input raises. Firefox's and curl's have modules of their own, `dates_firefox` and `dates_curl`.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from . import dates_curl, dates_firefox
from .civil import EPOCH_ORDINAL, MONTHS, SECONDS_PER_DAY, full_year, unix_seconds

type DateParser = Callable[[bytes], float | None]
"""From the value of an Expires attribute to Unix seconds, or None."""

_MONTH_NAMES = [month.title() for month in MONTHS]
_DAY_NAMES = b"Mon Tue Wed Thu Fri Sat Sun".split()

_TOKEN = re.compile(rb"[^\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(rb"(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)")
_DAY = re.compile(rb"(\d{1,2})(?!\d)")
_YEAR = re.compile(rb"(\d{2,4})(?!\d)")
_FIRST_YEAR = 1601

_CHROME_TIME = re.compile(rb"0*(\d{1,10}):0*(\d{1,10}):0*(\d{1,10})")
_LARGEST_UINT32 = 0xFFFF_FFFF

_CACHED_OCTETS = 64
"""Longer values are read anew each time; a response's cookies mostly share one date."""


def _remembering(parse: DateParser) -> DateParser:
    """The same parser, with a memory of its last thousand answers."""
    remembered = lru_cache(maxsize=1024)(parse)
    return lambda value: remembered(value) if len(value) <= _CACHED_OCTETS else parse(value)


def _parse_rfc(value: bytes) -> float | None:
    time = day = month = year = None
    for token in _TOKEN.findall(value):
        if time is None and (found := _TIME.match(token)):
            time = found.groups()
        elif day is None and (found := _DAY.match(token)):
            day = int(found[1])
        elif month is None and token[:3].lower() in MONTHS:
            month = MONTHS[token[:3].lower()]
        elif year is None and (found := _YEAR.match(token)):
            year = full_year(int(found[1]))
    if time is None or day is None or month is None or year is None or year < _FIRST_YEAR:
        return None
    return unix_seconds(year, month, day, *map(int, time))


def _parse_chrome(value: bytes) -> float | None:
    time = day = month = year = None
    for token in _TOKEN.findall(value):
        if token.isdigit():
            if day is None and len(token) <= 2:
                day = int(token)
            elif year is None and len(token) <= 5:
                year = full_year(int(token))
        elif month is None and token[:3].lower() in MONTHS:
            month = MONTHS[token[:3].lower()]
        elif time is None:
            time = _chrome_time(token)
    if time is None or day is None or month is None or year is None:
        return None
    return unix_seconds(year, month, day, *time)


def _chrome_time(token: bytes) -> tuple[int, int, int] | None:
    """Three numbers, of which any that fits 32 bits makes a time, if only one that voids the date."""
    found = _CHROME_TIME.fullmatch(token)
    if found is None:
        return None
    hour, minute, second = map(int, found.groups())
    return (hour, minute, second) if max(hour, minute, second) <= _LARGEST_UINT32 else None


parse_rfc: DateParser = _remembering(_parse_rfc)
"""By RFC 6265bis 5.1.1: the first token of each kind counts; zones do not; a date that does not exist is none."""

parse_chrome: DateParser = _remembering(_parse_chrome)
"""Chrome's, compared with Chromium 156 as it runs: stricter than the RFC about what follows a number."""

parse_firefox: DateParser = _remembering(dates_firefox.parse)
"""Firefox's, which honours zones."""

parse_curl: DateParser = _remembering(dates_curl.parse)
"""curl's, which honours zones."""


def format_imf_fixdate(time: float) -> bytes:
    """Unix seconds as `Sun, 06 Nov 1994 08:49:37 GMT`; fractions are cut, the years kept within 1 to 9999."""
    days, seconds = divmod(max(_EARLIEST, min(_LATEST, time)) // 1, SECONDS_PER_DAY)
    day = date.fromordinal(int(days) + EPOCH_ORDINAL)
    minutes, second = divmod(int(seconds), 60)
    return b"%b, %02d %b %04d %02d:%02d:%02d GMT" % (
        _DAY_NAMES[day.weekday()],
        day.day,
        _MONTH_NAMES[day.month - 1],
        day.year,
        minutes // 60,
        minutes % 60,
        second,
    )


_EARLIEST = float((date.min.toordinal() - EPOCH_ORDINAL) * SECONDS_PER_DAY)
_LATEST = float((date.max.toordinal() - EPOCH_ORDINAL + 1) * SECONDS_PER_DAY - 1)
