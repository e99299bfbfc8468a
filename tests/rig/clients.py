"""What talks to the proxy in the tests: real curl, and a plain socket that sends exactly the bytes it is given."""

import socket
import ssl
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rig.wire import Reader

SECONDS = 30


def free_port() -> int:
    """A port on loopback that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@dataclass(frozen=True)
class RawAnswer:
    """A response as it came off the wire: the head with its empty line, and the body without its transfer coding."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        return int(self.head.split(b" ", 2)[1])

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """Names and values as sent, but for the white space around a value."""
        return fields_of(self.head)

    def all(self, name: bytes) -> list[bytes]:
        """The values of every field of that name (lower case), in order."""
        return [value for key, value in self.fields if key.lower() == name]


@dataclass(frozen=True)
class CurlAnswer(RawAnswer):
    """The last response curl got. `heads` are those of every response, redirects and 1xx included; `code` is curl's own."""

    heads: tuple[bytes, ...]
    code: int
    stderr: str


def fields_of(head: bytes) -> list[tuple[bytes, bytes]]:
    lines = head.rstrip(b"\r\n").split(b"\r\n")[1:]
    return [(name, value.strip(b" \t")) for name, _, value in (line.partition(b":") for line in lines)]


def curl(directory: Path, env: Mapping[str, str], *arguments: str) -> CurlAnswer:
    """Runs curl with these arguments and no configuration of the user's."""
    with TemporaryDirectory(dir=directory) as place:
        heads, body = Path(place, "heads"), Path(place, "body")
        output = ("-sS", "--suppress-connect-headers", "-D", str(heads), "-o", str(body), "--max-time", str(SECONDS))
        done = subprocess.run(["curl", "-q", *output, *arguments], capture_output=True, env=dict(env), check=False)
        said = heads.read_bytes() if heads.exists() else b""
        blocks = tuple(block + b"\r\n\r\n" for block in said.split(b"\r\n\r\n") if block.strip())
        content = body.read_bytes() if body.exists() else b""
    return CurlAnswer(
        blocks[-1] if blocks else b"", content, blocks, done.returncode, done.stderr.decode("utf-8", "replace")
    )


def raw(port: int, requests: Sequence[bytes], tunnel: str | None = None) -> list[RawAnswer]:
    """Sends each request and reads its response before the next one goes out."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        if tunnel is None:
            return [exchange(connection, request) for request in requests]
        connected = exchange(
            connection, f"CONNECT {tunnel} HTTP/1.1\r\nHost: {tunnel}\r\n\r\n".encode(), has_body=False
        )
        assert connected.status == 200, connected
        trusting = ssl._create_unverified_context()
        with trusting.wrap_socket(connection, server_hostname=tunnel.rpartition(":")[0]) as secured:
            return [exchange(secured, request) for request in requests]


def exchange(connection: socket.socket, request: bytes, has_body: bool = True) -> RawAnswer:
    connection.sendall(request)
    reader = Reader(connection.recv)
    head = reader.head()
    silent = not has_body or request.startswith(b"HEAD ") or head[9:12] in {b"204", b"304", b"101"} or not head
    return RawAnswer(head, b"" if silent else reader.body(fields_of(head), until_close=True))
