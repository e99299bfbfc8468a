"""Where browsers part ways, each question with the answers that exist: what a profile is made of besides numbers.

Every member says in its value what it stands for. Knows no browser by name beyond that; `profiles` gives each its answers,
`accept`, `attributes` and `scope` act on them.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from .cookie import Cookie


class Controls(StrEnum):
    """Which control characters make a browser ignore a Set-Cookie."""

    FIELD = "anywhere in the field, but for tabs"
    FIELD_AND_TAB = "anywhere in the field, and tabs inside names and values, those of attributes too"
    FIELD_AND_PAIR_TAB = "anywhere in the field, and tabs inside name or value, or before the ="
    NAME_AND_VALUE = "in name or value, but for tabs; a line feed ends the field"
    NEVER = "never"


class Nameless(StrEnum):
    """What happens to a cookie without a name."""

    STORED = "stored, and sent as its bare value"
    WITHOUT_EQUALS = "stored unless its value has an equals sign, which would make a name of its beginning"
    REFUSED = "refused"


class Repeats(StrEnum):
    """Which of several attributes of one name counts."""

    LAST_VALID = "the last, but an Expires or Max-Age that cannot be read is as if it were not there"
    LAST = "the last"
    CURL = (
        "the last; Max-Age before Expires, of which the first that can be read; no empty Domain, no flag with a value"
    )


class MaxAge(StrEnum):
    """How Max-Age is read."""

    DIGITS = "digits, with an optional minus; anything else is ignored"
    SIGNED = "digits, with an optional sign; anything else is ignored unless it begins with too large a number"
    MINUS_EXPIRES = "digits; whatever begins with a minus has expired, anything else is ignored"
    OR_EXPIRE = "the digits it begins with; anything else means: expire now"
    UNSUPPORTED = "not at all"


class SameSiteDefault(StrEnum):
    """What a cookie without a SameSite it knows means to a browser."""

    UNSUPPORTED = "SameSite is not known: every cookie goes along"
    NONE = "none"
    LAX = "lax"
    LAX_ALLOWING_UNSAFE = "lax, but for two minutes also with POST navigations"


class SiteKey(StrEnum):
    """Which cookies share the count `per_site`."""

    REGISTRABLE_DOMAIN = "all hosts of a registrable domain"
    DOMAIN = "the cookie's domain"
    EXACT_DOMAIN = "the cookie's domain, host-only ones by themselves"


class DomainHabit(StrEnum):
    """How a Domain attribute is compared with the host."""

    RFC = "ASCII only; a lone dot says nothing; an IP address may name itself"
    CHROME = "in A-labels; a lone dot is refused; an IP address may name itself and stays host-only"
    FIREFOX = "octet for octet; a lone dot is refused; an IP address may name itself and stays host-only"
    CURL = "ASCII only; a public suffix may name itself; an IP address may name itself and stays host-only"


class PathHabit(StrEnum):
    """How a Path attribute is read."""

    RFC = "as said"
    WITHOUT_TAB = "as said; one with a tab is refused"
    TRIMMED = "without quotes around it and without a slash at its end"


class PrefixRule(NamedTuple):
    """What a name's prefix promises (RFC 6265bis 5.4 and its successor); Secure always."""

    prefix: bytes
    host: bool = False
    http_only: bool = False


class PathPromise(StrEnum):
    """How the Path=/ of `__Host-` is judged."""

    EXPLICIT = "Path=/ must be said"
    PRESENT = "a Path must be said, and the path must come out as /"
    RESULTING = "the path must come out as /"


SECURE_PREFIX = PrefixRule(b"__Secure-")
HOST_PREFIX = PrefixRule(b"__Host-", host=True)
HTTP_PREFIX = PrefixRule(b"__Http-", http_only=True)
HOST_HTTP_PREFIX = PrefixRule(b"__Host-Http-", host=True, http_only=True)

type Order = Callable[[Cookie], tuple[object, ...]]
"""A sort key: the order of cookies in a request. It depends on nothing that changes while a cookie is in a jar."""


def specific_then_oldest(cookie: Cookie) -> tuple[object, ...]:
    """RFC 6265bis 5.8.3 step 4: longer paths first, then earlier creation."""
    return (-len(cookie.path), cookie.creation_time, cookie.sequence)


def specific_then_name(cookie: Cookie) -> tuple[object, ...]:
    """Safari: as the RFC, but cookies of one instant come sorted by name (inferred from its test results)."""
    return (-len(cookie.path), cookie.creation_time, cookie.name, cookie.sequence)


def specific_then_newest(cookie: Cookie) -> tuple[object, ...]:
    """curl: longer paths, longer domains, longer names, then the newest."""
    return (-len(cookie.path), -len(cookie.domain), -len(cookie.name), -cookie.creation_time, -cookie.sequence)
