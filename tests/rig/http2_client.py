"""A client that speaks HTTP/2 through the proxy and sends exactly the fields it is given, valid or not."""

import socket
import ssl
from collections.abc import Sequence

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamEnded, StreamReset

from rig.clients import SECONDS, exchange

CONFIGURATION = H2Configuration(
    client_side=True,
    header_encoding=None,
    validate_inbound_headers=False,
    normalize_inbound_headers=False,
    validate_outbound_headers=False,
    normalize_outbound_headers=False,
)

type Fields = Sequence[tuple[bytes, bytes]]


def fetch(port: int, host: str, path: bytes, fields: Fields = ()) -> list[tuple[bytes, bytes]]:
    """The response's fields, `:status` first; empty if the proxy reset the stream or the connection."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connected = exchange(connection, f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode(), False)
        assert connected.status == 200, connected
        trusting = ssl._create_unverified_context()
        trusting.set_alpn_protocols(["h2"])
        with trusting.wrap_socket(connection, server_hostname=host) as secured:
            assert secured.selected_alpn_protocol() == "h2"
            return _exchange(secured, host, path, fields)


def _exchange(stream: socket.socket, host: str, path: bytes, fields: Fields) -> list[tuple[bytes, bytes]]:
    h2 = H2Connection(CONFIGURATION)
    h2.initiate_connection()
    pseudo = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", host.encode()), (b":path", path)]
    h2.send_headers(1, [*pseudo, *fields], end_stream=True)
    stream.sendall(h2.data_to_send())
    got: list[tuple[bytes, bytes]] = []
    while data := stream.recv(65536):
        for event in h2.receive_data(data):
            if isinstance(event, ResponseReceived):
                got = [(bytes(name), bytes(value)) for name, value in event.headers]
            elif isinstance(event, DataReceived):
                h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, StreamEnded | StreamReset | ConnectionTerminated):
                return got
        stream.sendall(h2.data_to_send())
    return got
