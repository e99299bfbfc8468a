"""One client as the exchange sees it: its mirror, its held jar, what it should not have any more, and what was already told.

Holds state, decides little. All of it is bounded, because a hostile client or server chooses the names.
"""

from collections.abc import Hashable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from ..core.cookie import Cookie, CookieKey
from ..core.events import JarKind
from ..core.hosts import Suffixes
from ..core.jar import Jar
from ..core.outcome import UnexpectedReason, WithholdReason
from ..core.profiles import Profile, SameSiteDefault
from .leaving import LeavingCookies

MAX_NOTES = 2_000
"""Things that a client may have remembered for it, of each kind."""
IN_FLIGHT_SECONDS = 1.0
"""For so long after a cookie's value was replaced, requests with the old one may still be on their way."""
VALUES_IN_FLIGHT = 4

type JarEntry = tuple[JarKind, CookieKey, Cookie | None]


class Departure(NamedTuple):
    """Why a cookie is not in the mirror although the client may send it."""

    reason: UnexpectedReason
    time: float
    """Unix seconds."""
    cookie: Cookie | None = None
    """The cookie as it was, if nobody but the mirror took it out."""


class Browser:
    """The state of one client (`clients:` in rules.yaml tells them apart)."""

    __slots__ = (
        "_departed",
        "_replaced",
        "_said",
        "_skews",
        "_undrained",
        "address",
        "enforce",
        "has_renamed",
        "held",
        "leaving",
        "mirror",
        "name",
        "profile",
        "user_agent",
    )

    def __init__(
        self, name: str, profile: Profile, suffixes: Suffixes, enforce: bool, address: str = "", user_agent: str = ""
    ) -> None:
        self.name = name
        self.address = address
        self.user_agent = user_agent
        self.profile = profile
        self.mirror = Jar(profile, suffixes)
        self.held = Jar(held_profile(profile, enforce), suffixes)
        self.leaving = LeavingCookies()
        self.has_renamed = False
        """True once a rule's rename made a cookie of the mirror, so that requests have something to undo."""
        self.enforce = enforce
        self._departed: dict[tuple[str, bytes], Departure] = {}
        self._replaced: dict[CookieKey, tuple[tuple[bytes, float], ...]] = {}
        self._said: dict[Hashable, int] = {}
        self._skews: dict[str, float] = {}
        self._undrained: list[JarEntry] = []

    # -- configuration and restarts ------------------------------------------------------------------------------------

    def follow(self, profile: Profile, suffixes: Suffixes, enforce: bool) -> None:
        """Another configuration is in force; what the jars hold stays, and later cookies find the new limits."""
        self.profile, self.enforce = profile, enforce
        self.mirror = self._moved(JarKind.MIRROR, self.mirror, profile, suffixes)
        self.held = self._moved(JarKind.HELD, self.held, held_profile(profile, enforce), suffixes)
        if not enforce:
            for leaving in [leaving for leaving in self.leaving if leaving.why is WithholdReason.EVICTED]:
                self.leaving.forget(leaving.cookie.key)

    def _moved(self, kind: JarKind, jar: Jar, profile: Profile, suffixes: Suffixes) -> Jar:
        """The same cookies in a jar of another profile; what was not yet drained is not forgotten."""
        if profile == jar.profile:
            return jar
        self._undrained += [(kind, key, cookie) for key, cookie in jar.drain_changes().items()]
        moved = Jar(profile, suffixes)
        for cookie in jar:
            moved.place(cookie)
        moved.drain_changes()
        return moved

    def restore(self, kind: JarKind, cookie: Cookie) -> None:
        """Put back a cookie that was stored before a restart.

        Without `enforce` nothing is leaving: what the proxy holds or renamed is found again when the client sends it.
        """
        match kind:
            case JarKind.MIRROR:
                self.mirror.place(cookie)
                self.leaving.forget(cookie.key)
                self.has_renamed |= cookie.made_from is not None
            case JarKind.HELD:
                self.held.place(cookie)
            case JarKind.LEAVING if self.enforce and self.mirror.get(cookie.key) is None:
                self.leaving.restore(cookie, WithholdReason.EVICTED)
            case JarKind.FORGOTTEN if self.mirror.get(cookie.key) is None:
                self.leaving.restore(cookie, WithholdReason.FORGOTTEN)

    def drain_changes(self) -> Iterator[JarEntry]:
        """What changed in all jars since the last call, None for what is gone."""
        undrained, self._undrained = self._undrained, []
        yield from undrained
        changes = (
            (JarKind.MIRROR, self.mirror.drain_changes()),
            (JarKind.HELD, self.held.drain_changes()),
        )
        for kind, changed in changes:
            for key, cookie in changed.items():
                yield kind, key, cookie
        for (kind, key), cookie in self.leaving.drain_changes().items():
            yield kind, key, cookie

    # -- what is remembered --------------------------------------------------------------------------------------------

    def first_time(self, what: Hashable) -> bool:
        """True once for each thing; afterwards it is only counted."""
        count = self._said.get(what, 0)
        _remember(self._said, what, count + 1)
        return count == 0

    def note_departure(self, domain: str, name: bytes, departure: Departure) -> None:
        """Remember why a cookie left, for the case that the client sends it all the same."""
        _remember(self._departed, (domain, name), departure)

    def forget_departure(self, domain: str, name: bytes) -> None:
        """It has come back."""
        if self._departed:
            self._departed.pop((domain, name), None)

    def departure_of(self, host: str, name: bytes) -> Departure | None:
        """Why no cookie of this name goes to this host as far as we know, if one ever did."""
        domain = host
        while self._departed:
            departure = self._departed.get((domain, name))
            if departure is not None:
                return departure
            _, dot, domain = domain.partition(".")
            if not dot:
                break
        return None

    def note_replaced(self, old: Cookie, time: float) -> None:
        """Remember a value that was replaced: requests that carry it may be on their way."""
        key = old.key
        _remember(self._replaced, key, (*self._replaced.get(key, ())[1 - VALUES_IN_FLIGHT :], (old.value, time)))

    def may_be_in_flight(self, cookie: Cookie, value: bytes, time: float) -> bool:
        """True if a request of this time may carry this value because the browser had not yet heard of another."""
        if time <= cookie.set_time:
            return True
        replaced = self._replaced.get(cookie.key, ()) if self._replaced else ()
        return any(old == value and time <= when + IN_FLIGHT_SECONDS for old, when in replaced)

    def skew_of(self, host: str, site: str) -> float:
        """Seconds by which a host's clock was ahead when it was told last; a host not yet heard goes by its site's."""
        return self._skews.get(host, self._skews.get(site, 0.0))

    def note_skew(self, host: str, site: str, seconds: float) -> None:
        """Remember by how much a clock is ahead of ours."""
        _remember(self._skews, host, seconds)
        if site not in self._skews:
            _remember(self._skews, site, seconds)


@lru_cache(maxsize=256)
def held_profile(profile: Profile, enforce: bool) -> Profile:
    """What the proxy keeps cookies by: the storage model always, the counts only with `enforce`.

    A browser that knows no SameSite is not followed: what another site causes must not carry what the application kept from it.
    """
    held = profile if enforce else profile.without_counts()
    if held.same_site is SameSiteDefault.UNSUPPORTED:
        return replace(held, same_site=SameSiteDefault.NONE)
    return held


def _remember[K, V](notes: dict[K, V], key: K, note: V) -> None:
    """Note it as the latest; the one noted longest ago makes room."""
    if key not in notes and len(notes) >= MAX_NOTES:
        del notes[next(iter(notes))]
    notes[key] = note
