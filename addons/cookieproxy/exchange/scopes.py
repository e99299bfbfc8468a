"""The known scopes of a request's cookies as one text for the application, which cannot ask the browser for them (R9, R37).

What `{cookies}` stands for in a request header that a rule writes: a list of RFC 9651 with one string for each cookie, its name,
and what is known of it as parameters, in the order of the Cookie field; no values:

    "sid";domain="shop.example";host-only;path="/";expires=1767225600;secure;httponly;samesite=lax, "lang";unknown

`expires` is in Unix seconds, absent for session cookies; `unknown` says that nobody saw the cookie being set. Octets that cannot
stand in such a string are percent-encoded, the percent sign too. What does not fit into `MOST_OCTETS` is only counted, by
`more;cookies=7` at the end.
"""

from collections.abc import Iterable, Iterator

from ..core.cookie import Cookie, SameSite
from ..core.syntax import Pair

MOST_OCTETS = 4_000
"""With its name the header stays below 4,096, half of what common servers accept for all."""

type Carried = tuple[bytes, bytes, Cookie | None]
"""Name and value as the application knows them, and the cookie it is in the mirror or the held jar, if that is known."""


def scopes_of(pairs: Iterable[Pair], carried: Iterable[Carried]) -> bytes:
    """The scopes of these pairs, of which `carried` tells what is known; empty if there are none."""
    told = [_told(name, cookie) for name, cookie in _matched(pairs, list(carried))]
    size = 0
    for index, text in enumerate(told):
        size += len(text) + 2
        if size > MOST_OCTETS:
            return b", ".join([*told[:index], b"more;cookies=%d" % (len(told) - index)])
    return b", ".join(told)


def _matched(pairs: Iterable[Pair], carried: list[Carried]) -> Iterator[tuple[bytes, Cookie | None]]:
    """Each pair's name with its cookie: the one of its value too, else (a rule edited it) the first of its name."""
    exact: dict[tuple[bytes, bytes], list[Cookie | None]] = {}
    named: dict[bytes, Cookie | None] = {}
    for name, value, cookie in carried:
        exact.setdefault((name, value), []).append(cookie)
        named.setdefault(name, cookie)
    for pair in pairs:
        same = exact.get((pair.name, pair.value))
        yield pair.name, same.pop(0) if same else named.get(pair.name)


def _told(name: bytes, cookie: Cookie | None) -> bytes:
    if cookie is None or cookie.adopted:
        return _string(name) + b";unknown"
    parts = [_string(name), b"domain=" + _string(cookie.domain.encode("ascii", "replace"))]
    if cookie.host_only:
        parts.append(b"host-only")
    parts.append(b"path=" + _string(cookie.path))
    if cookie.expiry_time is not None:
        parts.append(b"expires=%d" % cookie.expiry_time)
    if cookie.secure_only:
        parts.append(b"secure")
    if cookie.http_only:
        parts.append(b"httponly")
    if cookie.same_site is not SameSite.DEFAULT:
        parts.append(b"samesite=" + cookie.same_site.value.encode())
    if cookie.partition is not None:
        parts.append(b"partitioned")
    return b";".join(parts)


def _string(octets: bytes) -> bytes:
    return b'"' + b"".join(map(_WRITTEN.__getitem__, octets)) + b'"'


_WRITTEN = [
    b"%c" % octet if 0x20 <= octet < 0x7F and octet not in b'%"\\' else b"%%%02X" % octet for octet in range(256)
]
