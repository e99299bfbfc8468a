"""What a stored cookie means, in short: how long it lives, who gets it, and on which requests (R6, R8)."""

from collections.abc import Iterator

from ..core.accept import defaults_to_lax
from ..core.cookie import Cookie, SameSite
from ..core.profiles import Profile, SameSiteDefault
from ..core.syntax import wire_text
from .text import span

SAME_SITE = {
    SameSite.NONE: "also from other sites' pages",
    SameSite.LAX: "from other sites only when a link opens it",
    SameSite.STRICT: "never from other sites",
}


def meaning(cookie: Cookie, profile: Profile, now: float, capped: bool) -> str:
    """`for 400 days (capped); shop.example only; https only; from other sites only when a link opens it`."""
    return "; ".join(_parts(cookie, profile, now, capped))


def _parts(cookie: Cookie, profile: Profile, now: float, capped: bool) -> Iterator[str]:
    yield _lifetime(cookie, now, capped)
    yield _scope(cookie, profile)
    if cookie.secure_only:
        yield "https only" if not profile.trusts("http", cookie.domain) else "https or http"
    if cookie.http_only:
        yield "hidden from scripts"
    if cookie.partition is not None:
        yield f"only under {cookie.partition}"
    yield SAME_SITE[effective_same_site(cookie, profile)]


def _lifetime(cookie: Cookie, now: float, capped: bool) -> str:
    if cookie.expiry_time is None:
        return "until the browser closes"
    return f"for {span(cookie.expiry_time - now)}" + (" (capped)" if capped else "")


def _scope(cookie: Cookie, profile: Profile) -> str:
    below = not cookie.host_only or profile.host_only_reaches_subdomains
    path = "" if cookie.path == b"/" else f", {wire_text(cookie.path)} and below"
    return cookie.domain + (" and below" if below else " only") + path


def effective_same_site(cookie: Cookie, profile: Profile) -> SameSite:
    """What SameSite comes to in this browser."""
    if profile.same_site is SameSiteDefault.UNSUPPORTED:
        return SameSite.NONE
    if cookie.same_site is not SameSite.DEFAULT:
        return cookie.same_site
    return SameSite.LAX if defaults_to_lax(profile) else SameSite.NONE
