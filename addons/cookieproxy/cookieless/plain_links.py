"""Links as most pages have them, a path and perhaps a query, without a question about where they lead: the quick way (R24).

Knows what goes into such a reference as long as pages have one base; whatever has a host, a dot segment, an escape in its path or
anything else to think about is left to `urls`. A test holds the two together.
"""

import re
from typing import NamedTuple

from .carriers import Carrier
from .entities import escape
from .entry import CarrierKind

_SEGMENT = rb"[A-Za-z0-9_~!$*+,=@-][A-Za-z0-9_~!$*+,=@.-]*+"
_PLAIN = re.compile(
    rb"(?P<path>/?+(?:" + _SEGMENT + rb"/?+)++)"
    rb"(?P<query>\?(?:[A-Za-z0-9_~!$*+,=@./?:;()%-]|&amp;)*+)?+(?:#[A-Za-z0-9_~!$*+,=@./?:;()%-]*+)?+"
)


class Insertion(NamedTuple):
    """Octets to be put in at an offset."""

    place: int
    octets: bytes


type Edits = tuple[Insertion, ...]
NOTHING: Edits = ()


class PlainLinks:
    """What goes into the plain links of a page in markup."""

    __slots__ = ("_first", "_id", "_kind", "_more", "_relative", "_rooted")

    def __init__(self, carrier: Carrier, session_id: str, base_path: str, carries: bool) -> None:
        """`base_path` is what references are relative to, `carries` whether the id is in the browser's URL of it."""
        self._id = session_id.encode()
        self._kind = carrier.kind
        segment = b"/(S(" + self._id + b"))"
        directory = base_path[: base_path.rfind("/") + 1].encode()
        self._rooted: Edits = (Insertion(0, segment),)
        self._relative: Edits = () if carries else (Insertion(0, escape(segment + directory)),)
        named = carrier.parameter.encode() + b"=" + self._id
        self._first = b";" + named if carrier.kind is CarrierKind.MATRIX else b"?" + named
        self._more = b"&amp;" + named

    def edits(self, source: bytes) -> Edits | None:
        """What to put in; None if it takes more thought."""
        found = _PLAIN.fullmatch(source)
        if found is None or self._id in source:
            return None
        if self._kind is CarrierKind.PATH:
            return self._rooted if source[0] == 0x2F else self._relative
        if self._kind is CarrierKind.MATRIX:
            return (Insertion(found.end("path"), self._first),)
        end = found.end("query")
        return (Insertion(found.end("path"), self._first),) if end < 0 else (Insertion(end, self._more),)
