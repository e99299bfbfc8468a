"""A cookie as a jar stores it, and its identity (RFC 6265bis 5.7; R5, R6, R18).

Knows the fields of the storage model and what follows from them alone. Does not know how a header is parsed (`syntax`), what a
browser accepts (`jar`) or what day it is: times are Unix seconds, UTC, given by the caller.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class SameSite(StrEnum):
    """The same-site-flag of RFC 6265bis 5.6.7; `DEFAULT` is an absent or unknown attribute."""

    DEFAULT = "default"
    NONE = "none"
    LAX = "lax"
    STRICT = "strict"


class Priority(StrEnum):
    """Chrome's `Priority` attribute; absent or unknown is medium."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class CookieKey(NamedTuple):
    """A cookie's identity (R18): two cookies with equal keys cannot be in one jar.

    Deviation: RFC 6265bis has no partition; browsers with CHIPS keep one jar for each partition key.
    """

    name: bytes
    domain: str
    host_only: bool
    path: bytes
    partition: str | None = None


@dataclass(slots=True, eq=False)
class Cookie:
    """One stored cookie. Only its jar changes it, and only `last_access_time` and, for adopted ones, value and scope."""

    name: bytes
    value: bytes
    domain: str
    """Canonical host, without a leading dot."""
    path: bytes
    creation_time: float
    """Unix seconds."""
    last_access_time: float
    """Unix seconds."""
    sequence: int
    """Strictly increasing in the order of creation within one jar; inherited together with `creation_time`."""
    expiry_time: float | None = None
    """Unix seconds; None for a session cookie."""
    host_only: bool = True
    secure_only: bool = False
    http_only: bool = False
    same_site: SameSite = SameSite.DEFAULT
    partition: str | None = None
    """The top-level site of a `Partitioned` cookie."""
    priority: Priority = Priority.MEDIUM
    adopted: bool = False
    """True if nobody saw it being set: the client sent it, so its scope is a guess."""
    set_by: str | None = None
    """Id of the flow whose response set it last."""
    set_time: float = 0.0
    """Unix seconds at which its value was set last; creation-time may be older, and Lax+POST is judged by creation-time."""
    made_from: bytes | None = None
    """The application's name of it, if a rule renamed it on the way to the browser."""
    sent: bool = False
    """True once the client has been seen sending it."""

    @property
    def key(self) -> CookieKey:
        """The identity under which a jar holds it."""
        return CookieKey(self.name, self.domain, self.host_only, self.path, self.partition)

    @property
    def persistent(self) -> bool:
        """True unless it ends with the browser's session (the persistent-flag, R6)."""
        return self.expiry_time is not None

    @property
    def size_bytes(self) -> int:
        """Octets of name and value together, as RFC 6265bis 5.7 counts them."""
        return len(self.name) + len(self.value)

    def __repr__(self) -> str:
        return f"Cookie({self.name!r}, ***{len(self.value)}, domain={self.domain!r}, path={self.path!r})"
