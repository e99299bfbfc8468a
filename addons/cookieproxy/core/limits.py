"""Keeps a jar within its browser's limits: asks `evict` who has to leave, and takes them out (RFC 6265bis 5.7; R1, R21).

Knows which cookies share a limit and when a browser looks: most after a cookie has been added, Firefox before. Every removal
names its cause and the cookie whose arrival caused it. Adopted cookies, whose scope is a guess, neither evict nor are evicted.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from .cookie import Cookie, CookieKey
from .evict import DAY, firefox_make_room, lenient_partition, strict_partition
from .habits import SiteKey
from .outcome import Removal, RemovalCause
from .profiles import Profile
from .shelves import Shelves

NEVER = float("-inf")

type Ghosts = dict[CookieKey, Cookie]
type Bucket = tuple[str | None, str]
"""A partition, if any, and a site."""


class Bounds(NamedTuple):
    """What a jar never exceeds, whatever its profile allows: a shield against hostile servers, not a browser's limit."""

    cookies: int = 10_000
    size_bytes: int = 16_000_000


class Limits:
    """The limits of one jar."""

    __slots__ = ("_bounds", "_ghost_count", "_ghosts", "_profile", "_quiet_until", "_shelves")

    def __init__(self, profile: Profile, shelves: Shelves, bounds: Bounds) -> None:
        self._profile = profile
        self._shelves = shelves
        self._bounds = bounds
        self._ghosts: dict[Bucket, Ghosts] | None = None
        """Firefox: expired cookies, which take a place on their site until its next purge."""
        self._ghost_count = 0
        self._quiet_until = NEVER
        """Before this time (Unix seconds) no cookie is idle long enough to be purged for the total."""

    def fit(self, new: Cookie, now: float) -> list[Removal]:
        """Evict what exceeds the limits now that a cookie has come, itself included among the candidates."""
        removals: list[Removal] = []
        if not self._profile.makes_room_first:
            removals += self._fit_site(new)
            removals += self._fit_total(new, now)
        return removals + self.fit_bounds(new)

    def fit_bounds(self, new: Cookie) -> list[Removal]:
        """Evict what exceeds the bounds, what was set longest ago first."""
        shelves, bounds = self._shelves, self._bounds
        removals = []
        while len(shelves.by_key) > bounds.cookies or shelves.size_bytes > bounds.size_bytes:
            oldest = next(iter(shelves.by_key.values()))
            removals.append(self._evict(oldest, RemovalCause.EVICTED_TOTAL, new))
        return removals

    def fullness(self, cookie: Cookie) -> float:
        """How near the cookie's site is to its limit, adopted cookies counted too: 1.0 is full, 0.0 has no limit."""
        limit = self._profile.counts.per_site
        site = self._shelves.sites.get(self._shelves.site_of(cookie.domain))
        if not limit or site is None:
            return 0.0
        return (len(self._sharing(cookie, 0)) + site.adopted) / limit

    def next_victims(self, like: Cookie) -> list[Cookie]:
        """Who would leave first if the site went on getting cookies like this one, in the order in which they would go.

        Those that are there already; nobody has to leave yet. Partitions are not looked at, whose limit is one of octets.
        """
        limit = self._profile.counts.per_site
        if limit is None or like.partition is not None:
            return []
        there = self._sharing(like, 0)
        ghosts = list(self._ghosts_of(like).values()) if self._profile.makes_room_first else []
        latest = max((cookie.last_access_time for cookie in there), default=like.set_time)
        coming = [
            replace(
                like, creation_time=latest, last_access_time=latest, set_time=latest, sequence=like.sequence + number
            )
            for number in range(1, max(0, limit - len(there) - len(ghosts)) + 2)
        ]
        if self._profile.makes_room_first:
            victims = firefox_make_room([*there, *coming[:-1]], ghosts, coming[-1], self._profile.counts) or []
        else:
            victims = self._profile.evict_site([*there, *coming], self._profile.counts)
        here = set(there)
        return [victim for victim in victims if victim in here]

    def placed(self) -> None:
        """A cookie of any age was put in from elsewhere."""
        self._quiet_until = NEVER

    # -- after adding --------------------------------------------------------------------------------------------------

    def _fit_site(self, new: Cookie) -> list[Removal]:
        counts = self._profile.counts
        if counts.per_site is None:
            return []
        if new.partition is not None:
            counted = self._sharing(new, 0)
            crowded = len(counted) > counts.per_site
            cause = RemovalCause.EVICTED_SITE if crowded else RemovalCause.EVICTED_BYTES
            return self._evict_all(strict_partition(counted, counts), cause, new)
        sharing = self._sharing(new, counts.per_site)
        if len(sharing) <= counts.per_site:
            return []
        victims = self._profile.evict_site(sharing, counts)
        return self._evict_all(victims, RemovalCause.EVICTED_SITE, new)

    def _fit_total(self, new: Cookie, now: float) -> list[Removal]:
        counts, shelves = self._profile.counts, self._shelves
        if counts.total is None or len(shelves.by_key) - shelves.adopted <= counts.total or self._is_quiet(now):
            return []
        counted = [cookie for cookie in shelves.by_key.values() if cookie.partition is None and not cookie.adopted]
        victims = self._profile.evict_total(counted, counts, now)
        self._look_again(counted)
        return self._evict_all(victims, RemovalCause.EVICTED_TOTAL, new)

    def _is_quiet(self, now: float) -> bool:
        counts = self._profile.counts
        if counts.safe_days is None or counts.total_strict:
            return False
        return now < self._quiet_until

    def _look_again(self, counted: Iterable[Cookie]) -> None:
        safe_days = self._profile.counts.safe_days
        if safe_days is not None:
            oldest = min((cookie.last_access_time for cookie in counted), default=NEVER)
            self._quiet_until = oldest + safe_days * DAY

    # -- before adding -------------------------------------------------------------------------------------------------

    def make_room(self, new: Cookie, now: float) -> list[Removal] | None:
        """Firefox: evict before adding, for the site, a partition's bytes or the total; None if the new one is refused."""
        counts = self._profile.counts
        if counts.per_site == 0 or (counts.total == 0 and counts.total_strict):
            return None
        ghosts = list(self._ghosts_of(new).values())
        sharing = self._sharing(new, 0 if counts.per_site is None else counts.per_site - 1 - len(ghosts))
        victims = firefox_make_room(sharing, ghosts, new, counts)
        if victims is None:
            return None
        removals = self._evict_all(victims, RemovalCause.EVICTED_SITE, new)
        if not victims:
            removals = self.make_partition_fit(new)
        if not (victims or removals) or counts.total_strict:
            removals += self._make_room_in_total(new, now)
        return removals

    def make_partition_fit(self, new: Cookie) -> list[Removal]:
        """Firefox: evict what exceeds a partition's bytes, never the cookie for which it looks."""
        if new.partition is None or self._profile.counts.per_site is None:
            return []
        others = [cookie for cookie in self._sharing(new, 0) if cookie is not new]
        return self._evict_all(lenient_partition(others, new), RemovalCause.EVICTED_BYTES, new)

    def _make_room_in_total(self, new: Cookie, now: float) -> list[Removal]:
        counts, shelves = self._profile.counts, self._shelves
        count = len(shelves.by_key) - shelves.adopted + self._ghost_count
        if counts.total is None or count < counts.total or self._is_quiet(now):
            return []
        counted = [cookie for cookie in shelves.by_key.values() if not cookie.adopted]
        for ghosts in (self._ghosts or {}).values():
            counted += ghosts.values()
        victims = self._profile.evict_total(counted, counts, now)
        self._look_again(counted)
        return self._evict_all(victims, RemovalCause.EVICTED_TOTAL, new)

    # -- ghosts --------------------------------------------------------------------------------------------------------

    def haunt(self, cookie: Cookie, key: CookieKey) -> None:
        """A cookie has expired and left: in Firefox it goes on taking a place."""
        if not self._profile.makes_room_first or self._profile.counts.per_site is None:
            return
        if self._ghost_count >= self._bounds.cookies:
            self._ghosts, self._ghost_count = None, 0
        if self._ghosts is None:
            self._ghosts = {}
        self._ghosts.setdefault(self._bucket(cookie), {})[key] = cookie
        self._ghost_count += 1

    def lay(self, cookie: Cookie, key: CookieKey) -> bool:
        """A cookie of this key comes or is deleted: its ghost, if there is one, leaves."""
        if self._ghosts is None:
            return False
        ghosts = self._ghosts_of(cookie)
        if ghosts.pop(key, None) is None:
            return False
        self._ghost_count -= 1
        if not ghosts:
            del self._ghosts[self._bucket(cookie)]
        return True

    def _ghosts_of(self, cookie: Cookie) -> Ghosts:
        return {} if self._ghosts is None else self._ghosts.get(self._bucket(cookie), {})

    def _bucket(self, cookie: Cookie) -> Bucket:
        return (cookie.partition, self._shelves.site_of(cookie.domain))

    # -- both ----------------------------------------------------------------------------------------------------------

    def _sharing(self, cookie: Cookie, more_than: int) -> list[Cookie]:
        """The cookies that share this one's limit; none at all unless there may be more than so many."""
        key = self._profile.site_key
        if key is SiteKey.REGISTRABLE_DOMAIN:
            site = self._shelves.sites.get(self._shelves.site_of(cookie.domain))
            if site is None or site.count - site.adopted <= more_than:
                return []
            return [other for other in site if other.partition == cookie.partition and not other.adopted]
        shelf = self._shelves.domains.get(cookie.domain)
        if shelf is None or len(shelf.cookies) - shelf.adopted <= more_than:
            return []
        together = key is SiteKey.DOMAIN
        return [o for o in shelf.cookies if (together or o.host_only == cookie.host_only) and not o.adopted]

    def _evict_all(self, victims: Iterable[Cookie], cause: RemovalCause, by: Cookie) -> list[Removal]:
        return [self._evict(victim, cause, by) for victim in victims if not self.lay(victim, victim.key)]

    def _evict(self, victim: Cookie, cause: RemovalCause, by: Cookie) -> Removal:
        self._shelves.take(victim, victim.key)
        return Removal(victim, cause, by)
