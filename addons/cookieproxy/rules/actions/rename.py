"""`rename`: another name towards the browser, undone on the way up.

The template holds the new name; `{name}` in it stands for the application's. From the new name and the rule's
`cookie` condition the old one must follow: that is what makes the undo possible without any memory.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from ...core.syntax import wire_text
from ..drafts import FieldDraft
from ..facts import Facts
from ..fields import TEXT_SCHEMA, TOKEN, text
from ..patterns import Pattern
from ..problems import Problem, mistake, refuse, shown, warning
from .base import RESPONSES, Action

if TYPE_CHECKING:
    from ..model import RuleBase as Rule

_PLACE = "{name}"


def _template(value: object) -> str:
    said = text(value)
    if not said:
        refuse("the new name is empty")
    rest = said.replace(_PLACE, "")
    found = re.search(r"\{[^}]*\}?", rest)
    if found is not None:
        refuse(f"{shown(found[0])} stands for nothing, did you mean {_PLACE}?")
    unfit = TOKEN.sub("", rest)
    if unfit:
        refuse(f"{shown(unfit[0])} cannot stand in a name")
    return said


class Rename(Action):
    """Gives cookies another name on the way to the browser."""

    key = "rename"
    help = "A new name towards the browser, undone on the way up; {name} is the old name."
    form = Annotated[str, PlainValidator(_template), WithJsonSchema(TEXT_SCHEMA)]
    directions = RESPONSES

    def __init__(self, template: str, names: Pattern | None) -> None:
        self.template = template
        self.pieces = [piece.encode() for piece in template.split(_PLACE)]
        """What stands before, between and after the places of the old name."""
        self.names = names

    @classmethod
    def build(cls, said: Any, rule: "Rule") -> "Rename":
        """Renames what the rule's `cookie` condition matches."""
        return cls(said, rule.match.cookie)

    @property
    def is_fixed(self) -> bool:
        """True if every cookie gets the same name."""
        return len(self.pieces) == 1

    @property
    def only_name(self) -> bytes | None:
        """The one name that the rule is about, if it is one."""
        if self.names is None or not self.names.is_exact or len(self.names.exact) != 1:
            return None
        return next(iter(self.names.exact)).encode()

    def new_name(self, name: bytes) -> bytes:
        """What a cookie of that name is called towards the browser."""
        return name.join(self.pieces)

    def apply_to_field(self, draft: FieldDraft, facts: Facts) -> None:
        """The browser gets the new name."""
        new = self.new_name(draft.name)
        draft.new_name = None if new == draft.name else new

    def undo(self, new_name: bytes) -> bytes | None:
        """The old name, if the template and the `cookie` condition allow exactly this one."""
        old = self.only_name if self.is_fixed else self._old_name(new_name)
        if old is None or old == new_name or self.new_name(old) != new_name:
            return None
        return old if self.names is None or self.names.matches(wire_text(old)) else None

    def _old_name(self, new_name: bytes) -> bytes | None:
        """What must stand in the places: all of them hold the same, so its length is known."""
        places = len(self.pieces) - 1
        length, rest = divmod(len(new_name) - sum(map(len, self.pieces)), places)
        if length < 0 or rest:
            return None
        return new_name[len(self.pieces[0]) : len(self.pieces[0]) + length]

    def lint(self, rule: "Rule") -> Iterator[Problem]:
        """Several names must not become one; a prefix makes promises."""
        if self.is_fixed and self.only_name is None:
            yield mistake(
                ("rename",),
                f"several cookies would get the name {shown(self.template)} and could not be told apart on the way up: "
                f"name one cookie in match, or use {_PLACE}",
            )
            return
        if self.only_name is not None and self.new_name(self.only_name) == self.only_name:
            yield warning(("rename",), "this is the name it has already")
