"""The one switch of everything that makes mitmproxy faster: `cookies_fast`.

`dispatch` remembers who listens to what, `connections` lets hooks answer without a round of the event loop, `shortcuts` answers
what is asked for every exchange, and what start-up left in memory is taken out of the garbage collector's rounds. Each steps aside,
and says so, where mitmproxy is not the one it knows; switched off, nothing of mitmproxy is touched.
"""

import gc
from collections.abc import Mapping

from mitmproxy.connection import Client
from mitmproxy.master import Master
from mitmproxy.proxy.server import ConnectionHandler

from . import shortcuts
from .connections import FastConnections
from .dispatch import FastDispatch


class Fast:
    """What makes one master faster, from `switch_on` to `switch_off`."""

    def __init__(self) -> None:
        self._dispatch = FastDispatch()
        self._connections = FastConnections()
        self._handlers: Mapping[object, ConnectionHandler] = {}

    def switch_on(self, master: Master) -> list[str]:
        """Takes over what it can; why it left the rest as it was."""
        self._handlers = connection_handlers(master)
        reasons = (
            self._dispatch.install(master),
            self._connections.install(self._handlers.values()),
            shortcuts.install(self),
        )
        return [reason for reason in reasons if reason is not None]

    def switch_off(self) -> None:
        """Gives everything back; does nothing if it is off."""
        self._dispatch.uninstall()
        self._connections.uninstall()
        shortcuts.uninstall(self)
        unsettle_garbage()

    def client_connected(self, client: Client) -> None:
        """A connection has begun."""
        handler = self._handlers.get(client.id)
        if handler is not None:
            self._connections.take(handler)


def connection_handlers(master: Master) -> Mapping[object, ConnectionHandler]:
    """The connections of now and later, by the ids of their clients; none where nothing listens."""
    server = master.addons.get("proxyserver")  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
    handlers: Mapping[object, ConnectionHandler] = getattr(server, "connections", {})
    return handlers


def settle_garbage() -> None:
    """Takes everything that lives now out of the garbage collector's rounds, which makes them short: for after start-up."""
    gc.collect()
    gc.freeze()


def unsettle_garbage() -> None:
    """Undoes `settle_garbage`."""
    gc.unfreeze()
