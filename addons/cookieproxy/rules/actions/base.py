"""What an action is: a class with the form of its value in rules.yaml, its help, what it does, and what is doubtful
about it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from ...core.syntax import SetCookie
from ..drafts import FieldDraft, PairDraft
from ..facts import BOTH, Direction, Facts
from ..problems import Problem

if TYPE_CHECKING:
    from ..model import RuleBase as Rule

RESPONSES = frozenset({Direction.RESPONSE})


class Action(ABC):
    """One action of one rule."""

    key: ClassVar[str]
    """Its key in a rule."""
    help: ClassVar[str]
    """What it does, in a sentence for help texts and editors."""
    form: ClassVar[Any]
    """The annotated type of its value."""
    directions: frozenset[Direction] = BOTH
    """Where it can do something; a rule's `direction` narrows it."""
    per_message: ClassVar[bool] = False
    """True if it is done once a message, not for each cookie."""

    @classmethod
    @abstractmethod
    def build(cls, said: Any, rule: "Rule") -> "Action":
        """The action of a value that has the right form."""

    def apply_to_field(self, draft: FieldDraft, facts: Facts) -> None:
        """Does it to a cookie on its way to the browser."""
        return

    def is_steady(self, field: SetCookie) -> bool:
        """True if it does the same each time to a field of these octets, whatever the facts: what it did is remembered."""
        return True

    def apply_to_pair(self, draft: PairDraft, facts: Facts) -> None:
        """Does it to a cookie on its way to the application."""
        return

    def undo(self, new_name: bytes) -> bytes | None:
        """The application's name of a cookie that this action would have called `new_name`; None if it made no such name."""
        return None

    def lint(self, rule: "Rule") -> Iterator[Problem]:
        """What is wrong or doubtful about it in this rule, each with its path below the rule."""
        yield from ()
