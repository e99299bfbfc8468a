"""Reads HTTP/1 messages off a byte stream without judging them; shared by the rig's server and its raw client."""

from collections.abc import Callable, Iterable


class Reader:
    """Takes messages apart as far as needed to know where they end. `receive(n)` is a socket's recv."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        self._receive = receive
        self._buffer = b""

    def head(self) -> bytes:
        """The bytes up to and with the next empty line; b"" if the stream ended before one."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if not self._more():
                return b""
        return self._take(end + 4)

    def body(self, fields: Iterable[tuple[bytes, bytes]], until_close: bool = False) -> bytes:
        """The body that such header fields announce, its chunks joined; `until_close`: without a length it lasts to the end."""
        said = {name.lower(): value for name, value in fields}
        if b"chunked" in said.get(b"transfer-encoding", b"").lower():
            return b"".join(iter(self._chunk, b""))
        if b"content-length" in said:
            return self._exactly(int(said[b"content-length"]))
        while until_close and self._more():
            pass
        return self._take(len(self._buffer)) if until_close else b""

    def rest(self) -> bytes:
        """What was received beyond the last message."""
        return self._take(len(self._buffer))

    def _chunk(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            self._need_more()
        size = int(self._take(end + 2).partition(b";")[0], 16)
        return self._exactly(size + 2)[:-2]

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._need_more()
        return self._take(size)

    def _need_more(self) -> None:
        if not self._more():
            raise EOFError("the message ended early")

    def _more(self) -> bool:
        data = self._receive(65536)
        self._buffer += data
        return bool(data)

    def _take(self, size: int) -> bytes:
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken
