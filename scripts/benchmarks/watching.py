"""Somebody who has the dashboard open while its proxy is measured: reads all that happens, as the page does, and throws it away."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from .programs import LOOPBACK, CannotMeasure

ASKED = b"GET http://cookies.mitm/api/stream HTTP/1.1\r\nHost: cookies.mitm\r\n\r\n"
ANSWER_SECONDS = 10.0
AT_ONCE = 1 << 20


@contextlib.contextmanager
def watched(port: int) -> Iterator[None]:
    """As long as it is. Raises CannotMeasure if the dashboard has nothing to show, or stops showing it."""
    received = 0
    ended = threading.Event()
    with socket.create_connection((LOOPBACK, port), ANSWER_SECONDS) as connection:
        connection.sendall(ASKED)
        if b"text/event-stream" not in connection.recv(AT_ONCE):
            raise CannotMeasure("the dashboard does not tell what happens")

        def read() -> None:
            nonlocal received
            with contextlib.suppress(OSError):
                while data := connection.recv(AT_ONCE):
                    received += len(data)
            ended.set()

        connection.settimeout(None)
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        yield
        is_over = ended.is_set()
        connection.shutdown(socket.SHUT_RDWR)
        reader.join()
    if is_over or not received:
        raise CannotMeasure("the dashboard told nothing, or not to the end")
