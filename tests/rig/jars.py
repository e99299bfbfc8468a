"""Jars in a test, said shortly: a URL and Set-Cookie fields go in, one line of text comes out.

A cookie is `a=b www.shop.example/dir` if it is host-only and `a=b .shop.example/dir` if not, followed by what else it has
(`secure`, `httponly`, `lax`, `+100` for the seconds it has to live…); an outcome that stores nothing is its reason's code.
"""

from urllib.parse import urlsplit

from cookieproxy.core.accept import accept
from cookieproxy.core.access import Access, SameSiteContext
from cookieproxy.core.cookie import Cookie, Priority, SameSite
from cookieproxy.core.jar import Jar
from cookieproxy.core.outcome import Ignored, IgnoreReason, Receipt, Removed, Replaced, Stored
from cookieproxy.core.profiles import PROFILES, Profile
from cookieproxy.core.syntax import join_fields, parse_set_cookie, serialise
from cookieproxy.suffixes import load

NOW = 1_800_000_000.0
"""15 January 2027, 08:00:00 UTC."""
SUFFIXES = load()
PAGE = "https://www.shop.example/dir/page"


def access(
    url: str,
    after: float = 0.0,
    context: SameSiteContext = SameSiteContext.SAME_SITE,
    http_api: bool = True,
    partition: str | None = None,
    server_time: float | None = None,
) -> Access:
    """An access to a URL, so many seconds after `NOW`."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    path = (parts.path or "/").encode()
    return Access(
        parts.scheme, host, path, NOW + after, context, http_api=http_api, partition=partition, server_time=server_time
    )


def jar_of(profile: str | Profile = "rfc6265bis") -> Jar:
    """An empty jar."""
    return Jar(PROFILES[profile] if isinstance(profile, str) else profile, SUFFIXES)


def octets(field: str | bytes) -> bytes:
    """A field as octets: text is latin-1, as on the wire."""
    return field if isinstance(field, bytes) else field.encode("latin-1")


def receive(jar: Jar, to: Access, *fields: str | bytes) -> list[Receipt]:
    """One response with these Set-Cookie fields."""
    return [jar.receive(parse_set_cookie(octets(field)), to, index) for index, field in enumerate(fields)]


def sent(jar: Jar, to: Access) -> str:
    """The Cookie field of a request."""
    return join_fields([serialise(cookie.name, cookie.value) for cookie in jar.retrieve(to)] or [b""]).decode("latin-1")


def names(jar: Jar) -> list[str]:
    """The names in the jar, in order of creation."""
    cookies = sorted(jar, key=lambda cookie: (cookie.creation_time, cookie.sequence))
    return [cookie.name.decode("latin-1") for cookie in cookies]


def judged(field: str | bytes, to: Access, profile: str | Profile = "rfc6265bis") -> str:
    """What a browser makes of one field."""
    browser = PROFILES[profile] if isinstance(profile, str) else profile
    cookie = accept(parse_set_cookie(octets(field)), to, browser, SUFFIXES, 1)
    return cookie.value if isinstance(cookie, IgnoreReason) else text(cookie, to.time)


def text(cookie: Cookie, now: float = NOW) -> str:
    """One cookie as a line."""
    pair = serialise(cookie.name, cookie.value).decode("latin-1")
    scope = ("" if cookie.host_only else ".") + cookie.domain + cookie.path.decode("latin-1")
    words = [pair if cookie.name else f"={pair}", scope]
    if cookie.expiry_time is not None:
        words.append("deletes" if cookie.expiry_time < 0 else f"{cookie.expiry_time - now:+.0f}")
    words += ["secure"] * cookie.secure_only + ["httponly"] * cookie.http_only
    if cookie.same_site is not SameSite.DEFAULT:
        words.append(cookie.same_site.value)
    if cookie.partition is not None:
        words.append(f"under {cookie.partition}")
    if cookie.priority is not Priority.MEDIUM:
        words.append(cookie.priority.value)
    words += ["adopted"] * cookie.adopted
    return " ".join(words)


def contents(jar: Jar, now: float = NOW) -> str:
    """The whole jar, one cookie a line, sorted by domain, path and name, host-only ones first."""
    return "\n".join(
        text(cookie, now)
        for cookie in sorted(jar, key=lambda c: (c.domain, c.path, c.name, c.partition or "", not c.host_only))
    )


def outcome(receipt: Receipt) -> str:
    """What a field did, in a word or its reason; then who had to leave and why."""
    said = receipt.outcome
    match said:
        case Stored():
            word = "stored"
        case Replaced():
            word = "replaced"
        case Removed():
            word = "removed"
        case Ignored():
            word = said.reason.value
    gone = [f"{removal.cookie.name.decode('latin-1')}: {removal.cause.value}" for removal in receipt.removals]
    return ", ".join([word, *gone])
