"""One entry of `cookieless:` ready for use: where it holds, how its sessions travel, how long they live (R22, R31).

Plain values and predicates: how rules.yaml spells them is `config`'s business.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Mode(StrEnum):
    """Who gets an id in the URL."""

    URI = "uri"
    """Everybody."""
    AUTO = "auto"
    """Clients whose cookies do not come back."""
    COOKIES = "cookies"
    """Nobody; ids that arrive are ignored and recorded."""
    DEVICE = "device"
    """User agents that are known not to have cookies."""


class CarrierKind(StrEnum):
    """Where in the URL the id is."""

    PATH = "path"
    """`/(S(id))/page`"""
    QUERY = "query"
    """`/page?sid=id`"""
    MATRIX = "matrix"
    """`/page;sid=id`"""


class Place(NamedTuple):
    """A URL, as far as entries look at it."""

    scheme: str
    """`http` or `https`, on the browser's side."""
    host: str
    """Canonical, without port."""
    path: bytes
    """Without query, as sent, without our id."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the section."""

    number: int
    """Its place in the section, from 0."""
    matches: Callable[[Place, str], bool]
    """Whether it holds for a URL and a client's name: `match`, and not `except`."""
    is_site: Callable[[Place, str], bool]
    """The same without `except`: such a request may carry an id, which has to be taken out."""
    asks_path: bool = True
    """False if neither looks at the path: what holds for one URL of a host then holds for all."""
    mode: Mode = Mode.AUTO
    carrier: CarrierKind = CarrierKind.PATH
    parameter: str = "sid"
    """The name in query, matrix and hidden fields."""
    bind: tuple[str, ...] = ("address", "user-agent")
    idle_seconds: int = 20 * 60
    absolute_seconds: int = 8 * 3600
    regenerate_expired: bool = True
    rewrites: frozenset[tuple[bytes, bytes]] = frozenset()
    """Elements and attributes (lower case) beside the default ones whose URLs are rewritten."""
    rewrites_default: bool = True
    additions: tuple[tuple[str, str], ...] = ()
    """Other names and values for the site's URLs and forms."""
    script: bool = True
    is_device: Callable[[str], bool] = lambda user_agent: False
    """Whether `devices` of the user matches a User-Agent."""
    script_hosts: tuple[str, ...] = ()
    """Domains that the entry holds for with all hosts below them, for the page script; the page's own host needs not be there."""
