"""What a Content-Type says, and fields that are written like it (WHATWG MIME Sniffing 4.4, RFC 9110 5.6.6)."""

import re

_PARAMETER = re.compile(rb';[ \t]*([^\s=;"]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*+)"|([^;]*))', re.DOTALL)
_QUOTED_PAIR = re.compile(rb"\\(.)", re.DOTALL)


def media_type_of(field: bytes) -> bytes:
    """The media type of a Content-Type, in lower case."""
    return field.partition(b";")[0].strip().lower()


def parameters_of(field: bytes) -> dict[bytes, bytes]:
    """The parameters of a field value by lower-case name; the first of a name counts."""
    found: dict[bytes, bytes] = {}
    for match in _PARAMETER.finditer(field):
        name, quoted, token = match.groups()
        found.setdefault(name.lower(), token.strip() if quoted is None else _QUOTED_PAIR.sub(rb"\1", quoted))
    return found
