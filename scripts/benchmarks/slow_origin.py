"""An origin that takes its time: it sends a page piece by piece, or all but the end of it until it is told to go on.

Answers each request on a thread and a connection of its own, and knows when it sent what. The clocks are those of this process,
so that what a client in it sees can be held against them.
"""

import contextlib
import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping

from . import inputs
from .programs import LOOPBACK

PIECES = 10
"""That a page comes in."""
TIMEOUT_SECONDS = 60.0
CODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "identity": lambda page: page,
    "gzip": lambda page: gzip.compress(page, 6, mtime=0),
    "deflate": lambda page: zlib.compress(page, 6),
}


class SlowOrigin:
    """Sends one page, whatever it is asked for."""

    def __init__(self, page: bytes, coding: str, pause_seconds: float = 0.0, holds_back: bool = False) -> None:
        """`pause_seconds` are between two pieces; with `holds_back` the last one waits for `go_on`."""
        body = CODINGS[coding](page)
        size = -(-len(body) // PIECES)
        self._pieces = [body[place : place + size] for place in range(0, len(body), size)]
        coded = "" if coding == "identity" else f"Content-Encoding: {coding}\r\n"
        self._head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{coded}"
            f"Set-Cookie: {inputs.SET_COOKIES[0]}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        ).encode()
        self._pause_seconds = pause_seconds
        self._holds_back = holds_back
        self._may_end = threading.Event()
        self._waits = threading.Semaphore(0)
        self._listener = socket.create_server((LOOPBACK, 0), backlog=256)
        self.last_sent = 0.0
        """When the latest answer came to its last piece, as time.monotonic says."""

    @property
    def url(self) -> str:
        """Of the page."""
        return f"http://{LOOPBACK}:{self._listener.getsockname()[1]}/contents.html"

    def wait_for(self, number: int) -> bool:
        """Wait until so many more answers lack nothing but their end; whether it came to that."""
        return all(self._waits.acquire(timeout=TIMEOUT_SECONDS) for _ in range(number))

    def go_on(self) -> None:
        """Let the answers that wait, and all later ones, end."""
        self._may_end.set()

    def hold_back(self) -> None:
        """Later answers wait again."""
        self._may_end.clear()

    def serve(self) -> None:
        """Answer until the listener is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def close(self) -> None:
        """No more answers."""
        self.go_on()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(TIMEOUT_SECONDS)
        with connection, contextlib.suppress(OSError):
            if not _read_head(connection):
                return
            connection.sendall(self._head)
            for piece in self._pieces[:-1]:
                connection.sendall(piece)
                time.sleep(self._pause_seconds)
            if self._holds_back:
                self._waits.release()
                self._may_end.wait(TIMEOUT_SECONDS)
            self.last_sent = time.monotonic()
            connection.sendall(self._pieces[-1])


def _read_head(connection: socket.socket) -> bool:
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(65_536)
        if not data:
            return False
        head += data
    return True


@contextlib.contextmanager
def slow_origin(page: bytes, coding: str, pause_seconds: float = 0.0, holds_back: bool = False) -> Iterator[SlowOrigin]:
    """The origin while it is needed."""
    origin = SlowOrigin(page, coding, pause_seconds, holds_back)
    thread = threading.Thread(target=origin.serve, daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        origin.close()
        thread.join()
