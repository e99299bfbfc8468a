"""Loaded into a proxy by tests of DNS rebinding: any name that begins with `rebound.` leads to loopback, at the port asked for.

As if its owner had told the name server so. Loaded behind the script under test, which sees the name first.
"""

from mitmproxy import http


class Rebind:
    def request(self, flow: http.HTTPFlow) -> None:
        if flow.request.host.startswith("rebound."):
            named = flow.request.host_header
            flow.request.host = "127.0.0.1"
            flow.request.host_header = named


addons = [Rebind()]
