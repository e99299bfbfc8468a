"""Hosts as cookies see them: canonical form, IP addresses, loopback, domain-match, site (RFC 6265bis 5.1.2, 5.1.3; R8).

Knows the shapes of host names. Does not know which suffixes are public nor how a non-ASCII label is encoded: the
public suffix list and host-to-ASCII are parameters (`Suffixes`, `HostToAscii`), so that this floor needs the standard
library only. All hosts are text without a port; IPv6 addresses are in brackets; a trailing dot is part of the host,
as in browsers: `example.com.` is another host.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import Protocol

type HostToAscii = Callable[[str], str | None]
"""The A-labels of a host as a browser makes them (UTS 46, WHATWG URL), or None if it is no host."""

MAX_HOST_CHARACTERS = 254
"""RFC 1035 2.3.4 allows 255 octets on the wire: 253 characters, and a trailing dot."""

_PLAIN = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]*[a-z_-][a-z0-9_-]*\.?")
"""Lower-case ASCII whose last label has a letter; hexadecimal numbers and A-labels are looked at separately."""

_HEXADECIMAL_END = re.compile(r"(?:^|\.)0x[0-9a-f]*\.?$")

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_DOTTED_QUAD = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}", re.ASCII)


class Suffixes(Protocol):
    """Answers of the public suffix list, with its private section."""

    date: str
    """The date of the list, `YYYY-MM-DD`."""

    def public_suffix(self, host: str) -> str | None:
        """The suffix under which anybody may register; None for IP addresses and for what is no host name."""

    def registrable_domain(self, host: str) -> str | None:
        """The public suffix and one label; None for IP addresses, bare suffixes and for what is no host name."""

    def to_ascii(self, host: str) -> str | None:
        """A `HostToAscii`."""


def is_ip_address(host: str) -> bool:
    """Whether it is an IPv4 address in canonical dotted form or an IPv6 address, in brackets or bare."""
    last = host[-1:]
    if last == "]" or ":" in host:
        return _ipv6(host) is not None
    return "0" <= last <= "9" and _DOTTED_QUAD.fullmatch(host) is not None


@lru_cache(maxsize=4096)
def is_loopback(host: str) -> bool:
    """Whether browsers take it for this machine without asking DNS: localhost and below, 127.0.0.0/8, ::1."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    if name.startswith("127."):
        return is_ip_address(host)
    address = _ipv6(host) if ":" in host else None
    return address is not None and address.is_loopback


def domain_match(host: str, domain: str) -> bool:
    """Whether a host is a domain or below it (5.1.3); both canonical. An IP address matches itself only."""
    if host == domain:
        return True
    if not domain or not host.endswith("." + domain):
        return False
    return not (host[-1] in "0123456789]" and is_ip_address(host))


@lru_cache(maxsize=4096)
def canonical_host(host: str, to_ascii: HostToAscii) -> str | None:
    """The host in lower-case A-labels, an IP address in its canonical form (5.1.2); None for what cannot be a host.

    The trailing dot stays. Bare IPv6 addresses get their brackets.
    """
    if not host or len(host) > MAX_HOST_CHARACTERS * 4:
        return None
    if ":" in host or host[0] == "[":
        address = _ipv6(host)
        return None if address is None else f"[{address.compressed}]"
    lowered = host.lower() if host.isascii() else host
    if _PLAIN.fullmatch(lowered) and "xn--" not in lowered and not _HEXADECIMAL_END.search(lowered):
        return lowered if len(lowered) <= MAX_HOST_CHARACTERS else None
    encoded = to_ascii(host)
    if encoded is None or len(encoded) > MAX_HOST_CHARACTERS:
        return None
    return encoded


def site_of(host: str, suffixes: Suffixes) -> str:
    """The site of a canonical host: its registrable domain, or itself if it has none (IP addresses, localhost)."""
    return suffixes.registrable_domain(host) or host


def _ipv6(host: str) -> IPv6Address | None:
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if "%" in host:
        return None
    try:
        return IPv6Address(host)
    except AddressValueError:
        return None
