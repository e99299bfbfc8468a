"""What signed values say: JWT, sessions of Flask, Starlette and Django, cookies of Rails (R19).

Signatures prove nothing here, because nobody here has the keys: the text is what a value claims. Compressed ones are unpacked
up to a bound, so that a few octets cannot fill the memory. Knows no cookies.
"""

import json
import re
import zlib
from datetime import UTC, datetime

from .plain import base64_octets, compact_json, readable

MOST_UNPACKED = 64 * 1024
"""Octets."""
EARLIEST, LATEST = 946_684_800, 4_102_444_800
"""Unix seconds, the years 2000 to 2100: what claims to be signed at another time is not a time."""

_TOKEN = re.compile(r"(\.?[\w-]+={0,2})\.([\w-]{5,8})\.([\w-]{20,100})", re.ASCII)
_DJANGO = re.compile(r"(\.?[\w-]+):([0-9A-Za-z]{6}):([\w-]{20,100})", re.ASCII)
_RAILS = re.compile(r"([A-Za-z0-9+/=_-]{4,})--([0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})", re.ASCII)
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def jwt(value: str) -> str | None:
    """Header and claims."""
    parts = value.split(".")
    if len(parts) != 3 or not value.startswith("eyJ"):
        return None
    said = [_json_object(base64_octets(part)) for part in parts[:2]]
    return None if None in said else " ".join(map(str, said))


def flask(value: str) -> str | None:
    """The session of Flask or Starlette, and when itsdangerous signed it."""
    found = _TOKEN.fullmatch(value)
    if found is None:
        return None
    signed = base64_octets(found[2])
    return None if signed is None else _dated(_payload(found[1]), int.from_bytes(signed))


def django(value: str) -> str | None:
    """What django.core.signing made, such as sessions kept in cookies."""
    found = _DJANGO.fullmatch(value)
    if found is None:
        return None
    signed = 0
    for digit in found[2]:
        signed = signed * 62 + _BASE62.index(digit)
    return _dated(_payload(found[1]), signed)


def rails(value: str) -> str | None:
    """A signed cookie of Rails, out of its envelope if it is in one; Ruby's own Marshal is not read."""
    found = _RAILS.fullmatch(value)
    octets = None if found is None else base64_octets(found[1])
    said = None if octets is None else readable(octets)
    if said is None:
        return None
    return _out_of_envelope(said) or compact_json(said) or said


def _out_of_envelope(said: str) -> str | None:
    try:
        envelope = json.loads(said)["_rails"]
        message = base64_octets(envelope["message"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    text = None if message is None else readable(message)
    if text is None:
        return None
    about = [f"{key}: {envelope[key]}" for key in ("pur", "exp") if isinstance(envelope.get(key), str)]
    return (compact_json(text) or text) + (f" ({', '.join(about)})" if about else "")


def _payload(text: str) -> str | None:
    """JSON in base64; with a dot before it compressed too."""
    octets = base64_octets(text.removeprefix("."))
    if octets is not None and text.startswith("."):
        octets = _unpacked(octets)
    return _json_object(octets)


def _unpacked(octets: bytes) -> bytes | None:
    unpacking = zlib.decompressobj()
    try:
        unpacked = unpacking.decompress(octets, MOST_UNPACKED)
    except zlib.error:
        return None
    return unpacked if unpacking.eof else None


def _json_object(octets: bytes | None) -> str | None:
    text = None if octets is None else readable(octets)
    return None if text is None or not text.startswith("{") else compact_json(text)


def _dated(said: str | None, signed: int) -> str | None:
    if said is None or not EARLIEST <= signed <= LATEST:
        return None
    return f"{said} (signed {datetime.fromtimestamp(signed, UTC):%Y-%m-%d %H:%M:%S} UTC)"
