"""A balancer in front of one proxy: it says whose connection it hands on, and then hands on what comes, byte for byte.

What it says is what a test wants it to say, and in pieces if a test wants that.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Sequence

from rig.clients import SECONDS

CLIENT = "203.0.113.7"
"""The address of everybody who comes through it, as far as nothing else is said."""


def line(address: str = CLIENT) -> bytes:
    """What a balancer says of a client with this address."""
    family, own = ("TCP6", "::1") if ":" in address else ("TCP4", "127.0.0.1")
    return f"PROXY {family} {address} {own} 40000 8080\r\n".encode()


class Balancer:
    """Listens at `port` until it is closed. `says` goes before everything else, piece by piece."""

    def __init__(self, target: int, says: Sequence[bytes] = (line(),)) -> None:
        self.says = says
        self._target = target
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self._threads: list[threading.Thread] = []
        self.port: int = self._sockets[0].getsockname()[1]
        self._start(self._accept, self._sockets[0])

    def close(self) -> None:
        """End every connection, and listen no more."""
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(SECONDS)
        for each in self._sockets:
            each.close()

    def _start(self, target: Callable[..., None], *args: socket.socket) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                proxy = socket.create_connection(("127.0.0.1", self._target), SECONDS)
                self._sockets += (client, proxy)
                proxy.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with contextlib.suppress(OSError):
                    for piece in self.says:
                        proxy.sendall(piece)
                self._start(_hand_on, client, proxy)
                self._start(_hand_on, proxy, client)


def _hand_on(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while octets := one.recv(65_536):
            other.sendall(octets)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)
