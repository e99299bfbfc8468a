"""What a person sees while the proxy runs: one log line an event that matters, a comment and a marker on the flow.

Names, hosts and reasons, never values; wire text is printed with its controls escaped, and no longer than one can read. A line
comes once for each client, site, cookie and reason; the record has all of them.
"""

import logging
from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple

from mitmproxy.http import HTTPFlow

from ..core.events import Change, Event, EventKind, JarKind, Observation, SetCookieSeen
from ..core.outcome import RemovalCause
from ..core.syntax import wire_text

logger = logging.getLogger(__name__)

MARKER = ":cookie:"
MOST_TOLD = 20_000
"""Lines that are remembered so as not to be told again; beyond that the oldest may be."""
MOST_LINES = 20
"""Lines about one message; a hostile one could bring ten thousand."""
MOST_NAME_CHARACTERS = 80
MOST_LINE_CHARACTERS = 500
EVICTIONS = frozenset(cause.value for cause in RemovalCause if cause.is_eviction)
QUIET_REASONS = frozenset(("already-expired", "dropped-by-rule"))
REMARKS = frozenset((EventKind.HEADER_SIZE, EventKind.CLOCK_SKEW, EventKind.PERSISTENCE))
"""Events whose sentence says everything."""

DONE = {
    "add": "added",
    "cap": "shortened",
    "deletion": "deleted",
    "drop": "dropped",
    "hold": "held",
    "keep": "dropped",
    "rename": "renamed",
}
"""What a rule's action did to a cookie; any other changed it."""


class Line(NamedTuple):
    """One thing to say, without its client."""

    key: Hashable
    """Equal for what is said only once."""
    place: str
    said: str


class Notices:
    """Remembers what was told already."""

    def __init__(self) -> None:
        self._told: dict[int, None] = {}

    def tell(self, observations: Iterable[Observation], flow: HTTPFlow | None) -> None:
        """Log what matters and was not told before; put all that matters on the flow."""
        lines = [(each.client, line) for each in observations for line in _worth_telling(each)]
        if not lines:
            return
        new = [(client, line) for client, line in lines if self._first_time((client, line.key))]
        for client, line in new[:MOST_LINES]:
            logger.info(f"{clipped(f'{line.place}: {line.said}', MOST_LINE_CHARACTERS)} [{printable(client)}]")
        if len(new) > MOST_LINES:
            logger.info(f"{new[0][1].place}: … and {len(new) - MOST_LINES} more like these [{printable(new[0][0])}]")
        if flow is not None:
            _mark(flow, [clipped(f"{line.place}: {line.said}", MOST_LINE_CHARACTERS) for _, line in lines[:MOST_LINES]])

    def _first_time(self, key: Hashable) -> bool:
        """Hashes are remembered, not names: those may be long."""
        number = hash(key)
        if number in self._told:
            return False
        if len(self._told) >= MOST_TOLD:
            del self._told[next(iter(self._told))]
        self._told[number] = None
        return True


def _worth_telling(observation: Observation) -> Iterator[Line]:
    if isinstance(observation, Event):
        if _matters(observation):
            key = (*_key(observation), observation.cookie, observation.rule)
            yield Line(key, _place(observation, observation.cookie), _said_of_event(observation))
    elif isinstance(observation, SetCookieSeen):
        place = _place(observation, observation.name)
        if observation.event is EventKind.IGNORED and observation.reason not in QUIET_REASONS:
            yield Line((*_key(observation), observation.name), place, f"refused: {observation.sentence}")
        for change in observation.changes:
            key = (*_key(observation), observation.name, change.rule, change.action)
            yield Line(key, place, _said_of_change(change))


def _matters(event: Event) -> bool:
    if event.event is EventKind.REMOVED:
        return event.reason in EVICTIONS
    return event.event in (EventKind.MISSING, EventKind.CHANGED) or event.event in REMARKS


def _key(observation: Event | SetCookieSeen) -> tuple[Hashable, ...]:
    return (observation.site, observation.event, observation.reason)


def _said_of_change(change: Change) -> str:
    done = DONE.get(change.action, "changed")
    would = "would be " if change.observed else ""
    return f"{would}{done} by rule {_quoted(change.rule)}"


def _said_of_event(event: Event) -> str:
    if event.event is EventKind.CHANGED and event.rule is not None:
        if event.reason == "observed":
            return f"would be changed by rule {_quoted(event.rule)}"
        return f"{DONE.get(event.reason or '', 'changed')} by rule {_quoted(event.rule)}"
    sentence = printable(event.sentence or event.reason or "")
    if event.event in REMARKS:
        return sentence
    held = " from what the proxy holds" if event.jar is JarKind.HELD else ""
    if event.event is EventKind.REMOVED:
        by = f" {_name(event.by)} took its place." if event.by else ""
        return f"evicted{held}: {sentence}{by}"
    return f"{DONE.get(event.reason or '', event.event.value)}{held}: {sentence}"


def _place(observation: Event | SetCookieSeen, name: bytes | None) -> str:
    host = printable(observation.host)
    return host if name is None else f"{host} {_name(wire_text(name))}"


def _name(text: str) -> str:
    return clipped(printable(text[: MOST_NAME_CHARACTERS + 1]), MOST_NAME_CHARACTERS) or "(nameless)"


def _quoted(rule: str) -> str:
    return f'"{clipped(printable(rule), MOST_NAME_CHARACTERS)}"'


def printable(text: str) -> str:
    """The text with everything escaped that a terminal might obey or nobody can see."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def clipped(text: str, most: int) -> str:
    """The text, or its beginning if it is longer than that many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _mark(flow: HTTPFlow, lines: list[str]) -> None:
    """A comment that says what happened, and a marker by which flows can be filtered (`~marked`, `~comment`)."""
    said = flow.comment.splitlines()
    said += [line for line in dict.fromkeys(lines) if line not in said]
    flow.comment = "\n".join(said[:MOST_LINES])
    if not flow.marked:
        flow.marked = MARKER
