"""PHP's serialised values as JSON text, `a:1:{s:4:"user";s:3:"ann";}` and sessions as `user|s:3:"ann";` (R19).

Reads what the format says about itself and nothing more: objects become their properties, references stay words. Bounded in depth
and number; anything that is not exactly such a value is none. Knows no cookies.
"""

import json
import re

MOST_LEVELS = 32
MOST_ITEMS = 2_000

type Value = bool | int | float | str | list["Value"] | dict[str, "Value"] | None

_SCALAR = re.compile(rb"N;|b:([01]);|i:(-?\d{1,19});|d:(-?[0-9.eE+-]{1,40}|-?INF|NAN);|[rR]:(\d{1,9});")
_STRING = re.compile(rb's:(\d{1,9}):"')
_ARRAY = re.compile(rb"a:(\d{1,9}):\{")
_OBJECT = re.compile(rb'O:(\d{1,9}):"([^"]{1,200})":(\d{1,9}):\{')
_NAME = re.compile(rb"([\w.-]{1,100})\|")


class _NotPhp(Exception):
    """Not such a value."""


def as_json(value: str) -> str | None:
    """The serialised value, or all of a session's, as JSON; None if it is none. A scalar alone says no more than one sees."""
    octets = value.encode()
    for read in (_whole, _session):
        try:
            return json.dumps(read(octets), ensure_ascii=False, separators=(",", ":"))
        except _NotPhp:
            continue
    return None


def _whole(octets: bytes) -> Value:
    if octets[:2] not in (b"a:", b"O:", b"s:"):
        raise _NotPhp
    reader = _Reader(octets)
    value = reader.value(0)
    if reader.place != len(octets):
        raise _NotPhp
    return value


def _session(octets: bytes) -> Value:
    reader = _Reader(octets)
    said: dict[str, Value] = {}
    while reader.place < len(octets):
        name = reader.match(_NAME)
        said[name[1].decode()] = reader.value(0)
    if not said:
        raise _NotPhp
    return said


class _Reader:
    """Where reading has come to in one text."""

    def __init__(self, octets: bytes) -> None:
        self.place = 0
        self._octets = octets
        self._items = 0

    def match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        """What comes next, if it is that."""
        found = pattern.match(self._octets, self.place)
        if found is None:
            raise _NotPhp
        self.place = found.end()
        return found

    def value(self, level: int) -> Value:
        """The value that comes next."""
        self._items += 1
        if level > MOST_LEVELS or self._items > MOST_ITEMS:
            raise _NotPhp
        match self._octets[self.place : self.place + 1]:
            case b"s":
                return self._text()
            case b"a":
                return self._entries(int(self.match(_ARRAY)[1]), level)
            case b"O":
                found = self.match(_OBJECT)
                return {"class": found[2].decode("latin-1"), "properties": self._entries(int(found[3]), level)}
        return self._scalar()

    def _scalar(self) -> Value:
        found = self.match(_SCALAR)
        boolean, whole, number, reference = found.groups()
        if boolean is not None:
            return boolean == b"1"
        if whole is not None:
            return int(whole)
        if number is not None:
            return number.decode()
        return None if reference is None else f"reference {int(reference)}"

    def _text(self) -> str:
        length = int(self.match(_STRING)[1])
        end = self.place + length
        octets = self._octets[self.place : end]
        if self._octets[end : end + 2] != b'";':
            raise _NotPhp
        self.place = end + 2
        try:
            return octets.decode()
        except UnicodeDecodeError:
            raise _NotPhp from None

    def _entries(self, count: int, level: int) -> Value:
        entries: dict[Value, Value] = {}
        for _ in range(count):
            key = self.value(level + 1)
            if not isinstance(key, str | int):
                raise _NotPhp
            entries[key] = self.value(level + 1)
        if self._octets[self.place : self.place + 1] != b"}":
            raise _NotPhp
        self.place += 1
        if list(entries) == list(range(len(entries))):
            return list(entries.values())
        return {str(key).replace("\0", " ").strip(): value for key, value in entries.items()}
