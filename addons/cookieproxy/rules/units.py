"""Durations and sizes as rules.yaml writes them: a whole number with s, m, h, d or w, bare for seconds.

Durations become whole seconds, sizes whole octets with KB = 1024 octets.
"""

import re
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from .problems import refuse, shown

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_OCTETS = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
_FORM = re.compile(r"([0-9]{1,15}) ?([A-Za-z]*)")

MAX_DURATION = 100_000 * 366 * 86_400
"""Seconds: what is longer than 100,000 years is a slip of the finger."""


def duration(value: object) -> int:
    """Seconds of `7d`, `20m` or a bare number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        refuse(f"expected a duration like 30d, 20m or 90, not {shown(value)}")
    found = _FORM.fullmatch(str(value))
    if found is None or found[2].lower() not in _SECONDS:
        refuse(f"{shown(value)} is not a duration: write a whole number with s, m (minutes), h, d or w, like 30d")
    seconds = int(found[1]) * _SECONDS[found[2].lower()]
    if seconds > MAX_DURATION:
        refuse(f"{shown(value)} is too long")
    return seconds


def spelled_duration(seconds: int) -> str:
    """The same the other way round, in the largest unit up to days that goes into it."""
    return next(f"{seconds // _SECONDS[unit]}{unit}" for unit in "dhms" if seconds % _SECONDS[unit] == 0)


def size(value: object) -> int:
    """Octets of `4KB`, `1GB` or a bare number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        refuse(f"expected a size like 4096, 4KB or 1GB, not {shown(value)}")
    found = _FORM.fullmatch(str(value))
    if found is None or found[2].upper() not in _OCTETS:
        refuse(f"{shown(value)} is not a size: write a whole number with B, KB, MB or GB, like 1GB")
    return int(found[1]) * _OCTETS[found[2].upper()]


DURATION_SCHEMA = {
    "description": "A whole number with s, m (minutes), h, d or w, like 30d; bare means seconds.",
    "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+ ?[smhdwSMHDW]?$"}],
}
SIZE_SCHEMA = {
    "description": "A whole number with B, KB (1024), MB or GB; bare means bytes.",
    "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+ ?([kKmMgG]?[bB])?$"}],
}

Duration = Annotated[int, PlainValidator(duration), WithJsonSchema(DURATION_SCHEMA)]
"""Seconds."""
Size = Annotated[int, PlainValidator(size), WithJsonSchema(SIZE_SCHEMA)]
"""Octets."""
