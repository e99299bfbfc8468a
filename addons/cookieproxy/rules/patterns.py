"""Patterns on names, values, hosts, paths and clients: exact, glob, `~regex`, a list of these, or `{list: NAME}`.

A glob knows `*` (any text, also none) and `?` (one character) and nothing else; a regular expression is searched,
not anchored. Wire bytes are matched as text (`core.syntax.wire_text`). Cookie names and values are case-sensitive,
hosts are not.
"""

import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema

from .fields import TEXT_SCHEMA, Surroundings, every, text
from .problems import did_you_mean, refuse, shown

_WILD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Several patterns of which any may hold."""

    sources: tuple[str, ...]
    """As written, lists filled in, hosts in canonical form."""
    exact: frozenset[str]
    others: tuple[re.Pattern[str], ...]
    """The globs and regular expressions, to be searched."""

    def matches(self, candidate: str) -> bool:
        """True if any of the patterns holds."""
        return candidate in self.exact or any(other.search(candidate) for other in self.others)

    @property
    def is_everything(self) -> bool:
        """True if nothing escapes it."""
        return any(source and not source.strip("*") for source in self.sources)

    @property
    def is_exact(self) -> bool:
        """True if it is nothing but whole words."""
        return not self.others


def is_regex(source: str) -> bool:
    """True for `~regex`."""
    return source.startswith("~")


def is_glob(source: str) -> bool:
    """True if it has a wild card."""
    return not is_regex(source) and _WILD.search(source) is not None


def pattern_of(sources: Iterable[str], fold_case: bool = False) -> Pattern:
    """The pattern of these, which are known to be good."""
    sources = tuple(sources)
    fold = re.IGNORECASE if fold_case else re.NOFLAG
    exact = {source for source in sources if not is_regex(source) and not is_glob(source)}
    others = [
        _compile(source[1:], fold) if is_regex(source) else re.compile(glob_to_regex(source), fold | re.DOTALL)
        for source in sources
        if source not in exact
    ]
    return Pattern(sources, frozenset(word.lower() for word in exact) if fold_case else frozenset(exact), tuple(others))


def glob_to_regex(glob: str) -> str:
    """A regular expression for the whole of what the glob covers."""
    parts = {"*": ".*", "?": "."}
    stars_folded = re.sub(r"\*+", "*", glob)
    return r"\A" + "".join(parts.get(character) or re.escape(character) for character in stars_folded) + r"\Z"


def one_pattern(value: object) -> str:
    """The source of one pattern, checked."""
    source = text(value)
    if not is_regex(source):
        return source
    if source == "~":
        refuse('the regular expression after "~" is empty')
    try:
        _compile(source[1:])
    except (re.error, RecursionError, OverflowError) as error:
        reason = error.msg if isinstance(error, re.error) else "too large"
        refuse(f"{shown(source)} is not a regular expression: {reason}")
    return source


def _compile(expression: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    with warnings.catch_warnings(action="ignore"):
        return re.compile(expression, flags)


def sources_of(value: object, info: ValidationInfo, check: Callable[[object], str] = one_pattern) -> list[str]:
    """The sources of a pattern, a list of patterns or `{list: NAME}`; all mistakes at once."""

    def each(item: object) -> list[str]:
        return _listed(item, info.context, check) if isinstance(item, dict) else [check(item)]

    if not isinstance(value, list):
        return each(value)
    if not value:
        refuse("the list is empty")
    return [source for sources in every(value, each) for source in sources]


def _listed(reference: dict[Any, Any], context: Surroundings | None, check: Callable[[object], str]) -> list[str]:
    if set(reference) != {"list"}:
        refuse("expected a pattern, a list of patterns or {list: NAME}")
    name = text(reference["list"])
    lists = context.lists if context is not None else {}
    if name not in lists:
        refuse(f"unknown list {shown(name)}{did_you_mean(name, lists)}")
    if context is not None:
        context.used_lists.add(name)
    return [check(source) for source in lists[name]]


def _text_pattern(value: object, info: ValidationInfo) -> Pattern:
    return pattern_of(sources_of(value, info))


_ITEM: dict[str, Any] = {
    "anyOf": [
        TEXT_SCHEMA,
        {
            "type": "object",
            "properties": {"list": {"type": "string", "description": "The name of one of the `lists`."}},
            "required": ["list"],
            "additionalProperties": False,
        },
    ]
}
PATTERN_SCHEMA: dict[str, Any] = {"anyOf": [*_ITEM["anyOf"], {"type": "array", "items": _ITEM, "minItems": 1}]}

TextPattern = Annotated[Pattern, PlainValidator(_text_pattern), WithJsonSchema(PATTERN_SCHEMA)]
"""A pattern on names, values, paths or clients: case-sensitive."""
