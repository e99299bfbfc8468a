"""The rows about pages with sessions in the URL on their way through the proxy: what rewriting costs, against not rewriting.

The bare proxy passes the page through, and so does ours without the section; only the third one changes it. Three proxies
take half as long a round as two do elsewhere, so that all of it takes no longer.
"""

from collections.abc import Sequence
from dataclasses import replace

from . import inputs, load, proxies
from .proxies import Measured, compare, details
from .results import Detail, ratios
from .run import Run

type Measurement = tuple[Sequence[tuple[float, ...]], Sequence[Detail]]


def tiny_pages(run: Run) -> Measurement:
    """Pages of 1 KB without a link: what is not about links."""
    return _pages(run, "page-tiny", "1 KB", "/page")


def small_pages(run: Run) -> Measurement:
    """Pages of 100 KB."""
    return _pages(run, "page-small", "100 KB", f"{inputs.PAGES}/{load.SMALL_PAGE}")


def large_pages(run: Run) -> Measurement:
    """Pages of 700 KB."""
    return _pages(run, "page-large", "700 KB", f"{inputs.PAGES}/{load.LARGE_PAGE}")


def elsewhere(run: Run) -> Measurement:
    """What a site pays that no entry is about."""
    without, with_section = compare(run, proxies.OURS, proxies.ELSEWHERE)
    numbers = (_speeds(with_section, without), ratios(_cpu(with_section), _cpu(without)))
    row = "page-elsewhere"
    return numbers, [details(row, proxies.OURS, without), details(row, proxies.ELSEWHERE, with_section)]


def _pages(run: Run, row: str, size: str, page: str) -> Measurement:
    variants = (proxies.BARE, proxies.OURS, proxies.COOKIELESS)
    run = replace(run, seconds=max(1, run.seconds // 2))
    all_measured = compare(run, *variants, page=page, connections=inputs.PAGE_CONNECTIONS)
    bare, ours, cookieless = all_measured
    added = tuple((mine - theirs) / 1000 for mine, theirs in zip(_cpu(cookieless), _cpu(ours), strict=True))
    numbers = (_speeds(cookieless, bare), _speeds(cookieless, ours), added)
    absolute = (details(row, variant, each) for variant, each in zip(variants, all_measured, strict=True))
    return numbers, [replace(each, subject=f"{each.subject}, pages of {size}") for each in absolute]


def _speeds(measured: Sequence[Measured], base: Sequence[Measured]) -> tuple[float, ...]:
    return ratios(
        [each.load.requests_per_second for each in measured], [each.load.requests_per_second for each in base]
    )


def _cpu(measured: Sequence[Measured]) -> list[float]:
    return [each.cpu_us for each in measured]
