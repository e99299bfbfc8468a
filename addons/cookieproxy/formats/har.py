"""HAR 1.2: the cookies of recorded requests and responses (browsers' network panels, proxies, Playwright).

Read: `request.cookies` and `response.cookies` of every entry, in their order, each cookie as it was said last. A response's cookie
without a domain is its host's alone, and so is one whose domain is exactly that host without a leading dot; any other
domain must have been a Domain attribute. A request's cookie without a domain says no more than that it went to that host:
it renews a cookie of its name which the file knows to go there, or is guessed to be the host's alone, Path=/, for the session.
Headers are not looked at. Written: one entry a host, its cookies in the response. `sameSite` is an extension that browsers write.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..core.cookie import Cookie, CookieKey, SameSite
from ..core.hosts import domain_match
from ..core.paths import default_path, path_match
from .browserlike import SAME_SITE, dotted_domain, text
from .document import Node, compose, parse
from .format import Content, Format
from .hosts import canonical, place_of
from .narrow import EVERYTHING, Says
from .reading import Draft, Reading, Source
from .times import Step, iso_text, parse_any
from .values import Field, Place, Read, Written

_KEYS = {Field.HTTP_ONLY: "httpOnly", Field.SAME_SITE: "sameSite"}
_NO_DATE = -1.0
"""One second before 1970 is how some browsers write down a session cookie here."""


class _Known:
    """What the file has said so far."""

    def __init__(self) -> None:
        self.by_key: dict[CookieKey, Read] = {}
        self._keys: dict[bytes, dict[CookieKey, None]] = {}
        """Those of each name, in order."""

    def add(self, one: Read) -> None:
        """In place of what was said of it before."""
        self.by_key[one.cookie.key] = one
        self._keys.setdefault(one.cookie.name, {})[one.cookie.key] = None

    def going_to(self, place: Place, name: bytes) -> list[Read]:
        """Those of that name that go there."""
        named = [self.by_key[key] for key in self._keys.get(name, ())]
        return [one for one in named if _goes_to(one.cookie, place)]


def recognises(content: Content) -> bool:
    """An object with a `log` of `entries`."""
    document = content.document
    log = document.get("log") if isinstance(document, dict) else None
    return isinstance(log, dict) and "entries" in log


def read(source: Source) -> tuple[Read, ...]:
    """Every cookie as it was said last."""
    reading = Reading(source)
    known = _Known()
    for entry in _entries(source, reading):
        request, response = entry.node("request"), entry.node("response")
        place = _place(request, reading) or source.at
        for item in request.list_of_nodes("cookies") if request else ():
            _take_in(item, place, reading, known, from_request=True)
        for item in response.list_of_nodes("cookies") if response else ():
            _take_in(item, place, reading, known, from_request=False)
    return reading.finish(list(known.by_key.values()))


def write(cookies: Sequence[Cookie], now: float) -> Written:
    """One entry a host."""
    hosts: dict[str, list[Cookie]] = {}
    for cookie in cookies:
        hosts.setdefault(cookie.domain, []).append(cookie)
    log = {
        "version": "1.2",
        "creator": {"name": "Cookie Proxy", "version": "1"},
        "entries": [_entry(host, of_host, now) for host, of_host in hosts.items()],
    }
    return Written(compose({"log": log}))


def _entry(host: str, cookies: Sequence[Cookie], now: float) -> dict[str, object]:
    scheme = "https" if any(cookie.secure_only for cookie in cookies) else "http"
    nothing = {"httpVersion": "HTTP/1.1", "headers": [], "headersSize": -1, "bodySize": 0}
    said = [_object(cookie) for cookie in cookies]
    return {
        "startedDateTime": iso_text(now),
        "time": 0,
        "request": {"method": "GET", "url": f"{scheme}://{host}/", "cookies": [], "queryString": [], **nothing},
        "response": {
            "status": 200,
            "statusText": "OK",
            "cookies": said,
            "content": {"size": 0, "mimeType": "text/plain"},
            "redirectURL": "",
            **nothing,
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }


def _object(cookie: Cookie) -> dict[str, object]:
    said: dict[str, object] = {
        "name": text(cookie.name),
        "value": text(cookie.value),
        "path": text(cookie.path),
        "domain": dotted_domain(cookie),
    }
    if cookie.expiry_time is not None:
        said["expires"] = iso_text(cookie.expiry_time)
    said |= {"httpOnly": cookie.http_only, "secure": cookie.secure_only}
    if cookie.same_site is not SameSite.DEFAULT:
        said["sameSite"] = cookie.same_site.capitalize()
    return said


def _entries(source: Source, reading: Reading) -> Iterator[Node]:
    top = Node(parse(source.data, source.format), "$", reading.mistake)
    log = top.node("log") if top.need("log") else None
    return log.list_of_nodes("entries") if log is not None and log.need("entries") else iter(())


def _place(request: Node | None, reading: Reading) -> Place | None:
    """Whose cookies an entry has; None for what is no web address (`data:`, `blob:`, extensions' pages)."""
    url = request.text("url") if request else None
    return None if url is None else place_of(url, reading.source.to_ascii)


def _take_in(item: Node, place: Place | None, reading: Reading, known: _Known, from_request: bool) -> None:
    name, value = item.octets("name"), item.octets("value")
    if not item.need("name", "value") or name is None or value is None:
        return
    draft = Draft(name, value, item.text("domain") or None)
    bare = from_request and draft.domain is None
    if bare and place is not None and _renew(known, name, value, place):
        return
    _say_scope(draft, item, place, reading, bare)
    draft.expiry = _expiry(item)
    draft.secure, draft.http_only = item.flag("secure") or False, item.flag("httpOnly") or False
    draft.same_site = item.choice("sameSite", SAME_SITE, SameSite.DEFAULT)
    notes = ["the request says only that it was sent there: domain and path are guessed"] if bare else []
    one = reading.read(draft, item.path, item.spots(_KEYS), notes)
    if one is not None:
        known.add(one)


def _say_scope(draft: Draft, item: Node, place: Place | None, reading: Reading, bare: bool) -> None:
    """Domain, host-only flag and path, from the cookie or else from the address it was set or sent at."""
    draft.guessed = bare
    path = item.octets("path")
    draft.path = path or (default_path(place.path) if place is not None and not bare else b"/")
    if place is None:
        return
    if draft.domain is None:
        draft.domain, draft.host_only = place.host, True
    elif not draft.domain.startswith("."):
        host = canonical(draft.domain, reading.source.to_ascii)
        draft.host_only = host is None or host == place.host or not domain_match(place.host, host)


def _renew(known: _Known, name: bytes, value: bytes, place: Place) -> bool:
    """Whether the file knows a cookie of this name that goes there; a single one takes on the value that was sent."""
    there = known.going_to(place, name)
    if len(there) == 1 and there[0].cookie.value != value:
        one = there[0]
        known.add(replace(one, cookie=replace(one.cookie, value=value)))
    return bool(there)


def _goes_to(cookie: Cookie, place: Place) -> bool:
    if not path_match(place.path, cookie.path):
        return False
    return cookie.domain == place.host or (not cookie.host_only and domain_match(place.host, cookie.domain))


def _expiry(item: Node) -> float | None:
    said = item.text("expires")
    if not said:
        return None
    time = parse_any(said)
    if time is None:
        item.complain("expires", "it is no date", "write it as 2027-01-15T08:00:00.000Z, or leave it away")
    return None if time == _NO_DATE else time


FORMAT = Format(
    "har",
    "HAR 1.2: what browsers and proxies recorded",
    ("har", "json"),
    Says(EVERYTHING - {Field.PARTITION_KEY, Field.PRIORITY}, Step.MILLISECONDS),
    recognises,
    write,
    read,
)
