"""Where a Refresh header or `<meta http-equiv=refresh>` leads (WHATWG HTML 4.2.5.3, "shared declarative refresh steps")."""

import re

_REFRESH = re.compile(
    rb"[ \t\n\r\f]*+[0-9]*+(?:\.[0-9.]*+)?+(?:[ \t\n\r\f]*+[;,][ \t\n\r\f]*+|[ \t\n\r\f]++|(?P<end>\Z))"
    rb"(?:[uU][rR][lL][ \t\n\r\f]*+=[ \t\n\r\f]*+)?+(?P<quote>[\"']?+)"
)


def url_span(content: bytes) -> tuple[int, int] | None:
    """Where in the content the URL stands; an empty span at the end if the page refreshes itself; None if it is no refresh."""
    found = _REFRESH.match(content)
    if found is None or content[:1].strip(b" \t\n\r\f0123456789."):
        return None
    start = found.end()
    end = content.find(found["quote"], start) if found["quote"] else -1
    return start, len(content) if end < 0 else end
