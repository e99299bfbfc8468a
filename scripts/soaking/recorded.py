"""How many rows the store of a soak has, by path: counted while it runs, because old rows are thrown away in the meantime.

Reads the public views of a file that the proxy is writing, as any SQLite tool may.
"""

import contextlib
import sqlite3
from collections import Counter
from pathlib import Path
from urllib.parse import quote

VIEWS = ("requests", "set_cookies")
BUSY_SECONDS = 10.0


class Recorded:
    """What was found so far."""

    def __init__(self, store: Path) -> None:
        self.rows: dict[str, Counter[str]] = {view: Counter() for view in VIEWS}
        """By view and path."""
        self._store = store
        self._last = dict.fromkeys(VIEWS, -1)

    def count(self) -> None:
        """Count what came since the last time."""
        with contextlib.closing(
            sqlite3.connect(f"file:{quote(str(self._store))}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        ) as connection:
            for view in VIEWS:
                self._count(connection, view)

    def _count(self, connection: sqlite3.Connection, view: str) -> None:
        query = f"SELECT path, count(*), max(seq) FROM {view} WHERE seq > ? GROUP BY path"  # noqa: S608  names of ours
        for path, number, last in connection.execute(query, (self._last[view],)).fetchall():
            self.rows[view][path if isinstance(path, str) else path.decode("latin-1")] += number
            self._last[view] = max(self._last[view], last)

    @property
    def store_bytes(self) -> int:
        """Of the file and what belongs to it."""
        return sum(path.stat().st_size for path in self._store.parent.glob(f"{self._store.name}*"))
