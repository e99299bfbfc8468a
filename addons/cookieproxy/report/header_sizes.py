"""How large the Cookie headers became, which cookies made them so, and what packing them in one would save (R2). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ..record.listings import RequestRow

LARGEST = 5
"""Cookies that are named."""
OVERHEAD_BYTES = 50
"""Of a cookie in a browser besides its value, about."""
SERVER_LIMITS: tuple[tuple[int, str], ...] = (
    (4_096, "half of what common servers accept"),
    (8_190, "nginx, Apache, Tomcat and gunicorn refuse it"),
    (16_384, "IIS, Node.js, HAProxy and AWS load balancers refuse it"),
)
"""Octets of a Cookie header, smallest first, and what larger ones meet."""


class Contributor(NamedTuple):
    """One cookie of a header."""

    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """The largest Cookie header that one client sent to one host."""

    client: str
    host: str
    time: float
    """Unix seconds."""
    header_bytes: int
    cookies: int
    largest: tuple[Contributor, ...]
    over: str | None
    """What a header of this size meets; None if it is within all limits."""
    packing_saves_bytes: int
    """About what the browser keeps less if all its cookies are one."""


def header_lines(rows: Iterable[RequestRow]) -> tuple[HeaderLine, ...]:
    """The same in the order of the rows, which is by size."""
    return tuple(map(_line, rows))


def _line(row: RequestRow) -> HeaderLine:
    cookies = sum(pair.event != "withheld" for pair in row.pairs)
    return HeaderLine(
        row.client,
        row.host,
        row.time,
        row.header_bytes,
        cookies,
        tuple(Contributor(pair.name, pair.size_bytes) for pair in row.largest(LARGEST)),
        next((meaning for limit, meaning in reversed(SERVER_LIMITS) if row.header_bytes > limit), None),
        OVERHEAD_BYTES * max(0, cookies - 1),
    )
