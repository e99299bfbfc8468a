"""HTTP/2 for the rig's server: one connection at a time, header fields as they are, Cookie crumbs not joined."""

import socket
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded, StreamReset

from rig.messages import Received, Reply

CONFIGURATION = H2Configuration(
    client_side=False,
    header_encoding=None,
    validate_inbound_headers=False,
    normalize_inbound_headers=False,
    validate_outbound_headers=False,
    normalize_outbound_headers=False,
)


@dataclass
class Connection:
    """One client's connection: what its streams said so far, and what could not be sent yet."""

    stream: socket.socket
    reply_to: Callable[[Received], Reply]
    h2: H2Connection = field(default_factory=lambda: H2Connection(CONFIGURATION))
    heads: dict[int, tuple[tuple[bytes, bytes], ...]] = field(default_factory=dict)
    bodies: defaultdict[int, bytes] = field(default_factory=lambda: defaultdict(bytes))
    waiting: dict[int, bytes] = field(default_factory=dict)

    def take(self, event: object) -> None:
        if isinstance(event, RequestReceived):
            self.heads[event.stream_id] = tuple((bytes(name), bytes(value)) for name, value in event.headers)
        elif isinstance(event, DataReceived):
            self.bodies[event.stream_id] += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            self.answer(event.stream_id)
        elif isinstance(event, StreamReset):
            self.waiting.pop(event.stream_id, None)

    def answer(self, stream_id: int) -> None:
        reply = self.reply_to(received(self.heads.pop(stream_id), self.bodies.pop(stream_id, b"")))
        if isinstance(reply, bytes):
            raise TypeError("bytes are no answer over HTTP/2")
        fields = [(name.lower(), value) for name, value in reply.fields()]
        self.h2.send_headers(stream_id, [(b":status", b"%d" % reply.status), *fields])
        self.waiting[stream_id] = b"".join(reply.chunks()) if reply.has_body else b""

    def flush(self) -> None:
        """Sends as much of the waiting bodies as flow control lets through."""
        for stream_id, body in list(self.waiting.items()):
            while body and (size := self.room(stream_id)):
                self.h2.send_data(stream_id, body[:size])
                body = body[size:]
            self.waiting[stream_id] = body
            if not body:
                del self.waiting[stream_id]
                self.h2.end_stream(stream_id)
        self.stream.sendall(self.h2.data_to_send())

    def room(self, stream_id: int) -> int:
        return min(self.h2.local_flow_control_window(stream_id), self.h2.max_outbound_frame_size)


def received(pairs: tuple[tuple[bytes, bytes], ...], body: bytes) -> Received:
    pseudo = {name: value.decode("latin-1") for name, value in pairs if name.startswith(b":")}
    fields = tuple((name, value) for name, value in pairs if not name.startswith(b":"))
    host = pseudo.get(b":authority", "") or next((v.decode("latin-1") for n, v in fields if n == b"host"), "")
    return Received("https", "HTTP/2", pseudo[b":method"], pseudo[b":path"], host, fields, b"", body)


def serve(stream: socket.socket, reply_to: Callable[[Received], Reply]) -> None:
    """Serves until the client closes."""
    connection = Connection(stream, reply_to)
    connection.h2.initiate_connection()
    connection.flush()
    while data := stream.recv(65536):
        for event in connection.h2.receive_data(data):
            connection.take(event)
        connection.flush()
