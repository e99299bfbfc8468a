"""The dashboard's addresses: who is let in, which function answers, and how an answer looks on the wire.

A tornado server on the event loop of the proxy, on loopback and a port of its own. Every answer forbids scripts and styles but our
own, framing, and keeping; every request passes the gate first. Knows no mitmproxy and no cookies.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tornado import httputil, web
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets

from . import clients
from .gate import Asked, Gate, Peer, Refusal
from .inside import CannotDo, Inside
from .live import Hub
from .metrics import exposition
from .pages import Pages

logger = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
SHELL = "index.html"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
LOOPBACK = "127.0.0.1"
MOST_BODY_BYTES = 1_000_000
MOST_HEADER_BYTES = 64 * 1024
HEARTBEAT_SECONDS = 15.0
TOKEN_COOKIE = "cookies-dashboard"  # noqa: S105  a name, no secret
WRONG_TOKEN_SECONDS = 1.0
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
PAGES = ("/", "/jars", "/cookie", "/sessions", "/findings", "/rules", "/setup", "/login")

type Get = Callable[[Mapping[str, str]], Awaitable[object]]
type Post = Callable[[Mapping[str, object]], Awaitable[object]]
type PeerOf = Callable[[httputil.HTTPServerRequest], Peer]
"""Where a request really comes from."""


class Parts(NamedTuple):
    """What handlers work with."""

    inside: Inside
    pages: Pages
    hub: Hub
    gate: Gate
    peer_of: PeerOf


class Handler(web.RequestHandler):
    """What all addresses have in common."""

    is_public = False
    """True for what shows nothing of what was recorded."""

    def initialize(self, parts: Parts) -> None:
        """Take what it works with."""
        self.parts = parts

    def set_default_headers(self) -> None:
        """On every answer, also on those that say what is wrong."""
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Turn away who may not ask."""
        asked = Asked(self.request.method or "", self.request.headers, self.parts.peer_of(self.request), self._token())
        refusal = self.parts.gate.refusal(asked, self.is_public)
        if self.parts.gate.is_direct(self.request.host):
            self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        if refusal is not None:
            self.refuse(refusal)

    def refuse(self, refusal: Refusal) -> None:
        """Say no, and why."""
        self.set_status(refusal.status)
        if refusal.status == 405:
            self.set_header("Allow", "GET, HEAD, POST")
        self.give({"error": refusal.sentence})

    def said(self) -> Mapping[str, object] | None:
        """The JSON object that the request holds; None if it holds none."""
        try:
            said = json.loads(self.request.body)
        except (ValueError, RecursionError):
            return None
        return said if isinstance(said, dict) else None

    def give(self, said: object) -> None:
        """JSON."""
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(said, ensure_ascii=False).encode("utf-8", "replace"))

    def write_error(self, status_code: int, **more: Any) -> None:
        """What tornado itself finds wrong, and our bugs."""
        self.give(
            {"error": f"{self._reason}." if status_code < 500 else "The dashboard failed at it; the log says how."}
        )

    def log_exception(self, *error: Any) -> None:
        """Our bugs, with their traceback; not what clients did wrong."""
        if error[0] is not None and not issubclass(error[0], web.HTTPError | StreamClosedError):
            logger.error("Cookie Proxy failed at its dashboard", exc_info=error)

    def _token(self) -> str | None:
        scheme, _, said = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return said.strip()
        return self.get_cookie(TOKEN_COOKIE)


class File(Handler):
    """The page itself, one file for all its addresses, which shows nothing before it has asked; and what it is made of."""

    is_public = True

    def get(self, name: str = SHELL) -> None:
        """The file, if there is one of that name."""
        path = STATIC / name
        if path.suffix not in TYPES or path.parent != STATIC or not path.is_file():
            self.refuse(Refusal(404, "There is no such file."))
            return
        self.set_header("Content-Type", TYPES[path.suffix])
        self.finish(path.read_bytes())

    head = get


class Answering(Handler):
    """An address that answers with JSON."""

    def initialize(self, parts: Parts, get: Get | None = None, post: Post | None = None) -> None:
        """Take the functions that answer."""
        super().initialize(parts)
        self._get, self._post = get, post

    async def get(self) -> None:
        """What is asked for."""
        answers = self._get
        if answers is None:
            self.refuse(Refusal(405, "This is done with POST."))
            return
        query = {name: values[-1].decode("utf-8", "replace") for name, values in self.request.query_arguments.items()}
        await self._answer(lambda: answers(query))

    head = get

    async def post(self) -> None:
        """Do what is said."""
        does = self._post
        if does is None:
            self.refuse(Refusal(405, "This is asked with GET."))
            return
        said = self.said()
        if said is None:
            self.refuse(Refusal(400, "What is said is no JSON object."))
            return
        await self._answer(lambda: does(said))

    async def _answer(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            self.give(await work())
        except CannotDo as error:
            self.refuse(Refusal(error.status, str(error)))


class Login(Handler):
    """Where a client on another machine shows the token."""

    is_public = True

    async def post(self) -> None:
        """Keep it in a cookie that goes nowhere else."""
        token = (self.said() or {}).get("token")
        if not isinstance(token, str) or not self.parts.gate.is_token(token.strip()):
            await asyncio.sleep(WRONG_TOKEN_SECONDS)
            self.refuse(Refusal(403, "That is not the token: the proxy printed it when it started."))
            return
        self.set_cookie(TOKEN_COOKIE, token.strip(), path="/", httponly=True, samesite="Strict")
        self.give({})


class Stream(Handler):
    """What happens, while it happens (server-sent events)."""

    def prepare(self) -> None:
        """Nothing is held back to be packed."""
        self._transforms = []
        super().prepare()

    async def get(self) -> None:
        """Until the client goes away."""
        if self.parts.hub.is_full:
            self.refuse(Refusal(503, "Too many pages watch already: close some."))
            return
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self.set_header("X-Accel-Buffering", "no")
        self._watcher = watcher = self.parts.hub.join()
        try:
            self.write("retry: 1000\n\n")
            await self.flush()
            while True:
                try:
                    message = await watcher.next(HEARTBEAT_SECONDS)
                except TimeoutError:
                    self.write(":\n\n")
                else:
                    if message is None:
                        break
                    self.write(f"event: {message.name}\ndata: {message.data}\n\n")
                await self.flush()
        except StreamClosedError:
            pass
        except asyncio.CancelledError:  # the loop ends: there is nobody left to tell
            self._auto_finish = False
        finally:
            self.parts.hub.leave(watcher)

    def on_connection_close(self) -> None:
        """The client went away."""
        watcher = getattr(self, "_watcher", None)
        if watcher is not None:
            watcher.end()


class Metrics(Handler):
    """For Prometheus."""

    async def get(self) -> None:
        """The numbers of now."""
        inside = self.parts.inside
        store = inside.store
        findings, sessions = [], []
        if store is not None:
            try:
                findings = await clients.in_thread(lambda: store.questions.findings())
                sessions = await clients.in_thread(lambda: store.questions.sessions())
            except CannotDo:
                pass  # the numbers say that nothing can be recorded
        inside.hand_over()
        self.set_header("Content-Type", "text/plain; version=1.0.0; charset=utf-8")
        self.finish(exposition(inside, findings, sessions))


class Certificate(Handler):
    """The authority that browsers have to trust."""

    is_public = True

    def get(self) -> None:
        """Its certificate, never its key."""
        try:
            text = self.parts.inside.setup().certificate.read_text("ascii")
        except (OSError, ValueError):
            self.refuse(Refusal(404, "The proxy has made no certificate yet."))
            return
        begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
        if "PRIVATE KEY" in text or begin not in text:
            self.refuse(Refusal(404, "The proxy has no certificate to give."))
            return
        self.set_header("Content-Type", "application/x-x509-ca-cert")
        self.set_header("Content-Disposition", 'attachment; filename="cookie-proxy-ca.pem"')
        self.finish(text[text.index(begin) : text.rindex(end) + len(end)] + "\n")


class ProxyFile(Handler):
    """The file by which browsers configure themselves (PAC)."""

    is_public = True

    def get(self) -> None:
        """All http and https through the proxy."""
        address = proxy_address(self.parts.inside)
        self.set_header("Content-Type", "application/x-ns-proxy-autoconfig")
        self.finish(f'function FindProxyForURL(url, host) {{\n  return "PROXY {address}";\n}}\n')


class Elsewhere(Handler):
    """Every other address."""

    is_public = True

    def get(self) -> None:
        """There is nothing."""
        self.refuse(Refusal(404, "There is nothing here."))

    head = post = get


class Application(web.Application):
    """Takes requests as proxies write them, with the whole URL."""

    def find_handler(self, request: httputil.HTTPServerRequest, **more: Any) -> Any:
        """By the path."""
        if request.path.startswith(("http://", "https://")):
            parts = urlsplit(request.path)
            request.path = parts.path or "/"
        return super().find_handler(request, **more)


class Server:
    """One dashboard, from `start` to `stop`."""

    def __init__(self) -> None:
        self._http: HTTPServer | None = None
        self.port = 0

    def bind(self) -> int:
        """Take a port on loopback, and say which. Raises OSError."""
        self._sockets = bind_sockets(0, LOOPBACK)
        self.port = self._sockets[0].getsockname()[1]
        return self.port

    def start(self, parts: Parts) -> None:
        """Answer."""
        self._http = HTTPServer(
            application(parts), max_body_size=MOST_BODY_BYTES, max_header_size=MOST_HEADER_BYTES, xheaders=False
        )
        self._http.add_sockets(self._sockets)

    def stop(self) -> None:
        """Answer no more; again does nothing."""
        if self._http is not None:
            self._http.stop()
            closing = asyncio.ensure_future(self._http.close_all_connections())
            _CLOSING.add(closing)
            closing.add_done_callback(_CLOSING.discard)
            self._http = None


_CLOSING: set["asyncio.Future[None]"] = set()


def application(parts: Parts) -> Application:
    """All addresses."""
    pages, own = parts.pages, {"parts": parts}
    gets: dict[str, Get] = {
        "events": pages.events,
        "clients": pages.clients,
        "jars": pages.jars,
        "jar": pages.jar,
        "cookie": pages.cookie,
        "whatif": pages.whatif,
        "profiles": pages.profiles,
        "sessions": pages.sessions,
        "findings": pages.findings,
        "rules": pages.rules,
        "formats": pages.formats,
        "setup": lambda asked: _setup(parts),
    }
    posts: dict[str, Post] = {
        "reveal": pages.reveal,
        "rules/mode": pages.set_mode,
        "explain": pages.explain,
        "forget": pages.forget,
        "export": pages.export,
    }
    return Application(
        [
            *((path, File, own) for path in PAGES),
            (r"/static/([A-Za-z0-9_.-]+)", File, own),
            *((f"/api/{name}", Answering, own | {"get": get}) for name, get in gets.items()),
            *((f"/api/{name}", Answering, own | {"post": post}) for name, post in posts.items()),
            (r"/api/login", Login, own),
            (r"/api/stream", Stream, own),
            (r"/metrics", Metrics, own),
            (r"/certificate\.pem", Certificate, own),
            (r"/proxy\.pac", ProxyFile, own),
            (r".*", Elsewhere, own),
        ],
        compress_response=True,
        log_function=lambda handler: None,
    )


def proxy_address(inside: Inside) -> str:
    """Where browsers on this machine reach the proxy, as `127.0.0.1:8080`."""
    listener = next((each for each in inside.setup().listeners if each.mode in ("regular", "upstream")), None)
    if listener is None:
        listener = next(iter(inside.setup().listeners), None)
    if listener is None:
        return f"{LOOPBACK}:8080"
    everywhere = listener.address in ("", "0.0.0.0", "::")  # noqa: S104  looked for, not bound to
    address = LOOPBACK if everywhere else listener.address
    return f"[{address}]:{listener.port}" if ":" in address else f"{address}:{listener.port}"


async def _setup(parts: Parts) -> object:
    inside = parts.inside
    setup = inside.setup()
    address = proxy_address(inside)
    return {
        "proxy": [asdict(each) for each in setup.listeners],
        "direct": parts.gate.direct_url,
        "magic": parts.gate.magic,
        "certificate": "/certificate.pem",
        "pac": "/proxy.pac",
        "store": setup.store,
        "rules": setup.rules,
        "recording": setup.trouble,
        "fast": setup.fast,
        "version": setup.versions.get("cookie-proxy", ""),
        "mitmproxy": setup.versions.get("mitmproxy", ""),
        "suffixes_date": setup.versions.get("suffixes", ""),
        "curl": [
            f"curl -x http://{address} http://shop.example/",
            f"curl -x http://{address} --cacert cookie-proxy-ca.pem https://shop.example/",
            f"curl -x http://{address} http://{parts.gate.magic or 'cookies.mitm'}/certificate.pem -o cookie-proxy-ca.pem",
        ],
    }
