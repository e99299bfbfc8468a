"""The steady load of a soak: wrk in slices, at a pace that leaves the proxy room, each slice with a few clients of many.

Knows wrk's command line and its Lua. A slice's clients leave with it and come back some slices later. A slice ends with nothing
under way, so that what it sent is known to the last request.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import inputs
from benchmarks.load import output_of
from benchmarks.programs import LOOPBACK, CannotMeasure, find

from .book import COMPLETE, CUT, Book, Failure, Rows, Span
from .counting import Counts
from .origin import Origin

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
-- Not at full speed, but with pauses, and with none that waits for its answer at the end; how many were sent is told, too.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s, us; } moment; int gettimeofday(moment *, void *);")
local moment, threads, pause_ms, last = ffi.new("moment"), {}, 0, 0
local read, ask, tell = init, request, done
sent = -1  -- one is made only to be looked at

local function now()
  ffi.C.gettimeofday(moment, nil)
  return tonumber(moment.s) + tonumber(moment.us) / 1e6
end

function setup(thread)
  threads[#threads + 1] = thread
end

function init(arguments)
  read(arguments)
  pause_ms, last = tonumber(arguments[2]), now() + tonumber(arguments[3])
end

function request()
  sent = sent + 1
  return ask()
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
    waited: float = 0.0
    """For a processor, by the proxy's threads together: a share of the time."""
    rss_bytes: int = 0
    """The proxy's memory when it ended."""

    @property
    def rows(self) -> Rows:
        """What the store must have of it: of what failed, or was on its way at the end, it may have anything."""
        completed = max(0, self.requests - self.failed)
        return COMPLETE * completed + CUT * (self.sent - completed)


def clients(number: int) -> list[int]:
    """The clients of the slice with that number."""
    return [place % CLIENTS for place in range(number * AT_ONCE, (number + 1) * AT_ONCE)]


def request_of(client: int, url: str) -> bytes:
    """What a client asks for, with a session of its own."""
    cookie = f"sid=5f2d3c9a81b7460e9d1c2b3a{client:08x}; {inputs.PREFERENCE}"
    agent = f"{USER_AGENTS[client % len(USER_AGENTS)]} {client}"
    host = url.split("/")[2]
    return f"GET {url} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nCookie: {cookie}\r\n\r\n".encode()


class Load:
    """One slice after the other."""

    def __init__(
        self, home: Path, core: int | None, proxy_port: int, origin: Origin, book: Book, counts: Counts
    ) -> None:
        self.slices: list[Slice] = []
        self._core = core
        self._proxy_port = proxy_port
        self._url = origin.url(inputs.OWN_PAGE)
        self._book = book
        self._counts = counts
        self._script, self._requests = home / "soak.lua", home / "requests"
        self._script.write_text(SCRIPT)

    def put(self, at: float, seconds: int) -> None:
        """Load for so long. Raises CannotMeasure if wrk has nothing to say of it."""
        requests = [request_of(client, self._url) for client in clients(len(self.slices))]
        self._requests.write_bytes(b"\0".join(requests))
        before, begin = self._counts.latest(), time.monotonic()
        said = self._run(seconds)
        when, after = Span(begin, time.monotonic()), self._counts.latest()
        times_ms = (said["p50"] / 1000, said["p99"] / 1000)
        proxy = (after.waited_since(before), after.rss_bytes)
        one = Slice(at, when, said["requests"], said["failed"], said["sent"], *times_ms, *proxy)
        self.slices.append(one)
        self._book.expect(inputs.OWN_PAGE, one.rows)
        self._book.count("exchanges", max(0, one.requests - one.failed))
        if one.failed:
            self._book.fail(Failure(when, "load", f"of {one.requests} exchanges", one.failed))

    def _run(self, seconds: int) -> dict[str, int]:
        options = ("-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", self._script)
        pace = (str(PAUSE_MS), str(seconds - DRAIN_SECONDS))
        command: list[str | Path] = [
            find("wrk"),
            *options,
            f"http://{LOOPBACK}:{self._proxy_port}",
            "--",
            self._requests,
            *pace,
        ]
        said, errors = output_of(self._core, command, seconds)
        numbers = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        if not numbers:
            raise CannotMeasure(f"wrk said no numbers: {(errors or said).strip()[-300:]}")
        return {name: number for each in numbers for name, number in each.items()}
