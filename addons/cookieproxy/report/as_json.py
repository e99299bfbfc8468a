"""A report as one JSON object: the fields of `page.Report`, with what the listings' own `--json` calls them (R10).

Characters that a terminal might obey are escaped, as everywhere.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from ..record.listings import SessionRow
from .page import Report

_NOT_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_SECONDS = {name: f"{name}_seconds" for name in ("longest_gap", "killing_gap", "killing_age")}
FIELDS = (
    "summary",
    "findings",
    "sessions",
    "timeouts",
    "survival",
    "online",
    "inventory",
    "inventory_left_out",
    "header_sizes",
)
"""Of the object; what is drawn of the sessions is in `sessions`."""
_encode = json.JSONEncoder(ensure_ascii=False, indent=1).encode


def as_json(report: Report) -> str:
    """The text, with a line break at its end."""
    said = {name: _plain(getattr(report, name)) for name in FIELDS}
    return _NOT_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", _encode(said)) + "\n"


def _plain(value: object) -> object:
    """The same of what JSON has."""
    if isinstance(value, SessionRow):
        return _session(value)
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        named = getattr(value, "_fields", None)
        return [*map(_plain, value)] if named is None else dict(zip(named, map(_plain, value), strict=True))
    return dict(value) if isinstance(value, Mapping) else value


def _session(row: SessionRow) -> dict[str, object]:
    said = {_SECONDS.get(field.name, field.name): getattr(row, field.name) for field in fields(row)}
    return said | {"lifetime_seconds": None if row.ended is None else row.ended - row.started}
