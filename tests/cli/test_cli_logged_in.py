"""A login made in Chromium through the proxy goes on in curl: Django's admin, a real application, in an environment of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rig import clients, office
from rig.process import Proxy, Site, environment, eventually

pytestmark = [pytest.mark.real, pytest.mark.browser]


@pytest.fixture(scope="module")
def django(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Django's admin with a user `clerk`; its port."""
    yield from office.serve(tmp_path_factory)


@pytest.fixture
def running(django: int, confdir: Path, tmp_path: Path) -> Iterator[Proxy]:
    """A proxy behind which every host is the office."""
    home = tmp_path / "proxy"
    home.mkdir()
    one = Proxy(Site(django, django, confdir), home)
    one.write_rules("")
    one.start()
    yield one
    one.stop()


def test_a_login_in_chromium_goes_on_in_curl(
    running: Proxy, django: int, chromium: Callable[..., Any], tmp_path: Path
) -> None:
    context = chromium(running)
    page = context.pages[0]
    page.goto("http://office.example/admin/")
    page.fill("#id_username", office.CLERK)
    page.fill("#id_password", office.PASSWORD)
    page.click("input[type=submit]")
    page.locator("#user-tools").wait_for(timeout=10_000)

    file = tmp_path / "cookies.txt"
    for _ in eventually():
        done = running.cookies("export", "--site", "office.example", "--cookie", "sessionid", "-o", str(file))
        if done.returncode == 0:
            break
    direct = ("--connect-to", f"::127.0.0.1:{django}", "--noproxy", "*")
    stranger = clients.curl(tmp_path, environment(), *direct, "http://office.example/admin/")
    assert stranger.status == 302
    known = clients.curl(tmp_path, environment(), *direct, "-b", str(file), "http://office.example/admin/")
    assert known.status == 200
    assert b"clerk" in known.body

    assert running.curl("http://office.example/admin/").status == 302
    for _ in eventually():
        done = running.cookies("import", str(file), "--client", "* curl*")
        if done.returncode == 0:
            break
    assert running.curl("http://office.example/admin/").status == 200, "the proxy holds the login for curl now"

    running.cookies("forget", "--site", "office.example")
    assert running.curl("http://office.example/admin/").status == 302
    page.goto("http://office.example/admin/")
    assert "/admin/login/" in page.url, "the application no longer gets the browser's session"
    assert [
        cookie["name"] for cookie in context.cookies("http://office.example/") if cookie["name"] == "sessionid"
    ] == []
