"""`scripts/cookies events`: what happened to cookies, by time, and why."""

from collections.abc import Sequence

from ..record.listings import EventRow
from ..report.listed import event_fields
from .arguments import TABLE_EVENTS, Arguments
from .event_rows import asked
from .event_table import flat, grouped, header
from .follow import follow
from .output import remark, write_json
from .stores import nothing, opened
from .tables import is_terminal, show


def run(arguments: Arguments) -> int:
    """List events, or follow them."""
    with opened(arguments) as reader:
        if arguments.follow:
            return follow(reader, arguments)
        most = arguments.limit
        if most is None and not arguments.json:
            most = TABLE_EVENTS
        rows = asked(reader, arguments, None if most is None else most + 1)
    cut = most is not None and len(rows) > most
    _list(rows[1:] if cut else rows, arguments)
    if cut and arguments.limit is None:
        remark(f"The latest {most:,} events; --limit N shows more, --since and --cookie narrow them down.")
    return 0


def _list(rows: Sequence[EventRow], arguments: Arguments) -> None:
    if arguments.json:
        write_json(event_fields(row, arguments.values) for row in rows)
    elif not rows:
        remark(nothing(arguments, "events"))
    elif is_terminal():
        for table in (header(rows, arguments), *grouped(rows, arguments)):
            show(table)
    else:
        show(flat(rows, arguments))
