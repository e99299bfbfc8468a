"""Memory: what a stored cookie takes beside its own bytes, and whether the proxy grows with the exchanges it has seen."""

import tracemalloc
from collections.abc import Sequence

from cookieproxy.core.access import Access
from cookieproxy.core.jar import Jar
from cookieproxy.core.profiles import CHROME
from cookieproxy.core.syntax import parse_set_cookie
from cookieproxy.suffixes import load as load_suffixes

from . import load, proxies
from .results import Detail
from .run import Run

SITES = 100
A_SITE = 30
NOW = 1_700_000_000.0
SHARE_BEFORE = 5
"""The memory after a fifth of the exchanges is what it is compared with: caches are full by then."""
SLICE_SECONDS = 5


def of_cookies(run: Run) -> tuple[Sequence[tuple[float, ...]], Sequence[Detail]]:
    """Bytes a cookie, as Python's allocator counts them, without those of its own strings."""
    said = [
        (f"www.site{site}.example", f"c{number}={site:04}{number:020}; Path=/; Max-Age=86400; Secure".encode())
        for site in range(SITES)
        for number in range(A_SITE)
    ]
    _fill(said)
    numbers = []
    for number in range(run.rounds):
        tracemalloc.start()
        jar = _fill(said)
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        own = sum(cookie.size_bytes for cookie in jar)
        numbers.append((used - own) / len(jar))
        run.tell(f"{number + 1}/{run.rounds} memory: {numbers[-1]:.0f} B a cookie")
    return [tuple(numbers)], []


def _fill(said: Sequence[tuple[str, bytes]]) -> Jar:
    jar = Jar(CHROME, load_suffixes())
    for host, field in said:
        jar.receive(parse_set_cookie(field), Access("https", host, b"/", NOW))
    jar.drain_changes()
    return jar


def of_exchanges(run: Run) -> tuple[Sequence[tuple[float, ...]], Sequence[Detail]]:
    """The proxy's memory at the end, as many times as after a fifth; once, because it takes long."""
    with (
        run.place() as home,
        load.origin(home / "origin", run.load_core) as url,
        proxies.proxy(proxies.OURS, home / "proxy", run.proxy_core) as program,
    ):
        done, early = 0, 0
        while done < run.exchanges:
            done += load.run_wrk(home, run.load_core, program.port, url, min(run.seconds, SLICE_SECONDS)).requests
            if not early and done * SHARE_BEFORE >= run.exchanges:
                early = program.rss_bytes()
            run.tell(f"{done:,} of {run.exchanges:,} exchanges: {program.rss_bytes() / 1e6:.1f} MB")
        late = program.rss_bytes()
    return [(late / early,)], [Detail("exchange-memory", f"ours after {done:,} exchanges", {"MB": late / 1e6})]
