"""Actions of the grammar that this version understands and does not carry out: `subkey`, `seal`, `pack`, `header`.

Their values are checked in full; a rule that uses one is refused, because it must not seem to work.
"""

import re
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from ..fields import TOKEN, OnlyTrue, Section, Token, every, field_text, mapping, text
from ..problems import refuse, shown

_UNFIT_IN_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def _header_text(value: object) -> str | bool:
    if value is False:
        return False
    said = text(value)
    if _UNFIT_IN_HEADER.search(said):
        refuse("a control character cannot be written into a header")
    return said


def _header_name(value: object) -> str:
    said = text(value)
    if not TOKEN.fullmatch(said):
        refuse(f"{shown(said)} is not the name of a header")
    return said


def _names(value: object) -> tuple[str, ...]:
    return tuple(every(value if isinstance(value, list) else [value], field_text))


class SubkeyForms(Section):
    """One sub-key of a value like `a=1&b=2`."""

    set: Annotated[
        dict[str, str] | None,
        PlainValidator(lambda value: mapping(value, field_text, field_text)),
        WithJsonSchema({"type": "object", "additionalProperties": {"type": ["string", "integer"]}}),
    ] = Field(None, description="Sub-keys to write.")
    remove: Annotated[
        tuple[str, ...] | None,
        PlainValidator(_names),
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
    ] = Field(None, description="Sub-keys to remove.")


_Header = Annotated[
    dict[str, str | bool],
    PlainValidator(lambda value: mapping(value, _header_name, _header_text)),
    WithJsonSchema({"type": "object", "additionalProperties": {"anyOf": [{"type": "string"}, {"const": False}]}}),
]

LATER: dict[str, tuple[Any, str]] = {
    "subkey": (SubkeyForms, "{set: {k: v}, remove: [k]}: one sub-key of the value. Not carried out by this version."),
    "seal": (OnlyTrue, "true: the value is encrypted towards the browser. Not carried out by this version."),
    "pack": (Token, "NAME: all matching cookies in one. Not carried out by this version."),
    "header": (_Header, "{NAME: TEXT or false}: a header set or removed. Not carried out by this version."),
}
"""Key to form and help."""
