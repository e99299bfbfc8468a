"""A cookie jar: storage and retrieval of RFC 6265bis 5.7 and 5.8 in the manner of one browser's profile (R1, R5, R18, R21).

Holds state and nothing else: time comes with every call, what a browser accepts is judged by `accept`, what it sends by
`withhold`, who must leave a full jar by `limits`; the cookies stand in `shelves`. Nothing here raises on anything that came off
the wire; every outcome is a value with its reason.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .accept import EXPIRED, accept
from .access import Access
from .adoption import may_be_one, shared_domain, sibling_among
from .cookie import Cookie, CookieKey
from .hosts import Suffixes, domain_match
from .limits import Bounds, Limits
from .outcome import (
    Ignored,
    IgnoreReason,
    Receipt,
    Removal,
    RemovalCause,
    Removed,
    Replaced,
    Stored,
    WithholdReason,
)
from .paths import path_match
from .profiles import Profile
from .shelves import Shelves
from .syntax import SetCookie
from .withhold import sendable, sendable_of_many, withhold_reason

__all__ = ["Bounds", "Jar"]

BOUNDS = Bounds()
COOKIE_HEADER = len(b"Cookie: ")
MANY = 16
"""So many cookies are worth a look at what they have in common."""
RESPONSE_SECONDS = 0.01
"""What the fields of one response, which have one time, may be spread over: some 40,000 of them."""
WRITTEN_SECONDS = 60.0
"""A last-access-time goes to disc at most this often."""


class Jar:
    """The cookies of one client, as its browser (or the proxy in its place) holds them."""

    __slots__ = ("_bounds", "_limits", "_sequence", "_set_time", "_shelves", "_suffixes", "profile")

    def __init__(self, profile: Profile, suffixes: Suffixes, bounds: Bounds = BOUNDS) -> None:
        self.profile = profile
        self._suffixes = suffixes
        self._bounds = bounds
        self._sequence = 0
        self._set_time = 0.0
        self._shelves: Shelves | None = None
        """None until a cookie comes: most clients' held jars stay empty."""
        self._limits: Limits | None = None

    def __len__(self) -> int:
        return 0 if self._shelves is None else len(self._shelves.by_key)

    def __iter__(self) -> Iterator[Cookie]:
        return iter(() if self._shelves is None else self._shelves.by_key.values())

    def get(self, key: CookieKey) -> Cookie | None:
        """The cookie of this identity, if the jar has it."""
        return None if self._shelves is None else self._shelves.by_key.get(key)

    @property
    def size_bytes(self) -> int:
        """Octets of all names and values."""
        return 0 if self._shelves is None else self._shelves.size_bytes

    def fullness(self, cookie: Cookie) -> float:
        """How near the cookie's site is to its limit: 1.0 is full, 0.0 has no limit."""
        return 0.0 if self._limits is None else self._limits.fullness(cookie)

    def next_victims(self, like: Cookie) -> list[Cookie]:
        """Who would have to leave first if the site went on getting cookies like this one of the jar; changes nothing."""
        return [] if self._limits is None else self._limits.next_victims(like)

    def drain_changes(self) -> dict[CookieKey, Cookie | None]:
        """What changed since the last call, None for what is gone: for whoever keeps the jar on disc."""
        if self._shelves is None:
            return {}
        changed, self._shelves.changed = self._shelves.changed, {}
        return changed

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
        shelves, limits = self._open()
        key = shelves.key_of(cookie)
        old = shelves.by_key.get(key)
        if not cookie.secure_only and self._overwrites_secure(cookie, access, shelves):
            return Receipt(Ignored(IgnoreReason.OVERWRITES_SECURE), gone)
        if old is not None and old.http_only and not access.http_api:
            return Receipt(Ignored(IgnoreReason.HTTP_ONLY_FROM_SCRIPT), gone)
        if shelves.adopted:
            gone += self._merge_adopted(cookie, key, shelves)
        limits.lay(cookie, key)
        if cookie.expiry_time == EXPIRED:
            return self._delete(cookie, key, old, access, gone)
        cookie.set_time = cookie.last_access_time = self._next_set_time(access.time)
        if old is not None:
            return self._replace(old, cookie, key, access, gone)
        return self._add_new(cookie, key, access, gone)

    def _open(self) -> tuple[Shelves, Limits]:
        if self._shelves is None or self._limits is None:
            self._shelves = Shelves(self._suffixes, self.profile.order)
            self._limits = Limits(self.profile, self._shelves, self._bounds)
        return self._shelves, self._limits

    def _next_set_time(self, now: float) -> float:
        """The fields of one response arrive one after the other, as they do in a browser: who is evicted depends on it."""
        if now <= self._set_time < now + RESPONSE_SECONDS:
            now = math.nextafter(self._set_time, math.inf)
        self._set_time = now
        return now

    def _overwrites_secure(self, cookie: Cookie, access: Access, shelves: Shelves) -> bool:
        """RFC 6265bis 5.7 step 16: plain http leaves Secure cookies of that name alone."""
        if not self.profile.leaves_secure_alone or self.profile.trusts(access.scheme, access.host):
            return False
        path = cookie.path
        above = [other for other in shelves.guarded(cookie.name, cookie.domain) if path.startswith(other.path)]
        return any(
            other.secure_only
            and other.partition == cookie.partition
            and path_match(path, other.path)
            and (domain_match(other.domain, cookie.domain) or domain_match(cookie.domain, other.domain))
            for other in above
        )

    def _delete(
        self, cookie: Cookie, key: CookieKey, old: Cookie | None, access: Access, gone: tuple[Removal, ...]
    ) -> Receipt:
        shelves, limits = self._open()
        if old is None:
            merged = next((removal for removal in gone if removal.cause is RemovalCause.MERGED), None)
            if merged is None:
                return Receipt(Ignored(IgnoreReason.ALREADY_EXPIRED), gone)
            return Receipt(Removed(merged.cookie), tuple(removal for removal in gone if removal is not merged))
        shelves.take(old, key)
        return Receipt(Removed(old), (*gone, *limits.fit(cookie, access.time)))

    def _replace(
        self, old: Cookie, cookie: Cookie, key: CookieKey, access: Access, gone: tuple[Removal, ...]
    ) -> Receipt:
        shelves, limits = self._open()
        if old.adopted and self.profile.makes_room_first:
            room = limits.make_room(cookie, access.time)
            if room is None:
                return Receipt(Ignored(IgnoreReason.NO_ROOM), gone)
            gone = (*gone, *room)
        if self.profile.keeps_creation_for(old, cookie.value):
            cookie.creation_time, cookie.sequence = old.creation_time, old.sequence
        else:
            self._sequence += 1
        cookie.sent = old.sent
        shelves.swap(old, cookie, key)
        if self.profile.makes_room_first:
            gone = (*gone, *limits.make_partition_fit(cookie))
        return Receipt(Replaced(cookie, old), (*gone, *limits.fit(cookie, access.time)))

    def _add_new(self, cookie: Cookie, key: CookieKey, access: Access, gone: tuple[Removal, ...]) -> Receipt:
        shelves, limits = self._open()
        if self.profile.makes_room_first:
            room = limits.make_room(cookie, access.time)
            if room is None:
                return Receipt(Ignored(IgnoreReason.NO_ROOM), gone)
            gone = (*gone, *room)
        self._sequence += 1
        shelves.put(cookie, key)
        return Receipt(Stored(cookie), (*gone, *limits.fit(cookie, access.time)))

    # -- sending -------------------------------------------------------------------------------------------------------

    def retrieve(self, access: Access) -> list[Cookie]:
        """The cookies that go with a request, in the order of the Cookie header (RFC 6265bis 5.8.3)."""
        shelves = self._shelves
        if shelves is None:
            return []
        cookies = shelves.for_host(access.host)
        if len(cookies) < MANY:
            chosen = sendable(cookies, access, self.profile)
        else:
            chosen = sendable_of_many(shelves.merged(access.host), access, self.profile, shelves.first_end)
        if self.profile.header_bytes is not None or self.profile.header_cookies is not None:
            chosen = self._fit_header(chosen, shelves)
        self._touch(chosen, access.time, shelves)
        return chosen

    def candidates(self, host: str) -> Sequence[Cookie]:
        """The cookies of this host and its parent domains, in request order, whether or not they may be sent."""
        return () if self._shelves is None else self._shelves.for_host(host)

    def withhold(self, cookie: Cookie, access: Access) -> WithholdReason | None:
        """Why this cookie does not go with this request; None if it does (RFC 6265bis 5.8.3 step 1)."""
        return withhold_reason(cookie, access, self.profile)

    def _fit_header(self, chosen: list[Cookie], shelves: Shelves) -> list[Cookie]:
        """curl stops collecting at a count, in the order in which they were set, and writing at a size."""
        most = self.profile.header_cookies
        if most is not None and len(chosen) > most:
            collected = set(chosen)
            stored = [cookie for cookie in shelves.by_key.values() if cookie in collected]
            collected = set(stored[:most])
            chosen = [cookie for cookie in chosen if cookie in collected]
        return chosen if self.profile.header_bytes is None else _within(chosen, self.profile.header_bytes)

    def _touch(self, chosen: list[Cookie], now: float, shelves: Shelves) -> None:
        stale = now - self.profile.access_seconds
        for cookie in [cookie for cookie in chosen if cookie.last_access_time <= stale]:
            written = cookie.last_access_time // WRITTEN_SECONDS
            cookie.last_access_time = max(now, cookie.last_access_time)
            if written != now // WRITTEN_SECONDS:
                shelves.changed[cookie.key] = cookie

    # -- time and other causes -----------------------------------------------------------------------------------------

    def expire(self, now: float) -> tuple[Removal, ...]:
        """Take out what has expired by `now` (Unix seconds)."""
        shelves, limits = self._shelves, self._limits
        if shelves is None or limits is None or shelves.first_end > now:
            return ()
        removals = []
        while (cookie := shelves.next_expired(now)) is not None:
            removals.append(self.remove(cookie, RemovalCause.EXPIRED))
            limits.haunt(cookie, cookie.key)
        return tuple(removals)

    def end_session(self) -> tuple[Removal, ...]:
        """The browser was closed: take out all session cookies."""
        return tuple(self.remove(c, RemovalCause.SESSION_ENDED) for c in list(self) if not c.persistent)

    def remove(self, cookie: Cookie, cause: RemovalCause) -> Removal:
        """Take out one cookie of this jar, if it is still in, for a cause that is not the jar's own."""
        key = cookie.key
        if self._shelves is not None and self._shelves.by_key.get(key) is cookie:
            self._shelves.take(cookie, key)
        return Removal(cookie, cause)

    def place(self, cookie: Cookie) -> None:
        """Put in a cookie that was stored before (a restart, an import); it replaces the one of its key, and evicts nobody."""
        shelves, limits = self._open()
        key = shelves.key_of(cookie)
        self._sequence = max(self._sequence, cookie.sequence)
        limits.placed()
        limits.lay(cookie, key)
        old = shelves.by_key.get(key)
        if old is None:
            shelves.put(cookie, key)
        else:
            shelves.swap(old, cookie, key)

    def renew(self, cookie: Cookie, value: bytes, now: float) -> Cookie:
        """The client sent this cookie with another value: a script, or a response nobody saw, changed it."""
        renewed = replace(cookie, value=value, last_access_time=now, set_time=now, set_by=None, sent=True)
        if not self.profile.keeps_creation_for(cookie, value):
            renewed.creation_time, renewed.sequence = now, self._sequence + 1
        self.place(renewed)
        return renewed

    # -- adopting ------------------------------------------------------------------------------------------------------

    def adopt(self, name: bytes, value: bytes, access: Access) -> tuple[Cookie, tuple[Removal, ...]]:
        """Take in a cookie that the client sent and nobody saw being set: host-only, Path=/, until the browser closes.

        If a sibling host was sent the same name and value before, both are one cookie of the domain they share.
        """
        shelves, limits = self._open()
        namesakes = shelves.guarded(name, access.host) if shelves.adopted else ()
        sibling = sibling_among(namesakes, value, access.host, self._suffixes)
        domain = access.host if sibling is None else shared_domain(sibling.domain, access.host)
        merged = () if sibling is None else (self.remove(sibling, RemovalCause.MERGED),)
        cookie = Cookie(
            name, value, domain, b"/", access.time, access.time, self._sequence + 1, host_only=sibling is None
        )
        cookie.adopted = cookie.sent = True
        cookie.set_time = access.time
        self.place(cookie)
        return cookie, (*merged, *limits.fit_bounds(cookie))

    def _merge_adopted(self, cookie: Cookie, key: CookieKey, shelves: Shelves) -> tuple[Removal, ...]:
        """The first Set-Cookie of an adopted cookie's name tells what it really is."""
        merged = [
            other
            for other in shelves.guarded(cookie.name, cookie.domain)
            if other.adopted and other.key != key and may_be_one(other, cookie)
        ]
        return tuple(self.remove(other, RemovalCause.MERGED) for other in merged)


def _within(cookies: list[Cookie], header_bytes: int) -> list[Cookie]:
    size = COOKIE_HEADER
    for index, cookie in enumerate(cookies):
        size += cookie.size_bytes + (1 if cookie.name else 0) + (2 if index else 0)
        if size > header_bytes:
            return cookies[:index]
    return cookies
