"""Everything a report says, as plain data: computed once from the rows of a store, then written as HTML, Markdown or JSON.

Texts off the wire are only cut to a sensible length here; each format escapes them as it must. No values are in it unless they were
asked for. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from ..core.events import EndCause
from ..record.inventory import CensusRows
from ..record.listings import SEVERITIES, FindingRow, JarRow, RequestRow, SessionRow
from .concurrency import Online, online
from .gaps import Timeout
from .header_sizes import HeaderLine, header_lines
from .inventory import InventoryLine, inventory
from .lesson import lesson
from .survival import Curve, curves
from .timeline import Timeline, timeline

MOST_CHARACTERS = 160
"""Of a name, host or anything else that others wrote."""
MOST_SAID = 600
"""Of a sentence, in which such names may stand."""
GOES_ON_SECONDS = 86_400.0
"""A record whose last moment is not longer ago is one that goes on."""


@dataclass(frozen=True, slots=True)
class Source:
    """What the report is made of."""

    census: CensusRows
    sessions: Sequence[SessionRow]
    findings: Sequence[FindingRow]
    timeouts: Sequence[Timeout]
    headers: Sequence[RequestRow] = ()
    jar: Sequence[JarRow] = ()
    """With values, if these are wanted."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The head of a report."""

    made: float
    """Unix seconds."""
    store: str
    narrowed_to: Mapping[str, str]
    """`site`, `client`, `since`: what was asked for, if not everything."""
    first: float | None
    """Unix seconds of the first request; None if nothing was recorded."""
    last: float | None
    requests: int
    set_cookies: int
    clients: int
    sites: int
    hosts: int
    cookies: int
    sessions: int
    end_causes: Mapping[str, int]
    severities: Mapping[str, int]
    """Findings by severity, the highest first."""
    sentence: str
    """What matters most."""


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. Times are Unix seconds, absent is None."""

    summary: Summary
    until: float
    """Where the time axes end."""
    findings: tuple[FindingRow, ...]
    sessions: tuple[SessionRow, ...]
    """The last begun first."""
    timeline: Timeline
    survival: tuple[Curve, ...]
    timeouts: tuple[Timeout, ...]
    online: tuple[Online, ...]
    inventory: tuple[InventoryLine, ...]
    inventory_left_out: int
    """Cookies that were set too seldom to be listed among so many."""
    header_sizes: tuple[HeaderLine, ...]


def make_report(source: Source, now: float, store: str, narrowed_to: Mapping[str, str]) -> Report:
    """The report on these rows; `now` in Unix seconds."""
    sessions = sorted(map(_cut, source.sessions), key=lambda row: row.started, reverse=True)
    findings = tuple(map(_cut_finding, source.findings))
    census = source.census
    listed = len(census.cookies_set) + len(census.adopted)
    until = record_end(now, census.traffic.first, [*(row.last_seen for row in sessions), census.traffic.last])
    return Report(
        _summary(source, sessions, findings, now, store, narrowed_to),
        until,
        findings,
        tuple(sessions),
        timeline(sessions),
        tuple(map(_cut, curves(source.sessions))),
        tuple(map(_cut, source.timeouts)),
        tuple(map(_cut, online(source.sessions, until))),
        tuple(map(_cut, inventory(census, source.jar))),
        census.cookies_set_in_all + census.adopted_in_all - listed,
        tuple(_cut_header(line) for line in header_lines(source.headers)),
    )


def record_end(now: float, first: float | None, seen: Iterable[float | None]) -> float:
    """Where the time axes end: now, if the record goes on; its last moment, if that lies far back, or in the future."""
    last = max((time for time in seen if time is not None), default=now)
    begin = last if first is None else first
    goes_on = 0 <= now - last <= max(GOES_ON_SECONDS, (last - begin) / 4)
    return now if goes_on else last


def _summary(
    source: Source,
    sessions: Sequence[SessionRow],
    findings: Sequence[FindingRow],
    now: float,
    store: str,
    narrowed_to: Mapping[str, str],
) -> Summary:
    traffic = source.census.traffic
    found = Counter(row.severity for row in findings)
    ended = Counter(row.end_cause for row in sessions)
    return Summary(
        now,
        store,
        narrowed_to,
        traffic.first,
        traffic.last,
        traffic.requests,
        traffic.set_cookies,
        traffic.clients,
        traffic.sites,
        traffic.hosts,
        source.census.cookies_set_in_all + source.census.adopted_in_all,
        len(sessions),
        {cause.value: ended[cause.value] for cause in EndCause if ended[cause.value]},
        {severity: found[severity] for severity in reversed(SEVERITIES)},
        lesson(traffic.requests, sessions, findings),
    )


def clipped(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text, or its beginning with `…` and how many characters there are if it is longer."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def _cut[Row: SessionRow | FindingRow | InventoryLine | HeaderLine | Curve | Online | Timeout](row: Row) -> Row:
    """The same with every text cut."""
    cut = {
        field.name: clipped(text, MOST_SAID if field.name in _SENTENCES else MOST_CHARACTERS)
        for field in fields(row)
        if isinstance(text := getattr(row, field.name), str) and len(text) > MOST_CHARACTERS
    }
    return replace(row, **cut) if cut else row  # type: ignore[arg-type]  # the fields it has, by name


_SENTENCES = frozenset(("advice", "end_sentence", "recognised", "references", "value"))


def _cut_finding(row: FindingRow) -> FindingRow:
    return replace(
        _cut(row), evidence=tuple(replace(proof, said=clipped(proof.said, MOST_SAID)) for proof in row.evidence)
    )


def _cut_header(line: HeaderLine) -> HeaderLine:
    return replace(_cut(line), largest=tuple(each._replace(name=clipped(each.name)) for each in line.largest))
