"""Events as the store gives them, narrowed by the options, and as JSON shows them."""

from dataclasses import fields

from ..core.events import EventKind
from ..record.listings import EventRow
from ..record.protocol import Reader
from ..report.text import length_only
from .arguments import Arguments
from .stores import wanted

FIELDS = tuple(field.name for field in fields(EventRow) if field.name != "seq")
"""The documented ones, in their order."""
TELLING = frozenset((EventKind.CHANGED, EventKind.PERSISTENCE, EventKind.HEADER_SIZE, EventKind.CLOCK_SKEW))
"""Kinds whose before and after are more than a value: fields, and words of our own."""


def asked(
    reader: Reader, arguments: Arguments, limit: int | None = None, after_seq: int | None = None
) -> list[EventRow]:
    """What the options narrow the events to; `limit` and `after_seq` as in `Questions.events`."""
    kinds = None if arguments.kinds is None else [EventKind(kind) for kind in arguments.kinds]
    return reader.questions.events(wanted(arguments), kinds, after_seq, limit, arguments.values)


def documented(row: EventRow, values: bool) -> dict[str, object]:
    """The documented fields; without `values` those of a value alone are null, and a field shows its length."""
    listed: dict[str, object] = {name: getattr(row, name) for name in FIELDS}
    if not values:
        telling = row.event in TELLING
        for name, said in (("before", row.before), ("after", row.after)):
            listed[name] = length_only(said) if telling and said is not None else None
    return listed
