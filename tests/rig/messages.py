"""What passes between the rig's server and a test: a request as it was received, an answer as it is to be said."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

type Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True)
class Received:
    """A request as the application got it. `head` is its exact bytes up to the empty line; none of it exists in HTTP/2."""

    scheme: str
    version: str
    method: str
    target: str
    host: str
    fields: Fields
    head: bytes = b""
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def all(self, name: bytes) -> list[bytes]:
        """The values of every field of that name (lower case), in order, without the white space around them."""
        return [value for key, value in self.fields if key.lower() == name]


@dataclass
class Answer:
    """What the application says: header lines without their line ends, and a body, or an iterable of chunks of one.

    Content-Length (or chunked coding) and a Content-Type of HTML are added if no line says so. 101 answers a WebSocket
    handshake and echoes messages from then on.
    """

    lines: Sequence[bytes] = ()
    body: bytes | Iterable[bytes] = b""
    status: int = 200
    reason: bytes = b"Said"
    close: bool = False

    def fields(self) -> list[tuple[bytes, bytes]]:
        """The lines as pairs, for protocols that have no lines."""
        return [
            (name, value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in self.complete_lines())
        ]

    def complete_lines(self) -> list[bytes]:
        said = {line.partition(b":")[0].strip().lower() for line in self.lines}
        lines = list(self.lines)
        if self.has_body and b"content-type" not in said:
            lines.append(b"Content-Type: text/html; charset=utf-8")
        if isinstance(self.body, bytes) and self.has_body and not {b"content-length", b"transfer-encoding"} & said:
            lines.append(b"Content-Length: %d" % len(self.body))
        return lines

    @property
    def has_body(self) -> bool:
        return self.status >= 200 and self.status not in {204, 304}

    def chunks(self) -> Iterable[bytes]:
        return [self.body] if isinstance(self.body, bytes) else self.body


# Bytes are sent as they are, whatever they are, and the connection is closed.
type Reply = Answer | bytes
type Script = Reply | Callable[[Received], Reply]
