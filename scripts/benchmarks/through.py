"""The rows about pages with sessions in the URL on their way through the proxy: what rewriting costs, against not rewriting.

The bare proxy passes the page through, and so does ours without the section; only the third one changes it.
"""

from . import inputs, load
from .measured import added_us, details, speeds
from .proxies import compare
from .results import Measurement
from .run import Run
from .traffic import Traffic
from .variants import BARE, COOKIELESS, OURS


def tiny_pages(run: Run) -> Measurement:
    """Pages of 1 KB without a link: what is not about links."""
    return _pages(run, "1 KB", inputs.PAGE)


def small_pages(run: Run) -> Measurement:
    """Pages of 100 KB."""
    return _pages(run, "100 KB", f"{inputs.PAGES}/{load.SMALL_PAGE}")


def large_pages(run: Run) -> Measurement:
    """Pages of 700 KB."""
    return _pages(run, "700 KB", f"{inputs.PAGES}/{load.LARGE_PAGE}")


def _pages(run: Run, size: str, page: str) -> Measurement:
    variants = (BARE, OURS, COOKIELESS)
    traffic = Traffic(page, connections=inputs.PAGE_CONNECTIONS)
    all_measured = compare(run.with_shorter_rounds(), *variants, traffic=traffic)
    bare, ours, cookieless = all_measured
    added_ms = tuple(us / 1000 for us in added_us(cookieless, ours))
    numbers = (speeds(cookieless, bare), speeds(cookieless, ours), added_ms)
    return numbers, [
        details(f"{variant.name}, pages of {size}", each) for variant, each in zip(variants, all_measured, strict=True)
    ]
