"""The octets of a rules file made into plain data, with the place of every key and value.

Knows YAML, and which parts of it rules.yaml goes without: anchors, aliases, merge keys, tags, duplicate and
non-scalar keys, several documents. Only `true` and `false` are booleans (YAML 1.2), so that `no`, `off` and `on`
stay text. Does not know what the data means. All mistakes are found at once, except behind one that makes the rest
unreadable.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from ..rules.fields import Whole
from ..rules.problems import Path, shown
from .mistakes import Mistake

MAX_BYTES = 1024 * 1024
MAX_LEVELS = 32
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column, both from 1; a column is a character."""

    line: int
    column: int


@dataclass(slots=True)
class Source:
    """What a file says, where it says it, and what is wrong with how it says it."""

    file: str
    data: Any = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    unreadable: set[Path] = field(default_factory=set)
    """Paths whose values are missing or false because of a mistake that is told already."""
    is_complete: bool = True
    """False if the end of the file could not be read."""

    def add(self, place: Place, message: str) -> None:
        """Notes a mistake."""
        self.mistakes.append(Mistake(self.file, place.line, place.column, message))

    def place(self, path: Path, at_key: bool) -> Place:
        """Where that is, or where it would have to be."""
        while path not in self.values:
            if not path:
                return Place(1, 1)
            path = path[:-1]
            at_key = False
        return self.keys.get(path, self.values[path]) if at_key else self.values[path]


def read(octets: bytes, file: str) -> Source:
    """The data of a file; its mistakes are in it, nothing is raised."""
    source = Source(file)
    text = _decoded(octets, source)
    if text is None:
        source.is_complete = False
        return source
    try:
        _Builder(source).build(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        source.is_complete = False
        source.add(*explained(error, text))
    except _TooDeepError as error:
        source.is_complete = False
        source.add(error.place, f"more than {MAX_LEVELS} levels of lists and keys")
    return source


def _decoded(octets: bytes, source: Source) -> str | None:
    """The text without a byte order mark; None if it cannot be read."""
    octets = octets.removeprefix(BYTE_ORDER_MARK)
    if len(octets) > MAX_BYTES:
        source.add(_place_of_octet(octets, MAX_BYTES), "the file is larger than 1 MB")
        return None
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        source.add(_place_of_octet(octets, error.start), f"byte 0x{octets[error.start]:02x} is not UTF-8")
        return None
    found = _UNREADABLE.search(text)
    if found is not None:
        source.add(_place_of(text, found.start()), f"character U+{ord(found[0]):04X} is not allowed in YAML")
        return None
    return text


def _place_of_octet(octets: bytes, offset: int) -> Place:
    before = octets[:offset]
    line_start = before.rfind(b"\n") + 1
    return Place(before.count(b"\n") + 1, len(before[line_start:].decode(errors="replace")) + 1)


def _place_of(text: str, offset: int) -> Place:
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _place_of_mark(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


class _TooDeepError(Exception):
    """The file nests deeper than anybody writes."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


class _Builder:
    """Plain data from the events of one YAML stream."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def build(self, events: Iterator[Any]) -> None:
        """Reads the first document; others are mistakes."""
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self._source.add(_place_of_mark(event.start_mark), "a second document begins here: one is allowed")
            elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
                if documents == 1:
                    self._source.data = self._node(event, events, ())
                else:
                    _skip(event, events, 0)

    def _node(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        place = _place_of_mark(event.start_mark)
        if len(path) >= MAX_LEVELS and not isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            raise _TooDeepError(place)
        self._source.values[path] = place
        if isinstance(event, yaml.AliasEvent):
            self._source.add(
                place, f'aliases are not allowed; a text that begins with * needs quotes: "*{event.anchor}"'
            )
            self._source.unreadable.add(path)
            return None
        self._refuse_properties(event, place)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(events, path)
        return self._mapping(events, path)

    def _refuse_properties(self, event: Any, place: Place) -> None:
        if event.anchor is not None:
            self._source.add(
                place, f'anchors are not allowed; a text that begins with & needs quotes: "&{event.anchor}"'
            )
        if event.tag is not None:
            self._source.add(place, "tags are not allowed; a text that begins with ! needs quotes")

    def _list(self, events: Iterator[Any], path: Path) -> list[Any]:
        made: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            made.append(self._node(event, events, (*path, len(made))))
        return made

    def _mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event, events, path, made)
            if key is None:
                _skip(next(events), events, len(path))
                continue
            self._source.keys[(*path, key)] = _place_of_mark(event.start_mark)
            made[key] = self._node(next(events), events, (*path, key))
        return made

    def _key(self, event: Any, events: Iterator[Any], path: Path, known: dict[str, Any]) -> str | None:
        """The key's text; None if it is a mistake and its value is to be passed over."""
        place = _place_of_mark(event.start_mark)
        if not isinstance(event, yaml.ScalarEvent):
            self._source.add(place, "a key must be a plain text; one that begins with * [ or { needs quotes")
            _skip(event, events, len(path))
            return None
        self._refuse_properties(event, place)
        key = str(event.value)
        if key == "<<" and event.implicit[0]:
            self._source.add(place, "merge keys are not allowed")
            return None
        if key in known:
            self._source.add(place, f"duplicate key {shown(key)}")
            return None
        return key


def _scalar(event: Any) -> Any:
    """A text, a whole number, true, false or None."""
    text = str(event.value)
    if not event.implicit[0]:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    return Whole(text) if _WHOLE.fullmatch(text) else text


def _skip(event: Any, events: Iterator[Any], level: int) -> None:
    """Passes over one node."""
    depth = 0
    while True:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if level + depth > MAX_LEVELS:
                raise _TooDeepError(_place_of_mark(event.start_mark))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth == 0:
            return
        event = next(events)


_EXPLAINED = (
    ("mapping values are not allowed", 'a ":" is not allowed here: check the indentation, or put the text in quotes'),
    ("unexpected end of stream", "this quote is not closed"),
    ("alphabetic or numeric character", "a text that begins with * or & needs quotes"),
    ("unknown escape character", r'"\" begins an escape in double quotes: use single quotes, or write it twice'),
    ("',' or ']'", 'this "[" is not closed'),
    ("',' or '}'", 'this "{" is not closed'),
    ("'-' indicator", "this is not indented like the lines above it"),
    ("could not find expected ':'", 'this line has no ":" after its key'),
    ("expected key", "this is not indented like the keys above it, or a quote or bracket is one too many"),
    ("block end", "this is not indented like the lines above it"),
    ("node content", "a value is missing here"),
)
"""A part of PyYAML's sentence, and ours."""
_AT_BEGINNING = ("end of stream", "',' or", "':'")


def explained(error: yaml.YAMLError, text: str) -> tuple[Place, str]:
    """Where a YAML error is, and what to do about it in one line."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Place(1, 1), "not valid YAML"
    problem = " ".join((error.problem or "").split())
    mark = error.problem_mark
    if error.context_mark is not None and any(part in problem for part in _AT_BEGINNING):
        mark = error.context_mark
    place = _place_of_mark(mark)
    if "cannot start any token" in problem:
        return place, _bad_start(text, place)
    ours = next((sentence for part, sentence in _EXPLAINED if part in problem), None)
    return place, ours or f"not valid YAML: {problem or 'unreadable'}"


def _bad_start(text: str, place: Place) -> str:
    line = (text.splitlines() or [""])[place.line - 1]
    character = line[place.column - 1 : place.column]
    if character == "\t":
        return "a tab: YAML is indented with spaces"
    return f"a text that begins with {character or 'this character'} needs quotes"
