"""A rules file as a command is given it: which one, its octets, and what messages call it."""

import os
import sys
from pathlib import Path

from .arguments import BASE
from .output import Refused

STDIN = "-"
MAX_BYTES = 2 * 1024 * 1024
"""More is not read: whoever checks the file refuses it long before."""


def default_rules() -> Path:
    """rules.yaml beside addons/."""
    return BASE / "rules.yaml"


def read_rules(said: str | None) -> tuple[bytes, str]:
    """The octets of the file the user named, or of the default one, and its name in messages. Raises Refused."""
    if said == STDIN:
        return sys.stdin.buffer.read(MAX_BYTES), "stdin"
    name = _near(default_rules()) if said is None else said
    try:
        with open(name, "rb") as file:
            return file.read(MAX_BYTES), name
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        cause = error.strerror if isinstance(error, OSError) else error
        raise Refused(f"{name}: {cause}. Name a rules file: scripts/cookies check FILE") from error


def _near(path: Path) -> str:
    """Seen from the user's directory if it lies below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
