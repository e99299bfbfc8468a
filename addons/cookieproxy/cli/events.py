"""`scripts/cookies events`: what happened to cookies, by time, and why; with `--follow` while it happens."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..core.events import EventKind
from ..record.listings import EventRow
from ..record.protocol import Reader
from .arguments import FOLLOWED_EVENTS, TABLE_EVENTS, Arguments
from .event_table import table_of
from .output import as_json, remark, write_json
from .stores import nothing, opened, wanted
from .tables import show
from .text import length_only

POLL_SECONDS = 0.25
TELLING = frozenset((EventKind.CHANGED, EventKind.PERSISTENCE, EventKind.HEADER_SIZE, EventKind.CLOCK_SKEW))
"""Kinds whose before and after are more than a value: fields, and words of our own."""


def run(arguments: Arguments) -> int:
    """List events, or follow them."""
    with opened(arguments) as reader:
        if arguments.follow:
            return _follow(reader, arguments)
        most = arguments.limit
        if most is None and not arguments.json:
            most = TABLE_EVENTS
        rows = _asked(reader, arguments, None if most is None else most + 1)
    cut = most is not None and len(rows) > most
    _list(rows[1:] if cut else rows, arguments)
    if cut and arguments.limit is None:
        remark(f"The latest {most:,} events; --limit N shows more, --since and --cookie narrow them down.")
    return 0


def _list(rows: Sequence[EventRow], arguments: Arguments) -> None:
    if arguments.json:
        write_json(_documented(row, arguments.values) for row in rows)
    elif rows:
        show(table_of(rows, arguments))
    else:
        remark(nothing(arguments, "events"))


def _asked(
    reader: Reader, arguments: Arguments, limit: int | None = None, after_seq: int | None = None
) -> list[EventRow]:
    kinds = None if arguments.kinds is None else [EventKind(kind) for kind in arguments.kinds]
    return reader.questions.events(wanted(arguments), kinds, after_seq, limit, arguments.values)


def _documented(row: EventRow, values: bool) -> dict[str, object]:
    """The documented fields; without `values` those of a value alone are null, and a field shows its length."""
    if values:
        return row.listed()
    if row.event not in TELLING:
        return replace(row, before=None, after=None).listed()
    before, after = (None if said is None else length_only(said) for said in (row.before, row.after))
    return replace(row, before=before, after=after).listed()


# -- following ---------------------------------------------------------------------------------------------------------


def _follow(reader: Reader, arguments: Arguments) -> int:
    """Go on until Ctrl-C. What is asked for lies up to a number read before, so that nothing written meanwhile is missed."""
    try:
        seq = reader.questions.last_seq()
        _print_more(_latest(reader, arguments, seq), arguments, first=True)
        while True:
            time.sleep(POLL_SECONDS)
            last = reader.questions.last_seq()
            if last > seq:
                rows = [row for row in _asked(reader, arguments, after_seq=seq) if row.seq <= last]
                _print_more(rows, arguments)
                seq = last
    except KeyboardInterrupt:
        return 0


def _latest(reader: Reader, arguments: Arguments, last: int) -> list[EventRow]:
    limit = FOLLOWED_EVENTS if arguments.limit is None and arguments.since is None else arguments.limit
    if limit == 0:
        return []
    return [row for row in _asked(reader, arguments, limit) if row.seq <= last]


def _print_more(rows: Iterable[EventRow], arguments: Arguments, first: bool = False) -> None:
    rows = list(rows)
    if arguments.json:
        for row in rows:
            print(as_json(_documented(row, arguments.values)), flush=True)
    elif rows or first:
        show(table_of(rows, _at_this_moment(arguments), following=True, has_header=first))


def _at_this_moment(arguments: Arguments) -> Arguments:
    """The same arguments now: a command that follows may run past midnight."""
    return Arguments(**{**vars(arguments), "now": time.time()})
