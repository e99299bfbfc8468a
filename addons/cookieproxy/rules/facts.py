"""What conditions are judged by besides the cookie itself."""

from dataclasses import dataclass
from enum import StrEnum

from ..core.access import Access


class Direction(StrEnum):
    """Which way a cookie goes."""

    REQUEST = "request"
    RESPONSE = "response"


BOTH = frozenset(Direction)


@dataclass(frozen=True, slots=True)
class Facts:
    """One exchange, as far as rules look at it."""

    access: Access
    site: str
    """The registrable domain of the host, or the host itself."""
    client: str
    flow: object | None = None
    """What `when` filters are given."""
