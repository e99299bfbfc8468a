"""Events as rows of a table: time, client, host, cookie, what happened, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.events import EventKind
from ..core.outcome import RemovalCause
from ..record.listings import EventRow
from .arguments import Arguments
from .tables import Cell, Column, Table
from .text import length_only, moment

COLUMNS = (
    Column("time", wraps=False),
    Column("client"),
    Column("host"),
    Column("cookie"),
    Column("event", wraps=False),
    Column("why"),
)
FOLLOWED_COLUMNS = tuple(
    column._replace(width=width) for column, width in zip(COLUMNS, (None, 27, 22, 16, 11, None), strict=True)
)
"""With the same widths in every batch; times of one day are alike."""
STYLES = {
    EventKind.STORED: "green",
    EventKind.REPLACED: "green",
    EventKind.REMOVED: "yellow",
    EventKind.IGNORED: "red",
    EventKind.MISSING: "red",
    EventKind.WITHHELD: "red",
    EventKind.UNEXPECTED: "magenta",
    EventKind.CHANGED: "cyan",
    EventKind.HEADER_SIZE: "yellow",
    EventKind.CLOCK_SKEW: "yellow",
    EventKind.SENT: "dim",
}
OBSERVED = "observed"
"""The reason of what a rule would have changed."""
EVICTIONS = frozenset(cause.value for cause in RemovalCause if cause.is_eviction)


@dataclass(slots=True)
class Run:
    """An event, and how often it came again with nothing else happening to its cookie."""

    row: EventRow
    times: int = 1
    last_time: float = 0.0


def table_of(rows: Sequence[EventRow], arguments: Arguments, following: bool = False, has_header: bool = True) -> Table:
    """The events, those alike in one row."""
    cells = [_cells(run, arguments.now, arguments.values) for run in collapsed(rows)]
    return Table(FOLLOWED_COLUMNS if following else COLUMNS, cells, has_header=has_header)


def collapsed(rows: Sequence[EventRow]) -> list[Run]:
    """One run for `sent` events of one cookie that follow on each other."""
    runs: list[Run] = []
    latest: dict[tuple[str, str, str | None], Run] = {}
    for row in rows:
        whose = row.client, row.host, row.cookie
        run = latest.get(whose)
        if run is not None and row.event == EventKind.SENT and _alike(run.row, row):
            run.times += 1
            run.last_time = row.time
            continue
        latest[whose] = Run(row)
        runs.append(latest[whose])
    return runs


def _alike(one: EventRow, other: EventRow) -> bool:
    return (one.event, one.reason, one.after) == (other.event, other.reason, other.after)


def _cells(run: Run, now: float, values: bool) -> tuple[Cell, ...]:
    row = run.row
    style = STYLES.get(EventKind(row.event), "")
    event = f"{row.event} ×{run.times}" if run.times > 1 else row.event
    return (
        Cell(moment(row.time, now)),
        Cell(row.client, "dim"),
        Cell(row.host),
        Cell("" if row.cookie is None else row.cookie or "(nameless)", "bold"),
        Cell(event, style),
        Cell(f"until {moment(run.last_time, now)}" if run.times > 1 else why(row, values)),
    )


def why(row: EventRow, values: bool) -> str:
    """The reason with its sentence; what a rule changed; whom a removed cookie made room for."""
    if row.rule is not None:
        return f"{_rule(row)}: {_change(row, values)}"
    parts = [f"{row.reason}: {row.sentence}" if row.reason and row.sentence else row.reason or row.sentence or ""]
    if row.by is not None and row.reason in EVICTIONS:
        parts.append(f"It made room for {row.by}.")
    if values and row.event in (EventKind.REPLACED, EventKind.STORED):
        parts.append(_change(row, values))
    return " ".join(part for part in parts if part)


def _rule(row: EventRow) -> str:
    if row.reason == OBSERVED:
        return f'rule "{row.rule}" would change it (mode: observe)'
    return f'{row.reason} by rule "{row.rule}"'


def _change(row: EventRow, values: bool) -> str:
    before, after = ("nothing" if said is None else said for said in (row.before, row.after))
    change = f"{before} → {after}"
    return change if values else length_only(change)
