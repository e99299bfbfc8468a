"""`scripts/cookies explain`: what each browser does with a Set-Cookie, and why."""

from collections.abc import Iterator, Sequence

from ..config import Config, ConfigError, parse_config
from ..core.profiles import PROFILES, Profile
from ..core.syntax import wire_text
from ..exchange.explain import Explanation, Question, explain
from ..report.explained import explanation_fields
from ..report.meaning import meaning
from ..suffixes import load
from .arguments import Arguments
from .output import Refused, remark, write_json
from .rulesfile import default_rules, read_rules
from .tables import Cell, Column, Table, show

COLUMNS = (Column("browser", wraps=False), Column("outcome", wraps=False), Column("why, or what it means"))
STYLES = {
    "stored": "green",
    "replaced": "green",
    "removed": "yellow",
    "ignored": "red",
    "held": "cyan",
    "dropped": "red",
}


def run(arguments: Arguments) -> int:
    """Ask every browser."""
    config = _config(arguments)
    profiles = [config.profile(name) for name in arguments.browsers or PROFILES]
    question = _question(arguments)
    answers = [(profile, explain(question, config.rules, profile, load())) for profile in profiles]
    if arguments.json:
        write_json(explanation_fields(profile, each) for profile, found in answers for each in found)
    else:
        _show(answers, arguments)
    return 0


def _question(arguments: Arguments) -> Question:
    at, caused_by = arguments.url, arguments.caused_by
    return Question(
        arguments.over or at.scheme,
        at.host,
        at.path,
        tuple(arguments.given),
        arguments.now,
        None if caused_by is None else caused_by.source,
    )


# -- rules -------------------------------------------------------------------------------------------------------------


def _config(arguments: Arguments) -> Config:
    """The rules named; else the default ones if there are any and they are good. Conditions on flows never hold here."""
    if arguments.without_rules or (arguments.rules is None and not default_rules().exists()):
        return Config.empty()
    octets, name = read_rules(arguments.rules)
    try:
        config = parse_config(octets, name)
    except ConfigError as error:
        for mistake in error.mistakes:
            remark(str(mistake))
        if arguments.rules is not None:
            raise Refused(f"{name} is not good, so nothing can be explained by it.") from error
        remark(f"{name} is not good: explained as if there were no rules.")
        return Config.empty()
    return config


# -- showing -----------------------------------------------------------------------------------------------------------


def _show(answers: Sequence[tuple[Profile, list[Explanation]]], arguments: Arguments) -> None:
    """One table a field, under what rules made of it, which is the same for all browsers."""
    for index in range(len(answers[0][1])):
        if index:
            print()
        rows = [_cells(profile, found[index], arguments.now) for profile, found in answers]
        show(Table(COLUMNS, rows, tuple(_heading(answers[0][1][index]))))


def _heading(each: Explanation) -> Iterator[str]:
    """The field, and what rules made of it."""
    if each.before is not None:
        yield f"given  {wire_text(each.before)}"
    if each.rules:
        after = "does not reach the browser" if each.after is None else wire_text(each.after)
        yield f"after  {after}   ({_named(each.rules)})"
    if each.observing:
        yield f"       {_named(each.observing)} would change it (mode: observe)"


def _named(rules: Sequence[str]) -> str:
    return ", ".join(f'rule "{rule}"' for rule in rules)


def _cells(profile: Profile, each: Explanation, now: float) -> tuple[Cell, ...]:
    return (
        Cell(profile.name, "bold"),
        Cell(each.ending.value, STYLES.get(each.ending.value, "")),
        Cell(_why(profile, each, now)),
    )


def _why(profile: Profile, each: Explanation, now: float) -> str:
    parts = [f"{each.reason}: {each.sentence}" if each.reason else each.sentence or ""]
    if each.cookie is not None:
        parts.append(meaning(each.cookie, profile, now, each.capped))
    if each.evicts:
        parts.append(f"evicts {', '.join(map(wire_text, each.evicts))}")
    return " ".join(part for part in parts if part)
