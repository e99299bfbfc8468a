"""One attempt to set or to get cookies: the URL as the browser knows it, the time, and what is known about who asked.

Implements the "retrieval" and "site for cookies" inputs of RFC 6265bis 5.2 and 5.8.3. Does not read headers: `exchange` does.
"""

from enum import StrEnum
from typing import NamedTuple


class Party(StrEnum):
    """Whether a request goes to the site in the address bar."""

    FIRST = "first"
    THIRD = "third"
    UNKNOWN = "unknown"


class SameSiteContext(StrEnum):
    """What the SameSite attribute is judged against (RFC 6265bis 5.2.1 and 5.6.7)."""

    SAME_SITE = "same-site"
    """Same-site, or the user's own navigation, or no evidence at all."""
    CROSS_SITE_SAFE_NAVIGATION = "cross-site-safe-navigation"
    """Top-level, from another site, with a safe method: Lax cookies go along."""
    CROSS_SITE_UNSAFE_NAVIGATION = "cross-site-unsafe-navigation"
    """Top-level, from another site, POST and the like: only Lax by default, for two minutes."""
    CROSS_SITE = "cross-site"
    """Frames, images, fetches from another site: SameSite=None only."""


class Storing(StrEnum):
    """What a browser stores of a response's cookies, whatever they say."""

    ALL = "all"
    PARTITIONED = "partitioned"
    """Only partitioned ones: it blocks those of third parties."""
    NOTHING = "nothing"
    """It made the request without credentials, as preflights and `crossorigin=anonymous` are."""
    CLEARING = "clearing"
    """None: the response clears the cookies of its site (Clear-Site-Data)."""


class Access(NamedTuple):
    """One attempt of a browser to store the cookies of a response, or to send those of a request.

    A named tuple, because every message makes one.
    """

    scheme: str
    """`http` or `https`, on the browser's side; the schemes of WebSockets are said as these."""
    host: str
    """Canonical, without port."""
    path: bytes
    """The path of the request target, without the query, as sent."""
    time: float
    """Unix seconds: a request's when it was sent, a response's when it was received."""
    context: SameSiteContext = SameSiteContext.SAME_SITE
    party: Party = Party.UNKNOWN
    http_api: bool = True
    """False for scripts, which HttpOnly cookies are hidden from."""
    partition: str | None = None
    """The top-level site (`https://shop.example`), if it is known."""
    server_time: float | None = None
    """Unix seconds of the response's Date header, if it has one (R20)."""
    flow_id: str | None = None
    storing: Storing = Storing.ALL
