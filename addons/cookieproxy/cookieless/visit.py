"""One request in terms of sessions: what the application sees of it, in which session, and what the response has to do (R15, R34).

Values only; the door makes them, the proxy carries out what they say.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from ..core.outcome import CookielessReason
from .carriers import Carrier
from .entry import CarrierKind, Entry, Place
from .fields import Fields
from .ticket import Ticket


class Stage(StrEnum):
    """What is done for cookies in this exchange."""

    CARRIED = "the id travels in the URL, the cookies stay here"
    ASKING = "the same, and a cookie asks whether cookies come back"
    COOKIES = "cookies work: nothing but taking out what is in the URL"


@dataclass(slots=True)
class Visit:
    """One request in terms of sessions."""

    entry: Entry
    carrier: Carrier
    place: Place
    target: bytes
    """What the application gets."""
    fields: Fields
    """Likewise, the referrer without ids, the cookies without the one that asks."""
    stage: Stage = Stage.COOKIES
    ticket: Ticket | None = None
    """The session, or the one that a browser with cookies had before that was known."""
    asked_target: bytes = b""
    """The request target as it came."""
    is_to_be_cleaned: bool = False
    """True if a browser that has cookies came to a URL with an id."""
    is_navigation: bool = True
    """False if it is known to be a part of a page."""
    is_unclear: bool = False
    """True if that is a guess, which only what comes back can confirm."""
    is_told: bool = True
    """False if the session is a good guess: the response must not say its id."""
    ids: tuple[bytes, ...] = ()
    """The ids that came with it, as they came."""
    asked_fields: Fields = ()
    """The fields as they came."""
    authority: str = ""
    """Host and port of the browser's URL."""
    reasons: list[CookielessReason] = field(default_factory=list)

    @property
    def carries(self) -> bool:
        """True if what is relative to the browser's URL has the session's id by itself; where cookies work, if any id is there.

        Not so with an id that was renewed meanwhile, or another's beside which the right one came elsewhere: those lead nowhere.
        """
        if not self.holds:
            return self.is_to_be_cleaned
        path, _, query = self.asked_target.lower().partition(b"?")
        where = query if self.carrier.kind is CarrierKind.QUERY else path
        return self.ticket is not None and self.ticket.id.encode() in where

    def said_another_id(self, session_id: str) -> bool:
        """True if ids came, and not this one."""
        return bool(self.ids) and all(one.decode("latin-1").lower() != session_id for one in self.ids)

    @property
    def holds(self) -> bool:
        """True if the browser gets no cookies of the application."""
        return self.stage is not Stage.COOKIES
