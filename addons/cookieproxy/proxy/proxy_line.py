"""Stands before a connection's protocol layers until the balancer has said whose it is, and then is out of the way.

What the layers get is what would have come without a balancer: their start, and the octets behind the line. When the balancer
speaks for itself, by its own address or none, it may ask after our health, which is answered here without an exchange. A client
of which the balancer does not know the address has that of `NOBODY`, which is in particular not this machine's.
"""

import logging
from collections.abc import Callable, Iterator

from mitmproxy.proxy.commands import CloseConnection, Command, SendData
from mitmproxy.proxy.events import ConnectionClosed, DataReceived, Event, Start
from mitmproxy.proxy.server import ConnectionHandler

from ..fleet.orders import HEALTH_PATH
from ..fleet.proxy_line import NoLine, Said, parse

logger = logging.getLogger(__name__)

NOBODY = ("0.0.0.0", 0)  # noqa: S104  # nothing listens there: it is what a client without an address is called
QUESTION = f"GET {HEALTH_PATH} HTTP/1.".encode()
WELL = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nIt does its work.\n"
ILL = b"HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"
ENDS = b"HTTP/1.0 404 Not Found\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nIt is about to end.\n"
"""Nobody new may come, but who is here may stay: balancers cut the connections of those that are ill."""

type Named = Callable[[ConnectionHandler, tuple[str, int]], bool]
"""Told whose connection it is; answers whether it may stay."""
type Health = Callable[[], bytes]
"""What a balancer is answered that asks."""


class ProxyLine:
    """Stands where the outermost layer of a connection stood."""

    def __init__(self, handler: ConnectionHandler, named: Named, health: Health) -> None:
        self.context = handler.layer.context
        self._handler = handler
        self._layer = handler.layer
        self._named = named
        self._health = health
        self._octets = b""
        self._said: Said | None = None

    def handle_event(self, event: Event) -> Iterator[Command]:
        """What is to be done about an event."""
        client = self._handler.client
        if isinstance(event, ConnectionClosed) and event.connection is client:
            yield CloseConnection(client)
        if not isinstance(event, DataReceived) or event.connection is not client or client.error:
            return
        self._octets += event.data
        if self._said is None:
            said = parse(self._octets)
            if said is NoLine.UNFINISHED:
                return
            if isinstance(said, NoLine):
                yield from self._refuse(said)
                return
            self._said, self._octets = said, self._octets[said.length :]
        yield from self._go_on(self._said)

    def _go_on(self, said: Said) -> Iterator[Command]:
        client = self._handler.client
        speaks_for_itself = said.client is None or said.client[0] == client.peername[0]
        if speaks_for_itself and QUESTION.startswith(self._octets[: len(QUESTION)]):
            if len(self._octets) >= len(QUESTION):
                yield from self._answer()
            return
        if not self._named(self._handler, said.client or NOBODY):
            yield CloseConnection(client)
            return
        layer, octets = self._layer, self._octets
        self.handle_event = layer.handle_event  # type: ignore[method-assign]  # from now on nothing is between
        if self._handler.layer is self:  # type: ignore[comparison-overlap]  # it was put there
            self._handler.layer = layer
        yield from layer.handle_event(Start())
        if octets:
            yield from layer.handle_event(DataReceived(client, octets))

    def _refuse(self, why: NoLine) -> Iterator[Command]:
        client = self._handler.client
        logger.warning(f"Connection from {client.peername[0]} closed, it does not say whose it is: {why.value}.")
        client.error = "It does not say whose it is."
        yield CloseConnection(client)

    def _answer(self) -> Iterator[Command]:
        client = self._handler.client
        client.error = "It was a question after our health."
        yield SendData(client, self._health())
        yield CloseConnection(client)
