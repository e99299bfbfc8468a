"""What the rules made of one message: values that `exchange` carries out and tells."""

from enum import Enum
from typing import NamedTuple

from ..core.events import Change
from ..core.syntax import CookieString, SetCookie


class Record(Enum):
    """What the record of renames knows of a name, if not the application's name that it was made from."""

    NOT_MADE = "not made"
    """The cookie is known, and no rule made its name."""
    UNKNOWN = "unknown"
    """Nobody saw it being set: the rule decides."""


class FieldVerdict(NamedTuple):
    """What became of one Set-Cookie field."""

    given: SetCookie
    passed: SetCookie | None
    """As the browser gets it, the given one itself if nothing changed; None if it is dropped or held."""
    held: SetCookie | None = None
    """For the held jar: edited, under the application's own name."""
    made_from: bytes | None = None
    """The application's name, if `passed` has another."""
    changes: tuple[Change, ...] = ()
    pack: bytes | None = None
    """The name of the pack in which the browser is to get it; `passed` is what it gets if that cannot be."""

    @property
    def is_untouched(self) -> bool:
        """True if the bytes pass as they came."""
        return self.passed is self.given


class ResponseVerdict(NamedTuple):
    """What became of the Set-Cookie fields of a response."""

    fields: tuple[FieldVerdict, ...]
    """One for each given field, in order."""
    added: tuple[SetCookie, ...] = ()
    """Fields of our own, to stand after them."""
    changes: tuple[Change, ...] = ()
    """What `add` did."""
    names: tuple[bytes, ...] = ()
    """The cookie that each of `changes` is about."""


class Undone(NamedTuple):
    """A request's cookies under the application's names."""

    cookies: CookieString
    renamed: tuple[tuple[bytes, bytes], ...] = ()
    """(name towards the browser, application's name), in the order of the pairs."""
    stale: tuple[bytes, ...] = ()
    """Names that the browser should be told to delete: a cookie under the rule's name has taken their place."""


class RequestVerdict(NamedTuple):
    """What became of a request's cookies, after the undo."""

    cookies: CookieString
    """As the application gets them, without held ones; the given one itself if nothing changed."""
    held: frozenset[int] = frozenset()
    """Indexes of the given pairs that a `hold` took out."""
    dropped: frozenset[int] = frozenset()
    """Indexes of the given pairs that do not pass."""
    added: tuple[tuple[bytes, bytes], ...] = ()
    """Name and value of the pairs of our own, which `cookies` has at its end."""
    changes: tuple[Change, ...] = ()
    names: tuple[bytes, ...] = ()
    """The cookie that each of `changes` is about, by the application's name."""
