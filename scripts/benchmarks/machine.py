"""What machine and which programs the numbers come from: nothing that names the machine or its user."""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .programs import PLACES

ANSWER_SECONDS = 20
SHOWN_VERSION: Mapping[str, Sequence[str]] = {
    "nginx": ("-v",),
    "wrk": ("-v",),
    "h2load": ("--version",),
    "node": ("--version",),
}
"""How each program is asked for its version; wrk answers with its help, and exit code 1."""
_NUMBER = re.compile(r"\d+(?:\.\d+)+")


def machine() -> dict[str, Any]:
    """Processor, system and versions; null for a program that is not there."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": platform.python_version(),
        "mitmproxy": version("mitmproxy"),
        "sqlite": sqlite3.sqlite_version,
        **{program: _version_of(program) for program in SHOWN_VERSION},
        "load_average": os.getloadavg()[0],
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _version_of(program: str) -> str | None:
    path = shutil.which(program, path=PLACES)
    if path is None:
        return None
    try:
        done = subprocess.run(
            [path, *SHOWN_VERSION[program]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _NUMBER.search(done.stdout + done.stderr)
    return None if found is None else found[0]
