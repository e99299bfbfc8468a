"""The codings that others are made of: base64, JSON, and text that people can read (R19)."""

import base64
import binascii
import json


def base64_octets(text: str) -> bytes | None:
    """What it says in either alphabet, padded or not; None if it is not base64."""
    standard = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def compact_json(text: str) -> str | None:
    """An object or a list of JSON without white space; None if it is none."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None


def readable(octets: bytes) -> str | None:
    """The text of it if it is UTF-8 without controls."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return None
    return text if text and all(char.isprintable() or char in "\n\t" for char in text) else None
