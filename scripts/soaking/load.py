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
DRAIN_SECONDS = 0.5
"""At the end of a slice, in which nothing new is asked for, so that what is on its way can come."""
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
-- Instead of one browser at full speed: several in turn, with pauses between, and none that waits for its answer at the end.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s, us; } moment; int gettimeofday(moment *, void *);")
local moment, requests_bytes, pause_ms, turn, last = ffi.new("moment"), {}, 0, 0, 0
local threads, tell = {}, done
sent = -1  -- one is made only to be looked at

local function now()
  ffi.C.gettimeofday(moment, nil)
  return tonumber(moment.s) + tonumber(moment.us) / 1e6
end

function setup(thread)
  threads[#threads + 1] = thread
end

function init(arguments)
  local target = arguments[1]
  pause_ms, last = tonumber(arguments[3]), now() + tonumber(arguments[4])
  for place = 5, #arguments do
    local headers = {["Host"] = target:match("^http://([^/]+)"), ["User-Agent"] = arguments[place]}
    headers["Cookie"] = arguments[2]
    requests_bytes[#requests_bytes + 1] = wrk.format("GET", target, headers)
  end
end

function request()
  sent, turn = sent + 1, turn % #requests_bytes + 1
  return requests_bytes[turn]
end

function delay()
  return now() < last and math.random(0, 2 * pause_ms) or 1e9
end

function done(...)
  tell(...)
  io.write(string.format('{"sent": %d}\\n', threads[1]:get("sent")))
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
    sent: int
    """Requests, whatever became of them."""
    p50_ms: float
    p99_ms: float

    @property
    def rows(self) -> Rows:
        """What the store must have of it: of what failed, or was on its way at the end, it may have anything."""
        completed = max(0, self.requests - self.failed)
        return COMPLETE * completed + CUT * (self.sent - completed)


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
            said["sent"],
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
        target = (f"http://{LOOPBACK}:{self._proxy_port}", "--", self._origin.url(PAGE), inputs.COOKIE)
        pace = (str(PAUSE_MS), str(seconds - DRAIN_SECONDS))
        command = on_core(self._core, [find("wrk"), *options, self._script, *target, *pace, *agents])
        timeout = seconds + GRACE_SECONDS
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=timeout, check=False)
        numbers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if not numbers:
            raise CannotMeasure(f"wrk said no numbers: {(done.stderr or done.stdout).strip()[-300:]}")
        return {name: number for each in numbers for name, number in each.items()}
