"""Bytes off the wire in PostgreSQL's text, which knows neither NUL nor bytes that are not UTF-8.

Text that is UTF-8 stands as it is. Anything else, and text that begins with the mark, stands as the mark and the bytes as latin-1,
NUL as U+0100. The mark is a noncharacter, which Unicode keeps for a program's own use. `shown` is SQL: what views give of it.
"""

from collections.abc import Iterable
from typing import Any

from ..values import Wire, octets_of, stored
from ..words import readable

MARK = "\ufdd0"
NUL_SHOWN = "\u2400"
"""SYMBOL FOR NULL, in texts that are only shown."""

_NUL_KEPT = "\u0100"
_BACK = {ord(_NUL_KEPT): 0}

SHOWN = """CREATE OR REPLACE FUNCTION shown(kept text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE left(kept, 1) WHEN U&'\\FDD0' THEN translate(substr(kept, 2), U&'\\0100', U&'\\2400') ELSE kept END $$"""
"""Bytes that are not UTF-8 as latin-1 text, text as it is."""


def kept(wire: Wire | None) -> str | None:
    """The form in which what `stored` made goes into a column."""
    if wire is None:
        return None
    if isinstance(wire, str):
        return wire if wire[:1] != MARK else _marked(wire.encode())
    return _marked(wire)


def kept_octets(octets: bytes) -> str:
    """The form in which these bytes go into a column."""
    wire = stored(octets)
    return wire if isinstance(wire, str) and wire[:1] != MARK else _marked(octets)


def _marked(octets: bytes) -> str:
    return MARK + octets.decode("latin-1").replace("\0", _NUL_KEPT)


def wire_of(kept: str) -> Wire:
    """What `kept` was given."""
    return stored(kept[1:].translate(_BACK).encode("latin-1")) if kept[:1] == MARK else kept


def with_octets(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows with every kept text as what it was."""
    return [tuple(map(_unmarked, row)) if _has_mark(row) else row for row in rows]


def _has_mark(row: tuple[Any, ...]) -> bool:
    return any(type(value) is str and value[:1] == MARK for value in row)


def _unmarked(value: Any) -> Any:
    return wire_of(value) if type(value) is str else value


def plain(text: str) -> str:
    """A text of ours as it goes into a column: what cannot stand there is made readable."""
    text = readable(text)
    if "\0" in text:
        text = text.replace("\0", NUL_SHOWN)
    return "\ufffd" + text[1:] if text[:1] == MARK else text


def exact(text: str) -> str:
    """A text of ours that has to come back as it was, as it goes into a column."""
    return kept_octets(readable(text).encode())


def given_back(kept: str) -> str:
    """What `exact` was given."""
    return octets_of(wire_of(kept)).decode()


def plain_or_none(text: str | None) -> str | None:
    """The same; None stays None."""
    return None if text is None else plain(text)


class Verbatim(dict[str | None, str | None]):
    """Texts that come again and again, as they go into a column; None stays None."""

    MOST_REMEMBERED = 50_000

    def __init__(self) -> None:
        super().__init__({None: None})

    def __missing__(self, text: str) -> str:
        if len(self) > self.MOST_REMEMBERED:
            self.clear()
            self[None] = None
        made = self[text] = plain(text)
        return made
