"""`hold`: the proxy keeps the cookie and adds it upstream; the browser never sees it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..drafts import Fate, FieldDraft, PairDraft
from ..facts import Facts
from ..fields import OnlyTrue
from ..problems import Problem
from .base import Action

if TYPE_CHECKING:
    from ..model import RuleBase as Rule


class Hold(Action):
    """Diverts a cookie to the held jar; what the browser sends under its name goes no further."""

    key = "hold"
    help = "true: the proxy keeps the cookie and adds it upstream; the browser never sees it."
    form = OnlyTrue

    @classmethod
    def build(cls, said: Any, rule: "Rule") -> "Hold":
        """There is nothing to say about it."""
        return cls()

    def apply_to_field(self, draft: FieldDraft, facts: Facts) -> None:
        """The field goes into the held jar."""
        draft.fate = Fate.HOLD

    def apply_to_pair(self, draft: PairDraft, facts: Facts) -> None:
        """The pair is taken out: the held jar speaks for it."""
        draft.fate = Fate.HOLD

    def lint(self, rule: "Rule") -> Iterator[Problem]:
        """Nothing of its own; what tells clients apart is the file's business."""
        yield from ()
