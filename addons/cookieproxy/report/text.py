"""Words for people: wire text made harmless, times, durations and lengths in short (R10).

Everything is a pure function of its arguments; the time zone is this machine's.
"""

import re
from datetime import UTC, datetime

from ..sessions.endings import span as fine_span

_MASKED_HASH = re.compile(r"#[0-9a-f]{16}:(\d+)")
_UNITS = ((365.25 * 86_400, "years"), (86_400, "days"), (3600, "h"), (60, "min"))
"""Seconds of a unit; a unit is used from two of it on."""
FOREVER_SECONDS = 10_000 * 365.25 * 86_400


def printable(text: str) -> str:
    """The text with everything escaped that a terminal might obey or nobody can see: controls, bidi marks, odd spaces."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def length_only(text: str) -> str:
    """A field, or a value alone, with each hashed value in it as its length: `sid=***24; Path=/`."""
    return _MASKED_HASH.sub(r"***\1", text)


def moment(time: float, now: float) -> str:
    """A local time in short: without the date if it is today's, without the year if it is this one."""
    try:
        then, today = (datetime.fromtimestamp(each, UTC).astimezone() for each in (time, now))
    except (OverflowError, ValueError, OSError):
        return "never" if time > now else "long ago"
    if then.date() == today.date():
        return f"{then:%H:%M:%S}"
    return f"{then:%m-%d %H:%M:%S}" if then.year == today.year else f"{then:%Y-%m-%d %H:%M:%S}"


def span(seconds: float) -> str:
    """A duration in its largest sensible unit: `45 s`, `20 min`, `7 days`."""
    if seconds >= FOREVER_SECONDS:
        return "10,000 years"
    for unit_seconds, unit in _UNITS:
        if seconds >= 2 * unit_seconds:
            return f"{round(seconds / unit_seconds)} {unit}"
    return f"{round(seconds)} s"


def apart(low: float, high: float) -> tuple[str, str]:
    """Two durations in short, in smaller units if they would be said alike: `19 min 52 s` and `20 min 25 s`."""
    short = span(low), span(high)
    return short if short[0] != short[1] else (fine_span(low), fine_span(high))


def expiry(time: float | None, now: float) -> str:
    """When a cookie ends, seen from now: `session`, `in 7 days`, `2 h ago`."""
    if time is None:
        return "session"
    return f"in {span(time - now)}" if time > now else f"{span(now - time)} ago"


def counted(number: int, noun: str) -> str:
    """`1 rule`, `2 rules`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
