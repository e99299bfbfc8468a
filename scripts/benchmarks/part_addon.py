"""A script for mitmdump beside ours with `cookies_fast` off: one part of what it does is on. For measurements of what each brings.

`bench_part` says which. A part that objects ends the proxy, because without it there is nothing to measure.
"""

import gc
import sys

from mitmproxy import connection, ctx
from mitmproxy.addonmanager import Loader

from cookieproxy.proxy import shortcuts
from cookieproxy.proxy.connections import FastConnections
from cookieproxy.proxy.dispatch import FastDispatch
from cookieproxy.proxy.fast import connection_handlers


class Part:
    """One part of cookies_fast."""

    def __init__(self) -> None:
        self._connections = FastConnections()

    def load(self, loader: Loader) -> None:
        """Take the option, and switch the part on."""
        loader.add_option("bench_part", str, "", "The part of cookies_fast that is on.")
        ctx.options.process_deferred()
        match ctx.options.bench_part:
            case "dispatch":
                objection = FastDispatch().install(ctx.master)
            case "connections":
                objection = self._connections.install(connection_handlers(ctx.master).values())
            case "shortcuts":
                objection = shortcuts.install(self)
            case "garbage":
                objection = None
            case other:
                objection = f"cookies_fast has no part {other!r}."
        if objection is not None:
            sys.exit(objection)

    def client_connected(self, client: connection.Client) -> None:
        """A connection has begun; taken over if connections are the part."""
        if (handler := connection_handlers(ctx.master).get(client.id)) is not None:
            self._connections.take(handler)

    def running(self) -> None:
        """Settle the garbage if that is the part."""
        if ctx.options.bench_part == "garbage":
            gc.collect()
            gc.freeze()


addons = [Part()]
