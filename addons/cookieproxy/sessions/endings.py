"""Why a session ended, judged from what the server did to its id and from what went before (R25, R26, R32, R39).

Pure but for what it reads of sessions and of what is known of their host. Two explanations compete for a dead id: too long without
a request (idle), and too long since its beginning (absolute); where neither holds, the session was lost.
"""

from typing import NamedTuple

from ..core.events import EndCause
from .cookie_knowledge import CookieKnowledge
from .session import POLICY_SLACK, Record, Session

SHORTEST_TIMEOUT = 1.0
"""Seconds: no server ends sessions sooner."""
SLOW_SECONDS = 1.0
"""A response that took longer keeps its session in use until it came."""
NOISE = 0.5
"""Seconds by which two gaps may differ for the time that requests take."""
STEADY = 1.5
"""Gaps that differ by no more than this factor are alike."""
STEADY_GAPS = 3
"""So many of the latest gaps have to be alike for a session that is used steadily."""
CUSTOMARY_IDLE = (300.0, 600.0, 900.0, 1_200.0, 1_440.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 86_400.0)
"""Seconds: idle timeouts that people configure."""
SHORTEST_CUSTOMARY = CUSTOMARY_IDLE[0]
USUAL_TIMEOUT = 1_200.0
"""Seconds: the shortest idle timeout that is common."""
BARELY_OVERDUE = 60.0
"""Seconds: where timeouts are shorter than is common, somebody tries them out, and they are shorter than this."""
CUSTOMARY_ABSOLUTE = (1_200.0, 1_440.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 43_200.0, 86_400.0, 604_800.0)


class Ending(NamedTuple):
    """One judgement."""

    cause: EndCause
    sentence: str
    gap: float | None = None
    """Seconds without use that it did not survive, if that was it."""
    age: float | None = None
    """Seconds since its start that it did not survive, if that was it."""
    survived: float | None = None
    """Seconds without use that it survived, if that is less than it had seemed."""


def gap_before(session: Session, asked: float) -> float:
    """Seconds without use before a request; a slow response counts as use until it came."""
    used = session.last_seen
    if session.answered - used > SLOW_SECONDS:
        used = session.answered
    return max(0.0, asked - used)


def of_dead(session: Session, asked: float, how: str, certain: float | None = None) -> Ending:
    """Of an id that the server no longer honoured; `how` it showed that, for people.

    `certain` is when it was good last for sure: pages that it was given since may be for everybody.
    """
    known, age = session.known, asked - session.started
    doubtful = session.doubtful_gap
    if BARELY_OVERDUE <= doubtful < USUAL_TIMEOUT:
        doubtful = 0.0  # no server is set to that
    gap = max(0.0, asked - session.proven, doubtful)
    if _is_overdue(session, gap, age):
        return _by_age(age, how)
    if explains(session, gap):
        return Ending(EndCause.TIMED_OUT, f"{how} after {span(gap)} without a request.", gap=gap)
    if certain is not None and (record := _doubtful(session, certain)) is not None:
        said = f"{how}, and had most likely been dead since a gap of {span(record.gap)}."
        return Ending(EndCause.TIMED_OUT, said, gap=asked - certain, survived=record.before)
    if corroborating(session, age, known) or _is_rather_age(session, gap, age, known):
        return _by_age(age, how)
    used = span(max(0.0, asked - session.last_seen))
    return Ending(EndCause.LOST, f"{how}, although it had been used {used} before, and such gaps were survived.")


def _is_overdue(session: Session, gap: float, age: float) -> bool:
    """True if the policy's absolute timeout was over, and its idle one was not."""
    policy = session.policy
    if policy is None or policy.absolute is None or age < policy.absolute - POLICY_SLACK:
        return False
    return policy.idle is None or gap < policy.idle - POLICY_SLACK


def _by_age(age: float, how: str) -> Ending:
    return Ending(EndCause.TIMED_OUT, f"{how} at the age of {span(age)}, although it was in use.", age=age)


def explains(session: Session, gap: float) -> bool:
    """True if no session is known to have survived such a gap, or one is known to have died of it.

    A gap that is like all those before explains nothing, however little longer it is, unless an idle timeout that people
    configure lies between.
    """
    known = session.known
    if gap < SHORTEST_TIMEOUT:
        return False
    if known.shortest_kill is not None and gap >= known.shortest_kill:
        return True
    longest = known.longest_gap(session)
    if gap <= longest + (-NOISE if collects_by_lottery(session) else NOISE):
        return False  # of two equal gaps, chance may let one be survived
    return not is_steady(session, gap) or _has_one(CUSTOMARY_IDLE, longest + NOISE, gap)


def collects_by_lottery(session: Session) -> bool:
    """True if chance decides when a session that is overdue is collected.

    PHP also collects when it has read the session already, so that one that is overdue is good for one request more.
    """
    policy = session.policy
    return (policy is not None and policy.chance < 1) or session.key.name.lower() == b"phpsessid"


def _doubtful(session: Session, certain: float) -> Record | None:
    """The first gap since it was good for sure that was longer than all gaps survived before, and not much like them."""
    for record in session.records:
        longest = session.known.longest_gap(session, record.before)
        if record.at > certain and record.gap > longest and record.gap >= SHORTEST_TIMEOUT and not record.is_steady:
            return record
    return None


def is_steady(session: Session, gap: float) -> bool:
    """True if the latest gaps were all about as long."""
    alike = [each for each in session.recent if gap / STEADY <= each <= gap * STEADY]
    return len(alike) >= STEADY_GAPS


def _is_rather_age(session: Session, gap: float, age: float, known: CookieKnowledge) -> bool:
    """True if the gap was the longest, though much like those before, and an absolute timeout that people configure has passed."""
    if gap <= known.longest_gap(session) or session.longest_gap <= 0:
        return False
    oldest = max(known.oldest, session.proven - session.started)
    return _has_one(CUSTOMARY_ABSOLUTE, oldest, age)


def _has_one(customary: tuple[float, ...], low: float, high: float) -> bool:
    return any(low < each <= high for each in customary)


def corroborating(session: Session, age: float, known: CookieKnowledge) -> list[Session]:
    """Other sessions of the cookie that were lost at about the same age, while none grew older (an absolute timeout)."""
    low = session.proven - session.started
    if age - low > age / 2 or known.oldest >= age:
        return []
    return [
        other
        for other_low, other_high, other in known.losses
        if other is not session
        and max(low, other_low) < min(age, other_high)
        and other_high - other_low <= other_high / 2
        and known.oldest < other_high
    ]


def span(seconds: float) -> str:
    """A duration for people: `45 s`, `20 min 5 s`, `3 h`."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s" if seconds >= 10 or seconds == whole else f"{seconds:.1f} s"
    for unit, name, smaller, smaller_name in (
        (86_400, "days", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= 2 * unit or unit == 60:
            count, rest = divmod(whole, unit)
            more = rest // smaller
            return f"{count} {name} {more} {smaller_name}" if more else f"{count} {name}"
    return f"{whole} s"
