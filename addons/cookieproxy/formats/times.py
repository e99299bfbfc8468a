"""Times in files: how finely a format says them, and ISO 8601 (HAR, tough-cookie, LWP).

Unix seconds, UTC. Does not know the time.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from enum import Enum

from ..core.civil import unix_seconds
from ..core.dates import parse_rfc

EARLIEST = 1.0
"""Formats say "until the browser closes" by 0 or -1, so an expiry is never said as anything earlier."""
LATEST = 253_402_300_799.0
"""The last second of the year 9999: ISO 8601 and most readers go no further."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(?:[Zz]|([+-])(\d\d):?(\d\d))?", re.ASCII
)


class Step(Enum):
    """How finely a format says times: parts of a second."""

    SECONDS = 1
    MILLISECONDS = 1000
    ANY = 0


def said_expiry(expiry: float, step: Step) -> tuple[float, str | None]:
    """The expiry as a format with this step says it, never later than it is; and why it is another one, if it is."""
    if math.isnan(expiry) or expiry > LATEST:
        return LATEST, "it is later than the year 9999, and is written as its end"
    if expiry < EARLIEST:
        return EARLIEST, "it is not later than 1970 began, and is written as one second after that"
    if step is Step.ANY or round(expiry * step.value) / step.value == expiry:
        return expiry, None
    return math.floor(expiry * step.value) / step.value, f"it is written in whole {step.name.lower()}"


def iso_text(time: float) -> str:
    """`2027-01-15T08:00:00.000Z`; finer parts are cut, and it is kept between the years 1 and 9999."""
    milliseconds = round(min(max(time, -62_135_596_800.0), LATEST) * 1000)
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z".rjust(24, "0")


def lwp_text(time: float) -> str:
    """`2027-01-15 08:00:00Z`, as LWP files have it."""
    return iso_text(time)[:19].replace("T", " ") + "Z"


def parse_iso(text: str) -> float | None:
    """Unix seconds of an ISO 8601 date and time; without a zone it is UTC. None if it is none."""
    found = _ISO.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute = map(int, found.group(1, 2, 3, 4, 5))
    whole = unix_seconds(year, month, day, hour, minute, int(found[6] or 0))
    if whole is None:
        return None
    if found[8]:
        away = int(found[9]) * 3600 + int(found[10]) * 60
        whole += -away if found[8] == "+" else away
    digits = found[7] or ""
    scale: int = 10 ** len(digits)
    parts = int(whole) * scale + int(digits or 0)
    return parts / scale


def parse_any(text: str) -> float | None:
    """Unix seconds of a date and time as files have it: ISO 8601, or as in a Set-Cookie field. None if it is none."""
    found = parse_iso(text)
    return parse_rfc(text.encode("utf-8", "replace")) if found is None else found
