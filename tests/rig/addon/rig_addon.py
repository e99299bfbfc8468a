"""Loaded into every mitmproxy the rig starts, behind the script under test.

Takes connections to any host to the rig's origin on loopback, so that http://shop.example/ needs no name server and nothing
leaves the machine; and says through a pipe on which ports the proxy listens as soon as it does.
"""

import json
import os

from mitmproxy import ctx
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

HTTP_PORT = int(os.environ["RIG_HTTP_PORT"])
HTTPS_PORT = int(os.environ["RIG_HTTPS_PORT"])
OURS = {"127.0.0.1", "::1"}


def server_connect(data: ServerConnectionHookData) -> None:
    """Leaves addresses on loopback alone if they name a port of their own: an upstream proxy, or a server inside the proxy."""
    address = data.server.address
    if address and not (address[0] in OURS and address[1] not in {80, 443}):
        data.server.address = ("127.0.0.1", HTTPS_PORT if data.server.tls or address[1] == 443 else HTTP_PORT)


def running() -> None:
    proxyserver = ctx.master.addons.get("proxyserver")
    ports = [address[1] for address in proxyserver.listen_addrs()]
    with os.fdopen(int(os.environ["RIG_READY"]), "w") as ready:
        json.dump(ports, ready)
