"""Header fields of a message set and removed by rules, once a message (R4, R9).

A rule applies to a message if its conditions do; conditions on a cookie hold if they hold for any one of the message's cookies.
Without them in `match`, an `except` with them spares the messages that carry such a cookie. Knows no field by name.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ..core.events import Change
from .actions import Header
from .actions.header import SCOPES
from .conditions import Check, Conditions
from .facts import Direction, Facts
from .plans import ReadyRule
from .subject import PairSubject, Subject

type Fields = tuple[tuple[bytes, bytes], ...]
type Edit = tuple[bytes, bytes | None]
"""Name and text of a header field, None to remove it."""


class HeaderVerdict(NamedTuple):
    """What rules made of the header fields of a message."""

    edits: tuple[Edit, ...] = ()
    """What has to be done, in this order."""
    changes: tuple[Change, ...] = ()


NOTHING = HeaderVerdict()


class Condition(NamedTuple):
    """A `match` or an `except`, as far as it is not settled by host and direction."""

    said: Conditions
    checks: tuple[Check, ...]

    @property
    def asks_for_cookie(self) -> bool:
        """True if it can only hold for a cookie."""
        return not (self.said.cookie is None and self.said.value is None and self.said.has is None)

    def holds(self, name: bytes, subject: Subject) -> bool:
        """True if it holds for this cookie, or for a message that has none."""
        return self.said.name_holds(name) and all(check(subject) for check in self.checks)


class HeaderStep(NamedTuple):
    """What one rule does to messages of one direction."""

    label: str
    match: Condition
    spare: Condition | None
    edits: tuple[Edit, ...]
    observe: bool

    def applies(self, cookies: Sequence[tuple[bytes, Subject]], message: Subject) -> bool:
        """True if the conditions hold for the message with these cookies."""
        if self.match.asks_for_cookie:
            return any(self.match.holds(*cookie) and not self._spares(*cookie) for cookie in cookies)
        if not self.match.holds(b"", message):
            return False
        if self.spare is not None and self.spare.asks_for_cookie:
            return not any(self.spare.holds(*cookie) for cookie in cookies)
        return not self._spares(b"", message)

    def _spares(self, name: bytes, subject: Subject) -> bool:
        return self.spare is not None and self.spare.holds(name, subject)


def header_steps(rules: Iterable[tuple[ReadyRule, bool]], direction: Direction) -> tuple[HeaderStep, ...]:
    """The steps of these rules, each with whether what its `except` says of hosts holds, in that direction."""
    steps = []
    for rule, excepted_host in rules:
        match, spare = rule.rule.match, rule.rule.except_
        for action in rule.actions:
            if not isinstance(action, Header) or direction not in action.directions:
                continue
            spares = spare is not None and not spare.is_empty and excepted_host and direction in spare.directions
            condition = Condition(spare, spare.checks()) if spare is not None and spares else None
            steps.append(
                HeaderStep(rule.label, Condition(match, match.checks()), condition, action.edits, rule.observe)
            )
    return tuple(steps)


def edit_headers(
    steps: Iterable[HeaderStep],
    fields: Fields,
    cookies: Sequence[tuple[bytes, Subject]],
    facts: Facts,
    scopes: Callable[[], bytes],
    observe: bool,
) -> HeaderVerdict:
    """What these steps make of a message with these fields and these cookies by name; `scopes` is the text of `{cookies}`."""
    message = PairSubject(facts, b"", b"", lambda name: None)
    edits: list[Edit] = []
    changes: list[Change] = []
    for step in steps:
        if not step.applies(cookies, message):
            continue
        for name, text in step.edits:
            written = text if text is None or SCOPES not in text else text.replace(SCOPES, scopes()).strip() or None
            edited = with_header(fields, name, written)
            if edited is fields:
                continue
            observed = observe or step.observe
            changes.append(Change(step.label, Header.key, _told(fields, name), _told(edited, name), observed))
            if not observed:
                fields = edited
                edits.append((name, written))
    return HeaderVerdict(tuple(edits), tuple(changes)) if changes else NOTHING


def with_header(fields: Fields, name: bytes, text: bytes | None) -> Fields:
    """The fields with one of this name and text, where and as the first one was spelled, or without any; the same if that is so."""
    places = [index for index, (key, _) in enumerate(fields) if len(key) == len(name) and key.lower() == name.lower()]
    if not places:
        return fields if text is None else (*fields, (name, text))
    if text is not None and len(places) == 1 and fields[places[0]][1] == text:
        return fields
    first, gone = places[0], frozenset(places)
    kept = [field for index, field in enumerate(fields) if index not in gone]
    if text is not None:
        kept.insert(first, (fields[first][0], text))
    return tuple(kept)


def _told(fields: Fields, name: bytes) -> bytes | None:
    """The header in the form of a pair, which is what is masked where values are not kept; it may be a credential."""
    values = [value for key, value in fields if key.lower() == name.lower()]
    return name + b"=" + b", ".join(values).replace(b";", b"%3B") if values else None
