"""Where a link leads and what to put into it: decided as a browser resolves URLs, edited in the octets as they came (R24, R34).

Plain references are judged by their shape. Everything else (entities, backslashes, control characters, user names, odd schemes) is
resolved by the WHATWG algorithm, and an edit counts only if the edited reference resolves to what it should: what cannot be decided
is left alone. An id never goes to a URL for which the entry does not hold, nor from an https page to http.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

import can_ada

from .carriers import Carrier, Parts, parts_of, with_pairs
from .entities import escape
from .entry import CarrierKind, Place
from .plain_links import NOTHING, Edits, Insertion, PlainLinks
from .references import Resolver, climbed

__all__ = ["Edits", "Holds", "Insertion", "Links", "inserted", "shifted"]

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
_SHIFTS = re.compile(rb"[\x0e\x0f\x1b]")
"""What begins another set of characters in ISO-2022-JP: browsers may find that a page is in it where nobody else does."""
_SLASHES = (b"/", b"\\")
MOST_REMEMBERED = 4_000
"""Links of one page whose edits are remembered: pages repeat them."""
LONGEST_REMEMBERED = 256
"""Octets of such a link."""
LONGEST_LINK = 16_384
"""Octets; a longer one is left alone."""

type Holds = Callable[[Place], bool]


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
    """What a page says its charset is; empty if it does not."""
    in_markup: bool = True
    """True where references are decoded and `&` is written `&amp;`."""
    xml: bool = False
    asks_path: bool = True
    """False if `holds` answers the same for all URLs of a host."""
    one_port: bool = False
    """True if only URLs with the document's own port lead through the proxy."""
    _plain: PlainLinks | None = field(init=False)
    """The quick way, if relative references lead home whatever they say."""
    _document: can_ada.URL = field(init=False)
    _document_carries: bool = field(init=False)
    _resolver: Resolver = field(init=False)
    _base: can_ada.URL = field(init=False)
    _site: tuple[str, str] | None = field(init=False)
    """Scheme and host that relative references keep; None if no id may go there."""
    _path: str = field(init=False)
    _search: str = field(init=False)
    _known: dict[bytes, Edits] = field(init=False)
    _thoughts_left: int = field(init=False, default=20_000)
    """How many more references of one page are decided by the algorithm: a hostile page of nothing else must not hold up others."""

    def __post_init__(self) -> None:
        self._document, self._document_carries = can_ada.parse(self.url), self.carries
        self.rebase(self.url, self.carries)

    def rebase(self, url: str, carries: bool) -> None:
        """Links are relative to another URL from here on. Raises ValueError if it is none."""
        self._base = base = can_ada.parse(url)
        self.url, self.carries, self._known = url, carries, {}
        self._resolver = Resolver(base, self.charset, self.in_markup, self.xml)
        self._path = base.pathname
        _, mark, search = base.href.partition("#")[0].partition("?")
        self._search = mark + search
        self._site = (base.protocol[:-1], base.hostname) if self._is_safe(base) else None
        self._plain = None
        if self.in_markup and not (self.asks_path or self.additions) and self._is_home(base):
            self._plain = PlainLinks(self.carrier, self.session_id, self._path, carries)

    def read_as(self, charset: str) -> None:
        """The page turned out to be in this charset; empty if nobody can tell."""
        self.charset, self._known = charset, {}
        self._resolver = self._resolver._replace(charset=charset)

    def edits(self, source: bytes) -> Edits:
        """What to put into a reference, in the order of its octets; nothing if it leads elsewhere or cannot be decided."""
        if source[:1] == b"#":
            return NOTHING
        if self._plain is not None and (plain := self._plain.edits(source)) is not None:
            return plain
        known = self._known.get(source)
        if known is None:
            known = self._judge(source)
            if len(self._known) < MOST_REMEMBERED and len(source) <= LONGEST_REMEMBERED:
                self._known[source] = known
        return known

    def resolved(self, source: bytes) -> can_ada.URL | None:
        """Where a reference leads; None if it is no URL or cannot be told."""
        return self._resolver.resolve(self._resolver.reference(source))

    def leads_home(self, source: bytes) -> bool:
        """True if the entry holds for where this leads."""
        resolved = self.resolved(source)
        return resolved is not None and self._is_home(resolved)

    def will_carry(self, source: bytes, edits: Edits) -> bool:
        """True if the id is there once a browser has resolved this reference with these edits."""
        became = self._in_browser(inserted(source, edits))
        resolved = self.resolved(source)
        return became is not None and resolved is not None and became.href == self._put(resolved.href, [])

    def own_address(self) -> bytes | None:
        """The page itself with the id, whatever links are relative to; None if the browser has it there, or must not."""
        if self._document_carries or not self._is_home(self._document):
            return None
        address = self._put(self._document.href, []).encode()
        return escape(address) if self.in_markup else address

    # -- judging -------------------------------------------------------------------------------------------------------

    def _judge(self, source: bytes) -> Edits:
        if self.in_markup and _SHIFTS.search(source):
            return NOTHING
        if len(source) > LONGEST_LINK or _NOT_A_LINK.match(source) or self.session_id.encode() in source.lower():
            return NOTHING
        found = _PLAIN.fullmatch(source)
        if found is None or _DOTS.search(found["path"]) or not (self.in_markup or b"&amp;" not in source):
            return self._judge_by_algorithm(source)
        if not self._holds_plain(found):
            return NOTHING
        return self._written(self._insertions(source, found.start("path"), found["host"] is not None))

    def _holds_plain(self, found: re.Match[bytes]) -> bool:
        path = found["path"]
        if found["host"] is not None:
            return self.leads_home(found[0])
        if self._site is None:
            return False
        if not path:
            path = self._path.encode()
        elif not path.startswith(b"/"):
            path = _directory(self._path).encode() + path
        return self.holds(Place(*self._site, path))

    def _judge_by_algorithm(self, source: bytes) -> Edits:
        if self._thoughts_left <= 0:
            return NOTHING
        self._thoughts_left -= 1
        reference = self._resolver.reference(source)
        resolved = self._resolver.resolve(reference)
        if resolved is None or not self._is_home(resolved):
            return NOTHING
        path, absolute = self._resolver.path_of(reference.text)
        text = reference.text.encode("latin-1")
        wanted = self._insertions(text, path, absolute)
        edits = self._written(Insertion(reference.places[each.place], each.octets) for each in wanted)
        if not edits:
            return NOTHING
        became = self._in_browser(inserted(source, edits))
        pairs = self._added_pairs(text, parts_of(text, path), self._is_rooted(text, path, absolute))
        return edits if became is not None and became.href == self._put(resolved.href, pairs) else NOTHING

    def _is_home(self, url: can_ada.URL) -> bool:
        return self._is_safe(url) and self.holds(Place(url.protocol[:-1], url.hostname, url.pathname.encode()))

    def _is_safe(self, url: can_ada.URL) -> bool:
        if self.one_port and url.port != self._document.port:
            return False
        return url.protocol == "https:" or (url.protocol == "http:" and self._document.protocol != "https:")

    def _in_browser(self, source: bytes) -> can_ada.URL | None:
        """Where an edited reference leads from the URL that the browser has."""
        base = can_ada.parse(self._put(self._base.href, [])) if self.carries else self._base
        resolver = self._resolver._replace(base=base)
        return resolver.resolve(resolver.reference(source))

    def _put(self, href: str, pairs: Iterable[bytes]) -> str:
        return self.carrier.put(with_pairs(href.encode(), pairs), self.session_id).decode()

    # -- what to put in ------------------------------------------------------------------------------------------------

    def _insertions(self, text: bytes, path: int, absolute: bool) -> list[Insertion]:
        """Into a reference whose path begins there."""
        parts = parts_of(text, path)
        rooted = self._is_rooted(text, path, absolute)
        queries = list(self._added_pairs(text, parts, rooted))
        made: list[Insertion] = []
        if self.carrier.kind is CarrierKind.PATH:
            made += self._segment(text, parts, rooted)
        elif self.carrier.kind is CarrierKind.MATRIX:
            made += self._matrix(text, parts, rooted)
        elif queries or not (self.carries and _is_empty(parts, rooted) and not parts.has_query):
            queries.append(self._named())
        return made + self._query(parts, rooted, queries, whole=bool(made))

    def _is_rooted(self, text: bytes, path: int, absolute: bool) -> bool:
        return absolute or text[path : path + 1] in _SLASHES

    def _segment(self, text: bytes, parts: Parts, rooted: bool) -> list[Insertion]:
        segment = b"/(S(" + self.session_id.encode() + b"))"
        place = climbed(text, parts.path, parts.query, self._path.count("/") - 1)
        if place is None and rooted:
            place = parts.path
        if place is not None:
            slash = b"" if text[place : place + 1] in _SLASHES else b"/"
            return [Insertion(place, segment + slash)]
        if self.carries:
            return []
        base = self._path if _is_empty(parts, rooted) else _directory(self._path)
        return [Insertion(parts.path, segment + base.encode())]

    def _matrix(self, text: bytes, parts: Parts, rooted: bool) -> list[Insertion]:
        named = b";" + self._named()
        if not _is_empty(parts, rooted):
            last = text[parts.path : parts.query].replace(b"\\", b"/").rpartition(b"/")[2]
            slash = b"/" if parts.query == parts.path or _DOTS.fullmatch(last) else b""
            return [Insertion(parts.query, slash + named)]
        if self.carries:
            return []
        name = self._path.rpartition("/")[2]
        return [Insertion(parts.path, (("./" if ":" in name else "") + name).encode() + named)]

    def _query(self, parts: Parts, rooted: bool, pairs: list[bytes], whole: bool) -> list[Insertion]:
        """Pairs at the end of the query. A reference without path and query has that of the base, unless a path was put in."""
        inherited = b""
        if _is_empty(parts, rooted) and not parts.has_query and (pairs or whole):
            inherited = self._search.encode()
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
            query = self._search[1:].encode()
        there = {unquote_to_bytes(pair.partition(b"=")[0]) for pair in query.replace(b"&amp;", b"&").split(b"&")}
        for name, value in self.additions:
            if name.encode() not in there:
                yield f"{name}={quote(value, safe='')}".encode()

    def _written(self, wanted: Iterable[Insertion]) -> Edits:
        """As it can stand in the source."""
        if not self.in_markup:
            return tuple(wanted)
        return tuple(Insertion(place, escape(octets)) for place, octets in wanted)


def inserted(source: bytes, edits: Edits) -> bytes:
    """The source with all that is put in."""
    made = []
    done = 0
    for place, octets in edits:
        made += [source[done:place], octets]
        done = place
    return b"".join([*made, source[done:]])


def shifted(edits: Edits, offset: int) -> Edits:
    """The same for a source that stands in another."""
    return tuple(Insertion(place + offset, octets) for place, octets in edits)


def _is_empty(parts: Parts, rooted: bool) -> bool:
    """True for a reference without path, which is about the base itself."""
    return not rooted and parts.query == parts.path


def _directory(path: str) -> str:
    return path[: path.rfind("/") + 1]
