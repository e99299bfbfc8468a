"""Real applications behind a real proxy, each with a tap in front of it, and visitors without cookies."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from rig import office, wiki
from rig.process import Proxy, Site
from rig.tap import Tap


@pytest.fixture(scope="session")
def django(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Django's admin; its port."""
    yield from office.serve(tmp_path_factory)


@pytest.fixture(scope="session")
def dokuwiki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """DokuWiki; its port."""
    yield from wiki.serve(tmp_path_factory)


@pytest.fixture
def tapped(confdir: Path, tmp_path: Path) -> Iterator[Callable[[int, str], tuple[Proxy, Tap]]]:
    """Starts a proxy with these rules, behind which every host is the application at that port, and listens between them."""
    with ExitStack() as stack:

        def start(port: int, rules: str) -> tuple[Proxy, Tap]:
            tap = stack.enter_context(closing(Tap(port)))
            home = tmp_path / f"proxy-{port}"
            home.mkdir()
            one = Proxy(Site(tap.port, tap.port, confdir), home)
            one.write_rules(rules)
            one.start()
            stack.callback(one.stop)
            return one, tap

        yield start
