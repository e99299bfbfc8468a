"""What goes to standard output and what to standard error: lists as JSON on the one, remarks on the other."""

import json
import re
import sys
from collections.abc import Iterable, Mapping

from ..report.text import printable

_NOT_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""What JSON allows in strings and a terminal might obey: C1 controls, marks of direction, invisible characters."""


_encode = json.JSONEncoder(ensure_ascii=False).encode


class Refused(Exception):
    """What was asked about is wrong or is not there: one line that says what to do, and exit code 1."""


def remark(line: str) -> None:
    """One line for the person at the terminal, apart from the output proper."""
    print(printable(line), file=sys.stderr, flush=True)


def write_json(rows: Iterable[Mapping[str, object]]) -> None:
    """One JSON array, an element a line."""
    before = "["
    for row in rows:
        sys.stdout.write(before + as_json(row))
        before = ",\n "
    sys.stdout.write("[]\n" if before == "[" else "]\n")


def as_json(row: Mapping[str, object]) -> str:
    """One object on one line, in UTF-8, which cannot move a cursor."""
    text = _encode(row)
    return (
        text
        if text.isascii() and "\x7f" not in text
        else _NOT_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    )
