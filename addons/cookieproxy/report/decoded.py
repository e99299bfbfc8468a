"""What a cookie's value says once it is decoded: percent-encoding, sub-keys, base64, JSON, JWT (R7, R19).

A guess that is shown only where it comes out cleanly: as text that people can read. Pure; nothing here raises on any text.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

MOST_CHARACTERS = 16_384
"""Longer values are shown as they are."""
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
        steps.append(f"{coding}: {value}")
    return " → ".join(steps)


def _first_decoding(value: str) -> tuple[str, str] | None:
    if len(value) > MOST_CHARACTERS:
        return None
    for coding, decode in _CODINGS.items():
        said = decode(value)
        if said is not None and said != value:
            return coding, said
    return None


def _jwt(value: str) -> str | None:
    """Header and claims; the signature proves nothing here."""
    parts = value.split(".")
    if len(parts) != 3 or not value.startswith("eyJ"):
        return None
    said = [_object(_base64_text(part)) for part in parts[:2]]
    return None if None in said else " ".join(map(str, said))


def _object(text: str | None) -> str | None:
    return _json(text) if text is not None and text.startswith("{") else None


def _json(value: str) -> str | None:
    if value[:1] not in ("{", "["):
        return None
    try:
        return json.dumps(json.loads(value), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None


def _percent(value: str) -> str | None:
    return _readable(unquote_to_bytes(value)) if _PERCENT.search(value) else None


def _base64(value: str) -> str | None:
    return _base64_text(value) if _BASE64.fullmatch(value) else None


def _base64_text(value: str) -> str | None:
    standard = value.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        octets = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return _readable(octets)


def _readable(octets: bytes) -> str | None:
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return None
    return text if text and all(char.isprintable() or char in "\n\t" for char in text) else None


def _subkeys(value: str) -> str | None:
    return " ".join(value.split("&")) if _SUBKEYS.fullmatch(value) else None


_CODINGS: dict[str, Callable[[str], str | None]] = {
    "JWT": _jwt,
    "JSON": _json,
    "percent": _percent,
    "sub-keys": _subkeys,
    "base64": _base64,
}
"""In the order in which they are tried."""
