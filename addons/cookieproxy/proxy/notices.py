"""What a person sees while the proxy runs: one log line an event that matters, a comment and a marker on the flow.

Names, hosts and reasons, never values; wire text is printed with its controls escaped, and no longer than one can read. A line
comes once for each client, site, cookie and reason; the record has all of them.
"""

import logging
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from mitmproxy.http import HTTPFlow

from ..core.events import Change, Event, EventKind, JarKind, Observation, RequestSeen, SetCookieSeen
from ..core.outcome import CookielessReason, RemovalCause
from ..core.syntax import wire_text

logger = logging.getLogger(__name__)

MARKER = ":cookie:"
MOST_TOLD = 20_000
"""Lines that are remembered so as not to be told again; beyond that the oldest may be."""
MOST_SAID = 500
MOST_LINES = 20
"""Lines about one message; a hostile one could bring ten thousand."""
MOST_NAMES = 20
"""Cookies named in one line, of which the same is to be said."""
MOST_NAME_CHARACTERS = 80
MOST_SENTENCE_CHARACTERS = 500
EVICTIONS = frozenset(cause.value for cause in RemovalCause if cause.is_eviction)
QUIET_REASONS = frozenset(("already-expired", "dropped-by-rule"))
QUIET_SESSIONS = frozenset((CookielessReason.STARTED.value, CookielessReason.RENEWED.value))
"""The everyday life of sessions whose id is in the URL."""
REMARKS = frozenset((EventKind.HEADER_SIZE, EventKind.CLOCK_SKEW, EventKind.PERSISTENCE, EventKind.COOKIELESS))
"""Events whose sentence says everything."""
OBSERVED = "observed"

DONE = {
    "add": "added",
    "cap": "shortened",
    "deletion": "deleted",
    "drop": "dropped",
    "header": "header changed",
    "hold": "kept from the browser",
    "keep": "dropped",
    "pack": "packed",
    "rename": "renamed",
    "seal": "sealed",
}
"""What a rule's action did to a cookie; any other changed it."""


class Line(NamedTuple):
    """One thing to say of one cookie, or of no cookie in particular."""

    key: Hashable
    """Equal for what is said only once."""
    client: str
    host: str
    name: str | None
    said: str


class Said(NamedTuple):
    """What there is to say of one message."""

    lines: tuple[Line, ...]
    texts: tuple[str, ...]
    """The lines as a person reads them."""


class Notices:
    """Remembers what was told already."""

    def __init__(self) -> None:
        self._told: dict[int, None] = {}
        self._said: dict[Hashable, Said] = {}
        """Of messages whose like was there before: servers set the same cookies again and again."""

    def tell(self, observations: Iterable[Observation], flow: HTTPFlow | None) -> None:
        """Log what matters and was not told before; put all that matters on the flow."""
        lines, texts = self._of(observations)
        if not lines:
            return
        new = [line for line in lines if self._first_time(line.key)]
        if new:
            client = printable(lines[0].client)
            for text in _joined(new):
                logger.info(f"{text} [{client}]")
        if flow is not None:
            _mark(flow, texts)

    def _of(self, observations: Iterable[Observation]) -> Said:
        alike = _likeness(observations)
        if alike is not None and (known := self._said.get(alike)) is not None:
            return known
        lines = tuple([line for each in observations for line in _worth_telling(each)])
        said = Said(lines, tuple(_joined(lines)))
        if alike is not None:
            if len(self._said) >= MOST_SAID:
                self._said.clear()
            self._said[alike] = said
        return said

    def _first_time(self, key: Hashable) -> bool:
        """Hashes are remembered, not names: those may be long."""
        number = hash(key)
        if number in self._told:
            return False
        if len(self._told) >= MOST_TOLD:
            del self._told[next(iter(self._told))]
        self._told[number] = None
        return True


def _likeness(observations: Iterable[Observation]) -> Hashable | None:
    """Equal for messages of which the same is to be said; None for one that tells of more than its cookies being set or sent."""
    alike: list[Hashable] = []
    for each in observations:
        kind = type(each)
        if kind is SetCookieSeen:
            if each.event is EventKind.IGNORED:  # type: ignore[union-attr]  # the type was just asked for
                return None
            alike += (each.client, each.host, each.name, each.changes)  # type: ignore[union-attr]  # likewise
        elif kind is not RequestSeen:
            return None
    return tuple(alike)


def _joined(lines: Iterable[Line]) -> list[str]:
    """As text, cookies of which the same is to be said together."""
    names: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        named = names.setdefault((line.host, line.said), [])
        if line.name is not None:
            named.append(line.name)
    texts = [f"{host}{_listed(named)}: {said}" for (host, said), named in islice(names.items(), MOST_LINES)]
    if len(names) > MOST_LINES:
        texts.append(f"{next(iter(names))[0]}: … and {len(names) - MOST_LINES} more things like these")
    return texts


def _listed(names: list[str]) -> str:
    if not names:
        return ""
    shown = dict.fromkeys(names)
    more = f" and {len(shown) - MOST_NAMES} more" if len(shown) > MOST_NAMES else ""
    return f" {', '.join(islice(shown, MOST_NAMES))}{more}"


def _worth_telling(observation: Observation) -> Iterator[Line]:
    if isinstance(observation, Event):
        if _matters(observation):
            yield _line(observation, observation.cookie, _key_of_event(observation), _said_of_event(observation))
    elif isinstance(observation, SetCookieSeen):
        if observation.event is EventKind.IGNORED and observation.reason not in QUIET_REASONS:
            yield _line(observation, observation.name, observation.reason, f"refused: {observation.sentence}")
        for change in observation.changes:
            action = OBSERVED if change.observed else change.action
            yield _line(observation, observation.name, (change.rule, action), _said_of_change(change))


def _line(observation: Event | SetCookieSeen, name: bytes | None, key: Hashable, said: str) -> Line:
    shown = None if name is None else _name(wire_text(name))
    return Line(
        (observation.client, observation.site, name, key), observation.client, printable(observation.host), shown, said
    )


def _matters(event: Event) -> bool:
    if event.event is EventKind.REMOVED:
        return event.reason in EVICTIONS
    if event.event is EventKind.COOKIELESS:
        return event.reason not in QUIET_SESSIONS
    return event.event in (EventKind.MISSING, EventKind.CHANGED) or event.event in REMARKS


def _key_of_event(event: Event) -> Hashable:
    """A rule's change of a cookie is one thing, whichever way the cookie goes."""
    return (event.event, event.reason) if event.rule is None else (event.rule, event.reason)


def _said_of_change(change: Change) -> str:
    done = DONE.get(change.action, "changed")
    return f"{'would be ' if change.observed else ''}{done} by rule {_quoted(change.rule)}"


def _said_of_event(event: Event) -> str:
    if event.event is EventKind.CHANGED and event.rule is not None:
        done = "would be changed" if event.reason == OBSERVED else DONE.get(event.reason or "", "changed")
        return f"{done} by rule {_quoted(event.rule)}"
    sentence = clipped(printable(event.sentence or event.reason or ""), MOST_SENTENCE_CHARACTERS)
    if event.event in REMARKS:
        return sentence
    held = " from what the proxy holds" if event.jar is JarKind.HELD else ""
    if event.event is EventKind.REMOVED:
        by = f" for {_name(event.by)}" if event.by else ""
        return f"evicted{held}{by}: {sentence}"
    return f"{DONE.get(event.reason or '', event.event.value)}{held}: {sentence}"


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


def _mark(flow: HTTPFlow, lines: Sequence[str]) -> None:
    """A comment that says what happened, and a marker by which flows can be filtered (`~marked`, `~comment`)."""
    said = flow.comment.splitlines() if flow.comment else []
    said += [line for line in dict.fromkeys(lines) if line not in said]
    flow.comment = "\n".join(said[:MOST_LINES])
    if not flow.marked:
        flow.marked = MARKER
