"""Reads a page as far as somebody without scripts needs it: text, links, forms, parts, and where it says to go next.

Knows what browsers do with start tags: the first of duplicate attributes counts, character references in attributes stay as
they are before `=` and letters, the first `base` counts, `textarea` holds text. Does not know URLs (they stay as written),
style sheets, or which elements may stand where.
"""

import re
from dataclasses import dataclass, field
from html import unescape
from html.entities import html5
from html.parser import HTMLParser

from rig.forms import Button, Control, Form, Kind, Option

_ATTRIBUTE = re.compile(r"""([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?""")
_REFERENCE = re.compile(r"&(?:#[xX]?[0-9a-fA-F]+;?|[A-Za-z][A-Za-z0-9]*;?=?)")
PARTS = {
    "img": "src",
    "script": "src",
    "iframe": "src",
    "embed": "src",
    "source": "src",
    "object": "data",
}
"""Elements that a browser fetches by itself, and the attribute that says from where."""
INLINE = {
    "a",
    "abbr",
    "b",
    "bdi",
    "code",
    "em",
    "i",
    "kbd",
    "mark",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
}
"""Elements whose text goes on in the line around them."""

type Attributes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Link:
    """Something to click on: its text with single spaces, and the reference as written."""

    text: str
    href: str
    attributes: Attributes


@dataclass(slots=True)
class Markup:
    """What stands in a page, in its order."""

    text: str = ""
    title: str = ""
    base: str | None = None
    links: list[Link] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    refresh: str | None = None
    """What `<meta http-equiv=refresh>` says."""
    referrer: str = ""
    """What `<meta name=referrer>` says."""


def read_markup(text: str) -> Markup:
    """Read a page to its end."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.finish()


def attributes_of(start_tag: str) -> Attributes:
    """The attributes of a start tag as written in the page."""
    found: Attributes = {}
    inside = start_tag[1:].rstrip(">")
    for match in _ATTRIBUTE.finditer(inside, re.match(r"[^\s/>]*", inside).end()):
        name, *values = match.groups()
        value = next((value for value in values if value is not None), "")
        found.setdefault(name.lower(), _REFERENCE.sub(_dereference, value))
    return found


def _dereference(match: re.Match[str]) -> str:
    """A reference without semicolon before `=` or a letter is none, in attributes: `?a=1&copy=2`."""
    said = match[0]
    if said.startswith("&#") or said.endswith(";"):
        return unescape(said) if said.startswith("&#") or said[1:] in html5 else said
    return html5.get(said[1:], said)


def _spaced(pieces: list[str]) -> str:
    return " ".join("".join(pieces).split())


class _Reader(HTMLParser):
    # Of these the text comes as written, in every release of Python.
    CDATA_CONTENT_ELEMENTS = ("script", "style", "textarea", "title")

    def __init__(self) -> None:
        super().__init__()
        self._markup = Markup()
        self._text: list[str] = []
        self._link: tuple[Attributes, list[str]] | None = None
        self._form: Form | None = None
        self._select: Control | None = None
        self._option: Option | None = None
        self._captured: list[str] | None = None
        self._attributes: Attributes = {}
        self._disabled_sets = 0

    def finish(self) -> Markup:
        self._end_link()
        self._markup.text = _spaced(self._text)
        return self._markup

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._space(tag)
        attributes = attributes_of(self.get_starttag_text() or "")
        if start := getattr(self, f"_start_{tag}", None):
            start(attributes)
        if tag in PARTS and attributes.get(PARTS[tag]):
            self._markup.parts.append(attributes[PARTS[tag]])

    def handle_endtag(self, tag: str) -> None:
        self._space(tag)
        if end := getattr(self, f"_end_{tag}", None):
            end()

    def handle_data(self, data: str) -> None:
        if self._captured is not None:
            self._captured.append(data)
            return
        self._text.append(data)
        if self._link:
            self._link[1].append(data)
        if self._option:
            self._option.pieces.append(data)

    def _space(self, tag: str) -> None:
        if tag not in INLINE:
            self._text.append(" ")

    def _start_base(self, attributes: Attributes) -> None:
        if self._markup.base is None and "href" in attributes:
            self._markup.base = attributes["href"]

    def _start_meta(self, attributes: Attributes) -> None:
        if attributes.get("http-equiv", "").lower() == "refresh" and self._markup.refresh is None:
            self._markup.refresh = attributes.get("content", "")
        if attributes.get("name", "").lower() == "referrer":
            self._markup.referrer = attributes.get("content", "")

    def _start_a(self, attributes: Attributes) -> None:
        self._end_link()
        if "href" in attributes:
            self._link = attributes, []

    _start_area = _start_a

    def _end_link(self) -> None:
        if self._link:
            attributes, text = self._link
            self._markup.links.append(Link(_spaced(text), attributes["href"], attributes))
        self._link = None

    _end_a = _end_link

    def _start_link(self, attributes: Attributes) -> None:
        if {"stylesheet", "icon"} & set(attributes.get("rel", "").lower().split()) and attributes.get("href"):
            self._markup.parts.append(attributes["href"])

    def _start_form(self, attributes: Attributes) -> None:
        if self._form is None:  # a form in a form is none
            self._form = Form(attributes)
            self._markup.forms.append(self._form)

    def _end_form(self) -> None:
        self._form = None

    def _start_fieldset(self, attributes: Attributes) -> None:
        self._disabled_sets += bool(self._disabled_sets or "disabled" in attributes)

    def _end_fieldset(self) -> None:
        self._disabled_sets = max(0, self._disabled_sets - 1)

    def _start_input(self, attributes: Attributes) -> None:
        kind = Kind.of(attributes.get("type", "text").lower())
        if kind is Kind.BUTTON:
            self._add_button(attributes, image=attributes.get("type", "").lower() == "image")
            return
        self._add(kind, attributes, attributes.get("value"))

    def _start_button(self, attributes: Attributes) -> None:
        if attributes.get("type", "submit").lower() == "submit":
            self._add_button(attributes)

    def _start_select(self, attributes: Attributes) -> None:
        self._select = self._add(Kind.SELECT, attributes)

    def _end_select(self) -> None:
        self._select = self._option = None

    def _start_option(self, attributes: Attributes) -> None:
        if self._select:
            self._option = Option(attributes)
            self._select.options.append(self._option)

    def _end_option(self) -> None:
        self._option = None

    def _start_textarea(self, attributes: Attributes) -> None:
        self._captured, self._attributes = [], attributes

    def _end_textarea(self) -> None:
        said = unescape("".join(self._captured or []))
        self._captured = None
        # The line end right after the start tag is for the author's eyes.
        self._add(Kind.TEXT, self._attributes, re.sub(r"\A\r?\n", "", said))

    def _start_title(self, attributes: Attributes) -> None:
        self._captured = []

    def _end_title(self) -> None:
        self._markup.title = self._markup.title or _spaced([unescape("".join(self._captured or []))])
        self._captured = None

    def _start_script(self, attributes: Attributes) -> None:
        self._captured = []

    def _end_script(self) -> None:
        self._captured = None

    _start_style, _end_style = _start_script, _end_script

    def _owner(self, attributes: Attributes) -> Form | None:
        if "form" not in attributes:
            return self._form
        return next((form for form in self._markup.forms if form.attributes.get("id") == attributes["form"]), None)

    def _add(self, kind: Kind, attributes: Attributes, value: str | None = None) -> Control:
        control = Control(kind, attributes, value, self._is_disabled(attributes))
        if form := self._owner(attributes):
            form.controls.append(control)
        return control

    def _is_disabled(self, attributes: Attributes) -> bool:
        return bool(self._disabled_sets) or "disabled" in attributes

    def _add_button(self, attributes: Attributes, image: bool = False) -> None:
        if form := self._owner(attributes):
            form.buttons.append(Button(attributes, image, self._is_disabled(attributes)))
