"""`replace`: text in a cookie's value.

An exact or glob pattern covers the whole value, which becomes the text; a `~regex` replaces each place it finds,
and the text may take up its groups as `\\1` or `\\g<name>`. Bytes outside the places stay as they are, whatever
their encoding.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ...core.syntax import with_value
from ..drafts import FieldDraft, PairDraft
from ..facts import Direction, Facts
from ..fields import FieldText, Section
from ..patterns import Pattern, TextPattern, is_regex, pattern_of
from ..problems import Problem, mistake, shown
from .base import Action

if TYPE_CHECKING:
    from ..model import RuleBase as Rule

_REFERENCE = re.compile(r"\\(?:([0-9]{1,2})|g<(\w+)>|(.?))", re.DOTALL)


class ReplaceForms(Section):
    """What to find and what to write."""

    find: TextPattern = Field(description="The whole value as text or glob, or the places that a ~regex finds.")
    with_: FieldText = Field(alias="with", description=r"The text to write; after a ~regex, \1 is its first group.")


class Replace(Action):
    """Changes text in values."""

    key = "replace"
    help = "{find: PATTERN, with: TEXT}: text in the value; on requests if `direction` says so."
    form = ReplaceForms

    def __init__(self, said: ReplaceForms, directions: frozenset[Direction]) -> None:
        self.said = said
        self.directions = directions
        self.text = said.with_
        self.regexes = [regex for regex in said.find.others if regex.pattern in _regex_sources(said.find)]
        self.whole = pattern_of(source for source in said.find.sources if not is_regex(source))

    @classmethod
    def build(cls, said: Any, rule: "Rule") -> "Replace":
        """On responses, unless the rule has a `direction`."""
        directions = frozenset({Direction.RESPONSE}) if rule.match.direction is None else rule.match.directions
        return cls(said, directions)

    def apply_to_field(self, draft: FieldDraft, facts: Facts) -> None:
        """Writes the new value in the place of the old."""
        draft.field = with_value(draft.field, self.replaced(draft.field.value))

    def apply_to_pair(self, draft: PairDraft, facts: Facts) -> None:
        """Writes the new value in the place of the old."""
        draft.value = self.replaced(draft.value)

    def replaced(self, value: bytes) -> bytes:
        """The value with the text in place of what was found; the same bytes if nothing was."""
        text, encoding = _decoded(value)
        if self.whole.matches(text):
            return self.text.encode()
        for regex in self.regexes:
            value = self._substituted(regex, text, encoding)
            text, encoding = _decoded(value)
        return value

    def _substituted(self, regex: re.Pattern[str], text: str, encoding: str) -> bytes:
        pieces, end = [], 0
        for found in regex.finditer(text):
            pieces += [text[end : found.start()].encode(encoding), self._expanded(found, encoding)]
            end = found.end()
        return b"".join([*pieces, text[end:].encode(encoding)])

    def _expanded(self, found: re.Match[str], encoding: str) -> bytes:
        pieces, end = [], 0
        for reference in _REFERENCE.finditer(self.text):
            pieces += [self.text[end : reference.start()].encode(), _referred(found, reference).encode(encoding)]
            end = reference.end()
        return b"".join([*pieces, self.text[end:].encode()])

    def lint(self, rule: "Rule") -> Iterator[Problem]:
        """References to groups that no expression has."""
        for regex in self.regexes:
            for reference in _REFERENCE.finditer(self.text):
                if not _is_known(regex, reference):
                    yield mistake(
                        ("replace", "with"), f"{shown(reference[0])} is no group of {shown('~' + regex.pattern)}"
                    )


def _regex_sources(pattern: Pattern) -> set[str]:
    return {source[1:] for source in pattern.sources if is_regex(source)}


def _decoded(value: bytes) -> tuple[str, str]:
    try:
        return value.decode(), "utf-8"
    except UnicodeDecodeError:
        return value.decode("latin-1"), "latin-1"


def _referred(found: re.Match[str], reference: re.Match[str]) -> str:
    if reference[3] is not None:
        return reference[3]
    return found[int(reference[1]) if reference[1] else _group(reference[2])] or ""


def _group(name: str) -> int | str:
    return int(name) if name.isascii() and name.isdigit() else name


def _is_known(regex: re.Pattern[str], reference: re.Match[str]) -> bool:
    if reference[3] is not None:
        return reference[3] == "\\"
    group = int(reference[1]) if reference[1] else _group(reference[2])
    return group in regex.groupindex if isinstance(group, str) else group <= regex.groups
