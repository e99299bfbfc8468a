"""Ids out of anything that leaves: header fields, bodies, other sites' URLs, whatever a page's script put them in (R34).

Finds the ids that a client has, raw or percent-encoded once, together with what carries them, so that what is left is the URL as
the application knows it. Named limits: what is encoded twice, compressed by a page itself, or encrypted, is not found.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import unquote_to_bytes


def mentions(text: bytes, ids: Collection[str]) -> tuple[str, ...]:
    """Those of the ids (lower case) that are in the text."""
    if not ids or len(text) < len(next(iter(ids))):
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
    return text


def _without(found: re.Match[bytes]) -> bytes:
    """What stays of a piece: of `?sid=id&`, the question mark."""
    return found["mark"] or b""


@lru_cache(256)
def _pattern(one: str, parameters: tuple[str, ...]) -> re.Pattern[bytes]:
    session_id = b"".join(_encodable(character) for character in one.encode())
    names = b"|".join(b"".join(_encodable(character) for character in name.encode()) for name in parameters)
    named = b"(?:" + names + b")(?:=|%3D)" + session_id
    ampersand = rb"(?:&amp;|&|%26|\\u0026)"
    return re.compile(
        rb"(?:\\?/|%2F)(?:\(|%28)S(?:\(|%28)" + session_id + rb"(?:\)|%29){2}"
        rb"|(?:" + ampersand + rb"|;|%3B)" + named + rb"|(?P<mark>\?|%3F)" + named + ampersand
        + rb"|(?:\?|%3F)" + named + rb"|\b" + named + ampersand + rb"|" + session_id,
        re.IGNORECASE,
    )  # fmt: skip


def _encodable(character: int) -> bytes:
    """A character of an id, in either case, or as `%61`."""
    plain, low = bytes([character]), b"%02x" % character
    if plain.isalpha():
        return b"(?:" + plain + b"|%[" + b"46" + b"57" + b"]" + low[1:] + b")"
    return b"(?:" + re.escape(plain) + b"|%" + low + b")"
