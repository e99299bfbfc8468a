"""JSON files: read within limits, asked for what must be in them, and written (RFC 8259, RFC 9535 for the places).

Knows JSON and how to name a place in it (`$.cookies[3].expires`). Does not know cookies. Numbers that are none (NaN, Infinity,
1e999), keys that come twice and half surrogate pairs are mistakes where they are looked at; other keys are nobody's business.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite, nan

from .values import FormatError, Mistake

MOST_LEVELS = 64
"""Objects and lists within each other; HAR files have about ten."""

_LONGEST_INTEGER = 20
_LONGEST_KEY = 60
_TOKENS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[{\]}]', re.DOTALL)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KINDS = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}

type Complain = Callable[[str, str, str], None]
"""Takes the place, what is wrong there, and what to do about it."""


class Repeated(dict[str, object]):
    """An object in which a key comes twice."""

    key: str = ""
    """The first that does."""


def parse(data: bytes, format_name: str) -> object:
    """What the JSON text says; raises FormatError with line and column if it is none, or nested too deeply."""
    text = decode(data, format_name)
    _refuse_depth(data, format_name)
    try:
        return json.loads(text, object_pairs_hook=_members, parse_int=_integer, parse_constant=lambda word: nan)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        message, remedy = f"this is not JSON: {error.msg}", "export it again, whole"
        raise FormatError(format_name, [Mistake(place, message, remedy)]) from None


def decode(data: bytes, format_name: str) -> str:
    """The text of a file; raises FormatError with the line if it is not UTF-8. A byte order mark is left out."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        mistake = Mistake(f"line {line}", "this is not UTF-8", "save the file as UTF-8")
        raise FormatError(format_name, [mistake]) from None


def compose(document: object) -> bytes:
    """The document as JSON text."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    repeated = Repeated(members)
    seen: set[str] = set()
    repeated.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # adds
    return repeated


def _integer(digits: str) -> int | float:
    """Python refuses very long ones, and nothing here needs them."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _refuse_depth(data: bytes, format_name: str) -> None:
    """The parser calls itself for every level, so that is looked at first."""
    level = 0
    for token in _TOKENS.finditer(data):
        byte = token[0][0]
        if byte in b"[{":
            level += 1
        elif byte in b"]}":
            level -= 1
        if level > MOST_LEVELS:
            line = data.count(b"\n", 0, token.start()) + 1
            mistake = Mistake(f"line {line}", f"it is nested deeper than {MOST_LEVELS} levels", "export it again")
            raise FormatError(format_name, [mistake])


class Node:
    """An object of a document, asked key by key; what is not of the kind it should be is complained about and counts as absent.

    null counts as absent without complaint.
    """

    __slots__ = ("_complain", "_is_object", "_members", "path")

    def __init__(self, value: object, path: str, complain: Complain) -> None:
        self.path = path
        self._complain = complain
        self._members: Mapping[str, object] = {}
        self._is_object = isinstance(value, dict)
        if isinstance(value, dict):
            self._members = value
        else:
            complain(path, f"this is {kind(value)}, not an object", "export it again, or take this out")
        if isinstance(value, Repeated):
            complain(self.place(value.key), "this key comes twice", "leave one of them")

    def place(self, key: str) -> str:
        """The JSON path of one of its keys."""
        return f"{self.path}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{self.path}[{json.dumps(key[:_LONGEST_KEY])}]"

    def spots[T: str](self, keys: Mapping[T, str]) -> Callable[[T], str]:
        """The place of each field, under the keys given or under its own name."""
        return lambda field: self.place(keys.get(field, str(field)))

    def has(self, key: str) -> bool:
        """Whether the key is there and is not null."""
        return self._members.get(key) is not None

    def complain(self, key: str, message: str, remedy: str) -> None:
        """Something is wrong with that key."""
        self._complain(self.place(key), message, remedy)

    def is_object(self, key: str) -> bool:
        """Whether there is an object under that key."""
        return isinstance(self._members.get(key), dict)

    def is_text(self, key: str) -> bool:
        """Whether there is text under that key."""
        return isinstance(self._members.get(key), str)

    def need(self, *keys: str) -> bool:
        """Complains about each of these that is absent; whether all are there."""
        absent = [key for key in keys if not self.has(key)]
        for key in absent if self._is_object else ():
            self.complain(key, "it is missing", "add it, or take the whole object out")
        return not absent

    def text(self, key: str) -> str | None:
        """Text without half characters."""
        value = self._get(key, str, "text")
        if isinstance(value, str) and _has_surrogate(value):
            self.complain(key, "it has half a character (a lone surrogate)", "export it again")
            return None
        return value if isinstance(value, str) else None

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        value = self._get(key, list, "a list")
        found = value if isinstance(value, list) else []
        if not all(isinstance(one, str) for one in found):
            self.complain(key, "not all in it is text", "write a list of texts, or leave it away")
        return [one for one in found if isinstance(one, str)]

    def octets(self, key: str) -> bytes | None:
        """Text as UTF-8."""
        text = self.text(key)
        return None if text is None else text.encode()

    def flag(self, key: str) -> bool | None:
        """true or false."""
        value = self._get(key, bool, "true or false")
        return value if isinstance(value, bool) else None

    def number(self, key: str) -> float | None:
        """A finite number."""
        value = self._get(key, (int, float), "a number")
        if not isinstance(value, int | float):
            return None
        if not isfinite(value):
            self.complain(key, "it is no finite number", "write a number, or leave it away")
            return None
        return float(value)

    def choice[T](self, key: str, choices: Mapping[str, T], otherwise: T) -> T:
        """What one of these words (in lower case) stands for."""
        text = self.text(key)
        if text is None or text.lower() in choices:
            return otherwise if text is None else choices[text.lower()]
        words = ", ".join(repr(word) for word in choices if word)
        self.complain(key, "it is none of the words that are known here", f"write one of {words}, or leave it away")
        return otherwise

    def node(self, key: str) -> "Node | None":
        """The object under that key."""
        return Node(self._members[key], self.place(key), self._complain) if self.has(key) else None

    def list_of_nodes(self, key: str) -> Iterator["Node"]:
        """The objects of the list under that key."""
        value = self._get(key, list, "a list")
        return nodes(value, self.place(key), self._complain) if isinstance(value, list) else iter(())

    def _get(self, key: str, kinds: type | tuple[type, ...], wanted: str) -> object:
        value = self._members.get(key)
        if value is None:
            return None
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            self.complain(key, f"it is {kind(value)}, not {wanted}", f"write {wanted}, or leave it away")
            return None
        return value


def nodes(values: Iterable[object], path: str, complain: Complain) -> Iterator[Node]:
    """Each object of a list."""
    for index, value in enumerate(values):
        yield Node(value, f"{path}[{index}]", complain)


def kind(value: object) -> str:
    """What a JSON value is, in words."""
    return "null" if value is None else _KINDS.get(type(value), "an object")


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)
