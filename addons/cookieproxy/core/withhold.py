"""Why a stored cookie does not go with a request (RFC 6265bis 5.8.3 step 1 and 5.6.7; R8).

Judges cookies one by one against an access, in the manner of a profile; does not know what else a jar holds, nor the order of
the Cookie header. `sendable` asks the same for many at once and is what every request pays for: a test holds the two together.
"""

from collections.abc import Sequence

from .accept import defaults_to_lax
from .access import Access, SameSiteContext
from .cookie import Cookie, SameSite
from .habits import SameSiteDefault
from .hosts import domain_match
from .outcome import WithholdReason
from .paths import path_match
from .profiles import LAX_ALLOWING_UNSAFE_SECONDS, Profile
from .shelves import MergedHost


def withhold_reason(cookie: Cookie, access: Access, profile: Profile) -> WithholdReason | None:
    """Why this cookie does not go with this request; None if it does."""
    if not _reaches(cookie, access.host, profile):
        return WithholdReason.DOMAIN_MISMATCH
    if cookie.path != b"/" and not path_match(access.path, cookie.path):
        return WithholdReason.NOT_ON_PATH
    if cookie.expiry_time is not None and cookie.expiry_time <= access.time:
        return WithholdReason.EXPIRED
    if cookie.secure_only and not profile.trusts(access.scheme, access.host):
        return WithholdReason.SECURE_ONLY
    if cookie.http_only and not access.http_api:
        return WithholdReason.HTTP_ONLY
    if cookie.partition is not None and cookie.partition != access.partition:
        return WithholdReason.OTHER_PARTITION
    if access.context is SameSiteContext.SAME_SITE:
        return None
    return _withhold_cross_site(cookie, access, profile)


def sendable_of_many(merged: MergedHost, access: Access, profile: Profile, first_end: float) -> list[Cookie]:
    """As `sendable`, for what a host has in common; no cookie expires before `first_end` (Unix seconds)."""
    if merged.has_narrow or access.context is not SameSiteContext.SAME_SITE or not access.http_api:
        return sendable(merged.cookies, access, profile)
    now, path = access.time, access.path
    paths = {said for said in merged.paths if said == b"/" or path_match(path, said)}
    chosen = merged.cookies if len(paths) == len(merged.paths) else [c for c in merged.cookies if c.path in paths]
    if first_end <= now:
        chosen = [cookie for cookie in chosen if cookie.expiry_time is None or cookie.expiry_time > now]
    if not profile.trusts(access.scheme, access.host):
        chosen = [cookie for cookie in chosen if not cookie.secure_only]
    return list(chosen) if chosen is merged.cookies else chosen


def sendable(cookies: Sequence[Cookie], access: Access, profile: Profile) -> list[Cookie]:
    """Those without a reason to be withheld, in their order; their domains are the host's or its parents'."""
    host, path, now, partition = access.host, access.path, access.time, access.partition
    trusted = profile.trusts(access.scheme, host)
    chosen = [
        cookie
        for cookie in cookies
        if (cookie.path == b"/" or path_match(path, cookie.path))
        and (cookie.expiry_time is None or cookie.expiry_time > now)
        and (trusted or not cookie.secure_only)
        and (cookie.partition is None or cookie.partition == partition)
        and (not cookie.host_only or cookie.domain == host or profile.host_only_reaches_subdomains)
    ]
    if access.context is SameSiteContext.SAME_SITE and access.http_api:
        return chosen
    return [cookie for cookie in chosen if withhold_reason(cookie, access, profile) is None]


def _reaches(cookie: Cookie, host: str, profile: Profile) -> bool:
    if cookie.domain == host:
        return True
    if cookie.host_only and not profile.host_only_reaches_subdomains:
        return False
    return domain_match(host, cookie.domain)


def _withhold_cross_site(cookie: Cookie, access: Access, profile: Profile) -> WithholdReason | None:
    if cookie.same_site is SameSite.NONE or profile.same_site is SameSiteDefault.UNSUPPORTED:
        return None
    if cookie.same_site is SameSite.STRICT:
        return WithholdReason.SAME_SITE_STRICT
    if access.context is SameSiteContext.CROSS_SITE_SAFE_NAVIGATION:
        return None
    if cookie.same_site is SameSite.LAX:
        return WithholdReason.SAME_SITE_LAX
    if not defaults_to_lax(profile) or _lax_allows_unsafe(cookie, access, profile):
        return None
    return WithholdReason.SAME_SITE_DEFAULT


def _lax_allows_unsafe(cookie: Cookie, access: Access, profile: Profile) -> bool:
    return (
        profile.same_site is SameSiteDefault.LAX_ALLOWING_UNSAFE
        and access.context is SameSiteContext.CROSS_SITE_UNSAFE_NAVIGATION
        and access.time - cookie.creation_time <= LAX_ALLOWING_UNSAFE_SECONDS
    )
