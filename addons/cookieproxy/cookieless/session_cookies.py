"""Which cookies are an application's session id: when one of these gets another value, our id becomes another, too (R33).

Names of the frameworks of the last 25 years, and values that look like an id. What carries its whole content with it (a signed or
encrypted session) changes with every response and identifies nobody, so it is not counted; nor are times, which do the same.
"""

import re

_NAMES = re.compile(
    rb"""
    sess | ssid | auth | remember | login | logged_?in
    | (?:^|[._-])sid(?:$|[._-]) | (?:^|[._-])token$
    | ^cf(?:id|token)$ | ^cakephp$ | _typo_user$ | ^smfcookie
    | ^dokuwiki$ | ^dw[0-9a-f]{32}$ | ^wordpress_(?:sec_)?[0-9a-f]{32}$
    | ^[0-9a-f]{32}$                    # Joomla
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NOT_SESSIONS = re.compile(rb"csrf|xsrf|nonce|state|[._:-]sig$", re.IGNORECASE)
_ID = re.compile(
    rb"""
    (?:s(?::|%3A))?                     # express-session: s:id.signature
    [A-Za-z0-9,+/_=%-]{12,256}
    (?:[.:!][A-Za-z0-9+/_=%.!:-]{1,96})?  # a signature, or the node that has the session (Tomcat, WebSphere, WebLogic)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CONTENT = re.compile(
    rb"""
    eyJ | BAh                           # JSON and Ruby's Marshal in base64
    | \.?eJ[A-Za-z0-9_-]{20,}[.:]       # compressed JSON, signed, of Flask and Django
    | [A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{20,}\Z      # itsdangerous, JWT: content, time, signature
    | [^:]+:[A-Za-z0-9]{6}:[A-Za-z0-9_-]{20,}\Z                        # django.core.signing: the same
    | .+--[A-Za-z0-9%+/=]{16,}--[A-Za-z0-9%+/=]{16,}\Z                 # Rails, encrypted: content, vector, tag
    | .+--[0-9a-f]{40,64}\Z                                            # Rails, signed
    """,
    re.VERBOSE,
)
_TIME = re.compile(rb"[0-9]{1,19}|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T +%].*)?")
"""Digits of a clock (seconds to nanoseconds), or a date."""
_PROTECTED = re.compile(rb"\.ASPXAUTH|\.AspNetCore\.(?:Session|Cookies|Identity\.[A-Za-z]+)")
_LONGEST_PROTECTED = 4_096
"""ASP.NET encrypts what these say, but issues them at login and seldom afterwards: they are as long as their content."""
_OPAQUE = re.compile(rb"[A-Za-z0-9_%-]{12,}")


def is_session_id(name: bytes, value: bytes) -> bool:
    """True if a cookie of this name and value is most likely the id of a session that the server keeps."""
    if _PROTECTED.fullmatch(name):
        return len(value) <= _LONGEST_PROTECTED and _OPAQUE.fullmatch(value) is not None
    if not _NAMES.search(name) or _NOT_SESSIONS.search(name) or _TIME.fullmatch(value):
        return False
    return _ID.fullmatch(value) is not None and _CONTENT.match(value) is None
