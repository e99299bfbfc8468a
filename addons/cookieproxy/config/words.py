"""What pydantic found wrong, in the words of rules.yaml."""

from collections.abc import Iterable
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ..rules.actions.attributes import SetForms
from ..rules.conditions import Conditions
from ..rules.fields import Section
from ..rules.model import ACTION_KEYS, RULE
from ..rules.problems import MISTAKE, Path, Problem, mistake, nearest, shown

_EXPECTED = {
    "model_type": "keys and values, like {a: b}",
    "model_attributes_type": "keys and values, like {a: b}",
    "dict_type": "keys and values, like {a: b}",
    "tuple_type": "a list",
    "list_type": "a list",
    "iterable_type": "a list",
}
"""What should have stood there, by pydantic's type of error; our own validators say it themselves."""


def problems_of(error: ValidationError, model: type[BaseModel], prefix: Path) -> list[Problem]:
    """The mistakes of one validation of `model`, whose value stands at `prefix`."""
    return [_problem(details, model, prefix) for details in error.errors(include_url=False)]


def _problem(details: ErrorDetails, model: type[BaseModel], prefix: Path) -> Problem:
    location = tuple(details["loc"])
    path = (*prefix, *location)
    kind = details["type"]
    if kind == MISTAKE:
        return mistake(path, details["msg"], at_key=bool(details.get("ctx", {}).get("at_key")))
    if kind == "extra_forbidden":
        return mistake(path, unknown_key(str(location[-1]), model_at(model, location[:-1])), at_key=True)
    if kind == "missing":
        return mistake(path[:-1], f'key "{location[-1]}" is missing')
    if kind in _EXPECTED:
        return mistake(path, f"expected {_EXPECTED[kind]}, not {shown(details['input'])}")
    return mistake(path, f"{shown(details['input'])} is not allowed here")


def unknown_key(key: str, model: type[BaseModel] | None) -> str:
    """What to say of a key that this section does not have."""
    kind = model.kind if model is not None and issubclass(model, Section) else "key"
    known = keys_of(model) if model is not None else []
    if model is RULE and (homes := _homes(key)):
        return f"unknown {kind} {shown(key)}: it belongs in {homes}"
    near = nearest(key, known)
    if near is not None:
        if model is RULE and near not in ACTION_KEYS:
            kind = "key"
        return f'unknown {kind} {shown(key)}, did you mean "{near}"?'
    return f"unknown {kind} {shown(key)} (one of: {', '.join(known)})"


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys of a section as rules.yaml writes them."""
    # A key whose value can only be nothing is there to be refused with a remedy, not to be proposed.
    return [field.alias or name for name, field in model.model_fields.items() if field.annotation is not NoneType]


def _homes(key: str) -> str:
    """The parts of a rule that have this key, for one that stands a level too high."""
    homes = [name for name, model in (("match", Conditions), ("set", SetForms)) if _has(model, key)]
    return " or ".join(homes)


def _has(model: type[BaseModel], key: str) -> bool:
    return key.lower() in keys_of(model)


def model_at(model: type[BaseModel], location: Iterable[int | str]) -> type[BaseModel] | None:
    """The model of the section at that place below a model."""
    found: Any = model
    for token in location:
        if isinstance(token, int):
            continue
        if found is None:
            return None
        fields = {field.alias or name: field for name, field in found.model_fields.items()}
        field = fields.get(token)
        found = None if field is None else _model_in(field.annotation)
    return found  # type: ignore[no-any-return]  # walks annotations, which have no type


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model somewhere in an annotation like `tuple[Model, ...] | None`."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation if issubclass(annotation, BaseModel) else None
    found = (_model_in(part) for part in get_args(annotation) if part is not Ellipsis)
    return next((model for model in found if model is not None), None)
