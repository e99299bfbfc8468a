"""Which cookies are an application's session id: when one of these gets another value, our id becomes another, too (R33).

Names of the frameworks of the last 25 years, and values that look like an id. What carries its whole content with it (a signed or
encrypted session) changes with every response and identifies nobody, so it is not counted.
"""

import re

_NAMES = re.compile(
    rb"sess|ssid|auth|remember|login|(?:^|[._-])sid(?:$|[._-])|(?:^|[._-])token$|^cf(?:id|token)$|^dokuwiki$|^dw[0-9a-f]{32}$",
    re.IGNORECASE,
)
_NOT_SESSIONS = re.compile(rb"csrf|xsrf|nonce|state", re.IGNORECASE)
_ID = re.compile(rb"(?:s(?::|%3A))?[A-Za-z0-9,+/_=%-]{12,128}(?:\.[A-Za-z0-9+/_=%-]{20,64})?", re.IGNORECASE)
_CONTENT = re.compile(rb"eyJ|\.eJ|BAh|[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.IGNORECASE)


def is_session_id(name: bytes, value: bytes) -> bool:
    """True if a cookie of this name and value is most likely the id of a session that the server keeps."""
    if not _NAMES.search(name) or _NOT_SESSIONS.search(name):
        return False
    return _ID.fullmatch(value) is not None and _CONTENT.match(value) is None
