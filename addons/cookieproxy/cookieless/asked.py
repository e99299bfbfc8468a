"""A request as the browser sent it, and what its fields tell of where it comes from (Fetch Metadata, RFC 9110, RFC 6454).

Facts only: what follows from them for a session is the door's business. What a page cannot make a browser say counts as evidence,
what any program can say only against a request, never for it.
"""

from collections.abc import Callable
from typing import NamedTuple

from .fields import Fields, values
from .probe import split_probe

_DOCUMENT = b"document"
_PAGES = frozenset((_DOCUMENT, b"iframe", b"frame", b"embed", b"object"))
_EMBEDDED = frozenset((b"audio", b"font", b"image", b"script", b"style", b"track", b"video"))
_ANYTHING = b"*/*"
_PASSED_ON = (b"via", b"forwarded", b"x-forwarded-for")
_USUAL_PORTS = {"http": b":80", "https": b":443"}


class Asked(NamedTuple):
    """A request as the browser sent it."""

    scheme: str
    host: str
    """Canonical, without port."""
    method: str
    target: bytes
    fields: Fields
    client: str
    user_agent: str
    connection: str
    """The connection of the client that it came over."""
    time: float
    authority: str
    """Host and port of the browser's URL."""
    bound_by: Callable[[tuple[str, ...]], str]
    """What the client is in terms of `bind`."""
    other_ids: tuple[bytes, ...] = ()
    """Ids that came beside the URL: in its body, in fields of ours, or said by our script."""


class Facts(NamedTuple):
    """What a request's fields tell."""

    referer: bytes | None
    cookies: tuple[bytes, ...]
    """The Cookie fields without the cookie that asks."""
    token: str | None
    """What the cookie that asks says."""
    is_page: bool
    """False if it is known to be a part of a page."""
    is_unclear: bool
    """True if a page's script asks for parts with just these fields, too: over plain http, `fetch` does not say what it is."""
    is_embedded: bool
    """True if by its own account it is what a page shows, styles or runs."""
    is_cross_site: bool
    """True if the browser itself says that another site caused it."""
    is_own_part: bool
    """True if the browser itself says that a page of the same origin asked, over a connection of its own."""
    would_have_cookies: bool
    """True if a browser with cookies sends them with this."""

    @property
    def has_cookies(self) -> bool:
        """True if some cookie came, ours that asks included."""
        return self.token is not None or any(value.strip(b"; \t") for value in self.cookies)


def facts_of(asked: Asked) -> Facts:
    """The facts of a request."""
    said = {name.lower(): value for name, value in reversed(asked.fields)}
    destination = said.get(b"sec-fetch-dest")
    cookies, token = split_probe(values(asked.fields, b"cookie"))
    return Facts(
        said.get(b"referer"),
        tuple(cookies),
        token,
        destination in _PAGES if destination is not None else _looks_like_page(said),
        destination is None and said.get(b"accept", b"").strip() == _ANYTHING,
        asked.method == "GET" and _is_embedded(said),
        said.get(b"sec-fetch-site") == b"cross-site",
        _is_own_part(said, asked),
        _would_have_cookies(said),
    )


def _is_own_part(said: dict[bytes, bytes], asked: Asked) -> bool:
    """What another proxy passed on shares its connection with other browsers."""
    if any(name in said for name in _PASSED_ON):
        return False
    if (site := said.get(b"sec-fetch-site")) is not None:
        return site == b"same-origin"
    usual = _USUAL_PORTS.get(asked.scheme, b"")
    own = f"{asked.scheme}://{asked.authority}".lower().encode("latin-1", "replace")
    return said.get(b"origin", b"").removesuffix(usual) == own.removesuffix(usual)


def _is_embedded(said: dict[bytes, bytes]) -> bool:
    """Over plain http only the Accept of images and style sheets tells them from pages."""
    destination = said.get(b"sec-fetch-dest")
    if destination is None:
        return said.get(b"accept", b"").lstrip().startswith((b"image/", b"text/css"))
    return destination in _EMBEDDED and said.get(b"sec-fetch-site") == b"same-origin"


def _would_have_cookies(said: dict[bytes, bytes]) -> bool:
    """A frame may be one of a third party, where browsers with cookies send none; a part may be one of such a frame."""
    destination, site = said.get(b"sec-fetch-dest"), said.get(b"sec-fetch-site")
    return site != b"cross-site" and destination in (None, _DOCUMENT)


def _looks_like_page(said: dict[bytes, bytes]) -> bool:
    """Of an old browser, or over plain http: what does not say that it is something else may be a page."""
    if b"x-requested-with" in said or b"upgrade" in said:
        return False
    accept = said.get(b"accept", b"")
    return (
        not accept or b"text/html" in accept or accept.strip() == _ANYTHING or b"text/*" in accept or b"wap" in accept
    )
