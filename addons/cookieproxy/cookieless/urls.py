"""Where a link leads and what to put into it: decided as a browser resolves URLs, edited in the octets as they came (R24, R34).

Plain references are judged by their shape. Everything else (entities, backslashes, control characters, user names, odd schemes) is
resolved by the WHATWG algorithm, and an edit counts only if the edited reference resolves to what it should: what cannot be decided
is left alone. An id never goes to a URL for which the entry does not hold, nor from https down to http.
"""

import codecs
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

import can_ada

from .carriers import Carrier, Parts, parts_of
from .entities import Decoded, decode, escape
from .entry import CarrierKind, Place

_PATH_CHARACTER = rb"""[!$%()*+,\-./0-9:;=@A-Z\[\]^_a-z{|}~]"""
_PLAIN = re.compile(
    rb"(?:(?:(?:https?):)?//(?P<host>[a-z0-9.-]++)(?::[0-9]++)?(?=[/?#]|\Z))?"
    rb"(?P<path>/(?![/\\])" + _PATH_CHARACTER + rb"*+|(?![a-z][a-z0-9+.-]*+:|/)" + _PATH_CHARACTER + rb"*+)"
    rb"(?P<query>\?(?:[!$%()*+,\-./0-9:;=?@A-Z\[\]^_a-z{|}~]|&amp;|&(?![a-z#]))*+)?+"
    rb"(?P<fragment>\#[!-%'-~]*+)?+",
    re.IGNORECASE,
)
"""References that need no algorithm: nothing in them that a browser would read as anything else than it looks."""
_DOTS = re.compile(rb"(?:\A|/)(?:\.|%2e){1,2}(?:/|\Z)", re.IGNORECASE)
_NOT_A_LINK = re.compile(rb"[\x00-\x20]*+(?:#|(?:javascript|data|mailto|tel|about|blob|sms|ftp):)", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*+):")
_SLASHES = re.compile(r"[/\\]*+")
_AUTHORITY_END = re.compile(r"[/\\?#]|\Z")
_IGNORED = "\t\n\r"
_TRIMMED = "".join(map(chr, range(0x21)))
MOST_REMEMBERED = 4_000
"""Links of one page whose edits are remembered: pages repeat them."""
LONGEST_LINK = 16_384
"""Octets; a longer one is left alone."""

type Holds = Callable[[Place], bool]


class Insertion(NamedTuple):
    """Octets to be put in at an offset."""

    place: int
    octets: bytes


type Edits = tuple[Insertion, ...]
NOTHING: Edits = ()


class Reference(NamedTuple):
    """A reference without what a browser ignores in it."""

    text: str
    """Latin-1: an octet a character."""
    places: tuple[int, ...]
    """For each character its offset in the source; at last where the source ends."""


@dataclass(slots=True)
class Links:
    """The links of one page, or of one header field."""

    carrier: Carrier
    session_id: str
    holds: Holds
    """Whether the entry holds for a URL."""
    url: str
    """What references are relative to, without our id: the URL that the application knows."""
    carries: bool
    """True if the browser's own URL has the id there, so that relative references carry it by themselves."""
    additions: tuple[tuple[str, str], ...] = ()
    charset: str = "utf-8"
    in_markup: bool = True
    """True where references are decoded and `&` is written `&amp;`."""
    xml: bool = False
    _base: can_ada.URL = field(init=False)
    _known: dict[bytes, Edits] = field(init=False)

    def __post_init__(self) -> None:
        self.rebase(self.url, self.carries)

    def rebase(self, url: str, carries: bool) -> None:
        """Links are relative to another URL from here on. Raises ValueError if it is none."""
        self._base = can_ada.parse(url)
        self.url, self.carries, self._known = url, carries, {}

    def edits(self, source: bytes) -> Edits:
        """What to put into a reference, in the order of its octets; nothing if it leads elsewhere or cannot be decided."""
        known = self._known.get(source)
        if known is None:
            known = self._judge(source)
            if len(self._known) < MOST_REMEMBERED:
                self._known[source] = known
        return known

    def resolved(self, source: bytes) -> can_ada.URL | None:
        """Where a reference leads; None if it is no URL or cannot be told."""
        reference = self._reference(source)
        return None if reference is None else self._resolve(reference.text)

    def leads_home(self, source: bytes) -> bool:
        """True if the entry holds for where this leads."""
        resolved = self.resolved(source)
        return resolved is not None and self._is_home(resolved)

    # -- judging -------------------------------------------------------------------------------------------------------

    def _judge(self, source: bytes) -> Edits:
        if len(source) > LONGEST_LINK or _NOT_A_LINK.match(source) or self.session_id.encode() in source.lower():
            return NOTHING
        found = _PLAIN.fullmatch(source)
        if found is None or _DOTS.search(found["path"]) or not (self.in_markup or b"&amp;" not in source):
            return self._judge_by_algorithm(source)
        if not self._holds_plain(found):
            return NOTHING
        return self._written(self._insertions(source, found.start("path"), found["host"] is not None))

    def _holds_plain(self, found: re.Match[bytes]) -> bool:
        base, path = self._base, found["path"]
        if found["host"] is not None:
            resolved = self._resolve(found[0].decode("ascii"))
            return resolved is not None and self._is_home(resolved)
        if not path:
            path = base.pathname.encode()
        elif not path.startswith(b"/"):
            path = _directory(base.pathname).encode() + path
        return self.holds(Place(base.protocol[:-1], base.hostname, path))

    def _judge_by_algorithm(self, source: bytes) -> Edits:
        reference = self._reference(source)
        resolved = None if reference is None else self._resolve(reference.text)
        if reference is None or resolved is None or not self._is_home(resolved):
            return NOTHING
        path, absolute = self._path_of(reference.text)
        wanted = self._insertions(reference.text.encode("latin-1"), path, absolute)
        edits = self._written(Insertion(reference.places[each.place], each.octets) for each in wanted)
        if not edits:
            return NOTHING
        became = self.resolved(inserted(source, edits))
        return edits if became is not None and became.href == self._expected(resolved, wanted) else NOTHING

    def _is_home(self, resolved: can_ada.URL) -> bool:
        if resolved.protocol not in ("http:", "https:"):
            return False
        if self._base.protocol == "https:" and resolved.protocol != "https:":
            return False
        return self.holds(Place(resolved.protocol[:-1], resolved.hostname, resolved.pathname.encode()))

    # -- resolving -----------------------------------------------------------------------------------------------------

    def _reference(self, source: bytes) -> Reference | None:
        """What a browser makes of the octets before it resolves them (WHATWG URL 4.4, steps 1 to 3)."""
        decoded = decode(source, self.xml) if self.in_markup else Decoded(source, tuple(range(len(source) + 1)))
        text = decoded.text.decode("latin-1")
        start = len(text) - len(text.lstrip(_TRIMMED))
        end = len(text.rstrip(_TRIMMED))
        if start >= end:
            return Reference("", (decoded.places[-1],))
        kept = [place for place in range(start, end) if text[place] not in _IGNORED]
        places = (*(decoded.places[place] for place in kept), decoded.places[end])
        return Reference("".join(text[place] for place in kept), places)

    def _resolve(self, text: str) -> can_ada.URL | None:
        """A host beyond ASCII needs the page's charset; in paths any octet is as good as another."""
        if not text.isascii():
            path, absolute = self._path_of(text)
            if absolute and not text[:path].isascii():
                decoded = _decoded(text.encode("latin-1"), self.charset)
                if decoded is None:
                    return None
                text = decoded
        try:
            return self._base + text
        except (ValueError, TypeError):
            return None

    def _path_of(self, text: str) -> tuple[int, bool]:
        """Where the path begins, and whether a host stands before it (WHATWG URL 4.4, special schemes)."""
        scheme = _SCHEME.match(text)
        start = 0 if scheme is None else scheme.end()
        slashes = _SLASHES.match(text, start)
        after = start if slashes is None else slashes.end()
        is_other = scheme is not None and scheme[1].lower() + ":" != self._base.protocol
        if after - start >= 2 or is_other:
            end = _AUTHORITY_END.search(text, after)
            return (len(text) if end is None else end.start()), True
        return start, False

    # -- what to put in ------------------------------------------------------------------------------------------------

    def _insertions(self, text: bytes, path: int, absolute: bool) -> list[Insertion]:
        """Into a reference whose path begins there."""
        parts = parts_of(text, path)
        rooted = absolute or text[path : path + 1] in (b"/", b"\\")
        queries = list(self._added_pairs(text, parts, rooted))
        made: list[Insertion] = []
        if self.carrier.kind is CarrierKind.PATH:
            made += self._segment(text, parts, rooted)
        elif self.carrier.kind is CarrierKind.MATRIX:
            made += self._matrix(text, parts, rooted)
        elif not (self.carries and _is_empty(parts, rooted) and not parts.has_query):
            queries.append(self._named())
        return made + self._query(parts, rooted, queries, whole=bool(made))

    def _segment(self, text: bytes, parts: Parts, rooted: bool) -> list[Insertion]:
        segment = b"/(S(" + self.session_id.encode() + b"))"
        if rooted:
            slash = b"" if text[parts.path : parts.path + 1] in (b"/", b"\\") else b"/"
            return [Insertion(parts.path, segment + slash)]
        if self.carries:
            return []
        base = self._base.pathname
        return [Insertion(parts.path, segment + (base if _is_empty(parts, rooted) else _directory(base)).encode())]

    def _matrix(self, text: bytes, parts: Parts, rooted: bool) -> list[Insertion]:
        named = b";" + self._named()
        if not _is_empty(parts, rooted):
            last = text[parts.path : parts.query].replace(b"\\", b"/").rpartition(b"/")[2]
            slash = b"/" if parts.query == parts.path or _DOTS.fullmatch(last) else b""
            return [Insertion(parts.query, slash + named)]
        if self.carries:
            return []
        name = self._base.pathname.rpartition("/")[2]
        return [Insertion(parts.path, (("./" if ":" in name else "") + name).encode() + named)]

    def _query(self, parts: Parts, rooted: bool, pairs: list[bytes], whole: bool) -> list[Insertion]:
        """Pairs at the end of the query. A reference without path and query has that of the base, unless a path was put in."""
        inherited = b""
        if _is_empty(parts, rooted) and not parts.has_query and (pairs or whole):
            inherited = self._base.search.encode()
        if not pairs:
            return [Insertion(parts.fragment, inherited)] if inherited else []
        mark = b"&" if parts.has_query or inherited else b"?"
        return [Insertion(parts.fragment, inherited + mark + b"&".join(pairs))]

    def _named(self) -> bytes:
        return f"{self.carrier.parameter}={self.session_id}".encode()

    def _added_pairs(self, text: bytes, parts: Parts, rooted: bool) -> Iterable[bytes]:
        """The pairs of `add` that are not there yet."""
        if not self.additions:
            return
        query = text[parts.query + 1 : parts.fragment]
        if _is_empty(parts, rooted) and not parts.has_query:
            query = self._base.search[1:].encode()
        there = {unquote_to_bytes(pair.partition(b"=")[0]) for pair in query.replace(b"&amp;", b"&").split(b"&")}
        for name, value in self.additions:
            if name.encode() not in there:
                yield f"{name}={quote(value, safe='')}".encode()

    def _written(self, wanted: Iterable[Insertion]) -> Edits:
        """As it can stand in the source."""
        if not self.in_markup:
            return tuple(wanted)
        return tuple(Insertion(place, escape(octets)) for place, octets in wanted)

    def _expected(self, resolved: can_ada.URL, wanted: Iterable[Insertion]) -> str:
        """What the edited reference should resolve to."""
        href, _, _ = resolved.href.partition("#")
        authority = len(href) - len(resolved.pathname) - len(href.partition("?")[1] + href.partition("?")[2])
        path, query = resolved.pathname, href.partition("?")[1] + href.partition("?")[2]
        pairs = []
        for _, octets in wanted:
            text = octets.decode("latin-1")
            if self.carrier.kind is CarrierKind.PATH and text.startswith("/(S("):
                path = f"/(S({self.session_id})){path}"
            elif self.carrier.kind is CarrierKind.MATRIX and ";" in text:
                path += f";{self.carrier.parameter}={self.session_id}"
            else:
                pairs.append(text.removeprefix(self._base.search) if not query else text)
        if pairs:
            query += ("&" if query else "?") + "&".join(pairs)[1:]
        return href[:authority] + path + query + resolved.hash


def inserted(source: bytes, edits: Edits) -> bytes:
    """The source with all that is put in."""
    made = []
    done = 0
    for place, octets in edits:
        made += [source[done:place], octets]
        done = place
    return b"".join([*made, source[done:]])


def _is_empty(parts: Parts, rooted: bool) -> bool:
    """True for a reference without path, which is about the base itself."""
    return not rooted and parts.query == parts.path


def _directory(path: str) -> str:
    return path[: path.rfind("/") + 1]


def _decoded(octets: bytes, charset: str) -> str | None:
    try:
        return codecs.lookup(charset).decode(octets, "strict")[0]
    except (LookupError, UnicodeError, TypeError):
        return None
