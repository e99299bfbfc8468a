"""What conditions are judged by besides the cookie itself."""

from enum import StrEnum
from typing import NamedTuple

from ..core.access import Access
from .sealing import Sealer


class Direction(StrEnum):
    """Which way a cookie goes."""

    REQUEST = "request"
    RESPONSE = "response"


BOTH = frozenset(Direction)


class Facts(NamedTuple):
    """One exchange, as far as rules look at it. A named tuple, because every message makes one."""

    access: Access
    site: str
    """The registrable domain of the host, or the host itself."""
    client: str
    flow: object | None = None
    """What `when` filters are given."""
    sealer: Sealer | None = None
    """What seals and opens values; None if there are no keys."""
    per_cookie_bytes: int | None = None
    """Octets of name and value of the largest cookie the browser takes; None if it takes any."""
