"""What tests marked `real` need beyond the project's own packages, installed once for a run, or else the reason why not.

Knows Debian's packages and Python environments of their own. Processes of one run wait for each other here.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from rig.process import environment

APT = ("apt-get", "-qq", "-y", "-o", "DPkg::Lock::Timeout=120", "--no-install-recommends", "install")
"""A machine that was just started is often installing something itself."""


@contextmanager
def shared_place(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A directory that all processes of this run share, for one of them at a time."""
    base = factory.getbasetemp()
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"shared-{name}"
    place.mkdir(exist_ok=True)
    with open(place / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place


def debian_packages(factory: pytest.TempPathFactory, needed: Sequence[str], *packages: str) -> None:
    """Install Debian's packages unless these commands and files are there; skips the test if that cannot be."""
    with shared_place(factory, "debian"):
        missing = [one for one in needed if not (Path(one).exists() if "/" in one else shutil.which(one))]
        if not missing:
            return
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            pytest.skip(f"there is no {missing[0]} (on Debian: apt-get install {' '.join(packages)})")
        env = environment(DEBIAN_FRONTEND="noninteractive")
        done = subprocess.run([*APT, *packages], env=env, capture_output=True, text=True)
        if done.returncode:
            subprocess.run(["apt-get", "-qq", "update"], env=env, capture_output=True)
            done = subprocess.run([*APT, *packages], env=env, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"{' '.join(packages)} cannot be installed: {(done.stderr.splitlines() or ['?'])[-1]}")


def python_environment(factory: pytest.TempPathFactory, name: str, requirement: str) -> Path:
    """The interpreter of an environment with that package; skips the test if it cannot be installed."""
    with shared_place(factory, name) as place:
        python = place / "venv" / "bin" / "python"
        done = place / "done"
        if not done.exists():
            subprocess.run([sys.executable, "-m", "venv", place / "venv"], check=True)
            pip = subprocess.run([python, "-m", "pip", "install", "-q", requirement], capture_output=True, text=True)
            done.write_text((pip.stderr.splitlines() or ["no reason given"])[-1] if pip.returncode else "")
        if reason := done.read_text():
            pytest.skip(f"{requirement} cannot be installed: {reason}")
    return python
