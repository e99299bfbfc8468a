"""Reverse mode: the browser's Host is what its cookies are about, and mitmproxy must not replace it before we have seen it.

So `keep_host_header` is switched on while there is a reverse mode, the user's own choice remembered, and what mitmproxy would have
written is written by us: the upstream's Host, and the name in the upstream's TLS.
"""

from mitmproxy import ctx, http
from mitmproxy.net.http.url import hostport
from mitmproxy.proxy import mode_specs
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from . import flows


class BrowsersHost:
    """Keeps the browser's Host until it has been read."""

    def __init__(self) -> None:
        self._users_choice: bool | None = None
        """The user's own keep_host_header, while we have it switched on."""

    def follow_options(self) -> None:
        """The modes may be others."""
        reverse = any(mode.startswith("reverse:") for mode in ctx.options.mode)
        if reverse and self._users_choice is None:
            self._users_choice = ctx.options.keep_host_header
            ctx.options.keep_host_header = True
        elif not reverse:
            self.give_back()

    def give_back(self) -> None:
        """Set the option as it was; again does nothing."""
        if self._users_choice is not None:
            ctx.options.keep_host_header, self._users_choice = self._users_choice, None

    def address_upstream(self, flow: http.HTTPFlow) -> None:
        """Write the Host that mitmproxy itself would have written, and keep the browser's in the flow."""
        mode = flow.client_conn.proxy_mode
        if self._users_choice is not False or not isinstance(mode, mode_specs.ReverseMode):
            return
        flows.keep_original(flow, "host", flow.request.pretty_host)
        scheme = "https" if mode.scheme in flows.TLS_SCHEMES else "http"
        flow.request.host_header = hostport(scheme, *mode.address)

    def name_upstream(self, data: ServerConnectionHookData) -> None:
        """With keep_host_header on, mitmproxy no longer names the upstream server to its TLS: we do."""
        mode = data.client.proxy_mode
        if self._users_choice is not False or not isinstance(mode, mode_specs.ReverseMode):
            return
        if data.server.sni is None and mode.scheme in flows.TLS_SCHEMES:
            data.server.sni = mode.address[0]
