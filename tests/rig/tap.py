"""Stands in front of a real application and keeps every byte that is sent to it.

Knows connections and nothing of what they carry, so that nothing can hide from it.
"""

import contextlib
import socket
import threading
from collections.abc import Callable


class Tap:
    """A port on loopback that leads to another one. `heard` is all that clients sent, connection after connection."""

    def __init__(self, port: int) -> None:
        self._application = port
        self._heard: list[bytearray] = []
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def heard(self) -> bytes:
        """Every byte sent to the application so far."""
        return b"\n".join(map(bytes, list(self._heard)))

    def close(self) -> None:
        """End every connection and wait for the threads."""
        for one in (self._listener, *list(self._open)):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(10)
        self._listener.close()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was shut down
            while True:
                self._start(self._serve, self._listener.accept()[0])

    def _serve(self, client: socket.socket) -> None:
        heard = bytearray()
        self._heard.append(heard)
        with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._application)) as server:
            both = {client, server}
            self._open |= both
            answers = threading.Thread(target=_pass_on, args=(server, client, bytearray()), daemon=True)
            answers.start()
            _pass_on(client, server, heard)
            answers.join()
            self._open -= both


def _pass_on(source: socket.socket, target: socket.socket, heard: bytearray) -> None:
    """Pass on until one side ends; the other one is told."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            heard += data
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
