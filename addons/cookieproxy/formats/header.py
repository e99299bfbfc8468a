"""A Cookie header: `Cookie: a=1; b=2`, as a client sends it (curl -H @FILE; copied from a browser's network panel).

Says names and values only. Read, it needs a site or a URL; domain and path are guessed then: that host alone, Path=/, until the
browser closes. Several `Cookie:` lines are taken together; one line without `Cookie:` before it is taken as the whole.
"""

import re
from collections.abc import Sequence

from ..core.cookie import Cookie
from ..core.syntax import Pair, join_fields, parse_cookie, serialise
from .faults import Fault
from .format import Content, Format
from .narrow import PAIR, Says
from .reading import Draft, Reading, Source
from .values import Field, Place, Read, Written

GUESSED = "a Cookie header names neither domain nor path: they are guessed"

_NAME = re.compile(rb"cookie[ \t]*:", re.IGNORECASE)
_BARE = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+=[^;,\s]*(?:;[ \t]*|\Z))+")

_LONGEST_BARE = 1024 * 1024
"""Octets; no server takes a Cookie header of more than a fraction of it."""


def recognises(content: Content) -> bool:
    """A line that begins with `Cookie:`, or a single one of pairs."""
    if _NAME.match(content.first_line):
        return True
    if len(content.data) > _LONGEST_BARE or b"\n" in content.data.strip():
        return False
    return _BARE.fullmatch(content.first_line) is not None


def read(source: Source) -> tuple[Read, ...]:
    """The cookies, guessed to be those of the place given."""
    reading = Reading(source)
    lines = [(number, line.strip()) for number, line in enumerate(source.data.split(b"\n"), 1) if line.strip()]
    for number, line in lines:
        name = _NAME.match(line)
        if name is None and len(lines) > 1:
            reading.mistake(f"line {number}", "it does not begin with Cookie:", "leave only the Cookie lines")
        else:
            add_pairs(reading, line[name.end() :] if name else line, f"line {number}", source.at)
    return reading.finish()


def write(cookies: Sequence[Cookie], now: float) -> Written:
    """One line for all of them, or nothing if there are none."""
    return Written(b"Cookie: " + cookie_string(cookies) + b"\n" if cookies else b"")


def cookie_string(cookies: Sequence[Cookie]) -> bytes:
    """What comes after `Cookie: `, in the order given."""
    return join_fields([serialise(cookie.name, cookie.value) for cookie in cookies])


def add_pairs(reading: Reading, string: bytes, place: str, at: Place | None) -> None:
    """Puts the cookies of a cookie-string among those read, guessed to be that host's alone."""
    if at is None:
        reading.mistake(place, "a Cookie header does not say whose cookies they are", "give the site or a URL")
        return
    for pair in parse_cookie(string):
        draft = Draft(pair.name, pair.value, at.host, host_only=True, guessed=True)
        reading.add(draft, place, notes=[GUESSED])


def refuses(cookie: Cookie) -> Fault | None:
    """What a server would take for other cookies than it is."""
    source = serialise(cookie.name, cookie.value)
    if parse_cookie(source) == (Pair(cookie.name, cookie.value, source),):
        return None
    return Fault(Field.VALUE, "in a header it would be taken for something else")


FORMAT = Format(
    "header",
    "a Cookie header",
    ("txt",),
    Says(PAIR, octets=True, refuses=refuses),
    recognises,
    write,
    read,
    hint="import needs a site or a URL; export puts all cookies in one header, so choose one site",
)
