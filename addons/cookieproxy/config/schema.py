"""The JSON schema of rules.yaml, by which editors complete and check it; made from the models, committed as rules.schema.json."""

import json
from typing import Any

from ..rules.fields import TEXT_SCHEMA
from ..rules.patterns import PATTERN_SCHEMA
from ..rules.units import DURATION_SCHEMA, SIZE_SCHEMA
from .load import MAY_BE_EMPTY
from .model import RulesFile

_NULL = {"type": "null"}
_SHARED: dict[str, dict[str, Any]] = {
    "pattern": PATTERN_SCHEMA,
    "duration": DURATION_SCHEMA,
    "size": SIZE_SCHEMA,
    "text": TEXT_SCHEMA,
}
"""Forms that stand in many places: written once, referred to by name."""


def schema() -> dict[str, Any]:
    """The schema of a whole file (JSON Schema 2020-12)."""
    made: dict[str, Any] = _plain(RulesFile.model_json_schema(by_alias=True))
    for key in MAY_BE_EMPTY:
        said = made["properties"][key]
        description = said.pop("description")
        made["properties"][key] = {"description": description, "anyOf": [said, _NULL]}
    made["$defs"] |= _SHARED
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "rules.yaml", **made}


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _plain(node: Any) -> Any:
    """The schema without what only pydantic needs: titles, defaults, and null for keys that may be left out."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = _shared(_folded({key: value for key, value in node.items() if not _is_noise(key, value)}))
    return {
        key: {name: _plain(said) for name, said in value.items()} if key in ("properties", "$defs") else _plain(value)
        for key, value in node.items()
    }


def _is_noise(key: str, value: Any) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and not isinstance(value, str | int))


def _folded(node: dict[str, Any]) -> dict[str, Any]:
    """`anyOf` without null; of one thing it is that thing."""
    if "anyOf" not in node:
        return node
    left = [item for item in node["anyOf"] if item != _NULL]
    rest = {key: value for key, value in node.items() if key != "anyOf"}
    return {**left[0], **rest} if len(left) == 1 else {**rest, "anyOf": left}


def _shared(node: dict[str, Any]) -> dict[str, Any]:
    """A form that has a name, by its name."""
    for name, form in _SHARED.items():
        if all(node.get(key) == value for key, value in form.items() if key != "description"):
            rest = {key: value for key, value in node.items() if key not in form or key == "description"}
            if rest.get("description") == form.get("description"):
                rest.pop("description", None)
            return {"$ref": f"#/$defs/{name}", **rest}
    return node
