"""mitmproxy in this process, without sockets: a connection through which one exchange goes after the other.

The proxy is a whole one with mitmproxy's own addons; what stands in for the network answers at once, so that an exchange is
nothing but the proxy's work. Knows how mitmproxy drives a connection, not what is done to make it faster.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from mitmproxy import options
from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import commands, events, mode_specs, server
from mitmproxy.proxy.layers.modes import HttpProxy
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.server_hooks import ClientConnectedHook
from mitmproxy.tools.dump import DumpMaster
from mitmproxy.utils import asyncio_utils

from . import inputs
from .programs import CannotMeasure

PATIENCE_SECONDS = 60
ORIGIN = "http://127.0.0.1:8000"
_FIELDS = "".join(f"Set-Cookie: {field}\r\n" for field in inputs.SET_COOKIES)
RESPONSE = (
    f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{_FIELDS}Content-Length: {inputs.BODY_BYTES}\r\n\r\n"
    f"{'x' * inputs.BODY_BYTES}"
).encode()


class Peer:
    """Where the proxy writes to: what a peer hears."""

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self.write = hear

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """As a StreamWriter does."""
        return {"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)}.get(name, default)

    def is_closing(self) -> bool:
        """It stays."""
        return False

    def close(self) -> None:
        """As if it had."""


class Connection(ProxyConnectionHandler):
    """A client's connection whose origin answers at once."""

    def __init__(self, master: DumpMaster) -> None:
        self._left = 0
        self._ended = asyncio.Event()
        mode = mode_specs.ProxyMode.parse("regular")
        super().__init__(master, None, Peer(self._client_hears), master.options, mode)  # type: ignore[no-untyped-call]
        self.layer = HttpProxy(self.layer.context)

    async def start(self) -> None:
        """Let the layers begin."""
        await self.handle_hook(ClientConnectedHook(self.client))
        await self.server_event(events.Start())

    async def exchange(self, request: bytes, times: int) -> None:
        """The request and its response, so many times. Raises CannotMeasure if they do not come."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                for _ in range(times):
                    self._left = inputs.BODY_BYTES
                    self._ended.clear()
                    await self.server_event(events.DataReceived(self.client, request))
                    await self._ended.wait()
        except TimeoutError:
            raise CannotMeasure(f"mitmproxy gave no response in this process within {PATIENCE_SECONDS} s") from None

    async def open_connection(self, command: commands.OpenConnection) -> None:
        """Without a socket."""
        await asyncio.sleep(0)  # whoever calls notes first that it is being opened
        connection = command.connection
        connection.state = ConnectionState.OPEN
        writer = Peer(lambda data: self._origin_hears(connection))
        self.transports[connection] = server.ConnectionIO(writer=writer)  # type: ignore[arg-type]  # it is asked for no more
        await self.server_event(events.OpenConnectionCompleted(command, None))

    def _origin_hears(self, connection: Any) -> None:
        answer = self.server_event(events.DataReceived(connection, RESPONSE))
        asyncio.get_running_loop().create_task(answer)

    def _client_hears(self, data: bytes) -> None:
        self._left -= len(data.rpartition(b"\r\n\r\n")[2])
        if self._left <= 0:
            self._ended.set()


@contextlib.asynccontextmanager
async def connected(home: Path) -> AsyncIterator[Connection]:
    """A client's connection to a mitmproxy that listens nowhere, with its files in that directory."""
    with asyncio_utils.set_eager_task_factory():  # as it runs itself
        master = DumpMaster(options.Options(), with_termlog=False)
        try:
            master.options.update(confdir=str(home), flow_detail=0)  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
            connection = Connection(master)
            await connection.start()
            yield connection
        finally:
            await master.done()
