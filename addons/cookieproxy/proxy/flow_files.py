"""mitmproxy's flow files, a flow at a time: each a netstring, of which only what cookies depend on is read.

Files of older versions of mitmproxy are read whole, and made new by mitmproxy's own conversions. A flow that says nonsense is
passed over; where the lengths themselves are wrong nothing behind can be found any more.
"""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, cast

from mitmproxy.http import HTTPFlow
from mitmproxy.io import compat
from mitmproxy.version import FLOW_FORMAT_VERSION

from ..formats.tnetstrings import MOST_DIGITS, Octets, load_members, load_wanted
from ..formats.traffic_files import EndsEarly, TrafficFile, Unreadable, explained
from .flow_facts import WANTED, FlowFacts, facts_of_state
from .light_flows import light_flow

_DICTIONARY = ord("}")
_NONSENSE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError)
"""What nonsense in a flow leads to, in mitmproxy's conversions of old ones too."""


class Passed(Enum):
    """Why a flow is passed over."""

    OTHER_PROTOCOL = auto()
    """TCP, UDP or DNS: there are no cookies in it."""
    UNREADABLE = auto()


def flows_in(file: TrafficFile) -> Iterator[HTTPFlow | Passed]:
    """The flows in a file in its order. Raises Unreadable where it cannot go on, EndsEarly if the last one is not whole."""
    return map(flow_of, facts_in(file))


def flow_of(facts: FlowFacts | Passed) -> HTTPFlow | Passed:
    """The flow with these facts."""
    if isinstance(facts, Passed):
        return facts
    try:
        return light_flow(facts)
    except ValueError:  # a mode that mitmproxy does not know
        return Passed.UNREADABLE


def facts_in(file: TrafficFile) -> Iterator[FlowFacts | Passed]:
    """The facts of the flows in a file, in its order; as `flows_in`."""
    with explained():
        while True:
            begin = file.offset
            length = _length(file, begin)
            if length is None:
                return
            taken = file.take(length + 1)
            if taken is None:
                raise _cut(begin)
            octets, start = taken
            if octets[-1] != _DICTIONARY:
                raise _damage(begin)
            yield _facts(octets, start, start + length)


def _length(file: TrafficFile, begin: int) -> int | None:
    """The length of the next flow; None at the end of the file."""
    digits = b""
    while (octet := file.read(1)).isdigit() and len(digits) < MOST_DIGITS:
        digits += octet
    if octet == b":" and digits:
        return int(digits)
    if octet:
        raise _damage(begin)
    if digits:
        raise _cut(begin)
    return None


def _cut(offset: int) -> EndsEarly:
    return EndsEarly(f"it ends in the middle of a flow, which begins at octet {offset:,}")


def _damage(offset: int) -> Unreadable:
    return Unreadable(f"at octet {offset:,} there is no flow, so what follows cannot be read. What came before was.")


def _facts(octets: Octets, begin: int, end: int) -> FlowFacts | Passed:
    try:
        state: dict[Any, Any] = load_wanted(octets, begin, end, WANTED)
        if state.get("version") != FLOW_FORMAT_VERSION:
            state = compat.migrate_flow(cast(dict[bytes | str, Any], load_members(octets, begin, end)))
        return facts_of_state(state) if state["type"] == "http" else Passed.OTHER_PROTOCOL
    except _NONSENSE:
        return Passed.UNREADABLE
