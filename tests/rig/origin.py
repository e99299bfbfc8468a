"""The application behind the proxy: a server on loopback that says exactly what a test tells it to say, byte for byte.

Knows HTTP/1.1 over http and https, HTTP/2 over https (rig/http2.py), and WebSocket handshakes with an echo behind them. Keeps
every request as it came off the wire. Does not know cookies, and mends nothing: header lines go out as they were given.
"""

import base64
import contextlib
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rig import http2, websocket
from rig.messages import Answer, Received, Reply, Script
from rig.wire import Reader


@dataclass
class Origin:
    """The server. `answers` maps "/path" or "host/path" to what is said there, "*" to what is said elsewhere; a 404 otherwise."""

    certificate: Path
    answers: dict[str, Script] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(self.certificate)
        self.http2 = False
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listeners = [socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(2)]
        self.http_port, self.https_port = (listener.getsockname()[1] for listener in self._listeners)
        for listener, scheme in zip(self._listeners, ("http", "https"), strict=True):
            self._start(self._accept, listener, scheme)

    @property
    def http2(self) -> bool:
        """Whether connections over https made from now on may speak HTTP/2."""
        return self._http2

    @http2.setter
    def http2(self, offered: bool) -> None:
        self._http2 = offered
        self._tls.set_alpn_protocols(["h2", "http/1.1"] if offered else ["http/1.1"])

    def at(self, path: str) -> list[Received]:
        """The requests for that path, any host and query, oldest first."""
        return [request for request in self.received if request.path == path]

    def cookies_at(self, path: str) -> list[bytes]:
        """The Cookie field of each request for that path, b"" where there was none; several fields are joined by "; "."""
        return [b"; ".join(request.all(b"cookie")) for request in self.at(path)]

    def close(self) -> None:
        """Ends every connection and waits for the threads."""
        for open_socket in [*self._listeners, *self._connections]:
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for listener in self._listeners:
            listener.close()

    def reply_to(self, request: Received) -> Reply:
        """Notes the request and finds what is to be said."""
        self.received.append(request)
        for place in (request.host.partition(":")[0] + request.path, request.path, "*"):
            if (script := self.answers.get(place)) is not None:
                return script(request) if callable(script) else script
        return Answer(status=404, reason=b"Not Told", body=b"nothing was prepared for this place\n")

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket, scheme: str) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # shut down
            self._start(self._serve, connection, scheme)

    def _serve(self, connection: socket.socket, scheme: str) -> None:
        with contextlib.suppress(OSError, EOFError), self._secured(connection, scheme) as stream:
            if isinstance(stream, ssl.SSLSocket) and stream.selected_alpn_protocol() == "h2":
                http2.serve(stream, self.reply_to)
                return
            reader = Reader(stream.recv)
            while self._exchange(stream, reader, scheme):
                pass

    @contextlib.contextmanager
    def _secured(self, connection: socket.socket, scheme: str) -> Iterator[socket.socket]:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.ExitStack() as stack:
            stream = stack.enter_context(connection)
            self._connections.add(connection)
            if scheme == "https":
                self._connections.discard(connection)
                stream = stack.enter_context(self._tls.wrap_socket(connection, server_side=True))
                self._connections.add(stream)
            stack.callback(self._connections.discard, stream)
            yield stream

    def _exchange(self, stream: socket.socket, reader: Reader, scheme: str) -> bool:
        """Answers one request; whether another may follow on the connection."""
        head = reader.head()
        if not head:
            return False
        request = read_request(head, reader, scheme)
        reply = self.reply_to(request)
        if isinstance(reply, bytes):
            stream.sendall(reply)
            return False
        if reply.status == 101:
            stream.sendall(head_of(reply, handshake(request)))
            websocket.echo(stream, reader.rest())
            return False
        send(stream, reply, without_body=request.method == "HEAD")
        return not reply.close and request.all(b"connection") != [b"close"]


def read_request(head: bytes, reader: Reader, scheme: str) -> Received:
    request_line, *lines = head.rstrip(b"\r\n").split(b"\r\n")
    method, target, version = request_line.decode("latin-1").split(" ", 2)
    fields = tuple((name, value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines))
    host = next((value.decode("latin-1") for name, value in fields if name.lower() == b"host"), "")
    return Received(scheme, version, method, target, host, fields, head, reader.body(fields))


def handshake(request: Received) -> list[bytes]:
    """The lines that accept a WebSocket handshake (RFC 6455 4.2.2)."""
    key = request.all(b"sec-websocket-key")[0]
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", usedforsecurity=False).digest()
    return [b"Upgrade: websocket", b"Connection: Upgrade", b"Sec-WebSocket-Accept: " + base64.b64encode(digest)]


def head_of(answer: Answer, more: Sequence[bytes] = ()) -> bytes:
    status_line = b"HTTP/1.1 %d %s" % (answer.status, answer.reason)
    return b"\r\n".join([status_line, *answer.complete_lines(), *more, b"", b""])


def send(stream: socket.socket, answer: Answer, without_body: bool) -> None:
    if isinstance(answer.body, bytes):
        body = answer.body if answer.has_body and not without_body else b""
        stream.sendall(head_of(answer) + body)
        return
    stream.sendall(head_of(answer, [b"Transfer-Encoding: chunked"]))
    for chunk in answer.chunks():
        stream.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
    stream.sendall(b"0\r\n\r\n")
