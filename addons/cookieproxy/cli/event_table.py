"""Events as rows of a table: time, client, host, cookie, what happened, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ..core.events import EventKind
from ..core.outcome import RemovalCause
from ..record.listings import EventRow
from ..report.text import length_only, moment, printable
from .arguments import Arguments
from .tables import Cell, Column, Table

COLUMNS = (
    Column("time", wraps=False),
    Column("client"),
    Column("host"),
    Column("cookie"),
    Column("event", wraps=False),
    Column("why"),
)
FOLLOWED_WIDTHS = (8, 27, 22, 16, 11, None)
"""Characters of each column where later rows are not known yet."""
FOLLOWED_COLUMNS = tuple(column._replace(width=width) for column, width in zip(COLUMNS, FOLLOWED_WIDTHS, strict=True))
ABOVE = frozenset((1, 2))
"""Places of client and host, which on a terminal go into a line above, to leave room for the reasons."""
WIDEST_COOKIE = 24
"""Characters of a cookie's name on a terminal; longer ones take several lines."""
STYLES = {
    EventKind.STORED: "green",
    EventKind.REPLACED: "green",
    EventKind.REMOVED: "yellow",
    EventKind.IGNORED: "red",
    EventKind.MISSING: "red",
    EventKind.WITHHELD: "red",
    EventKind.UNEXPECTED: "magenta",
    EventKind.CHANGED: "cyan",
    EventKind.COOKIELESS: "cyan",
    EventKind.HEADER_SIZE: "yellow",
    EventKind.CLOCK_SKEW: "yellow",
    EventKind.SENT: "dim",
}
OBSERVED = "observed"
"""The reason of what a rule would have changed."""
EVICTIONS = frozenset(cause.value for cause in RemovalCause if cause.is_eviction)


type Whose = tuple[str, str]


@dataclass(slots=True)
class Run:
    """An event, and how often it came again with nothing else happening to its cookie."""

    row: EventRow
    times: int = 1
    last_time: float = 0.0


def flat(rows: Sequence[EventRow], arguments: Arguments, columns: Sequence[Column] = COLUMNS) -> Table:
    """The events, those alike in one row: a line each, for pipes."""
    return Table(columns, [_cells(run, arguments.now, arguments.values) for run in collapsed(rows)])


def grouped(
    rows: Sequence[EventRow], arguments: Arguments, said: Whose | None = None, least: Sequence[int | None] = ()
) -> Iterator[Table]:
    """The same for terminals: client and host in a line above, whenever they are others than the ones just `said`.

    `least` are the widths that the columns have at least, to be in line with tables that stand there already.
    """
    runs = collapsed(rows)
    cells = {id(run): _cells(run, arguments.now, arguments.values) for run in runs}
    columns = _columns(list(cells.values()), least)
    for whose, group in groupby(runs, lambda run: whose_event(run.row)):
        narrow = [_narrowed(cells[id(run)]) for run in group]
        yield Table(columns, narrow, [] if whose == said else [" at ".join(whose)], has_header=False)


def header(rows: Sequence[EventRow], arguments: Arguments, least: Sequence[int | None] = ()) -> Table:
    """The header of what `grouped` makes of the same."""
    cells = [_cells(run, arguments.now, arguments.values) for run in collapsed(rows)]
    return Table(_columns(cells, least))


def whose_event(row: EventRow) -> Whose:
    """The client and the host."""
    return row.client, row.host


def _columns(cells: Sequence[Sequence[Cell]], least: Sequence[int | None]) -> list[Column]:
    """Those that are not above, with widths in which everything fits; the last has the rest."""
    columns = []
    for place, column in enumerate(COLUMNS[:-1]):
        widest = max([len(column.title), *(len(printable(row[place].text)) for row in cells)])
        widest = max(widest, (least[place] if least else None) or 0)
        columns.append(column._replace(width=min(widest, WIDEST_COOKIE)))
    return _narrowed([*columns, COLUMNS[-1]])


def _narrowed[T](places: Sequence[T]) -> list[T]:
    return [each for place, each in enumerate(places) if place not in ABOVE]


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
