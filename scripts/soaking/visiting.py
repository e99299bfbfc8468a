"""Clients that come, log in, look at a few pages, log out and go; and how any client here asks the proxy for a page.

Each visitor is a client of its own as the proxy tells them apart, and comes again and again; its session begins and ends with the
visit, and has the same id each time, so that no more is to be remembered in the end than at first.
"""

import hashlib
import threading
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from itertools import count
from typing import NamedTuple

from benchmarks import inputs
from benchmarks.programs import LOOPBACK

from .book import COMPLETE, CUT, NONE, SET_COOKIES, Book, Failure, Rows, Span
from .origin import LOG_IN, LOG_OUT, LOOK, SESSION_FIELD, Origin

ANSWER_SECONDS = 20.0
VISITORS = 60
ADDRESSES = 8
"""On loopback, that visitors come from."""
PAGES = 3
"""A visit, between its login and its logout."""
PAUSE_SECONDS = 0.5
WITHOUT_COOKIES = Rows(NONE, COMPLETE.set_cookies)
"""A request that has none is no row."""


class Wrong(Exception):
    """An answer that is not what it should be, as a sentence without its full stop."""


class Client(NamedTuple):
    """Who asks, as the proxy tells clients apart."""

    address: str
    user_agent: str


def connect(proxy_port: int, client: Client) -> HTTPConnection:
    """A connection to the proxy from that client's address."""
    return HTTPConnection(LOOPBACK, proxy_port, timeout=ANSWER_SECONDS, source_address=(client.address, 0))


def ask(connection: HTTPConnection, client: Client, url: str, more: Mapping[str, str]) -> list[str]:
    """The Set-Cookie fields of a page. Raises Wrong if it is none of the origin's; OSError, HTTPException if it does not come."""
    connection.request("GET", url, headers={"User-Agent": client.user_agent, **more})
    response = connection.getresponse()
    body = response.read()
    fields = response.headers.get_all("Set-Cookie") or []
    if response.status != 200 or len(fields) != SET_COOKIES:
        raise Wrong(f"status {response.status} with {len(fields)} Set-Cookie fields: {body[-200:]!r}")
    return fields


class Visitors:
    """One after the other."""

    def __init__(self, proxy_port: int, origin: Origin, book: Book) -> None:
        self._proxy_port = proxy_port
        self._origin = origin
        self._book = book
        self._numbers = count()

    def come(self, over: threading.Event) -> None:
        """Again and again until it is over."""
        while not over.wait(PAUSE_SECONDS):
            self._visit(next(self._numbers) % VISITORS)

    def _visit(self, number: int) -> None:
        client = Client(f"127.0.0.{2 + number % ADDRESSES}", f"{inputs.USER_AGENT} visitor {number}")
        connection = connect(self._proxy_port, client)
        try:
            session = self._step(connection, client, LOG_IN, {SESSION_FIELD: _session(number)}, WITHOUT_COOKIES)
            for path in (*[LOOK] * PAGES, LOG_OUT):
                if session:
                    self._step(connection, client, path, {"Cookie": f"{session}; {inputs.PREFERENCE}"}, COMPLETE)
        finally:
            connection.close()

    def _step(self, connection: HTTPConnection, client: Client, path: str, more: Mapping[str, str], rows: Rows) -> str:
        """One exchange; the first pair that its answer sets, or nothing if it failed."""
        begin = time.monotonic()
        try:
            fields = ask(connection, client, self._origin.url(path), more)
            check(fields)
        except (Wrong, OSError, HTTPException) as error:
            connection.close()
            self._book.expect(path, CUT)
            self._book.fail(Failure(Span(begin, time.monotonic()), "visitor", f"{path}: {error!r}"))
            return ""
        self._book.expect(path, rows)
        self._book.count("exchanges")
        self._book.count("visits", path == LOG_OUT)
        return fields[0].partition(";")[0]


def _session(number: int) -> str:
    """The id of that visitor's sessions."""
    return hashlib.sha256(f"visitor {number}".encode()).hexdigest()[:32]


def check(fields: list[str]) -> None:
    """Raises Wrong if no rules were in force: all good versions give the session a SameSite."""
    if "samesite=" not in fields[0].lower():
        raise Wrong("the session was set without SameSite: no rules were in force")
