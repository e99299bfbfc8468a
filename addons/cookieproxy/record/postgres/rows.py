"""A batch's rows (`record.rows`) as they go into PostgreSQL's tables, by COPY.

Numbers of events are counted from 0 there, and get their beginning when they are written.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..rows import EVENT_COLUMNS, REQUEST_COLUMNS, SET_COOKIE_COLUMNS, Row
from ..schema import REASONS
from .connection import Cursor
from .recordset import names_of
from .text import MARK, kept, plain, plain_or_none
from .views import KEPT

_TYPES = {
    "seq": "int8", "time": "float8", "status": "int8", "passes": "int2", "expiry": "float8", "header_bytes": "int8",
}  # fmt: skip
_ESCAPED_NUL = "\\u0000"

type Change = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Target:
    """One table that is copied into."""

    statement: bytes
    types: tuple[str, ...]
    changes: tuple[tuple[int, Change], ...]
    """By the place of the column what becomes of its value."""
    reason_at: tuple[int, int, int] | None
    """Places of event, reason and sentence."""

    @classmethod
    def of(cls, table: str, columns: str) -> "Target":
        """The table with these columns, and that of the chunk."""
        names = names_of(columns)
        changes = tuple((names.index(name), change) for name, change in _CHANGES.items() if name in names)
        reason_at = (
            (names.index("event"), names.index("reason"), names.index("sentence")) if "sentence" in names else None
        )
        types = tuple(_TYPES.get(name, "text") for name in names)
        copy = f"COPY {table} ({', '.join(names)}, chunk) FROM STDIN (FORMAT binary)"
        return cls(copy.encode(), (*types, "int4"), changes, reason_at)

    def copy(self, cursor: Cursor, rows: Sequence[Row], first_seq: int, chunk: int) -> None:
        """Put the rows in, numbered from there, into that chunk."""
        if not rows:
            return
        with cursor.copy(self.statement) as copy:
            copy.set_types(self.types)
            for row in self._made(rows, first_seq, chunk):
                copy.write_row(row)

    def _made(self, rows: Sequence[Row], first_seq: int, chunk: int) -> Iterator[list[Any]]:
        changes, reason_at = self.changes, self.reason_at
        for row in rows:
            made: list[Any] = [*row, chunk]
            made[0] += first_seq
            for place, change in changes:
                value = made[place]
                if value is not None:
                    made[place] = change(value)
            if reason_at is not None:
                event, reason, sentence = reason_at
                if made[sentence] is not None and made[sentence] == REASONS.get((made[event], made[reason])):
                    made[sentence] = ""
            yield made


def _pairs(pairs: str) -> str:
    """JSON's functions in PostgreSQL refuse NUL; and nothing in there is marked."""
    if _ESCAPED_NUL not in pairs and MARK not in pairs:
        return pairs
    return json.dumps(_plain(json.loads(pairs)), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value


_CHANGES: dict[str, Change] = {
    **dict.fromkeys(sorted(KEPT), kept),
    "flow_id": plain_or_none,
    "caused_by": plain_or_none,
    "pairs": _pairs,
}

SET_COOKIES = Target.of("set_cookie_rows", SET_COOKIE_COLUMNS)
REQUESTS = Target.of("request_rows", REQUEST_COLUMNS)
EVENTS = Target.of("event_rows", EVENT_COLUMNS)
