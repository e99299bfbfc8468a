"""`scripts/cookies jar`: which cookies each browser holds, and which the proxy holds for it."""

from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby

from ..record.listings import JarRow
from ..report.decoded import decodings
from ..report.text import expiry
from .arguments import Arguments
from .output import remark, write_json
from .stores import nothing, opened, wanted
from .tables import Cell, Column, Table, show

COLUMNS = (
    Column("name"),
    Column("domain"),
    Column("path"),
    Column("flags"),
    Column("expires", wraps=False),
    Column("size", right=True, wraps=False),
    Column("value"),
)
DECODED = Column("decoded")
JARS = {"mirror": "in the browser", "held": "held by the proxy"}
SESSION_CHARACTERS = 8
"""Of a session's digest, which tell it from others at a glance; `--json` has all of them."""


def run(arguments: Arguments) -> int:
    """List what is in the jars, or was at `--at`."""
    with opened(arguments) as reader:
        found = reader.questions.jar(wanted(arguments), at=arguments.moment, values=arguments.values)
    rows = list(_listed(found, arguments))
    if arguments.json:
        write_json(map(asdict, rows))
    elif rows:
        _show(rows, arguments)
    else:
        remark(nothing(arguments, "cookies"))
    return 0


def _listed(rows: Iterable[JarRow], arguments: Arguments) -> Iterable[JarRow]:
    """Without what has expired since it was written down: a browser takes that out by itself."""
    now = arguments.now if arguments.moment is None else arguments.moment
    for row in rows:
        if (row.expires is None or row.expires > now) and arguments.jar in (None, row.jar):
            yield row


def _show(rows: Iterable[JarRow], arguments: Arguments) -> None:
    columns = (*COLUMNS, DECODED) if arguments.values else COLUMNS
    now = arguments.now if arguments.moment is None else arguments.moment
    for index, (whose, group) in enumerate(groupby(rows, _whose)):
        if index:
            print()
        show(Table(columns, [_cells(row, now, arguments.values) for row in group], (_title(*whose),)))


def _whose(row: JarRow) -> tuple[str, str, str | None]:
    return row.client, row.jar, row.session


def _title(client: str, jar: str, session: str | None) -> str:
    if session is None:
        return f"{client}, {JARS.get(jar, jar)}"
    more = "…" if len(session) > SESSION_CHARACTERS else ""
    return f"{client}, held for the session {session[:SESSION_CHARACTERS]}{more}"


def _cells(row: JarRow, now: float, values: bool) -> tuple[Cell, ...]:
    cells = (
        Cell(row.name or "(nameless)", "bold" if row.name else "dim"),
        Cell(row.domain if row.host_only else f".{row.domain}"),
        Cell(row.path),
        Cell(flags(row)),
        Cell(expiry(row.expires, now)),
        Cell(str(row.size_bytes)),
        Cell(row.value if row.value is not None else _masked(row), "" if values else "dim"),
    )
    return (*cells, Cell(decodings(row.value or ""), "dim")) if values else cells


def flags(row: JarRow) -> str:
    """What a cookie says of itself, in the words of its Set-Cookie."""
    said = (
        ("Secure", row.secure),
        ("HttpOnly", row.http_only),
        (f"SameSite={(row.same_site or '').capitalize()}", row.same_site is not None),
        ("Partitioned", row.partition_key is not None),
        (f"Priority={row.priority.capitalize()}", row.priority != "medium"),
        ("adopted", row.adopted),
    )
    return " ".join(word for word, holds in said if holds)


def _masked(row: JarRow) -> str:
    return f"***{max(0, row.size_bytes - len(row.name.encode()))}"
