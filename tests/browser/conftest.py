"""A real Chromium behind the real proxy, watched on both sides; one for each module."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from rig import browser
from rig.mirror import Watched
from rig.origin import Origin
from rig.process import Proxy, Site


@pytest.fixture(scope="module")
def shared(
    request: pytest.FixtureRequest, certificate: Path, confdir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    """A browser, a proxy with the module's RULES and an application, for all its tests: each uses sites of its own."""
    if browser.executable() is None:
        pytest.skip("there is no Chromium on this machine")
    home, directory = tmp_path_factory.mktemp("proxy"), tmp_path_factory.mktemp("chromium")
    with ExitStack() as stack:
        origin = stack.enter_context(closing(Origin(certificate)))
        running = Proxy(Site(origin.http_port, origin.https_port, confdir), home)
        running.write_rules(getattr(request.module, "RULES", ""))
        running.start()
        stack.callback(running.stop)
        if getattr(request.module, "THIRD_PARTIES", False):
            browser.allow_third_parties(directory)
        yield Watched(running, origin, stack.enter_context(browser.profile(directory, running.url)))
    assert "Traceback" not in running.log(), running.log()


@pytest.fixture
def watched(shared: Watched) -> Watched:
    """The shared browser; only cookies of the sites that this test visits count."""
    shared.visited.clear()
    return shared
