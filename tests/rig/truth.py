"""Conversations beside what is true of them, and what a log has that is not.

A truth has its sessions in the order in which they began, each as "cause lifetime requests": seconds, or a dash while it is open; a
question mark where the traffic does not tell; `->N` if it was rotated and the id of session N took over. Beside them the bounds of
the idle timeout and of the absolute one where they are told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mitmproxy.http import HTTPFlow

from cookieproxy.core.events import SessionSeen
from cookieproxy.record.listings import GapRow
from cookieproxy.report.timeouts import bounds

from .sessions import Talk, tracked

type Build = Callable[[Talk], None]
type Between = tuple[float | None, float | None]


@dataclass(frozen=True)
class Row:
    """One conversation and what is true of it."""

    build: Build
    expected: tuple[str, ...]
    idle: Between | None = None
    absolute: Between | None = None
    rules: str = "browser: chrome\n"
    cookie: str = "sid"
    """Whose timeouts are told."""

    def flows(self) -> list[HTTPFlow]:
        """As a file has them: in the order of completion."""
        talk = Talk()
        self.build(talk)
        return by_completion(talk.flows)


def by_completion(flows: Sequence[HTTPFlow]) -> list[HTTPFlow]:
    def ended(flow: HTTPFlow) -> float:
        assert flow.response is not None
        return flow.response.timestamp_end or 0.0

    return sorted(flows, key=ended)


def said(sessions: Sequence[SessionSeen]) -> list[str]:
    """What a log has, in the words of the table."""
    places = {session.id: place for place, session in enumerate(sessions)}
    return [
        f"{session.end_cause} {'-' if session.ended is None else round(session.ended - session.started)} {session.requests}"
        + ("" if session.rotated_to is None else f" ->{places.get(session.rotated_to, 'nowhere')}")
        for session in sessions
    ]


def gaps(sessions: Sequence[SessionSeen], cookie: str = "sid", host: str = "shop.example") -> list[GapRow]:
    """What they show of the timeouts of one host and cookie."""
    return [
        GapRow(
            one.host,
            one.cookie.decode(),
            one.longest_gap,
            one.killing_gap,
            one.killing_age,
            one.last_seen - one.started,
            one.renewal,
            one.logged_in,
        )
        for one in sessions
        if (one.host, one.cookie.decode()) == (host, cookie)
    ]


def close_to(expected: str, got: str) -> bool:
    """The same, seconds to the second, and what the traffic does not tell left out."""
    wanted, given = expected.split(), got.split()
    cause, lifetime, requests, *link = given
    if cause != wanted[0] or wanted[2] not in ("?", requests) or (cause == "rotated" and link != wanted[3:]):
        return False
    if wanted[1] == "?":
        return True
    if "-" in (wanted[1], lifetime):
        return wanted[1] == lifetime
    return abs(int(wanted[1]) - int(lifetime)) <= 1


def within_a_second(expected: Between, got: Between) -> bool:
    return all(
        one is two if one is None or two is None else abs(one - two) <= 1
        for one, two in zip(expected, got, strict=True)
    )


def mistakes(given: Row) -> list[str]:
    """What the log has that is not true."""
    sessions = tracked(given.flows(), given.rules).sessions
    got = said(sessions)
    found = []
    if len(got) != len(given.expected) or not all(map(close_to, given.expected, got)):
        found.append(f"{got}, not {list(given.expected)}")
    shown = bounds(gaps(sessions, given.cookie))
    for name, expected, low, high in (
        ("idle", given.idle, shown.idle_low, shown.idle_high),
        ("absolute", given.absolute, shown.absolute_low, shown.absolute_high),
    ):
        if expected is not None and not within_a_second(expected, (low, high)):
            found.append(f"{name} timeout between {low} and {high}, not {expected}")
    back = {session.id: session for session in sessions}
    for session in sessions:
        if session.rotated_from is not None and back[session.rotated_from].rotated_to != session.id:
            found.append(f"{session.id} says that it took over from one that does not say so")
    return found
