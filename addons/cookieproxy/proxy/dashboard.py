"""Leads the dashboard's name to the dashboard: a server on loopback, and what mitmproxy has to do so that browsers get there.

The name works through the proxy in every mode that sees HTTP, over http and https; the direct address works on this machine. The
server sees the proxy as the peer of all that came through it, so the proxy says whose request it is, in a header with a secret that
nobody else has; and what reaches the server through the proxy without that header is turned away.
"""

import logging
import secrets
from ipaddress import ip_address

from mitmproxy import connection, ctx, http, tls
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from tornado.httputil import HTTPServerRequest

from ..core.hosts import canonical_host
from ..dashboard.gate import LOOPBACK_NAMES, Gate, Peer, is_local
from ..dashboard.live import Hub
from ..dashboard.pages import Pages
from ..dashboard.rules import RulesPage
from ..dashboard.server import LOOPBACK, Parts, Server
from ..fleet.orders import ALONE, Orders
from ..suffixes import host_to_ascii
from . import flows
from .inside import RunningProxy, parse_rules

logger = logging.getLogger(__name__)

METADATA = "cookieproxy-dashboard"
PEER_HEADER = "X-Cookies-Peer"
TOKEN_BYTES = 16
BRACKETS = "[]"


class Dashboard:
    """The dashboard of one proxy, from `start` to `stop`."""

    def __init__(self, inside: RunningProxy, hub: Hub, orders: Orders = ALONE) -> None:
        self._inside = inside
        self._hub = hub
        self._magic = ""
        self._server: Server | None = None
        self._port = 0
        self._secret = secrets.token_urlsafe(TOKEN_BYTES)
        self._orders = orders
        self._token = secrets.token_urlsafe(TOKEN_BYTES) if orders.worker is None else orders.worker.token
        self._own_ports: set[int] = set()
        """Of the proxy's own connections to the server."""

    # -- life ----------------------------------------------------------------------------------------------------------

    @staticmethod
    def objection(name: str) -> str | None:
        """Why this cannot be the dashboard's name; None if it can."""
        if not name or (":" not in name and canonical_host(name, host_to_ascii) == name):
            return None
        return f'cookies_dashboard: "{name}" is no host name in lower case: use one like cookies.mitm, or nothing.'

    def follow_options(self, runs: bool) -> None:
        """The name may be another; `runs` once there is a loop."""
        magic = ctx.options.cookies_dashboard
        if magic == self._magic and (self._server is not None) == bool(magic):
            return
        self.stop()
        self._magic = magic
        if runs:
            self.start()

    def start(self) -> None:
        """Answer, and say where; does nothing if it answers already, or is switched off."""
        if self._server is not None or not ctx.options.cookies_dashboard or not ctx.options.server:
            return
        self._magic = ctx.options.cookies_dashboard
        server = Server()
        try:
            self._port = server.bind()
        except OSError as error:
            logger.warning(f"The dashboard has no port to listen on: {error.strerror}. Traffic passes without it.")
            return
        gate = Gate(self._magic, self._port, self._token)
        rules = RulesPage(lambda: self._inside.rules_path, parse_rules, self._inside.tally)
        pages = Pages(self._inside, rules)
        server.start(Parts(self._inside, pages, self._hub, gate, self._peer_of))
        self._server = server
        if self._orders.worker is not None:
            return  # the supervisor has said it for all
        direct = "" if self._orders.balancers else f", or {gate.direct_url} on this machine"
        logger.info(f"Dashboard: http://{self._magic}/ through the proxy{direct}.")
        if self._orders.balancers or not _listens_on_loopback_only():
            logger.info(f"Dashboard: clients on other machines are asked for the token {self._token}")

    def stop(self) -> None:
        """Answer no more; does nothing if it does not."""
        if self._server is not None:
            self._hub.close()
            self._server.stop()
            self._inside.close()
            self._server = None
            self._port = 0

    # -- the way there -------------------------------------------------------------------------------------------------

    def takes(self, flow: http.HTTPFlow) -> bool:
        """Lead a request there if it is for the dashboard; whether it is."""
        request = flow.request
        if self._server is None or not self._is_asked(flow):
            return False
        if flow.response is not None:
            return True  # somebody before us has turned it away
        host = request.host_header or request.pretty_host
        headers = request.headers
        for name in [name for name in headers if name.lower() == PEER_HEADER.lower()]:
            del headers[name]
        fields = {name.decode("latin-1").lower() for name, _ in headers.fields}
        peer = flow.client_conn.peername
        is_here = peer is not None and is_local(peer[0], fields)
        flow.server_conn = connection.Server(address=(LOOPBACK, self._port))
        request.host, request.port, request.scheme = LOOPBACK, self._port, "http"
        request.host_header = host
        headers[PEER_HEADER] = f"{self._secret} {(Peer.LOCAL if is_here else Peer.REMOTE).name}"
        flow.metadata[METADATA] = True
        return True

    def _is_asked(self, flow: http.HTTPFlow) -> bool:
        request = flow.request
        host, magic = request.host, self._magic
        if host == magic or (request.port == self._port and _is_loopback(host)):
            return True
        is_direct = isinstance(flow.client_conn.proxy_mode, flows.ASKED_DIRECTLY)
        return bool(magic) and is_direct and request.pretty_host.lower() == magic

    @staticmethod
    def is_ours(flow: http.HTTPFlow) -> bool:
        """Whether a flow is the dashboard's own."""
        return bool(flow.metadata) and METADATA in flow.metadata

    def answers(self, flow: http.HTTPFlow) -> bool:
        """Let an answer of the dashboard through as it comes; whether it is one."""
        if not self.is_ours(flow):
            return False
        flow.request.headers.pop(PEER_HEADER, None)  # it has been sent, and is not to be shown or saved
        if flow.response is not None:
            flow.response.stream = True
        return True

    def connects(self, flow: http.HTTPFlow) -> None:
        """https: nobody has to be asked whether the name exists."""
        if self._server is not None and self._magic and flow.request.host == self._magic and flow.response is None:
            flow.response = http.Response.make(200, b"", http.Headers())
            flow.response.reason = "Connection established"
            del flow.response.headers["content-length"]

    def greets(self, data: tls.ClientHelloData) -> None:
        """https: the server behind speaks http."""
        if self._server is not None and self._magic and data.client_hello.sni == self._magic:
            data.context.server.tls = False

    # -- whose request it is -------------------------------------------------------------------------------------------

    def server_connected(self, data: ServerConnectionHookData) -> None:
        """Remember which connections to the server are the proxy's own."""
        address, own = data.server.peername, data.server.sockname
        if self._port and address is not None and own is not None and address[1] == self._port:
            self._own_ports.add(own[1])

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        """Such a connection has ended."""
        if data.server.sockname is not None and data.server.peername and data.server.peername[1] == self._port:
            self._own_ports.discard(data.server.sockname[1])

    def _peer_of(self, request: HTTPServerRequest) -> Peer:
        """Where it comes from: what the proxy says, if it is the proxy who says it."""
        secret, _, said = request.headers.get(PEER_HEADER, "").partition(" ")
        if secret and secrets.compare_digest(secret.encode(), self._secret.encode()):
            return Peer.__members__.get(said, Peer.REMOTE)
        if self._orders.balancers:  # it may be the proxy beside this one, for a client on another machine
            return Peer.FORGED
        stream = getattr(request.connection, "stream", None)
        name = (
            stream.socket.getpeername() if stream is not None and stream.socket is not None else (request.remote_ip, 0)
        )
        if name[1] in self._own_ports or secret:
            return Peer.FORGED
        fields = {field.lower() for field in request.headers}
        return Peer.LOCAL if is_local(str(name[0]), fields) else Peer.REMOTE


def _is_loopback(host: str) -> bool:
    bare = host.strip(BRACKETS)
    if bare in LOOPBACK_NAMES:
        return True
    try:
        return ip_address(bare).is_loopback
    except ValueError:
        return False


def _listens_on_loopback_only() -> bool:
    host = ctx.options.listen_host
    return bool(host) and _is_loopback(host)
