"""`set`: attributes and the value, to the letter: what means it already is not touched (R14)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...core.syntax import SetCookie
from ..drafts import FieldDraft
from ..facts import Facts
from ..problems import Problem, warning
from .attributes import Moment, SetForms, set_attribute, set_value
from .base import RESPONSES, Action

if TYPE_CHECKING:
    from ..model import RuleBase as Rule


class Set(Action):
    """Writes or removes attributes, or writes the value."""

    key = "set"
    help = "Attributes or the value: what to write; false removes an attribute."
    form = SetForms
    directions = RESPONSES

    def __init__(self, said: SetForms) -> None:
        self.said = said
        self.steps = tuple((name, getattr(said, name)) for name in said.order)

    @classmethod
    def build(cls, said: Any, rule: "Rule") -> "Set":
        """Writes them in the order of the rule."""
        return cls(said)

    def apply_to_field(self, draft: FieldDraft, facts: Facts) -> None:
        """Edits the field, attribute by attribute."""
        field = draft.field
        for name, value in self.steps:
            field = set_value(field, value) if name == "value" else set_attribute(field, name, value, facts)
        draft.field = field

    def is_steady(self, field: SetCookie) -> bool:
        """An Expires counts from now; nothing else does."""
        return not any(isinstance(value, Moment) for _, value in self.steps)

    def lint(self, rule: "Rule") -> Iterator[Problem]:
        """Nothing to set; a Path that browsers ignore."""
        if not self.steps:
            yield warning(("set",), "nothing is set", at_key=True)
        if isinstance(self.said.path, str) and not self.said.path.startswith("/"):
            yield warning(("set", "path"), "browsers ignore a Path that does not begin with /")
