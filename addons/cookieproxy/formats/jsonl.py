"""JSON Lines: one object a cookie, with the fields of the `jar` listing. Only written.

Text is UTF-8 where it decodes, else latin-1. What only a store knows (client, jar, session, site) is null unless it is given.
"""

import json
from collections.abc import Mapping, Sequence

from ..core.cookie import Cookie, SameSite
from ..core.syntax import wire_text
from .faults import is_text
from .format import Content, Format
from .narrow import EVERYTHING, Says
from .times import Step
from .values import Field, Loss, Written, loss

type Row = dict[str, str | float | bool | None]
"""One cookie, by the fields' names, in their order."""


def recognises(content: Content) -> bool:
    """A first line as this module writes it."""
    if not content.first_line.startswith(b'{"client": '):
        return False
    try:
        said = json.loads(content.first_line)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and {"host_only", "same_site"} <= said.keys()


def row(cookie: Cookie, owner: Mapping[str, str | None] | None = None) -> Row:
    """A cookie as the `jar` listing shows it; `owner` may say client, jar, session and site. Times are Unix seconds."""
    of = owner or {}
    return {
        "client": of.get("client"),
        "jar": of.get("jar"),
        "session": of.get("session"),
        "site": of.get("site"),
        "domain": cookie.domain,
        "path": wire_text(cookie.path),
        "name": wire_text(cookie.name),
        "value": wire_text(cookie.value),
        "host_only": cookie.host_only,
        "secure": cookie.secure_only,
        "http_only": cookie.http_only,
        "same_site": None if cookie.same_site is SameSite.DEFAULT else cookie.same_site.value,
        "partition_key": cookie.partition,
        "priority": cookie.priority.value,
        "expires": cookie.expiry_time,
        "created": cookie.creation_time,
        "last_access": cookie.last_access_time,
        "size_bytes": cookie.size_bytes,
        "adopted": cookie.adopted,
    }


def write(cookies: Sequence[Cookie], now: float) -> Written:
    """One line a cookie."""
    lines = [json.dumps(row(cookie), ensure_ascii=False, allow_nan=False).encode() + b"\n" for cookie in cookies]
    return Written(b"".join(lines), tuple(lost_octets(cookies)))


def lost_octets(cookies: Sequence[Cookie]) -> list[Loss]:
    """What is shown as latin-1 because it is no UTF-8."""
    return [
        loss(cookie, field, "it is not UTF-8, and is written as if it were latin-1")
        for cookie in cookies
        for field, octets in ((Field.PATH, cookie.path), (Field.NAME, cookie.name), (Field.VALUE, cookie.value))
        if not is_text(octets)
    ]


FORMAT = Format(
    "jsonl",
    "JSON Lines, one object a cookie, with the fields of the jar listing",
    ("jsonl", "ndjson"),
    Says(EVERYTHING, Step.ANY, octets=True),
    recognises,
    write,
)
