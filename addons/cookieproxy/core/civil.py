"""The calendar under the date parsers: from year, month, day and time of day to Unix seconds, for any year.

Proleptic Gregorian, UTC, no leap seconds. `datetime` ends with the year 9999, cookie dates do not.
"""

from datetime import date

SECONDS_PER_DAY = 86_400
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
MONTHS = {name: number for number, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
"""Months by their first three letters in lower case."""

_DAYS_IN_400_YEARS = 146_097


def full_year(year: int) -> int:
    """A year of two digits is one of 1970 to 2069 (RFC 6265bis 5.1.1 steps 3 and 4)."""
    if year < 70:
        return year + 2000
    return year + 1900 if year < 100 else year


def unix_seconds(year: int, month: int, day: int, hour: int, minute: int, second: int) -> float | None:
    """The moment as Unix seconds, or None if there is no such date or time of day."""
    if hour > 23 or minute > 59 or second > 59:
        return None
    cycles, year_of_cycle = divmod(year, 400)
    try:
        ordinal = date(2000 + year_of_cycle, month, day).toordinal()
    except ValueError:
        return None
    days = ordinal - EPOCH_ORDINAL + (cycles - 5) * _DAYS_IN_400_YEARS
    return float(days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second)


def carried_unix_seconds(year: int, month: int, day: int, hour: int, minute: int, second: int) -> float:
    """The moment as Unix seconds, what is too much carried on: 30 February is 1 or 2 March, month 0 is last December."""
    years, month_index = divmod(month - 1, 12)
    first = unix_seconds(year + years, month_index + 1, 1, 0, 0, 0)
    assert first is not None, "every month has a first day"
    return first + (day - 1) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second
