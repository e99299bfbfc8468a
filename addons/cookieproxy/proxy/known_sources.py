"""Tells whether functions of mitmproxy that we stand in for, or build on, are the ones we know."""

import hashlib
import inspect
import operator
from collections.abc import Iterable
from typing import Any

from mitmproxy.version import VERSION

KNOWN_VERSION = "12.2.3"
"""Whose sources we know; a later one will do if it is the same in these."""


def objection(what: str, parts: Iterable[tuple[Any, str]], known: str) -> str | None:
    """A sentence that says that mitmproxy does `what` in another way than we know; None if it does not.

    `parts` are dotted names within modules or classes, and `known` their `digest`.
    """
    if digest(parts) == known:
        return None
    return f"mitmproxy {VERSION} {what} in another way than {KNOWN_VERSION} does, so cookies_fast leaves that as it is."


def digest(parts: Iterable[tuple[Any, str]]) -> str | None:
    """The SHA-256 of the sources of all these; None if some of them are missing or have no source."""
    try:
        sources = [inspect.getsource(operator.attrgetter(name)(owner)) for owner, name in parts]
    except (AttributeError, OSError, TypeError):
        return None
    return hashlib.sha256("".join(sources).encode()).hexdigest()
