"""What a Set-Cookie field says of its cookie, as far as sessions and findings ask: flags, scope, and how long it is to live.

Parsing is `core.syntax`' business; here are only the meanings, remembered by everything behind the value, because applications
say the same few things again and again.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from ..core.dates import parse_rfc
from ..core.syntax import parse_set_cookie

REMEMBERED_OCTETS = 512


class Said(NamedTuple):
    """The attributes of one field."""

    secure: bool
    http_only: bool
    same_site: str | None
    """In lower case; None if it says nothing that a browser knows."""
    domain: str | None
    """In lower case without a leading dot; None if the cookie is the host's alone."""
    path: bytes | None
    """None if it says none, or one that does not begin with `/`."""
    max_age: float | None
    """Seconds."""
    flags: frozenset[str]
    """Those of secure, httponly and samesite (Lax or Strict) that it has."""
    date: bytes | None = None
    """Its Expires, as it is written."""

    @property
    def expires(self) -> float | None:
        """Unix seconds; None if there is no date that a browser reads."""
        return None if self.date is None else parse_rfc(self.date)

    def lifetime(self, now: float) -> float | None:
        """Seconds that it is to live, Max-Age before Expires (RFC 6265bis 5.7); None for a session cookie."""
        if self.max_age is not None:
            return self.max_age
        expires = self.expires
        return None if expires is None else expires - now

    @property
    def is_persistent(self) -> bool:
        """True if it has an end of its own."""
        return self.max_age is not None or self.expires is not None


def said_by(field: bytes) -> Said:
    """What a field says."""
    semicolon = field.find(b";")
    if semicolon < 0:
        return NOTHING
    attributes = field[semicolon:]
    found = _EXPIRES.search(attributes)
    if found is None:
        return _remembered(attributes)
    rest = attributes[: found.start()] + attributes[found.end() :]
    if _EXPIRES.search(rest):
        return _said(attributes)
    return _remembered(rest)._replace(date=found[1].strip())


def _remembered(attributes: bytes) -> Said:
    return _said(attributes) if len(attributes) > REMEMBERED_OCTETS else _cached(attributes)


def _said(attributes: bytes) -> Said:
    parsed = parse_set_cookie(b"n=v" + attributes)
    counted = {attribute.name: attribute.value or b"" for attribute in parsed.attributes}
    same_site = counted.get(b"samesite", b"").strip().lower().decode("latin-1")
    domain = counted.get(b"domain", b"").strip().lstrip(b".").lower().decode("latin-1")
    path = counted.get(b"path", b"")
    known = same_site if same_site in ("lax", "strict", "none") else None
    flags = {name for name in ("secure", "httponly") if name.encode() in counted}
    return Said(
        b"secure" in counted,
        b"httponly" in counted,
        known,
        domain or None,
        path if path.startswith(b"/") else None,
        _max_age(counted.get(b"max-age")),
        frozenset(flags | ({"samesite"} if known in ("lax", "strict") else set())),
        counted.get(b"expires"),
    )


_cached = lru_cache(maxsize=2_048)(_said)
_EXPIRES = re.compile(rb";[ \t]*expires[ \t]*=([^;]*)", re.IGNORECASE)
"""It is taken out before: it changes with every second, and all others seldom do."""


def _max_age(text: bytes | None) -> float | None:
    if text is None or len(text) > 20:
        return None
    digits = text.removeprefix(b"-")
    return float(text) if digits.isdigit() else None


NOTHING = Said(False, False, None, None, None, None, frozenset())
