"""Stands behind a balancer: reads whose connection it hands on, answers when it asks after our health, and ends in peace.

Only a proxy that was told so (`fleet.orders`) has this addon. mitmproxy reads no PROXY protocol, so a `ProxyLine` stands before the
layers of each connection from its first octet to the end of that line. It is put there when the client has connected, and not by
`next_layer`: in reverse mode mitmproxy would by then have connected to the application, for every question after our health too.

Must come before the addon that stands before the layers to make them faster, so that nothing is between them afterwards.
"""

import asyncio
import logging
import socket
from collections import Counter
from contextlib import suppress

from mitmproxy import connection, ctx, http
from mitmproxy.proxy.server import ConnectionHandler
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from ..fleet.orders import DRAIN, IDLE, READY, Orders
from .addon import Cookies
from .dashboard import Dashboard
from .fast import connection_handlers
from .proxy_line import ENDS, ILL, WELL, ProxyLine

logger = logging.getLogger(__name__)

MITMPROXYS_LOGGER = logging.getLogger("mitmproxy.proxy.server")
DEFAULT_PORT = 8080
"""mitmproxy's, if none is said."""
LOOK_SECONDS = 0.1
"""Between two looks whether exchanges have ended."""
IDLE_LOOKS, FRESH_LOOKS = 1, 20
"""How many a connection may be idle at that had an exchange, and one that has had none."""


class Balanced:
    """The addon of a proxy behind a balancer."""

    def __init__(self, orders: Orders, cookies: Cookies) -> None:
        self._orders = orders
        self._cookies = cookies
        self._channel: socket.socket | None = None
        self._said = b""
        self._draining: asyncio.Task[None] | None = None
        self._exchanges: dict[str, dict[str, http.HTTPFlow]] = {}
        """What has not ended, by the clients' ids and its own."""
        self._nameless: set[tuple[str, int]] = set()
        """Connections of which it is not known whose they are, by their other ends."""

    # -- life ----------------------------------------------------------------------------------------------------------

    def running(self) -> None:
        """The proxy listens."""
        MITMPROXYS_LOGGER.addFilter(self._tells_of)
        worker = self._orders.worker
        if worker is None or self._channel is not None:
            return
        self._channel = socket.fromfd(worker.channel, socket.AF_UNIX, socket.SOCK_STREAM)
        self._channel.setblocking(False)
        asyncio.get_running_loop().add_reader(self._channel, self._hear)
        self._say(READY)

    def done(self) -> None:
        """Give everything back."""
        MITMPROXYS_LOGGER.removeFilter(self._tells_of)
        if self._draining is not None:
            self._draining.cancel()
            self._draining = None
        if self._channel is not None:
            self._hang_up(self._channel)

    def _tells_of(self, record: logging.LogRecord) -> bool:
        """Whether mitmproxy's line about a connection may be logged: who has connected is told once it is known."""
        if record.msg == "client connect":
            return False
        if record.msg != "client disconnect":
            return True
        peer = getattr(record, "client", None)
        if peer is None or peer[:2] not in self._nameless:
            return True
        self._nameless.discard(peer[:2])
        return False

    # -- connections ---------------------------------------------------------------------------------------------------

    def client_connected(self, client: connection.Client) -> None:
        """Somebody has connected: the balancer, or nobody we know."""
        if client.error or client.transport_protocol != "tcp":
            return
        address = client.peername[0]
        if not self._orders.trusts(address):
            logger.warning(f"Connection from {address} closed: only balancers may connect to a proxy behind one.")
            client.error = "It is not from a balancer."
            return
        handler = connection_handlers(ctx.master).get(client.id)
        if handler is None:
            client.error = "Nobody could read whose connection it is."
            return
        self._nameless.add(client.peername[:2])
        handler.layer = ProxyLine(handler, self._is_named, self._health)  # type: ignore[assignment]  # it is asked for `handle_event` only

    def _is_named(self, handler: ConnectionHandler, client: tuple[str, int]) -> bool:
        """A connection is this client's; whether it may stay."""
        known = handler.client
        self._nameless.discard(known.peername[:2])
        known.peername = client
        MITMPROXYS_LOGGER.getChild("balanced").info("client connect", extra={"client": client})
        block = ctx.master.addons.get("block")  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
        if block is not None:
            block.client_connected(known)  # it has judged the balancer
        return not known.error

    def _health(self) -> bytes:
        """What a balancer is answered that asks whether it may send anybody here."""
        if self._draining is not None:
            return ENDS
        return WELL if self._cookies.config is not None else ILL + b"There are no rules in force.\n"

    async def server_connect(self, data: ServerConnectionHookData) -> None:
        """Nobody is to be connected to the balancer from here: it would be told that this machine is the client.

        The name is looked up once, so that it cannot mean something else a moment later.
        """
        server = data.server
        if server.error or server.address is None or server.transport_protocol != "tcp":
            return
        host, port, *_ = server.address
        if port != self._balancers_port():
            return
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            return  # whoever connects will find out, too
        addresses = [str(address[0]) for *_, address in found]
        if any(is_of_this_machine(address) or self._orders.trusts(address) for address in addresses):
            server.error = "That is this proxy itself."
            return
        server.sni = server.sni or host
        server.address = (addresses[0], port)

    def _balancers_port(self) -> int:
        """Those that are not our supervisor's listen where we do, if our documentation was followed."""
        worker = self._orders.worker
        return worker.port if worker is not None else ctx.options.listen_port or DEFAULT_PORT

    # -- the end -------------------------------------------------------------------------------------------------------

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """An exchange begins."""
        self._exchanges.setdefault(flow.client_conn.id, {})[flow.id] = flow

    def response(self, flow: http.HTTPFlow) -> None:
        """It has ended well."""
        running = self._exchanges.get(flow.client_conn.id)
        if running is not None:
            running.pop(flow.id, None)

    error = response

    def client_disconnected(self, client: connection.Client) -> None:
        """Nothing of this client's runs any more."""
        self._exchanges.pop(client.id, None)

    def _hear(self) -> None:
        """The supervisor has said something, or is gone: without it nobody would end us."""
        assert self._channel is not None
        try:
            octets = self._channel.recv(1024)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        if not octets:
            self._hang_up(self._channel)
            logger.warning("The supervisor is gone: this worker ends, too.")
        *lines, self._said = (self._said + octets).split(b"\n")
        if (DRAIN in lines or not octets) and self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self._drain(ends_itself=not octets))

    async def _drain(self, ends_itself: bool) -> None:
        """Let go of each client as soon as nothing of its runs, and say when all are gone.

        Who is seen without an exchange twice is let go: of the last one something may still be on its way when it has ended. Who
        has had none yet came a moment ago, and is about to ask.
        """
        looks: Counter[str] = Counter()
        while handlers := dict(connection_handlers(ctx.master)):
            looks = Counter({str(key): looks[str(key)] + 1 for key in handlers if not self._runs(str(key))})
            for key, count in looks.items():
                if count > (IDLE_LOOKS if key in self._exchanges else FRESH_LOOKS):
                    _close(handlers[key])
            await asyncio.sleep(LOOK_SECONDS)
        self._say(IDLE)
        if ends_itself:
            ctx.master.shutdown()  # type: ignore[no-untyped-call]  # mitmproxy gives it no types

    def _runs(self, client: str) -> bool:
        """Whether an exchange of a client goes on; the dashboard's need not end, they go on elsewhere."""
        return any(not Dashboard.is_ours(flow) for flow in self._exchanges.get(client, {}).values())

    def _say(self, word: bytes) -> None:
        if self._channel is not None:
            with suppress(OSError):  # nobody listens any more
                self._channel.sendall(word + b"\n")

    def _hang_up(self, channel: socket.socket) -> None:
        asyncio.get_running_loop().remove_reader(channel)
        channel.close()
        self._channel = None


def is_of_this_machine(address: str) -> bool:
    """Whether who connects to this IP address stays on this machine."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asked:
        try:
            asked.bind((address, 0))
        except OSError:
            return False
    return True


def _close(handler: ConnectionHandler) -> None:
    transport = handler.transports.get(handler.client)
    if transport is not None and transport.writer is not None:
        transport.writer.close()
