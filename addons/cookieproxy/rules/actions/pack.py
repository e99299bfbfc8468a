"""`pack`: all matching cookies in one with sub-keys towards the browser, unpacked on the way up (R2, R7).

Says only that a cookie is packed: what the pack then holds depends on what the browser has (`packing`), and comes last, after
every other action, `seal` included. A packed cookie is not renamed: its name is within.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from ..drafts import FieldDraft
from ..facts import Facts
from ..fields import TEXT_SCHEMA, token
from ..problems import Problem, refuse, shown, warning
from .base import RESPONSES, Action

if TYPE_CHECKING:
    from ..model import RuleBase as Rule


def _name(value: object) -> str:
    said = token(value)
    if said.startswith("__"):
        refuse(f"{shown(said)}: names that begin with __ make promises that a pack cannot keep")
    return said


class Pack(Action):
    """Puts cookies into one."""

    key = "pack"
    help = "NAME: all matching cookies in one with sub-keys towards the browser, unpacked on the way up."
    form = Annotated[str, PlainValidator(_name), WithJsonSchema(TEXT_SCHEMA)]
    directions = RESPONSES

    def __init__(self, name: bytes) -> None:
        self.name = name

    @classmethod
    def build(cls, said: Any, rule: "Rule") -> "Pack":
        """Into the cookie of that name."""
        return cls(said.encode())

    def apply_to_field(self, draft: FieldDraft, facts: Facts) -> None:
        """The browser gets it within the pack."""
        draft.pack = self.name

    def lint(self, rule: "Rule") -> Iterator[Problem]:
        """What the browser never sees, or gets under another name."""
        for key in ("hold", "drop"):
            if rule.says(key) and not (key == "drop" and getattr(rule, key) == "request"):
                yield warning(
                    ("pack",), f'there is nothing to pack: "{key}" keeps the cookie from the browser', at_key=True
                )
        if rule.says("rename"):
            yield warning(
                ("rename",), "rename does nothing to a packed cookie: its name is within the pack", at_key=True
            )
        names = rule.match.cookie
        if names is not None and self.name.decode() in names.exact:
            yield warning(
                ("pack",),
                "the application has a cookie of this name: what the browser has of it now will be taken for a pack",
            )
