"""Cookie Proxy for mitmproxy: `mitmdump -s addons/cookies.py`. Wiring only; everything else is in the package beside it."""

import sys

for name in [name for name in sys.modules if name.partition(".")[0] == "cookieproxy"]:
    del sys.modules[name]  # mitmproxy reloads this file alone: the package has to come anew with it

from cookieproxy.proxy.assemble import assemble  # noqa: E402  after the old package is gone

addons = assemble()
