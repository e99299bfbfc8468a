"""A report as Markdown, for tickets and repositories: the same tables and sentences, no charts (R10).

What came off the wire stands in code spans or with everything escaped that means something in Markdown or HTML. Times are UTC.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from . import captions
from .chart_data import shown
from .header_sizes import HeaderLine
from .inventory import InventoryLine
from .page import Report
from .text import counted, span

MOST_ROWS = 200
"""Of a table."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~^$&@:=-])")
_WWW = re.compile(r"\b(www)\.", re.IGNORECASE)


def as_markdown(report: Report) -> str:
    """The text."""
    sections = (_head, _findings, _sessions, _survival, _timeouts, _online, _inventory, _sizes)
    return "\n\n".join(part for section in sections for part in section(report)) + "\n"


def escaped(text: str, most: int = 160) -> str:
    """Text off the wire, which stays what it is: no emphasis, link, image, HTML or cell of a table.

    >>> escaped("<b>|`x`")
    '\\\\<b\\\\>\\\\|\\\\`x\\\\`'
    """
    return _WWW.sub(r"\1\\.", _SPECIAL.sub(r"\\\1", shown(text, most)))


def _head(report: Report) -> Iterator[str]:
    summary = report.summary
    yield "# Cookie report"
    yield escaped(summary.sentence, 1_000)
    narrowed = "".join(f" Only {option} {escaped(said)}." for option, said in summary.narrowed_to.items())
    recorded = "" if summary.first is None else f"Recorded from {_time(summary.first)} to {_time(summary.last)}."
    yield f"{recorded}{narrowed} Made {_time(summary.made)}. Times are UTC.".strip()
    counts = (
        counted(summary.requests, "exchange"),
        counted(summary.clients, "client"),
        counted(summary.sites, "site"),
        counted(summary.cookies, "cookie"),
        counted(summary.sessions, "session"),
    )
    found = ", ".join(f"{count} {severity}" for severity, count in summary.severities.items())
    yield f"{', '.join(counts)}. Findings: {found}."


def _findings(report: Report) -> Iterator[str]:
    yield "## Findings"
    if not report.findings:
        yield "Nothing was found to be wrong."
    for row in report.findings[:MOST_ROWS]:
        about = escaped(row.host) if row.cookie is None else f"{escaped(row.cookie)} at {escaped(row.host)}"
        yield f"### {row.severity}: {row.code}, {about}"
        yield escaped(row.advice, 600)
        by = "" if row.client is None else f", by {escaped(row.client)}"
        see = f" See {escaped(row.references, 600)}." if row.references else ""
        yield f"Seen {counted(row.count, 'time')}, {_time(row.first_seen)} to {_time(row.last_seen)}{by}.{see}"
        if row.evidence:
            yield "\n".join(
                f"- {_time(proof.time)} {escaped((proof.flow_id or '–')[:8])} {escaped(proof.said, 600)}"
                for proof in row.evidence
            )
    yield from _more(len(report.findings), "finding")


def _sessions(report: Report) -> Iterator[str]:
    yield "## Sessions"
    yield captions.of_sessions(report)
    if report.sessions:
        columns = ("began", "client", "host", "cookie", "id", "lifetime", "requests", "longest gap", "end", "policy")
        yield _table(
            columns,
            (
                (
                    _time(row.started),
                    escaped(row.client),
                    escaped(row.host),
                    escaped(row.cookie),
                    escaped(row.id[:8]),
                    captions.lifetime(row),
                    f"{row.requests:,}",
                    span(row.longest_gap) if row.longest_gap else "–",
                    f"{captions.CAUSES.get(row.end_cause, (row.end_cause,))[0]} {escaped(row.end_sentence or '', 600)}".strip(),
                    f"{escaped(row.policy or '–')} {captions.beside_policy(row, report.summary.made) or ''}".strip(),
                )
                for row in report.sessions[:MOST_ROWS]
            ),
        )
        yield from _more(len(report.sessions), "session")


def _survival(report: Report) -> Iterator[str]:
    if report.survival:
        yield "## Survival"
        yield _list(
            f"{'All sessions' if one.host is None else escaped(one.host)}: {captions.of_curve(one)}"
            for one in report.survival
        )


def _timeouts(report: Report) -> Iterator[str]:
    if report.timeouts:
        yield "## Timeouts"
        yield _list(
            f"{escaped(one.cookie)} at {escaped(one.host)}: {' '.join(one.sentences) or 'nothing is known yet.'}"
            for one in report.timeouts[:MOST_ROWS]
        )


def _online(report: Report) -> Iterator[str]:
    if report.online:
        yield "## Sessions online"
        yield _list(
            f"{escaped(one.site)}: {captions.of_online(one)}, first {_time(one.peak_time)}"
            for one in report.online[:MOST_ROWS]
        )


def _inventory(report: Report) -> Iterator[str]:
    yield "## Cookies"
    if not report.inventory:
        yield "No cookies were seen."
        return
    columns = ("name", "host", "party", "purpose", "lifetime", "flags", "set by", "first seen", "clients")
    with_values = any(line.value is not None for line in report.inventory)
    yield _table(
        (*columns, "value") if with_values else columns,
        (
            (*_cookie(line), *([escaped(line.value or "–", 200)] if with_values else ()))
            for line in report.inventory[:MOST_ROWS]
        ),
    )
    yield from _more(len(report.inventory) + report.inventory_left_out, "cookie")


def _cookie(line: InventoryLine) -> tuple[str, ...]:
    reach = "" if line.reach == line.host else f" for {escaped(line.reach)}"
    by = "a script, or not recorded" if line.path is None else escaped(line.path)
    notes = [f"refused: {line.reason}" if line.reason else "", f"{line.by_rule} by a rule" if line.by_rule else ""]
    return (
        escaped(line.name) or "(nameless)",
        escaped(line.host) + reach,
        line.party,
        line.purpose,
        " ".join(filter(None, (captions.cookie_lifetime(line), f"({line.too_long})" if line.too_long else ""))),
        escaped(" ".join(captions.flags(line))),
        ", ".join(filter(None, (by, *notes))),
        _time(line.first_seen),
        f"{line.clients:,}",
    )


def _sizes(report: Report) -> Iterator[str]:
    if report.header_sizes:
        yield "## Cookie header sizes"
        yield _table(
            ("host", "client", "bytes", "cookies", "largest", "packed in one saves"), map(_size, report.header_sizes)
        )


def _size(line: HeaderLine) -> tuple[str, ...]:
    return (
        escaped(line.host),
        escaped(line.client),
        f"{line.header_bytes:,}" + (f" ({line.over})" if line.over else ""),
        str(line.cookies),
        ", ".join(f"{escaped(each.name)} {each.size_bytes:,} B" for each in line.largest),
        captions.packed(line),
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _more(count: int, noun: str) -> Iterator[str]:
    if count > MOST_ROWS:
        yield f"And {counted(count - MOST_ROWS, noun)} more."


def _time(time: float | None) -> str:
    try:
        return "–" if time is None else f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M}"
    except (OverflowError, ValueError, OSError):
        return "never" if time and time > 0 else "long ago"
