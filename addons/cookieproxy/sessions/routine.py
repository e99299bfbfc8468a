"""Exchanges that are like one before in everything that matters to sessions: they count, and nothing else has to be looked at.

Applications are asked the same things by the same clients again and again, with the same cookies and the same answers. What was
made of the first of these is remembered; of the others only the time is new. Knows when that is safe, decides nothing itself.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from ..core.events import EventKind, Observation, RequestSeen, SetCookieSeen
from .exchanges import Exchange
from .findings import Finding, Findings
from .knowledge import HostKnowledge
from .logins import looks_like_login, looks_like_logout
from .session import MOST_PATHS, RECENT_GAPS, Session
from .urls import ids_in, may_have_id

MOST_ROUTINES = 4_000
MOST_SEEN_ONCE = 20_000
REMEMBERED_OCTETS = 1_024
"""Longer targets are not remembered."""
REPEATABLE = frozenset(
    (
        *("plain-http", "missing-secure", "missing-httponly", "missing-samesite", "scope-wide"),
        *("lifetime-long", "sensitive-value", "duplicate-name", "attribute-downgrade"),
    )
)
"""Findings that an exchange repeats if it is like one before, whatever its path."""
READING = frozenset(("GET", "HEAD"))

type Likeness = tuple[object, ...]
"""Equal for exchanges that are alike."""


_PART = re.compile(
    rb"\.(?:png|jpe?g|gif|webp|avif|svg|ico|css|m?js|map|woff2?|ttf|otf|eot|mp[34]|webm|ogg|pdf|zip|wasm|webmanifest)\Z",
    re.IGNORECASE,
)
"""Endings of what is no page: servers give it to everybody, and most without looking at the session."""


class Page(NamedTuple):
    """What a target alone tells."""

    path: bytes
    number: int
    """As pages are remembered."""
    is_part: bool
    """True if it is a picture, a style sheet or the like, by its ending."""
    is_ordinary: bool
    """True unless it is such a part, or about logging in or out, or has an id in it."""


def page_of(target: bytes) -> Page:
    """What a target alone tells."""
    return _page_of(target) if len(target) <= REMEMBERED_OCTETS else _page_of.__wrapped__(target)


@lru_cache(maxsize=8_192)
def _page_of(target: bytes) -> Page:
    path = target.partition(b"?")[0]
    is_part = _PART.search(path) is not None
    is_ordinary = not (is_part or looks_like_login(path) or looks_like_logout(target) or ids_in(target))
    return Page(path, crc32(path), is_part, is_ordinary)


class Routine(NamedTuple):
    """What was made of an exchange that may come again."""

    sessions: tuple[Session, ...]
    """That its request carried."""
    renewed: tuple[tuple[Session, int], ...]
    """Those of them whose cookie its response set again, each with the place of the field among what was observed."""
    values: tuple[bytes, ...]
    """Of the sessions' cookies; they must not be in the target."""
    findings: tuple[Finding, ...]


def likeness(
    client: str, host: str, scheme: str, cookie: bytes, destination: bytes, observed: Sequence[Observation]
) -> Likeness | None:
    """What exchanges have in common that are alike; None if this one is like no other."""
    alike: list[object] = [client, host, scheme, cookie, destination]
    for seen in observed:
        kind = type(seen)
        if kind is SetCookieSeen:
            if seen.event is not EventKind.REPLACED:  # type: ignore[union-attr]  # the type was just asked for
                return None
            alike.append(seen.field)  # type: ignore[union-attr]  # likewise
            alike.append(seen.passed)  # type: ignore[union-attr]  # likewise
        elif kind is not RequestSeen:
            return None
    return tuple(alike)


class Routines:
    """Those of one tracker."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._known: dict[Likeness, Routine] = {}
        self._seen_once: set[int] = set()
        """Hashes of what was looked at once: most of it never comes again, and is not worth remembering."""

    def clear(self) -> None:
        """Other rules are in force."""
        self._known.clear()

    def is_second(self, alike: Likeness) -> bool:
        """True if an exchange like this one was looked at before."""
        number = hash(alike)
        if number in self._seen_once:
            return True
        if len(self._seen_once) >= MOST_SEEN_ONCE:
            self._seen_once.clear()
        self._seen_once.add(number)
        return False

    def repeat(
        self,
        alike: Likeness,
        host: HostKnowledge,
        target: bytes,
        asked: float,
        answered: float,
        flow_id: str | None,
        observed: Sequence[Observation],
    ) -> Sequence[Session] | None:
        """Count an exchange that is like one before, and give its sessions; None if it has to be looked at."""
        routine = self._known.get(alike)
        if routine is None:
            return None
        page = page_of(target)
        if not page.is_ordinary or host.is_login(page.path) or differs_by_case(page.path, host.paths.values()):
            return None
        number = page.number
        for session in routine.sessions:
            if not _is_routine(session, number, asked):
                return None
            if session.rotated_from is not None and not session.logged_in and host.is_protected(number):
                return None
        if may_have_id(target) and any(value in target for value in routine.values):
            return None
        is_public = host.is_public(number) and not host.is_protected(number)
        for session, place in routine.renewed:
            _renew(session, observed[place], asked)
        if len(routine.renewed) < len(routine.sessions):
            _note_unrenewed(routine, asked)
        for session in routine.sessions:
            session.requests += 1
            if answered > session.answered:
                session.answered = answered
            if asked <= session.last_seen:
                continue  # answered later than one that was asked later
            if number in session.paths:
                session.paths[number] = asked
            session.note_overrun(asked)
            session.recent = (*session.recent[1 - RECENT_GAPS :], asked - session.last_seen)
            session.last_seen = asked
            if not (session.logged_in and is_public):
                session.proven = asked
                age = asked - session.started
                if age > session.known.oldest:
                    session.known.oldest = age
        for finding in routine.findings:
            self._findings.repeat(finding, answered, flow_id)
        return routine.sessions

    def learn(self, alike: Likeness, exchange: Exchange, carried: Sequence[Session], found: Sequence[Finding]) -> None:
        """An exchange was looked at from which nothing came but what an exchange like it would repeat."""
        if any(finding.key.code not in REPEATABLE for finding in found):
            return
        by_name = {session.key.name: session for session in carried}
        renewed = []
        for place, seen in enumerate(exchange.seen):
            if type(seen) is SetCookieSeen and (session := by_name.get(seen.name)) is not None:
                renewed.append((session, place))
        values = tuple(value for name, value in exchange.pairs if name in by_name)
        if len(self._known) >= MOST_ROUTINES:
            self._known.clear()
        self._known[alike] = Routine(tuple(carried), tuple(renewed), values, tuple(dict.fromkeys(found)))


def differs_by_case(path: bytes, paths: Iterable[bytes]) -> bool:
    """True if a path begins like one of these but for upper and lower case."""
    for said in paths:
        begin = path[: len(said)]
        if begin != said and begin.lower() == said.lower():
            return True
    return False


def _is_routine(session: Session, number: int, asked: float) -> bool:
    """True if nothing new can come of this use of it."""
    if (
        session.ended is not None
        or session.pending_login is not None
        or session.tells_logout is not None
        or session.inherited
        or session.pending_gap
        or session.doubtful_gap > session.longest_gap
    ):
        return False
    if asked - session.last_seen > session.longest_gap:
        return False
    return number in session.paths or len(session.paths) >= MOST_PATHS


def _note_unrenewed(routine: Routine, asked: float) -> None:
    renewed = {id(session) for session, _ in routine.renewed}
    for session in routine.sessions:
        if session.expiry is not None and id(session) not in renewed:
            session.not_renewed(asked)


def _renew(session: Session, seen: Observation, asked: float) -> None:
    session.renewed(asked, seen.expiry if type(seen) is SetCookieSeen else None)
