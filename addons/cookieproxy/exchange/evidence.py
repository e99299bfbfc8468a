"""What a request's headers tell about who caused it: party, SameSite context, top-level site, and what an absent cookie proves.

Implements RFC 6265bis 5.2 as far as a proxy can see it: Fetch Metadata first, then Origin, then Referer. No evidence at all
counts as the user's own navigation, and its party stays unknown: browsers send no Sec-Fetch-* to plain-http origins. Does not
know cookies beyond the name of their field. Sites are compared with their scheme, as browsers do for SameSite; parties without.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from ..core.access import Access, Party, SameSiteContext, Storing
from ..core.hosts import Suffixes, site_of

type Fields = tuple[tuple[bytes, bytes], ...]


class RequestHead(NamedTuple):
    """A request as the browser sent it: its URL and its header fields."""

    scheme: str
    """`http` or `https`, on the browser's side."""
    host: str
    """Canonical, without port."""
    method: str
    path: bytes
    """The whole request target behind the authority, query included."""
    fields: Fields
    time: float
    """Unix seconds."""
    flow_id: str | None = None


class Absence(StrEnum):
    """What it proves that a cookie did not come with a request."""

    NOTHING = "nothing: such requests may carry none by design"
    BESIDE_OTHERS = "something, if other cookies came that need as much"
    ALWAYS = "that the browser has it no more, or keeps it back"


class Evidence(NamedTuple):
    """Where a request came from, as far as it says."""

    party: Party
    context: SameSiteContext
    absence: Absence
    partition: str | None
    """The top-level site, as `https://shop.example`; `UNKNOWN_TOP` if it is another, nobody knows which."""
    storing: Storing = Storing.ALL
    credentials: bool = True
    """False if it may have been made without credentials: then cookies that should have come and did not say that it was."""


class Kind(StrEnum):
    """What is fetched, and for what."""

    WINDOW = "a document for a window of its own"
    FRAME = "a document within another site's or its own page"
    PART = "anything else, or nobody says what"
    PAGE = "a document, by the looks of it: an old browser, or plain http"


UNKNOWN_TOP = "unknown"
"""The partition of third parties whose page keeps its name to itself."""
COOKIE = b"cookie"
TELLING = frozenset(
    (
        COOKIE,
        b"accept",
        b"access-control-request-method",
        b"origin",
        b"purpose",
        b"referer",
        b"sec-ch-ua",
        b"sec-fetch-dest",
        b"sec-fetch-mode",
        b"sec-fetch-site",
        b"sec-fetch-storage-access",
        b"sec-purpose",
        b"upgrade-insecure-requests",
        b"x-moz",
        b"x-purpose",
    )
)
LONGEST_TELLING = max(map(len, TELLING))
FETCH_METADATA = (b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest")
AHEAD_OF_TIME = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")
SAME_SITES = frozenset((b"none", b"same-origin", b"same-site"))
READING_METHODS = frozenset(("GET", "HEAD"))
SAFE_METHODS = READING_METHODS | {"OPTIONS", "TRACE"}
REMEMBERED_OCTETS = 2_048


def read_fields(fields: Fields) -> tuple[list[bytes], Fields]:
    """The values of the Cookie fields in order (HTTP/2 splits them into crumbs), and the fields that tell where from."""
    cookies, telling = [], []
    for name, value in fields:
        if len(name) > LONGEST_TELLING or (known := _telling_name(name)) is None:
            continue
        if known == COOKIE:
            cookies.append(value)
        else:
            telling.append((known, value))
    return cookies, tuple(telling)


@lru_cache(maxsize=4096)
def _telling_name(name: bytes) -> bytes | None:
    lowered = name.lower()
    return lowered if lowered in TELLING else None


def evidence_of(telling: Fields, scheme: str, method: str, site: str, suffixes: Suffixes) -> Evidence:
    """What these fields (`read_fields`) of a request to a URL of this scheme and site tell."""
    asked = method if method in SAFE_METHODS else "POST"
    if sum([len(value) for _, value in telling]) > REMEMBERED_OCTETS:
        return _judge(telling, scheme, asked, site, suffixes)
    return _remembered(telling, scheme, asked, site, suffixes)  # type: ignore[arg-type]  # suffixes hash by identity


def access_of(head: RequestHead, evidence: Evidence) -> Access:
    """The attempt to get cookies that a request is."""
    path = head.path
    if b"?" in path or b"#" in path:
        path = path.partition(b"?")[0].partition(b"#")[0]
    return Access(
        head.scheme,
        head.host,
        path,
        head.time,
        evidence.context,
        evidence.party,
        True,
        evidence.partition,
        None,
        head.flow_id,
        evidence.storing,
    )


def _judge(telling: Fields, scheme: str, method: str, site: str, suffixes: Suffixes) -> Evidence:
    said = dict(telling)
    kind = _kind(said, method)
    evidence = _judge_source(said, kind, scheme, method, site, suffixes)
    return evidence._replace(storing=_storing(said, method), credentials=not _may_go_without(said))


def _judge_source(
    said: dict[bytes, bytes], kind: Kind, scheme: str, method: str, site: str, suffixes: Suffixes
) -> Evidence:
    absence = _absence(said, kind)
    own = f"{scheme}://{site}"
    same_party, same_site, top = _source(said, scheme, site, suffixes)
    if same_site is None:
        party = Party.FIRST if kind is Kind.WINDOW else Party.UNKNOWN
        return Evidence(party, SameSiteContext.SAME_SITE, absence, own)
    if same_site:
        return Evidence(Party.FIRST, SameSiteContext.SAME_SITE, absence, own)
    if kind is Kind.WINDOW or kind is Kind.PAGE:
        party = Party.FIRST if kind is Kind.WINDOW or same_party else Party.UNKNOWN
        return Evidence(party, _navigation_context(method), absence, own)
    if same_party:
        return Evidence(Party.FIRST, SameSiteContext.CROSS_SITE, absence, top or own)
    party = Party.UNKNOWN if same_party is None else Party.THIRD
    return Evidence(party, SameSiteContext.CROSS_SITE, absence, top or UNKNOWN_TOP)


_remembered = lru_cache(maxsize=2048)(_judge)


class Source(NamedTuple):
    """Who caused a request; None where nothing tells."""

    same_party: bool | None
    same_site: bool | None
    top: str | None = None
    """The site of the page, if it is known."""


NOBODY = Source(None, None)


def _source(said: dict[bytes, bytes], scheme: str, site: str, suffixes: Suffixes) -> Source:
    by_page = _page(said, scheme, site, suffixes)
    told = said.get(b"sec-fetch-site")
    if told == b"cross-site":
        return Source(bool(by_page.same_party), False, by_page.top)
    if told not in SAME_SITES:
        return by_page
    if b"sec-fetch-storage-access" in said:
        return Source(
            False, False, by_page.top
        )  # said only to third parties, such as a frame's own requests to its site
    return Source(True, True)


def _page(said: dict[bytes, bytes], scheme: str, site: str, suffixes: Suffixes) -> Source:
    """By Origin, then Referer. An opaque origin is nobody's; a Referer may still say whose sandbox it was."""
    origin = said.get(b"origin")
    opaque = origin == b"null"
    referer = said.get(b"referer")
    url = referer if origin is None or opaque else origin
    page = None if url is None else _scheme_and_host(url)
    if page is None:
        return Source(None, False) if opaque else NOBODY
    page_scheme, host = page
    if page_scheme not in ("http", "https"):
        return Source(False, False)
    page_site = site_of(host, suffixes)
    if page_site == site:
        return Source(True, page_scheme == scheme, f"{page_scheme}://{page_site}")
    return Source(False, False, f"{page_scheme}://{page_site}")


URL = re.compile(
    rb"([a-z][a-z0-9+.-]*)://(?:[^/?#@]*@)?(\[[0-9a-f:.]+\]|[^/?#:@\s]+)(?::[0-9]*)?(?:[/?#]|$)", re.IGNORECASE
)
WEB_SCHEMES = {"ws": "http", "wss": "https"}


def _scheme_and_host(url: bytes) -> tuple[str, str] | None:
    """Of an absolute URL in a header; browsers write hosts in canonical form."""
    found = URL.match(url)
    if found is None or not found[2].isascii():
        return None
    scheme = found[1].lower().decode("ascii")
    return WEB_SCHEMES.get(scheme, scheme), found[2].lower().decode("ascii")


def _kind(said: dict[bytes, bytes], method: str) -> Kind:
    if any(name in said for name in FETCH_METADATA):
        return _told_kind(said.get(b"sec-fetch-mode"), said.get(b"sec-fetch-dest"))
    if b"origin" in said and method in READING_METHODS:
        return Kind.PART  # fetches and WebSockets say Origin with GET, navigations do not
    if b"upgrade-insecure-requests" in said or said.get(b"accept", b"").startswith(b"text/html"):
        return Kind.PAGE
    return Kind.PART


FRAMES = frozenset((b"iframe", b"frame", b"embed", b"object", b"fencedframe"))


def _told_kind(mode: bytes | None, destination: bytes | None) -> Kind:
    if mode == b"navigate" or mode is None:
        if destination in FRAMES:
            return Kind.FRAME
        return Kind.WINDOW if destination == b"document" or (mode and destination is None) else Kind.PART
    return Kind.FRAME if mode == b"nested-navigate" else Kind.PART


def _absence(said: dict[bytes, bytes], kind: Kind) -> Absence:
    """Prefetches may go without cookies; so may frames within other sites' pages, whatever Sec-Fetch-Site says of their links."""
    if any(name in said for name in AHEAD_OF_TIME):
        return Absence.NOTHING
    if kind is Kind.WINDOW:
        return Absence.ALWAYS
    if kind is Kind.FRAME:
        return Absence.ALWAYS if said.get(b"sec-fetch-site") == b"cross-site" else Absence.BESIDE_OTHERS
    metadata = any(name in said for name in FETCH_METADATA)
    return Absence.NOTHING if metadata else Absence.BESIDE_OTHERS


CHROMIUM = re.compile(rb'"Chromium";v="([0-9]{1,4})"')
SAYS_STORAGE_ACCESS_SINCE = 140
"""Chromium's major version: older ones may already say with every cross-site request that has credentials; 156 does (tried)."""


def _storing(said: dict[bytes, bytes], method: str) -> Storing:
    """Preflights go without credentials always (Fetch 4.8). Chrome says of third parties whether their cookies are blocked."""
    if method == "OPTIONS" and b"access-control-request-method" in said:
        return Storing.NOTHING
    access = said.get(b"sec-fetch-storage-access")
    if access is not None:
        return Storing.ALL if access == b"active" else Storing.PARTITIONED
    if said.get(b"sec-fetch-site") != b"cross-site" or said.get(b"sec-fetch-mode") != b"cors":
        return Storing.ALL
    chromium = CHROMIUM.search(said.get(b"sec-ch-ua", b""))
    if chromium is not None and int(chromium[1]) >= SAYS_STORAGE_ACCESS_SINCE:
        return Storing.NOTHING
    return Storing.ALL


def _may_go_without(said: dict[bytes, bytes]) -> bool:
    """True for what pages fetch without credentials unless they ask for them: `fetch` and `crossorigin` beyond their origin."""
    if said.get(b"sec-fetch-mode") != b"cors" or b"sec-fetch-storage-access" in said:
        return False
    return said.get(b"sec-fetch-site") in (b"same-site", b"cross-site") or said.get(b"sec-fetch-dest") == b"manifest"


def _navigation_context(method: str) -> SameSiteContext:
    if method in SAFE_METHODS:
        return SameSiteContext.CROSS_SITE_SAFE_NAVIGATION
    return SameSiteContext.CROSS_SITE_UNSAFE_NAVIGATION
