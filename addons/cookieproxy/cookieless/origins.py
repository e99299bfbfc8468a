"""Where a URL that came or was kept as text leads, as far as entries look at it.

Reads URLs that a browser or this program wrote: what is not one of http or https, or has no host, is nothing.
"""

from urllib.parse import urlsplit

from ..core.hosts import HostToAscii, canonical_host
from .entry import Place


def place_of(url: str, to_ascii: HostToAscii) -> Place | None:
    """The place of an absolute URL; None if that cannot be told.

    >>> place_of("HTTP://Shop.Example:8080/a?b#c", str)
    Place(scheme='http', host='shop.example', path=b'/a')
    """
    try:
        parts = urlsplit(url)
        name = parts.hostname
    except ValueError:
        return None
    host = None if name is None else canonical_host(name, to_ascii)
    if host is None or parts.scheme not in ("http", "https"):
        return None
    return Place(parts.scheme, host, (parts.path or "/").encode("latin-1", "replace"))
