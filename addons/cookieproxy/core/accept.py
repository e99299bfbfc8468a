"""From a Set-Cookie field to the cookie a browser would store, or why it would not (RFC 6265bis 5.6 and 5.7, steps 1 to 22).

Judges the field and the access alone; what the jar already holds (steps 15, 16 and 23) is `jar`'s business. Browsers' departures
are read from the profile. The order of the checks is the draft's, so that the first reason is the one a browser would give.
"""

from .access import Access, SameSiteContext, Storing
from .attributes import (
    EXPIRED,
    Attributes,
    counted_attributes,
    expiry_time,
    path_of,
    priority_of,
    same_site_of,
)
from .cookie import Cookie, SameSite
from .habits import Controls, DomainHabit, Nameless, PathPromise, PrefixRule, SameSiteDefault
from .hosts import Suffixes, is_ip_address
from .octets import has_control
from .outcome import IgnoreReason
from .profiles import Profile
from .scope import scope_of
from .syntax import SetCookie, parse_set_cookie

__all__ = ["EXPIRED", "accept", "defaults_to_lax"]


def accept(
    said: SetCookie, access: Access, profile: Profile, suffixes: Suffixes, sequence: int
) -> Cookie | IgnoreReason:
    """The cookie this field means to this browser; its `expiry_time` is `EXPIRED` if it deletes."""
    if access.storing in _STORING_NONE:
        return _STORING_NONE[access.storing]
    said = _as_read(said, profile)
    refusal = _refuse_syntax(said, profile)
    if refusal is not None:
        return refusal
    attributes = counted_attributes(said, profile) if said.attributes else {}
    scope = scope_of(attributes.get(b"domain", b""), access.host, profile.domain, suffixes)
    if isinstance(scope, IgnoreReason):
        return scope
    path = path_of(attributes, access, profile)
    if path is None:
        return IgnoreReason.PATH_INVALID
    time = access.time
    cookie = Cookie(
        said.name,
        said.value,
        scope.domain,
        path,
        time,
        time,
        sequence,
        expiry_time(said, attributes, access, profile),
        scope.host_only,
        b"secure" in attributes,
        b"httponly" in attributes,
        same_site_of(attributes, profile),
        access.partition if profile.partitions and b"partitioned" in attributes else None,
        priority_of(attributes, profile),
        False,
        access.flow_id,
        time,
    )
    return _refuse_cookie(cookie, attributes, access, profile) or cookie


_STORING_NONE = {Storing.NOTHING: IgnoreReason.NO_CREDENTIALS, Storing.CLEARING: IgnoreReason.CLEARING}


def defaults_to_lax(profile: Profile) -> bool:
    """True if a cookie without SameSite counts as Lax."""
    return profile.same_site in _LAX_BY_DEFAULT


_LAX_BY_DEFAULT = frozenset((SameSiteDefault.LAX, SameSiteDefault.LAX_ALLOWING_UNSAFE))


def _as_read(said: SetCookie, profile: Profile) -> SetCookie:
    """The field as this browser takes it apart: only Safari does it otherwise than the draft."""
    source = said.source
    if profile.controls is Controls.NAME_AND_VALUE and b"\n" in source:
        source = source.partition(b"\n")[0]
    if source is not said.source or (profile.quotes_protect != said.quotes_protect and b'"' in source):
        said = parse_set_cookie(source, profile.quotes_protect)
    if profile.joins_commas and b", " in source:
        return said._replace(name=said.name.replace(b", ", b","), value=said.value.replace(b", ", b","))
    return said


# -- syntax ------------------------------------------------------------------------------------------------------------


def _refuse_syntax(said: SetCookie, profile: Profile) -> IgnoreReason | None:
    if profile.field_bytes is not None and len(said.source) > profile.field_bytes:
        return IgnoreReason.FIELD_TOO_LARGE
    if _has_refused_control(said, profile.controls):
        return IgnoreReason.CONTROL_CHARACTER
    if not said.name and (refusal := _refuse_nameless(said.value, profile)) is not None:
        return refusal
    if profile.per_cookie_bytes is not None and len(said.name) + len(said.value) > profile.per_cookie_bytes:
        return IgnoreReason.TOO_LARGE
    return None


def _has_refused_control(said: SetCookie, controls: Controls) -> bool:
    match controls:
        case Controls.FIELD:
            return has_control(said.source)
        case Controls.FIELD_AND_TAB:
            return has_control(said.source) or said.has_inner_tab
        case Controls.FIELD_AND_PAIR_TAB:
            before_equals = said.source[: max(said.equals, 0)].lstrip(b" \t")
            return has_control(said.source) or b"\t" in before_equals or b"\t" in said.value
        case Controls.NAME_AND_VALUE:
            return has_control(said.name) or has_control(said.value)
        case Controls.NEVER:
            return False


def _refuse_nameless(value: bytes, profile: Profile) -> IgnoreReason | None:
    if not value:
        return IgnoreReason.NO_CONTENT
    if profile.nameless is Nameless.REFUSED:
        return IgnoreReason.NAMELESS
    return IgnoreReason.NAMELESS_EQUALS if profile.nameless is Nameless.WITHOUT_EQUALS and b"=" in value else None


# -- meaning -----------------------------------------------------------------------------------------------------------


def _refuse_cookie(cookie: Cookie, attributes: Attributes, access: Access, profile: Profile) -> IgnoreReason | None:
    if cookie.secure_only and profile.refuses_secure_from_http and not profile.trusts(access.scheme, access.host):
        return IgnoreReason.SECURE_OVER_HTTP
    if cookie.http_only and not access.http_api:
        return IgnoreReason.HTTP_ONLY_FROM_SCRIPT
    refusal = _refuse_same_site(cookie, access, profile)
    if refusal is not None:
        return refusal
    if profile.partitions and not cookie.secure_only and b"partitioned" in attributes:
        return IgnoreReason.PARTITIONED_INSECURE
    if (cookie.name or cookie.value).startswith(b"__"):
        refusal = _refuse_prefix(cookie, attributes, profile)
    if refusal is None and cookie.partition is None and access.storing is Storing.PARTITIONED:
        return IgnoreReason.THIRD_PARTY_BLOCKED
    return refusal


_REFUSED_CROSS_SITE = {
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
    return _REFUSED_CROSS_SITE[cookie.same_site]


def _refuse_prefix(cookie: Cookie, attributes: Attributes, profile: Profile) -> IgnoreReason | None:
    """A name that begins with a prefix must keep its promise, a nameless value must not pretend to one (5.4)."""
    rule = _prefix_rule(cookie.name or cookie.value, profile)
    if rule is None:
        return None
    if not cookie.name:
        return IgnoreReason.PREFIX_NAMELESS
    if not cookie.secure_only:
        return IgnoreReason.PREFIX_SECURE
    if rule.host and not _keeps_to_host(cookie, attributes, profile):
        return IgnoreReason.PREFIX_HOST
    return IgnoreReason.PREFIX_HTTP if rule.http_only and not cookie.http_only else None


def _prefix_rule(said: bytes, profile: Profile) -> PrefixRule | None:
    for rule in profile.prefixes:
        if said.startswith(rule.prefix):
            return rule
        if profile.prefix_any_case and said[: len(rule.prefix)].lower() == rule.prefix.lower():
            return rule
    return None


def _keeps_to_host(cookie: Cookie, attributes: Attributes, profile: Profile) -> bool:
    if not cookie.host_only or cookie.path != b"/":
        return False
    if profile.domain is DomainHabit.CHROME and not _names_itself(attributes.get(b"domain", b""), cookie.domain):
        return False
    match profile.prefix_path:
        case PathPromise.EXPLICIT:
            return attributes.get(b"path") == b"/"
        case PathPromise.PRESENT:
            return b"path" in attributes
        case PathPromise.RESULTING:
            return True


def _names_itself(said: bytes, host: str) -> bool:
    """Chrome lets a `__Host-` cookie of an IP address say that address as its Domain."""
    return not said or (is_ip_address(host) and said == host.encode("ascii"))
