"""One proxy under load held against another: ours against the bare one, or against ours without something."""

from collections.abc import Callable, Sequence

from .measured import Measured, details, speeds
from .proxies import compare
from .results import Measurement
from .run import Run
from .traffic import Traffic
from .variants import Variant

type Told = Callable[[Sequence[Measured], Sequence[Measured]], tuple[float, ...]]
"""What is told of a proxy's rounds beside those of its base."""


def against(
    base: Variant, other: Variant, *told: Told, traffic: Traffic | None = None, is_brief: bool = False
) -> Callable[[Run], Measurement]:
    """What measures one proxy against its base: requests a second, unless other things are to be told.

    Rounds are half as long if it `is_brief`, for what no goal depends on.
    """

    def measure(run: Run) -> Measurement:
        first, second = compare(run.with_shorter_rounds() if is_brief else run, base, other, traffic=traffic)
        return [tell(second, first) for tell in told or (speeds,)], [
            details(base.name, first),
            details(other.name, second),
        ]

    return measure
