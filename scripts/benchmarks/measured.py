"""What proxies did under load, round by round, and the ratios of two of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .load import Load
from .results import Detail, ratios


@dataclass(frozen=True, slots=True)
class Measured:
    """What one proxy did in one round."""

    load: Load
    cpu_us: float
    """Processor time an exchange, in microseconds, all threads together; not disturbed by what else runs on the core."""

    def __str__(self) -> str:
        one = self.load
        return f"{one.requests_per_second:,.0f} requests/s, p99 {one.p99_ms:.0f} ms, {self.cpu_us:.0f} µs of processor each"


def speeds(measured: Sequence[Measured], base: Sequence[Measured]) -> tuple[float, ...]:
    """Requests a second as ratios."""
    rates = [[each.load.requests_per_second for each in one] for one in (measured, base)]
    return ratios(*rates)


def latencies(measured: Sequence[Measured], base: Sequence[Measured]) -> tuple[float, ...]:
    """99th percentiles of latency as ratios."""
    return ratios([each.load.p99_ms for each in measured], [each.load.p99_ms for each in base])


def processor_times(measured: Sequence[Measured], base: Sequence[Measured]) -> tuple[float, ...]:
    """Processor time an exchange as ratios."""
    return ratios([each.cpu_us for each in measured], [each.cpu_us for each in base])


def added_us(measured: Sequence[Measured], base: Sequence[Measured]) -> tuple[float, ...]:
    """Processor time an exchange more than the base's, in microseconds."""
    return tuple(one.cpu_us - other.cpu_us for one, other in zip(measured, base, strict=True))


def details(subject: str, measured: Sequence[Measured]) -> Detail:
    """The absolute numbers of one proxy."""
    loads = [each.load for each in measured]
    return Detail(
        subject,
        {
            "requests/s": median(each.requests_per_second for each in loads),
            "p50 ms": median(each.p50_ms for each in loads),
            "p99 ms": median(each.p99_ms for each in loads),
            "processor µs an exchange": median(each.cpu_us for each in measured),
        },
    )
