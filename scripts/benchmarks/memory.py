"""Memory: what a stored cookie takes beside its own bytes, and whether the proxy grows with the exchanges it has seen.

Cookies are counted by Python's allocator; the proxy's memory is what Linux says.
"""

import contextlib
import tracemalloc
from collections.abc import Callable, Iterable, Iterator

from cookieproxy.core.access import Access
from cookieproxy.core.jar import Jar
from cookieproxy.core.profiles import CHROME
from cookieproxy.core.syntax import parse_set_cookie
from cookieproxy.suffixes import load as load_suffixes

from . import load
from .answering import wait_for_answer
from .programs import CannotMeasure
from .proxies import proxy
from .results import Detail, Measurement
from .run import Run
from .traffic import Traffic
from .variants import OURS

SITES = 100
A_SITE = 30
NOW = 1_700_000_000.0
DAY = 86_400.0
FULL = CHROME.counts.total or 0
"""Cookies that Chrome's jar holds at most."""
SHARE_BEFORE = 5
"""The memory after a fifth of the exchanges is what it is compared with: caches are full by then."""
SLICE_SECONDS = 5

type Said = tuple[Access, bytes]


# -- cookies -----------------------------------------------------------------------------------------------------------


def of_cookies(run: Run) -> Measurement:
    """Bytes a cookie, without those of its own strings."""
    said = list(said_by(SITES))
    _fill(Jar(CHROME, load_suffixes()), said)
    numbers = []
    for number in range(run.rounds):
        with traced() as used:
            jar = Jar(CHROME, load_suffixes())
            _fill(jar, said)
            numbers.append(_beside_its_own(jar, used()))
        run.tell(f"{number + 1}/{run.rounds} memory: {numbers[-1]:.0f} B a cookie")
    return [tuple(numbers)], []


def of_full_jar(run: Run) -> Measurement:
    """Bytes a cookie when the jar is as full as can be, and when as many more have come; once, it is the same each time."""
    at_limit, beyond = list(said_by(FULL // A_SITE)), list(said_by(FULL // A_SITE, since=FULL // A_SITE))
    with traced() as used:
        jar = Jar(CHROME, load_suffixes())
        _fill(jar, at_limit)
        full, held = _beside_its_own(jar, used()), len(jar)
        _fill(jar, beyond)
        after = _beside_its_own(jar, used())
    if held != FULL or not len(jar) < FULL:
        raise CannotMeasure(f"the jar holds {held:,} cookies, and {len(jar):,} after as many more")
    run.tell(f"full jar: {full:.0f} B a cookie, {after:.0f} after as many more")
    names = ("at its limit", "after as many more")
    counts = {f"cookies {name}": float(count) for name, count in zip(names, (held, len(jar)), strict=True)}
    return [(full,), (after,)], [Detail("a jar of Chrome", counts)]


def said_by(sites: int, since: int = 0) -> Iterator[Said]:
    """What fills a jar: so many sites, a day each, so that those that were first are those that nobody used for long."""
    for site in range(since, since + sites):
        access = Access("https", f"www.site{site}.example", b"/", NOW + site * DAY)
        for number in range(A_SITE):
            yield access, f"c{number}={site:04}{number:020}; Path=/; Max-Age=31536000; Secure".encode()


def _fill(jar: Jar, said: Iterable[Said]) -> None:
    for access, field in said:
        jar.receive(parse_set_cookie(field), access)
    jar.drain_changes()


def _beside_its_own(jar: Jar, used: int) -> float:
    return (used - jar.size_bytes) / len(jar)


@contextlib.contextmanager
def traced() -> Iterator[Callable[[], int]]:
    """Counts what is allocated from now on; yields what says how many bytes of that are in use."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


# -- exchanges ---------------------------------------------------------------------------------------------------------


def of_exchanges(run: Run) -> Measurement:
    """The proxy's memory at the end, as many times as after a fifth; once, because it takes long."""
    with (
        run.place() as home,
        load.origin(home / "origin", run.load_core) as url,
        proxy(OURS, home / "proxy", run.proxy_core) as program,
    ):
        wait_for_answer(program.port, Traffic().requests(url, program.port)[0])
        done, early = 0, 0
        while done < run.exchanges:
            done += load.run_wrk(home, run.load_core, program.port, url, min(run.seconds, SLICE_SECONDS)).requests
            if not early and done * SHARE_BEFORE >= run.exchanges:
                early = program.rss_bytes()
            run.tell(f"{done:,} of {run.exchanges:,} exchanges: {program.rss_bytes() / 1e6:.1f} MB")
        late = program.rss_bytes()
    return [(late / early,)], [Detail(f"ours after {done:,} exchanges", {"MB": late / 1e6})]
