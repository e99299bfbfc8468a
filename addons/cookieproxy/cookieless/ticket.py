"""One session whose id travels in the URL: whose it is, what is held for it, how long it lives (R17, R33).

Values and what follows from them; which sessions there are is `tickets`' business. Time is a parameter, in Unix seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ..core.cookie import Cookie
from ..core.jar import Jar
from .entry import Entry
from .ids import digest_of


class Stored(Protocol):
    """A session as the store has it."""

    @property
    def client(self) -> str: ...
    @property
    def site(self) -> str: ...
    @property
    def entry(self) -> str: ...
    @property
    def bound(self) -> str: ...
    @property
    def started(self) -> float: ...
    @property
    def last_used(self) -> float: ...
    @property
    def ended(self) -> float | None: ...
    @property
    def cookies(self) -> list[Cookie]: ...


type Load = Callable[[str], Stored | None]
"""What the store has under a digest."""
type NewJar = Callable[[str], Jar]
"""An empty held jar for a client of that name."""


@dataclass(slots=True, eq=False, weakref_slot=True)
class Ticket:
    """One session: its id, whose it is, and what is held for it."""

    id: str = field(repr=False)
    """Lower case. A credential."""
    client: str
    site: str
    origin: str
    """Where it began, as `https://shop.example/path`: by this its entry is found again."""
    bound: str
    jar: Jar
    started: float
    last_used: float
    idle_seconds: float
    absolute_seconds: float
    written: float = 0.0
    """Its last use as the store knows it."""
    is_kept: bool = False
    """True once somebody can know its id: until then it is only a try."""
    came_back: bool = False
    """True once a page was asked for with its id."""
    ended: float | None = None
    is_due: bool = False
    """True if its id has to be renewed with the next response from which a browser can learn the new one."""
    until: float | None = None
    """When it is over in any case: its id was renewed, and only requests on their way come here, with what they had."""
    successor: "Ticket | None" = field(default=None, repr=False)
    """What goes on since then."""
    probe: str = field(default="", repr=False)
    """What the probe cookie of this session says, if one was set."""
    handed_over: float | None = None
    """When its cookies were given to a browser that has cookies after all."""

    @property
    def digest(self) -> str:
        """The id as it is recorded."""
        return digest_of(self.id)

    @property
    def runs_out(self) -> float:
        """When it is over if nobody uses it again."""
        ends = min(self.last_used + self.idle_seconds, self.started + self.absolute_seconds)
        return ends if self.until is None else min(ends, self.until)

    def is_over(self, now: float) -> bool:
        """True if it ended or timed out."""
        return self.ended is not None or now > self.runs_out

    def lives_by(self, entry: Entry) -> None:
        """Its lifetimes are this entry's, which may have changed since it began."""
        self.idle_seconds, self.absolute_seconds = entry.idle_seconds, entry.absolute_seconds
