"""Saved flow files: made of plain bytes, and read back."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from mitmproxy import flow, http, io
from mitmproxy.test import tflow

type Pairs = Sequence[tuple[bytes, bytes]]


def make_flow(
    url: str,
    request: Pairs = (),
    response: Pairs = (),
    *,
    method: str = "GET",
    status: int = 200,
    at: float = 1_800_000_000.0,
    client: tuple[str, int] = ("127.0.0.1", 50000),
    body: bytes = b"",
) -> http.HTTPFlow:
    """A finished exchange; `request` and `response` are header fields as bytes, `at` is Unix seconds. Host is added."""
    place = urlsplit(url)
    port = place.port or {"http": 80, "https": 443}[place.scheme]
    made = tflow.tflow(resp=True)
    made.client_conn.peername = client
    made.request = http.Request.make(method, url, headers=http.Headers([(b"Host", place.netloc.encode()), *request]))
    made.request.host, made.request.port = place.hostname or "", port
    made.request.headers.fields = ((b"Host", place.netloc.encode()), *request)
    made.response = http.Response.make(status, body)
    made.response.headers.fields = (*response, (b"Content-Length", b"%d" % len(body)))
    made.request.timestamp_start, made.request.timestamp_end = at, at + 0.01
    made.response.timestamp_start, made.response.timestamp_end = at + 0.05, at + 0.06
    return made


def write_flows(path: Path, flows: Iterable[flow.Flow]) -> Path:
    """Writes a flow file as mitmproxy does; returns its path."""
    with path.open("wb") as file:
        writer = io.FlowWriter(file)
        for one in flows:
            writer.add(one)
    return path


def read_flows(path: Path) -> list[http.HTTPFlow]:
    """The HTTP flows of a file, in its order."""
    with path.open("rb") as file:
        return [one for one in io.FlowReader(file).stream() if isinstance(one, http.HTTPFlow)]
