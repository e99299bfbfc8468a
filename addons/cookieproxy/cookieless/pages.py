"""A page on its way to the browser: its links and forms get the id, all other octets stay (R16, R23, R24).

Says of each element what is in it to be changed; where elements are is `markup`'s business, where links lead `urls`'. Streams: what
came in goes out as soon as it is whole tags.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from .entry import CarrierKind
from .head import SNIFFED, first_place, sniffed_charset
from .markup import Attribute, Edit, Markup, attributes_of
from .referrers import TIGHT, is_leaking
from .refresh import url_span
from .urls import Links

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
_LINKS = frozenset((b"a", b"area"))
_NO_BASE = ("data:", "javascript:")


@dataclass(frozen=True, slots=True)
class Injection:
    """What goes first into a page."""

    script: bytes
    """The whole element."""
    policy: Callable[[bytes], bytes]
    """What a Content-Security-Policy in the page has to become for it."""


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
        self._has_charset = has_charset
        self._document_carries = links.carries
        self._has_base = False
        self._start: bytes | None = b"" if injection is not None else None
        links_alone = all(set(rewrites.get(name, ())) <= set(DEFAULT_REWRITES[name]) for name in _LINKS)
        self._markup = Markup(self, rewrites, links_alone and b"a" in rewrites and b"area" in rewrites, links.xml)
        self.link = links.edits
        self._own: Mapping[bytes, Callable[[bytes, Attributes], Iterable[Edit]]] = {
            b"base": self._base,
            b"form": self._form,
            b"meta": self._meta,
        }

    def feed(self, data: bytes) -> bytes:
        """What can go on once these octets came."""
        if self._start is None:
            return self._markup.feed(data)
        self._start += data
        return self._begin(is_all=False)

    def close(self) -> bytes:
        """The rest."""
        begun = self._begin(is_all=True) if self._start is not None else b""
        return begun + self._markup.close()

    # -- the beginning -------------------------------------------------------------------------------------------------

    def _begin(self, is_all: bool) -> bytes:
        start = self._start or b""
        if not is_all and not self._has_charset and len(start) < SNIFFED:
            return b""
        place = first_place(start, is_all)
        if place is None:
            return b""
        self._start = None
        before = self._markup.feed(start[: place.offset])
        put = self._first(start) if self._markup.is_at_rest and (place.in_head or not self._links.xml) else b""
        return before + put + self._markup.feed(start[place.offset :])

    def _first(self, start: bytes) -> bytes:
        """The script; before it the charset that the browser would not see behind it."""
        if self._injection is None or not start.strip():
            return b""
        charset = None if self._has_charset or self._links.xml else sniffed_charset(start)
        return (b"" if charset is None else b'<meta charset="' + charset + b'">') + self._injection.script

    # -- tags ----------------------------------------------------------------------------------------------------------

    def tag(self, name: bytes, tag: bytes) -> Iterable[Edit]:
        """What to change in a start tag."""
        attributes = attributes_of(tag)
        own = self._own.get(name)
        edits = list(own(tag, attributes)) if own is not None else []
        for attribute in self._rewrites[name]:
            edits += _link_in(attributes.get(attribute), self._links)
        policy = attributes.get(b"referrerpolicy")
        if policy is not None and is_leaking(policy.value):
            edits.append(Edit(policy.start, policy.start + len(policy.value), TIGHT))
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
        if links.carrier.kind is CarrierKind.PATH and href.start >= 0:
            edits = list(_link_in(href, self._bare))
        is_relative = links.carries and not href.value.strip().startswith((b"/", b"\\")) and b":" not in href.value
        carries = bool(edits) or (links.carrier.kind is CarrierKind.PATH and is_relative)
        for each in (links, self._bare):
            each.rebase(resolved.href, carries)
        yield from edits

    def _meta(self, tag: bytes, attributes: Attributes) -> Iterator[Edit]:
        content = attributes.get(b"content")
        if content is None or content.start < 0:
            return
        kind = attributes.get(b"http-equiv", _NONE).value.strip().lower()
        if kind == b"refresh":
            yield from self._refresh(content)
        elif kind == b"content-security-policy" and self._injection is not None and b"&" not in content.value:
            policy = self._injection.policy(content.value)
            if policy != content.value and b'"' not in policy:
                yield Edit(content.start, content.start + len(content.value), policy)
        elif attributes.get(b"name", _NONE).value.strip().lower() == b"referrer" and is_leaking(content.value):
            yield Edit(content.start, content.start + len(content.value), TIGHT)

    def _refresh(self, content: Attribute) -> Iterator[Edit]:
        span = url_span(content.value)
        if span is None:
            return
        start, end = span
        url = content.value[start:end]
        if not url and self._document_carries:
            return
        for offset, octets in self._links.edits(url):
            place = content.start + start + offset
            yield Edit(place, place, octets if url else b";url=" + octets)

    # -- forms ---------------------------------------------------------------------------------------------------------

    def _form(self, tag: bytes, attributes: Attributes) -> Iterator[Edit]:
        """An action carries the id like a link; the query of a GET form's is thrown away, so there a hidden field does."""
        method = attributes.get(b"method", _NONE).value.strip().lower()
        action = attributes.get(b"action", _NONE)
        is_own = not action.value.strip()
        if method == b"dialog" or not (is_own or self._links.leads_home(action.value)):
            return
        links = self._links
        in_query = links.carrier.kind is CarrierKind.QUERY
        if not is_own and not (in_query and method != b"post"):
            yield from _link_in(action, self._bare)  # other pairs go into hidden fields alone
        carries_by_field = in_query or (is_own and not self._document_carries)
        fields = [(links.carrier.parameter, links.session_id)] if carries_by_field else []
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
    made: dict[bytes, tuple[bytes, ...]] = dict(DEFAULT_REWRITES) if with_default else {b"meta": (), b"base": ()}
    for element, attribute in sorted(own):
        made[element] = tuple(dict.fromkeys((*made.get(element, ()), attribute)))
    return made
