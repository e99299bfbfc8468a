"""The end-to-end rig as fixtures: a real proxy between real clients and a server that says what a test tells it to.

    def test_it(proxy, origin):
        origin.answers["/login"] = Answer([b"Set-Cookie: sid=1; Path=/"])
        running = proxy(rules="version: 1")
        assert running.curl("http://shop.example/login").all(b"set-cookie") == [b"sid=1; Path=/"]

Every host name leads to the origin. The parts lie in tests/rig: origin, process, clients, browser, flows, messages.
"""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from mitmproxy import certs

from rig import nursery
from rig.origin import Origin
from rig.process import ADDON, MITMDUMP, Option, Proxy, Site, environment, set_arguments

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext


@pytest.fixture(scope="session")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """mitmproxy's own directory with one certificate authority for the whole run; making one takes half a second."""
    directory = tmp_path_factory.mktemp("mitmproxy")
    certs.CertStore.from_store(directory, "mitmproxy", 2048)
    return directory


@pytest.fixture(scope="session")
def certificate(confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The origin's key and certificate, which nobody has reason to trust."""
    entry = certs.CertStore.from_store(confdir, "mitmproxy", 2048).get_cert("origin.example", [])
    path = tmp_path_factory.mktemp("origin") / "origin.pem"
    key = entry.privatekey.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    path.write_bytes(key + entry.cert.to_pem())
    return path


@pytest.fixture
def origin(certificate: Path) -> Iterator[Origin]:
    """The application behind the proxy: `origin.answers["/path"] = Answer([b"Set-Cookie: a=b"])`, `origin.received`."""
    server = Origin(certificate)
    yield server
    server.close()


@pytest.fixture
def site(origin: Origin, confdir: Path) -> Site:
    return Site(origin.http_port, origin.https_port, confdir)


@pytest.fixture
def proxy(site: Site, tmp_path: Path) -> Iterator[Callable[..., Proxy]]:
    """Starts proxies: `proxy(rules="…", options={…}, mode=…, ui=…, home=other.home)`; they end with the test.

    A traceback in what one said fails the test, unless it was started with allow_traceback=True.
    """
    started: list[Proxy] = []

    def start(
        rules: str = "", options: Mapping[str, Option] | None = None, home: Path | None = None, **more: Any
    ) -> Proxy:
        place = home or tmp_path / f"proxy{len(started)}"
        place.mkdir(exist_ok=True)
        one = Proxy(site, place, options or {}, **more)
        if rules or not one.rules_path.exists():
            one.write_rules(rules)
        one.start()
        started.append(one)
        return one

    yield start
    for one in started:
        one.stop()
    for one in started:
        if "Traceback" in one.log() and not one.allow_traceback:
            pytest.fail(f"the proxy said:\n{one.log()}")


@pytest.fixture
def mitmdump(confdir: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs mitmdump with the script to its end: `mitmdump("-nr", flows, rules="…", options={…})`.

    Without flows to read it has a store of its own, as when it runs: for starts that are meant to fail.
    """

    def run(
        *arguments: str | Path, rules: str = "", options: Mapping[str, Option] | None = None
    ) -> subprocess.CompletedProcess[str]:
        rules_path = tmp_path / "rules.yaml"
        rules_path.write_text(rules)
        settings: dict[str, Option] = {
            "confdir": str(confdir),
            "cookies_rules": str(rules_path),
            "listen_host": "127.0.0.1",
        }
        if not {"-r", "-nr"} & set(arguments):
            settings["cookies_store"] = f"sqlite:{tmp_path / 'cookies.db'}"
        settings |= options or {}
        command = [MITMDUMP, "--listen-port", "0", "-s", str(ADDON), *set_arguments(settings), *map(str, arguments)]
        return nursery.run(command, tmp_path, environment(), 60)

    return run


@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[Callable[..., "BrowserContext"]]:
    """Starts Chromium behind a proxy: `chromium(running, cookies_blocked=False, directory=…, **playwright's options)`."""
    from rig import browser

    if browser.executable() is None:
        pytest.skip("there is no Chromium on this machine")
    places = (tmp_path / f"chromium{number}" for number in count())
    with ExitStack() as stack:

        def start(running: Proxy, directory: Path | None = None, **options: Any) -> "BrowserContext":
            return stack.enter_context(browser.profile(directory or next(places), running.url, **options))

        yield start
