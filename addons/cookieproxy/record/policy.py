"""What is recorded and for how long: the section `record:` of rules.yaml as values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ..core.events import ClientSeen, JarChange, Observation, SessionChange
from .values import ValuePolicy


@dataclass(frozen=True, slots=True)
class RecordPolicy:
    """How much of what was seen is kept. Jars always are, with their values, and so are cookieless sessions."""

    values: ValuePolicy = ValuePolicy.HASH
    keep_seconds: float | None = 30 * 86_400
    """None keeps for ever."""
    max_bytes: int | None = 1_000_000_000
    """Of the store's file; None is without limit."""
    except_hosts: tuple[str, ...] = ()
    """Globs (`*` and `?`) over hosts and sites of which nothing is recorded."""


class Exceptions:
    """Leaves out what is about hosts that are not to be recorded."""

    def __init__(self, globs: Iterable[str]) -> None:
        globs = tuple(globs)
        self._pattern = re.compile("|".join(map(_regex, globs)), re.DOTALL | re.IGNORECASE) if globs else None
        self._excepts = lru_cache(4096)(self._matches)

    def without(self, observations: list[Observation]) -> list[Observation]:
        """The observations that may be recorded.

        Jars, cookieless sessions and clients always may: without them the proxy could not go on. Sessions of applications
        and findings are observations like others.
        """
        if self._pattern is None:
            return observations
        return [seen for seen in observations if self._may_be_kept(seen)]

    def _may_be_kept(self, seen: Observation) -> bool:
        return isinstance(seen, ClientSeen | JarChange | SessionChange) or not self._excepts(seen.host, seen.site)

    def _matches(self, host: str, site: str) -> bool:
        pattern = self._pattern
        return pattern is not None and (pattern.fullmatch(host) or pattern.fullmatch(site)) is not None


def _regex(glob: str) -> str:
    return "".join(
        ".*" if piece == "*" else "." if piece == "?" else re.escape(piece) for piece in re.split(r"([*?])", glob)
    )
