"""What is no markup: how far it goes, and where markup begins again (WHATWG HTML 13.2.5).

Each reader is asked with octets that may be cut anywhere, and never goes so far that it would have to come back.
"""

import re
from typing import Protocol

from .grammar import BARE_REST, OPEN_NAME, OPEN_VALUE, SCRIPT, START, WHOLE_ATTRIBUTES

MOST_HELD = 65_536
"""Octets of an unfinished tag that are held back."""
BOGUS_END = re.compile(rb">")
_LONGEST_END = len(b"</noscript") + 2
_UNFINISHED = re.compile(rb"(?:<[!/A-Za-z-]{0,11}|--?!?)\Z")


class Text(Protocol):
    """Something that is no markup."""

    def read(self, data: bytes, place: int) -> tuple[int, bool]:
        """How far these octets surely belong to it from there, and whether it ends so."""


class Until:
    """A comment and its like, up to and with its end, of which as much as `keeps` may be there without being known."""

    def __init__(self, end: re.Pattern[bytes], keeps: int) -> None:
        self._end = end
        self._keeps = keeps

    def read(self, data: bytes, place: int) -> tuple[int, bool]:
        """See `Text`."""
        found = self._end.search(data, place)
        return (max(place, len(data) - self._keeps), False) if found is None else (found.end(), True)


class RawText:
    """Text up to the end tag of its element, which is markup again."""

    def __init__(self, end: re.Pattern[bytes]) -> None:
        self._end = end

    def read(self, data: bytes, place: int) -> tuple[int, bool]:
        """See `Text`."""
        found = self._end.search(data, place)
        return (before_end(data, place), False) if found is None else (found.start(), True)


class PlainText:
    """Text without end."""

    def read(self, data: bytes, place: int) -> tuple[int, bool]:
        """See `Text`."""
        return len(data), False


class Script:
    """A script: within `<!--` another `<script>` hides the first `</script>` (13.2.5.17-31)."""

    def __init__(self) -> None:
        self._level = 0
        """1 within `<!--`, 2 within a script within it."""

    def read(self, data: bytes, place: int) -> tuple[int, bool]:
        """See `Text`."""
        for found in SCRIPT.finditer(data, place):
            token = found[0]
            if token == b"<!--" and found.end() + 2 > len(data):
                return found.start(), False
            if token.endswith(b">"):
                self._level = 0
            elif token == b"<!--":
                self._level = self._level or 1
            elif not found["end"]:
                self._level = 2 if self._level else 0
            elif self._level < 2:
                return found.start(), True
            else:
                self._level = 1
        return before_end(data, place), False


class LongTag:
    """The rest of a tag that is too long to wait for its end: it passes as it is."""

    def __init__(self, start: re.Match[bytes]) -> None:
        self.name = b"" if start[0].startswith(b"</") else start["name"].lower()
        """Of a start tag, else empty."""
        self.closes_itself = False
        self._quote = b""
        self._is_bare = False

    def read(self, data: bytes, place: int) -> tuple[int, bool]:
        """See `Text`."""
        place = self._rest_of_value(data, place)
        if self._quote or self._is_bare:
            return place, False
        known = WHOLE_ATTRIBUTES.match(data, place)
        place = place if known is None else known.end()
        if data[place : place + 1] == b">":
            self.closes_itself = data[place - 1 : place] == b"/"
            return place + 1, True
        opened = OPEN_VALUE.match(data, place)
        if opened is not None:
            self._quote = opened["quote"]
            return len(data), False
        if len(data) - place > MOST_HELD:
            if OPEN_NAME.match(data, place):
                return len(data) - 1, False  # one letter is name enough
            self._is_bare = True
            return len(data), False
        return place, False

    def _rest_of_value(self, data: bytes, place: int) -> int:
        if self._quote:
            end = data.find(self._quote, place)
            if end < 0:
                return len(data)
            place, self._quote = end + 1, b""
        if self._is_bare:
            rest = BARE_REST.match(data, place)
            place = len(data) if rest is None else rest.end()
            self._is_bare = place == len(data)
        return place


def long_tag(data: bytes, place: int) -> tuple[Text, int]:
    """What begins there and has no end in sight, and where the rest of it begins."""
    start = START.match(data, place)
    return (Until(BOGUS_END, 0), len(data)) if start is None else (LongTag(start), start.end())


def before_end(data: bytes, place: int) -> int:
    """Where the end of a text may begin that is not there yet."""
    found = _UNFINISHED.search(data, max(place, len(data) - _LONGEST_END))
    return len(data) if found is None else found.start()
