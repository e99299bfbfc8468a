"""Requests to sites with sessions in the URL, as mitmproxy has them: for the door, and as the application gets them (R34).

Translates flows for `cookieless.door` and writes back what it says. Bodies are looked at when they are whole, up to `MOST_BODY`
octets. What else a client says, and to whom, is the business of `leaks`.
"""

from collections.abc import Callable

from mitmproxy import ctx
from mitmproxy.http import HTTPFlow

from ..cookieless.codings import trimmed_accept_encoding
from ..cookieless.door import Asked, Visit
from ..cookieless.endpoint import asked_id
from ..cookieless.fields import Fields, values, without
from ..cookieless.form_bodies import take_fields
from ..cookieless.script import ASK_HEADER, ENDPOINT
from ..exchange import Browser, RequestHead
from . import flows
from .names import namer

MOST_BODY = 1_048_576
"""Octets of a request's body that are looked through for ids."""
_FORMS = (b"application/x-www-form-urlencoded", b"multipart/form-data")
_VALIDATORS = (b"if-none-match", b"if-modified-since", b"if-range")


def asked_of(flow: HTTPFlow, head: RequestHead, browser: Browser) -> Asked:
    """The request for the door."""
    said = asked_id(head.fields) if ENDPOINT.encode() in head.path else b""
    return Asked(
        head.scheme,
        head.host,
        head.method,
        head.path,
        head.fields,
        browser.name,
        browser.user_agent,
        _connection(flow),
        head.time,
        flows.browser_authority(flow, head),
        lambda parts: namer(parts)(flow),
        (said,) if said else (),
    )


def _connection(flow: HTTPFlow) -> str:
    """What is one browser's for sure: where we are asked as a proxy. In front of an application a balancer may pool connections."""
    is_direct = isinstance(flow.client_conn.proxy_mode, flows.ASKED_DIRECTLY)
    return flow.id if is_direct else flow.client_conn.id


def may_stream(flow: HTTPFlow) -> bool:
    """True if the request's body streams, or mitmproxy (12.2.3) may still decide so: it does when an unannounced body grows."""
    if flow.request.stream:
        return True
    return bool(ctx.options.stream_large_bodies) and "content-length" not in flow.request.headers


def may_have_id_in_body(flow: HTTPFlow) -> bool:
    """True for a form that will be there as a whole and is not too long."""
    request = flow.request
    if may_stream(flow) or request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    if not request.headers.get("content-type", "").lower().encode("latin-1", "replace").startswith(_FORMS):
        return False
    length = request.headers.get("content-length", "")
    return not length.isdecimal() or int(length) <= MOST_BODY


def ids_in_body(flow: HTTPFlow, parameter: str, is_ours: Callable[[bytes], bool]) -> tuple[bytes, ...]:
    """The ids of ours that stand in the form's fields of that name; these are taken out."""
    body = flow.request.raw_content
    if not body or len(body) > MOST_BODY:
        return ()
    content_type = flow.request.headers.get("content-type", "").encode("latin-1", "replace")
    rest, found = take_fields(body, content_type, parameter, is_ours)
    if found:
        write_body(flow, rest)
    return tuple(found)


def take_out(flow: HTTPFlow, head: RequestHead, visit: Visit) -> RequestHead:
    """Write to the flow what the application gets: no id in target and referrer, and nothing that asks for half an answer."""
    fields = visit.fields
    if visit.holds:
        fields = _for_rewriting(fields, visit.is_navigation)
    if visit.target is not head.path:
        flows.keep_original(flow, "target", flows.masked(head.path, visit.target, visit.ids))
        flow.request.path = visit.target.decode("utf-8", "surrogateescape")
    if fields is not head.fields:
        flows.write_fields(flow, head.fields, fields, visit.ids)
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


def content_type_of(flow: HTTPFlow) -> bytes | None:
    found = values(flow.request.headers.fields, b"content-type")
    return found[0] if found else None


def write_body(flow: HTTPFlow, body: bytes) -> None:
    flow.request.raw_content = body
    if "content-length" in flow.request.headers:
        flow.request.headers["content-length"] = str(len(body))
