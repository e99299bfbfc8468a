"""Rows handed to a statement as one JSON value, and the statement's FROM that makes rows of it again.

One parameter and one answer for any number of rows; made by the json module, it costs a tenth of what arrays do.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from math import isfinite, isnan

_COLUMNS = {
    "float8": """time, first_seen, last_seen, created, last_access, expires, set_time, started, last_used, ended, seen,
        longest_gap_seconds, killing_gap_seconds, killing_age_seconds, expected_end, expiry""",
    "int2": "host_only, secure, http_only, adopted, sent, logged_in, in_url",
    "bigint": "sequence, count, requests, size_bytes",
    "uuid": "place",
    "json": "evidence",
}
"""By type those that are not text."""


@cache
def names_of(columns: str) -> tuple[str, ...]:
    """The names in a list of columns."""
    return tuple(name.strip() for name in columns.split(","))


TYPES = {name: kind for kind, columns in _COLUMNS.items() for name in names_of(columns)}


def recordset(columns: str) -> str:
    """FROM item `new` with these columns and `number`, which counts rows from 1; its parameter is what `as_json` makes."""
    typed = ", ".join(f"{name} {TYPES.get(name, 'text')}" for name in names_of(columns))
    aliases = ", ".join((*names_of(columns), "number"))
    return f"ROWS FROM (json_to_recordset(%s::json) AS ({typed})) WITH ORDINALITY AS new ({aliases})"


def as_json(columns: str, rows: Iterable[Sequence[object]]) -> str:
    """The rows, whose values stand in the order of the columns."""
    names = _plain_names(columns)
    objects = [dict(zip(names, row, strict=True)) for row in rows]
    try:
        return json.dumps(objects, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(
            [{name: _finite(value) for name, value in each.items()} for each in objects], ensure_ascii=False
        )


@cache
def _plain_names(columns: str) -> tuple[str, ...]:
    return tuple(name.strip('"') for name in names_of(columns))


def _finite(value: object) -> object:
    """JSON has no infinity, and what is no number is nothing, as in SQLite."""
    if not isinstance(value, float) or isfinite(value):
        return value
    return None if isnan(value) else "Infinity" if value > 0 else "-Infinity"
