"""The part of a cookie's value that has to be guessed: without signature, node, quotes and percent-encoding (R33).

What is signed or encrypted carries its content with it and is no id; a signature is only as good as a key that nobody here
knows, so it counts for nothing. Pure; knows no cookies.
"""

import re
from urllib.parse import unquote_to_bytes

from .alphabets import without_separators

MOST_OCTETS = 512
"""Of a value; no id is longer, and what is cut off makes no id guessable."""

_CONTENT = re.compile(
    rb"""
    eyJ | BAh | CfDJ8 | gAAAAA | j:           # JSON, Ruby's Marshal, ASP.NET's data protection, Fernet, express' JSON
    | [{\[]                                   # JSON as it is
    | \.?eJ[A-Za-z0-9_-]{20,}[.:]             # compressed JSON, signed, of Flask and Django
    | [A-Za-z0-9_-]{10,512}\.[A-Za-z0-9_-]{6,512}\.[A-Za-z0-9_-]{20,512}\Z   # itsdangerous, JWT: content, time, signature
    | [^:]{1,512}:[A-Za-z0-9]{6}:[A-Za-z0-9_-]{20,512}\Z                     # django.core.signing: the same
    | (?:(?!--).){1,512}--[A-Za-z0-9%+/=]{16,512}--[A-Za-z0-9%+/=]{16,512}\Z  # Rails, encrypted: content, vector, tag
    | (?:(?!--).){1,512}--[0-9a-f]{40,128}\Z                                 # Rails, signed
    """,
    re.VERBOSE | re.DOTALL,
)
_SIGNED = re.compile(rb"s:([^.]+)\.[A-Za-z0-9+/_=-]{20,}")
"""What express-session sends."""
_NODE = re.compile(
    rb"""
    ([^.:!~]{4,}) (?:
      [.:~] (?: [A-Za-z][A-Za-z_-]{0,30}[0-9]{0,3} | [0-9]{1,3} )   # Tomcat's jvmRoute, JBoss
      | (?: : [A-Za-z0-9]{1,10} )+                                  # WebSphere's clones
      | ! [!A-Za-z0-9_-]+                                           # WebLogic's servers
    )
    """,
    re.VERBOSE,
)
_SIGNATURE = re.compile(rb"([^.:]{16,})[.:][A-Za-z0-9+/_=-]{27,}")
"""An id with its signature: from the 27 characters of SHA-1 in base64 on."""
_UUID = re.compile(rb"\"?[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-([0-9A-Fa-f])[0-9A-Fa-f]{3}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}\"?")
UUID_BITS = {b"1": 37.3, b"2": 37.3, b"6": 37.3, b"7": 74.0}
"""Random or unknown bits by version (RFC 9562): 1, 2 and 6 are 14 bits of clock sequence and the 100 ns within a second that
one may know, 7 has 74 random ones beside its time."""
UUID_BITS_OTHERWISE = 122.0


def id_part(value: bytes) -> bytes | None:
    """The part of a value that has to be guessed; None if the value is signed or encrypted content and no id at all."""
    value = value[:MOST_OCTETS].strip(b'"')
    if b"%" in value:
        value = unquote_to_bytes(value)
    if _CONTENT.match(value):
        return None
    for shape in (_SIGNED, _NODE, _SIGNATURE):
        if found := shape.fullmatch(value):
            value = found[1]
            break
    return without_separators(value.rstrip(b"="))


def uuid_version(value: bytes) -> bytes | None:
    """The digit that says how a UUID was made; None if the value is none."""
    found = _UUID.fullmatch(value)
    return None if found is None else found[1].lower()
