"""What a store costs that several processes share: PostgreSQL on loopback against SQLite in a file, one process each.

An exchange that changes a held jar passes when that is in the store, if others may want the client: so its latency is told, too,
of one exchange after the other, and of many at once, which share transactions. The database has the core of load and origin.
"""

from collections.abc import Sequence
from dataclasses import replace

from . import inputs
from .databases import database
from .measured import Measured, details, processor_times, speeds
from .proxies import compare
from .results import Measurement
from .run import Run
from .traffic import Traffic
from .variants import OURS, Variant

HOLDING = Variant("ours, holding sid", f"{inputs.EMPTY}rules: [{{name: held, match: {{cookie: sid}}, hold: true}}]\n")
PREFERENCE_ALONE = Traffic(cookie=inputs.PREFERENCE)
"""What a browser sends that does not know of the other."""


def against_sqlite(run: Run) -> Measurement:
    """Requests a second and processor time, as ratios. Raises CannotMeasure."""
    with database(run.load_core) as (store, _):
        there = _in(store, OURS, 0)
        here, elsewhere = compare(run, OURS, there)
    return [speeds(elsewhere, here), processor_times(elsewhere, here)], [
        details(OURS.name, here),
        details(there.name, elsewhere),
    ]


def write_through(run: Run) -> Measurement:
    """Milliseconds that are added. Raises CannotMeasure."""
    numbers, told = [], []
    with database(run.load_core) as (store, _):
        for schema, connections in enumerate((1, inputs.CONNECTIONS), 1):
            traffic = replace(PREFERENCE_ALONE, connections=connections)
            there = _in(store, HOLDING, schema)
            here, elsewhere = compare(run, HOLDING, there, traffic=traffic)
            numbers.append(_added_ms(elsewhere, here))
            told += [
                details(f"{variant.name}, {connections} at a time", measured)
                for variant, measured in ((HOLDING, here), (there, elsewhere))
            ]
    return numbers, told


def _in(store: str, variant: Variant, schema: int) -> Variant:
    """The same in a store of its own there; what was recorded is not looked for."""
    return replace(variant, name=f"{variant.name}, PostgreSQL", store=f"{store}?schema=bench_{schema}", records=False)


def _added_ms(measured: Sequence[Measured], base: Sequence[Measured]) -> tuple[float, ...]:
    return tuple(one.load.p99_ms - other.load.p99_ms for one, other in zip(measured, base, strict=True))
