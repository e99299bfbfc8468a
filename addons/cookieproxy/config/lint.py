"""What concerns more than one rule or key: lists nobody uses, clients that cannot be told apart, the entries of `cookieless`."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from ..rules.plans import ReadyRule
from ..rules.problems import Problem, mistake, warning
from .contradictions import contradictions
from .cookieless import Cookieless
from .model import RulesFile
from .overlaps import Verdict, overlap

_WEAK_KEYS = frozenset({"address", "user-agent"})


def lint_file(file: RulesFile | None, rules: Sequence[ReadyRule], used_lists: Collection[str]) -> Iterator[Problem]:
    """What is doubtful in the file; `file` is None if its sections are wrong."""
    if file is None:
        return
    for name in file.lists:
        if name not in used_lists:
            yield warning(("lists", name), f'no rule uses the list "{name}"', at_key=True)
    yield from _weak_holds(file.clients, rules)
    yield from _browsers_without_clients(file)


def lint_cookieless(sections: Mapping[int, Cookieless], line_of: Callable[[int], int]) -> Iterator[Problem]:
    """What is wrong or doubtful in the entries of `cookieless` by their index, and between them.

    `line_of` tells where an entry stands.
    """
    for index, section in sections.items():
        for problem in contradictions(section):
            yield replace(problem, path=("cookieless", index, *problem.path))
    for (earlier, one), (later, other) in combinations(sections.items(), 2):
        found = overlap(one, other)
        place = ("cookieless", later, "match")
        both = f"this entry and the one of line {line_of(earlier)}"
        if found.verdict is Verdict.OVERLAPPING:
            yield mistake(
                place, f"{both} both match {found.where}: make them exclusive with except, or join them", at_key=True
            )
        elif found.verdict is Verdict.DOUBTFUL:
            yield warning(place, f"{both} may both match {found.where}: make them exclusive with except", at_key=True)


def _weak_holds(clients: Sequence[str], rules: Sequence[ReadyRule]) -> Iterator[Problem]:
    if not set(clients) <= _WEAK_KEYS:
        return
    for rule in rules:
        if rule.rule.says("hold"):
            yield warning(
                ("rules", rule.index, "hold"),
                f"clients are told apart by {' and '.join(clients)} alone: two browsers behind one address may share "
                "what is held; add proxy-user or header:NAME to clients",
                at_key=True,
            )


def _browsers_without_clients(file: RulesFile) -> Iterator[Problem]:
    """A client begins with its address, if `clients` says no more than the default."""
    if file.clients[0] != "address":
        return
    for pattern, _ in file.browsers:
        source = pattern.sources[0]
        if source[:1].isalpha() and " " not in source and ":" not in source:
            yield warning(
                ("browsers", source),
                f'a client begins with its address, like "127.0.0.1 Chrome/156 3fa9c1": did you mean "* {source}"?',
                at_key=True,
            )
