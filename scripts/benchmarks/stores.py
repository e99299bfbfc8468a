"""How many observations a second the writer puts into a SQLite file.

The observations are those of the benchmarks' traffic with its rules, in batches as the proxy hands them over; the clock runs from
the first until all are in the file.
"""

import time
from itertools import batched, chain
from statistics import median

from cookieproxy.core.events import Observation
from cookieproxy.record.rows import Rows
from cookieproxy.record.sqlite import SqliteStore
from cookieproxy.record.store import open_store
from cookieproxy.record.values import ValuePolicy
from cookieproxy.record.writer import Writer

from . import exchanges
from .programs import CannotMeasure
from .results import Detail, Measurement
from .run import Run

EXCHANGES = 8_000
BATCH = 2_000
REPEATS = 5
FLUSH_SECONDS = 120


def writing(run: Run) -> Measurement:
    """Observations a second, a round each with a new store."""
    seen = chain.from_iterable(exchanges.observations(run.times(EXCHANGES)))
    batches = [list(batch) for batch in batched(seen, BATCH)]
    speeds, cpu = [], []
    for number in range(run.rounds):
        before = time.process_time()
        speeds.append(_write(run, batches))
        cpu.append((time.process_time() - before) * 1e6 / REPEATS / sum(map(len, batches)))
        run.tell(f"{number + 1}/{run.rounds} store: {speeds[-1]:,.0f} observations/s")
    inserted = tuple(_inserting(run, batches) for _ in range(run.rounds))
    return [tuple(speeds), inserted], [Detail("writing", {"processor µs an observation": median(cpu)})]


def _write(run: Run, batches: list[list[Observation]]) -> float:
    with run.place() as home:
        store = open_store("sqlite:bench.db", home)
        writer = Writer(store)
        begin = time.perf_counter()
        for _ in range(REPEATS):
            for batch in batches:
                writer.put_blocking(batch)
        written = writer.flush(FLUSH_SECONDS)
        seconds = time.perf_counter() - begin
        number = writer.written
        writer.close()
        store.close()
    if not written or number != REPEATS * sum(map(len, batches)):
        raise CannotMeasure(f"only {number:,} observations were written")
    return number / seconds


def _inserting(run: Run, batches: list[list[Observation]]) -> float:
    """What SQLite alone takes: the same rows, made while the clock stands."""
    seconds = 0.0
    with run.place() as home:
        store = SqliteStore.in_file(home / "bench.db")
        for batch in chain.from_iterable([batches] * REPEATS):
            seconds += _insert(store, batch)
        store.close()
    return REPEATS * sum(map(len, batches)) / seconds


def _insert(store: SqliteStore, batch: list[Observation]) -> float:
    # What is measured is a part of `write`, which nobody else needs by itself.
    with store._writing.writing() as connection:
        rows = Rows(store._words, store.masker(ValuePolicy.HASH), store._next_seq)
        rows.add(batch)
        begin = time.perf_counter()
        store._insert(connection, rows)
    store._next_seq = rows.next_seq
    return time.perf_counter() - begin
