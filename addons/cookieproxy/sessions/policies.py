"""When a server should end a session: PHP's way, ASP.NET's, and numbers of one's own (R25).

Pure: seconds in, seconds out. What really happened is `endings`' business; the log puts both side by side.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple


class Timeouts(NamedTuple):
    """How long a server keeps a session."""

    said: str
    """In the words of rules.yaml."""
    idle: float | None = None
    """Seconds without a request."""
    absolute: float | None = None
    """Seconds from its start."""
    chance: float = 1.0
    """Of being collected, at each request to the server once it may be."""

    def expected_end(self, started: float, last_used: float) -> float | None:
        """Unix seconds at which it should end if it is not used again; with a `chance` below 1, the earliest."""
        ends = [
            start + length for start, length in ((last_used, self.idle), (started, self.absolute)) if length is not None
        ]
        return min(ends, default=None)


PHP = Timeouts("php", idle=1_440.0, chance=0.01)
"""`session.gc_maxlifetime` of 1440 seconds, collected by 1 request in 100 (`gc_probability`, `gc_divisor`)."""
ASPNET = Timeouts("aspnet", idle=1_200.0)
"""Twenty minutes, which each request begins anew."""
_WILD = re.compile(r"[*?]")
BY_NAME: Mapping[str, Timeouts] = {each.said: each for each in (PHP, ASPNET)}


class Policies:
    """Which policy holds for which host: the entry for the host itself, else for the nearest domain above it, else a glob's."""

    def __init__(self, by_host: Mapping[str, Timeouts]) -> None:
        said = {host.lower().removeprefix("."): timeouts for host, timeouts in by_host.items()}
        self._by_host = {host: timeouts for host, timeouts in said.items() if not _WILD.search(host)}
        self._by_glob = [
            (re.compile(".*".join(map(_one_part, host.split("*")))), timeouts)
            for host, timeouts in said.items()
            if _WILD.search(host)
        ]

    def of(self, host: str) -> Timeouts | None:
        """The policy for a host; None if there is none."""
        domain = host
        while self._by_host:
            if domain in self._by_host:
                return self._by_host[domain]
            _, dot, domain = domain.partition(".")
            if not dot:
                break
        return next((timeouts for glob, timeouts in self._by_glob if glob.fullmatch(host)), None)


def _one_part(text: str) -> str:
    return ".".join(map(re.escape, text.split("?")))
