"""Responses of sites with sessions in the URL: where they lead, their pages and style sheets (R16, R24).

Puts together what `cookieless` has for heads and bodies, and writes it to the flow. Bodies stream: the browser has the beginning
of a page before the application has sent its end.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from mitmproxy.http import HTTPFlow, Response

from ..cookieless.bodies import Body, Kind, body_through, charset_of, kind_of
from ..cookieless.codings import Transform
from ..cookieless.door import Stage, Visit
from ..cookieless.entry import CarrierKind, Place
from ..cookieless.fields import Fields, not_kept, replaced, telling_nobody, values, with_links, without
from ..cookieless.pages import Injection, Page, rewrites_of
from ..cookieless.policies import extended, nonce_of
from ..cookieless.script import ENDPOINT, PageConfig, script_tag
from ..cookieless.styles import StyleRewriter
from ..cookieless.urls import Links
from .flows import is_binary, spelled

logger = logging.getLogger(__name__)

_POLICIES = (b"content-security-policy", b"content-security-policy-report-only")
_LEADING = (b"location", b"refresh")
_LENGTHS = (b"content-length", b"content-md5", b"content-range")


@dataclass(frozen=True, slots=True)
class Rewriting:
    """Everything that one response is rewritten with."""

    visit: Visit
    session_id: str
    is_known: bool
    """False if the session only begins with this response."""
    holds: Callable[[Place], bool]
    """Where links get the id."""
    asks_path: bool
    """False if that answers the same for all URLs of a host."""
    one_port: bool
    """True if URLs with another port do not lead through the proxy."""
    url: str
    """Of the request, as the browser knows it, without the id."""
    cookies: str
    """What the page's script may read at first."""
    on_trouble: Callable[[str], None]

    def links(self, fields: Fields, in_markup: bool, xml: bool = False) -> Links:
        """The links of the response's head, or of its page. Raises ValueError if the request has no URL to be relative to."""
        entry = self.visit.entry
        return Links(
            self.visit.carrier,
            self.session_id,
            self.holds,
            self.url,
            self.visit.carries,
            entry.additions,
            charset_of(fields) or "utf-8",
            in_markup,
            xml,
            self.asks_path,
            self.one_port,
        )


def rewrite(flow: HTTPFlow, rewriting: Rewriting) -> bool:
    """Rewrite the response; whether the browser learns the id from it. Its body may follow in pieces."""
    response = flow.response
    assert response is not None
    fields = response.headers.fields
    rewrites_parts = any(element == b"link" for element, _ in rewriting.visit.entry.rewrites)
    changed = with_links(fields, rewriting.links(fields, in_markup=False), rewrites_parts)
    leads = changed != fields
    kind = kind_of(flow.request.method, response.status_code, fields)
    changed, body = _body(flow, rewriting, changed, kind)
    if leads or body is not None:
        changed = not_kept(changed, lambda name: spelled(flow, name))
    if _may_be_a_page(response.status_code, fields) or values(fields, b"referrer-policy"):
        changed = telling_nobody(changed, lambda name: spelled(flow, name))
    if body is not None:
        changed = _streaming(flow, changed)
        response.stream = body
    if changed != fields:
        response.headers.fields = changed
    return leads or (body is not None and kind is not Kind.STYLE)


def _body(flow: HTTPFlow, rewriting: Rewriting, fields: Fields, kind: Kind) -> tuple[Fields, Body | None]:
    """The fields with which the body goes on, and what it goes through; None if it goes on as it is."""
    if kind in (Kind.PAGE, Kind.XML_PAGE):
        return _page(flow, rewriting, fields, kind is Kind.XML_PAGE)
    if kind is not Kind.STYLE or rewriting.visit.carrier.kind is not CarrierKind.PATH or not rewriting.is_known:
        return fields, None
    prefix = b"/(S(" + rewriting.session_id.encode() + b"))"
    return fields, body_through(fields, _Guarded(StyleRewriter(prefix)), rewriting.on_trouble)


def _may_be_a_page(status: int, fields: Fields) -> bool:
    """True for what a browser may show or follow, read by us or not: its address is what other sites must not be told."""
    types = values(fields, b"content-type")
    return 300 <= status < 304 or status in (307, 308) or not types or any(b"html" in one.lower() for one in types)


def can_carry(method: str, status: int, fields: Fields) -> bool:
    """True if a response with this head has a place from which a browser learns an id."""
    if any(name.lower() in _LEADING for name, _ in fields):
        return True
    return kind_of(method, status, fields) in (Kind.PAGE, Kind.XML_PAGE)


def rewrite_whole(response: Response) -> None:
    """A body that did not stream, because another addon made the response: rewritten as a whole."""
    body = response.stream
    if isinstance(body, Body) and not body.was_used and response.raw_content is not None:
        response.raw_content = body.whole(response.raw_content)
        response.headers.pop("transfer-encoding", None)
        response.headers["content-length"] = str(len(response.raw_content))
        response.stream = False


def _page(flow: HTTPFlow, rewriting: Rewriting, fields: Fields, xml: bool) -> tuple[Fields, Body | None]:
    entry = rewriting.visit.entry
    injection, extended_fields = _injection(flow, rewriting, fields)
    table = rewrites_of(entry.rewrites, entry.rewrites_default)
    links = rewriting.links(fields, in_markup=True, xml=xml)
    page = Page(links, table, injection, has_charset=charset_of(fields) is not None)
    body = body_through(fields, _Guarded(page), rewriting.on_trouble)
    return (fields, None) if body is None else (extended_fields, body)


def _injection(flow: HTTPFlow, rewriting: Rewriting, fields: Fields) -> tuple[Injection | None, Fields]:
    """The script for a page of its own, and the fields under whose policies it may run."""
    visit = rewriting.visit
    if not visit.entry.script or not visit.is_navigation:
        return None, fields
    scheme, _, rest = rewriting.url.partition("://")
    endpoint = f"{scheme}://{rest.partition('/')[0]}{ENDPOINT}"
    config = PageConfig(
        visit.carrier.kind.value,
        visit.carrier.parameter,
        rewriting.session_id,
        visit.entry.script_hosts,
        rewriting.cookies,
        visit.stage is Stage.ASKING,
    )
    nonce = nonce_of(values(fields, _POLICIES[0]))
    tag, script_hash = script_tag(config, nonce)
    needed = None if nonce is not None else script_hash
    written = tuple(
        (name, extended(value, needed, endpoint)) if name.lower() in _POLICIES else (name, value)
        for name, value in fields
    )
    return Injection(tag, lambda policy: extended(policy, None, endpoint), not visit.is_unclear), written


def _streaming(flow: HTTPFlow, fields: Fields) -> Fields:
    """The fields of a body whose length nobody knows yet."""
    rest = without(fields, *_LENGTHS)
    if is_binary(flow):
        return without(rest, b"transfer-encoding")
    if flow.request.http_version != "HTTP/1.1":
        return replaced(without(rest, b"transfer-encoding"), b"Connection", b"close")
    if flow.response is not None and flow.response.http_version == "HTTP/1.0":
        # No browser reads chunks in an answer of HTTP/1.0 (RFC 9112 6.1); a proxy may answer in its own version (RFC 9110 2.5).
        keeps = any(b"keep-alive" in value.lower() for value in values(rest, b"connection"))
        flow.response.http_version = "HTTP/1.1"
        rest = rest if keeps else replaced(rest, b"Connection", b"close")
    return replaced(rest, b"Transfer-Encoding", b"chunked")


class _Guarded:
    """A transform whose bugs cost the browser nothing but the ids: they are logged, and what comes goes on as it is."""

    def __init__(self, transform: Transform) -> None:
        self._transform: Transform | None = transform

    def feed(self, data: bytes) -> bytes:
        """What goes on."""
        return data if self._transform is None else self._guarded(self._transform.feed, data)

    def close(self) -> bytes:
        """The rest."""
        if self._transform is None:
            return b""
        return self._guarded(lambda data: self._transform.close() if self._transform else b"", b"")

    def _guarded(self, work: Callable[[bytes], bytes], data: bytes) -> bytes:
        try:
            return work(data)
        except Exception:  # a bug of ours must not end the exchange
            logger.exception("Cookie Proxy failed to rewrite a page, which goes on as it is")
            self._transform = None
            return data
