"""How often what happened since the proxy started: by kind of event, and by rule, with what each rule did last.

Counts observations as they are handed over to be written, whatever then becomes of them. Bounded; knows no store.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..core.events import Event, EventKind, Observation, RequestSeen, SetCookieSeen

MOST_RULES = 20_000
"""Of all the files that were in force."""


@dataclass(slots=True)
class RuleTally:
    """What one rule did."""

    hits: int = 0
    """Changes that it made."""
    observed: int = 0
    """Changes that it would have made."""
    last: Event | SetCookieSeen | None = None
    """Where its last one stands."""


class Tally:
    """The counts of one proxy."""

    def __init__(self, since: float) -> None:
        self.since = since
        """Unix seconds of the start."""
        self.requests = 0
        """That had cookies, or should have had some."""
        self.events: Counter[tuple[str, str]] = Counter()
        """By kind and reason; an empty reason for none."""
        self.rules: dict[str, RuleTally] = {}

    def take(self, observations: Iterable[Observation]) -> None:
        """Count these."""
        events = self.events
        for each in observations:
            kind = type(each)
            if kind is RequestSeen:
                self.requests += 1
                for pair in each.pairs:  # type: ignore[union-attr]  # the type was just asked for
                    events[pair.event, pair.reason or ""] += 1
            elif kind is SetCookieSeen:
                events[each.event, each.reason or ""] += 1  # type: ignore[union-attr]  # likewise
                for change in each.changes:  # type: ignore[union-attr]  # likewise
                    self._count(change.rule, change.observed, each)  # type: ignore[arg-type]  # likewise
            elif kind is Event:
                events[each.event, each.reason or ""] += 1  # type: ignore[union-attr]  # likewise
                if each.event is EventKind.CHANGED and each.rule is not None:  # type: ignore[union-attr]  # likewise
                    self._count(each.rule, each.reason == "observed", each)  # type: ignore[union-attr, arg-type]  # likewise

    def _count(self, rule: str, observed: bool, seen: Event | SetCookieSeen) -> None:
        tally = self.rules.get(rule)
        if tally is None:
            if len(self.rules) >= MOST_RULES:
                self.rules.clear()
            tally = self.rules[rule] = RuleTally()
        if observed:
            tally.observed += 1
        else:
            tally.hits += 1
        tally.last = seen
