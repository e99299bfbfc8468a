"""`keep`: of the cookies the rule matches, only those with these names pass."""

from typing import TYPE_CHECKING, Any

from ...core.syntax import wire_text
from ..drafts import Fate, FieldDraft, PairDraft
from ..facts import Facts
from ..patterns import Pattern, TextPattern
from .base import Action

if TYPE_CHECKING:
    from ..model import RuleBase as Rule


class Keep(Action):
    """Takes every other cookie out of the message."""

    key = "keep"
    help = "Names or patterns: matching cookies with other names than these do not pass."
    form = TextPattern

    def __init__(self, names: Pattern) -> None:
        self.names = names

    @classmethod
    def build(cls, said: Any, rule: "Rule") -> "Keep":
        """Keeps the names of that pattern."""
        return cls(said)

    def apply_to_field(self, draft: FieldDraft, facts: Facts) -> None:
        """The browser gets no such field."""
        self._apply(draft)

    def apply_to_pair(self, draft: PairDraft, facts: Facts) -> None:
        """The application gets no such pair."""
        self._apply(draft)

    def _apply(self, draft: FieldDraft | PairDraft) -> None:
        if not self.names.matches(wire_text(draft.name)):
            draft.fate = Fate.DROP
