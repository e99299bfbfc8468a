"""What each chart shows, in a sentence with its numbers: for who sees no chart, and for formats that have none. Pure."""

from ..core.events import EndCause
from ..record.listings import SessionRow
from .concurrency import Online
from .header_sizes import HeaderLine
from .inventory import DAY, InventoryLine
from .page import Report
from .survival import Curve, survival_at
from .text import counted, span

CAUSES: dict[str, tuple[str, str]] = {
    "open": ("open", "It has not ended, as far as was seen."),
    "logout": ("logout", "The server deleted the cookie."),
    "rotated": ("rotated", "A new id took over while it was in use."),
    "timed_out": ("timed out", "A dead id was sent after a gap, or past an absolute age."),
    "lost": ("lost", "It was refused or replaced without a gap that explains it."),
    "expired": ("expired", "The cookie's own end came."),
    "evicted": ("evicted", "A limit of the browser threw it out."),
    "closed": ("closed", "The client came back without it."),
}
"""What the causes of an end are called, and mean."""
SAME_SECONDS = 60.0
"""Ends that are closer to what was expected are as expected."""
MOST_DAYS = 100_000


def of_sessions(report: Report) -> str:
    """How many there were and how they ended."""
    causes = report.summary.end_causes
    if not report.sessions:
        return "No sessions were seen."
    clients = len({row.client for row in report.sessions})
    ends = ", ".join(f"{count:,} {CAUSES.get(cause, (cause,))[0]}" for cause, count in causes.items())
    return f"{counted(len(report.sessions), 'session')} of {counted(clients, 'client')}: {ends}."


def of_curve(curve: Curve) -> str:
    """The median with its band, and what is left after some times."""
    begin = f"{counted(curve.lives, 'session')}, {curve.ends} of them ended."
    if curve.median_seconds is None:
        longest = curve.steps[-1]
        return f"{begin} More than half go on: {_percent(longest.survival)} live longer than {span(longest.seconds)}."
    half = f"Half of them live longer than {span(curve.median_seconds)}"
    low, high = curve.median_low, curve.median_high
    if low is not None:
        half += f" (95 %: {span(low)} to {span(high)})" if high is not None else f" (95 %: at least {span(low)})"
    left = ", ".join(
        f"{_percent(survival_at(curve.steps, seconds))} after {span(seconds)}"
        for seconds in (600.0, 3600.0, 8 * 3600.0, 86_400.0, 7 * 86_400.0)
        if curve.steps[0].seconds <= seconds < curve.steps[-1].seconds
    )
    return f"{begin} {half}." + (f" Alive: {left}." if left else "")


def _percent(part: float) -> str:
    return f"{part * 100:.0f} %"


def of_online(one: Online) -> str:
    """Peak and mean."""
    return f"at most {counted(one.peak, 'session')} at once, {one.mean:.1f} on average, {one.sessions:,} in all"


def beside_policy(row: SessionRow, now: float) -> str | None:
    """The end that was seen beside the one that the policy expects; None where nobody could tell a difference."""
    expected, seen = row.expected_end, row.ended
    if expected is None:
        return None
    if seen is None:
        return f"due in {span(expected - now)}" if expected > now else f"overdue by {span(now - expected)}"
    if abs(seen - expected) < SAME_SECONDS:
        return "as expected"
    if seen > expected:
        return f"{span(seen - expected)} later"
    return f"{span(expected - seen)} earlier" if row.end_cause in (EndCause.TIMED_OUT, EndCause.LOST) else None


def lifetime(row: SessionRow) -> str:
    """How long a session lived; with `≥` if it was there before it was seen, or has not ended."""
    until = row.last_seen if row.ended is None else row.ended
    return ("≥ " if row.adopted or row.ended is None else "") + span(until - row.started)


def cookie_lifetime(line: InventoryLine) -> str:
    """What a cookie said of its own end, from a day on in days."""
    if line.is_session is None:
        return "unknown"
    if line.is_session:
        return "session"
    if line.lifetime_seconds is None:
        return "deleted"
    if line.lifetime_seconds < DAY:
        return span(line.lifetime_seconds)
    days = round(line.lifetime_seconds / DAY)
    return counted(days, "day") if days <= MOST_DAYS else f"over {MOST_DAYS:,} days"


def flags(line: InventoryLine) -> list[str]:
    """What a cookie said of itself, in the words of its Set-Cookie."""
    said = (
        ("Secure", line.secure),
        ("HttpOnly", line.http_only),
        (f"SameSite={line.same_site}", line.same_site is not None),
        ("Partitioned", line.partitioned),
    )
    return [word for word, holds in said if holds]


def packed(line: HeaderLine) -> str:
    """What packing all cookies of a header in one would save in the browser: bytes, and places of those that a site may take."""
    if line.cookies < 2:
        return "–"
    return f"about {line.packing_saves_bytes:,} bytes, {counted(line.cookies - 1, 'place')}"
