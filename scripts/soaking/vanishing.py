"""Clients that vanish: in the middle of a request's head or body, before the answer or in the middle of it; and slow readers.

Half of them close the connection, the others reset it. What the store may have of each is known: `KINDS`.
"""

import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from benchmarks import inputs
from benchmarks.programs import LOOPBACK

from .book import COMPLETE, CUT, MAYBE, Book, Failure, Rows, Span
from .origin import LARGE_PAGE, Origin

PAUSE_SECONDS = 0.2
TIMEOUT_SECONDS = 20.0
READ_BYTES = 10_000
"""Of a page, before its reader goes."""
SLOW_READS, SLOW_PAUSE_SECONDS, SLOW_BYTES = 15, 0.1, 2_000
BODY_BYTES = 1_000_000
"""That a request says it has; a hundredth of it comes."""
CLIENTS = 6

type Behaviour = Callable[[socket.socket, str, str], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to vanish."""

    name: str
    behaviour: Behaviour
    """What is done on the connection to the proxy, with the URL and the client's header fields."""
    rows: Rows
    """What the store must have of it."""
    page: str = ""
    """Which page it asks for, if not one of its own."""


def _in_head(connection: socket.socket, url: str, fields: str) -> None:
    connection.sendall(f"GET {url} HTTP/1.1\r\n{fields}"[:-10].encode())


def _in_body(connection: socket.socket, url: str, fields: str) -> None:
    head = f"POST {url} HTTP/1.1\r\n{fields}Content-Length: {BODY_BYTES}\r\n\r\n"
    connection.sendall(head.encode() + b"x" * (BODY_BYTES // 100))


def _unanswered(connection: socket.socket, url: str, fields: str) -> None:
    connection.sendall(f"GET {url} HTTP/1.1\r\n{fields}\r\n".encode())


def _in_answer(connection: socket.socket, url: str, fields: str) -> None:
    _unanswered(connection, url, fields)
    _read(connection, READ_BYTES)


def _slowly(connection: socket.socket, url: str, fields: str) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BYTES)  # what it does not read waits in the proxy
    _unanswered(connection, url, fields)
    for _ in range(SLOW_READS):
        _read(connection, SLOW_BYTES)
        time.sleep(SLOW_PAUSE_SECONDS)


def _read(connection: socket.socket, octets: int) -> None:
    """Raises OSError if the page is shorter: then it is not the page."""
    left = octets
    while left > 0:
        data = connection.recv(min(left, 65_536))
        if not data:
            raise ConnectionError("the page ended too soon")
        left -= len(data)


IN_HEAD = Kind("in the request's head", _in_head, Rows(), "/vanish/head")
IN_BODY = Kind("in the request's body", _in_body, Rows(requests=MAYBE), "/vanish/body")
"""Its body never comes to its end, so the origin is never asked."""
UNANSWERED = Kind("before the answer", _unanswered, CUT, "/vanish/unanswered")
IN_ANSWER = Kind("in the answer", _in_answer, COMPLETE, LARGE_PAGE)
SLOW = Kind("reading slowly", _slowly, COMPLETE, LARGE_PAGE)
QUICK_KINDS = (IN_HEAD, IN_BODY, UNANSWERED, IN_ANSWER)
KINDS = (*QUICK_KINDS, SLOW)


class Vanishers:
    """Clients that vanish in these ways, one after the other."""

    def __init__(self, kinds: tuple[Kind, ...], proxy_port: int, origin: Origin, book: Book) -> None:
        self._kinds = kinds
        self._proxy_port = proxy_port
        self._origin = origin
        self._book = book
        self._numbers = count()

    def vanish(self, over: threading.Event) -> None:
        """Again and again until it is over."""
        while not over.wait(PAUSE_SECONDS):
            number = next(self._numbers)
            turn, place = divmod(number, len(self._kinds))
            self._vanish(self._kinds[place], turn)

    def _vanish(self, kind: Kind, turn: int) -> None:
        begin = time.monotonic()
        fields = (
            f"Host: {LOOPBACK}:{self._origin.port}\r\nCookie: {inputs.COOKIE}\r\n"
            f"User-Agent: {inputs.USER_AGENT} {kind.name} {turn % CLIENTS}\r\n"
        )
        try:
            with socket.create_connection((LOOPBACK, self._proxy_port), TIMEOUT_SECONDS) as connection:
                kind.behaviour(connection, self._origin.url(kind.page), fields)
                if turn % 2:
                    reset_when_closed(connection)
        except OSError as error:
            self._book.expect(kind.page, CUT)
            self._book.fail(Failure(Span(begin, time.monotonic()), kind.name, repr(error)))
        else:
            self._book.expect(kind.page, kind.rows)
            self._book.count(f"vanished {kind.name}")


def reset_when_closed(connection: socket.socket) -> None:
    """Close it with a reset, whatever is on its way."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
