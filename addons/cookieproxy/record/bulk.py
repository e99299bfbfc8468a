"""Many rows into a table by few statements.

Each statement takes up to 64 rows, and the rest goes in powers of two, so that seven prepared statements a table serve any
number. Measured on SQLite 3.40 (November 2026).
"""

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from .rows import Row

MOST_ROWS = 64
"""27 columns times 64 stay far below SQLite's 32,766 variables a statement."""


def insert_all(
    connection: sqlite3.Connection, table: str, columns: str, rows: Sequence[Row], replacing: bool = False
) -> None:
    """Insert the rows, whose values stand in the order of the columns; with `replacing` in the place of the same ones."""
    start, size = 0, MOST_ROWS
    while start < len(rows):
        while size > len(rows) - start:
            size //= 2
        chunk = rows[start : start + size]
        connection.execute(
            _statement(table, columns, size, "INSERT OR REPLACE" if replacing else "INSERT"),
            tuple(chain.from_iterable(chunk)),
        )
        start += size


@lru_cache
def _statement(table: str, columns: str, rows: int, verb: str) -> str:
    one = "(" + ", ".join("?" * (columns.count(",") + 1)) + ")"
    return f"{verb} INTO {table} ({columns}) VALUES " + ", ".join([one] * rows)
