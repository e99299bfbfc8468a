"""Typed netstrings, the format of mitmproxy's flow files: values with their lengths, of which any part can be passed over unread.

`5:hello,` is a value: its length, a colon, that many octets, and what they are. mitmproxy's own reader takes every value of a flow
apart; this one is told which it is to read and hops over the others, bodies and certificates among them. Wrong octets are a
ValueError. Nothing here knows what is in a flow. The loops look alike because they are run a hundred times for each flow: a call
would take as long as a turn.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from mmap import mmap

type Octets = bytes | mmap
type Value = bool | int | float | bytes | str | list[Value] | dict[Value, Value] | None
type Wanted = Mapping[bytes, "Wanted | How"]
"""The keys of a dictionary that are to be read, and how."""


class How(Enum):
    """What is to be made of a value."""

    READ = auto()
    UNREAD = auto()
    """The octets of a dictionary as they are."""


MOST_DIGITS = 12
"""Of a length."""
MOST_DEPTH = 32
"""Containers within containers; a flow has five."""

_HEAD = MOST_DIGITS + 1
_LIST, _DICTIONARY = ord("]"), ord("}")


def load_members(octets: Octets, begin: int, end: int) -> dict[Value, Value]:
    """The dictionary whose keys and values lie between these two places, whole."""
    return _dictionary(octets, begin, end, MOST_DEPTH)


def load_wanted(octets: Octets, begin: int, end: int, wanted: Wanted) -> dict[Value, Value]:
    """What is wanted of the dictionary whose keys and values lie between these two places."""
    find, scalars = octets.find, _SCALARS
    members: dict[Value, Value] = {}
    at = begin
    while at < end:
        start = find(b":", at, at + _HEAD) + 1
        stop = start + int(octets[at : start - 1])
        if not at < start <= stop < end:
            raise ValueError("a length is wrong")
        key, at = octets[start:stop], stop + 1
        start = find(b":", at, at + _HEAD) + 1
        stop = start + int(octets[at : start - 1])
        if not at < start <= stop < end:
            raise ValueError("a length is wrong")
        at = stop + 1
        how = wanted.get(key)
        if how is None:
            continue
        kind = octets[stop]
        value: Value
        if (scalar := scalars.get(kind)) is not None:
            value = scalar(octets[start:stop])
        elif how is How.READ or kind != _DICTIONARY:
            value = _container(kind, octets, start, stop, MOST_DEPTH)
        else:
            value = octets[start:stop] if how is How.UNREAD else load_wanted(octets, start, stop, how)
        members[key.decode()] = value
    return members


def _container(kind: int, octets: Octets, at: int, end: int, depth: int) -> Value:
    if not depth:
        raise ValueError("it is nested too deeply")
    if kind == _LIST:
        return _list(octets, at, end, depth - 1)
    if kind == _DICTIONARY:
        return _dictionary(octets, at, end, depth - 1)
    raise ValueError("a value has no type")


def _dictionary(octets: Octets, at: int, end: int, depth: int) -> dict[Value, Value]:
    """Keys and values take turns."""
    each = iter(_list(octets, at, end, depth))
    return dict(zip(each, each, strict=True))


def _list(octets: Octets, at: int, end: int, depth: int) -> list[Value]:
    find, scalars = octets.find, _SCALARS
    values: list[Value] = []
    while at < end:
        start = find(b":", at, at + _HEAD) + 1
        stop = start + int(octets[at : start - 1])
        if not at < start <= stop < end:
            raise ValueError("a length is wrong")
        kind = octets[stop]
        scalar = scalars.get(kind)
        values.append(scalar(octets[start:stop]) if scalar else _container(kind, octets, start, stop, depth))
        at = stop + 1
    return values


def _boolean(octets: bytes) -> bool:
    if octets not in (b"true", b"false"):
        raise ValueError("a value is neither true nor false")
    return octets == b"true"


def _nothing(octets: bytes) -> None:
    if octets:
        raise ValueError("a null has a length")


_SCALARS: Mapping[int, Callable[[bytes], Value]] = {
    ord(","): bytes,
    ord(";"): bytes.decode,
    ord("#"): int,
    ord("^"): float,
    ord("!"): _boolean,
    ord("~"): _nothing,
}
