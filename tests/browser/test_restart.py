"""A real Chromium that is closed and opened again, and one whose user refuses cookies: what the proxy notices (R3, R6, R32)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cookieproxy.core.events import EventKind
from rig import browser
from rig.mirror import Visit, Watched, names, setting
from rig.origin import Origin
from rig.process import Proxy

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.executable() is None, reason="there is no Chromium on this machine"),
]

SHOP = "https://shop.example/"


def missing(watched: Watched) -> list[tuple[str | None, str | None]]:
    return [(row.cookie, row.reason) for row in watched.events(EventKind.MISSING)]


def test_session_cookies_end_with_the_browser(proxy: Callable[..., Proxy], origin: Origin, tmp_path: Path) -> None:
    running = proxy()
    with browser.profile(tmp_path / "profile", running.url) as context:
        watched = Watched(running, origin, context)
        watched.visit(setting(SHOP, b"session=1", b"lasting=1; Max-Age=1000", b"idle=1; Path=/x"))
        watched.visit(Visit(SHOP))
        assert watched.differences() == []
    with browser.profile(tmp_path / "profile", running.url) as context:
        watched = Watched(running, origin, context, first_number=1000)
        assert watched.cookie_header(SHOP) == b"lasting=1"
        assert missing(watched) == [("session", "gone")]
        watched.visit(Visit(f"{SHOP}x/y"))
        assert missing(watched) == [("session", "gone"), ("idle", "path")]
        assert watched.differences() == []
        assert names(watched.browser_cookies()) == ["lasting"]


def test_a_user_who_refuses_cookies_is_noticed(proxy: Callable[..., Proxy], origin: Origin, tmp_path: Path) -> None:
    running = proxy()
    with browser.profile(tmp_path / "profile", running.url, cookies_blocked=True) as context:
        watched = Watched(running, origin, context)
        for _ in range(3):
            watched.visit(setting(SHOP, b"a=1", b"b=1; Max-Age=1000"))
        assert missing(watched)[:2] == [("a", "refused"), ("b", "refused")]
        assert watched.browser_cookies() == []
