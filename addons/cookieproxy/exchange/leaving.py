"""Cookies a browser still has and should not: kept from applications, deleted when a response may do it (R11, R21).

They are the ones that `enforce` evicted, that were forgotten on request, that the proxy holds in the browser's place, and whose
name a rule replaced. Holds state, bounded; knows how a deletion must be written so that a browser takes it (RFC 6265bis 5.7), and
from which response.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ..core.accept import accept
from ..core.access import Access, SameSiteContext
from ..core.cookie import Cookie, CookieKey, SameSite
from ..core.events import JarKind
from ..core.hosts import Suffixes, domain_match
from ..core.outcome import WithholdReason
from ..core.profiles import Profile
from ..core.syntax import compose, parse_set_cookie
from ..core.withhold import withhold_reason
from .tell import Remark

MOST = 4_000
MOST_IN_A_RESPONSE = 200
"""Deletions of one response; some 20 KB. The others go with the next one."""
MOST_TRIES = 4
"""A browser that still sends a cookie after so many deletions has it under a scope nobody can guess."""
SECURE_PREFIXES = (b"__secure-", b"__host-", b"__http-")
HTTP_PREFIXES = (b"__http-", b"__host-http-")

type Why = WithholdReason | Remark


@dataclass(slots=True)
class Leaving:
    """One cookie that should go."""

    cookie: Cookie
    why: Why
    told_time: float | None = None
    """Unix seconds of the response with the last deletion; None if another is due."""
    tries: int = 0

    @property
    def is_due(self) -> bool:
        """True if a deletion should go out."""
        return self.told_time is None and self.tries < MOST_TRIES

    @property
    def jar(self) -> JarKind:
        """Where it is kept over a restart."""
        return jar_of(self.why)

    def came_again(self, time: float) -> None:
        """The browser sent it with a request of this time (Unix seconds)."""
        if self.told_time is not None and time > self.told_time:
            self.told_time = None


def jar_of(why: Why) -> JarKind:
    """Where a cookie that leaves for this reason is kept over a restart: what was forgotten on request does not need `enforce`."""
    return JarKind.FORGOTTEN if why is WithholdReason.FORGOTTEN else JarKind.LEAVING


class LeavingCookies:
    """What one browser should not have any more."""

    __slots__ = ("_by_domain", "_by_key", "_changed")

    def __init__(self) -> None:
        self._by_key: dict[CookieKey, Leaving] = {}
        self._by_domain: dict[str, dict[CookieKey, Leaving]] = {}
        self._changed: dict[tuple[JarKind, CookieKey], Cookie | None] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def __contains__(self, key: CookieKey) -> bool:
        return key in self._by_key

    def __iter__(self) -> Iterator[Leaving]:
        return iter(self._by_key.values())

    def expel(self, cookie: Cookie, why: Why) -> None:
        """The browser has this cookie and should not."""
        self.forget(cookie.key)
        if len(self._by_key) >= MOST:
            self.forget(next(iter(self._by_key)))
        self.restore(cookie, why)
        self._changed[jar_of(why), cookie.key] = cookie

    def restore(self, cookie: Cookie, why: Why) -> None:
        """As before a restart."""
        leaving = Leaving(cookie, why)
        self._by_key[cookie.key] = leaving
        self._by_domain.setdefault(cookie.domain, {})[cookie.key] = leaving

    def forget(self, key: CookieKey) -> None:
        """The browser no longer has this cookie, or may have it again."""
        leaving = self._by_key.pop(key, None)
        if leaving is None:
            return
        shelf = self._by_domain[key.domain]
        del shelf[key]
        if not shelf:
            del self._by_domain[key.domain]
        self._changed[leaving.jar, key] = None

    def drain_changes(self) -> dict[tuple[JarKind, CookieKey], Cookie | None]:
        """What changed since the last call, None for what is gone."""
        changed, self._changed = self._changed, {}
        return changed

    def sendable(self, access: Access, profile: Profile) -> list[Leaving]:
        """What the browser would send with this request; what has expired is forgotten."""
        found = []
        for leaving in list(self._at(access.host)):
            cookie = leaving.cookie
            if cookie.expiry_time is not None and cookie.expiry_time <= access.time:
                self.forget(cookie.key)
            elif withhold_reason(cookie, access, profile) is None:
                found.append(leaving)
        return found

    def deletions(self, access: Access, profile: Profile, suffixes: Suffixes) -> list[tuple[Leaving, bytes]]:
        """The Set-Cookie fields by which this response may delete what the browser should not have."""
        found: list[tuple[Leaving, bytes]] = []
        for leaving in self._at(access.host):
            if len(found) >= MOST_IN_A_RESPONSE:
                break
            if leaving.is_due and (field := deletion_for(leaving, access, profile, suffixes)) is not None:
                found.append((leaving, field))
        return found

    def _at(self, host: str) -> Iterator[Leaving]:
        while self._by_domain:
            yield from self._by_domain.get(host, {}).values()
            _, dot, host = host.partition(".")
            if not dot:
                return


def deletion_for(leaving: Leaving, access: Access, profile: Profile, suffixes: Suffixes) -> bytes | None:
    """A field that makes a browser delete exactly this cookie, if a response to this access may do it."""
    cookie = leaving.cookie
    if not _may_delete(cookie, access, profile):
        return None
    if leaving.tries % 2:
        if cookie.adopted and suffixes.registrable_domain(cookie.domain) is not None:
            return deletion_of(cookie, cookie.domain)  # nobody saw it being set: this guess or the other
        if cookie.secure_only and not profile.partitions:
            return (
                deletion_of(cookie, _domain_said(cookie)) + b"; Partitioned"
            )  # the browser may, if its profile does not
    for with_path in (True, False):
        field = deletion_of(cookie, _domain_said(cookie), with_path)
        meant = accept(parse_set_cookie(field, profile.quotes_protect), access, profile, suffixes, 0)
        if isinstance(meant, Cookie) and meant.key == cookie.key:
            return field
    return None


def _domain_said(cookie: Cookie) -> str | None:
    return None if cookie.host_only else cookie.domain


def _may_delete(cookie: Cookie, access: Access, profile: Profile) -> bool:
    if cookie.domain != access.host and (cookie.host_only or not domain_match(access.host, cookie.domain)):
        return False
    if _must_be_secure(cookie) and not profile.trusts(access.scheme, access.host):
        return False
    return access.context is not SameSiteContext.CROSS_SITE or cookie.same_site is SameSite.NONE


def _must_be_secure(cookie: Cookie) -> bool:
    return cookie.secure_only or cookie.name.lower().startswith(SECURE_PREFIXES)


def deletion_of(cookie: Cookie, domain: str | None, with_path: bool = True) -> bytes:
    """A Set-Cookie field that deletes this cookie; without Path where that cannot be written, such as one with a semicolon."""
    attributes: list[tuple[bytes, bytes | None]] = [(b"Path", cookie.path)] if with_path else []
    attributes += [(b"Max-Age", b"0"), (b"Expires", b"Thu, 01 Jan 1970 00:00:00 GMT")]
    if domain is not None:
        attributes.append((b"Domain", domain.encode("ascii", "replace")))
    if _must_be_secure(cookie):
        attributes.append((b"Secure", None))
    if cookie.http_only or cookie.name.lower().startswith(HTTP_PREFIXES):
        attributes.append((b"HttpOnly", None))
    if cookie.same_site is SameSite.NONE or cookie.partition is not None:
        attributes.append((b"SameSite", b"None"))
    if cookie.partition is not None:
        attributes.append((b"Partitioned", None))
    return compose(cookie.name, b"" if cookie.name else b"x", attributes)
