"""From a Set-Cookie field to the cookie a browser would store, or the reason why it would not (RFC 6265bis 5.6 and 5.7, steps 1 to 22).

Judges the field and the access alone; what the jar already holds (steps 15, 16 and 23) is `jar`'s business. Browsers' departures are
read from the profile. The order of the checks is the draft's, so that the first reason is the one a browser would give.
"""

from typing import NamedTuple

from .access import Access, SameSiteContext
from .cookie import Cookie, Priority, SameSite
from .hosts import Suffixes, domain_match, is_ip_address
from .outcome import IgnoreReason
from .paths import default_path
from .profiles import Controls, DomainHabit, MaxAge, PathPromise, Profile, SameSiteDefault
from .syntax import Attribute, SetCookie, set_cookie_has_control

EXPIRED = float("-inf")
"""The expiry time of a Set-Cookie that means: delete."""
LONGEST_MAX_AGE_DIGITS = 18
"""More digits than this are more seconds than the age of the universe; they saturate."""
FOREVER = 1e18


class Scope(NamedTuple):
    """A cookie's domain and whether it is for that host alone."""

    domain: str
    host_only: bool


def accept(
    said: SetCookie, access: Access, profile: Profile, suffixes: Suffixes, sequence: int
) -> Cookie | IgnoreReason:
    """The cookie this field means to this browser; its `expiry_time` is `EXPIRED` if it deletes."""
    refusal = _refuse_syntax(said, profile)
    if refusal is not None:
        return refusal
    attributes = _attributes(said, profile)
    scope = _scope(attributes, access, profile, suffixes)
    if isinstance(scope, IgnoreReason):
        return scope
    path = _path(attributes, access, profile)
    if path is None:
        return IgnoreReason.PATH_INVALID
    cookie = Cookie(
        said.name,
        said.value,
        scope.domain,
        path,
        access.time,
        access.time,
        sequence,
        _expiry(attributes, access, profile),
        scope.host_only,
        b"secure" in attributes,
        b"httponly" in attributes,
        _same_site(attributes, profile),
        _partition(attributes, access, profile),
        _priority(attributes, profile),
        False,
        access.flow_id,
        access.time,
    )
    return _refuse_cookie(cookie, attributes, access, profile) or cookie


def _refuse_syntax(said: SetCookie, profile: Profile) -> IgnoreReason | None:
    if profile.field_bytes is not None and len(said.source) > profile.field_bytes:
        return IgnoreReason.FIELD_TOO_LARGE
    if _has_refused_control(said, profile.controls):
        return IgnoreReason.CONTROL_CHARACTER
    if not said.name:
        if not said.value:
            return IgnoreReason.NO_CONTENT
        if not profile.nameless:
            return IgnoreReason.NAMELESS
    if profile.per_cookie_bytes is not None and len(said.name) + len(said.value) > profile.per_cookie_bytes:
        return IgnoreReason.TOO_LARGE
    return None


def _has_refused_control(said: SetCookie, controls: Controls) -> bool:
    match controls:
        case Controls.FIELD:
            return set_cookie_has_control(said.source)
        case Controls.FIELD_AND_INNER_TAB:
            return set_cookie_has_control(said.source) or b"\t" in said.name or b"\t" in said.value
        case Controls.NAME_AND_VALUE:
            return set_cookie_has_control(said.name) or set_cookie_has_control(said.value)
        case Controls.NEVER:
            return False


FLAGS = frozenset((b"secure", b"httponly", b"partitioned"))
EMPTY_UNDOES_NOTHING = frozenset((b"domain",))


def _attributes(said: SetCookie, profile: Profile) -> dict[bytes, bytes]:
    """The attributes that count, last one wins."""
    if not said.attributes:
        return {}
    limit = profile.attribute_bytes
    if profile.bare_flags or profile.first_expires:
        return _curl_attributes(said.attributes)
    return {
        attribute.name: attribute.value or b""
        for attribute in said.attributes
        if limit is None or attribute.value is None or len(attribute.value) <= limit
    }


def _curl_attributes(attributes: tuple[Attribute, ...]) -> dict[bytes, bytes]:
    """curl: flags must be bare, an empty Domain undoes nothing, the first Expires counts if no Max-Age stands before it."""
    counted: dict[bytes, bytes] = {}
    for attribute in attributes:
        if attribute.name in FLAGS and attribute.value is not None:
            continue
        if attribute.name in EMPTY_UNDOES_NOTHING and not attribute.value:
            continue
        if attribute.name == b"expires" and (b"expires" in counted or b"max-age" in counted):
            continue
        counted[attribute.name] = attribute.value or b""
    return counted


def _scope(
    attributes: dict[bytes, bytes], access: Access, profile: Profile, suffixes: Suffixes
) -> Scope | IgnoreReason:
    said = attributes.get(b"domain", b"")
    if not said:
        return Scope(access.host, True)
    domain = _domain_said(said, access, profile, suffixes)
    if isinstance(domain, IgnoreReason):
        return domain
    if not domain:
        return Scope(access.host, True)
    if is_ip_address(access.host):
        return _address_scope(said, domain, access, profile)
    if suffixes.public_suffix(domain) == domain:
        return Scope(access.host, True) if domain == access.host else IgnoreReason.PUBLIC_SUFFIX
    if not domain_match(access.host, domain):
        return IgnoreReason.DOMAIN_MISMATCH
    return Scope(domain, False)


def _domain_said(said: bytes, access: Access, profile: Profile, suffixes: Suffixes) -> str | IgnoreReason:
    """The Domain attribute as a host; empty if it says nothing after all."""
    bare = said.removeprefix(b".")
    if profile.domain in (DomainHabit.RFC, DomainHabit.CURL):
        return bare.decode("ascii").lower() if bare.isascii() else IgnoreReason.DOMAIN_NOT_ASCII
    if not bare or b"%" in bare or access.host.endswith(".."):
        return IgnoreReason.DOMAIN_INVALID
    if bare.isascii():
        return bare.decode("ascii").lower()
    return suffixes.to_ascii(bare.decode("utf-8", "replace")) or IgnoreReason.DOMAIN_INVALID


def _address_scope(said: bytes, domain: str, access: Access, profile: Profile) -> Scope | IgnoreReason:
    match profile.domain:
        case DomainHabit.RFC:
            return Scope(domain, False) if domain == access.host else IgnoreReason.DOMAIN_MISMATCH
        case DomainHabit.CHROME | DomainHabit.CURL:
            return Scope(domain, True) if domain == access.host else IgnoreReason.DOMAIN_MISMATCH
        case DomainHabit.FIREFOX:
            return Scope(domain, True) if said.decode("latin-1") == access.host else IgnoreReason.DOMAIN_MISMATCH


def _path(attributes: dict[bytes, bytes], access: Access, profile: Profile) -> bytes | None:
    said = attributes.get(b"path", b"")
    if not said.startswith(b"/"):
        return default_path(access.path)
    if profile.path_refuses_tab and b"\t" in said:
        return None
    return said


def _expiry(attributes: dict[bytes, bytes], access: Access, profile: Profile) -> float | None:
    """Unix seconds, `EXPIRED` to delete, None for a session cookie (RFC 6265bis 5.7 step 6)."""
    expiry = _from_max_age(attributes.get(b"max-age"), access.time, profile)
    if expiry is None:
        expiry = _from_expires(attributes.get(b"expires"), access, profile)
    if expiry is None:
        return None
    if expiry <= access.time:
        return EXPIRED
    if profile.max_age_cap is None:
        return expiry
    return min(expiry, access.time + profile.max_age_cap)


def _from_max_age(said: bytes | None, now: float, profile: Profile) -> float | None:
    if said is None or profile.max_age is MaxAge.UNSUPPORTED:
        return None
    digits = said.removeprefix(b"-")
    if profile.max_age is MaxAge.MINUS_EXPIRES and said.startswith(b"-"):
        return EXPIRED
    if not digits.isdigit():
        return EXPIRED if profile.max_age is MaxAge.OR_EXPIRE else None
    if said.startswith(b"-") or not digits.strip(b"0"):
        return EXPIRED
    return now + (float(digits) if len(digits) <= LONGEST_MAX_AGE_DIGITS else FOREVER)


def _from_expires(said: bytes | None, access: Access, profile: Profile) -> float | None:
    expiry = None if said is None else profile.parse_date(said)
    if expiry is None or access.server_time is None or not profile.follows_server_clock:
        return expiry
    return expiry + (access.time - access.server_time)


SAME_SITE = {b"none": SameSite.NONE, b"lax": SameSite.LAX, b"strict": SameSite.STRICT}


def _same_site(attributes: dict[bytes, bytes], profile: Profile) -> SameSite:
    if profile.same_site is SameSiteDefault.UNSUPPORTED:
        return SameSite.DEFAULT
    return SAME_SITE.get(attributes.get(b"samesite", b"").lower(), SameSite.DEFAULT)


def _partition(attributes: dict[bytes, bytes], access: Access, profile: Profile) -> str | None:
    return access.partition if profile.partitions and b"partitioned" in attributes else None


PRIORITIES = {b"low": Priority.LOW, b"high": Priority.HIGH}


def _priority(attributes: dict[bytes, bytes], profile: Profile) -> Priority:
    if not profile.priorities:
        return Priority.MEDIUM
    return PRIORITIES.get(attributes.get(b"priority", b"").lower(), Priority.MEDIUM)


def _refuse_cookie(
    cookie: Cookie, attributes: dict[bytes, bytes], access: Access, profile: Profile
) -> IgnoreReason | None:
    trusted = profile.trusts(access.scheme, access.host)
    if cookie.secure_only and not trusted and profile.refuses_secure_from_http:
        return IgnoreReason.SECURE_OVER_HTTP
    if cookie.http_only and not access.http_api:
        return IgnoreReason.HTTP_ONLY_FROM_SCRIPT
    refusal = _refuse_same_site(cookie, access, profile)
    if refusal is not None:
        return refusal
    if profile.partitions and b"partitioned" in attributes and not cookie.secure_only:
        return IgnoreReason.PARTITIONED_INSECURE
    return _refuse_prefix(cookie, attributes, trusted, profile)


REFUSED_CROSS_SITE = {
    SameSite.STRICT: IgnoreReason.SAME_SITE_STRICT,
    SameSite.LAX: IgnoreReason.SAME_SITE_LAX,
    SameSite.DEFAULT: IgnoreReason.SAME_SITE_DEFAULT,
}


def _refuse_same_site(cookie: Cookie, access: Access, profile: Profile) -> IgnoreReason | None:
    if cookie.same_site is SameSite.NONE:
        return IgnoreReason.SAME_SITE_NONE_INSECURE if profile.none_requires_secure and not cookie.secure_only else None
    if access.context is not SameSiteContext.CROSS_SITE:
        return None
    if cookie.same_site is SameSite.DEFAULT and not defaults_to_lax(profile):
        return None
    return REFUSED_CROSS_SITE[cookie.same_site]


def defaults_to_lax(profile: Profile) -> bool:
    """True if a cookie without SameSite counts as Lax."""
    return profile.same_site in (SameSiteDefault.LAX, SameSiteDefault.LAX_ALLOWING_UNSAFE)


def _refuse_prefix(
    cookie: Cookie, attributes: dict[bytes, bytes], trusted: bool, profile: Profile
) -> IgnoreReason | None:
    said = cookie.name or cookie.value.lstrip(b" \t")
    if not said.startswith(b"__"):
        return None
    compared = said.lower() if profile.prefix_any_case else said
    for rule in profile.prefixes:
        if compared.startswith(rule.prefix.lower() if profile.prefix_any_case else rule.prefix):
            if not cookie.name:
                return IgnoreReason.PREFIX_NAMELESS
            return _broken_promise(cookie, attributes, trusted, profile, rule.host, rule.http_only)
    return None


def _broken_promise(
    cookie: Cookie, attributes: dict[bytes, bytes], trusted: bool, profile: Profile, host: bool, http_only: bool
) -> IgnoreReason | None:
    if not cookie.secure_only or not trusted:
        return IgnoreReason.PREFIX_SECURE
    if host and not _keeps_to_host(cookie, attributes, profile):
        return IgnoreReason.PREFIX_HOST
    return IgnoreReason.PREFIX_HTTP if http_only and not cookie.http_only else None


def _keeps_to_host(cookie: Cookie, attributes: dict[bytes, bytes], profile: Profile) -> bool:
    if not cookie.host_only or cookie.path != b"/":
        return False
    if profile.domain is DomainHabit.CHROME and attributes.get(b"domain") and not is_ip_address(cookie.domain):
        return False
    match profile.prefix_path:
        case PathPromise.EXPLICIT:
            return attributes.get(b"path") == b"/"
        case PathPromise.PRESENT:
            return b"path" in attributes
        case PathPromise.RESULTING:
            return True
