"""The attributes of one start tag (WHATWG HTML 13.2.5.32-39). Does not decode their values."""

from typing import NamedTuple

from .grammar import ONE_ATTRIBUTE, START


class Attribute(NamedTuple):
    """One attribute of a tag, the first of its name."""

    value: bytes
    start: int
    """Where its value begins in the tag; -1 if there is none to put anything into."""


def attributes_of(tag: bytes) -> dict[bytes, Attribute]:
    """The attributes of a start tag by name in lower case, the first of each name (13.2.5.33)."""
    found: dict[bytes, Attribute] = {}
    start = START.match(tag)
    place = 0 if start is None else start.end()
    while (match := ONE_ATTRIBUTE.match(tag, place)) is not None:
        place = match.end()
        group = match.lastgroup
        has_value = group is not None and group != "name"
        value = Attribute(match[group or 0], match.start(group or 0)) if has_value else Attribute(b"", -1)
        found.setdefault(match["name"].lower(), value)
    return found
