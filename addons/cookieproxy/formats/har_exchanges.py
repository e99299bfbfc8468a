"""The exchanges in a HAR 1.2 file, an entry at a time: what browsers and proxies recorded, as requests and responses.

Only what cookies depend on is kept of an entry; bodies of responses, WebSocket messages and whatever else browsers write are passed
over. Several values in one field, joined by line ends as Chrome and Firefox do with Set-Cookie, are fields of their own. Deviation:
HAR does not say when a response's head came; it is taken to be when sending and waiting were over, or else everything was.
"""

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

import can_ada
import ijson  # type: ignore[import-untyped]  # it has no types

from ..core.recent import remember
from .times import parse_iso
from .traffic_files import EndsEarly, TrafficFile, Unreadable, explained

MOST_BODY = 65_536
"""Octets of a request's body that are kept."""
MOST_TWINS = 10_000
"""Entries that are remembered, so that those alike can be told apart; they lie close together."""
_BEFORE_HEAD = ("blocked", "dns", "connect", "send", "wait")
"""Times until a response's head is there; `ssl` is part of `connect`."""
_PORTS = {"http:": 80, "ws:": 80, "https:": 443, "wss:": 443}

MOST_MILLISECONDS = 10**12
_COMPLAINT = re.compile(r"(?:lexical|parse) error: ([A-Za-z0-9 ().-]*)")
_METHOD = re.compile(r"[!-~]{1,64}")
_END_OF_LIST = ("end_array", None)

type Pairs = tuple[tuple[bytes, bytes], ...]
type Wanted = Mapping[str, "Wanted | None"]
type Events = Iterator[tuple[str, object]]

_PAIRS: Wanted = {"name": None, "value": None}
_ENTRY: Wanted = {
    "startedDateTime": None,
    "time": None,
    "timings": dict.fromkeys(_BEFORE_HEAD),
    "request": {
        **dict.fromkeys(("method", "url", "httpVersion")),
        **{"headers": _PAIRS, "cookies": _PAIRS, "postData": {"text": None}},
    },
    "response": {**dict.fromkeys(("status", "httpVersion")), "headers": _PAIRS},
}
"""What is read of an entry; None is text, a number or the like."""


class HarExchange(NamedTuple):
    """One entry."""

    id: str
    """The same whenever and from whichever file it is read."""
    started: float
    """Unix seconds."""
    method: str
    scheme: str
    """http or https."""
    host: str
    """As a browser's URL has it: A-labels, IPv6 addresses in brackets."""
    port: int
    path: bytes
    """With its query."""
    version: str
    fields: Pairs
    body: bytes
    """Its first octets."""
    response: "HarResponse | None"
    """None if there was none."""

    @property
    def has_cookies(self) -> bool:
        """True if one is sent or set."""
        response = () if self.response is None else self.response.fields
        return any(name.lower() in (b"cookie", b"set-cookie") for name, _ in (*self.fields, *response))


class HarResponse(NamedTuple):
    """What came back."""

    answered: float
    """Unix seconds."""
    status: int
    version: str
    fields: Pairs


def exchanges_in(file: TrafficFile) -> Iterator[HarExchange | None]:
    """The exchanges in a HAR file in its order, None for each entry that is none. Raises Unreadable where it cannot go on."""
    twins: OrderedDict[str, int] = OrderedDict()
    with explained():
        try:
            for entry in _entries(ijson.basic_parse(file, use_float=True)):
                yield _exchange(entry, twins)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise _explanation(str(error), file.offset) from error


def _explanation(said: str, offset: int) -> Unreadable:
    """What is wrong, without the octets around it, which may be anybody's password."""
    if "premature EOF" in said or "Incomplete JSON" in said:
        return EndsEarly(f"it ends in the middle, at octet {offset:,}")
    known = _COMPLAINT.search(said)
    why = f" ({known[1].strip(' .')})" if known else ""
    return Unreadable(f"it is no JSON before octet {offset:,}{why}. Export it again.")


# -- JSON, as far as it is wanted --------------------------------------------------------------------------------------


def _entries(events: Events) -> Iterator[object]:
    """What is wanted of each entry. Raises Unreadable if this is not how a HAR file is built."""
    for _ in _members(events, "log", "start_map"):
        for _ in _members(events, "entries", "start_array"):
            for event, value in events:
                if event == "end_array":
                    break
                yield _built(events, event, value, _ENTRY)


def _members(events: Events, name: str, kind: str) -> Iterator[None]:
    """Stops at the beginning of each member of that name and kind; what it is has to be read before going on."""
    found = False
    for event, value in events:
        if event == "end_map":
            break
        if event != "map_key":
            continue  # the beginning of the object itself
        begin, _ = next(events)
        if value == name and begin == kind:
            found = True
            yield
        else:
            _pass_over(events, begin)
    if not found:
        raise Unreadable(f"it is JSON, but no HAR file: it has no `{name}`.")


def _built(events: Events, event: str, value: object, wanted: Wanted | None) -> object:
    """The value that begins with this event; None for a container where none is wanted."""
    if event == "start_map" and wanted is not None:
        members: dict[str, object] = {}
        for event, key in events:
            if event == "end_map":
                break
            event, value = next(events)
            if isinstance(key, str) and key in wanted:
                members[key] = _built(events, event, value, wanted[key])
            else:
                _pass_over(events, event)
        return members
    if event == "start_array" and wanted is not None:
        return [_element(events, event, wanted) for event, _ in iter(partial(next, events), _END_OF_LIST)]
    _pass_over(events, event)
    return value


def _element(events: Events, event: str, wanted: Wanted) -> object:
    """Lists within lists, which HAR does not have, would lead as deep as somebody likes."""
    if event == "start_map":
        return _built(events, event, None, wanted)
    _pass_over(events, event)
    return None


def _pass_over(events: Events, event: str) -> None:
    depth = int(event.startswith("start_"))
    while depth:
        event, _ = next(events)
        depth += event.startswith("start_") - event.startswith("end_")


# -- entries -----------------------------------------------------------------------------------------------------------


def _exchange(entry: object, twins: "OrderedDict[str, int]") -> HarExchange | None:
    request = _object(_object(entry).get("request"))
    said = _text(_object(entry).get("startedDateTime"))
    started, method, url = parse_iso(said), _text(request.get("method")), _url(_text(request.get("url")))
    if started is None or url is None or not _METHOD.fullmatch(method):
        return None
    fields = _fields(request.get("headers"))
    if not any(name.lower() == b"cookie" for name, _ in fields):
        fields += _cookie_field(request.get("cookies"))
    return HarExchange(
        _id(f"{said} {method} {url.href}", twins),
        started,
        method,
        "https" if url.protocol in ("https:", "wss:") else "http",
        url.hostname,
        int(url.port) if url.port else _PORTS[url.protocol],
        f"{url.pathname}{url.search}".encode(),
        _text(request.get("httpVersion")),
        fields,
        _octets(_text(_object(request.get("postData")).get("text"))[:MOST_BODY])[:MOST_BODY],
        _response(_object(entry), started),
    )


def _response(entry: Mapping[str, object], started: float) -> HarResponse | None:
    """Browsers write status 0 for a request that was blocked or broken off."""
    response = _object(entry.get("response"))
    status = response.get("status")
    if not isinstance(status, int) or not 0 < status < 1000:
        return None
    answered = started + _milliseconds_until_head(entry) / 1000
    return HarResponse(answered, status, _text(response.get("httpVersion")), _fields(response.get("headers")))


def _milliseconds_until_head(entry: Mapping[str, object]) -> float:
    timings = _object(entry.get("timings"))
    if timings:
        return sum(_milliseconds(timings.get(part)) for part in _BEFORE_HEAD)
    return _milliseconds(entry.get("time"))


def _milliseconds(value: object) -> float:
    """-1 says that it does not apply."""
    return max(float(value), 0.0) if isinstance(value, int | float) and abs(value) < MOST_MILLISECONDS else 0.0


def _id(content: str, twins: "OrderedDict[str, int]") -> str:
    number = twins.get(content, 0)
    remember(twins, content, number + 1, MOST_TWINS)
    return f"har-{blake2b(f'{content} {number}'.encode(), digest_size=16).hexdigest()}"


def _url(text: str) -> can_ada.URL | None:
    try:
        url = can_ada.parse(text)
    except ValueError:
        return None
    return url if url.protocol in _PORTS and url.hostname else None


# -- fields ------------------------------------------------------------------------------------------------------------


def _fields(said: object) -> Pairs:
    """Header fields, without what HTTP/2 and 3 write as such (`:authority`)."""
    return tuple(
        (name, part.strip(b" \t\r"))
        for name, value in _pairs(said)
        if not name.startswith(b":") and name.isascii()
        for part in value.split(b"\n")
    )


def _cookie_field(said: object) -> Pairs:
    """Some programs write cookies only as such."""
    pairs = [name + b"=" + value if name else value for name, value in _pairs(said)]
    return ((b"Cookie", b"; ".join(pairs)),) if pairs else ()


def _pairs(said: object) -> Iterator[tuple[bytes, bytes]]:
    for each in said if isinstance(said, list) else ():
        pair = _object(each)
        if isinstance(pair.get("name"), str):
            yield _octets(_text(pair["name"])), _octets(_text(pair.get("value")))


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
