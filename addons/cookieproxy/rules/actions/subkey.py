"""`subkey`: one sub-key of a value like `userName=patrick&lastVisit=today`, every other byte as it was (R7).

Sub-keys stand between `&`, name and value of one between `=`; a value in quotes has them between the quotes. Names are compared
to the byte: what the application escapes is written here as it escapes it.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from ...core.syntax import with_value
from ..drafts import FieldDraft, PairDraft
from ..facts import Direction, Facts
from ..fields import TEXT_SCHEMA, Section, every, field_text, mapping
from ..problems import Problem, mistake, refuse, shown, warning
from .base import RESPONSES, Action

if TYPE_CHECKING:
    from ..model import RuleBase as Rule

_UNFIT_IN_NAME = re.compile(r"[&=\s]")


def _name(value: object) -> str:
    said = field_text(value)
    if not said:
        refuse("the sub-key's name is empty")
    if found := _UNFIT_IN_NAME.search(said):
        refuse(f"{shown(found[0])} cannot stand in the name of a sub-key")
    return said


def _value(value: object) -> str:
    said = field_text(value)
    if "&" in said:
        refuse('a "&" ends a sub-key: write %26 if the application reads it so')
    if said != said.strip():
        refuse("white space at its ends does not survive in a cookie")
    return said


def _names(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(every(value if isinstance(value, list) else [value], _name)))


class SubkeyForms(Section):
    """Sub-keys of a value like `a=1&b=2`."""

    set: Annotated[
        dict[str, str] | None,
        PlainValidator(lambda value: mapping(value, _name, _value)),
        WithJsonSchema({"type": "object", "additionalProperties": TEXT_SCHEMA}),
    ] = Field(None, description="Sub-keys to write.")
    remove: Annotated[
        tuple[str, ...] | None,
        PlainValidator(_names),
        WithJsonSchema({"anyOf": [TEXT_SCHEMA, {"type": "array", "items": TEXT_SCHEMA}]}),
    ] = Field(None, description="Sub-keys to remove.")


class Subkey(Action):
    """Writes and removes sub-keys."""

    key = "subkey"
    help = "{set: {k: v}, remove: [k]}: sub-keys of a value like a=1&b=2; on requests if `direction` says so."
    form = SubkeyForms

    def __init__(self, said: SubkeyForms, directions: frozenset[Direction]) -> None:
        self.said = said
        self.directions = directions
        self.removed = frozenset(name.encode() for name in said.remove or ())
        self.written = tuple((name.encode(), value.encode()) for name, value in (said.set or {}).items())

    @classmethod
    def build(cls, said: Any, rule: "Rule") -> "Subkey":
        """On responses, unless the rule has a `direction`."""
        return cls(said, RESPONSES if rule.match.direction is None else rule.match.directions)

    def apply_to_field(self, draft: FieldDraft, facts: Facts) -> None:
        """Writes the new value in the place of the old."""
        draft.field = with_value(draft.field, self.edited(draft.field.value))

    def apply_to_pair(self, draft: PairDraft, facts: Facts) -> None:
        """Writes the new value in the place of the old."""
        draft.value = self.edited(draft.value)

    def edited(self, value: bytes) -> bytes:
        """The value with and without these sub-keys; the same bytes if that is so already."""
        if len(value) >= 2 and value[:1] == value[-1:] == b'"':
            return b'"' + self._edited(value[1:-1]) + b'"'
        return self._edited(value)

    def _edited(self, value: bytes) -> bytes:
        pieces = value.split(b"&") if value else []
        if self.removed:
            pieces = [piece for piece in pieces if _name_of(piece) not in self.removed]
        for name, text in self.written:
            pieces = with_subkey(pieces, name, text)
        return b"&".join(pieces)

    def lint(self, rule: "Rule") -> Iterator[Problem]:
        """Nothing to do; one sub-key set and removed."""
        if not self.written and not self.removed:
            yield warning(("subkey",), "no sub-key is set or removed", at_key=True)
        for name in self.said.set or {}:
            if name.encode() in self.removed:
                yield mistake(("subkey", "set", name), f"{shown(name)} is set and removed", at_key=True)


def with_subkey(pieces: list[bytes], name: bytes, text: bytes) -> list[bytes]:
    """The sub-keys with this one: the first of its name edited in place, later ones gone, appended if there is none."""
    found = [place for place, piece in enumerate(pieces) if _name_of(piece) == name]
    whole = name + b"=" + text
    if not found:
        return [*pieces, whole]
    later = frozenset(found[1:])
    return [whole if place == found[0] else piece for place, piece in enumerate(pieces) if place not in later]


def _name_of(piece: bytes) -> bytes:
    return piece.partition(b"=")[0]
