r"""Netscape's cookies.txt: curl, wget, yt-dlp, Python's MozillaCookieJar (R38).

One cookie a line, seven fields divided by TABs: domain, whether subdomains get it too, path, whether it is Secure, when it
expires (whole seconds, 0 for a session cookie; Python leaves it empty), name, value. `#HttpOnly_` before the domain is curl's.

What readers do, tried with curl 7.88, wget 1.21 and Python 3.13: curl takes the value of a nameless cookie for a name, and a
bare IPv6 address for a domain, with brackets none; wget takes `#HttpOnly_` lines for comments and writes `host:port`; Python
refuses a file without its first line, and takes a session cookie's 0 for long ago, so it never sends it. The empty field that
it would understand is one that curl skips, which shifts those behind it.
"""

import re
from collections.abc import Sequence

from ..core.cookie import Cookie
from .faults import Fault, is_text
from .format import Content, Format
from .narrow import BASICS, Says
from .reading import Draft, Reading, Source
from .values import Field, Read, Written

HEAD = b"# Netscape HTTP Cookie File\n# Whoever has this file is logged in as its cookies are. Keep it to yourself.\n\n"

_HTTP_ONLY = b"#HttpOnly_"
_MAGIC = re.compile(rb"#( Netscape)? HTTP Cookie File")
_LOOKS_LIKE_IT = re.compile(rb"[^\t]+\t(TRUE|FALSE)\t/[^\t]*\t(TRUE|FALSE)\t[^\t]*\t[^\t]*(\t[^\t]*)?", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)
_WITH_PORT = re.compile(r"([^:]+|\[[^]]+\]):(\d{1,5})", re.ASCII)
_FLAGS = {b"true": True, b"false": False}
_FIELDS = 7


def recognises(content: Content) -> bool:
    """The first line of such files, or a first cookie that looks like theirs."""
    line = content.first_line
    return _MAGIC.match(line) is not None or _LOOKS_LIKE_IT.fullmatch(line.removeprefix(_HTTP_ONLY)) is not None


def read(source: Source) -> tuple[Read, ...]:
    """The cookies, line by line."""
    reading = Reading(source)
    for number, line in enumerate(source.data.split(b"\n"), 1):
        _read_line(line.removesuffix(b"\r"), f"line {number}", reading)
    return reading.finish()


def write(cookies: Sequence[Cookie], now: float) -> Written:
    """The cookies, below the line that readers look for."""
    return Written(HEAD + b"".join([_line(cookie) for cookie in cookies]))


def refuses(cookie: Cookie) -> Fault | None:
    """TABs, and cookies without a name."""
    if not cookie.name:
        return Fault(Field.NAME, "it has no name, and curl would take the value for one")
    for field, octets in ((Field.NAME, cookie.name), (Field.VALUE, cookie.value), (Field.PATH, cookie.path)):
        if b"\t" in octets:
            return Fault(field, "it has a TAB, which divides fields here")
    return None


def remark(cookie: Cookie) -> str | None:
    """Bytes that curl and wget do not mind."""
    if is_text(cookie.name) and is_text(cookie.value) and is_text(cookie.path):
        return None
    return "it is not UTF-8: curl and wget can use the file, Python and yt-dlp refuse it"


def _line(cookie: Cookie) -> bytes:
    domain = cookie.domain.strip("[]").encode()
    fields = (
        domain if cookie.host_only else b"." + domain,
        b"FALSE" if cookie.host_only else b"TRUE",
        cookie.path,
        b"TRUE" if cookie.secure_only else b"FALSE",
        b"%d" % (cookie.expiry_time or 0),
        cookie.name,
        cookie.value,
    )
    return (_HTTP_ONLY if cookie.http_only else b"") + b"\t".join(fields) + b"\n"


def _read_line(line: bytes, place: str, reading: Reading) -> None:
    cookie = line.removeprefix(_HTTP_ONLY)
    if not cookie.strip() or cookie.startswith(b"#"):
        return
    fields = cookie.split(b"\t")
    if len(fields) == _FIELDS - 1:
        fields.append(b"")  # an editor took the last TAB away; curl reads it so too
    if len(fields) != _FIELDS:
        reading.mistake(place, f"it has {len(fields)} fields, not {_FIELDS}", _remedy(len(fields)))
        return
    subdomains, secure = (_flag(fields[at], at, place, reading) for at in (1, 3))
    said, expiry = _expiry(fields[4], place, reading)
    if subdomains is None or secure is None or not said:
        return
    domain, notes = _domain(fields[0], subdomains)
    if expiry == -1:
        expiry = None
        notes.append("it expires at -1, and is taken for a session cookie")
    draft = Draft(fields[5], fields[6], domain, not subdomains, fields[2] or b"/", expiry, secure)
    draft.http_only = line.startswith(_HTTP_ONLY)
    reading.add(draft, place, notes=notes)


def _remedy(fields: int) -> str:
    if fields == 1:
        return "divide domain, subdomains, path, secure, expires, name and value by TABs, not by spaces"
    return "write domain, subdomains, path, secure, expires, name and value, with one TAB between two of them"


def _flag(octets: bytes, at: int, place: str, reading: Reading) -> bool | None:
    flag = _FLAGS.get(octets.strip().lower())
    if flag is None:
        reading.mistake(place, f"field {at + 1} is neither TRUE nor FALSE", "write TRUE or FALSE there")
    return flag


def _expiry(octets: bytes, place: str, reading: Reading) -> tuple[bool, float | None]:
    """Whether it is one, and which; 0 and nothing are session cookies."""
    text = octets.strip().decode("latin-1")
    if text and not _NUMBER.fullmatch(text):
        reading.mistake(place, "field 5 is no time", "write seconds since 1970 there, or 0 for a session cookie")
        return False, None
    return True, float(text or 0) or None


def _domain(octets: bytes, subdomains: bool) -> tuple[str, list[str]]:
    """The domain, without wget's port, and what had to be understood."""
    notes = []
    domain = octets.strip().decode("utf-8", "replace")
    with_port = _WITH_PORT.fullmatch(domain)
    if with_port is not None:
        domain = with_port[1]
        notes.append("its port is left out: cookies do not know ports")
    if domain.startswith(".") and not subdomains:
        notes.append(
            "its dot says that subdomains get it too, field 2 says they do not; it is taken for this host's alone"
        )
    return domain, notes


FORMAT = Format(
    "netscape",
    "Netscape cookies.txt: curl, wget, yt-dlp, Python",
    ("txt",),
    Says(BASICS, octets=True, refuses=refuses),
    recognises,
    write,
    read,
    hint="wget skips HttpOnly cookies; Python's MozillaCookieJar skips session cookies, its LWPCookieJar does not (lwp)",
    remark=remark,
)
