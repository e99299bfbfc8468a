"""What a cookie's value says once it is decoded: percent-encoding, sub-keys, base64, JSON, PHP's own, what is signed (R7, R19).

A guess that is shown beside the value, only where it comes out cleanly: as text that people can read. Never trusted, bounded in
length and depth. Pure; nothing here raises on any text.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from .php import as_json
from .plain import base64_octets, compact_json, readable
from .signed import django, flask, jwt, rails

MOST_CHARACTERS = 16_384
"""Longer values are shown as they are."""
MOST_SHOWN = 4_000
"""Characters of one step; the rest is left out."""
MOST_STEPS = 3
"""Codings within codings that are undone."""

_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_SUBKEYS = re.compile(r"[\w.-]+=[^&;]*(?:&[\w.-]+=[^&;]*)+")


def decodings(value: str) -> str:
    """What the value says, each step with its coding: `percent: a b`; empty if it says no more than one sees."""
    steps = []
    for _ in range(MOST_STEPS):
        found = _first_decoding(value)
        if found is None:
            break
        coding, value = found
        steps.append(f"{coding}: {value if len(value) <= MOST_SHOWN else value[:MOST_SHOWN] + '…'}")
    return " → ".join(steps)


def _first_decoding(value: str) -> tuple[str, str] | None:
    if len(value) > MOST_CHARACTERS:
        return None
    for coding, decode in _CODINGS.items():
        said = decode(value)
        if said is not None and said != value:
            return coding, said
    return None


def _percent(value: str) -> str | None:
    return readable(unquote_to_bytes(value)) if _PERCENT.search(value) else None


def _base64(value: str) -> str | None:
    octets = base64_octets(value) if _BASE64.fullmatch(value) else None
    return None if octets is None else readable(octets)


def _subkeys(value: str) -> str | None:
    return " ".join(value.split("&")) if _SUBKEYS.fullmatch(value) else None


_CODINGS: dict[str, Callable[[str], str | None]] = {
    "JWT, not verified": jwt,
    "Flask, not verified": flask,
    "Django, not verified": django,
    "Rails, not verified": rails,
    "PHP": as_json,
    "JSON": compact_json,
    "percent": _percent,
    "sub-keys": _subkeys,
    "base64": _base64,
}
"""In the order in which they are tried."""
