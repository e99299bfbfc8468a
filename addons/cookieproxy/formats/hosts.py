"""Hosts and URLs as files and users write them, made canonical (RFC 6265bis 5.1.2).

Knows ASCII hosts by itself. What is not ASCII needs a `HostToAscii`, which this floor does not have: `ascii_only` refuses it.
"""

import re
from urllib.parse import quote, urlsplit

from ..core.hosts import HostToAscii, canonical_host, is_ip_address
from .values import Place

_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_FORBIDDEN = re.compile(r"[\x00-\x20#%/:<>?@\[\\\]^|\x7f]|\.\.|^\.")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_HAS_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_UNFIT = re.compile(r"[\x00-\x20\\\x7f]")


def ascii_only(host: str) -> str | None:
    """A `HostToAscii` for hosts that are ASCII already; None for any other, and for odd spellings of IP addresses."""
    if not host.isascii() or _FORBIDDEN.search(host):
        return None
    host = host.lower()
    if _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]):
        return host if is_ip_address(host) else None
    return host


def canonical(host: str, to_ascii: HostToAscii) -> str | None:
    """The host as jars have it; None for what is none."""
    found = canonical_host(host, to_ascii)
    return None if found in (None, ".") else found


def place_of(text: str, to_ascii: HostToAscii = ascii_only) -> Place | None:
    """A URL, or a host with or without port and path (`https` then), as the place of cookies; None if it is neither.

    >>> place_of("http://Shop.example:8080/cart?id=1")
    Place(scheme='http', host='shop.example', path=b'/cart')
    """
    text = text.strip()
    if _UNFIT.search(text):
        return None
    if not _HAS_SCHEME.match(text):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host = canonical(_host_of(parts.netloc), to_ascii)
    except ValueError:
        return None
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None or host is None:
        return None
    return Place(scheme, host, _as_requested(parts.path) or b"/")


def _host_of(netloc: str) -> str:
    """Without user and port."""
    host = netloc.rpartition("@")[2]
    if host.count(":") > 1 and not host.startswith("["):
        return host  # a bare IPv6 address
    return re.sub(r":[0-9]*$", "", host)


def _as_requested(path: str) -> bytes:
    """As a browser puts it on the wire: what is not ASCII becomes percent-encoded UTF-8."""
    return "".join(char if char.isascii() else quote(char, errors="replace") for char in path).encode()
