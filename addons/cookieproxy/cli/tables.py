"""Tables on the terminal, with colour where it has it, and the same as plain columns where the output is a pipe or a file.

Whatever is put into a cell is made harmless here, at the one place where it is shown (R10). rich is imported only for terminals.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TextIO

from ..report.text import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table as RichTable

GAP = "  "
INDENT = 4
"""Characters before a note."""
NARROWEST = 8
"""Characters that a column above notes has at least."""


class Column(NamedTuple):
    """One column; `width` in characters if it must be the same in several tables."""

    title: str
    right: bool = False
    wraps: bool = True
    width: int | None = None


class Cell(NamedTuple):
    """One cell; `style` in rich's words, such as `bold red`."""

    text: str
    style: str = ""


@dataclass(slots=True)
class Table:
    """Rows under columns."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]] = ()
    lines: Sequence[str] = ()
    """What stands above."""
    has_header: bool = True
    notes: Sequence[Sequence[Cell]] = ()
    """Lines below each row, if there are any."""


def show(table: Table) -> None:
    """Print it on standard output."""
    rows = [[Cell(printable(cell.text), cell.style) for cell in row] for row in table.rows]
    if is_terminal():
        _show_rich(table, rows)
    else:
        _show_plain(table, rows)
    sys.stdout.flush()


def is_terminal() -> bool:
    """True if somebody looks at it at once; FORCE_COLOR says so too, as everywhere."""
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


def _show_plain(table: Table, rows: Sequence[Sequence[Cell]]) -> None:
    texts = [[column.title for column in table.columns]] if table.has_header else []
    texts += [[cell.text for cell in row] for row in rows]
    widths = [
        column.width or max((len(text[index]) for text in texts), default=0)
        for index, column in enumerate(table.columns)
    ]
    for line in table.lines:
        print(printable(line))
    notes = [*([()] if table.has_header else []), *(table.notes or [()] * len(rows))]
    for row, below in zip(texts, notes, strict=True):
        cells = (
            text.rjust(width) if column.right else text.ljust(width)
            for text, width, column in zip(row, widths, table.columns, strict=True)
        )
        print(GAP.join(cells).rstrip())
        for note in below:
            print(" " * INDENT + printable(note.text))


def _show_rich(table: Table, rows: Sequence[Sequence[Cell]]) -> None:
    from rich.text import Text

    console = _console(sys.stdout)
    for line in table.lines:
        console.print(Text(printable(line), "bold"))
    if not table.notes:
        console.print(_drawn(table.columns, rows, table.has_header))
        return
    columns = _fitted(table.columns, rows, console.width)
    if table.has_header:
        console.print(_drawn(columns, (), True))
    for row, notes in zip(rows, table.notes, strict=True):
        console.print(_drawn(columns, [row], False))
        for note in notes:
            console.print(_indented(note))


def _fitted(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], room: int) -> list[Column]:
    """The columns with widths that hold for all rows, as these are drawn one by one, and leave no more than the room."""
    widths = [
        column.width or max(map(len, texts)) for column, texts in zip(columns, _texts(columns, rows), strict=True)
    ]
    may_wrap = [place for place, column in enumerate(columns) if column.wraps]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - room
    while may_wrap and excess > 0:
        widest = max(may_wrap, key=lambda place: widths[place])
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
        excess -= 1
    return [column._replace(width=width) for column, width in zip(columns, widths, strict=True)]


def _texts(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Iterator[list[str]]:
    for place, column in enumerate(columns):
        yield [column.title, *(row[place].text for row in rows)]


def _indented(note: Cell) -> "Padding":
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(printable(note.text), note.style), (0, 0, 0, INDENT), expand=False)


def _drawn(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], has_header: bool) -> "RichTable":
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(box=None, pad_edge=False, padding=(0, len(GAP), 0, 0), show_header=has_header)
    for column in columns:
        drawn.add_column(
            Text(column.title, "dim"),
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=not column.wraps,
            width=column.width,
        )
    for row in rows:
        drawn.add_row(*(Text(cell.text, cell.style) for cell in row))
    return drawn


@lru_cache(maxsize=1)
def _console(file: TextIO) -> "Console":
    """A terminal that takes text as it is: no markup, no highlighting, no colour if NO_COLOR says so."""
    from rich.console import Console

    plain = bool(os.environ.get("NO_COLOR"))
    return Console(file=file, markup=False, highlight=False, emoji=False, color_system=None if plain else "auto")
