"""Rules made ready for the traffic: what of them can be settled once a host, once a name, and what is left for each
cookie.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..core.syntax import SetCookie
from .actions import ACTIONS, Action, Add, Rename
from .conditions import Check
from .facts import Direction
from .model import RuleBase
from .subject import Subject


class Step(NamedTuple):
    """What one rule does to cookies of one name in one direction."""

    label: str
    checks: tuple[Check, ...]
    actions: tuple[Action, ...]
    observe: bool
    stop: bool

    def applies(self, subject: Subject) -> bool:
        """True if all that was left to ask holds."""
        for check in self.checks:  # noqa: SIM110 - a generator costs twice as much, once a cookie and rule
            if not check(subject):
                return False
        return True

    def is_steady(self, field: SetCookie) -> bool:
        """True if it is the octets of this field alone that it depends on."""
        return not self.checks and all(action.is_steady(field) for action in self.actions)


type Plan = tuple[Step, ...]


class ReadyRule:
    """A rule with its actions, in the order in which they were written."""

    def __init__(self, index: int, rule: RuleBase) -> None:
        self.index = index
        self.rule = rule
        self.label = rule.name or f"rules[{index}]"
        said = [key for key in rule.order if key in ACTIONS]
        self.actions = tuple(ACTIONS[key].build(getattr(rule, key), rule) for key in said)
        self.observe = rule.mode == "observe"
        self.stop = rule.stop and not self.observe
        self._checks = rule.match.checks()
        except_ = rule.except_
        self._except = None if except_ is None or except_.is_empty else except_
        self._except_checks = () if self._except is None else self._except.checks()

    def host_holds(self, host: str) -> bool:
        """True if it can apply on this host."""
        return self.rule.match.host_holds(host)

    def excepts_host(self, host: str) -> bool:
        """True if what its `except` says of hosts holds on this one."""
        return self._except is not None and self._except.host_holds(host)

    def renames(self) -> Iterator[Rename]:
        """Its renames, unless it only observes."""
        for action in self.actions:
            if isinstance(action, Rename) and not self.observe:
                yield action

    def adds(self, excepted_host: bool, direction: Direction) -> Iterator[tuple[Step, Add]]:
        """What it adds to messages of that direction."""
        checks = self._remaining(excepted_host, None, direction)
        for action in self.actions:
            if isinstance(action, Add) and direction in action.directions and checks is not None:
                yield Step(self.label, checks, (action,), self.observe, False), action

    def step(self, excepted_host: bool, name: bytes, direction: Direction) -> Step | None:
        """What it does to a cookie of that name; None if it cannot apply or would do nothing."""
        actions = tuple(action for action in self.actions if direction in action.directions and not action.per_message)
        if not (actions or self.stop) or not self.rule.match.name_holds(name):
            return None
        checks = self._remaining(excepted_host, name, direction)
        return None if checks is None else Step(self.label, checks, actions, self.observe, self.stop)

    def is_about(self, excepted_host: bool, name: bytes) -> bool:
        """True if it may apply to cookies of that name in some message."""
        return self.rule.match.name_holds(name) and self._remaining(excepted_host, name, None) is not None

    def made(self, excepted_host: bool, new_name: bytes) -> bytes | None:
        """The application's name if this rule gives cookies this new name."""
        for rename in self.renames():
            old = rename.undo(new_name)
            if old is not None and self._remaining(excepted_host, old, None) is not None:
                return old
        return None

    def _remaining(
        self, excepted_host: bool, name: bytes | None, direction: Direction | None
    ) -> tuple[Check, ...] | None:
        """The checks that are left; None if the rule is settled not to apply."""
        if direction is not None and direction not in self.rule.match.directions:
            return None
        if self._except is None or not excepted_host:
            return self._checks
        if direction is not None and direction not in self._except.directions:
            return self._checks
        if name is not None and not self._except.name_holds(name):
            return self._checks
        if not self._except_checks:
            return None if self._is_excepted(direction) else self._checks
        return (*self._checks, self._not_excepted)

    def _is_excepted(self, direction: Direction | None) -> bool:
        """True if `except` needs no more than what is settled; an undo asks for no direction."""
        return direction is not None or self._except is None or self._except.direction is None

    def _not_excepted(self, subject: Subject) -> bool:
        return not all(check(subject) for check in self._except_checks)


def ready(rules: Iterable[RuleBase]) -> tuple[ReadyRule, ...]:
    """The rules of a file, in its order."""
    return tuple(ReadyRule(index, rule) for index, rule in enumerate(rules))
