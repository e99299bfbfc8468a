"""LWP's cookie files, `#LWP-Cookies-2.0`: Python's LWPCookieJar and Perl's HTTP::Cookies (R38).

One `Set-Cookie3:` line a cookie: the pair, then attributes, quoted unless they are one word. Without a leading dot the domain is
one host's alone. Attributes that Python does not know it keeps and writes again, which is how HttpOnly, SameSite and Priority
pass through; the partition would not. A host without a dot Python calls `host.local`.
"""

import re
from collections.abc import Iterator, Sequence

from ..core.cookie import Cookie, Priority, SameSite
from .browserlike import PRIORITY, SAME_SITE, dotted_domain
from .faults import Fault
from .format import Content, Format
from .narrow import EVERYTHING, Says
from .reading import Draft, Reading, Source
from .times import lwp_text, parse_any
from .values import Field, Read, Written

HEAD = b"#LWP-Cookies-2.0\n"

_LEAD = b"Set-Cookie3:"
_ATTRIBUTE = re.compile(
    rb'\s*+([^=\s;,]++)(?:\s*+=\s*+(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([^\s;,"]*+)))?+\s*+(;|,|\Z)', re.DOTALL
)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_TO_ESCAPE = re.compile(rb'(["\\])')
_WORD = re.compile(rb"[A-Za-z0-9_]+")
_NO_TOKEN = re.compile(r"[=\s;,]")
_LOCAL = re.compile(r"[^.]+\.local")

type _Said = dict[str, str | None]
"""Attributes by name in lower case; None for one without a value."""


def recognises(content: Content) -> bool:
    """The first line of such files, or a first cookie as they have it."""
    return content.first_line.startswith((b"#LWP-Cookies-", _LEAD))


def read(source: Source) -> tuple[Read, ...]:
    """The cookies, line by line."""
    reading = Reading(source)
    for number, line in enumerate(source.data.split(b"\n"), 1):
        line = line.strip()
        if line.startswith(_LEAD):
            _read_line(line.removeprefix(_LEAD), f"line {number}", reading)
        elif line and not line.startswith(b"#"):
            reading.mistake(f"line {number}", "it is no Set-Cookie3: line", "begin it with Set-Cookie3: or with #")
    return reading.finish()


def write(cookies: Sequence[Cookie], now: float) -> Written:
    """The cookies as LWPCookieJar writes them."""
    return Written(HEAD + b"".join([_line(cookie) for cookie in cookies]))


def refuses(cookie: Cookie) -> Fault | None:
    """Names that are no token; a nameless cookie stands as its value, which must be one then."""
    if _NO_TOKEN.search((cookie.name or cookie.value).decode()):
        field = Field.NAME if cookie.name else Field.VALUE
        return Fault(field, "here a name, or what stands for it, has no spaces, commas, semicolons and equals signs")
    return None


def _line(cookie: Cookie) -> bytes:
    pair = cookie.name + b"=" + _quoted(cookie.value) if cookie.name else cookie.value
    return _LEAD + b" " + b"; ".join([pair, *_attributes(cookie)]) + b"\n"


def _attributes(cookie: Cookie) -> Iterator[bytes]:
    yield b"path=" + _quoted(cookie.path)
    yield b"domain=" + _quoted(dotted_domain(cookie).encode())
    yield b"path_spec"
    if not cookie.host_only:
        yield b"domain_dot"
    if cookie.secure_only:
        yield b"secure"
    if cookie.expiry_time is None:
        yield b"discard"
    else:
        yield b'expires="%b"' % lwp_text(cookie.expiry_time).encode()
    if cookie.http_only:
        yield b"HttpOnly=None"
    if cookie.priority is not Priority.MEDIUM:
        yield b"Priority=" + cookie.priority.capitalize().encode()
    if cookie.same_site is not SameSite.DEFAULT:
        yield b"SameSite=" + cookie.same_site.capitalize().encode()
    yield b"version=0"


def _quoted(octets: bytes) -> bytes:
    return octets if _WORD.fullmatch(octets) else b'"' + _TO_ESCAPE.sub(rb"\\\1", octets) + b'"'


def _read_line(line: bytes, place: str, reading: Reading) -> None:
    """A line has one cookie; if it has several they are divided by commas."""
    pairs: list[tuple[bytes, bytes | None]] = []
    start = 0
    while start < len(line):
        found = _ATTRIBUTE.match(line, start)
        if found is None:
            remedy = 'write name=value; path="/"; domain="…", and quotes around what is not one word'
            reading.mistake(
                place, f"the attributes cannot be told apart from character {len(_LEAD) + start + 1} on", remedy
            )
            return
        name, quoted, word, end = found.groups()
        pairs.append((name, word if quoted is None else _ESCAPED.sub(rb"\1", quoted)))
        start = found.end()
        if end == b"," or start >= len(line):
            _read_cookie(pairs, place, reading)
            pairs = []


def _read_cookie(pairs: Sequence[tuple[bytes, bytes | None]], place: str, reading: Reading) -> None:
    (name, value), *others = pairs
    said: _Said = {
        key.decode("latin-1").lower(): None if text is None else text.decode("utf-8", "replace") for key, text in others
    }
    path = next((text for key, text in reversed(others) if key.lower() == b"path"), None)
    draft = Draft(b"" if value is None else name, name if value is None else value, said.get("domain"))
    draft.path = path or b"/"
    draft.secure, draft.http_only = "secure" in said, "httponly" in said
    draft.same_site = SAME_SITE.get((said.get("samesite") or "").lower(), SameSite.DEFAULT)
    draft.priority = PRIORITY.get((said.get("priority") or "").lower(), Priority.MEDIUM)
    expires = said.get("expires")
    if expires is not None and "discard" not in said:
        draft.expiry = parse_any(expires)
        if draft.expiry is None:
            reading.mistake(place, "expires is no date", 'write it as "2027-01-15 08:00:00Z", or discard instead')
    reading.add(draft, place, notes=_notes(said))


def _notes(said: _Said) -> list[str]:
    notes = []
    if "port" in said:
        notes.append("its port is left out: cookies do not know ports")
    if _LOCAL.fullmatch(said.get("domain") or ""):
        notes.append("Python writes so for a host without a dot: this may be meant for the host without .local")
    return notes


FORMAT = Format(
    "lwp",
    "LWP cookie files: Python's LWPCookieJar, Perl's HTTP::Cookies",
    ("lwp",),
    Says(EVERYTHING - {Field.PARTITION_KEY}, refuses=refuses),
    recognises,
    write,
    read,
    hint="Python needs load(ignore_discard=True) for session cookies, and calls a host without a dot host.local",
)
