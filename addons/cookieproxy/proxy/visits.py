"""Requests to sites with sessions in the URL, as mitmproxy has them: what is taken out of them before anybody else sees them (R34).

Translates flows for `cookieless.door` and writes back what it says. Also keeps the ids of a client out of everything else that it
sends, to whomever. Bodies are looked at when they are whole, up to `MOST_BODY` octets.
"""

from mitmproxy.http import HTTPFlow

from ..cookieless.bodies import body_through
from ..cookieless.codings import trimmed_accept_encoding
from ..cookieless.door import Asked, Visit
from ..cookieless.endpoint import asked_id
from ..cookieless.fields import Fields, values, without
from ..cookieless.form_bodies import is_textual, take_fields
from ..cookieless.ids import is_id
from ..cookieless.script import ASK_HEADER, ENDPOINT
from ..cookieless.scrub import mentions, scrub
from ..exchange import Browser, RequestHead
from . import flows
from .names import namer

MOST_BODY = 1_048_576
"""Octets of a request's body that are looked through for ids."""
_FORMS = (b"application/x-www-form-urlencoded", b"multipart/form-data")
_VALIDATORS = (b"if-none-match", b"if-modified-since", b"if-range")
UNSEEN = b"x"
"""What stands for an octet of an id where lengths must not change."""


def asked_of(flow: HTTPFlow, head: RequestHead, browser: Browser, other_ids: tuple[bytes, ...] = ()) -> Asked:
    """The request for the door."""
    if ENDPOINT.encode() in head.path and (said := asked_id(head.fields)):
        other_ids = (*other_ids, said)
    return Asked(
        head.scheme,
        head.host,
        head.method,
        head.path,
        head.fields,
        browser.name,
        browser.user_agent,
        flow.client_conn.id,
        head.time,
        flows.browser_authority(flow, head),
        lambda parts: namer(parts)(flow),
        other_ids,
    )


def may_have_id_in_body(flow: HTTPFlow) -> bool:
    """True for a form that will be there as a whole and is not too long."""
    request = flow.request
    if request.stream or request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    if not request.headers.get("content-type", "").lower().encode("latin-1", "replace").startswith(_FORMS):
        return False
    length = request.headers.get("content-length", "")
    return not length.isdecimal() or int(length) <= MOST_BODY


def ids_in_body(flow: HTTPFlow, parameter: str) -> tuple[bytes, ...]:
    """What stands in the form's fields of ours; they are taken out."""
    body = flow.request.raw_content
    if not body or len(body) > MOST_BODY:
        return ()
    content_type = flow.request.headers.get("content-type", "").encode("latin-1", "replace")
    rest, found = take_fields(body, content_type, parameter, is_id)
    if found:
        _write_body(flow, rest)
    return tuple(found)


def take_out(flow: HTTPFlow, head: RequestHead, visit: Visit) -> RequestHead:
    """Write to the flow what the application gets: no id in target and referrer, and nothing that asks for half an answer."""
    fields = visit.fields
    if visit.holds:
        fields = _for_rewriting(fields, visit.is_navigation)
    if visit.target is not head.path:
        flows.keep_original(flow, "target", masked(head.path, visit.ids))
        flow.request.path = visit.target.decode("utf-8", "surrogateescape")
    if fields is not head.fields:
        flows.write_fields(flow, head.fields, fields, lambda value: masked(value, visit.ids))
    if visit.ticket is not None and visit.holds:
        flows.keep_original(flow, "session", visit.ticket.digest)
    return head._replace(path=visit.target, fields=fields)


def _for_rewriting(fields: Fields, is_page: bool) -> Fields:
    """No coding that cannot be undone, and no answer that a page has not changed: that had the ids of another day."""
    trimmed = tuple(
        (name, trimmed_accept_encoding(value)) if name.lower() == b"accept-encoding" else (name, value)
        for name, value in fields
    )
    if is_page:
        trimmed = without(trimmed, *_VALIDATORS)
    trimmed = without(trimmed, ASK_HEADER.lower().encode())
    return fields if trimmed == fields else trimmed


def masked(text: bytes, ids: tuple[bytes, ...]) -> bytes:
    """The text with stars for ids."""
    for one in ids:
        text = text.replace(one, b"***")
    return text


# -- everything else that a client sends -------------------------------------------------------------------------------


def scrub_head(flow: HTTPFlow, ids: tuple[str, ...], parameters: tuple[str, ...]) -> bool:
    """Take the ids out of target and fields; whether there were some."""
    request = flow.request
    fields = request.headers.fields
    if not mentions(b"\n".join((request.data.path, *(value for _, value in fields))), ids):
        return False
    request.path = scrub(request.data.path, ids, parameters).decode("utf-8", "surrogateescape")
    request.headers.fields = tuple((name, scrub(value, ids, parameters)) for name, value in fields)
    return True


def scrub_body(flow: HTTPFlow, ids: tuple[str, ...], parameters: tuple[str, ...]) -> bool:
    """Take the ids out of a text body that is there as a whole; whether there were some."""
    request = flow.request
    body = request.raw_content
    if not body or len(body) > MOST_BODY or not is_textual(_content_type(flow)):
        return False
    if request.headers.get("content-encoding"):
        return _scrub_coded(flow, ids, parameters)
    if not mentions(body, ids):
        return False
    _write_body(flow, scrub(body, ids, parameters))
    return True


def _scrub_coded(flow: HTTPFlow, ids: tuple[str, ...], parameters: tuple[str, ...]) -> bool:
    """The same under a content coding."""
    scrubber = _Scrubber(ids, parameters)
    body = body_through(flow.request.headers.fields, scrubber, lambda trouble: None)
    if body is None or not flow.request.raw_content:
        return False
    changed = body.whole(flow.request.raw_content)
    if scrubber.found:
        _write_body(flow, changed)
    return scrubber.found


class _Scrubber:
    """Gathers what is decoded, as far as it may be long, and looks it through as a whole."""

    def __init__(self, ids: tuple[str, ...], parameters: tuple[str, ...]) -> None:
        self.found = False
        self._ids = ids
        self._parameters = parameters
        self._text = bytearray()

    def feed(self, data: bytes) -> bytes:
        """Nothing goes on before all of it is there."""
        if len(self._text) <= MOST_BODY:
            self._text += data
        return b""

    def close(self) -> bytes:
        """The whole without ids."""
        text = bytes(self._text)
        self.found = len(text) <= MOST_BODY and bool(mentions(text, self._ids))
        return scrub(text, self._ids, self._parameters)


def stream_without(flow: HTTPFlow, ids: tuple[str, ...]) -> None:
    """A text body that streams keeps its length: the ids in it are written over, also across two pieces."""
    if not flow.request.stream or not is_textual(_content_type(flow)):
        return
    longest = max(map(len, ids))
    held = b""
    seen = 0

    def over(chunk: bytes) -> bytes:
        nonlocal held, seen
        text = held + chunk
        seen += len(chunk)
        if seen <= MOST_BODY:
            for one in mentions(text, ids):
                text = _written_over(text, one)
        keeps = 0 if not chunk else min(longest - 1, len(text))
        held = text[len(text) - keeps :]
        return text[: len(text) - keeps]

    flow.request.stream = over


def _written_over(text: bytes, one: str) -> bytes:
    lowered = text.lower()
    place = lowered.find(one.encode())
    while place >= 0:
        text = text[:place] + UNSEEN * len(one) + text[place + len(one) :]
        place = lowered.find(one.encode(), place + len(one))
    return text


def scrub_message(flow: HTTPFlow, ids: tuple[str, ...], parameters: tuple[str, ...]) -> bool:
    """Take the ids out of the WebSocket text message that a client just sent."""
    if flow.websocket is None or not flow.websocket.messages:
        return False
    message = flow.websocket.messages[-1]
    if not message.from_client or not message.is_text or not mentions(message.content, ids):
        return False
    message.content = scrub(message.content, ids, parameters)
    return True


def _content_type(flow: HTTPFlow) -> bytes | None:
    found = values(flow.request.headers.fields, b"content-type")
    return found[0] if found else None


def _write_body(flow: HTTPFlow, body: bytes) -> None:
    flow.request.raw_content = body
    if "content-length" in flow.request.headers:
        flow.request.headers["content-length"] = str(len(body))
