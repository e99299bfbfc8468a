"""`scripts/cookies findings`: what is wrong with cookies and sessions, what to do, and what shows it."""

from collections.abc import Sequence

from ..record.listings import FindingRow
from ..record.protocol import Reader
from ..report.listed import advice_of, finding_fields
from ..report.text import counted, moment
from .arguments import SEVERITIES, Arguments
from .output import remark, write_json
from .stores import nothing, opened, wanted
from .tables import Cell, Column, Table, show

COLUMNS = (
    Column("severity", wraps=False),
    Column("code", wraps=False),
    Column("host"),
    Column("cookie"),
    Column("times", right=True, wraps=False),
    Column("last seen", wraps=False),
)
STYLES = {"info": "dim", "low": "cyan", "medium": "yellow", "high": "bold red"}
SHOWN_PROOFS = 3
"""In a table; `--json` has all that are kept."""
ALL_IS_WELL = "as far as was seen, nothing is wrong."


def run(arguments: Arguments) -> int:
    """List the findings, the most severe first; exit code 1 if one is as severe as `--fail-on` says."""
    with opened(arguments) as reader:
        return tell(reader, arguments)


def tell(reader: Reader, arguments: Arguments) -> int:
    """List those of a store that is open."""
    rows = [row for row in reader.questions.findings(wanted(arguments)) if _is_wanted(row, arguments)]
    although = None if rows or not reader.questions.clients() else ALL_IS_WELL
    if arguments.json:
        write_json(map(finding_fields, rows))
    elif rows:
        notes = [_notes(row, arguments.now) for row in rows]
        show(Table(COLUMNS, [_cells(row, arguments.now) for row in rows], notes=notes))
    else:
        remark(nothing(arguments, "findings", although))
    return _exit_code(rows, arguments.fail_on)


def _is_wanted(row: FindingRow, arguments: Arguments) -> bool:
    return _is_at_least(row, arguments.severity or SEVERITIES[0]) and (
        arguments.codes is None or row.code in arguments.codes
    )


def _is_at_least(row: FindingRow, severity: str) -> bool:
    return SEVERITIES.index(row.severity) >= SEVERITIES.index(severity)


def _exit_code(rows: Sequence[FindingRow], severity: str | None) -> int:
    if severity is None:
        return 0
    severe = sum(_is_at_least(row, severity) for row in rows)
    if severe:
        worse = "" if severity == SEVERITIES[-1] else " or worse"
        remark(f"{counted(severe, 'finding')} of severity {severity}{worse}.")
    return 1 if severe else 0


def _cells(row: FindingRow, now: float) -> tuple[Cell, ...]:
    return (
        Cell(row.severity, STYLES[row.severity]),
        Cell(row.code, "bold"),
        Cell(row.host),
        Cell("" if row.cookie is None else row.cookie or "(nameless)"),
        Cell(str(row.count)),
        Cell(moment(row.last_seen, now)),
    )


def _notes(row: FindingRow, now: float) -> list[Cell]:
    """What to do, whom it is about, and the first exchanges that show it."""
    advice = advice_of(row)
    about = [] if row.client is None else [f"client {row.client}"]
    shown = [f"{moment(proof.time, now)}  {proof.said}" for proof in row.evidence[:SHOWN_PROOFS]]
    more = len(row.evidence) - SHOWN_PROOFS
    rest = [f"… and {counted(more, 'more exchange')}, with --json"] if more > 0 else []
    return [Cell(advice), *(Cell(said, "dim") for said in (*about, *shown, *rest))]
