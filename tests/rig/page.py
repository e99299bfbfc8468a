"""A page as a visitor sees it: decoded, read, its references resolved, and what it asks of the next request.

Knows content codings, character sets, base URLs, Refresh and referrer policies. Fetches nothing.
"""

import contextlib
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import can_ada

from rig import referrer
from rig.clients import RawAnswer
from rig.forms import Form
from rig.markup import Link, Markup, read_markup

NOWHERE = "about:blank"
_REFRESH = re.compile(r"""\s*[\d.]+\s*[;,\s]\s*(?:url\s*=\s*)?(?:"([^"]*)|'([^']*)|(.+))""", re.I | re.S)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.I)

type Which = str | Callable[[Link], bool]


@dataclass(frozen=True)
class Page:
    """What a navigation ended at. `url` is its address, with the fragment."""

    url: str
    answer: RawAnswer

    @property
    def status(self) -> int:
        return self.answer.status

    @cached_property
    def body(self) -> bytes:
        """The body without its content coding."""
        if b"".join(self.answer.all(b"content-encoding")).lower() in {b"gzip", b"deflate"}:
            return zlib.decompress(self.answer.body, wbits=47)
        return self.answer.body

    @cached_property
    def charset(self) -> str:
        """What Content-Type or the first kilobyte says; UTF-8 if neither does."""
        said = b"".join(self.answer.all(b"content-type")) + b" " + self.body[:1024]
        found = _CHARSET.search(said.decode("latin-1"))
        return found[1] if found else "utf-8"

    @cached_property
    def source(self) -> str:
        return self.body.decode(self.charset, "replace")

    @cached_property
    def markup(self) -> Markup:
        """The page read as HTML; empty if it is something else."""
        is_html = b"html" in b"".join(self.answer.all(b"content-type"))
        return read_markup(self.source) if is_html else Markup(text=self.source)

    @property
    def text(self) -> str:
        """All its text with single spaces."""
        return self.markup.text

    @cached_property
    def base(self) -> str:
        """What its references start from."""
        return resolve(self.url, self.markup.base) or self.url if self.markup.base is not None else self.url

    @property
    def policy(self) -> str:
        """The referrer policy it asks for."""
        return referrer.policy_of(*map(_latin, self.answer.all(b"referrer-policy")), self.markup.referrer)

    def link(self, which: Which) -> Link:
        """The first link with that text, or for which a predicate holds."""
        for link in self.markup.links:
            if which(link) if callable(which) else link.text == which:
                return link
        raise LookupError(
            f"no link {which!r} at {self.url} ({self.status}): {[link.text for link in self.markup.links]}"
        )

    def form(self, having: str) -> Form:
        """The first form with a control or a button of that name, or with that id or class."""
        for form in self.markup.forms:
            if form.has(having) or having in {form.attributes.get("id"), *form.attributes.get("class", "").split()}:
                return form
        raise LookupError(f"no form with {having!r} at {self.url} ({self.status}): {self.text[:300]}")

    @property
    def refresh(self) -> str | None:
        """Where a Refresh field or element leads; None if there is neither. Without a URL it is the page itself."""
        said = next(iter(map(_latin, self.answer.all(b"refresh"))), self.markup.refresh)
        if said is None:
            return None
        found = _REFRESH.match(said)
        return resolve(self.base, next(filter(None, found.groups()), "").strip()) if found else self.url


def _latin(octets: bytes) -> str:
    return octets.decode("latin-1")


def resolve(base: str, reference: str) -> str | None:
    """A reference made absolute as a browser does; None if it is no URL."""
    with contextlib.suppress(ValueError):
        return str((can_ada.parse(base) + reference).href)
    return None
