"""The public suffix list with its date, and host-to-ASCII as browsers do it (RFC 6265bis 5.1.2 and 5.7 step 8; R8).

Implements `core.hosts.Suffixes` with the list that comes with publicsuffixlist, private section included, so that two
customers of a hosting company are two sites, and with the host parser of the WHATWG URL standard. Reads no network:
the list is as new as the installed package. Answers keep the form they were asked in: trailing dot, A-labels or
U-labels.
"""

import re
from functools import cache, lru_cache

import can_ada
import publicsuffixlist

from .core.hosts import is_ip_address

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\"#%/:<>?@\[\\\]^`{|}]")
"""What no host name has, or what a URL parser would strip or take for the end of the host."""

_EMPTY_LABEL = re.compile(r"^\.|\.\.")

_CACHED_HOSTS = 8192
_MAX_HOST_CHARACTERS = 1024
"""Longer ones cannot be looked up in DNS and would only fill the cache."""


class PublicSuffixes:
    """Looks hosts up in the public suffix list; answers are cached, junk is answered with None."""

    def __init__(self) -> None:
        self._list = publicsuffixlist.PublicSuffixList()
        self.date = _list_date()
        self.public_suffix = lru_cache(_CACHED_HOSTS)(self._public_suffix)
        self.registrable_domain = lru_cache(_CACHED_HOSTS)(self._registrable_domain)
        self.to_ascii = lru_cache(_CACHED_HOSTS)(host_to_ascii)

    def _public_suffix(self, host: str) -> str | None:
        name = _name(host)
        return None if name is None else _like(host, self._list.publicsuffix(name))

    def _registrable_domain(self, host: str) -> str | None:
        name = _name(host)
        return None if name is None else _like(host, self._list.privatesuffix(name))


def host_to_ascii(host: str) -> str | None:
    """The host in lower-case A-labels as a browser writes it, or None if a browser would refuse it.

    >>> host_to_ascii("Bücher.example")
    'xn--bcher-kva.example'
    """
    if not host or len(host) > _MAX_HOST_CHARACTERS or _FORBIDDEN.search(host):
        return None
    try:
        ascii_host: str = can_ada.parse(f"http://{host}/").hostname
    except (ValueError, TypeError):  # TypeError: text with lone surrogates cannot be handed over
        return None
    return None if _EMPTY_LABEL.search(ascii_host) else ascii_host or None


@cache
def load() -> PublicSuffixes:
    """The list of the installed package, read once (some 50 ms)."""
    return PublicSuffixes()


def _name(host: str) -> str | None:
    """What to look up: the host without its trailing dot; None if it is no host name."""
    name = host.removesuffix(".")
    if not name or len(name) > _MAX_HOST_CHARACTERS or _EMPTY_LABEL.search(host) or is_ip_address(name):
        return None
    return name


def _like(host: str, answer: str | None) -> str | None:
    return f"{answer}." if answer is not None and host.endswith(".") else answer


def _list_date() -> str:
    """The date the list's head gives, else that of the package."""
    with open(publicsuffixlist.PSLFILE, encoding="utf-8") as lines:
        head = lines.read(4096)
    found = re.search(r"^// VERSION: (\d{4}-\d{2}-\d{2})", head, re.MULTILINE)
    if found:
        return found[1]
    day = publicsuffixlist.__version__.rpartition(".")[2]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"
