"""What tests of a fleet need beyond the project's own packages."""

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from rig.installs import debian_packages

if TYPE_CHECKING:
    from rig.postgres import Server


@pytest.fixture(scope="session")
def haproxy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Debian's HAProxy; skips the test if it cannot be."""
    debian_packages(tmp_path_factory, ["/usr/sbin/haproxy"], "haproxy")
    return shutil.which("haproxy") or "/usr/sbin/haproxy"


@pytest.fixture(scope="session")
def postgres() -> Iterator["Server"]:
    """A PostgreSQL server; skips the test if it cannot be."""
    pytest.importorskip("psycopg", reason="there is no psycopg (it is in requirements.lock)")
    from rig.postgres import Server

    server = Server()
    yield server
    server.remove()
