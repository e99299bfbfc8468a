"""What matters most of all that was recorded, in a sentence or two for people. Pure."""

from collections import Counter
from collections.abc import Sequence

from ..core.events import EndCause
from ..record.listings import FindingRow, SessionRow
from .text import counted

NOTHING = "Nothing was recorded yet: run scripts/proxy and send traffic through it."
MOST_NAMED = 60
"""Characters of a name or host within the sentence."""
MOST_CODES = 4


def lesson(requests: int, sessions: Sequence[SessionRow], findings: Sequence[FindingRow]) -> str:
    """The worst that was found, and how sessions ended if that is odd. `findings` come with the most severe first."""
    if not requests and not sessions and not findings:
        return NOTHING
    said = [_of_findings(findings), *_of_sessions(sessions)]
    return " ".join(said)


def _of_findings(findings: Sequence[FindingRow]) -> str:
    if not findings:
        return "Nothing was found to be wrong with the cookies seen."
    worst = findings[0].severity
    alike = [row for row in findings if row.severity == worst]
    codes = list(dict.fromkeys(row.code for row in alike))
    first = alike[0]
    if worst == "info":
        return f"Nothing serious was found: {counted(len(findings), 'remark')} ({_listed(codes)})."
    begin = f"{counted(len(alike), 'finding')} of {worst} severity ({_listed(codes)})"
    return f"{begin}. {'It is about' if len(alike) == 1 else 'Begin with'} {_subject(first)}. {first.advice}"


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(codes[:MOST_CODES]) + (" …" if len(codes) > MOST_CODES else "")


def _subject(row: FindingRow) -> str:
    about = "" if row.cookie is None else f"{_short(row.cookie)} of "
    return f"{about}{_short(row.host)}"


def _short(text: str) -> str:
    return text if len(text) <= MOST_NAMED else f"{text[:MOST_NAMED]}…"


def _of_sessions(sessions: Sequence[SessionRow]) -> list[str]:
    ended = Counter(row.end_cause for row in sessions)
    said = []
    if lost := ended[EndCause.LOST]:
        said.append(f"{counted(lost, 'session')} of {len(sessions)} ended without a gap that explains it.")
    if evicted := ended[EndCause.EVICTED]:
        said.append(f"{counted(evicted, 'session')} ended because the browser had too many cookies.")
    return said
