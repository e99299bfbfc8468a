"""Octets off the wire: white space, control characters, and how they are shown as text (RFC 6265bis 5.6 steps 1 and 4; R10).

Knows bytes only. What a field is made of is the business of `syntax` and `cookie_string`.
"""

from functools import lru_cache

WSP = b" \t"
"""What is trimmed around names and values: SP and HTAB."""

_CONTROLS = bytes([*range(0x00, 0x09), *range(0x0A, 0x20), 0x7F])
_CONTROLS_AND_TAB = b"\t" + _CONTROLS
_CACHED_TEXT_OCTETS = 256


def has_control(octets: bytes) -> bool:
    """Whether it has any of %x00-08, %x0A-1F and %x7F: control characters other than HTAB."""
    return len(octets.translate(None, _CONTROLS)) != len(octets)


def has_control_or_tab(octets: bytes) -> bool:
    """Whether it has any of %x00-1F and %x7F."""
    return len(octets.translate(None, _CONTROLS_AND_TAB)) != len(octets)


def trimmed_span(octets: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the span begins and ends when its white space is trimmed; an empty one lies at its end."""
    text = octets[start:end].lstrip(WSP)
    return end - len(text), end - len(text) + len(text.rstrip(WSP))


def wire_text(octets: bytes) -> str:
    """Bytes off the wire as text: UTF-8 where they decode, else latin-1. Not escaped for any output."""
    return _cached_text(octets) if len(octets) <= _CACHED_TEXT_OCTETS else _text(octets)


def masked(octets: bytes | None) -> str:
    """A credential as it may be shown: its length in octets."""
    return "None" if octets is None else f"***{len(octets)}"


@lru_cache(maxsize=4096)
def _cached_text(octets: bytes) -> str:
    return _text(octets)


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")
