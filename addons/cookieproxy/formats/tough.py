"""tough-cookie's serialised jar (Node.js): `jar.toJSON()`, tough-cookie 6.1 and before.

An object with `version`, `storeType` and `cookies`, or the list alone. What has its default is absent: a nameless cookie has no
`key`, a session cookie no `expires`. Max-Age, if a cookie has it, goes before `expires` and counts from its last use. Domains
have no leading dot, `hostOnly` says it; IPv6 addresses have no brackets. Attributes it does not know stand under `extensions`.
"""

from collections.abc import Sequence

from ..core.cookie import Cookie, Priority, SameSite
from .browserlike import PRIORITY, SAME_SITE, any_has, items, text, top_level
from .document import Node, compose
from .format import Content, Format
from .narrow import EVERYTHING, Says
from .reading import Draft, Reading, Source
from .times import LATEST, Step, iso_text, parse_any
from .values import Field, Read, Written

_NEVER = "Infinity"
_LONG_AGO = -1.0
_KEYS = {Field.NAME: "key", Field.HTTP_ONLY: "httpOnly", Field.SAME_SITE: "sameSite", Field.HOST_ONLY: "hostOnly"}
_OPTIONS = {
    "version": "tough-cookie@6.1.0",
    "storeType": "MemoryCookieStore",
    "rejectPublicSuffixes": True,
    "enableLooseMode": True,
    "allowSpecialUseDomain": True,
    "prefixSecurity": "silent",
}
"""What the jar is made with when it is read; loose mode, because there may be nameless cookies."""


def recognises(content: Content) -> bool:
    """An object that names a store, or a cookie with a `key`."""
    document = content.document
    if isinstance(document, dict) and isinstance(document.get("cookies"), list) and "storeType" in document:
        return True
    cookies = items(content)
    return any_has(cookies, "key") and not any_has(cookies, "name")


def read(source: Source) -> tuple[Read, ...]:
    """The cookies."""
    reading = Reading(source)
    for item in top_level(source, reading):
        draft = Draft(
            item.octets("key") or b"",
            item.octets("value") or b"",
            item.text("domain"),
            item.flag("hostOnly") if item.has("hostOnly") or not item.has("domain") else False,
            item.octets("path") or b"/",
            secure=item.flag("secure") or False,
            http_only=item.flag("httpOnly") or False,
            same_site=item.choice("sameSite", SAME_SITE, SameSite.DEFAULT),
            priority=_priority(item),
            created=_time(item, "creation"),
            last_access=_time(item, "lastAccessed"),
        )
        draft.expiry = _expiry(item, draft.last_access or source.now)
        reading.add(draft, item.path, item.spots(_KEYS))
    return reading.finish()


def write(cookies: Sequence[Cookie], now: float) -> Written:
    """A whole jar."""
    return Written(compose({**_OPTIONS, "cookies": [_object(cookie) for cookie in cookies]}))


def _object(cookie: Cookie) -> dict[str, object]:
    said: dict[str, object] = {"key": text(cookie.name)} if cookie.name else {}
    said["value"] = text(cookie.value)
    if cookie.expiry_time is not None:
        said["expires"] = iso_text(cookie.expiry_time)
    said |= {"domain": cookie.domain.strip("[]"), "path": text(cookie.path)}
    if cookie.secure_only:
        said["secure"] = True
    if cookie.http_only:
        said["httpOnly"] = True
    if cookie.priority is not Priority.MEDIUM:
        said["extensions"] = [f"Priority={cookie.priority.capitalize()}"]
    said |= {
        "hostOnly": cookie.host_only,
        "creation": iso_text(cookie.creation_time),
        "lastAccessed": iso_text(cookie.last_access_time),
    }
    if cookie.same_site is not SameSite.DEFAULT:
        said["sameSite"] = cookie.same_site.value
    return said


def _expiry(item: Node, last_access: float) -> float | None:
    """From Max-Age, which may be "Infinity" or "-Infinity", else from `expires`."""
    if not item.has("maxAge"):
        return _time(item, "expires")
    if item.is_text("maxAge"):
        return item.choice("maxAge", {"infinity": None, "-infinity": _LONG_AGO}, None)
    seconds = item.number("maxAge")
    if seconds is None:
        return None
    return _LONG_AGO if seconds <= 0 else min(last_access + seconds, LATEST)


def _time(item: Node, key: str) -> float | None:
    """A date and time, milliseconds since 1970, or "Infinity" for none."""
    if item.has(key) and not item.is_text(key):
        milliseconds = item.number(key)
        return None if milliseconds is None else milliseconds / 1000
    said = item.text(key)
    if said is None or said == _NEVER:
        return None
    time = parse_any(said)
    if time is None:
        item.complain(key, "it is no date", "write it as 2027-01-15T08:00:00.000Z, or leave it away")
    return time


def _priority(item: Node) -> Priority:
    """From the attributes that tough-cookie only keeps."""
    for said in item.texts("extensions"):
        name, _, value = said.partition("=")
        if name.strip().lower() == "priority":
            return PRIORITY.get(value.strip().lower(), Priority.MEDIUM)
    return Priority.MEDIUM


FORMAT = Format(
    "tough",
    "tough-cookie's jar (Node.js)",
    ("json",),
    Says(EVERYTHING - {Field.PARTITION_KEY}, Step.MILLISECONDS),
    recognises,
    write,
    read,
)
