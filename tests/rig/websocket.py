"""WebSocket frames for the rig's server: echoes every message until the client closes."""

import socket

from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, Message, Ping, TextMessage


def echo(stream: socket.socket, received: bytes) -> None:
    """Echoes; `received` is what the client sent right behind its handshake."""
    connection = Connection(ConnectionType.SERVER)
    data = received
    while True:
        if data:
            connection.receive_data(data)
        for event in connection.events():
            if isinstance(event, CloseConnection):
                stream.sendall(connection.send(event.response()))
                return
            if isinstance(event, TextMessage | BytesMessage):
                stream.sendall(connection.send(Message(event.data)))
            elif isinstance(event, Ping):
                stream.sendall(connection.send(event.response()))
        if not (data := stream.recv(65536)):
            return
