"""The steady load of a soak: wrk in slices, at a pace that leaves the proxy room, each slice with a few clients of many.

Knows wrk's command line and its Lua. A slice's clients leave with it and come back some slices later.
"""

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import inputs
from benchmarks.load import GRACE_SECONDS
from benchmarks.programs import LOOPBACK, CannotMeasure, environment, find, on_core

from .book import COMPLETE, CUT, Book, Failure, Rows, Span
from .origin import Origin

PAGE = "/page"
CONNECTIONS = 16
PAUSE_MS = 30
"""Of a connection between two exchanges, on average."""
CLIENTS = 48
AT_ONCE = 8
USER_AGENTS = (
    inputs.USER_AGENT,
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "curl/8.14.1",
)
"""Of the kinds of browsers that differ most in how they keep cookies."""

SCRIPT = (
    inputs.LOAD_SCRIPT
    + """
-- Instead of one browser at full speed: several in turn, with pauses between.
local requests_bytes, pause_ms, turn = {}, 0, 0

function init(arguments)
  local target = arguments[1]
  pause_ms = tonumber(arguments[3])
  for place = 4, #arguments do
    local headers = {["Host"] = target:match("^http://([^/]+)"), ["User-Agent"] = arguments[place]}
    headers["Cookie"] = arguments[2]
    requests_bytes[#requests_bytes + 1] = wrk.format("GET", target, headers)
  end
end

function request()
  turn = turn % #requests_bytes + 1
  return requests_bytes[turn]
end

function delay()
  return math.random(0, 2 * pause_ms)
end
"""
)


@dataclass(frozen=True, slots=True)
class Slice:
    """What one run of wrk saw."""

    at: float
    """When it began, in seconds under load."""
    when: Span
    requests: int
    """Exchanges that came to an end."""
    failed: int
    """Of these, or beside them."""
    p50_ms: float
    p99_ms: float

    @property
    def rows(self) -> Rows:
        """What the store must have of it: whatever is on its way at the end is cut, and what failed may be anything."""
        return COMPLETE * max(0, self.requests - self.failed) + CUT * (self.failed + CONNECTIONS)


def user_agents(number: int) -> list[str]:
    """The clients of the slice with that number."""
    places = (place % CLIENTS for place in range(number * AT_ONCE, (number + 1) * AT_ONCE))
    return [f"{USER_AGENTS[place % len(USER_AGENTS)]} {place}" for place in places]


class Load:
    """One slice after the other."""

    def __init__(self, home: Path, core: int | None, proxy_port: int, origin: Origin, book: Book) -> None:
        self.slices: list[Slice] = []
        self._core = core
        self._proxy_port = proxy_port
        self._origin = origin
        self._book = book
        self._script = home / "soak.lua"
        self._script.write_text(SCRIPT)

    def put(self, at: float, seconds: int) -> None:
        """Load for so long. Raises CannotMeasure if wrk has nothing to say of it."""
        begin = time.monotonic()
        said = self._run(seconds, user_agents(len(self.slices)))
        one = Slice(
            at,
            Span(begin, time.monotonic()),
            said["requests"],
            said["failed"],
            said["p50"] / 1000,
            said["p99"] / 1000,
        )
        self.slices.append(one)
        self._book.expect(PAGE, one.rows)
        self._book.count("exchanges", max(0, one.requests - one.failed))
        if one.failed:
            self._book.fail(Failure(one.when, "load", f"of {one.requests} exchanges", one.failed))

    def _run(self, seconds: int, agents: Sequence[str]) -> dict[str, int]:
        options: tuple[str | Path, ...] = ("-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s")
        target = (f"http://{LOOPBACK}:{self._proxy_port}", "--", self._origin.url(PAGE), inputs.COOKIE, str(PAUSE_MS))
        command = on_core(self._core, [find("wrk"), *options, self._script, *target, *agents])
        timeout = seconds + GRACE_SECONDS
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=timeout, check=False)
        numbers = next((line for line in done.stdout.splitlines() if line.startswith("{")), None)
        if numbers is None:
            raise CannotMeasure(f"wrk said no numbers: {(done.stderr or done.stdout).strip()[-300:]}")
        said: dict[str, int] = json.loads(numbers)
        return said
