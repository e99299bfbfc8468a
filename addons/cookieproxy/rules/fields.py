"""The leaves of the grammar: text, choices, flags, and which texts fit into a header field.

A leaf says what is wrong with it in the words of rules.yaml. Numbers that stand where text is wanted keep their
spelling (`007`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, PlainValidator, WithJsonSchema

from ..core.hosts import HostToAscii
from .problems import Problem, collected, did_you_mean, mistake, refuse, refuse_all, shown

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A token of RFC 9110 5.6.2, which is what a cookie's name should be."""
_UNFIT = re.compile(r"[\x00-\x1f\x7f;]")

type CompileFilter = Callable[[str], Callable[[object], bool]]
"""Makes a predicate on flows of mitmproxy's filter language; raises ValueError."""


class Whole(int):
    """A whole number of the file that remembers how it was written."""

    text: str

    def __new__(cls, text: str) -> "Whole":
        number = super().__new__(cls, text)
        number.text = text
        return number


class Section(BaseModel):
    """A mapping of rules.yaml: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    kind: ClassVar[str] = "key"
    """What its keys are called in messages."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What validators need to know of the world outside the value: given as pydantic's context."""

    lists: dict[str, tuple[str, ...]]
    """The `lists` of the file, name to patterns."""
    used_lists: set[str]
    """Fills up with the names of the lists that something refers to."""
    to_ascii: HostToAscii | None = None
    compile_filter: CompileFilter | None = None


def text(value: object) -> str:
    """Text as written; numbers as they were spelled."""
    if isinstance(value, Whole):
        return value.text
    if isinstance(value, bool):
        refuse(f'expected text, not {shown(value)}; if the text is meant, put it in quotes: "{shown(value)}"')
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str):
        refuse(f"expected text, not {shown(value)}")
    return value


def flag(value: object) -> bool:
    """`true` or `false`; YAML 1.1's yes and no are text, and text is not a flag."""
    if isinstance(value, bool):
        return value
    hints = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
    hint = hints.get(value.lower()) if isinstance(value, str) else None
    refuse(f"expected true or false, not {shown(value)}" + (f", did you mean {hint}?" if hint else ""))


def only_true(value: object) -> bool:
    """`true`: for what is either said or left out."""
    if value is not True:
        refuse(f"expected true, not {shown(value)}" + ("; to turn it off, leave it out" if value is False else ""))
    return True


def choice(value: object, *allowed: str) -> str:
    """One of these words, in any case."""
    word = text(value)
    if word.lower() not in allowed:
        names = ", ".join(allowed)
        refuse(f"{shown(word)} is not allowed here{did_you_mean(word, allowed) or f' (one of: {names})'}")
    return word.lower()


def choices(value: object, *allowed: str) -> frozenset[str]:
    """One of these words, or a list of some."""
    return frozenset(one_or_more(value, lambda item: choice(item, *allowed)))


def one_or_more[T](value: object, each: Callable[[object], T]) -> list[T]:
    """What `each` makes of the value, or of every item of a list; all mistakes at once."""
    if not isinstance(value, list):
        return [each(value)]
    if not value:
        refuse("the list is empty")
    return every(value, each)


def every[T](items: list[Any], each: Callable[[object], T]) -> list[T]:
    """What `each` makes of every item; all mistakes at once, at their items."""
    made: list[T] = []
    problems: list[Problem] = []
    for index, item in enumerate(items):
        try:
            made.append(each(item))
        except ValueError as error:
            problems += [mistake((index, *it.path), it.message, it.at_key) for it in collected(error)]
    refuse_all(problems)
    return made


def mapping[K, V](value: object, key: Callable[[object], K], item: Callable[[object], V]) -> dict[K, V]:
    """Keys and values, each made by its function; all mistakes at once, at keys and values."""
    if not isinstance(value, dict):
        refuse(f"expected keys and values, like {{a: b}}, not {shown(value)}")
    made: dict[K, V] = {}
    problems: list[Problem] = []
    for name, said in value.items():
        try:
            new = key(name)
        except ValueError as error:
            problems += [mistake((name, *it.path), it.message, at_key=True) for it in collected(error)]
            continue
        try:
            made[new] = item(said)
        except ValueError as error:
            problems += [mistake((name, *it.path), it.message, it.at_key) for it in collected(error)]
    refuse_all(problems)
    return made


def field_text(value: object) -> str:
    """Text that can stand in a header field: no control characters, no `;`."""
    said = text(value)
    found = _UNFIT.search(said)
    if found is not None:
        what = 'a ";"' if found[0] == ";" else "a control character"
        refuse(f"{what} cannot be written into a cookie")
    return said


def token(value: object) -> str:
    """A cookie's name: letters, digits and what RFC 9110 allows in a token."""
    said = text(value)
    if not said:
        refuse("the name is empty")
    unfit = TOKEN.sub("", said)
    if unfit:
        refuse(f"{shown(unfit[0])} cannot stand in a name")
    return said


def choice_schema(*allowed: str) -> dict[str, Any]:
    """The JSON schema of `choice`: lower case first, and the spelling of headers."""
    return {"enum": [*allowed, *(word.capitalize() for word in allowed if word.isalpha())]}


def choices_schema(*allowed: str) -> dict[str, Any]:
    """The JSON schema of `choices`."""
    one = {"enum": list(allowed)}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


TEXT_SCHEMA: dict[str, Any] = {"type": ["string", "integer"]}
Text = Annotated[str, PlainValidator(text), WithJsonSchema(TEXT_SCHEMA)]
FieldText = Annotated[str, PlainValidator(field_text), WithJsonSchema(TEXT_SCHEMA)]
Token = Annotated[str, PlainValidator(token), WithJsonSchema(TEXT_SCHEMA)]
Flag = Annotated[bool, PlainValidator(flag), WithJsonSchema({"type": "boolean"})]
OnlyTrue = Annotated[bool, PlainValidator(only_true), WithJsonSchema({"const": True})]
