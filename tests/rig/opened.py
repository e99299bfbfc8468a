"""A Chromium before a proxy with an application behind it, for the tests of one module."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import BrowserContext

from . import browser
from .origin import Origin
from .process import Proxy, Site


class Opened(NamedTuple):
    """The browser, and what is behind the proxy."""

    context: BrowserContext
    origin: Origin


@contextmanager
def opened_browser(
    certificate: Path, confdir: Path, place: Path, rules: str, cookies_blocked: bool = True
) -> Iterator[Opened]:
    """Both, until the module's tests are over; then the proxy must have logged no traceback. Skips where there is no Chromium."""
    if browser.executable() is None:
        pytest.skip("there is no Chromium on this machine")
    with ExitStack() as stack:
        origin = stack.enter_context(closing(Origin(certificate)))
        (place / "proxy").mkdir()
        (place / "chromium").mkdir()
        running = Proxy(Site(origin.http_port, origin.https_port, confdir), place / "proxy")
        running.write_rules(rules)
        running.start()
        stack.callback(running.stop)
        yield Opened(stack.enter_context(browser.profile(place / "chromium", running.url, cookies_blocked)), origin)
    assert "Traceback" not in running.log(), running.log()
