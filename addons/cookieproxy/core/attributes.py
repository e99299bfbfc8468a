"""What the attributes of a Set-Cookie field mean to one browser (RFC 6265bis 5.6.1 to 5.6.7; R6, R8, R20).

Which of several counts, when the cookie ends, where it applies by path, what its SameSite and Priority say. Domain is `scope`'s
business, whether the cookie is taken at all is `accept`'s. Nothing here raises.
"""

import re
from collections.abc import Callable, Mapping

from .access import Access
from .cookie import Priority, SameSite
from .habits import MaxAge, PathHabit, Repeats, SameSiteDefault
from .paths import default_path
from .profiles import Profile
from .syntax import Attribute, SetCookie

type Attributes = dict[bytes, bytes]
"""Name in lower case → value; empty for a bare name."""

EXPIRED = float("-inf")
"""The expiry time of a Set-Cookie that means: delete."""
LATEST = 253_402_300_799.0
"""Unix seconds of the last moment of the year 9999; later expiry times are this one."""
FOREVER = 1e18
"""Seconds; what too large a Max-Age comes to."""
_FLAGS = frozenset((b"secure", b"httponly", b"partitioned"))


def counted_attributes(said: SetCookie, profile: Profile) -> Attributes:
    """The attributes that count, too long ones left out."""
    if profile.repeats is Repeats.CURL:
        return _counted_by_curl(said.attributes, profile)
    limit = profile.attribute_bytes
    if limit is None or len(said.source) <= limit:
        return {attribute.name: attribute.value or b"" for attribute in said.attributes}
    return {attribute.name: attribute.value or b"" for attribute in said.attributes if _fits(attribute, limit)}


def _fits(attribute: Attribute, limit: int | None) -> bool:
    return limit is None or attribute.value is None or len(attribute.value) <= limit


def _counted_by_curl(said: tuple[Attribute, ...], profile: Profile) -> Attributes:
    counted: Attributes = {}
    for name, value, *_ in said:
        if name == b"expires":
            if value and name not in counted and profile.parse_date(value) is not None:
                counted[name] = value
        elif not (name in _FLAGS and value) and not (name == b"domain" and not value):
            counted[name] = value or b""
    return counted


def expiry_time(said: SetCookie, attributes: Attributes, access: Access, profile: Profile) -> float | None:
    """Unix seconds, `EXPIRED` to delete, None for a session cookie (5.7 step 6)."""
    expiry = _from_max_age(said, attributes, access, profile)
    if expiry is None and b"expires" in attributes:
        expiry = _from_expires(said, attributes, access, profile)
    if expiry is None:
        return None
    if expiry <= access.time:
        return EXPIRED
    return min(expiry, LATEST if profile.max_age_cap is None else access.time + profile.max_age_cap)


def _from_max_age(said: SetCookie, attributes: Attributes, access: Access, profile: Profile) -> float | None:
    value = attributes.get(b"max-age")
    if value is None:
        return None
    if value.isdigit() and profile.max_age is not MaxAge.UNSUPPORTED:
        return access.time + _seconds(value)
    read = _MAX_AGE_READERS[profile.max_age]
    seconds = read(value)
    if seconds is None:
        seconds = _said_earlier(said, b"max-age", profile, read)
    return None if seconds is None else access.time + seconds


def _from_expires(said: SetCookie, attributes: Attributes, access: Access, profile: Profile) -> float | None:
    expiry = profile.parse_date(attributes[b"expires"])
    if expiry is None:
        expiry = _said_earlier(said, b"expires", profile, profile.parse_date)
    if expiry is None or access.server_time is None or not profile.follows_server_clock:
        return expiry
    return expiry + access.time - access.server_time


def _said_earlier(
    said: SetCookie, name: bytes, profile: Profile, read: Callable[[bytes], float | None]
) -> float | None:
    """What an earlier attribute of this name says where the last says nothing."""
    if profile.repeats is not Repeats.LAST_VALID:
        return None
    for attribute in reversed(said.all(name)):
        if attribute.value and _fits(attribute, profile.attribute_bytes):
            result = read(attribute.value)
            if result is not None:
                return result
    return None


# -- Max-Age: seconds from now, `EXPIRED` for none, None if it says nothing --------------------------------------------

_SIGNED = re.compile(rb"([+-]?)([0-9]+)")
_LEADING = re.compile(rb'"?([0-9]+)')
_MOST_DIGITS = 18
"""More digits are more seconds than the age of the universe."""
_MOST_INT64 = 2**63 - 1


def _seconds(digits: bytes) -> float:
    digits = digits.lstrip(b"0")
    if not digits:
        return EXPIRED
    return float(digits) if len(digits) <= _MOST_DIGITS else FOREVER


def _digits(said: bytes) -> float | None:
    if said.isdigit():
        return _seconds(said)
    return EXPIRED if said.startswith(b"-") and said[1:].isdigit() else None


def _signed(said: bytes) -> float | None:
    found = _SIGNED.match(said)
    if found is None:
        return None
    digits = found[2].lstrip(b"0")
    overflows = len(digits) > _MOST_DIGITS + 1 or int(digits or b"0") >= _MOST_INT64 + (found[1] == b"-")
    if found.end() < len(said) and not overflows:
        return None
    return EXPIRED if found[1] == b"-" else _seconds(digits)


def _minus_expires(said: bytes) -> float | None:
    return EXPIRED if said.startswith(b"-") else _digits(said)


def _or_expire(said: bytes) -> float | None:
    found = _LEADING.match(said)
    return EXPIRED if found is None else _seconds(found[1])


def _unsupported(said: bytes) -> float | None:
    return None


_MAX_AGE_READERS: Mapping[MaxAge, Callable[[bytes], float | None]] = {
    MaxAge.DIGITS: _digits,
    MaxAge.SIGNED: _signed,
    MaxAge.MINUS_EXPIRES: _minus_expires,
    MaxAge.OR_EXPIRE: _or_expire,
    MaxAge.UNSUPPORTED: _unsupported,
}

# -- the rest ----------------------------------------------------------------------------------------------------------


def path_of(attributes: Attributes, access: Access, profile: Profile) -> bytes | None:
    """The cookie's path (5.6.4 and 5.7 step 11), None if the browser refuses the one said."""
    said = attributes.get(b"path")
    if said is None:
        return default_path(access.path)
    if profile.path is PathHabit.TRIMMED:
        said = said.removeprefix(b'"').removesuffix(b'"')
        said = said.removesuffix(b"/") or said
    if not said.startswith(b"/"):
        return default_path(access.path)
    return None if profile.path is PathHabit.WITHOUT_TAB and b"\t" in said else said


_SAME_SITE = {b"none": SameSite.NONE, b"lax": SameSite.LAX, b"strict": SameSite.STRICT}
_PRIORITIES = {b"low": Priority.LOW, b"high": Priority.HIGH}


def same_site_of(attributes: Attributes, profile: Profile) -> SameSite:
    """The same-site-flag (5.6.7)."""
    if profile.same_site is SameSiteDefault.UNSUPPORTED or b"samesite" not in attributes:
        return SameSite.DEFAULT
    return _SAME_SITE.get(attributes[b"samesite"].lower(), SameSite.DEFAULT)


def priority_of(attributes: Attributes, profile: Profile) -> Priority:
    """Chrome's Priority."""
    if not profile.priorities or b"priority" not in attributes:
        return Priority.MEDIUM
    return _PRIORITIES.get(attributes[b"priority"].lower(), Priority.MEDIUM)
