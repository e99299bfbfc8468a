"""A cookie jar with the storage and retrieval model of RFC 6265bis 5.7 and 5.8, in the manner of one browser's profile (R1, R5, R18, R21).

Holds state and nothing else: time comes with every call, what a browser accepts is judged by `accept`, who must leave a full jar by
`evict`. Nothing here raises on anything that came off the wire; every outcome is a value with its reason.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from .accept import EXPIRED, accept, defaults_to_lax
from .access import Access, SameSiteContext
from .cookie import Cookie, CookieKey, SameSite
from .evict import firefox_make_room, lenient_partition, strict_partition
from .hosts import Suffixes, domain_match, is_ip_address, site_of
from .outcome import (
    Ignored,
    IgnoreReason,
    Outcome,
    Receipt,
    Removal,
    RemovalCause,
    Removed,
    Replaced,
    Stored,
    WithholdReason,
)
from .paths import path_match
from .profiles import LAX_ALLOWING_UNSAFE_SECONDS, Profile, SameSiteDefault, SiteKey
from .syntax import SetCookie

COOKIE_HEADER = len(b"Cookie: ")

type Shelf = dict[CookieKey, Cookie]
type ShelfKey = tuple[str | None, str, bool]


class Bounds(NamedTuple):
    """What a jar never exceeds, whatever its profile allows: a shield against hostile servers, not a browser's limit."""

    cookies: int = 10_000
    size_bytes: int = 16_000_000


class Jar:
    """The cookies of one client, as its browser (or the proxy in its place) holds them."""

    def __init__(self, profile: Profile, suffixes: Suffixes, bounds: Bounds = Bounds()) -> None:
        self.profile = profile
        self._suffixes = suffixes
        self._bounds = bounds
        self._cookies: Shelf = {}
        self._by_domain: dict[str, Shelf] = {}
        self._by_site: dict[ShelfKey, Shelf] = {}
        self._in_order: dict[str, list[Cookie]] = {}
        self._expired: dict[ShelfKey, Shelf] = {}
        """Cookies that no longer count but still take a place until the next purge (Firefox)."""
        self._sequence = 0
        self._size_bytes = 0
        self._by_name: dict[tuple[str, bytes], Shelf] = {}
        self._expiries: list[tuple[float, int, Cookie]] = []
        """A heap; what has left the jar or was set again stays in it until it comes up or is swept out."""
        self._pushes = 0
        self._changed: dict[CookieKey, Cookie | None] = {}

    def __len__(self) -> int:
        return len(self._cookies)

    def __iter__(self) -> Iterator[Cookie]:
        return iter(self._cookies.values())

    def get(self, key: CookieKey) -> Cookie | None:
        """The cookie of this identity, if the jar has it."""
        return self._cookies.get(key)

    @property
    def size_bytes(self) -> int:
        """Octets of all names and values."""
        return self._size_bytes

    # -- storing -------------------------------------------------------------------------------------------------------

    def receive(self, said: SetCookie, access: Access, position: int = 0) -> Receipt:
        """Store what a Set-Cookie field says (RFC 6265bis 5.7); `position` counts the fields of its response from 0."""
        limit = self.profile.cookies_per_response
        if limit is not None and position >= limit:
            return Receipt(Ignored(IgnoreReason.TOO_MANY_IN_RESPONSE))
        gone = self.expire(access.time)
        cookie = accept(said, access, self.profile, self._suffixes, self._sequence + 1)
        if isinstance(cookie, IgnoreReason):
            return Receipt(Ignored(cookie), gone)
        return self._store(cookie, access, gone)

    def _store(self, cookie: Cookie, access: Access, gone: tuple[Removal, ...]) -> Receipt:
        if self._overwrites_secure(cookie, access):
            return Receipt(Ignored(IgnoreReason.OVERWRITES_SECURE), gone)
        old = self._cookies.get(cookie.key)
        if old is not None and old.http_only and not access.http_api:
            return Receipt(Ignored(IgnoreReason.HTTP_ONLY_FROM_SCRIPT), gone)
        merged = self._merge_adopted(cookie)
        if cookie.expiry_time == EXPIRED:
            return self._delete(cookie, merged, access, gone)
        gone += merged
        if old is not None:
            return self._replace(old, cookie, access, gone)
        return self._add_new(cookie, access, gone)

    def _overwrites_secure(self, cookie: Cookie, access: Access) -> bool:
        """RFC 6265bis 5.7 step 16: plain http leaves Secure cookies of that name alone."""
        if cookie.secure_only or not self.profile.leaves_secure_alone:
            return False
        if self.profile.trusts(access.scheme, access.host):
            return False
        return any(
            other.secure_only
            and (domain_match(other.domain, cookie.domain) or domain_match(cookie.domain, other.domain))
            and path_match(cookie.path, other.path)
            for other in self._namesakes(cookie.name, cookie.domain)
        )

    def _namesakes(self, name: bytes, domain: str) -> Iterable[Cookie]:
        """The cookies of this name on the site that the domain belongs to."""
        return self._by_name.get((site_of(domain, self._suffixes), name), {}).values()

    def _delete(
        self, cookie: Cookie, merged: tuple[Removal, ...], access: Access, gone: tuple[Removal, ...]
    ) -> Receipt:
        self._expired.get(self._shelf_key(cookie), {}).pop(cookie.key, None)
        old = self._cookies.get(cookie.key)
        if old is not None:
            self._take_out(old)
        elif merged:
            old = merged[0].cookie
        else:
            return Receipt(Ignored(IgnoreReason.ALREADY_EXPIRED), gone)
        return Receipt(Removed(old), gone + self._make_fit(cookie, access.time))

    def _replace(self, old: Cookie, cookie: Cookie, access: Access, gone: tuple[Removal, ...]) -> Receipt:
        if self.profile.keeps_creation_for(old, cookie.value):
            cookie.creation_time, cookie.sequence = old.creation_time, old.sequence
        else:
            self._sequence += 1
        self._take_out(old)
        self._put_in(cookie)
        cookie.sent = old.sent
        return Receipt(Replaced(cookie, old), gone + self._make_fit(cookie, access.time))

    def _add_new(self, cookie: Cookie, access: Access, gone: tuple[Removal, ...]) -> Receipt:
        if self.profile.makes_room_first:
            room = self._make_room(cookie, access.time)
            if room is None:
                return Receipt(Ignored(IgnoreReason.NO_ROOM), gone)
            gone += room
        self._sequence += 1
        self._put_in(cookie)
        return Receipt(Stored(cookie), gone + self._make_fit(cookie, access.time))

    # -- limits --------------------------------------------------------------------------------------------------------

    def _make_fit(self, new: Cookie, now: float) -> tuple[Removal, ...]:
        """Evict what exceeds the limits, the new cookie included among the candidates."""
        profile = self.profile
        removals: list[Removal] = []
        if not profile.makes_room_first:
            removals += self._fit_site(new)
            removals += self._fit_total(new, now)
        return (*removals, *self._fit_bounds(new))

    def _fit_site(self, new: Cookie) -> list[Removal]:
        counts = self.profile.counts
        shelf = self._by_site.get(self._shelf_key(new), {})
        if new.partition is not None:
            victims = strict_partition(_seen_set(shelf.values()), counts, new) if counts.per_site is not None else []
            return [self._evict(victim, RemovalCause.EVICTED_BYTES, new) for victim in victims]
        if counts.per_site is None or len(shelf) <= counts.per_site:
            return []
        victims = self.profile.evict_site(_seen_set(shelf.values()), counts)
        return [self._evict(victim, RemovalCause.EVICTED_SITE, new) for victim in victims]

    def _fit_total(self, new: Cookie, now: float) -> list[Removal]:
        counts = self.profile.counts
        if counts.total is None or len(self._cookies) <= counts.total:
            return []
        victims = self.profile.evict_total(self._unpartitioned(), counts, now)
        return [self._evict(victim, RemovalCause.EVICTED_TOTAL, new) for victim in victims]

    def _make_room(self, new: Cookie, now: float) -> tuple[Removal, ...] | None:
        """Firefox: evict before adding, for the site or a partition's bytes or the total, whichever comes first."""
        key = self._shelf_key(new)
        expired = self._expired.get(key, {})
        victims = firefox_make_room(
            _seen_set(self._by_site.get(key, {}).values()), list(expired.values()), new, self.profile.counts
        )
        if victims is None:
            return None
        cause = RemovalCause.EVICTED_SITE
        if not victims and new.partition is not None and self.profile.counts.per_site is not None:
            victims, cause = self._partition_victims(new), RemovalCause.EVICTED_BYTES
        if not victims:
            victims, cause = self._total_victims(now), RemovalCause.EVICTED_TOTAL
        live = [victim for victim in victims if expired.pop(victim.key, None) is None]
        return tuple(self._evict(victim, cause, new) for victim in live)

    def _partition_victims(self, new: Cookie) -> list[Cookie]:
        shelf = self._by_site.get(self._shelf_key(new), {})
        return lenient_partition(_seen_set(shelf.values()), self.profile.counts, new)

    def _total_victims(self, now: float) -> list[Cookie]:
        counts = self.profile.counts
        if counts.total is None or len(self._cookies) < counts.total:
            return []
        return self.profile.evict_total(self._unpartitioned(), counts, now)

    def _fit_bounds(self, new: Cookie) -> tuple[Removal, ...]:
        removals = []
        while len(self._cookies) > self._bounds.cookies or self._size_bytes > self._bounds.size_bytes:
            oldest = next(iter(self._cookies.values()))
            removals.append(self._evict(oldest, RemovalCause.EVICTED_TOTAL, new))
        return tuple(removals)

    def _unpartitioned(self) -> list[Cookie]:
        return [cookie for cookie in self._cookies.values() if cookie.partition is None and not cookie.adopted]

    def _evict(self, victim: Cookie, cause: RemovalCause, by: Cookie) -> Removal:
        self._take_out(victim)
        return Removal(victim, cause, by)

    # -- sending -------------------------------------------------------------------------------------------------------

    def retrieve(self, access: Access) -> list[Cookie]:
        """The cookies that go with a request, in the order of the Cookie header (RFC 6265bis 5.8.3)."""
        chosen = [cookie for cookie in self.candidates(access.host) if self.withhold(cookie, access) is None]
        chosen = self._fit_header(chosen)
        self._touch(chosen, access.time)
        return chosen

    def candidates(self, host: str) -> list[Cookie]:
        """The cookies of this host and its parent domains, in request order, whether or not they may be sent."""
        lists = [cookies for domain in _upwards(host) if (cookies := self._ordered(domain))]
        if len(lists) == 1:
            return lists[0]
        return sorted((cookie for cookies in lists for cookie in cookies), key=self.profile.order)

    def _ordered(self, domain: str) -> list[Cookie] | None:
        cookies = self._in_order.get(domain)
        if cookies is None and domain in self._by_domain:
            cookies = sorted(self._by_domain[domain].values(), key=self.profile.order)
            self._in_order[domain] = cookies
        return cookies

    def withhold(self, cookie: Cookie, access: Access) -> WithholdReason | None:
        """Why this cookie does not go with this request; None if it does (RFC 6265bis 5.8.3 step 1)."""
        if not self._reaches(cookie, access.host):
            return WithholdReason.DOMAIN_MISMATCH
        if cookie.path != b"/" and not path_match(access.path, cookie.path):
            return WithholdReason.NOT_ON_PATH
        if cookie.expiry_time is not None and cookie.expiry_time <= access.time:
            return WithholdReason.EXPIRED
        if cookie.secure_only and access.scheme != "https" and not self.profile.trusts(access.scheme, access.host):
            return WithholdReason.SECURE_ONLY
        if cookie.http_only and not access.http_api:
            return WithholdReason.HTTP_ONLY
        if cookie.partition is not None and cookie.partition != access.partition:
            return WithholdReason.OTHER_PARTITION
        if access.context is SameSiteContext.SAME_SITE:
            return None
        return self._withhold_cross_site(cookie, access)

    def _reaches(self, cookie: Cookie, host: str) -> bool:
        if cookie.domain == host:
            return True
        if cookie.host_only and not self.profile.host_only_reaches_subdomains:
            return False
        return domain_match(host, cookie.domain)

    def _withhold_cross_site(self, cookie: Cookie, access: Access) -> WithholdReason | None:
        profile = self.profile
        if cookie.same_site is SameSite.NONE or profile.same_site is SameSiteDefault.UNSUPPORTED:
            return None
        if cookie.same_site is SameSite.STRICT:
            return WithholdReason.SAME_SITE_STRICT
        if access.context is SameSiteContext.CROSS_SITE_SAFE_NAVIGATION:
            return None
        if cookie.same_site is SameSite.LAX:
            return WithholdReason.SAME_SITE_LAX
        if not defaults_to_lax(profile) or self._lax_allows_unsafe(cookie, access):
            return None
        return WithholdReason.SAME_SITE_DEFAULT

    def _lax_allows_unsafe(self, cookie: Cookie, access: Access) -> bool:
        return (
            self.profile.same_site is SameSiteDefault.LAX_ALLOWING_UNSAFE
            and access.context is SameSiteContext.CROSS_SITE_UNSAFE_NAVIGATION
            and access.time - cookie.creation_time <= LAX_ALLOWING_UNSAFE_SECONDS
        )

    def _fit_header(self, chosen: list[Cookie]) -> list[Cookie]:
        """curl stops collecting at a count, in the order of insertion, and writing at a size."""
        profile = self.profile
        if profile.header_cookies is not None and len(chosen) > profile.header_cookies:
            first = set(sorted(chosen, key=lambda cookie: cookie.sequence)[: profile.header_cookies])
            chosen = [cookie for cookie in chosen if cookie in first]
        if profile.header_bytes is None:
            return chosen
        return _within(chosen, profile.header_bytes)

    def _touch(self, chosen: list[Cookie], now: float) -> None:
        stale = now - self.profile.access_seconds
        for cookie in chosen:
            if cookie.last_access_time < now and cookie.last_access_time <= stale:
                cookie.last_access_time = now
                self._changed[cookie.key] = cookie

    # -- time and other causes -----------------------------------------------------------------------------------------

    def expire(self, now: float) -> tuple[Removal, ...]:
        """Take out what has expired by `now` (Unix seconds)."""
        expiries = self._expiries
        if not expiries or expiries[0][0] > now:
            return ()
        removals = []
        while expiries and expiries[0][0] <= now:
            cookie = heappop(expiries)[2]
            if self._cookies.get(cookie.key) is cookie:
                removals.append(self.remove(cookie, RemovalCause.EXPIRED))
                self._remember_expired(cookie)
        return tuple(removals)

    def _remember_expired(self, cookie: Cookie) -> None:
        if self.profile.makes_room_first:
            self._expired.setdefault(self._shelf_key(cookie), {})[cookie.key] = cookie

    def _schedule(self, cookie: Cookie, expiry_time: float) -> None:
        self._pushes += 1
        heappush(self._expiries, (expiry_time, self._pushes, cookie))
        if len(self._expiries) > 2 * len(self._cookies) + 64:
            self._expiries = [entry for entry in self._expiries if self._cookies.get(entry[2].key) is entry[2]]
            heapify(self._expiries)

    def end_session(self) -> tuple[Removal, ...]:
        """The browser was closed: take out all session cookies."""
        return tuple(self.remove(c, RemovalCause.SESSION_ENDED) for c in list(self) if not c.persistent)

    def remove(self, cookie: Cookie, cause: RemovalCause) -> Removal:
        """Take out one cookie of this jar for a cause that is not the jar's own."""
        self._take_out(cookie)
        return Removal(cookie, cause)

    def place(self, cookie: Cookie) -> None:
        """Put in a cookie that was stored before (a restart, an import); it replaces the one of its key, and evicts nobody."""
        old = self._cookies.get(cookie.key)
        if old is not None:
            self._take_out(old)
        self._sequence = max(self._sequence, cookie.sequence)
        self._put_in(cookie)

    def renew(self, cookie: Cookie, value: bytes, now: float) -> Cookie:
        """The client sent this cookie with another value: a script, or a response nobody saw, changed it."""
        renewed = replace(cookie, value=value, last_access_time=now, set_time=now, set_by=None, sent=True)
        self.place(renewed)
        return renewed

    def fullness(self, cookie: Cookie) -> float:
        """How near the cookie's site is to its limit: 1.0 is full, 0.0 has no limit."""
        limit = self.profile.counts.per_site
        return len(self._by_site.get(self._shelf_key(cookie), ())) / limit if limit else 0.0

    # -- adopting ------------------------------------------------------------------------------------------------------

    def adopt(self, name: bytes, value: bytes, access: Access) -> tuple[Cookie, tuple[Removal, ...]]:
        """Take in a cookie that the client sent and nobody saw being set: host-only, Path=/, until the browser closes.

        If a sibling host was sent the same name and value before, both are one cookie of the domain they share.
        """
        sibling = self._adopted_sibling(name, value, access.host)
        domain = access.host if sibling is None else _shared_domain(sibling.domain, access.host)
        merged = () if sibling is None else (self.remove(sibling, RemovalCause.MERGED),)
        self._sequence += 1
        cookie = Cookie(name, value, domain, b"/", access.time, access.time, self._sequence, adopted=True, sent=True)
        cookie.host_only = sibling is None
        cookie.set_time = access.time
        self.place(cookie)
        return cookie, merged + self._fit_bounds(cookie)

    def _adopted_sibling(self, name: bytes, value: bytes, host: str) -> Cookie | None:
        if is_ip_address(host) or self._suffixes.registrable_domain(host) is None:
            return None
        for cookie in self._namesakes(name, host):
            if cookie.adopted and cookie.value == value and cookie.domain != host:
                return cookie
        return None

    def _merge_adopted(self, cookie: Cookie) -> tuple[Removal, ...]:
        """The first Set-Cookie of an adopted cookie's name tells what it really is."""
        merged = [
            other
            for other in self._namesakes(cookie.name, cookie.domain)
            if other.adopted
            and other.key != cookie.key
            and (domain_match(other.domain, cookie.domain) or domain_match(cookie.domain, other.domain))
        ]
        return tuple(self.remove(other, RemovalCause.MERGED) for other in merged)

    # -- shelves -------------------------------------------------------------------------------------------------------

    def _shelf_key(self, cookie: Cookie) -> ShelfKey:
        match self.profile.site_key:
            case SiteKey.REGISTRABLE_DOMAIN:
                return (cookie.partition, site_of(cookie.domain, self._suffixes), False)
            case SiteKey.DOMAIN:
                return (cookie.partition, cookie.domain, False)
            case SiteKey.EXACT_DOMAIN:
                return (cookie.partition, cookie.domain, cookie.host_only)

    def _put_in(self, cookie: Cookie) -> None:
        key = cookie.key
        self._cookies[key] = cookie
        self._by_domain.setdefault(cookie.domain, {})[key] = cookie
        shelf_key = self._shelf_key(cookie)
        self._by_site.setdefault(shelf_key, {})[key] = cookie
        self._expired.get(shelf_key, {}).pop(key, None)
        self._by_name.setdefault((site_of(cookie.domain, self._suffixes), cookie.name), {})[key] = cookie
        self._in_order.pop(cookie.domain, None)
        self._size_bytes += cookie.size_bytes
        self._changed[key] = cookie
        if cookie.expiry_time is not None:
            self._schedule(cookie, cookie.expiry_time)

    def _take_out(self, cookie: Cookie) -> None:
        key = cookie.key
        if self._cookies.pop(key, None) is None:
            return
        self._drop_from(self._by_domain, cookie.domain, key)
        self._drop_from(self._by_site, self._shelf_key(cookie), key)
        self._drop_from(self._by_name, (site_of(cookie.domain, self._suffixes), cookie.name), key)
        self._in_order.pop(cookie.domain, None)
        self._size_bytes -= cookie.size_bytes
        self._changed[key] = None

    @staticmethod
    def _drop_from[K](shelves: dict[K, Shelf], name: K, key: CookieKey) -> None:
        shelf = shelves[name]
        del shelf[key]
        if not shelf:
            del shelves[name]

    def drain_changes(self) -> dict[CookieKey, Cookie | None]:
        """What changed since the last call, None for what is gone: for whoever keeps the jar on disc."""
        changed, self._changed = self._changed, {}
        return changed


def _seen_set(cookies: Iterable[Cookie]) -> list[Cookie]:
    """Those that count for limits: adopted cookies never evict anybody, nor are they evicted."""
    return [cookie for cookie in cookies if not cookie.adopted]


def _within(cookies: list[Cookie], header_bytes: int) -> list[Cookie]:
    size = COOKIE_HEADER
    for index, cookie in enumerate(cookies):
        size += cookie.size_bytes + (1 if cookie.name else 0) + (2 if index else 0)
        if size >= header_bytes:
            return cookies[:index]
    return cookies


def _upwards(host: str) -> Iterator[str]:
    """The host, then each parent domain."""
    yield host
    while "." in host:
        host = host.partition(".")[2]
        yield host


def _shared_domain(one: str, other: str) -> str:
    """The longest domain that both hosts are or are under."""
    shared = [a for a, b in zip(reversed(one.split(".")), reversed(other.split(".")), strict=False) if a == b]
    return ".".join(reversed(shared))
