"""From what a file says to cookies: defaults, hosts, faults, all mistakes at once and nothing half read.

Knows what holds for every format. A format takes its file apart, puts a `Draft` for each cookie into a `Reading`, tells it
what else is wrong, and calls `finish`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..core.cookie import Cookie, Priority, SameSite
from ..core.hosts import HostToAscii
from .faults import fault_of
from .hosts import ascii_only, canonical
from .times import LATEST
from .values import MOST_MISTAKES, Field, FormatError, Mistake, Place, Read

_MILLISECONDS_FROM = 1e12
"""What is later than the year 33658 but was milliseconds ago this century was not meant as seconds."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read, and what it may leave open."""

    format: str
    data: bytes
    now: float
    """Unix seconds: the time of import, which is when its cookies are created unless it says otherwise."""
    at: Place | None = None
    to_ascii: HostToAscii = ascii_only


@dataclass(slots=True)
class Draft:
    """A cookie as a file says it."""

    name: bytes
    value: bytes
    domain: str | None = None
    """None if the file does not say; a leading dot means the subdomains too, unless `host_only` says otherwise."""
    host_only: bool | None = None
    path: bytes = b"/"
    expiry: float | None = None
    """Unix seconds; None for a session cookie."""
    secure: bool = False
    http_only: bool = False
    same_site: SameSite = SameSite.DEFAULT
    partition: str | None = None
    priority: Priority = Priority.MEDIUM
    created: float | None = None
    """Unix seconds; None if the file does not say."""
    last_access: float | None = None
    """Unix seconds; None if the file does not say."""
    guessed: bool = False
    """True if the file says no more than that a client sent it."""


type Spot = Callable[[Field], str]
"""Where a file says one field of a cookie."""

_REMEDIES = {
    Field.NAME: "correct the name or take this cookie out",
    Field.VALUE: "encode it (a browser would have refused this cookie) or take the cookie out",
    Field.PATH: "begin it with a slash, or leave it away for /",
}


class Reading:
    """The cookies and the mistakes of one file so far."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._read: list[Read] = []
        self._mistakes: list[Mistake] = []
        self._more = 0

    def mistake(self, place: str, message: str, remedy: str) -> None:
        """Something is wrong there: the file will be refused."""
        if len(self._mistakes) < MOST_MISTAKES:
            self._mistakes.append(Mistake(place, message, remedy))
        else:
            self._more += 1

    def add(self, draft: Draft, place: str, spot: Spot | None = None, notes: Sequence[str] = ()) -> None:
        """The next cookie; `spot` tells where each of its fields stands, if that is known better than its `place`."""
        read = self.read(draft, place, spot or (lambda field: place), notes)
        if read is not None:
            self._read.append(read)

    def read(self, draft: Draft, place: str, spot: Spot, notes: Sequence[str] = ()) -> Read | None:
        """The cookie that a draft comes to, without adding it; None if there is a mistake in it, which is kept."""
        said = list(notes)
        fault = fault_of(draft.name, draft.value, draft.path)
        if fault is not None:
            self.mistake(spot(fault.field), fault.why, _REMEDIES[fault.field])
        host = self._host(draft, spot)
        if fault is not None or host is None:
            return None
        cookie = _cookie(draft, host, self.source.now)
        cookie.expiry_time = _expiry(draft.expiry, said)
        expired = cookie.expiry_time is not None and cookie.expiry_time <= self.source.now
        return Read(cookie, place, expired, tuple(said))

    def finish(self, read: Sequence[Read] | None = None) -> tuple[Read, ...]:
        """All cookies (these, or those that were added), numbered in their order; raises FormatError if anything is wrong."""
        if self._mistakes:
            raise FormatError(self.source.format, self._mistakes, self._more)
        cookies = tuple(self._read if read is None else read)
        for number, one in enumerate(cookies, 1):
            one.cookie.sequence = number
        return cookies

    def _host(self, draft: Draft, spot: Spot) -> str | None:
        if draft.domain is None and self.source.at is not None:
            return self.source.at.host
        if draft.domain is None:
            self.mistake(
                spot(Field.DOMAIN), "nothing says whose cookie it is", "say its domain, or give a site or a URL"
            )
            return None
        host = canonical(draft.domain.removeprefix("."), self.source.to_ascii)
        if host is None:
            remedy = "write a host name without scheme and path, in ASCII (xn--…), or an IP address"
            self.mistake(spot(Field.DOMAIN), "the domain is no host name", remedy)
        return host


def _cookie(draft: Draft, host: str, now: float) -> Cookie:
    host_only = draft.host_only
    if host_only is None:
        host_only = draft.domain is None or not draft.domain.startswith(".")
    created = now if draft.created is None else draft.created
    return Cookie(
        draft.name,
        draft.value,
        host,
        draft.path,
        created,
        created if draft.last_access is None else draft.last_access,
        0,
        host_only=host_only,
        secure_only=draft.secure,
        http_only=draft.http_only,
        same_site=draft.same_site,
        partition=draft.partition,
        priority=draft.priority,
        adopted=draft.guessed,
        set_time=created,
    )


def _expiry(expiry: float | None, notes: list[str]) -> float | None:
    if expiry is None or expiry <= LATEST:
        return expiry
    meant = "; if these are milliseconds, the file should say seconds" if expiry >= _MILLISECONDS_FROM else ""
    notes.append(f"it expires later than the year 9999, and is taken to expire with it{meant}")
    return LATEST
