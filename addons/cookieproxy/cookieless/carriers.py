"""Where in a URL an id is: put in before it goes to the browser, taken out before anybody else sees the URL (R16, R23, R34).

Three carriers, and the way back for each: what was put in and is taken out again leaves the octets as they were. Knows the shape of
an id and not whose it is. The page script has the same rules (`page.js`).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from .entry import CarrierKind
from .ids import SHAPE, is_id

_OPEN, _CLOSE = rb"(?:\(|%28)", rb"(?:\)|%29)"
_SEGMENT = re.compile(rb"/" + _OPEN + rb"[Ss]" + _OPEN + rb"([A-Za-z0-9]{1,80})" + _CLOSE * 2 + rb"(?=[/?#]|\Z)")
"""ASP.NET's segment; as long as its ids may be, so that forged ones are taken out too."""

type IsOurs = Callable[[bytes], bool]


class Taken(NamedTuple):
    """A request target without ids, and what was in it."""

    target: bytes
    ids: tuple[bytes, ...] = ()


class Parts(NamedTuple):
    """Where in a URL, or a reference to one, something begins."""

    path: int
    query: int
    """The place of `?`, or where it would be."""
    fragment: int
    """The place of `#`, or the end."""
    has_query: bool


def parts_of(url: bytes, path: int = 0) -> Parts:
    """The parts of a reference whose path begins there."""
    fragment = url.find(b"#", path)
    if fragment < 0:
        fragment = len(url)
    query = url.find(b"?", path, fragment)
    return Parts(path, fragment if query < 0 else query, fragment, query >= 0)


@dataclass(frozen=True, slots=True)
class Carrier:
    """One way of carrying an id; `parameter` names it where it needs a name, also in hidden fields of the other ways."""

    kind: CarrierKind
    parameter: str

    # -- out of a request target ---------------------------------------------------------------------------------------

    def take(self, target: bytes, is_ours: IsOurs) -> Taken:
        """The target without the ids in it. Where only hidden fields put one, it must be `is_ours` to be taken."""
        ids: list[bytes] = []
        if self.kind is CarrierKind.PATH:
            target = self._take_segments(target, ids)
        elif self.kind is CarrierKind.MATRIX:
            target = self._take_matrix(target, ids)
        takes = is_id if self.kind is CarrierKind.QUERY else is_ours
        target = self._take_query(target, ids, takes)
        return Taken(target, tuple(ids))

    def take_from_url(self, url: bytes, is_ours: IsOurs) -> Taken:
        """The same for an absolute URL, as a Referer has it."""
        found = _AUTHORITY.match(url)
        if found is None:
            return Taken(url)
        taken = self.take(url[found.end() :], is_ours)
        return Taken(url[: found.end()] + taken.target, taken.ids)

    def _take_segments(self, target: bytes, ids: list[bytes]) -> bytes:
        place = 0
        while (found := _SEGMENT.match(target, place)) is not None:
            ids.append(found[1])
            place = found.end()
        if not place:
            return target
        rest = target[place:]
        return rest if rest.startswith(b"/") else b"/" + rest

    def _take_matrix(self, target: bytes, ids: list[bytes]) -> bytes:
        if b"=" not in target:
            return target
        pattern = matrix_pattern(self.parameter.encode())
        path, mark, rest = target.partition(b"?")
        ids += pattern.findall(path)
        return pattern.sub(b"", path) + mark + rest

    def _take_query(self, target: bytes, ids: list[bytes], takes: IsOurs) -> bytes:
        path, mark, query = target.partition(b"?")
        if not mark:
            return target
        query, hash_mark, fragment = query.partition(b"#")
        pieces = query.split(b"&")
        kept = [piece for piece in pieces if not self._is_id_piece(piece, takes, ids)]
        if len(kept) == len(pieces):
            return target
        return path + (mark + b"&".join(kept) if kept else b"") + hash_mark + fragment

    def _is_id_piece(self, piece: bytes, takes: IsOurs, ids: list[bytes]) -> bool:
        name, equals, value = piece.partition(b"=")
        if not equals or unquote_to_bytes(name) != self.parameter.encode():
            return False
        value = unquote_to_bytes(value)
        if not takes(value):
            return False
        ids.append(value)
        return True

    # -- into a URL of our own making --------------------------------------------------------------------------------

    def put(self, url: bytes, session_id: str) -> bytes:
        """The URL, absolute or a request target, with the id."""
        found = _AUTHORITY.match(url)
        parts = parts_of(url, found.end() if found else 0)
        named = f"{self.parameter}={session_id}".encode()
        if self.kind is CarrierKind.PATH:
            slash = b"" if url[parts.path : parts.path + 1] == b"/" else b"/"
            return url[: parts.path] + b"/(S(" + session_id.encode() + b"))" + slash + url[parts.path :]
        if self.kind is CarrierKind.MATRIX:
            slash = b"/" if parts.query == parts.path else b""
            return url[: parts.query] + slash + b";" + named + url[parts.query :]
        return url[: parts.fragment] + (b"&" if parts.has_query else b"?") + named + url[parts.fragment :]


def with_pairs(url: bytes, pairs: Iterable[bytes]) -> bytes:
    """An absolute URL with `name=value` pairs at the end of its query."""
    joined = b"&".join(pairs)
    if not joined:
        return url
    found = _AUTHORITY.match(url)
    parts = parts_of(url, found.end() if found else 0)
    return url[: parts.fragment] + (b"&" if parts.has_query else b"?") + joined + url[parts.fragment :]


_AUTHORITY = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*+://[^/?#]*+")


@lru_cache(64)
def matrix_pattern(name: bytes) -> re.Pattern[bytes]:
    """`;sid=id` in a path; the name may be percent-encoded."""
    spelled = b"".join(b"(?:%b|%%(?i:%02x))" % (re.escape(name[at : at + 1]), name[at]) for at in range(len(name)))
    return re.compile(rb";" + spelled + rb"=(" + SHAPE + rb")(?=[;/?#]|\Z)")
