"""`seal`: the value encrypted and authenticated towards the browser, opened and checked on the way up (R13).

Whatever a rule's order, the sealing comes last: the other actions see and edit the value as the application has it. What comes
back is opened by host and name alone (`unseal`). Where sealing makes a cookie larger than the browser allows, it does not pass:
unsealed it must not, and a browser would refuse it in silence.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...core.syntax import SetCookie
from ..drafts import Fate, FieldDraft
from ..facts import Facts
from ..fields import OnlyTrue
from ..problems import Problem, warning
from ..sealing import Sealing, Unfit
from .base import RESPONSES, Action

if TYPE_CHECKING:
    from ..model import RuleBase as Rule


class Seal(Action):
    """Seals values."""

    key = "seal"
    help = "true: the value is encrypted towards the browser, opened and checked on the way up."
    form = OnlyTrue
    directions = RESPONSES

    @classmethod
    def build(cls, said: Any, rule: "Rule") -> "Seal":
        """There is nothing to say about it."""
        return cls()

    def apply_to_field(self, draft: FieldDraft, facts: Facts) -> None:
        """The browser gets the sealed value; without keys it gets nothing."""
        if facts.sealer is None:
            draft.fate = Fate.DROP
            draft.unfit = Unfit.NO_KEYS
        elif draft.sealing is None:
            draft.sealing = Sealing(facts.sealer, facts.site, facts.access.time)

    def is_steady(self, field: SetCookie) -> bool:
        """No two seals are alike."""
        return False

    def lint(self, rule: "Rule") -> Iterator[Problem]:
        """What the browser never sees needs no seal."""
        for key in ("hold", "drop"):
            if rule.says(key) and not (key == "drop" and getattr(rule, key) == "request"):
                yield warning(
                    ("seal",), f'there is nothing to seal: "{key}" keeps the cookie from the browser', at_key=True
                )
