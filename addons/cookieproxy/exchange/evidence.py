"""What a request's headers tell about who caused it: the site for cookies, and with it party, SameSite context, navigation.

Implements RFC 6265bis 5.2.1 as far as a proxy can see it: Fetch Metadata first, then Origin, then Referer. No evidence at all
counts as the user's own navigation, and its party stays unknown: browsers send no Sec-Fetch-* to plain-http origins. Does not
know cookies.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ..core.access import Access, Party, SameSiteContext
from ..core.hosts import Suffixes, site_of

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
TELLING = frozenset(
    (
        b"accept",
        b"origin",
        b"referer",
        b"sec-fetch-dest",
        b"sec-fetch-mode",
        b"sec-fetch-site",
        b"upgrade-insecure-requests",
    )
)
FRAMES = frozenset((b"iframe", b"frame", b"embed", b"object", b"fencedframe"))


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request as the browser sent it: its URL and its header fields."""

    scheme: str
    host: str
    """Canonical, without port."""
    method: str
    path: bytes
    """The whole request target behind the authority, query included."""
    fields: tuple[tuple[bytes, bytes], ...]
    time: float
    """Unix seconds."""
    flow_id: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a request came from, as far as it says."""

    party: Party
    context: SameSiteContext
    navigation: bool
    """True if it is known to fetch a document for a window or frame."""
    fetch_metadata: bool
    """True if it carried Sec-Fetch-*, so that not being a navigation is known too."""
    top_site: str | None
    """The registrable domain of the page that caused it, if that is another site's."""


UNKNOWN = Evidence(Party.UNKNOWN, SameSiteContext.SAME_SITE, False, False, None)


def evidence_of(head: RequestHead, site: str, suffixes: Suffixes) -> Evidence:
    """What the header fields of a request to `site` tell."""
    said = {name.lower(): value for name, value in head.fields if name.lower() in TELLING}
    if not said:
        return UNKNOWN
    if b"sec-fetch-site" in said or b"sec-fetch-mode" in said:
        return _from_fetch_metadata(said, head, site, suffixes)
    return _from_origin_and_referer(said, head, site, suffixes)


def _from_fetch_metadata(said: dict[bytes, bytes], head: RequestHead, site: str, suffixes: Suffixes) -> Evidence:
    navigation = said.get(b"sec-fetch-mode") == b"navigate"
    framed = said.get(b"sec-fetch-dest") in FRAMES
    top_level = navigation and not framed
    if said.get(b"sec-fetch-site", b"none") != b"cross-site":
        return Evidence(Party.FIRST, SameSiteContext.SAME_SITE, navigation, True, None)
    if top_level and said.get(b"sec-fetch-dest", b"document") == b"document":
        return Evidence(Party.FIRST, _navigation_context(head.method), True, True, None)
    top_site = _other_site(said, site, suffixes)
    return Evidence(Party.THIRD, SameSiteContext.CROSS_SITE, navigation, True, top_site)


def _from_origin_and_referer(said: dict[bytes, bytes], head: RequestHead, site: str, suffixes: Suffixes) -> Evidence:
    source = _source(said)
    if source is None:
        return UNKNOWN
    other = _site_of_url(source, suffixes)
    if other is None:
        return UNKNOWN
    if other == site:
        return Evidence(Party.FIRST, SameSiteContext.SAME_SITE, False, False, None)
    if _looks_like_navigation(said):
        return Evidence(Party.UNKNOWN, _navigation_context(head.method), False, False, None)
    return Evidence(Party.THIRD, SameSiteContext.CROSS_SITE, False, False, other)


def _navigation_context(method: str) -> SameSiteContext:
    if method in SAFE_METHODS:
        return SameSiteContext.CROSS_SITE_SAFE_NAVIGATION
    return SameSiteContext.CROSS_SITE_UNSAFE_NAVIGATION


def _looks_like_navigation(said: dict[bytes, bytes]) -> bool:
    return b"upgrade-insecure-requests" in said or said.get(b"accept", b"").startswith(b"text/html")


def _source(said: dict[bytes, bytes]) -> bytes | None:
    origin = said.get(b"origin")
    if origin is not None and origin != b"null":
        return origin
    return said.get(b"referer")


def _other_site(said: dict[bytes, bytes], site: str, suffixes: Suffixes) -> str | None:
    source = _source(said)
    other = None if source is None else _site_of_url(source, suffixes)
    return None if other == site else other


def _site_of_url(url: bytes, suffixes: Suffixes) -> str | None:
    host = _host_of_url(url)
    return None if host is None else site_of(host, suffixes)


@lru_cache(maxsize=4096)
def _host_of_url(url: bytes) -> str | None:
    """The host of an absolute URL in a header; browsers write it in canonical form."""
    scheme, separator, rest = url.partition(b"://")
    if not separator or not scheme.isalnum() or not rest.isascii():
        return None
    authority = (
        rest.partition(b"/")[0].partition(b"?")[0].partition(b"#")[0].rpartition(b"@")[2].lower().decode("ascii")
    )
    if authority.startswith("["):
        return authority.partition("]")[0] + "]"
    return authority.partition(":")[0] or None


def access_of(head: RequestHead, site: str, evidence: Evidence) -> Access:
    """The attempt to get cookies that a request is."""
    page = site if evidence.top_site is None else evidence.top_site
    return Access(
        head.scheme,
        head.host,
        head.path.partition(b"?")[0].partition(b"#")[0],
        head.time,
        evidence.context,
        evidence.party,
        True,
        f"{head.scheme}://{page}",
        None,
        head.flow_id,
    )


def cookie_fields(fields: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """The values of all Cookie fields, in order (HTTP/2 splits them into crumbs)."""
    return [value for name, value in fields if len(name) == 6 and name.lower() == b"cookie"]
