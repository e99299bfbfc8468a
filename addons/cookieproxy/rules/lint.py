"""What is wrong or doubtful in rules that are well-formed: in one of them, and between them."""

from collections.abc import Iterator, Sequence

from .actions import Drop, Hold
from .collisions import collisions
from .facts import Direction
from .plans import ReadyRule
from .problems import Path, Problem, mistake, shown, warning
from .promises import promises
from .relations import holds_wherever, hosts_overlap, names_overlap, no_host_at_all


def lint(rules: Sequence[ReadyRule]) -> Iterator[Problem]:
    """Mistakes and warnings, each with its path in the file."""
    for rule in rules:
        for problem in _of_one(rule, rules):
            yield Problem(("rules", rule.index, *problem.path), problem.message, problem.at_key, problem.fatal)
    yield from collisions(rules)
    yield from _drops_after_holds(rules)
    yield from _behind_a_stop(rules)
    yield from _same_names(rules)


def _of_one(rule: ReadyRule, rules: Sequence[ReadyRule]) -> Iterator[Problem]:
    for action in rule.actions:
        yield from action.lint(rule.rule)
    yield from promises(rule, rules)
    yield from _filters(rule)
    yield from _in_vain(rule)


def _filters(rule: ReadyRule) -> Iterator[Problem]:
    """Filters on responses, where requests are judged by them."""
    if not any(Direction.REQUEST in action.directions & rule.rule.match.directions for action in rule.actions):
        return
    for section, conditions in (("match", rule.rule.match), ("except", rule.rule.except_)):
        said = conditions.when if conditions is not None else None
        if said is not None and said.response_operators:
            operator = said.response_operators[0]
            yield mistake(
                (section, "when"),
                f"~{operator} looks at the response, which is not there yet when requests pass: "
                "say direction: response in match",
            )


def _in_vain(rule: ReadyRule) -> Iterator[Problem]:
    """Rules and actions that can never do anything."""
    said = rule.rule
    if not rule.actions and not said.stop:
        yield warning((), "this rule does nothing: it has no action")
    for action in rule.actions:
        if not action.directions & said.match.directions:
            (direction,) = said.match.directions
            yield warning((action.key,), f'"{action.key}" does nothing where direction is {direction}', at_key=True)
    if no_host_at_all(said.match):
        yield warning(("match", "host"), "the rule never applies: no such host lies below site")
    if said.except_ is not None and not said.except_.is_empty and holds_wherever(said.except_, said.match):
        yield warning(("except",), "the rule never applies: except holds wherever match does", at_key=True)
    if said.stop and rule.observe:
        yield warning(("stop",), "a rule that only observes stops nothing", at_key=True)


def _drops_after_holds(rules: Sequence[ReadyRule]) -> Iterator[Problem]:
    holds = [rule for rule in rules if any(isinstance(action, Hold) for action in rule.actions) and not rule.observe]
    for rule in rules if holds else ():
        if not any(isinstance(action, Drop) for action in rule.actions) or rule.observe:
            continue
        for hold in holds:
            if hold.index <= rule.index and _may_meet(hold, rule):
                yield warning(
                    _path(rule, "drop"), f"drop after hold: {shown(hold.label)} holds this cookie", at_key=True
                )
                break


def _may_meet(one: ReadyRule, other: ReadyRule) -> bool:
    if one.index == other.index:
        return True
    first, second = one.rule.match, other.rule.match
    return (
        bool(first.directions & second.directions)
        and hosts_overlap(first, second) is True
        and names_overlap(first.cookie, second.cookie) is True
    )


def _behind_a_stop(rules: Sequence[ReadyRule]) -> Iterator[Problem]:
    stops = [rule for rule in rules if rule.stop and (rule.rule.except_ is None or rule.rule.except_.is_empty)]
    for rule in rules if stops else ():
        only_adds = all(action.per_message for action in rule.actions)
        for stop in stops:
            if stop.index < rule.index and not only_adds and holds_wherever(stop.rule.match, rule.rule.match):
                yield warning(_path(rule), f"the rule never applies: {shown(stop.label)} stops all its cookies")
                break


def _same_names(rules: Sequence[ReadyRule]) -> Iterator[Problem]:
    seen: set[str] = set()
    for rule in rules:
        if rule.rule.name is not None and rule.rule.name in seen:
            yield warning(_path(rule, "name"), "another rule has this name: logs cannot tell them apart")
        seen.add(rule.label)


def _path(rule: ReadyRule, *below: str) -> Path:
    return ("rules", rule.index, *below)
