"""What a person sees while the proxy runs: one log line an event that matters, a comment and a marker on the flow.

Names, hosts and reasons, never values; wire text is printed with its controls escaped. A line comes once for each client, site,
cookie and reason, and is counted after that.
"""

import logging
from collections.abc import Hashable, Iterable

from mitmproxy.http import HTTPFlow

from ..core.events import Event, EventKind, JarKind, Observation, SetCookieSeen
from ..core.outcome import RemovalCause
from ..core.syntax import wire_text

logger = logging.getLogger(__name__)

MARKER = ":cookie:"
MAX_TOLD = 20_000
MAX_COMMENT_LINES = 20
EVICTIONS = frozenset(cause.value for cause in RemovalCause if cause.is_eviction)
QUIET_REASONS = frozenset(("already-expired", "dropped-by-rule"))
LOUD = frozenset(
    (EventKind.MISSING, EventKind.CHANGED, EventKind.HEADER_SIZE, EventKind.CLOCK_SKEW, EventKind.PERSISTENCE)
)


class Notices:
    """Remembers what was told already."""

    def __init__(self) -> None:
        self._told: dict[Hashable, int] = {}

    def tell(self, observations: Iterable[Observation], flow: HTTPFlow | None) -> None:
        """Log what matters and was not told before; put all that matters on the flow."""
        lines = [line for each in observations for line in self._lines(each)]
        if lines and flow is not None:
            _mark(flow, [line for _, line in lines])

    def _lines(self, observation: Observation) -> list[tuple[Hashable, str]]:
        lines = list(_worth_telling(observation))
        for key, line in lines:
            if self._first_time(key):
                logger.info(line)
        return lines

    def _first_time(self, key: Hashable) -> bool:
        count = self._told.get(key, 0)
        if not count and len(self._told) >= MAX_TOLD:
            del self._told[next(iter(self._told))]
        self._told[key] = count + 1
        return not count

    def counts(self) -> dict[Hashable, int]:
        """How often each line would have been logged."""
        return dict(self._told)


def _worth_telling(observation: Observation) -> Iterable[tuple[Hashable, str]]:
    if isinstance(observation, Event):
        if _matters(observation):
            yield _key(observation, observation.cookie, observation.rule), _event_line(observation)
    elif isinstance(observation, SetCookieSeen):
        if observation.event is EventKind.IGNORED and observation.reason not in QUIET_REASONS:
            yield _key(observation, observation.name, None), _refusal_line(observation)
        for change in observation.changes:
            verb = "would change it" if change.observed else "changed it"
            line = f"{_place(observation, observation.name)}: {change.action}: rule {printable(change.rule)!r} {verb}"
            yield (_key(observation, observation.name, change.rule), change.action), line


def _matters(event: Event) -> bool:
    if event.event is EventKind.REMOVED:
        return event.reason in EVICTIONS
    return event.event in LOUD


def _key(observation: Event | SetCookieSeen, name: bytes | None, rule: str | None) -> Hashable:
    return (observation.client, observation.site, name, observation.event, observation.reason, rule)


def _event_line(event: Event) -> str:
    place = _place(event, event.cookie)
    if event.event is EventKind.CHANGED and event.rule is not None:
        verb = "would change it" if event.reason == "observed" else "changed it"
        return f"{place}: rule {printable(event.rule)!r} {verb}"
    by = f" It made room for {printable(event.by)}." if event.by and event.event is EventKind.REMOVED else ""
    jar = " (held by the proxy)" if event.jar is JarKind.HELD else ""
    word = "evicted" if event.event is EventKind.REMOVED else event.event.value
    return f"{place}: {word}{jar}: {printable(event.sentence or event.reason or '')}{by}"


def _refusal_line(seen: SetCookieSeen) -> str:
    return f"{_place(seen, seen.name)}: refused ({seen.reason}): {seen.sentence}"


def _place(observation: Event | SetCookieSeen, name: bytes | None) -> str:
    cookie = "" if name is None else f" cookie {printable(wire_text(name)) or '(nameless)'}"
    return f"{printable(observation.client)} {observation.host}{cookie}"


def printable(text: str) -> str:
    """The text with everything escaped that a terminal might obey or nobody can see."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _mark(flow: HTTPFlow, lines: list[str]) -> None:
    """A comment that says what happened, and a marker by which flows can be filtered (`~marked`, `~comment`)."""
    said = flow.comment.splitlines()
    said += [line for line in lines if line not in said]
    flow.comment = "\n".join(said[:MAX_COMMENT_LINES])
    if not flow.marked:
        flow.marked = MARKER
