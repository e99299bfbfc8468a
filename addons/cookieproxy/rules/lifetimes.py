"""What Max-Age and Expires of a field say, as far as rules need it (RFC 6265bis 5.6.1 and 5.6.2; R6, R11).

Of several occurrences the last counts, and Max-Age before Expires. Browsers read dates that this does not (`core.dates` has their
ways); such a one counts as none here.
"""

import re

from ..core.dates import parse_rfc
from ..core.syntax import SetCookie

_MAX_AGE = re.compile(rb"(-?)0*([0-9]+)")
_LONG_DIGITS = 18
"""Numbers with more digits are longer than any lifetime (and slow to read)."""


def read_max_age(value: bytes) -> int | None:
    """Seconds of a Max-Age (5.6.2), as large as 10^18; None if it is none."""
    found = _MAX_AGE.fullmatch(value)
    if found is None:
        return None
    number = 10**_LONG_DIGITS if len(found[2]) > _LONG_DIGITS else int(found[2])
    return -number if found[1] else number


def deletes(field: SetCookie, now: float) -> bool:
    """True if the field deletes its cookie at this time (Unix seconds)."""
    max_age = field.last(b"max-age")
    age = None if max_age is None else read_max_age(max_age.value or b"")
    if age is not None:
        return age <= 0
    expires = field.last(b"expires")
    time = None if expires is None else parse_rfc(expires.value or b"")
    return time is not None and time <= now
