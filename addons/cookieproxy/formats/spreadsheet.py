"""CSV for spreadsheets (RFC 4180), with the fields of the `jar` listing. Only written (R10).

A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, which may run programs or send the table away, and
cookies are written by strangers. So a cell that begins with one of these, their full-width forms, TAB or a line end gets an
apostrophe before it, which is reported as a loss. Absent is an empty cell.
"""

import csv
import io
from collections.abc import Sequence

from ..core.cookie import Cookie
from .format import Content, Format
from .jsonl import Row, lost_octets, row
from .narrow import EVERYTHING, Says
from .times import Step
from .values import Field, Loss, Written, loss

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell of the table never begins with."""

_COLUMNS = tuple(row(Cookie(b"", b"", "", b"/", 0.0, 0.0, 0)))
_HEAD = ",".join(_COLUMNS).encode()


def recognises(content: Content) -> bool:
    """The header line of this table."""
    return content.first_line == _HEAD


def write(cookies: Sequence[Cookie], now: float) -> Written:
    """A header line, and one line a cookie."""
    table = io.StringIO(newline="")
    lines = csv.writer(table)
    lines.writerow(_COLUMNS)
    losses: list[Loss] = lost_octets(cookies)
    for cookie in cookies:
        said = row(cookie)
        lines.writerow([defused(_cell(value)) for value in said.values()])
        losses += _defused(cookie, said)
    return Written(table.getvalue().encode(), tuple(losses))


def defused(cell: str) -> str:
    """The cell as no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell


def _cell(value: str | float | bool | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _defused(cookie: Cookie, said: Row) -> list[Loss]:
    why = "a spreadsheet would take it for a formula; it is written with an apostrophe before it"
    return [loss(cookie, field, why) for field in Field if _cell(said[field]).startswith(DANGEROUS)]


FORMAT = Format(
    "csv",
    "CSV for spreadsheets, with the fields of the jar listing",
    ("csv",),
    Says(EVERYTHING, Step.ANY, octets=True),
    recognises,
    write,
    hint="cells that a spreadsheet would take for a formula begin with an apostrophe",
)
