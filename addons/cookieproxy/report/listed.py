"""The documented rows of the listings as plain data, ready for JSON: the same on the command line and on the dashboard.

Knows which fields are documented and what is shown of them to who may not see values. The rows of sessions: `timeouts`; of what a
browser would do: `explained`.
"""

from dataclasses import asdict, fields

from ..core.events import EventKind
from ..record.listings import EventRow, FindingRow
from .text import length_only

EVENT_FIELDS = tuple(field.name for field in fields(EventRow) if field.name != "seq")
"""The documented ones, in their order."""
TELLING = frozenset((EventKind.CHANGED, EventKind.PERSISTENCE, EventKind.HEADER_SIZE, EventKind.CLOCK_SKEW))
"""Kinds whose before and after are more than a value: fields, and words of our own."""


def event_fields(row: EventRow, values: bool) -> dict[str, object]:
    """An event; without `values` those of a value alone are null, and a field shows its length."""
    listed: dict[str, object] = {name: getattr(row, name) for name in EVENT_FIELDS}
    if not values:
        telling = row.event in TELLING
        for name, said in (("before", row.before), ("after", row.after)):
            listed[name] = length_only(said) if telling and said is not None else None
    return listed


def finding_fields(row: FindingRow) -> dict[str, object]:
    """A finding; the references stand behind the advice."""
    listed = asdict(row)
    del listed["references"]
    return listed | {"advice": advice_of(row)}


def advice_of(row: FindingRow) -> str:
    """What to do, and where it is written."""
    return f"{row.advice} ({row.references})" if row.references else row.advice
