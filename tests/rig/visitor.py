"""A client that keeps no cookies and runs no scripts, and otherwise goes about as a browser does: links, forms, redirects.

    visitor = Visitor(running.port)
    visitor.visit("http://shop.example/")
    visitor.click("Log in")
    page = visitor.submit({"user": "me", "password": "…"}, having="password")
    assert visitor.set_cookies == []

Speaks HTTP/1.1 to a proxy over a plain socket, a connection for each request, and keeps every request it sent and every head
it got. URLs are WHATWG's. Does not know caches, frames or Sec-Fetch-*, and waits for no refresh: it follows at once.
"""

import contextlib
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import can_ada

from rig import referrer
from rig.basket import Basket
from rig.clients import SECONDS, RawAnswer, exchange
from rig.forms import Form, Value, encode_multipart, encode_urlencoded
from rig.page import NOWHERE, Page, Which, resolve

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) Visitor/1.0"
AT_MOST = 20
"""Redirects and refreshes in a row; what is longer is a loop."""


class Request(NamedTuple):
    """What is to be fetched."""

    url: str
    method: str = "GET"
    content_type: bytes = b""
    body: bytes = b""
    comes_from: str = NOWHERE
    """The page with the link or form; a redirect does not change it."""
    policy: str = referrer.DEFAULT
    is_tainted: bool = False
    """Whether a redirect led from one foreign origin to another, so that nobody is told where it began."""


class Exchange(NamedTuple):
    """A request as it was sent and what came back."""

    request: Request
    sent: bytes
    answer: RawAnswer


def _parted(url: str) -> tuple[str, str]:
    """A URL without its fragment, and the fragment."""
    address, mark, fragment = url.partition("#")
    return address, mark + fragment


@dataclass
class Visitor:
    """One person with one window. `page` is what it shows."""

    port: int
    user_agent: str = USER_AGENT
    source: str | None = None
    """The address on loopback to come from."""
    keep_cookies: bool = False
    with_parts: bool = False
    """Whether pictures, scripts, style sheets and frames of each page are fetched, too."""
    exchanges: list[Exchange] = field(default_factory=list)
    page: Page = field(default_factory=lambda: Page(NOWHERE, RawAnswer(b"", b"")))

    def __post_init__(self) -> None:
        self._basket = Basket()

    @property
    def set_cookies(self) -> list[bytes]:
        """Every Set-Cookie that ever came."""
        return [value for one in self.exchanges for value in one.answer.all(b"set-cookie")]

    def visit(self, url: str) -> Page:
        """Type an address; relative to the page, for short."""
        target = resolve(self.page.base, url)
        assert target, url
        return self._navigate(Request(target))

    def click(self, which: Which) -> Page:
        """Follow a link, by its text or a predicate."""
        link = self.page.link(which)
        target = resolve(self.page.base, link.href)
        assert target, link
        said = link.attributes.get("referrerpolicy", "")
        is_secret = "noreferrer" in link.attributes.get("rel", "").lower().split()
        policy = "no-referrer" if is_secret else referrer.policy_of(self.page.policy, said)
        return self._navigate(Request(target, comes_from=self.page.url, policy=policy))

    def submit(self, values: Mapping[str, Value] | None = None, having: str = "", button: str | None = None) -> Page:
        """Fill in and send the first form that has a control `having`, or else the first value's name, with a button."""
        values = values or {}
        form = self.page.form(having or next(iter(values)))
        return self._navigate(self._filled_in(form, values, button))

    def _filled_in(self, form: Form, values: Mapping[str, Value], button_name: str | None) -> Request:
        button = form.button(button_name)
        entries = form.entries(values, button, self.page.charset)
        action = form.setting("action", button)
        # An empty action is the page itself, whatever its base.
        target = resolve(self.page.base, action) if action else self.page.url
        assert target, action
        start = Request(target, comes_from=self.page.url, policy=self.page.policy)
        if form.setting("method", button).lower() != "post":
            url = can_ada.parse(target)
            url.search = encode_urlencoded(entries, self.page.charset).decode()
            return start._replace(url=str(url.href))
        if form.setting("enctype", button).lower() == "multipart/form-data":
            body, content_type = encode_multipart(entries, self.page.charset)
        else:
            body, content_type = encode_urlencoded(entries, self.page.charset), b"application/x-www-form-urlencoded"
        return start._replace(method="POST", body=body, content_type=content_type)

    def _navigate(self, request: Request) -> Page:
        for _ in range(AT_MOST + 1):
            answer = self.fetch(request)
            if following := redirected(request, answer):
                request = following
                continue
            self.page = Page(request.url, answer)
            if self.with_parts:
                self._fetch_parts()
            if (target := self.page.refresh) is None:
                return self.page
            request = Request(target, comes_from=self.page.url, policy=self.page.policy)
        raise AssertionError(f"more than {AT_MOST} redirects, the last one to {request.url}")

    def _fetch_parts(self) -> None:
        for reference in self.page.markup.parts:
            target = resolve(self.page.base, reference)
            if target and target.startswith(("http:", "https:")):
                request: Request | None = Request(target, comes_from=self.page.url, policy=self.page.policy)
                for _ in range(AT_MOST):
                    if request := request and redirected(request, self.fetch(request)):
                        continue

    def fetch(self, request: Request) -> RawAnswer:
        """One request and its response, without redirects."""
        url = can_ada.parse(request.url)
        with self._connection(url.protocol == "https:", url.hostname, url.port or "443") as connection:
            sent = self._written(request)
            answer = exchange(connection, sent)
        assert answer.head, f"no response to {request}"
        self.exchanges.append(Exchange(request, sent, answer))
        if self.keep_cookies:
            self._basket.take(request.url, answer.all(b"set-cookie"))
        return answer

    @contextlib.contextmanager
    def _connection(self, is_secure: bool, host: str, port: str) -> Iterator[socket.socket]:
        here = (self.source, 0) if self.source else None
        with socket.create_connection(("127.0.0.1", self.port), SECONDS, here) as connection:
            if not is_secure:
                yield connection
                return
            asked = f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
            assert exchange(connection, asked, has_body=False).status == 200
            trusting = ssl._create_unverified_context()
            with trusting.wrap_socket(connection, server_hostname=host) as secured:
                yield secured

    def _written(self, request: Request) -> bytes:
        url = can_ada.parse(request.url)
        target = url.pathname + url.search
        fields = {
            "Host": url.host,
            "User-Agent": self.user_agent,
            "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
            "Accept-Language": "en",
            "Accept-Encoding": "gzip, deflate",
            "Referer": referrer.referer(request.policy, request.comes_from, request.url),
            "Cookie": self._basket.header(request.url),
            **self._body_fields(request),
            "Connection": "close",
        }
        line = f"{request.method} {target if url.protocol == 'https:' else f'http://{url.host}{target}'} HTTP/1.1"
        lines = [line, *(f"{name}: {value}" for name, value in fields.items() if value), "", ""]
        return "\r\n".join(lines).encode("latin-1") + request.body

    def _body_fields(self, request: Request) -> dict[str, str]:
        if request.method in {"GET", "HEAD"}:
            return {}
        origin = referrer.origin_field(request.policy, request.comes_from, request.url)
        return {
            "Origin": "null" if request.is_tainted else origin,
            "Content-Type": request.content_type.decode(),
            "Content-Length": str(len(request.body)),
        }


def redirected(request: Request, answer: RawAnswer) -> Request | None:
    """The request a redirect leads to; None if it is none. The fragment goes along unless there is a new one."""
    if answer.status not in {301, 302, 303, 307, 308} or not (locations := answer.all(b"location")):
        return None
    address, fragment = _parted(request.url)
    target = resolve(address, locations[0].decode("utf-8", "replace"))
    assert target, locations
    there, there_fragment = _parted(target)
    policies = [value.decode("latin-1") for value in answer.all(b"referrer-policy")]
    following = request._replace(
        url=there + (there_fragment or fragment),
        policy=referrer.policy_of(request.policy, *policies),
        is_tainted=request.is_tainted or _leaves_foreign_origin(request, there),
    )
    if answer.status in {307, 308} or request.method in {"GET", "HEAD"}:
        return following
    return following._replace(method="GET", body=b"", content_type=b"")


def _leaves_foreign_origin(request: Request, target: str) -> bool:
    here, there, begun = (can_ada.parse(url).origin for url in (request.url, target, request.comes_from))
    return bool(here not in {there, begun})
