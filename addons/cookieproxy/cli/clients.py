"""`scripts/cookies clients`: who was seen."""

from dataclasses import asdict

from ..record.listings import ClientRow
from ..report.text import moment
from .arguments import Arguments
from .output import remark, write_json
from .stores import nothing, opened, wanted
from .tables import Cell, Column, Table, show

COLUMNS = (
    Column("client"),
    Column("profile", wraps=False),
    Column("first seen", wraps=False),
    Column("last seen", wraps=False),
    Column("user agent"),
)


def run(arguments: Arguments) -> int:
    """List the clients, the last seen last."""
    with opened(arguments) as reader:
        rows = reader.questions.clients(wanted(arguments))
    if arguments.json:
        write_json(map(asdict, rows))
    elif rows:
        show(Table(COLUMNS, [_cells(row, arguments.now) for row in rows]))
    else:
        remark(nothing(arguments, "clients"))
    return 0


def _cells(row: ClientRow, now: float) -> tuple[Cell, ...]:
    return (
        Cell(row.client, "bold"),
        Cell(row.profile),
        Cell(moment(row.first_seen, now)),
        Cell(moment(row.last_seen, now)),
        Cell(row.user_agent, "dim"),
    )
