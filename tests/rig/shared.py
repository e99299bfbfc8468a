"""An application and a proxy in front of it that the tests of one module share: a proxy takes a second to start.

The proxy has the control addon, which says warnings and errors by level and sets options on request.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rig.clients import RawAnswer
from rig.origin import Origin
from rig.process import Option, Proxy, Site

CONTROL_ADDON = Path(__file__).parent / "addon" / "control_addon.py"
CONTROL = ("-s", str(CONTROL_ADDON))


@dataclass
class Pair:
    """A running proxy and the application behind it."""

    origin: Origin
    proxy: Proxy

    def get(self, url: str, *lines: bytes, **more: Any) -> RawAnswer:
        """One GET with exactly these field lines."""
        return get(self.proxy, url, *lines, **more)


def get(proxy: Proxy, url: str, *lines: bytes, host: bytes | None = None, method: str = "GET") -> RawAnswer:
    """One request over plain http with exactly these field lines, and Host unless it is said otherwise."""
    authority = url.split("/")[2].encode() if host is None else host
    head = [f"{method} {url} HTTP/1.1".encode(), b"Host: " + authority, *lines, b"", b""]
    return proxy.raw(b"\r\n".join(head))[0]


def set_option(proxy: Proxy, setting: str) -> RawAnswer:
    """Set `name=value` in a running proxy; status 409 and the reason if it is refused."""
    return get(proxy, "http://control.test/", b"X-Option: " + setting.encode())


def errors(log: str) -> list[str]:
    """What a log has of errors and tracebacks."""
    return re.findall(r"LEVEL (?:ERROR|CRITICAL) .*|Traceback.*", log)


@contextmanager
def shared_pair(
    certificate: Path,
    confdir: Path,
    place: Path,
    rules: str = "",
    options: Mapping[str, Option] | None = None,
    arguments: Sequence[str] = (),
    **more: Any,
) -> Iterator[Pair]:
    """Both, until the module's tests are over; then nothing may have gone wrong in the proxy."""
    origin = Origin(certificate)
    site = Site(origin.http_port, origin.https_port, confdir)
    proxy = Proxy(site, place, options or {}, arguments=(*CONTROL, *arguments), **more)
    proxy.write_rules(rules)
    try:
        proxy.start()
        try:
            yield Pair(origin, proxy)
        finally:
            assert proxy.stop() == 0
        assert not errors(proxy.log())
    finally:
        origin.close()
