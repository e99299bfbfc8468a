"""What tests of a fleet need beyond the project's own packages."""

import shutil

import pytest

from rig.installs import debian_packages


@pytest.fixture(scope="session")
def haproxy(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Debian's HAProxy; skips the test if it cannot be."""
    debian_packages(tmp_path_factory, ["/usr/sbin/haproxy"], "haproxy")
    return shutil.which("haproxy") or "/usr/sbin/haproxy"
