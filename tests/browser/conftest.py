"""Real Chromium behind the real proxy, watched on both sides: one for a whole module, or one for a test with rules of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from rig import browser
from rig.mirror import Watched
from rig.origin import Origin
from rig.process import Proxy, Site


@pytest.fixture(scope="module")
def shared(certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A browser, a proxy without rules and an application, for all tests of a module: each uses hosts of its own."""
    if browser.executable() is None:
        pytest.skip("there is no Chromium on this machine")
    home, directory = tmp_path_factory.mktemp("proxy"), tmp_path_factory.mktemp("chromium")
    with ExitStack() as stack:
        origin = stack.enter_context(closing(Origin(certificate)))
        running = Proxy(Site(origin.http_port, origin.https_port, confdir), home)
        running.write_rules("")
        running.start()
        stack.callback(running.stop)
        yield Watched(running, origin, stack.enter_context(browser.profile(directory, running.url)))
    assert "Traceback" not in running.log(), running.log()


@pytest.fixture
def watched(shared: Watched) -> Watched:
    """The shared browser; only cookies of the sites that this test visits count."""
    shared.visited.clear()
    return shared


@pytest.fixture
def watch(
    proxy: Callable[..., Proxy], origin: Origin, chromium: Callable[..., Any], tmp_path: Path
) -> Callable[..., Watched]:
    """Starts a browser behind a proxy of its own: `watch(rules="…", third_parties=True)`."""

    def start(rules: str = "", third_parties: bool = False) -> Watched:
        running = proxy(rules=rules)
        directory = tmp_path / "profile"
        if third_parties:
            browser.allow_third_parties(directory)
        return Watched(running, origin, chromium(running, directory=directory))

    return start
