"""What is wrong or doubtful in rules that are well-formed: in one of them, and between them."""

from collections.abc import Iterator, Sequence

from .plans import ReadyRule
from .problems import Problem


def lint(rules: Sequence[ReadyRule]) -> Iterator[Problem]:
    """Mistakes and warnings, each with its path in the file."""
    for rule in rules:
        for action in rule.actions:
            for problem in action.lint(rule.rule):
                yield Problem(("rules", rule.index, *problem.path), problem.message, problem.at_key, problem.fatal)
