"""What a page's script reads and writes as `document.cookie` and `cookieStore` (RFC 6265bis 5.4, "non-HTTP" APIs; R24).

Answers only its own page: the script's own header, which another site's page cannot send without being allowed to, and no word of
Fetch Metadata or Origin that speaks of another site.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ..core.access import Access, SameSiteContext
from ..core.jar import Jar
from ..core.outcome import Ignored, IgnoreReason, Receipt
from ..core.syntax import parse_set_cookie, serialise
from .entry import Place
from .fields import Fields, values
from .script import ASK_HEADER, ENDPOINT, PATH_HEADER, SET_HEADER

_LINE_END = re.compile(rb"[\0\r\n]")
LONGEST_COOKIE = 8_192
"""Octets that a script may write at once."""


def is_endpoint(place: Place) -> bool:
    """True for the endpoint's URL."""
    return place.path == ENDPOINT.encode()


def asked_id(fields: Fields) -> bytes:
    """The id that the script says; it stands in no URL, so that one source in a policy covers all of them."""
    return b"".join(values(fields, ASK_HEADER.lower().encode())[:1]).strip()


def is_from_own_page(fields: Fields, origin: str) -> bool:
    """True if nothing speaks against its being the script of a page of this origin, as `https://shop.example:8443`."""
    if not values(fields, ASK_HEADER.lower().encode()):
        return False
    if any(value not in (b"same-origin", b"none") for value in values(fields, b"sec-fetch-site")):
        return False
    return all(value.lower() == origin.lower().encode() for value in values(fields, b"origin"))


class Document(NamedTuple):
    """The page whose script asks."""

    place: Place
    """Its URL without the id."""
    partition: str | None

    def access(self, time: float, flow_id: str | None = None) -> Access:
        """An attempt of its script, which HttpOnly cookies are hidden from."""
        place = self.place
        return Access(
            place.scheme,
            place.host,
            place.path,
            time,
            SameSiteContext.SAME_SITE,
            http_api=False,
            partition=self.partition,
            flow_id=flow_id,
        )


def document_of(place: Place, fields: Fields, site: str) -> Document:
    """The page of a request to the endpoint."""
    said = b"".join(values(fields, PATH_HEADER.lower().encode())[:1])
    path = said if said.startswith(b"/") else b"/"
    return Document(Place(place.scheme, place.host, path.partition(b"?")[0]), f"{place.scheme}://{site}")


def assigned(fields: Fields) -> bytes:
    """What the page assigned."""
    return unquote_to_bytes(b"".join(values(fields, SET_HEADER.lower().encode())[:1]))


def readable_cookies(jar: Jar, access: Access) -> bytes:
    """The cookie string as the page may read it."""
    return b"; ".join(serialise(cookie.name, cookie.value) for cookie in jar.retrieve(access))


def write_cookie(jar: Jar, source: bytes, access: Access) -> Receipt:
    """Store what the page assigned. What is too long is not cut: half a cookie would be another one."""
    if len(source) > LONGEST_COOKIE:
        return Receipt(Ignored(IgnoreReason.FIELD_TOO_LARGE))
    if _LINE_END.search(source):  # some browsers' profiles would take one, no field that comes off the wire has one
        return Receipt(Ignored(IgnoreReason.CONTROL_CHARACTER))
    return jar.receive(parse_set_cookie(source), access)
