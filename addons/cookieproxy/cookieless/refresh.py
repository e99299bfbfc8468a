"""Where a Refresh header or `<meta http-equiv=refresh>` leads (WHATWG HTML 4.2.5.3, "shared declarative refresh steps").

Knows where in the value the URL stands, and not what it is.
"""

import re
from typing import NamedTuple

_WS = rb"[ \t\n\r\f]*+"
_REFRESH = re.compile(
    _WS + rb"(?:[0-9]|(?=\.))[0-9.]*+(?P<separator>" + _WS + rb"[;,]" + _WS + rb"|[ \t\n\r\f]++|\Z)"
    rb"(?P<named>[uU][rR][lL]" + _WS + rb"=" + _WS + rb")?+(?P<quote>[\"']?+)"
)  # fmt: skip


class Destination(NamedTuple):
    """Where the URL stands."""

    start: int
    end: int
    """The same as the start if there is none: the page refreshes itself."""
    lead: bytes
    """What has to be written before a URL that is put in there."""


def destination(value: bytes) -> Destination | None:
    """Where a refresh leads; None if it is none."""
    found = _REFRESH.match(value)
    if found is None:
        return None
    start = found.end()
    end = value.find(found["quote"], start) if found["quote"] else -1
    lead = b"" if found["named"] or found["quote"] else b"url=" if found["separator"] else b";url="
    return Destination(start, len(value) if end < 0 else end, lead)
