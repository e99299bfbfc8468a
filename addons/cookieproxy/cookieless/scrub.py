"""Ids out of anything that leaves: header fields, bodies, other sites' URLs, whatever a page's script put them in (R34).

Finds the ids that a client has, raw or percent-encoded once, together with what carries them as URLs, HTML, JSON and CSS spell it,
so that what is left is the URL as the application knows it. Named limits: what is encoded twice, compressed by a page itself, or
encrypted, is not found.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import unquote_to_bytes


def mentions(text: bytes, ids: Collection[str]) -> tuple[str, ...]:
    """Those of the ids (lower case) that are in the text."""
    if not ids or len(text) < min(map(len, ids)):
        return ()
    lowered = text.lower()
    if b"%" in lowered:
        lowered += b"\n" + unquote_to_bytes(lowered).lower()
    return tuple(one for one in ids if one.encode() in lowered)


def scrub(text: bytes, ids: Collection[str], parameters: tuple[str, ...]) -> bytes:
    """The text without the ids and what carries them; the same object if there are none.

    >>> scrub(b"u=http%3A%2F%2Fa%2F(S(abcdefghijklmnopqrstuvwx))%2Fp", ["abcdefghijklmnopqrstuvwx"], ("sid",))
    b'u=http%3A%2F%2Fa%2Fp'
    """
    for one in mentions(text, ids):
        text = _pattern(one, parameters).sub(_without, text)
    for one in mentions(text, ids):  # what was around an id may be one now: not by chance, so that only safety counts
        text = _pattern(one, parameters).sub(b"-", text)
    return text


def _without(found: re.Match[bytes]) -> bytes:
    """What stays of a piece: of `?sid=id&`, the question mark."""
    return found["mark"] or b""


_SLASH = rb"(?:\\?/|%2F|\\u002F)"
_OPEN, _CLOSE = rb"(?:\\?\(|%28)", rb"(?:\\?\)|%29)"
_MARK = rb"(?:\?|%3F|\\u003F)"
_AMPERSAND = rb"(?:&amp;|&|%26|\\u0026)"
_EQUALS = rb"(?:=|%3D|\\u003D)"


@lru_cache(256)
def _pattern(one: str, parameters: tuple[str, ...]) -> re.Pattern[bytes]:
    session_id = _encodable(one)
    named = b"(?:" + b"|".join(map(_encodable, parameters)) + b")" + _EQUALS + session_id
    return re.compile(
        _SLASH + _OPEN + b"S" + _OPEN + session_id + _CLOSE + b"{2}"
        + b"|(?:" + _AMPERSAND + rb"|;|%3B)" + named + b"|(?P<mark>" + _MARK + b")" + named + _AMPERSAND
        + b"|" + _MARK + named + rb"|\b" + named + _AMPERSAND + rb"?|" + session_id,
        re.IGNORECASE,
    )  # fmt: skip


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
