"""Chromium as Debian ships it takes no cookies of third parties but Partitioned ones, and says so in Sec-Fetch-Storage-Access."""

import pytest

from cookieproxy.core.events import EventKind
from rig.mirror import Visit, Watched, names, setting

pytestmark = pytest.mark.browser


def test_only_partitioned_cookies_of_third_parties_are_stored(watched: Watched) -> None:
    third = "https://third.example/"
    watched.visit(setting(third, b"first=1; SameSite=None; Secure"))
    watched.visit(Visit("https://page.example/"))
    fields = [b"p=1; SameSite=None; Secure; Partitioned", b"n=1; SameSite=None; Secure", b"d=1"]
    for tag in ("img", "iframe"):
        request = watched.embed(tag, setting(third, *fields))
        assert request.all(b"sec-fetch-storage-access") == [b"none"]
    assert b"first=1" not in b"".join(request.all(b"cookie"))
    assert watched.differences() == []
    assert names(watched.browser_cookies()) == ["first", "p"]
    refused = {(row.cookie, row.reason) for row in watched.events(EventKind.IGNORED)}
    assert refused == {("n", "third-party-blocked"), ("d", "same-site-default")}
    assert watched.cookie_header(third) == b"first=1"
