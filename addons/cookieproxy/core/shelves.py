"""Where a jar keeps its cookies, so that each question finds them at once: by identity, by host in request order, by site, by end.

Holds what it is given: does not know what a browser accepts, sends or evicts. One rule keeps it right: nothing that a cookie is
sorted or found by (name, domain, host-only, path, partition, creation-time, sequence) changes while it stands here.
"""

import math
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from functools import lru_cache
from heapq import heapify, heappop, heappush
from itertools import chain

from .cookie import Cookie, CookieKey
from .habits import Order
from .hosts import Suffixes, is_ip_address, site_of

_HOST_OCTETS = 255
"""No name of a host is longer; what is, is not remembered."""
_MERGED_HOSTS = 64
"""For how many hosts the merged list is remembered."""
_FEW = 300
"""In a list of so many it is quicker to look for a cookie one by one."""
_SWAPS = 64
"""How many cookies set again a shelf remembers, for lists that were merged before."""


class SiteShelf:
    """The cookies of one site."""

    __slots__ = ("adopted", "count", "domains", "guarded", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.domains: list[DomainShelf] = []
        self.count = 0
        self.adopted = 0
        self.guarded: dict[bytes, list[Cookie]] | None = None
        """Secure and adopted cookies by name: a later Set-Cookie of their name has to look at them. None for none."""

    def __iter__(self) -> Iterator[Cookie]:
        return chain.from_iterable([domain.cookies for domain in self.domains])


class DomainShelf:
    """The cookies of one domain, host-only or not."""

    __slots__ = ("adopted", "cookies", "domain", "site", "stamp", "swaps")

    def __init__(self, domain: str, site: SiteShelf) -> None:
        self.domain = domain
        self.site = site
        self.cookies: list[Cookie] = []
        """In request order."""
        self.adopted = 0
        self.stamp = 0
        """Changes whenever cookies come, go or change places; no two states of any shelf have the same."""
        self.swaps: list[tuple[Cookie, Cookie]] = []
        """Cookies that others took the places of since the stamp changed, in that order."""

    def changed(self, stamp: int) -> None:
        """The list is another."""
        self.stamp = stamp
        if self.swaps:
            self.swaps = []


class MergedHost:
    """The cookies of a host and its parent domains as one list, and what all their identities have in common."""

    __slots__ = ("_shelves", "_stamps", "_swaps", "cookies", "has_narrow", "paths")

    def __init__(self, shelves: list[DomainShelf], host: str, order: Order) -> None:
        self._shelves = shelves
        self._stamps = [shelf.stamp for shelf in shelves]
        self._swaps = [len(shelf.swaps) for shelf in shelves]
        self.cookies = sorted(chain.from_iterable([shelf.cookies for shelf in shelves]), key=order)
        """In request order; not to be changed."""
        self.paths = frozenset([cookie.path for cookie in self.cookies])
        self.has_narrow = any(
            cookie.partition is not None or (cookie.host_only and cookie.domain != host) for cookie in self.cookies
        )
        """True if the partition, or a parent's being host-only, can keep one from the host."""

    def catches_up(self, shelves: list[DomainShelf]) -> bool:
        """Follows what happened to the shelves; False if more happened than that cookies were set again."""
        if self._shelves != shelves or self._stamps != [shelf.stamp for shelf in shelves]:
            return False
        for place, shelf in enumerate(shelves):
            if len(shelf.swaps) != self._swaps[place]:
                for old, new in shelf.swaps[self._swaps[place] :]:
                    self.cookies[self.cookies.index(old)] = new
                self._swaps[place] = len(shelf.swaps)
        return True


class Shelves:
    """All cookies of one jar."""

    __slots__ = (
        "_expiries",
        "_merged",
        "_order",
        "_stamp",
        "_suffixes",
        "adopted",
        "by_key",
        "changed",
        "domains",
        "sites",
        "size_bytes",
    )

    def __init__(self, suffixes: Suffixes, order: Order) -> None:
        self._suffixes = suffixes
        self._order = order
        self.by_key: dict[CookieKey, Cookie] = {}
        """In the order in which they were set last."""
        self.domains: dict[str, DomainShelf] = {}
        self.sites: dict[str, SiteShelf] = {}
        self.size_bytes = 0
        """Octets of all names and values."""
        self.adopted = 0
        """How many are adopted."""
        self.changed: dict[CookieKey, Cookie | None] = {}
        """What is not yet on disc; None for what is gone."""
        self._expiries: list[tuple[float, int, Cookie]] = []
        """A heap; what has left the jar or was set again stays in it until it comes up or is swept out."""
        self._merged: dict[str, MergedHost] | None = None
        self._stamp = 0

    # -- changing ------------------------------------------------------------------------------------------------------

    def key_of(self, cookie: Cookie) -> CookieKey:
        """The identity of a cookie that is in, or about to come; its domain becomes one object with the others'."""
        shelf = self.domains.get(cookie.domain)
        if shelf is not None:
            cookie.domain = shelf.domain
        return CookieKey(cookie.name, cookie.domain, cookie.host_only, cookie.path, cookie.partition)

    def put(self, cookie: Cookie, key: CookieKey) -> None:
        """Put in a cookie; there is none of its key."""
        shelf = self._shelf(cookie)
        self._sort_in(shelf.cookies, cookie)
        shelf.site.count += 1
        self._arrived(cookie, key, shelf)
        shelf.changed(self._stamp)

    def take(self, cookie: Cookie, key: CookieKey) -> None:
        """Take out a cookie that is in."""
        shelf = self.domains[cookie.domain]
        del shelf.cookies[self._index(shelf.cookies, cookie)]
        shelf.site.count -= 1
        self._left(cookie, key, shelf)
        self._stamp += 1
        shelf.changed(self._stamp)
        self.changed[key] = None
        if not shelf.cookies:
            del self.domains[shelf.domain]
            shelf.site.domains.remove(shelf)
            if not shelf.site.domains:
                del self.sites[shelf.site.name]

    def swap(self, old: Cookie, new: Cookie, key: CookieKey) -> None:
        """Put a cookie in the place of the one of its key."""
        shelf = self.domains[old.domain]
        index = self._index(shelf.cookies, old)
        if old.sequence == new.sequence and old.creation_time == new.creation_time:
            shelf.cookies[index] = new
            self._left(old, key, shelf)
            self._arrived(new, key, shelf)
            if len(shelf.swaps) < _SWAPS:
                shelf.swaps.append((old, new))
                return
        else:
            del shelf.cookies[index]
            self._sort_in(shelf.cookies, new)
            self._left(old, key, shelf)
            self._arrived(new, key, shelf)
        shelf.changed(self._stamp)

    def _arrived(self, cookie: Cookie, key: CookieKey, shelf: DomainShelf) -> None:
        self.by_key[key] = cookie
        self.changed[key] = cookie
        self.size_bytes += len(cookie.name) + len(cookie.value)
        if cookie.adopted:
            self._count_adopted(shelf, 1)
        if cookie.secure_only or cookie.adopted:
            _guard(shelf.site, cookie)
        self._stamp += 1
        if cookie.expiry_time is not None:
            heappush(self._expiries, (cookie.expiry_time, self._stamp, cookie))
            if len(self._expiries) > 2 * len(self.by_key) + 64:
                self._sweep()

    def _left(self, cookie: Cookie, key: CookieKey, shelf: DomainShelf) -> None:
        del self.by_key[key]
        self.size_bytes -= len(cookie.name) + len(cookie.value)
        if cookie.adopted:
            self._count_adopted(shelf, -1)
        if cookie.secure_only or cookie.adopted:
            _unguard(shelf.site, cookie)

    def _count_adopted(self, shelf: DomainShelf, more: int) -> None:
        self.adopted += more
        shelf.adopted += more
        shelf.site.adopted += more

    def _shelf(self, cookie: Cookie) -> DomainShelf:
        shelf = self.domains.get(cookie.domain)
        if shelf is not None:
            return shelf
        name = site_of(cookie.domain, self._suffixes)
        site = self.sites.get(name)
        if site is None:
            site = self.sites[name] = SiteShelf(name)
        shelf = self.domains[cookie.domain] = DomainShelf(cookie.domain, site)
        site.domains.append(shelf)
        return shelf

    def _sort_in(self, cookies: list[Cookie], cookie: Cookie) -> None:
        order = self._order
        if not cookies or order(cookies[-1]) < order(cookie):
            cookies.append(cookie)  # as most do: their path is short and they are the newest
        else:
            insort(cookies, cookie, key=order)

    def _index(self, cookies: list[Cookie], cookie: Cookie) -> int:
        if len(cookies) > _FEW:
            index = bisect_left(cookies, self._order(cookie), key=self._order)
            if index < len(cookies) and cookies[index] is cookie:
                return index
        return cookies.index(cookie)  # imported cookies may be equal in all that they are sorted by

    # -- finding -------------------------------------------------------------------------------------------------------

    def for_host(self, host: str) -> Sequence[Cookie]:
        """The cookies of this host and its parent domains, in request order; not to be changed."""
        shelves = self._shelves_of(host)
        if not shelves:
            return ()
        return shelves[0].cookies if len(shelves) == 1 else self._merge(host, shelves).cookies

    def merged(self, host: str) -> MergedHost:
        """The same with what they have in common, remembered: worth it where they are many."""
        return self._merge(host, self._shelves_of(host))

    def _shelves_of(self, host: str) -> list[DomainShelf]:
        domains = _known_upwards(host) if len(host) <= _HOST_OCTETS else _upwards(host)
        return [shelf for domain in domains if (shelf := self.domains.get(domain)) is not None]

    def _merge(self, host: str, shelves: list[DomainShelf]) -> MergedHost:
        if self._merged is None or len(self._merged) >= _MERGED_HOSTS:
            self._merged = {}
        merged = self._merged.get(host)
        if merged is None or not merged.catches_up(shelves):
            merged = self._merged[host] = MergedHost(shelves, host, self._order)
        return merged

    def site_of(self, domain: str) -> str:
        """The name of the site that a domain belongs to."""
        shelf = self.domains.get(domain)
        return site_of(domain, self._suffixes) if shelf is None else shelf.site.name

    def guarded(self, name: bytes, domain: str) -> Sequence[Cookie]:
        """The Secure and the adopted cookies of this name on the site that the domain belongs to."""
        site = self.sites.get(self.site_of(domain))
        return () if site is None or site.guarded is None else site.guarded.get(name, ())

    # -- the end -------------------------------------------------------------------------------------------------------

    @property
    def first_end(self) -> float:
        """No cookie expires before this time (Unix seconds)."""
        return self._expiries[0][0] if self._expiries else math.inf

    def next_expired(self, now: float) -> Cookie | None:
        """A cookie whose time has come by `now` (Unix seconds), or None."""
        expiries = self._expiries
        while expiries and expiries[0][0] <= now:
            cookie = heappop(expiries)[2]
            if self.by_key.get(cookie.key) is cookie:
                return cookie
        return None

    def _sweep(self) -> None:
        self._expiries = [entry for entry in self._expiries if self.by_key.get(entry[2].key) is entry[2]]
        heapify(self._expiries)


def _guard(site: SiteShelf, cookie: Cookie) -> None:
    if site.guarded is None:
        site.guarded = {}
    site.guarded.setdefault(cookie.name, []).append(cookie)


def _unguard(site: SiteShelf, cookie: Cookie) -> None:
    guarded = site.guarded or {}
    namesakes = guarded[cookie.name]
    namesakes.remove(cookie)
    if namesakes:
        return
    del guarded[cookie.name]
    if not guarded:
        site.guarded = None


def _upwards(host: str) -> tuple[str, ...]:
    """The host, then each parent domain; an IP address has none."""
    domains = [host]
    if not is_ip_address(host):
        while "." in host:
            host = host.partition(".")[2]
            domains.append(host)
    return tuple(domains)


_known_upwards = lru_cache(1024)(_upwards)
