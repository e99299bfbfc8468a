"""What reading and writing cookies comes to: cookies with their place in a file, what got lost, what is wrong (R10, R38).

Knows no format. Nothing here carries a cookie's value into a message or a repr.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..core.cookie import Cookie
from ..core.syntax import wire_text

MOST_MISTAKES = 100
"""So many are told one by one; of the others only how many there are."""


class Field(StrEnum):
    """What is said of a cookie, by the names of the `jar` listing.

    When it was created, used or adopted is a jar's book-keeping: a format that leaves it out has lost nothing.
    """

    NAME = "name"
    VALUE = "value"
    DOMAIN = "domain"
    PATH = "path"
    HOST_ONLY = "host_only"
    EXPIRES = "expires"
    SECURE = "secure"
    HTTP_ONLY = "http_only"
    SAME_SITE = "same_site"
    PARTITION_KEY = "partition_key"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class Place:
    """The page or site that cookies belong to whose format does not say it."""

    scheme: str
    """`http` or `https`."""
    host: str
    """Canonical, without port."""
    path: bytes = b"/"


@dataclass(frozen=True, slots=True)
class Read:
    """One cookie of a file."""

    cookie: Cookie
    """As the file says it. Its `sequence` counts the file's cookies from 1: a jar that has others needs higher ones."""
    place: str
    """Where it stands: `line 7` or `$.cookies[3]`."""
    expired: bool = False
    """Whether its end had come when it was read: to take it in or not is the caller's choice."""
    notes: tuple[str, ...] = ()
    """What was understood otherwise than the file's words might mean, a sentence each."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that a format could not say of one cookie."""

    cookie: str
    """Its name, as text off the wire: not escaped."""
    domain: str
    field: Field
    why: str
    left_out: bool = False
    """True if because of it the whole cookie is not in the file."""

    def __str__(self) -> str:
        return f"{self.cookie or '(nameless)'} ({self.domain}): {self.field}: {self.why}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that one reader of the format will trip over, though the format can say it."""

    cookie: str
    domain: str
    text: str

    def __str__(self) -> str:
        return f"{self.cookie or '(nameless)'} ({self.domain}): {self.text}"


@dataclass(frozen=True, slots=True)
class Written:
    """A file's content, and what it does not say."""

    data: bytes
    losses: tuple[Loss, ...] = ()
    notes: tuple[Note, ...] = ()

    def __repr__(self) -> str:
        return f"Written({len(self.data)} bytes, {len(self.losses)} losses, {len(self.notes)} notes)"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with a file."""

    place: str
    """`line 7`, `$.cookies[3].expires`, or empty for the file as a whole."""
    message: str
    remedy: str

    def __str__(self) -> str:
        said = f"{self.message}; {self.remedy}"
        return f"{self.place}: {said}" if self.place else said


class FormatError(Exception):
    """A file that is refused, with what is wrong with it; nothing of it is read then."""

    def __init__(self, format_name: str, mistakes: Sequence[Mistake], more: int = 0) -> None:
        self.format = format_name
        """The format it was read as; empty if none was recognised."""
        self.mistakes = tuple(mistakes)
        """At least one, in the order of the file."""
        self.more = more
        """Mistakes that are only counted."""
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line for each mistake."""
        lead = f"{self.format}: " if self.format else ""
        lines = [f"{lead}{mistake}" for mistake in self.mistakes]
        return [*lines, f"{lead}and {self.more} more mistakes"] if self.more else lines

    @property
    def place(self) -> str:
        """Of the first mistake."""
        return self.mistakes[0].place

    @property
    def message(self) -> str:
        """Of the first mistake."""
        return self.mistakes[0].message

    @property
    def remedy(self) -> str:
        """Of the first mistake."""
        return self.mistakes[0].remedy


def loss(cookie: Cookie, field: Field, why: str, left_out: bool = False) -> Loss:
    """What a format could not say of this cookie."""
    return Loss(wire_text(cookie.name), cookie.domain, field, why, left_out)


def note(cookie: Cookie, text: str) -> Note:
    """What a reader will trip over in this cookie."""
    return Note(wire_text(cookie.name), cookie.domain, text)
