"""`scripts/cookies sessions`: how long sessions of applications lived, and what ended them."""

from collections.abc import Iterator, Mapping, Sequence

from ..core.events import EndCause
from ..record.listings import SessionRow
from ..record.protocol import Reader
from ..report.text import apart, moment, span
from ..report.timeouts import UNKNOWN, Bounds, Place, bounds_by_place, listed
from .arguments import Arguments
from .output import remark, write_json
from .stores import nothing, opened, wanted
from .tables import Cell, Column, Table, is_terminal, show

COLUMNS = (
    Column("began", wraps=False),
    Column("cookie"),
    Column("id", wraps=False),
    Column("lasted", right=True, wraps=False),
    Column("requests", right=True, wraps=False),
    Column("longest gap", right=True, wraps=False),
    Column("ended", wraps=False),
)
PIPED = (Column("client"), Column("host"), *COLUMNS, Column("idle timeout", wraps=False), Column("why"))
"""On a terminal the others stand above and below, to leave room for these."""
NAMELESS = "(nameless)"
STYLES = {
    EndCause.OPEN: "green",
    EndCause.LOGOUT: "",
    EndCause.ROTATED: "cyan",
    EndCause.LOST: "red",
    EndCause.EVICTED: "red",
}
OTHERWISE = "yellow"
ID_CHARACTERS = 8
"""Of an id's hash, which tell it from others at a glance; `--json` has all of them."""
NONE_RECOGNISED = (
    "none of its cookies looks like a session's; name such cookies under `sessions: cookies:` in rules.yaml."
)
INSTANT_SECONDS = 1.0
"""What is closer together is shown as the same time."""


def run(arguments: Arguments) -> int:
    """List the sessions, by their start."""
    with opened(arguments) as reader:
        return tell(reader, arguments)


def tell(reader: Reader, arguments: Arguments) -> int:
    """List those of a store that is open."""
    rows = reader.questions.sessions(wanted(arguments))
    gaps = reader.questions.gaps() if rows else []
    although = None if rows or not reader.questions.clients() else NONE_RECOGNISED
    if arguments.json:
        write_json(listed(rows, gaps))
    elif not rows:
        remark(nothing(arguments, "sessions", although))
    elif is_terminal():
        _show_grouped(rows, bounds_by_place(gaps), arguments.now)
    else:
        show(_flat(rows, bounds_by_place(gaps), arguments.now))
    return 0


def _flat(rows: Sequence[SessionRow], known: Mapping[Place, Bounds], now: float) -> Table:
    """A line for each, for pipes."""
    return Table(PIPED, [_piped(row, known.get((row.host, row.cookie), UNKNOWN), now) for row in rows])


def _piped(row: SessionRow, known: Bounds, now: float) -> tuple[Cell, ...]:
    return (
        Cell(row.client),
        Cell(row.host),
        *_cells(row, now),
        Cell(idle_timeout(known)),
        Cell(" ".join(why(row, now))),
    )


def _show_grouped(rows: Sequence[SessionRow], known: Mapping[Place, Bounds], now: float) -> None:
    """A table for each client and host, those with the first session first."""
    groups: dict[tuple[str, str], list[SessionRow]] = {}
    for row in rows:
        groups.setdefault((row.client, row.host), []).append(row)
    for index, (whose, group) in enumerate(groups.items()):
        if index:
            print()
        notes = [[Cell(said, "dim") for said in why(row, now)] for row in group]
        above = [" at ".join(whose), *_timeouts(group, known)]
        show(Table(COLUMNS, [_cells(row, now) for row in group], above, notes=notes))


def _timeouts(group: Sequence[SessionRow], known: Mapping[Place, Bounds]) -> Iterator[str]:
    """What is known of the idle timeout of each cookie."""
    for host, cookie in dict.fromkeys((row.host, row.cookie) for row in group):
        if said := idle_timeout(known.get((host, cookie), UNKNOWN)):
            yield f"idle timeout of {cookie or NAMELESS}: {said}"


def _cells(row: SessionRow, now: float) -> tuple[Cell, ...]:
    return (
        Cell(moment(row.started, now)),
        Cell(f"{row.cookie or NAMELESS}{' (in the URL)' if row.in_url else ''}", "bold"),
        Cell(row.id[:ID_CHARACTERS], "dim"),
        Cell(lasted(row)),
        Cell(str(row.requests)),
        Cell(span(row.longest_gap) if row.longest_gap else ""),
        Cell(row.end_cause, STYLES.get(EndCause(row.end_cause), OTHERWISE)),
    )


def lasted(row: SessionRow) -> str:
    """Its lifetime; with `≥` if it was there before it was seen, or has not ended."""
    until = row.last_seen if row.ended is None else row.ended
    at_least = "≥ " if row.adopted or row.ended is None else ""
    return at_least + span(until - row.started)


def idle_timeout(known: Bounds) -> str:
    """`18 min – 31 min`, or the one bound that is known."""
    low, high = known.idle_low, known.idle_high
    if low is not None and high is not None:
        return " – ".join(apart(low, high))
    return f"over {span(low)}" if low is not None else f"under {span(high)}" if high is not None else ""


def why(row: SessionRow, now: float) -> list[str]:
    """What showed the end, which id took over, and when the policy would have ended it; a sentence each."""
    taken_over = f"The id {row.rotated_to[:ID_CHARACTERS]} took over." if row.rotated_to else None
    return [said for said in (row.end_sentence, taken_over, by_policy(row, now)) if said]


def by_policy(row: SessionRow, now: float) -> str | None:
    """The end that the policy promises, beside what was seen; None if there is none, or nobody could tell a difference."""
    if row.policy is None or row.expected_end is None:
        return None
    by, when = f"By the policy {row.policy} it should", moment(row.expected_end, now)
    if row.ended is None:
        return f"{by} end at {when}, unless it is used." if row.expected_end > now else f"{by} have ended at {when}."
    if row.expected_end <= row.ended:
        earlier = row.ended - row.expected_end
        return f"{by} have ended at {when}{f', {span(earlier)} earlier' if earlier >= INSTANT_SECONDS else ''}."
    if row.end_cause in (EndCause.TIMED_OUT, EndCause.LOST):
        return f"{by} have lived until {when}."
    return None
