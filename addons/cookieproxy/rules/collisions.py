"""Renames that would give two cookies of an application one name towards the browser, which nobody could tell
apart.

Where the conditions decide it, it is a mistake; where they only allow it, a warning. The rules are looked up by the
names they are about, so that a file of a thousand renames is still read at once.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

from ..core.syntax import wire_text
from .actions import Rename
from .plans import ReadyRule
from .problems import Problem, mistake, shown, warning
from .relations import hosts_overlap


class _Renaming(NamedTuple):
    rule: ReadyRule
    rename: Rename

    @property
    def is_open(self) -> bool:
        """True if it is about names that the file does not list."""
        return self.rename.names is None or not self.rename.names.is_exact

    @property
    def listed(self) -> list[tuple[str, str]]:
        """The names that the file lists, each with its new one."""
        names = sorted(self.rename.names.exact) if self.rename.names is not None else []
        made = [(name, wire_text(self.rename.new_name(name.encode()))) for name in names]
        return [(old, new) for old, new in made if new != old]

    def takes(self, name: str) -> bool:
        """True if it makes this name, and would leave the application's own cookie of this name as it is."""
        names = self.rename.names
        return names is not None and not names.matches(name) and self.rename.undo(name.encode()) is not None


def collisions(rules: Sequence[ReadyRule]) -> Iterator[Problem]:
    """What is wrong between the renames of a file, and between them and other rules."""
    renamings = [_Renaming(rule, rename) for rule in rules for rename in rule.renames()]
    if renamings:
        yield from _between_listed(renamings)
        yield from _between_open(renamings)
        yield from _onto_others(renamings, rules)


def _between_listed(renamings: Sequence[_Renaming]) -> Iterator[Problem]:
    """Two rules that make one name of two names in the file."""
    makers: dict[str, dict[str, list[_Renaming]]] = defaultdict(lambda: defaultdict(list))
    for renaming in renamings:
        for old, new in renaming.listed:
            makers[new][old].append(renaming)
    for new, by_old in makers.items():
        for some, others in combinations(by_old.values(), 2):
            yield from _pairs(some, others, new)


def _pairs(some: Sequence[_Renaming], others: Sequence[_Renaming], new: str) -> Iterator[Problem]:
    for one in some:
        for other in others:
            if one.rule.index != other.rule.index:
                earlier, later = sorted((one, other), key=lambda renaming: renaming.rule.index)
                yield from _one_name(earlier, later, f"gives another cookie the name {shown(new)} too", True)


def _between_open(renamings: Sequence[_Renaming]) -> Iterator[Problem]:
    """A template for any names that could make what another rule makes."""
    for later in renamings:
        for earlier in renamings:
            if not later.is_open or earlier.rule.index == later.rule.index:
                continue
            if earlier.is_open:
                if earlier.rule.index < later.rule.index and _templates_meet(earlier.rename, later.rename):
                    yield from _one_name(earlier, later, "may give another cookie the same name", False)
                continue
            for old, new in earlier.listed:
                if later.rename.undo(new.encode()) not in (None, old.encode()):
                    yield from _one_name(earlier, later, f"gives another cookie the name {shown(new)} too", True)


def _templates_meet(one: Rename, other: Rename) -> bool:
    """True if templates for any names could make one name of two."""
    if one.pieces == other.pieces or one.is_fixed or other.is_fixed:
        return False
    first, second = one.pieces[0], other.pieces[0]
    last, end = one.pieces[-1], other.pieces[-1]
    return (first.startswith(second) or second.startswith(first)) and (last.endswith(end) or end.endswith(last))


def _one_name(earlier: _Renaming, later: _Renaming, what: str, by_name: bool) -> Iterator[Problem]:
    hosts = hosts_overlap(earlier.rule.rule.match, later.rule.rule.match)
    if hosts is not False:
        message = f"{shown(earlier.rule.label)} {what}: the two could not be told apart on the way up"
        yield _problem(later, message, by_name and hosts is True)


def _onto_others(renamings: Sequence[_Renaming], rules: Sequence[ReadyRule]) -> Iterator[Problem]:
    """New names that another rule matches: that rule is in vain, or two cookies become one."""
    by_name: dict[str, list[ReadyRule]] = defaultdict(list)
    by_pattern: list[ReadyRule] = []
    for rule in rules:
        names = rule.rule.match.cookie
        for name in names.exact if names is not None else ():
            by_name[name].append(rule)
        if names is not None and names.others and not names.is_everything:
            by_pattern.append(rule)
    for renaming in renamings:
        candidates = by_name if renaming.is_open else {new: () for _, new in renaming.listed if new in by_name}
        for name in candidates:
            if renaming.takes(name):
                yield from _onto(renaming, by_name[name], name, True)
        for _, new in renaming.listed if by_pattern else ():
            yield from _onto(renaming, [rule for rule in by_pattern if _finds(rule, new)], new, False)


def _finds(rule: ReadyRule, name: str) -> bool:
    names = rule.rule.match.cookie
    return names is not None and any(other.search(name) for other in names.others)


def _onto(renaming: _Renaming, others: Sequence[ReadyRule], name: str, by_name: bool) -> Iterator[Problem]:
    for rule in others:
        if rule.index == renaming.rule.index:
            continue
        hosts = hosts_overlap(renaming.rule.rule.match, rule.rule.match)
        if hosts is not False:
            message = (
                f"{shown(rule.label)} matches the new name {shown(name)}: it is about the application's own cookie "
                "of that name, and the browser would have both under one"
            )
            yield _problem(renaming, message, by_name and hosts is True)
            return


def _problem(renaming: _Renaming, message: str, surely: bool) -> Problem:
    path = ("rules", renaming.rule.index, "rename")
    return mistake(path, message) if surely else warning(path, message)
