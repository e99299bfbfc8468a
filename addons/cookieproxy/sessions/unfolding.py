"""The texts in a cookie's value: as it is, without percent-encoding and base64, and the members of JSON and of sub-keys (R12, R19).

Bounded in length, in depth and in number, linear in time; nothing here raises on any octets.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from .clues import from_base64

MOST_OCTETS = 8 * 1024
"""Of a value; what comes after is not looked at."""
MOST_TEXTS = 256
MOST_STEPS = 5
"""Codings within codings."""

_SUBKEYS = re.compile(r"[\w.\[\]-]{1,64}=(?!=|\Z)")
_SEPARATORS = ("&", ";", "|", ",")
_BASE64 = re.compile(r"([A-Za-z0-9+/_-]{6,})={0,2}")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")


class Text(NamedTuple):
    """A text in a value, and the name under which it stands there: the cookie's or a sub-key's."""

    name: str
    text: str


def texts_in(name: bytes, value: bytes) -> list[Text]:
    """All texts in a value, from the outside inwards; the outermost is the value itself."""
    whole = Text(name[:MOST_OCTETS].decode("latin-1"), value[:MOST_OCTETS].decode("latin-1"))
    return list(islice(_unfold(whole, MOST_STEPS), MOST_TEXTS))


def json_object(text: str) -> dict[str, object] | None:
    """The JSON object that a text is, its numbers as texts; None if it is none."""
    found = _json(text)
    return {str(key): member for key, member in found.items()} if isinstance(found, dict) else None


def readable_base64(text: str) -> str | None:
    """What a text says in base64 or base64url, if that is something to read."""
    found = _BASE64.fullmatch(text)
    octets = from_base64(found[1].encode()) if found else None
    try:
        said = octets.decode() if octets else ""
    except UnicodeDecodeError:
        return None
    return said if said.isprintable() and said else None


def _unfold(text: Text, steps: int) -> Iterator[Text]:
    yield text
    if steps:
        for inner in _inside(text):
            yield from _unfold(inner, steps - 1)


def _inside(text: Text) -> Iterator[Text]:
    """One coding less: the first that the text is written in."""
    name, said = text
    if said[:1] in {"{", "[", '"'} and (found := _json(said)) is not None:
        return _members(name, found, MOST_STEPS)
    if said[:1] == '"':
        return iter((Text(name, said.strip('"')),))
    if _SUBKEYS.match(said):
        return _subkeys(name, said)
    if _PERCENT.search(said):
        return iter((Text(name, unquote(said)),))
    told = readable_base64(said)
    return iter(()) if told is None else iter((Text(name, told),))


def _json(text: str) -> object:
    try:
        return json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _members(name: str, member: object, steps: int) -> Iterator[Text]:
    """The texts in something that was JSON, each under the name that is nearest to it."""
    if isinstance(member, str):
        yield Text(name, member)
    elif steps and isinstance(member, dict):
        for key, inner in member.items():
            yield from _members(key, inner, steps - 1)
    elif steps and isinstance(member, list):
        for inner in member:
            yield from _members(name, inner, steps - 1)


def _subkeys(name: str, text: str) -> Iterator[Text]:
    separator = next((separator for separator in _SEPARATORS if separator in text), "&")
    for pair in text.split(separator):
        key, equals, value = pair.partition("=")
        yield Text(key.strip(), value) if equals else Text(name, pair)
