"""Ids out of anything that leaves: header fields, bodies, other sites' URLs, whatever a page's script put them in (R34).

Finds ids, raw or percent-encoded once, together with what carries them as URLs, HTML, JSON and CSS spell it, so that what is left
is the URL as the application knows it. One pass, however many ids there are. Named limits: what is encoded twice, compressed by a
page itself, or encrypted, is not found.
"""

import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from typing import NamedTuple

from .ids import LENGTH

_RUN = re.compile(rb"[a-z0-5]{24,}+")
_ESCAPE = re.compile(rb"%[0-9a-f]{2}")
_WORD = re.compile(rb"[a-z0-9]")
_CHARACTER = rb"(?:[a-z0-5]|%(?:[46][1-9a-f]|[57][0-9a]|3[0-5]))"
_ENCODED_RUN = re.compile(rb"(?=[^%]{0,23}%)" + _CHARACTER + rb"{24,}+")
_TOKEN = re.compile(_CHARACTER)

type IsIssued = Callable[[str], bool]


class Found(NamedTuple):
    """An id in a text."""

    start: int
    end: int
    id: str


def nothing_issued(session_id: str) -> bool:
    """For whom only the ids that they name count."""
    return False


def ids_in(text: bytes, ids: Collection[str], is_issued: IsIssued = nothing_issued) -> list[Found]:
    """The ids in a text, in its order: the named ones wherever they stand, and words that were issued to anybody."""
    if len(text) < LENGTH:
        return []
    lowered = text.lower()
    found = [one for run in _RUN.finditer(lowered) for one in _in_run(lowered, run, ids, is_issued)]
    if b"%" not in lowered:
        return found
    encoded = [one for run in _ENCODED_RUN.finditer(lowered) for one in _in_encoded(run, ids, is_issued)]
    return _apart(sorted((*found, *encoded)))


def scrub(
    text: bytes, ids: Collection[str], parameters: tuple[str, ...], is_issued: IsIssued = nothing_issued
) -> bytes:
    """The text without the ids and what carries them; the same object if there are none.

    >>> scrub(b"u=http%3A%2F%2Fa%2F(S(abcdefghijklmnopqrstuvwx))%2Fp", ["abcdefghijklmnopqrstuvwx"], ("sid",))
    b'u=http%3A%2F%2Fa%2Fp'
    """
    named = frozenset(ids)
    found = ids_in(text, named, is_issued)
    if not found:
        return text
    text = _without(text, found, _carriers(parameters))
    # What was around an id may be one now: not by chance, so that only safety counts.
    while found := ids_in(text, named, is_issued):
        text = _replaced(text, found)
    return text


# -- finding -----------------------------------------------------------------------------------------------------------


def _in_run(lowered: bytes, run: re.Match[bytes], ids: Collection[str], is_issued: IsIssued) -> Iterator[Found]:
    """Within characters of ids; a word of just one id's length may be anybody's."""
    start, end = run.span()
    text = run[0].decode("ascii")
    escaped = _of_escape(lowered, start)
    word = len(text) - LENGTH if _is_word(lowered, start, end, escaped) else -1
    place = 0
    while place <= len(text) - LENGTH:
        one = text[place : place + LENGTH]
        if one in ids or (place == word and place in (0, escaped) and is_issued(one)):
            yield Found(start + place, start + place + LENGTH, one)
            place += LENGTH
        else:
            place += 1


def _is_word(lowered: bytes, start: int, end: int, escaped: int | None) -> bool:
    if _WORD.match(lowered, end):
        return False
    return start == 0 or escaped is not None or not _WORD.match(lowered, start - 1)


def _of_escape(lowered: bytes, start: int) -> int | None:
    """How many octets from there on still belong to a percent-encoded one; None if none stands there or just before."""
    for before in (1, 2, 3):
        if before <= start and _ESCAPE.match(lowered, start - before):
            return 3 - before
    return None


def _in_encoded(run: re.Match[bytes], ids: Collection[str], is_issued: IsIssued) -> Iterator[Found]:
    tokens = list(_TOKEN.finditer(run[0]))
    text = "".join(chr(int(token[0][1:], 16)) if token[0][0] == 0x25 else chr(token[0][0]) for token in tokens).lower()
    wholes = (0, _of_escape(run.string, run.start()))
    place = 0
    while place <= len(text) - LENGTH:
        one = text[place : place + LENGTH]
        if one in ids or (place == len(text) - LENGTH and place in wholes and is_issued(one)):
            last = tokens[place + LENGTH - 1]
            yield Found(run.start() + tokens[place].start(), run.start() + last.end(), one)
            place += LENGTH
        else:
            place += 1


def _apart(found: list[Found]) -> list[Found]:
    """Those that do not overlap with one before."""
    kept: list[Found] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


# -- taking out --------------------------------------------------------------------------------------------------------


class _Carriers(NamedTuple):
    """What may stand around an id."""

    before: re.Pattern[bytes]
    longest: int
    """Octets of what may stand before it."""


_SLASH = rb"(?:\\?/|%2F|\\u002F)"
_OPEN, _CLOSE = rb"(?:\\?\(|%28)", rb"(?:\\?\)|%29)"
_MARK = rb"(?:\?|%3F|\\u003F)"
_AMPERSAND = rb"(?:&amp;|&|%26|\\u0026)"
_EQUALS = rb"(?:=|%3D|\\u003D)"
_BRACKETS = re.compile(_CLOSE + b"{2}", re.IGNORECASE)
_NEXT = re.compile(_AMPERSAND, re.IGNORECASE)
_LAST_OF_CARRIERS = frozenset(b"(8=Dd")
"""The last octets of what may stand before an id."""


@lru_cache(64)
def _carriers(parameters: tuple[str, ...]) -> _Carriers:
    names = b"(?:" + b"|".join(map(_encodable, parameters)) + b")" + _EQUALS
    segment = b"(?P<segment>" + _SLASH + _OPEN + b"S" + _OPEN + b")"
    named = b"(?:(?P<joined>" + _AMPERSAND + rb"|;|%3B)|(?P<mark>" + _MARK + rb")|(?P<first>(?<![0-9A-Za-z_])))" + names
    longest = max([20, *(3 * len(name.encode()) + 13 for name in parameters)])
    return _Carriers(re.compile(b"(?:" + segment + b"|" + named + rb")\Z", re.IGNORECASE), longest)


def _without(text: bytes, found: list[Found], carriers: _Carriers) -> bytes:
    kept: list[bytes] = []
    done = 0
    for start, end, _ in found:
        first, last, stays = _around(text, done, start, end, carriers)
        kept += (text[done:first], stays)
        done = last
    return b"".join((*kept, text[done:]))


def _around(text: bytes, done: int, start: int, end: int, carriers: _Carriers) -> tuple[int, int, bytes]:
    """From where to where an id goes with its carrier, and what stays of that: of `?sid=id&`, the question mark."""
    if start == done or text[start - 1] not in _LAST_OF_CARRIERS:
        return start, end, b""
    window = max(done, start - carriers.longest)
    before = carriers.before.search(text[window:start] if done <= window else text[done:start])
    if before is None:
        return start, end, b""
    first = window + before.start()
    if before["segment"] is not None:
        brackets = _BRACKETS.match(text, end)
        return (start, end, b"") if brackets is None else (first, brackets.end(), b"")
    following = None if before["joined"] is not None else _NEXT.match(text, end)
    if following is None:
        return first, end, b""
    return first, following.end(), before["mark"] or b""


def _replaced(text: bytes, found: list[Found]) -> bytes:
    kept: list[bytes] = []
    done = 0
    for start, end, _ in found:
        kept += (text[done:start], b"-")
        done = end
    return b"".join((*kept, text[done:]))


def _encodable(text: str) -> bytes:
    """A text of which each character may be percent-encoded, in either case."""
    return b"".join(
        b"(?:%b|%b)" % (re.escape(character.encode()), b"|".join(_percent(each) for each in _cases(character)))
        for character in text
    )


def _cases(character: str) -> set[str]:
    return {character.lower(), character.upper()}


def _percent(character: str) -> bytes:
    return b"".join(b"%%%02x" % octet for octet in character.encode())
