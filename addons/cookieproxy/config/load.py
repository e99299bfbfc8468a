"""From the octets of a rules file to its configuration, or to all its mistakes at once."""

from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ValidationError

from ..rules.engine import RuleSet
from ..rules.fields import CompileFilter, Surroundings
from ..rules.lint import lint
from ..rules.model import RULE, RuleBase
from ..rules.plans import ReadyRule
from ..rules.problems import Path, Problem, mistake, shown
from ..suffixes import host_to_ascii
from .configuration import Config, PlacedTest
from .cookieless import Cookieless, entries_of
from .lint import lint_cookieless, lint_file
from .mistakes import ConfigError, Mistake
from .model import RulesFile, list_sources
from .sessions import settings_of
from .source import BYTE_ORDER_MARK, MAX_BYTES, Source, read
from .words import problems_of

MAY_BE_EMPTY = frozenset({"browsers", "limits", "record", "lists", "rules", "cookieless", "sessions", "findings"})
"""Sections that may have a key and nothing below it."""
_MAY_BE_NULL = frozenset({"expect", "expect_cookie", "tests"})


def load_config(path: FilePath | str, compile_filter: CompileFilter | None = None) -> Config:
    """The configuration in a file. Raises ConfigError with every mistake; a file that cannot be read is one too."""
    file = str(path)
    try:
        with open(path, "rb") as opened:
            octets = opened.read(MAX_BYTES + len(BYTE_ORDER_MARK) + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        cause = error.strerror if isinstance(error, OSError) else error
        raise ConfigError((Mistake(file, 1, 1, f"the file cannot be read: {cause}"),)) from error
    return parse_config(octets, file, compile_filter)


def parse_config(data: bytes, file: str, compile_filter: CompileFilter | None = None) -> Config:
    """The configuration in these octets; `file` is what messages call it. Raises ConfigError with every mistake."""
    source = read(data, file)
    if not source.is_complete:
        raise _error(source, [])
    if source.data is not None and not isinstance(source.data, dict):
        problem = mistake((), f'expected keys like "rules:", not {shown(source.data)}')
        raise _error(source, [] if () in source.unreadable else [problem])
    return _Reading(source, source.data or {}, compile_filter).config()


class _Reading:
    """One file being made into its configuration."""

    def __init__(self, source: Source, data: dict[str, Any], compile_filter: CompileFilter | None) -> None:
        self._source = source
        self._data = data
        self._problems: list[Problem] = []
        self._told: set[Path] = set(source.unreadable)
        self._surroundings = Surroundings({}, set(), host_to_ascii, compile_filter)

    def config(self) -> Config:
        """The configuration. Raises ConfigError."""
        self._take_out_nulls(self._data, ())
        self._surroundings.lists.update(list_sources(self._data.get("lists")))
        rules = dict(self._items("rules", RULE))
        sections = dict(self._items("cookieless", Cookieless))
        file = self._validated(RulesFile, self._data, ())
        ready = [ReadyRule(index, rule) for index, rule in rules.items()]
        self._problems += lint(ready)
        self._problems += lint_cookieless(sections, self._line_of_entry)
        self._problems += lint_file(file, ready, self._surroundings.used_lists)
        if self._source.mistakes or any(problem.fatal for problem in self._problems):
            raise _error(self._source, self._problems)
        assert file is not None
        return self._config(file, tuple(rules.values()), tuple(sections.values()))

    def _config(self, file: RulesFile, rules: tuple[RuleBase, ...], sections: tuple[Cookieless, ...]) -> Config:
        return Config(
            browser=file.browser,
            browsers=file.browsers,
            limits=file.limits,
            enforce=file.enforce,
            clients=file.clients,
            record=file.record,
            on_store_failure=file.on_store_failure,
            rules=RuleSet(rules),
            cookieless=sections,
            entries=entries_of(sections),
            sessions=file.sessions,
            findings=file.findings,
            tracking=settings_of(file.sessions, file.findings),
            tests=tuple(self._tests(rules)),
            warnings=_placed(self._source, self._problems),
        )

    def _take_out_nulls(self, node: Any, path: Path) -> None:
        """Keys without a value are mistakes, except where nothing is a good answer; they are taken out either way."""
        for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
            place = (*path, key)
            if isinstance(value, dict | list):
                self._take_out_nulls(value, place)
            elif value is None and not _may_be_null(place):
                self._tell_null(place)
                if isinstance(node, dict):
                    del node[key]

    def _tell_null(self, path: Path) -> None:
        if path in self._told:
            return
        self._told.add(path)
        if len(path) == 1 and path[0] in MAY_BE_EMPTY:
            return
        hint = ": write none for SameSite=None, false to remove the attribute" if path[-1] == "samesite" else ""
        self._problems.append(mistake(path, f"a value is missing here{hint}"))

    def _items[M: BaseModel](self, key: str, model: type[M]) -> Iterator[tuple[int, M]]:
        """The items of a section that are right in themselves, by their index."""
        said = self._data.get(key)
        if not isinstance(said, list):
            return
        for index, item in enumerate(said):
            made = self._validated(model, item, (key, index))
            if made is not None:
                yield index, made
        self._data[key] = []

    def _line_of_entry(self, index: int) -> int:
        return self._source.place(("cookieless", index), at_key=False).line

    def _validated[M: BaseModel](self, model: type[M], value: Any, path: Path) -> M | None:
        """The value as that model; None if it is wrong, which is noted."""
        try:
            return model.model_validate(value, context=self._surroundings)
        except ValidationError as error:
            found = problems_of(error, model, path)
            self._problems += [problem for problem in found if not self._is_told(problem)]
            return None

    def _is_told(self, problem: Problem) -> bool:
        """True if it only follows from a mistake that is noted already."""
        paths = [problem.path[:length] for length in range(len(problem.path) + 1)]
        return any(path in self._told for path in paths)

    def _tests(self, rules: Iterable[RuleBase]) -> Iterator[PlacedTest]:
        for index, rule in enumerate(rules):
            for number, test in enumerate(rule.tests):
                place = self._source.place(("rules", index, "tests", number), at_key=False)
                where = Mistake(self._source.file, place.line, place.column, "")
                yield PlacedTest(rule.name or f"rules[{index}]", where, test)


def _may_be_null(path: Path) -> bool:
    return path[-1] in _MAY_BE_NULL or (len(path) > 1 and path[-2] == "expect")


def _error(source: Source, problems: Iterable[Problem]) -> ConfigError:
    fatal = _placed(source, (problem for problem in problems if problem.fatal))
    return ConfigError(tuple(sorted((*source.mistakes, *fatal))))


def _placed(source: Source, problems: Iterable[Problem]) -> tuple[Mistake, ...]:
    """Mistakes with line and column, in the order of the file, each once."""
    placed = []
    for problem in problems:
        place = source.place(problem.path, problem.at_key)
        placed.append(Mistake(source.file, place.line, place.column, problem.message))
    return tuple(sorted(set(placed)))
