"""`drop`: the cookie does not pass, in one direction or in both."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from ..drafts import Fate, FieldDraft, PairDraft
from ..facts import BOTH, Direction, Facts
from ..problems import did_you_mean, refuse, shown
from .base import Action

if TYPE_CHECKING:
    from ..model import RuleBase as Rule


def _direction(value: object) -> str | bool:
    if value is True or (isinstance(value, str) and value in ("request", "response")):
        return value
    hint = did_you_mean(value, ("request", "response")) if isinstance(value, str) else ""
    hint = "; to turn it off, leave it out" if value is False else hint
    refuse(f"expected true, request or response, not {shown(value)}{hint}")


class Drop(Action):
    """Takes a cookie out of the message."""

    key = "drop"
    help = "true, or request or response: the cookie does not pass."
    form = Annotated[str | bool, PlainValidator(_direction), WithJsonSchema({"enum": [True, "request", "response"]})]

    def __init__(self, directions: frozenset[Direction]) -> None:
        self.directions = directions

    @classmethod
    def build(cls, said: Any, rule: "Rule") -> "Drop":
        """In both directions, or in the one that was said."""
        return cls(BOTH if said is True else frozenset({Direction(said)}))

    def apply_to_field(self, draft: FieldDraft, facts: Facts) -> None:
        """The browser gets no such field."""
        draft.fate = Fate.DROP

    def apply_to_pair(self, draft: PairDraft, facts: Facts) -> None:
        """The application gets no such pair."""
        draft.fate = Fate.DROP
