"""Whether a proxy answers yet: mitmproxy listens before it has loaded its scripts, and what comes meanwhile waits."""

import contextlib
import socket
import ssl
from collections.abc import Iterator

from .programs import LOOPBACK, CannotMeasure

ANSWER_SECONDS = 30


def wait_for_answer(proxy_port: int, request: bytes, encrypted: bool = False) -> None:
    """Ask once, and return when the first octets come. Raises CannotMeasure if they do not."""
    try:
        with _connected(proxy_port, encrypted) as connection:
            connection.sendall(request)
            answer = connection.recv(12)
    except OSError as error:
        raise CannotMeasure(f"the proxy did not answer: {error}") from None
    if b" 200" not in answer:
        raise CannotMeasure(f"the proxy answered {answer.decode(errors='replace')!r}")


@contextlib.contextmanager
def _connected(port: int, encrypted: bool) -> Iterator[socket.socket]:
    with socket.create_connection((LOOPBACK, port), ANSWER_SECONDS) as connection:
        if not encrypted:
            yield connection
            return
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # mitmproxy's certificate is its own
        with context.wrap_socket(connection, server_hostname=LOOPBACK) as wrapped:
            yield wrapped
