"""How far the batches of each process were written, so that none is written twice (`record.once`)."""

import time

from ..once import Receipt
from .connection import Cursor

TABLE = """CREATE TABLE receipts (spill text PRIMARY KEY, number bigint NOT NULL, written float8 NOT NULL)
    WITH (fillfactor = 10)"""

_TAKE = """INSERT INTO receipts (spill, number, written) VALUES (%s, %s, %s) ON CONFLICT (spill) DO UPDATE
    SET number = excluded.number, written = excluded.written WHERE receipts.number < excluded.number"""
_FORGET = "DELETE FROM receipts WHERE spill = %s"
_FORGET_OLD = "DELETE FROM receipts WHERE written < %s"
KEPT_SECONDS = 366 * 86_400.0
"""Of processes that were killed; whoever finds a file after so long may load it twice."""


def is_new(cursor: Cursor, receipt: Receipt) -> bool:
    """Whether nothing was written under this receipt, or a higher one, yet; it is from now on, if the transaction is."""
    return cursor.execute(_TAKE, (*receipt, time.time())).rowcount > 0


def forget(cursor: Cursor, spill: str) -> None:
    """Nothing will come any more that bears this name."""
    cursor.execute(_FORGET, (spill,))
    cursor.execute(_FORGET_OLD, (time.time() - KEPT_SECONDS,))
