"""`cap`: no longer lifetime than this (RFC 6265bis 5.6.1 and 5.6.2; R6).

Max-Age and Expires are shortened each where it stands and is longer; deletions, session cookies and what does not
parse stay as they are. Of several occurrences the last counts.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...core.dates import format_imf_fixdate, parse_rfc
from ...core.syntax import SetCookie, with_attribute
from ..drafts import FieldDraft
from ..facts import Facts
from ..lifetimes import read_max_age
from ..problems import Problem, warning
from ..units import Duration
from .base import RESPONSES, Action

if TYPE_CHECKING:
    from ..model import RuleBase as Rule


class Cap(Action):
    """Shortens lifetimes."""

    key = "cap"
    help = "A duration: Max-Age and Expires are shortened to it where they are longer."
    form = Duration
    directions = RESPONSES

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    @classmethod
    def build(cls, said: Any, rule: "Rule") -> "Cap":
        """Seconds from the response's time."""
        return cls(said)

    def lint(self, rule: "Rule") -> Iterator[Problem]:
        """A cap of nothing deletes."""
        if self.seconds == 0:
            yield warning(("cap",), "every cookie with a lifetime is deleted on arrival")

    def apply_to_field(self, draft: FieldDraft, facts: Facts) -> None:
        """Shortens Max-Age and Expires where they stand."""
        max_age = draft.field.last(b"max-age")
        age = None if max_age is None else read_max_age(max_age.value or b"")
        if age is not None and age <= 0:
            return
        field = draft.field
        if age is not None and age > self.seconds:
            field = with_attribute(field, b"Max-Age", b"%d" % self.seconds)
        draft.field = self._with_expires(field, facts.access.time)

    def is_steady(self, field: SetCookie) -> bool:
        """Max-Age alone is shortened to the same each time."""
        return field.last(b"expires") is None

    def _with_expires(self, field: SetCookie, now: float) -> SetCookie:
        expires = field.last(b"expires")
        time = None if expires is None else parse_rfc(expires.value or b"")
        if time is None or time <= now or time <= now + self.seconds:
            return field
        return with_attribute(field, b"Expires", format_imf_fixdate(now + self.seconds))
