"""Doubts that concern the whole file: lists nobody uses, clients that cannot be told apart, sections for later."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ..rules.plans import ReadyRule
from ..rules.problems import Problem, warning
from .model import RulesFile

_PLANNED = ("cookieless", "sessions", "findings")
_WEAK_KEYS = frozenset({"address", "user-agent"})


def lint_file(
    data: dict[str, Any], file: RulesFile | None, rules: Sequence[ReadyRule], used_lists: Collection[str]
) -> Iterator[Problem]:
    """What is doubtful in the file; `file` is None if its sections are wrong."""
    for key in _PLANNED:
        if data.get(key):
            yield warning((key,), f'"{key}" is understood but not carried out by this version', at_key=True)
    if file is None:
        return
    for name in file.lists:
        if name not in used_lists:
            yield warning(("lists", name), f'no rule uses the list "{name}"', at_key=True)
    yield from _weak_holds(file.clients, rules)
    yield from _browsers_without_clients(file)


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
