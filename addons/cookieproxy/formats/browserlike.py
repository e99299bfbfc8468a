"""What the JSON formats that come from browsers have in common (Playwright, DevTools, WebExtensions, WebDriver).

All say a cookie as an object with `name`, `value`, `domain` (a leading dot: subdomains too), `path`, `secure`, `httpOnly` and
`sameSite`; they differ in how they say when it expires, and in what else there is. Reading is lenient about which of them it is.
"""

from collections.abc import Iterator, Mapping

from ..core.cookie import Cookie, Priority, SameSite
from ..core.hosts import domain_match
from .document import Node, nodes, parse
from .format import Content
from .reading import Draft, Reading, Source
from .values import Field

SAME_SITE: Mapping[str, SameSite] = {
    "strict": SameSite.STRICT,
    "lax": SameSite.LAX,
    "none": SameSite.NONE,
    "no_restriction": SameSite.NONE,
    "unspecified": SameSite.DEFAULT,
    "": SameSite.DEFAULT,
}
PRIORITY: Mapping[str, Priority] = {priority.value: priority for priority in Priority}
SESSION = -1.0
"""As an expiry: until the browser closes."""

_KEYS = {
    Field.HTTP_ONLY: "httpOnly",
    Field.HOST_ONLY: "hostOnly",
    Field.SAME_SITE: "sameSite",
    Field.PARTITION_KEY: "partitionKey",
}
_LOOKED_AT = 20
"""A format is recognised by its first cookies."""


def text(octets: bytes) -> str:
    """A narrowed cookie's name, value or path."""
    return octets.decode()


def dotted_domain(cookie: Cookie) -> str:
    """The domain with a dot before it, unless the cookie is its host's alone."""
    return cookie.domain if cookie.host_only else f".{cookie.domain}"


def is_third_party(cookie: Cookie) -> bool:
    """Whether a partitioned cookie belongs to another site than the page it is on (Chromium's hasCrossSiteAncestor)."""
    host = (cookie.partition or "").rpartition("://")[2]
    return not domain_match(cookie.domain, host)


def top_level(source: Source, reading: Reading) -> Iterator[Node]:
    """Each cookie of a file that is a list of them, or an object with such a list under `cookies`."""
    document = parse(source.data, source.format)
    if isinstance(document, list):
        return nodes(document, "$", reading.mistake)
    top = Node(document, "$", reading.mistake)
    return top.list_of_nodes("cookies") if top.need("cookies") else iter(())


def draft_of(item: Node, expiry_key: str) -> Draft | None:
    """What an object says of a cookie; None if it says too little, which has been complained about."""
    name, value = item.octets("name"), item.octets("value")
    if not item.need("name", "value") or name is None or value is None:
        return None
    return Draft(
        name,
        value,
        item.text("domain"),
        path=item.octets("path") or b"/",
        expiry=_expiry(item, expiry_key),
        secure=item.flag("secure") or False,
        http_only=item.flag("httpOnly") or False,
        same_site=item.choice("sameSite", SAME_SITE, SameSite.DEFAULT),
        partition=_partition(item),
    )


def add(reading: Reading, item: Node, draft: Draft, expiry_key: str) -> None:
    """Puts it among the cookies read, with the places of its fields."""
    keys = {**_KEYS, Field.EXPIRES: expiry_key}
    reading.add(draft, item.path, item.spots(keys))


def items(content: Content) -> list[dict[str, object]]:
    """The first objects of a list, or of the list under `cookies`."""
    document = content.document
    listed = document.get("cookies") if isinstance(document, dict) else document
    return [item for item in listed[:_LOOKED_AT] if isinstance(item, dict)] if isinstance(listed, list) else []


def any_has(objects: list[dict[str, object]], *keys: str) -> bool:
    """Whether one of these keys is in one of these objects."""
    return any(key in item for item in objects for key in keys)


def _expiry(item: Node, key: str) -> float | None:
    expiry = item.number(key)
    return None if expiry == SESSION or item.flag("session") else expiry


def _partition(item: Node) -> str | None:
    """As text (Playwright, older DevTools) or as an object (DevTools, WebExtensions), which is empty for no partition."""
    if not item.has("partitionKey"):
        return None
    if not item.is_object("partitionKey"):
        return item.text("partitionKey") or None
    key = item.node("partitionKey")
    return None if key is None else key.text("topLevelSite") or None
