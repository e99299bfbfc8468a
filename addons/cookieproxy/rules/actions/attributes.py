"""The attributes that `set` and `add` write: the form of each in rules.yaml, what it writes, and when a field
already means it.

Implements what RFC 6265bis 5.6 says an attribute's value means, as far as equality needs it (R14). Of several
occurrences the last one counts.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from ...core.dates import format_imf_fixdate, parse_rfc
from ...core.syntax import SetCookie, with_attribute, with_value, without_attribute
from ..facts import Facts
from ..fields import TEXT_SCHEMA, FieldText, Flag, Section, choice, choice_schema, field_text, text
from ..hosts import domain
from ..lifetimes import read_max_age
from ..problems import refuse, shown
from ..subject import ATTRIBUTES
from ..units import DURATION_SCHEMA, duration

LAST_TIME = 253_402_300_799
"""Unix seconds of the end of the year 9999, behind which dates cannot be written."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of day, or so many seconds from the response's time."""

    seconds: float
    from_now: bool

    def at(self, now: float) -> float:
        """Unix seconds."""
        return min(now + self.seconds if self.from_now else self.seconds, LAST_TIME)


def _moment(value: object) -> Moment | bool:
    if value is False:
        return False
    said = text(value)
    if re.fullmatch(r"[0-9]+ ?[A-Za-z]?", said):
        return Moment(duration(said), from_now=True)
    time = _date(said)
    if time is None:
        refuse(f"{shown(said)} is neither a duration like 30d nor a date like Wed, 21 Oct 2026 07:28:00 GMT")
    return Moment(time, from_now=False)


def _date(said: str) -> float | None:
    """Unix seconds of a date of HTTP or of ISO 8601, which is UTC if it does not say otherwise."""
    time = parse_rfc(said.encode())
    if time is not None:
        return time
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def _max_age(value: object) -> int | bool:
    if isinstance(value, int) and not isinstance(value, bool) and value < 0:
        refuse("Max-Age must not be negative here; 0 deletes the cookie")
    return False if value is False else duration(value)


def _domain(value: object, info: ValidationInfo) -> str | bool:
    return False if value is False else domain(value, info.context)


def _path(value: object) -> str | bool:
    return False if value is False else field_text(value)


def _word(*allowed: str) -> Any:
    def validate(value: object) -> str | bool:
        return False if value is False else choice(value, *allowed)

    schema = {"anyOf": [choice_schema(*allowed), {"const": False}]}
    return PlainValidator(validate), WithJsonSchema(schema)


def _or_false(schema: dict[str, Any]) -> Any:
    return WithJsonSchema({"anyOf": [schema, {"const": False}]})


_Moment = Annotated[Moment | bool | None, PlainValidator(_moment), _or_false(TEXT_SCHEMA)]
_MaxAge = Annotated[int | bool | None, PlainValidator(_max_age), _or_false(DURATION_SCHEMA)]
_Domain = Annotated[str | bool | None, PlainValidator(_domain), _or_false({"type": "string"})]
_Path = Annotated[str | bool | None, PlainValidator(_path), _or_false(TEXT_SCHEMA)]
_SameSite = Annotated[str | bool | None, *_word("lax", "strict", "none")]
_Priority = Annotated[str | bool | None, *_word("low", "medium", "high")]


class Ordered(Section):
    """A section whose keys were written in an order that matters."""

    _order: tuple[str, ...] = PrivateAttr(())

    @property
    def order(self) -> tuple[str, ...]:
        """The keys as they were written."""
        return self._order

    @model_validator(mode="wrap")
    @classmethod
    def _keep_order(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        made = handler(data)
        made._order = tuple(data) if isinstance(data, dict) else ()
        return made


class AttributeForms(Ordered):
    """What can be said of attributes; `false` removes one."""

    kind = "action"

    domain: _Domain = Field(None, description="The Domain; false makes the cookie host-only.")
    path: _Path = Field(None, description="The Path.")
    expires: _Moment = Field(None, description="A duration from now, or a date.")
    max_age: _MaxAge = Field(None, description="A duration, or seconds; 0 deletes.")
    secure: Flag | None = Field(None, description="Secure.")
    httponly: Flag | None = Field(None, description="HttpOnly.")
    samesite: _SameSite = Field(None, description="lax, strict or none; false removes it.")
    priority: _Priority = Field(None, description="low, medium or high.")
    partitioned: Flag | None = Field(None, description="Partitioned.")

    @property
    def attributes(self) -> tuple[tuple[str, Any], ...]:
        """Attribute and value, as far as they were said, in the order in which they were said."""
        return tuple((name, getattr(self, name)) for name in self.order if name in ATTRIBUTES)


class SetForms(AttributeForms):
    """What `set` can set."""

    value: FieldText | None = Field(None, description="The value.")


def written(name: str, value: Any, now: float) -> bytes | None:
    """The text of an attribute as we write it; None for a bare one. `now` in Unix seconds."""
    if value is True:
        return None
    if isinstance(value, Moment):
        return format_imf_fixdate(value.at(now))
    if isinstance(value, int):
        return b"%d" % value
    return str(value).encode() if name in ("domain", "path") else str(value).capitalize().encode()


def set_attribute(field: SetCookie, name: str, value: Any, facts: Facts) -> SetCookie:
    """The field with this attribute meaning this; the same field if it means it already."""
    wire_name = ATTRIBUTES[name]
    if value is False:
        return without_attribute(field, wire_name)
    last = field.last(wire_name.lower())
    now = facts.access.time
    if last is not None and (value is True or _MEANS[name](last.value or b"", value, now)):
        return field
    return with_attribute(field, wire_name, written(name, value, now))


def set_value(field: SetCookie, value: str) -> SetCookie:
    """The field with this value."""
    return with_value(field, value.encode())


def _means_domain(said: bytes, value: str, now: float) -> bool:
    return said.removeprefix(b".").lower() == value.encode()


def _means_path(said: bytes, value: str, now: float) -> bool:
    return said == value.encode()


def _means_moment(said: bytes, value: Moment, now: float) -> bool:
    time = parse_rfc(said)
    return time is not None and int(time) == int(value.at(now))


def _means_max_age(said: bytes, value: int, now: float) -> bool:
    return read_max_age(said) == value


def _means_word(said: bytes, value: str, now: float) -> bool:
    return said.lower() == value.encode()


_MEANS: dict[str, Callable[[bytes, Any, float], bool]] = {
    "domain": _means_domain,
    "path": _means_path,
    "expires": _means_moment,
    "max_age": _means_max_age,
    "samesite": _means_word,
    "priority": _means_word,
}
