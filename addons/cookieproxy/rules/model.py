"""A rule as rules.yaml says it, and a rule test.

The keys of actions come from the table in `actions`; what they mean is theirs.
"""

from typing import Annotated, Any, Self

import can_ada
from pydantic import Field, PlainValidator, WithJsonSchema, create_model, model_validator

from .actions import ACTIONS
from .actions.attributes import Ordered
from .conditions import Conditions
from .fields import Flag, Section, Text, choice, every, one_or_more, text
from .problems import refuse, shown

_NOTHING = Conditions()


def _url(value: object) -> str:
    said = text(value)
    try:
        scheme = can_ada.parse(said).protocol
    except ValueError:
        scheme = ""
    if scheme not in ("http:", "https:"):
        refuse(f"{shown(said)} is not an http or https address")
    return said


def _fields(value: object) -> tuple[str, ...]:
    return tuple(one_or_more(value, text))


def _expected(value: object) -> tuple[str | None, ...] | None:
    if value is None:
        return None
    if isinstance(value, list):
        return tuple(every(value, lambda item: None if item is None else text(item)))
    return (text(value),)


_FIELDS: dict[str, Any] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_EXPECTED: dict[str, Any] = {
    "anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": {"type": ["string", "null"]}}]
}


class RuleTest(Section):
    """An example that must hold: what comes in, and what must come out, byte for byte."""

    at: Annotated[str, PlainValidator(_url), WithJsonSchema({"type": "string"})] = Field(
        description="The address of the request."
    )
    given: Annotated[tuple[str, ...] | None, PlainValidator(_fields), WithJsonSchema(_FIELDS)] = Field(
        None, description="A Set-Cookie field, or several."
    )
    expect: Annotated[tuple[str | None, ...] | None, PlainValidator(_expected), WithJsonSchema(_EXPECTED)] = Field(
        None, description="What the browser gets; null if the cookie does not pass."
    )
    cookie: Text | None = Field(None, description="A Cookie header as the browser sends it.")
    expect_cookie: Annotated[
        str | None,
        PlainValidator(lambda value: None if value is None else text(value)),
        WithJsonSchema(_EXPECTED["anyOf"][0]),
    ] = Field(None, description="What the application gets; null if no cookie passes.")

    @model_validator(mode="after")
    def _has_both_sides(self) -> Self:
        for given, expected in (("given", "expect"), ("cookie", "expect_cookie")):
            if (given in self.model_fields_set) != (expected in self.model_fields_set):
                refuse(f'a test needs "{expected}" with "{given}": null if nothing passes')
        if not self.model_fields_set & {"given", "cookie"}:
            refuse('a test needs "given" and "expect", or "cookie" and "expect_cookie"')
        return self


def _mode(value: object) -> str:
    return choice(value, "apply", "observe")


class RuleBase(Ordered):
    """What every rule can say besides its actions."""

    kind = "action"

    name: Text | None = Field(None, description="What the rule is called in logs.")
    match: Conditions = Field(_NOTHING, description="The conditions; all must hold.")
    except_: Conditions | None = Field(
        None, alias="except", description="Where all of these hold, the rule does not apply."
    )
    mode: Annotated[str, PlainValidator(_mode), WithJsonSchema({"enum": ["apply", "observe"]})] = Field(
        "apply", description="observe: say what would change, change nothing."
    )
    stop: Flag = Field(False, description="true: the rules below do not see this cookie.")
    tests: tuple[RuleTest, ...] = Field((), description="Examples that must hold, run against the whole file.")

    def says(self, key: str) -> bool:
        """True if that action is in the rule."""
        return key in self.order


_FORMS: dict[str, Any] = {
    **{key: (action.form | None, Field(None, description=action.help)) for key, action in ACTIONS.items()},
}

RULE: type[RuleBase] = create_model("Rule", __base__=RuleBase, __doc__="What to do with which cookies.", **_FORMS)
"""The model with a key for each action."""

ACTION_KEYS: tuple[str, ...] = tuple(ACTIONS)
