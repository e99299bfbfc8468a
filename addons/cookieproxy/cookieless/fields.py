"""Header fields of a response with a session in the URL: where it leads, what may be kept of it, what a page may tell others (R24).

Pure: fields in, fields out; those that need no change stay as they are, in their order.
"""

import re
from collections.abc import Callable, Iterable

from .referrers import tightened
from .refresh import Destination, destination
from .urls import Links, inserted, shifted

type Fields = tuple[tuple[bytes, bytes], ...]

_LINK = re.compile(rb"<(?P<url>[^<>]*+)>(?P<rest>(?:[^,\"]|\"(?:[^\"\\]|\\.)*+(?:\"|\Z))*+)")
_REL = re.compile(rb";[ \t]*rel[ \t]*=[ \t]*(?:\"([^\"]*)\"|([^ \t;,\"]+))", re.IGNORECASE)
_PARTS_OF_PAGES = frozenset(
    b"apple-touch-icon canonical dns-prefetch icon manifest modulepreload preconnect preload shortcut stylesheet".split()
)
"""Relations of what is fetched for a page, whose address has to be the one that the page says."""
VALIDATORS = frozenset(
    b"etag last-modified expires content-md5 digest repr-digest content-digest accept-ranges age surrogate-control"
    b" cdn-cache-control".split()
)
"""What is true of the page as the application has it, and of no rewritten one."""
NOT_KEPT = b"private, no-store"


def with_links(fields: Fields, links: Links, rewrites_parts: bool) -> Fields:
    """The fields with the id where they lead; `links` not in markup. With `rewrites_parts` also to parts of pages."""
    editors: dict[bytes, Callable[[bytes], bytes]] = {
        b"location": lambda value: inserted(value, links.edits(value)),
        b"content-location": lambda value: inserted(value, links.edits(value)),
        b"refresh": lambda value: _refresh(value, links),
        b"link": lambda value: _LINK.sub(lambda found: _one_link(found, links, rewrites_parts), value),
    }
    return tuple(
        (name, editor(value)) if (editor := editors.get(name.lower())) is not None else (name, value)
        for name, value in fields
    )


def _refresh(value: bytes, links: Links) -> bytes:
    match destination(value):
        case None:
            return value
        case Destination(start, end, lead) if start == end:
            own = links.own_address()
            return value if own is None else value[:start] + lead + own + value[start:]
        case Destination(start, end):
            return inserted(value, shifted(links.edits(value[start:end]), start))


def _one_link(found: re.Match[bytes], links: Links, rewrites_parts: bool) -> bytes:
    relation = _REL.search(found["rest"])
    words = b"" if relation is None else relation[1] or relation[2] or b""
    if not rewrites_parts and _PARTS_OF_PAGES.intersection(words.lower().split()):
        return found[0]
    return b"<" + inserted(found["url"], links.edits(found["url"])) + b">" + found["rest"]


def not_kept(fields: Fields, spell: Callable[[bytes], bytes]) -> Fields:
    """The fields of what must not be kept by anybody, because it has an id in it; `spell` writes the name of a new one."""
    rest = tuple(
        field for field in fields if field[0].lower() not in VALIDATORS and field[0].lower() != b"cache-control"
    )
    return (*rest, (spell(b"Cache-Control"), NOT_KEPT))


def telling_nobody(fields: Fields, spell: Callable[[bytes], bytes]) -> Fields:
    """The fields of a page whose address must not become known to other sites."""
    policy = tightened(values(fields, b"referrer-policy"))
    return fields if policy is None else replaced(fields, spell(b"Referrer-Policy"), policy)


def values(fields: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    """The values of all fields of that name (lower case), in order."""
    return [value for key, value in fields if key.lower() == name]


def without(fields: Fields, *names: bytes) -> Fields:
    """The fields but for those (lower case)."""
    return tuple(field for field in fields if field[0].lower() not in names)


def replaced(fields: Fields, name: bytes, value: bytes) -> Fields:
    """The fields with this one instead of all of its name."""
    return (*without(fields, name.lower()), (name, value))
