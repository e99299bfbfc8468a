"""Cookies of a file into a client's jar, all or none, and the words in which they travel to a running proxy (R38).

Knows which cookies of a file a jar would never have: their scope is judged as if a Set-Cookie said it, by the browser's own
profile (RFC 6265bis 5.7). SameSite is not judged, because many tools write one for cookies that said none. Knows no format.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..core.accept import accept
from ..core.access import Access
from ..core.cookie import Cookie, Priority, SameSite
from ..core.events import Event, EventKind, JarKind, Observation
from ..core.hosts import Suffixes, is_ip_address, is_loopback, site_of
from ..core.jar import BOUNDS, Jar
from ..core.outcome import IgnoreReason
from ..core.profiles import Profile
from ..core.syntax import compose, parse_set_cookie, wire_text
from .browser import Browser

REASON = "imported"
SENTENCE = "It was imported from a file."
FULL = f"The jar keeps {BOUNDS.cookies:,} cookies of {BOUNDS.size_bytes:,} bytes in all, and has no room for it."


@dataclass(frozen=True, slots=True)
class Refused:
    """A cookie that was not taken in."""

    cookie: str
    """Its name, as text off the wire: not escaped."""
    domain: str
    why: str

    def __str__(self) -> str:
        return f"{self.cookie or '(nameless)'} ({self.domain}): {self.why}"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the cookies of a file."""

    stored: int
    """Cookies that are in the jar now and were not before."""
    replaced: int
    """Cookies that took the place of one with the same name, domain and path."""
    refused: tuple[Refused, ...]


def take_in(
    browser: Browser, kind: JarKind, cookies: Sequence[Cookie], now: float, suffixes: Suffixes
) -> tuple[Imported, list[Observation]]:
    """Put cookies into the mirror or the held jar of a client, from `now` (Unix seconds) on."""
    jar = browser.mirror if kind is JarKind.MIRROR else browser.held
    refused: list[Refused] = []
    observations: list[Observation] = []
    replaced = 0
    sequence = max((cookie.sequence for cookie in jar), default=0)
    for cookie in map(_as_stored, cookies):
        why = _objection(cookie, jar, suffixes)
        if why is not None:
            refused.append(Refused(wire_text(cookie.name), cookie.domain, why))
            continue
        sequence += 1
        known = jar.get(cookie.key) is not None
        replaced += known
        jar.place(replace(cookie, sequence=sequence, set_time=now, set_by=None, sent=False, made_from=None))
        if kind is JarKind.MIRROR:
            browser.leaving.forget(cookie.key)
            browser.forget_departure(cookie.domain, cookie.name)
        observations.append(_event(browser, kind, cookie, known, now, suffixes))
    return Imported(len(observations) - replaced, replaced, tuple(refused)), observations


def _as_stored(cookie: Cookie) -> Cookie:
    """Files may say of an IP address or localhost that its subdomains get a cookie too: browsers know no such thing."""
    if not cookie.host_only and (is_ip_address(cookie.domain) or is_loopback(cookie.domain)):
        return replace(cookie, host_only=True)
    return cookie


def _objection(cookie: Cookie, jar: Jar, suffixes: Suffixes) -> str | None:
    """Why a jar would never have this cookie; None if it may."""
    if len(jar) >= BOUNDS.cookies or jar.size_bytes + cookie.size_bytes > BOUNDS.size_bytes:
        return FULL
    if cookie.adopted:  # a client sends it, so there is such a cookie, whatever its scope is
        return None
    reason = scope_objection(cookie, jar.profile, suffixes)
    return None if reason is None else reason.sentence


def scope_objection(cookie: Cookie, profile: Profile, suffixes: Suffixes) -> IgnoreReason | None:
    """Why a browser refuses a cookie of this name, size and scope, whoever sets it."""
    attributes: list[tuple[bytes, bytes | None]] = [(b"Path", cookie.path)]
    if not cookie.host_only:
        attributes.append((b"Domain", cookie.domain.encode("ascii", "replace")))
    attributes += [(name, None) for name, holds in _flags(cookie) if holds]
    host = cookie.domain if cookie.host_only else f"www.{cookie.domain}"
    access = Access("https", host, cookie.path, cookie.creation_time)
    said = parse_set_cookie(compose(cookie.name, cookie.value, attributes), profile.quotes_protect)
    meant = accept(said, access, profile, suffixes, 0)
    return meant if isinstance(meant, IgnoreReason) else None


def _flags(cookie: Cookie) -> Iterable[tuple[bytes, bool]]:
    return (b"Secure", cookie.secure_only), (b"HttpOnly", cookie.http_only)


def _event(browser: Browser, kind: JarKind, cookie: Cookie, known: bool, now: float, suffixes: Suffixes) -> Event:
    event = EventKind.REPLACED if known else EventKind.STORED
    site = site_of(cookie.domain, suffixes)
    return Event(now, browser.name, site, cookie.domain, cookie.name, event, REASON, SENTENCE, jar=kind)


# -- on the way to a running proxy ---------------------------------------------------------------------------------------


def as_words(cookie: Cookie) -> dict[str, object]:
    """The cookie as JSON has it; octets as latin-1."""
    return {
        "name": cookie.name.decode("latin-1"),
        "value": cookie.value.decode("latin-1"),
        "domain": cookie.domain,
        "path": cookie.path.decode("latin-1"),
        "created": cookie.creation_time,
        "expires": cookie.expiry_time,
        "host_only": cookie.host_only,
        "secure": cookie.secure_only,
        "http_only": cookie.http_only,
        "same_site": cookie.same_site.value,
        "partition_key": cookie.partition,
        "priority": cookie.priority.value,
        "adopted": cookie.adopted,
    }


def of_words(words: Mapping[str, object]) -> Cookie:
    """The cookie again. Raises KeyError, TypeError or ValueError if these are not such words."""
    match words:
        case {
            "name": str(name),
            "value": str(value),
            "domain": str(domain),
            "path": str(path),
            "created": int() | float() as created,
            "expires": (None | int() | float()) as expires,
            "partition_key": (None | str()) as partition,
        }:
            return Cookie(
                name.encode("latin-1"),
                value.encode("latin-1"),
                domain,
                path.encode("latin-1"),
                float(created),
                float(created),
                0,
                expiry_time=None if expires is None else float(expires),
                host_only=words["host_only"] is True,
                secure_only=words["secure"] is True,
                http_only=words["http_only"] is True,
                same_site=SameSite(str(words["same_site"])),
                partition=partition,
                priority=Priority(str(words["priority"])),
                adopted=words["adopted"] is True,
            )
    raise ValueError("these words are no cookie")
