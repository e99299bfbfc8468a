"""Curves: requests a second while one thing grows, against where it begins; all points of a curve in turn in one run.

What grows is the rules, the jar, the number of clients, and the cookies of a request. Everything else stays what it is elsewhere.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cookieproxy.core.access import Access
from cookieproxy.core.events import JarChange, JarKind
from cookieproxy.core.hosts import site_of
from cookieproxy.core.jar import Jar
from cookieproxy.core.profiles import CHROME
from cookieproxy.core.syntax import parse_set_cookie
from cookieproxy.proxy.names import short_user_agent
from cookieproxy.record.store import open_store
from cookieproxy.record.writer import Writer
from cookieproxy.suffixes import load as load_suffixes

from . import inputs
from .measured import details, speeds
from .programs import LOOPBACK
from .proxies import Case, compare_cases
from .results import Measurement, Point
from .run import Run
from .traffic import Traffic
from .variants import DATABASE, OURS, Variant

MOST_ON_SITE = 180
"""Cookies on one site, which is where Chrome begins to evict."""
OF_EXCHANGE = 2
"""Of these, the ones that the traffic is about."""
ON_ANOTHER_SITE = 30
ELSEWHERE = "/elsewhere"
"""The path of the cookies that no request carries."""
YEAR = 31_536_000


@dataclass(frozen=True, slots=True)
class Curve:
    """What grows."""

    row: str
    axis: str
    points: tuple[int, ...]
    case: Callable[[int], Case]
    """What is measured at a point."""

    def along(self) -> list[Point]:
        """The points after the first."""
        return [Point(self.axis, at) for at in self.points[1:]]

    def text(self, point: Point) -> str:
        """What its figure says."""
        return f"requests/s with {point}, against {self.points[0]:,}"

    def measure(self, run: Run) -> Measurement:
        """Each point against the first."""
        measured = compare_cases(run.with_shorter_rounds(), [self.case(at) for at in self.points])
        first, *others = measured
        absolute = [details(str(Point(self.axis, at)), each) for at, each in zip(self.points, measured, strict=True)]
        return [speeds(each, first) for each in others], absolute


# -- what grows --------------------------------------------------------------------------------------------------------


def _rules(count: int) -> Case:
    return Case(Variant(f"ours, {count:,} rules", inputs.rules_yaml(count)))


def _jar(count: int) -> Case:
    return Case(Variant(f"ours, {count:,} cookies in the jar", OURS.rules, prepare=partial(fill, count=count)))


def _clients(count: int) -> Case:
    cookie = f"sid=5f2d3c9a81b7460e9d1c2b3a{{client:08x}}; {inputs.PREFERENCE}"
    traffic = Traffic(inputs.OWN_PAGE, cookie, clients=count)
    return Case(Variant(f"ours, {count:,} clients", OURS.rules), traffic)


def _cookies(count: int) -> Case:
    cookie = "; ".join(f"c{number}=value-{number:05}" for number in range(count))
    return Case(
        Variant(f"ours, {count:,} cookies a request", OURS.rules, records=count > 0),
        Traffic(inputs.PLAIN_PAGE, cookie),
    )


CURVES = (
    Curve("growth-rules", "rules", (20, 200, 1_000, 5_000), _rules),
    Curve("growth-jar", "cookies in the client's jar, up to 180 on the site", (2, 180, 3_000), _jar),
    Curve("growth-clients", "clients", (1, 100, 1_000), _clients),
    Curve("growth-cookies", "cookies in each request, none in the responses", (0, 2, 20, 100), _cookies),
)


# -- a jar from before -------------------------------------------------------------------------------------------------


def stored(count: int) -> Sequence[tuple[str, str]]:
    """The hosts and Set-Cookie fields that make a jar of so many, with those of the traffic: first the site's, then others'."""
    on_site = min(count, MOST_ON_SITE) - OF_EXCHANGE
    elsewhere = count - OF_EXCHANGE - on_site
    hosts = [LOOPBACK] * on_site + [f"www.site{number // ON_ANOTHER_SITE}.example" for number in range(elsewhere)]
    return [
        (host, f"c{number}=value-{number:05}; Path={ELSEWHERE}; Max-Age={YEAR}") for number, host in enumerate(hosts)
    ]


def fill(home: Path, count: int) -> None:
    """Write the store of a proxy that has seen its client being given all these cookies; the client has them when it comes."""
    now, suffixes = time.time(), load_suffixes()
    client = f"{LOOPBACK} {short_user_agent(inputs.USER_AGENT)}"
    jar = Jar(CHROME, suffixes)
    for host, field in stored(count):
        jar.receive(parse_set_cookie(field.encode()), Access("http", host, ELSEWHERE.encode(), now))
    store = open_store(f"sqlite:{DATABASE}", home)
    writer = Writer(store)
    writer.put_blocking(
        [
            JarChange(now, client, JarKind.MIRROR, None, site_of(key.domain, suffixes), key, cookie)
            for key, cookie in jar.drain_changes().items()
        ]
    )
    writer.close()
    store.close()
