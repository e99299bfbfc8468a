"""Events as the store gives them, narrowed by the options."""

from ..core.events import EventKind
from ..record.listings import EventRow
from ..record.protocol import Reader
from .arguments import Arguments
from .stores import wanted


def asked(
    reader: Reader, arguments: Arguments, limit: int | None = None, after_seq: int | None = None
) -> list[EventRow]:
    """What the options narrow the events to; `limit` and `after_seq` as in `Questions.events`."""
    kinds = None if arguments.kinds is None else [EventKind(kind) for kind in arguments.kinds]
    return reader.questions.events(wanted(arguments), kinds, after_seq, limit, arguments.values)
