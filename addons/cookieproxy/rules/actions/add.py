"""`add`: a cookie of our own, once a message, unless its name is there already (R23)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from ...core.syntax import SetCookie, compose, parse_set_cookie
from ..facts import Direction, Facts
from ..fields import FieldText, Token, choice
from ..problems import Problem, mistake, warning
from ..subject import ATTRIBUTES
from .attributes import AttributeForms, written
from .base import Action

if TYPE_CHECKING:
    from ..model import RuleBase as Rule

_To = Annotated[
    str,
    PlainValidator(lambda value: choice(value, "request", "response")),
    WithJsonSchema({"enum": ["request", "response"]}),
]
_OF_A_COOKIE = ("cookie", "value", "has")


class AddForms(AttributeForms):
    """A cookie of our own."""

    name: Token = Field(description="Its name.")
    value: FieldText = Field(description="Its value.")
    to: _To = Field("response", description="request or response.")


class Add(Action):
    """Adds a cookie to a message."""

    key = "add"
    help = "{name, value, to: request or response, attributes as in set}: a cookie of our own, once a message."
    form = AddForms
    per_message = True

    def __init__(self, said: AddForms) -> None:
        self.said = said
        self.name = said.name.encode()
        self.value = said.value.encode()
        self.directions = frozenset({Direction(said.to)})

    @classmethod
    def build(cls, said: Any, rule: "Rule") -> "Add":
        """As it was said."""
        return cls(said)

    def field(self, facts: Facts) -> SetCookie:
        """The Set-Cookie field, its attributes in the order of the rule."""
        attributes = [
            (ATTRIBUTES[name], written(name, value, facts.access.time))
            for name, value in self.said.attributes
            if value is not False
        ]
        return parse_set_cookie(compose(self.name, self.value, attributes))

    def lint(self, rule: "Rule") -> Iterator[Problem]:
        """Conditions on a cookie, attributes in a request."""
        for section, conditions in (("match", rule.match), ("except", rule.except_)):
            for key in _OF_A_COOKIE:
                if conditions is not None and getattr(conditions, key) is not None:
                    yield mistake(
                        (section, key), f'"add" is done once a message: it takes no "{key}" condition', at_key=True
                    )
        if self.said.to == "request":
            for name, _ in self.said.attributes:
                yield mistake(("add", name), "a Cookie header has no attributes", at_key=True)
        if isinstance(self.said.path, str) and not self.said.path.startswith("/"):
            yield warning(("add", "path"), "browsers ignore a Path that does not begin with /")
