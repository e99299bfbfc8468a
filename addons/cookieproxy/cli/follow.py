"""`scripts/cookies events --follow`: what happens, told as it happens.

Asks four times a second whether anything was recorded. What is asked for lies up to a number read before, so that nothing that is
written in between is missed.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..record.listings import EventRow
from ..record.protocol import Reader
from ..report.listed import event_fields
from .arguments import FOLLOWED_EVENTS, Arguments
from .event_rows import asked
from .event_table import FOLLOWED_COLUMNS, FOLLOWED_WIDTHS, Whose, flat, grouped, header, whose_event
from .output import as_json
from .tables import Table, is_terminal, show

POLL_SECONDS = 0.25


def follow(reader: Reader, arguments: Arguments) -> int:
    """Tell the latest events, then go on until Ctrl-C, which is the way to end it and no failure."""
    try:
        telling = _Telling(arguments)
        seq = reader.questions.last_seq()
        telling.tell(_latest(reader, arguments, seq))
        while True:
            time.sleep(POLL_SECONDS)
            last = reader.questions.last_seq()
            if last > seq:
                telling.tell([row for row in asked(reader, arguments, after_seq=seq) if row.seq <= last])
                seq = last
    except KeyboardInterrupt:
        return 0


def _latest(reader: Reader, arguments: Arguments, last: int) -> list[EventRow]:
    limit = FOLLOWED_EVENTS if arguments.limit is None and arguments.since is None else arguments.limit
    if limit == 0:
        return []
    return [row for row in asked(reader, arguments, limit) if row.seq <= last]


class _Telling:
    """Prints batches, and remembers whose events it told last."""

    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments
        self._said: Whose | None = None
        if not arguments.json:
            show(header([], arguments, FOLLOWED_WIDTHS) if is_terminal() else Table(FOLLOWED_COLUMNS))

    def tell(self, rows: Sequence[EventRow]) -> None:
        """Print them at once."""
        if self._arguments.json:
            for row in rows:
                print(as_json(event_fields(row, self._arguments.values)), flush=True)
        elif rows:
            self._arguments.now = time.time()  # a command that follows may run past midnight
            for table in self._tables(rows):
                show(table)
            self._said = whose_event(rows[-1])

    def _tables(self, rows: Sequence[EventRow]) -> Iterable[Table]:
        if is_terminal():
            return grouped(rows, self._arguments, self._said, FOLLOWED_WIDTHS)
        return [replace(flat(rows, self._arguments, FOLLOWED_COLUMNS), has_header=False)]
