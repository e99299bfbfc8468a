"""A page on its way to the browser: its links and forms get the id, all other octets stay (R16, R23, R24).

Says of each element what is in it to be changed; where elements are is `markup`'s business, where links lead `urls`'. Streams: what
came in goes out as soon as it is whole tags.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from .attributes import Attribute, attributes_of
from .bodies import is_unreadable
from .charsets import is_known
from .codings import Transform
from .entities import decode, escape
from .entry import CarrierKind
from .head import LONGEST_MARK, SNIFFED, Place, first_place, is_document, marked_charset, sniffed_charset
from .markup import Edit, Markup
from .referrers import TIGHT, is_leaking
from .refresh import destination
from .styles import StyleRewriter
from .urls import Insertion, Links

type Attributes = Mapping[bytes, Attribute]

DEFAULT_REWRITES: Mapping[bytes, tuple[bytes, ...]] = {
    b"a": (b"href", b"xlink:href"),
    b"area": (b"href",),
    b"base": (),
    b"button": (b"formaction",),
    b"form": (),
    b"frame": (b"src",),
    b"iframe": (b"src",),
    b"input": (b"formaction",),
    b"meta": (),
}
"""Elements and the attributes with links that are rewritten unless said otherwise; those without have a method of their own."""
_ALWAYS = (b"a", b"area", b"base", b"iframe", b"meta")
"""Elements that are looked at in any case, because they say what links are relative to, or tell others where one is."""
_LINKS = frozenset((b"a", b"area"))
_ESCAPE = b"\x1b"
_NO_BASE = ("data:", "javascript:")


@dataclass(frozen=True, slots=True)
class Injection:
    """What goes first into a page."""

    script: bytes
    """The whole element."""
    policy: Callable[[bytes], bytes]
    """What a Content-Security-Policy in the page has to become for it."""
    into_pieces: bool = True
    """False if only what begins as a document does gets it: a script may have asked for a piece of markup."""


class Page:
    """One page: octets in, octets out."""

    def __init__(
        self,
        links: Links,
        rewrites: Mapping[bytes, tuple[bytes, ...]],
        injection: Injection | None = None,
        has_charset: bool = True,
    ) -> None:
        """`has_charset`: whether the response says its charset, so that the browser does not look for it in the page."""
        self._links = links
        self._bare = replace(links, additions=()) if links.additions else links
        self._rewrites = rewrites
        self._injection = injection
        self._has_charset = has_charset and is_known(links.charset)
        self._document_carries = links.carries
        self._has_base = False
        self._start: bytes | None = b""
        self._looked_at = 0
        self._is_foreign = False
        self._may_shift = False
        self._markup = Markup(self, rewrites, _links_alone(rewrites), links.xml)
        self.link = links.edits
        self._own: Mapping[bytes, Callable[[bytes, Attributes], Iterable[Edit]]] = {
            b"base": self._base,
            b"form": self._form,
            b"meta": self._meta,
        }

    def feed(self, data: bytes) -> bytes:
        """What can go on once these octets came."""
        if self._is_foreign:
            return data
        if self._start is None:
            return self._read(data)
        self._start += data
        if len(self._start) < self._looked_at + self._looked_at // 8:
            return b""
        self._looked_at = len(self._start)
        return self._begin(is_all=False)

    def close(self) -> bytes:
        """The rest."""
        if self._is_foreign:
            return b""
        begun = self._begin(is_all=True) if self._start is not None else b""
        return begun + (b"" if self._is_foreign else self._markup.close())

    # -- the beginning -------------------------------------------------------------------------------------------------

    def _begin(self, is_all: bool) -> bytes:
        """Once the charset is clear, and the place of the script: up to there. A page that cannot be read passes."""
        start = self._start or b""
        if not is_all and len(start) < LONGEST_MARK:
            return b""
        marked = marked_charset(start)
        sniffed = sniffed_charset(start) if marked is None and not self._has_charset and not self._links.xml else None
        if not is_all and len(start) < SNIFFED and not (marked or sniffed or self._has_charset or self._links.xml):
            return b""
        charset = marked or sniffed
        if charset is not None and is_unreadable(charset):
            self._start, self._is_foreign = None, True
            return start
        place = first_place(start, is_all) if self._injection is not None else Place(0, False, False)
        if place is None:
            return b""
        self._start = None
        self._read_as(charset)
        self._may_shift = charset is None and not self._has_charset
        before = self._read(start[: place.offset])
        fits = (
            place.fits and not self._is_foreign and self._markup.is_at_rest and (place.in_head or not self._links.xml)
        )
        put = self._first(start, sniffed) if fits else b""
        return before + put + self._read(start[place.offset :])

    def _read(self, data: bytes) -> bytes:
        """A page that does not say its charset in time may be in ISO-2022-JP, where an escape makes markup into characters."""
        if self._is_foreign:
            return data
        escape_at = data.find(_ESCAPE) if self._may_shift else -1
        if escape_at < 0:
            return self._markup.feed(data)
        self._is_foreign = True
        return self._markup.feed(data[:escape_at]) + self._markup.close() + data[escape_at:]

    def _read_as(self, charset: str | None) -> None:
        if charset is None and (self._has_charset or self._links.xml):
            return
        for each in (self._links, self._bare):
            each.read_as(charset or "")

    def _first(self, start: bytes, charset: str | None) -> bytes:
        """The script; before it the charset that the browser would not see behind it."""
        injection = self._injection
        if injection is None or not start.strip() or not (injection.into_pieces or is_document(start)):
            return b""
        return (b"" if charset is None else b'<meta charset="' + charset.encode() + b'">') + injection.script

    def style(self) -> Transform | None:
        """What goes through the text of a style element."""
        if self._links.carrier.kind is not CarrierKind.PATH or not self._links.leads_home(b"/"):
            return None
        return StyleRewriter(b"/(S(" + self._links.session_id.encode() + b"))")

    # -- tags ----------------------------------------------------------------------------------------------------------

    def tag(self, name: bytes, tag: bytes) -> Iterable[Edit]:
        """What to change in a start tag."""
        attributes = attributes_of(tag)
        own = self._own.get(name)
        edits = list(own(tag, attributes)) if own is not None else []
        for attribute in self._rewrites[name]:
            edits += _link_in(attributes.get(attribute), self._links)
        policy = attributes.get(b"referrerpolicy")
        if policy is not None and is_leaking(self._said(policy)):
            edits.append(_instead(policy, tag, TIGHT))
        return sorted(set(edits))

    def _base(self, tag: bytes, attributes: Attributes) -> Iterator[Edit]:
        """The first one with an address: what links are relative to from here on."""
        href = attributes.get(b"href")
        if href is None or self._has_base:
            return
        self._has_base = True
        links = self._links
        resolved = links.resolved(href.value)
        if resolved is None or resolved.protocol in _NO_BASE:
            return
        edits: list[Edit] = []
        carries = False
        if links.carrier.kind is CarrierKind.PATH:
            edits = list(_link_in(href, self._bare))
            carries = self._bare.will_carry(href.value, self._bare.edits(href.value) if edits else ())
        for each in (links, self._bare):
            each.rebase(resolved.href, carries)
        yield from edits

    def _meta(self, tag: bytes, attributes: Attributes) -> Iterator[Edit]:
        content = attributes.get(b"content")
        if content is None or content.start < 0:
            return
        kind = self._said(attributes.get(b"http-equiv", _NONE)).lower()
        if kind == b"refresh":
            yield from self._refresh(content)
        elif kind == b"content-security-policy" and self._injection is not None:
            said = self._said(content)
            policy = self._injection.policy(said)
            if policy != said:
                yield _instead(content, tag, policy)
        elif self._said(attributes.get(b"name", _NONE)).lower() == b"referrer" and is_leaking(self._said(content)):
            yield _instead(content, tag, TIGHT)

    def _refresh(self, content: Attribute) -> Iterator[Edit]:
        said = decode(content.value, self._links.xml)
        found = destination(said.text)
        if found is None:
            return
        start, end = said.places[found.start], said.places[found.end]
        own = self._links.own_address() if start == end else None
        edits = () if start == end else self._links.edits(content.value[start:end])
        if own is not None:
            edits = (Insertion(0, found.lead + own),)
        for offset, octets in edits:
            place = content.start + start + offset
            yield Edit(place, place, octets)

    def _said(self, attribute: Attribute) -> bytes:
        return decode(attribute.value, self._links.xml).text

    # -- forms ---------------------------------------------------------------------------------------------------------

    def _form(self, tag: bytes, attributes: Attributes) -> Iterator[Edit]:
        """An action carries the id like a link; the query of a GET form's is thrown away, so there a hidden field does."""
        method = self._said(attributes.get(b"method", _NONE)).lower()
        action = attributes.get(b"action", _NONE)
        address = action.value.strip(_WHITE_SPACE)
        links = self._links
        if method == b"dialog" or (address and not links.leads_home(action.value)):
            return
        in_query = links.carrier.kind is CarrierKind.QUERY
        stays = not address or address.startswith(b"#")
        if not stays and not (in_query and method != b"post"):
            yield from _link_in(action, self._bare)  # other pairs go into hidden fields alone
        there = links.carries if address else self._document_carries  # without action it is the page, whatever the base
        fields = [(links.carrier.parameter, links.session_id)] if in_query or (stays and not there) else []
        if not (links.xml and tag.endswith(b"/>")):
            hidden = b"".join(self._hidden(name, value) for name, value in (*fields, *links.additions))
            if hidden:
                yield Edit(len(tag), len(tag), hidden)

    def _hidden(self, name: str, value: str) -> bytes:
        end = " />" if self._links.xml else ">"
        return f'<input type="hidden" name="{_text(name)}" value="{_text(value)}"{end}'.encode(
            "ascii", "xmlcharrefreplace"
        )


_NONE = Attribute(b"", -1)
_WHITE_SPACE = b" \t\n\r\f"


def _links_alone(rewrites: Mapping[bytes, tuple[bytes, ...]]) -> bool:
    """True if an `a` or `area` of HTML has nothing but its `href` to look at."""
    return all(
        b"href" in rewrites.get(name, ()) and set(rewrites[name]) <= set(DEFAULT_REWRITES[name]) for name in _LINKS
    )


def _instead(attribute: Attribute, tag: bytes, value: bytes) -> Edit:
    """Another value for an attribute; quoted, if it has to be."""
    is_bare = tag[attribute.start - 1 : attribute.start] not in (b'"', b"'")
    written = escape(value).replace(b"&#32;", b" ")
    end = attribute.start + len(attribute.value)
    return Edit(attribute.start, end, b'"' + written + b'"' if is_bare and b" " in written else written)


def _link_in(attribute: Attribute | None, links: Links) -> Iterator[Edit]:
    if attribute is None or attribute.start < 0:
        return
    for offset, octets in links.edits(attribute.value):
        place = attribute.start + offset
        yield Edit(place, place, octets)


def _text(text: str) -> str:
    """Text as an attribute has it, in any charset."""
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def rewrites_of(own: Iterable[tuple[bytes, bytes]], with_default: bool) -> Mapping[bytes, tuple[bytes, ...]]:
    """The table of elements and attributes for an entry. What tells of policies and bases is looked at in any case."""
    made: dict[bytes, tuple[bytes, ...]] = dict(DEFAULT_REWRITES) if with_default else dict.fromkeys(_ALWAYS, ())
    for element, attribute in sorted(own):
        made[element] = tuple(dict.fromkeys((*made.get(element, ()), attribute)))
    return made
