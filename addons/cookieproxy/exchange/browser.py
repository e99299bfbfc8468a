"""One client as the exchange sees it: its mirror, its held jar, what it should not have any more, and what was already told.

Holds state, decides little. All of it is bounded, because a hostile client or server chooses the names.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from ..core.access import Access
from ..core.cookie import Cookie, CookieKey
from ..core.events import JarKind
from ..core.hosts import Suffixes, domain_match
from ..core.jar import Jar
from ..core.outcome import UnexpectedReason
from ..core.profiles import Profile
from ..core.syntax import compose

MAX_NOTES = 2_000
"""Names that a client may have remembered for it: departed cookies, things told once."""
MAX_LEAVING = 4_000


@dataclass(slots=True)
class Leaving:
    """A cookie the browser still has and should not: kept from applications, deleted when a response may do it."""

    cookie: Cookie
    told: bool = False
    """True once a deletion went out and the browser has not sent it since."""


class Browser:
    """The state of one client (`clients:` in rules.yaml tells them apart)."""

    __slots__ = (
        "address",
        "departed",
        "has_renamed",
        "held",
        "leaving",
        "leaving_changed",
        "mirror",
        "name",
        "profile",
        "said",
        "skews",
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
        self.held = Jar(profile if enforce else profile.without_counts(), suffixes)
        self.has_renamed = False
        """True once a rule's rename made a cookie of the mirror, so that requests have something to undo."""
        self.leaving: dict[CookieKey, Leaving] = {}
        self.leaving_changed: dict[CookieKey, Cookie | None] = {}
        """As `Jar.drain_changes`, for `leaving`."""
        self.departed: dict[tuple[str, bytes], UnexpectedReason] = {}
        """Why a cookie is not in the mirror although the client may send it."""
        self.said: dict[Hashable, int] = {}
        """How often something was found that is told only once."""
        self.skews: dict[str, float] = {}
        """Seconds by which a site's clock was ahead when it was told last."""

    def follow(self, profile: Profile, suffixes: Suffixes, enforce: bool) -> None:
        """Another configuration is in force; what the jars hold stays, and later cookies find the new limits."""
        held_profile = profile if enforce else profile.without_counts()
        if profile != self.mirror.profile:
            self.profile = profile
            self.mirror = _moved(self.mirror, profile, suffixes)
        if held_profile != self.held.profile:
            self.held = _moved(self.held, held_profile, suffixes)

    def restore(self, kind: JarKind, cookie: Cookie) -> None:
        """Put back a cookie that was stored before a restart."""
        match kind:
            case JarKind.MIRROR:
                self.mirror.place(cookie)
                self.has_renamed |= cookie.made_from is not None
            case JarKind.HELD:
                self.held.place(cookie)
            case JarKind.LEAVING:
                self.leaving[cookie.key] = Leaving(cookie)

    def first_time(self, what: Hashable) -> bool:
        """True once for each thing; afterwards it is only counted."""
        count = self.said.get(what, 0)
        if not count and len(self.said) >= MAX_NOTES:
            del self.said[next(iter(self.said))]
        self.said[what] = count + 1
        return count == 0

    def note_departure(self, host: str, name: bytes, reason: UnexpectedReason) -> None:
        """Remember why a cookie left, for the case that the client sends it all the same."""
        if len(self.departed) >= MAX_NOTES:
            del self.departed[next(iter(self.departed))]
        self.departed[host, name] = reason

    def note_skew(self, site: str, seconds: float) -> None:
        """Remember by how much a site's clock is ahead of ours."""
        if len(self.skews) >= MAX_NOTES:
            del self.skews[next(iter(self.skews))]
        self.skews[site] = seconds

    def expel(self, cookie: Cookie) -> None:
        """The browser has this cookie and should not."""
        if len(self.leaving) >= MAX_LEAVING:
            self.left(next(iter(self.leaving)))
        self.leaving[cookie.key] = Leaving(cookie)
        self.leaving_changed[cookie.key] = cookie

    def left(self, key: CookieKey) -> None:
        """The browser no longer has this cookie, or may have it again."""
        if self.leaving.pop(key, None) is not None:
            self.leaving_changed[key] = None

    def drain_changes(self) -> Iterator[tuple[JarKind, CookieKey, Cookie | None]]:
        """What changed in all jars since the last call, None for what is gone."""
        for kind, jar in ((JarKind.MIRROR, self.mirror), (JarKind.HELD, self.held)):
            for key, cookie in jar.drain_changes().items():
                yield kind, key, cookie
        changed, self.leaving_changed = self.leaving_changed, {}
        for key, cookie in changed.items():
            yield JarKind.LEAVING, key, cookie

    def leaving_for(self, access: Access) -> Iterator[Leaving]:
        """What the browser should not send with this request, and may."""
        for leaving in self.leaving.values():
            if self.mirror.withhold(leaving.cookie, access) is None:
                yield leaving

    def deletions(self, access: Access) -> Iterator[tuple[Leaving, bytes]]:
        """The Set-Cookie fields by which this response may delete what the browser should not have."""
        for leaving in self.leaving.values():
            if not leaving.told and may_delete(leaving.cookie, access, self.profile):
                yield leaving, deletion_of(leaving.cookie)


def _moved(jar: Jar, profile: Profile, suffixes: Suffixes) -> Jar:
    """The same cookies in a jar of another profile."""
    moved = Jar(profile, suffixes)
    for cookie in jar:
        moved.place(cookie)
    return moved


def may_delete(cookie: Cookie, access: Access, profile: Profile) -> bool:
    """True if a browser would take the deletion of this cookie from a response to this access."""
    if cookie.domain != access.host and (cookie.host_only or not domain_match(access.host, cookie.domain)):
        return False
    if cookie.secure_only and not profile.trusts(access.scheme, access.host):
        return False
    return cookie.partition is None or cookie.partition == access.partition


def deletion_of(cookie: Cookie) -> bytes:
    """A Set-Cookie field that deletes exactly this cookie (R11)."""
    attributes: list[tuple[bytes, bytes | None]] = [
        (b"Path", cookie.path),
        (b"Max-Age", b"0"),
        (b"Expires", b"Thu, 01 Jan 1970 00:00:00 GMT"),
    ]
    if not cookie.host_only:
        attributes.append((b"Domain", cookie.domain.encode("ascii")))
    if cookie.secure_only or cookie.name.lower().startswith((b"__secure-", b"__host-", b"__http-")):
        attributes.append((b"Secure", None))
    if cookie.http_only:
        attributes.append((b"HttpOnly", None))
    if cookie.partition is not None:
        attributes += [(b"SameSite", b"None"), (b"Partitioned", None)]
    return compose(cookie.name, b"" if cookie.name else b"x", attributes)
