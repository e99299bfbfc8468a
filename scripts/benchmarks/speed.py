"""The rows about the speed of the proxy: which two variants are compared, and by which number."""

from collections.abc import Sequence

from . import proxies
from .proxies import Measured, Variant, compare, details
from .results import Detail, ratios
from .run import Run

type Measurement = tuple[Sequence[tuple[float, ...]], Sequence[Detail]]


def ours_against_bare(run: Run) -> Measurement:
    """Requests a second, 99th percentile and processor time."""
    bare, ours = compare(run, proxies.BARE, proxies.OURS)
    numbers = (_speeds(bare, ours), ratios(_p99(ours), _p99(bare)), ratios(_cpu(ours), _cpu(bare)))
    return numbers, _both("throughput", proxies.BARE, bare, proxies.OURS, ours)


def without_fast_dispatch(run: Run) -> Measurement:
    """Requests a second, and what all of ours costs beside what mitmproxy itself does."""
    bare, slow = compare(run, proxies.BARE, proxies.SLOW)
    added = tuple(ours - theirs for ours, theirs in zip(_cpu(slow), _cpu(bare), strict=True))
    return (_speeds(bare, slow), added), _both("slow-dispatch", proxies.BARE, bare, proxies.SLOW, slow)


def ours_against_sticky(run: Run) -> Measurement:
    """mitmproxy's own addons for the job."""
    return _only_speed(run, "sticky", proxies.STICKY, proxies.OURS)


def many_rules(run: Run) -> Measurement:
    """The length of the rules file."""
    return _only_speed(run, "many-rules", proxies.OURS, proxies.MANY)


def recording(run: Run) -> Measurement:
    """What recording costs: everything else is the same, jars are kept on disk in both."""
    return _only_speed(run, "recording", proxies.SILENT, proxies.OURS)


def following_sessions(run: Run) -> Measurement:
    """What the tracker of sessions costs, its rows in the store included."""
    untracked, ours = compare(run, proxies.UNTRACKED, proxies.OURS)
    numbers = (_speeds(untracked, ours), ratios(_cpu(ours), _cpu(untracked)))
    return numbers, _both("sessions", proxies.UNTRACKED, untracked, proxies.OURS, ours)


def in_memory(run: Run) -> Measurement:
    """What the file costs."""
    return _only_speed(run, "store-in-memory", proxies.IN_MEMORY, proxies.OURS)


def values_dropped(run: Run) -> Measurement:
    """What hashing the values costs."""
    return _only_speed(run, "values-dropped", proxies.DROPPING, proxies.OURS)


def _only_speed(run: Run, row: str, base: Variant, other: Variant) -> Measurement:
    first, second = compare(run, base, other)
    return (_speeds(first, second),), _both(row, base, first, other, second)


def _both(
    row: str, base: Variant, first: Sequence[Measured], other: Variant, second: Sequence[Measured]
) -> Sequence[Detail]:
    return details(row, base, first), details(row, other, second)


def _speeds(base: Sequence[Measured], other: Sequence[Measured]) -> tuple[float, ...]:
    return ratios([each.load.requests_per_second for each in other], [each.load.requests_per_second for each in base])


def _p99(measured: Sequence[Measured]) -> list[float]:
    return [each.load.p99_ms for each in measured]


def _cpu(measured: Sequence[Measured]) -> list[float]:
    return [each.cpu_us for each in measured]
