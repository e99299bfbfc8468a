"""The end-to-end rig as fixtures: a real proxy between real clients and a server that says what a test tells it to.

    def test_it(proxy, origin):
        origin.answers["/login"] = Answer([b"Set-Cookie: sid=1; Path=/"])
        running = proxy(rules="version: 1")
        assert running.curl("http://shop.example/login").all(b"set-cookie") == [b"sid=1; Path=/"]

Every host name leads to the origin. The parts lie in tests/rig: origin, process, clients, browser, flows, messages.

Whatever drives a real proxy passes with the option cookies_fast on and off. `--cookies-fast` says which: on, off or both.
"""

import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import settings
from mitmproxy import certs

from rig import nursery
from rig.origin import Origin
from rig.process import ADDON, MITMDUMP, OPTIONS, Option, Proxy, Site, environment, set_arguments

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from rig.postgres import Server


# A busy machine is no counterexample; what may not take long is measured by tests of its own.
settings.register_profile("patient", settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("patient")

# A shell that starts the tests in its background has them ignore SIGINT, and every program that they start inherits it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ON = pytest.param(True, id=pytest.HIDDEN_PARAM, marks=pytest.mark.cookies_fast_on)
OFF = pytest.param(False, id="cookies_fast off", marks=pytest.mark.cookies_fast_off)
SETTINGS = {"on": [ON], "off": [OFF], "both": [ON, OFF]}
OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--cookies-fast",
        choices=SETTINGS,
        default="on",
        help="what cookies_fast is in the tests that drive a real proxy",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that starts a proxy with the script is there once for each setting; off, its name says so.

    Those in Chromium take as long as all others together: they run with both only if they are picked (`-m browser`).
    """
    definition, option = metafunc.definition, metafunc.config.getoption
    if "confdir" in metafunc.fixturenames and not definition.get_closest_marker("once"):
        setting = option("--cookies-fast")
        if setting == "both" and definition.get_closest_marker("browser") and option("-m") != "browser":
            setting = "on"
        metafunc.parametrize("cookies_fast", SETTINGS[setting], indirect=True, scope="module")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Counts them by setting."""
    for setting in ("on", "off"):
        counts = {
            outcome: sum(
                f"cookies_fast_{setting}" in getattr(report, "keywords", ())  # what fails to be collected has none
                for report in terminalreporter.getreports(outcome)
            )
            for outcome in OUTCOMES
        }
        if any(counts.values()):
            said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
            terminalreporter.line(f"through a proxy with cookies_fast {setting}: {said}")


@pytest.fixture(scope="session")
def certificate_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """mitmproxy's own directory with one certificate authority for the whole run.

    Its key is one of an elliptic curve: those of mitmproxy are RSA, and each proxy would take a third of its start to check it.
    """
    directory = tmp_path_factory.mktemp("mitmproxy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certs.rsa, "generate_private_key", lambda **_: ec.generate_private_key(ec.SECP256R1()))
        certs.CertStore.from_store(directory, "mitmproxy", 2048)
    return directory


@pytest.fixture(scope="module")
def cookies_fast(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether proxies are started with the option on, as they are if nothing is said."""
    fast: bool = getattr(request, "param", True)
    with pytest.MonkeyPatch.context() as patch:
        if not fast:
            patch.setitem(OPTIONS, "cookies_fast", False)
        yield fast


@pytest.fixture(scope="module")
def confdir(certificate_authority: Path, cookies_fast: bool) -> Path:
    """mitmproxy's directory for every proxy: so whatever starts one has cookies_fast among its fixtures."""
    return certificate_authority


@pytest.fixture(scope="session")
def certificate(certificate_authority: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The origin's key and certificate, which nobody has reason to trust."""
    entry = certs.CertStore.from_store(certificate_authority, "mitmproxy", 2048).get_cert("origin.example", [])
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


@pytest.fixture(scope="session")
def postgres() -> Iterator["Server"]:
    """A PostgreSQL server; skips the test if it cannot be."""
    pytest.importorskip("psycopg", reason="there is no psycopg (it is in requirements.lock)")
    from rig.postgres import Server

    server = Server()
    yield server
    server.remove()


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
            **OPTIONS,
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
