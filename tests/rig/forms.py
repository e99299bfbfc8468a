"""A form as somebody fills it in: which names and values it sends, and how they are written (HTML, "form submission").

Knows controls, buttons and the three encodings. Does not know URLs, nor what a user may see: hidden fields are sent as they
are unless a test fills them. What nobody could fill in, because it is not there or off, raises LookupError.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Self
from urllib.parse import quote_plus


class Kind(StrEnum):
    """What a control does with values; every kind of text and date is `text`."""

    TEXT = "text"
    HIDDEN = "hidden"
    CHECKBOX = "checkbox"
    RADIO = "radio"
    FILE = "file"
    SELECT = "select"
    BUTTON = "submit"
    INERT = "reset"

    @classmethod
    def of(cls, type_name: str) -> Self:
        """The kind of an `input` of that type."""
        if type_name in {"submit", "image"}:
            return cls.BUTTON
        if type_name in {"reset", "button"}:
            return cls.INERT
        return cls(type_name) if type_name in {"hidden", "checkbox", "radio", "file"} else cls.TEXT


class Upload(NamedTuple):
    """A chosen file."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


class Entry(NamedTuple):
    """One name with one value, as it is sent."""

    name: str
    value: str | Upload


type Value = str | bool | Upload | Sequence[str]
"""What is filled in: text, whether a box is ticked, a file, or the choices of a list."""

NO_FILE = Upload("", b"")


@dataclass(slots=True)
class Option:
    """A choice of a `select`."""

    attributes: dict[str, str]
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).split())

    @property
    def value(self) -> str:
        return self.attributes.get("value", self.text)


@dataclass(slots=True)
class Control:
    """Something with a name that is filled in."""

    kind: Kind
    attributes: dict[str, str]
    value: str | None = None
    disabled: bool = False
    options: list[Option] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.attributes.get("name", "")

    def values(self) -> list[str | Upload]:
        """What it sends if nobody touches it."""
        if self.kind in {Kind.CHECKBOX, Kind.RADIO}:
            return [self._ticked] if "checked" in self.attributes else []
        if self.kind is Kind.SELECT:
            return self._selected()
        if self.kind is Kind.FILE:
            return [NO_FILE]
        return [] if self.kind is Kind.INERT else [self.value or ""]

    def filled(self, value: Value) -> list[str | Upload]:
        """What it sends once this is filled in."""
        if self.kind is Kind.CHECKBOX:
            return [self._ticked] if value is True or value == self._ticked else []
        if self.kind is Kind.RADIO:
            return [self._ticked] if value == self._ticked else []
        if self.kind is Kind.SELECT:
            return self._chosen([value] if isinstance(value, str) else value)
        if isinstance(value, str | Upload):
            return [value]
        raise LookupError(f"{self.name!r} does not take {value!r}")

    @property
    def _ticked(self) -> str:
        return "on" if self.value is None else self.value

    def _selected(self) -> list[str | Upload]:
        usable = [option for option in self.options if "disabled" not in option.attributes]
        selected: list[str | Upload] = [option.value for option in usable if "selected" in option.attributes]
        if "multiple" in self.attributes:
            return selected
        return selected[-1:] or [option.value for option in usable[:1]]

    def _chosen(self, choices: Value) -> list[str | Upload]:
        wanted = list(choices) if isinstance(choices, Sequence) else []
        chosen: list[str | Upload] = [
            option.value for option in self.options if {option.value, option.text} & set(wanted)
        ]
        if len(chosen) != len(wanted):
            raise LookupError(f"{self.name!r} has no choices {choices!r}")
        return chosen


class Button(NamedTuple):
    """What sends a form."""

    attributes: dict[str, str]
    image: bool = False
    disabled: bool = False

    @property
    def name(self) -> str:
        return self.attributes.get("name", "")

    @property
    def entries(self) -> list[Entry]:
        """What pressing it adds; a click on a picture tells where."""
        if self.image:
            prefix = self.name + "." if self.name else ""
            return [Entry(prefix + "x", "0"), Entry(prefix + "y", "0")]
        return [Entry(self.name, self.attributes.get("value", ""))] if self.name else []


@dataclass(slots=True)
class Form:
    """A form as written in the page."""

    attributes: dict[str, str]
    controls: list[Control] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)

    def has(self, name: str) -> bool:
        """Whether a control or button goes by that name."""
        return any(one.name == name for one in (*self.controls, *self.buttons))

    def button(self, name: str | None) -> Button | None:
        """The button of that name or that label; the first one if none is asked for, as when Enter is pressed."""
        usable = [button for button in self.buttons if not button.disabled]
        if name is None:
            return usable[0] if usable else None
        for button in usable:
            if name in {button.name, button.attributes.get("value"), button.attributes.get("id")}:
                return button
        raise LookupError(f"there is no button {name!r}")

    def setting(self, name: str, button: Button | None) -> str:
        """`action`, `method` or `enctype`, of which a button may have a say of its own."""
        said = button.attributes.get("form" + name) if button else None
        return self.attributes.get(name, "") if said is None else said

    def entries(self, values: Mapping[str, Value], button: Button | None, charset: str = "utf-8") -> list[Entry]:
        """All names and values in the order of the page; the button's come last, which servers do not tell."""
        usable = [one for one in self.controls if one.name and not one.disabled]
        if missing := values.keys() - {one.name for one in usable}:
            raise LookupError(f"the form has no {sorted(missing)}")
        sent = []
        for control in usable:
            found = control.filled(values[control.name]) if control.name in values else control.values()
            if control.kind is Kind.HIDDEN and control.name == "_charset_":
                found = [charset]
            sent += [Entry(control.name, value) for value in found]
        return sent + (button.entries if button else [])


def encode_urlencoded(entries: Sequence[Entry], charset: str = "utf-8") -> bytes:
    """Names and values as a query or a body has them; of a file only its name."""
    pairs = ((name, value.name if isinstance(value, Upload) else value) for name, value in entries)
    return b"&".join(_quoted(name, charset) + b"=" + _quoted(value, charset) for name, value in pairs)


def encode_multipart(entries: Sequence[Entry], charset: str = "utf-8") -> tuple[bytes, bytes]:
    """The body, and the Content-Type with its boundary (RFC 7578)."""
    boundary = b"----visitor" + secrets.token_hex(12).encode()
    parts = []
    for name, value in entries:
        head = b'Content-Disposition: form-data; name="' + _part_name(name, charset) + b'"'
        content = _in(_line_ends(value), charset) if isinstance(value, str) else value.content
        if isinstance(value, Upload):
            head += (
                b'; filename="' + _part_name(value.name, charset) + b'"\r\nContent-Type: ' + value.media_type.encode()
            )
        parts.append(b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary, head, content))
    return b"".join(parts) + b"--" + boundary + b"--\r\n", b"multipart/form-data; boundary=" + boundary


def _quoted(text: str, charset: str) -> bytes:
    return quote_plus(_in(_line_ends(text), charset), safe="*").replace("~", "%7E").encode()


def _part_name(text: str, charset: str) -> bytes:
    quoted = _in(_line_ends(text), charset)
    return quoted.replace(b"\r", b"%0D").replace(b"\n", b"%0A").replace(b'"', b"%22")


def _line_ends(text: str) -> str:
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def _in(text: str, charset: str) -> bytes:
    """Text in the page's character set; what it lacks is written as a reference, as browsers do."""
    return text.encode(charset, "xmlcharrefreplace")
