"""Fields of submitted forms taken out of request bodies (WHATWG URL 5 for urlencoded bodies, RFC 7578 for multipart ones).

Knows how the two encodings name and delimit a field, and leaves every byte of the other fields as it is. Does not know what an id
is: the caller says which values are its own. A body that is not of the form it claims is left alone.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from .media_types import media_type_of, parameters_of

_URLENCODED = b"application/x-www-form-urlencoded"
_MULTIPART = b"multipart/form-data"
_TEXTUAL = re.compile(
    rb"text/|message/|[^/]+/(?:.*(?:json|xml|script|graphql|yaml|csv|report|urlencoded|form-data|x-sentry-envelope|ping))",
    re.DOTALL,
)
"""Media types of text: many have no registered name, but say by a word in it what they are."""
_WIDE_CHARSETS = (b"utf-16", b"utf16", b"utf-32", b"utf32", b"ucs-2", b"ucs-4", b"iso-10646-ucs")
"""In which ASCII takes more than a byte, so that bytes cannot be searched for it."""

_DISPOSITION = re.compile(rb"^content-disposition[ \t]*:[ \t]*form-data[ \t]*(;[^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_REST_OF_DELIMITER = re.compile(rb"(--)?[ \t]*+(?:\r?\n|\Z)")
_LF = 0x0A
SPACE = 0x20


class _Delimiter(NamedTuple):
    """A line between two parts, or before the first or after the last."""

    break_start: int
    """Where the line break before it starts, which belongs to it."""
    start: int
    end: int
    is_last: bool


class _Part(NamedTuple):
    """Where things are in a multipart body."""

    start: int
    """Of the delimiter before it."""
    headers_start: int
    headers_end: int
    value_start: int
    value_end: int
    end: int
    """Where the next delimiter starts."""


def take_fields(
    body: bytes, content_type: bytes, name: str, is_ours: Callable[[bytes], bool]
) -> tuple[bytes, list[bytes]]:
    """The body without the fields of that name whose value is ours, and these values; the same object if there are none."""
    media_type = media_type_of(content_type)
    if media_type == _URLENCODED:
        return _from_urlencoded(body, name.encode(), is_ours)
    boundary = parameters_of(content_type).get(b"boundary") if media_type == _MULTIPART else None
    return _from_multipart(body, boundary, name.encode(), is_ours) if boundary else (body, [])


def is_textual(content_type: bytes | None) -> bool:
    """True if such a request body may be searched for ASCII text; a body that does not say what it is may be."""
    if content_type is None or not content_type.strip():
        return True
    media_type = media_type_of(content_type)
    return _TEXTUAL.match(media_type) is not None and not parameters_of(content_type).get(
        b"charset", b""
    ).lower().startswith(_WIDE_CHARSETS)


def _from_urlencoded(body: bytes, name: bytes, is_ours: Callable[[bytes], bool]) -> tuple[bytes, list[bytes]]:
    """Without the fields and one `&` each; before the first that stays, that is the one behind."""
    kept: list[bytes] = []
    taken: list[bytes] = []
    done = 0
    for found in _named(name).finditer(body):
        value = _decoded(found[1])
        if not is_ours(value):
            continue
        taken.append(value)
        start, end = found.span()
        if start == done and not kept:
            done = end + 1
        else:
            kept.append(body[done : start - 1])
            done = end
    return (b"".join((*kept, body[done:])), taken) if taken else (body, [])


@lru_cache(64)
def _named(name: bytes) -> re.Pattern[bytes]:
    """A field of that name, of which each character may be percent-encoded."""
    plain = (rb"\+" if each == SPACE else re.escape(bytes((each,))) for each in name)
    characters = (b"(?:%b|%%%02x|%%%02X)" % (one, each, each) for one, each in zip(plain, name, strict=True))
    return re.compile(rb"(?<![^&])" + b"".join(characters) + rb"=([^&]*+)")


def _decoded(text: bytes) -> bytes:
    if b"+" in text:
        text = text.replace(b"+", b" ")
    return unquote_to_bytes(text) if b"%" in text else text


def _from_multipart(
    body: bytes, boundary: bytes, name: bytes, is_ours: Callable[[bytes], bool]
) -> tuple[bytes, list[bytes]]:
    kept: list[bytes] = []
    taken: list[bytes] = []
    at = 0
    for part in _parts(body, boundary):
        if not _is_field(body, part, name):
            continue
        value = body[part.value_start : part.value_end]
        if is_ours(value):
            taken.append(value)
            kept.append(body[at : part.start])
            at = part.end
    return (b"".join((*kept, body[at:])), taken) if taken else (body, [])


def _is_field(body: bytes, part: _Part, name: bytes) -> bool:
    """True for a plain field of that name; a file never is."""
    disposition = _DISPOSITION.search(body[part.headers_start : part.headers_end])
    if disposition is None:
        return False
    parameters = parameters_of(disposition[1])
    return parameters.get(b"name") == name and not {b"filename", b"filename*"} & parameters.keys()


def _parts(body: bytes, boundary: bytes) -> list[_Part]:
    """All parts; none if the body is malformed, so that nothing is taken from it (RFC 2046 5.1.1)."""
    parts: list[_Part] = []
    before: _Delimiter | None = None
    for delimiter in _delimiters(body, b"--" + boundary):
        if before is not None:
            # A part without header fields starts with its blank line, right after the delimiter's line feed.
            blank = _BLANK_LINE.search(body, before.end - 1, delimiter.break_start)
            if blank is None:
                return []
            headers_end = max(before.end, blank.start())
            spots = (before.end, headers_end, blank.end(), delimiter.break_start)
            parts.append(_Part(before.start, *spots, delimiter.start))
        if delimiter.is_last:
            return parts
        before = delimiter
    return []


def _delimiters(body: bytes, dashes: bytes) -> Iterator[_Delimiter]:
    """Every delimiter line, with line breaks as they should be or as LF."""
    start = body.find(dashes)
    while start >= 0:
        rest = _REST_OF_DELIMITER.match(body, start + len(dashes))
        if rest is not None and (start == 0 or body[start - 1] == _LF):
            break_length = min(start, 2 if body[start - 2 : start] == b"\r\n" else 1)
            yield _Delimiter(start - break_length, start, rest.end(), rest[1] is not None)
        start = body.find(dashes, start + len(dashes))
