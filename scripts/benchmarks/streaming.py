"""Whether pages with sessions in the URL stream: when the browser has their first octet, and what they take in the proxy's memory.

Both for each coding. The bare proxy, which waits for the end of a page before it passes it on, is measured beside ours.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from . import inputs, pages
from .programs import LOOPBACK, CannotMeasure, Program
from .proxies import proxy
from .results import Detail, Measurement
from .run import Run
from .slow_origin import CODINGS, PIECES, TIMEOUT_SECONDS, SlowOrigin, slow_origin
from .variants import BARE, COOKIELESS, Variant

SIZES = {"100 KB": pages.SMALL_BYTES, "700 KB": pages.LARGE_BYTES}
PAGE_SECONDS = 0.3
"""Between the first and the last piece of a page."""
FEW, MANY = 8, 32
"""Pages at once: what the second number takes more than the first is what each takes."""
MEMORY_ROUNDS = 3
SETTLE_SECONDS, LOOK_SECONDS = 0.25, 0.02


class First(NamedTuple):
    """One page, in seconds since it was asked for."""

    octet: float
    """When its first octet was with the client."""
    last_sent: float
    """When the origin sent its last piece."""


# -- the first octet ---------------------------------------------------------------------------------------------------


def first_octets(run: Run) -> Measurement:
    """When the first octet arrives, as a share of the time until the origin sends the last; the worst of all codings."""
    shares: dict[tuple[str, str, str], list[float]] = {}
    with run.place() as home, contextlib.ExitStack() as stack:
        variants = {
            variant.name: stack.enter_context(proxy(variant, home / str(place), run.proxy_core))
            for place, variant in enumerate((BARE, COOKIELESS))
        }
        for number in range(run.rounds):
            for size, coding, name, first in _firsts(variants):
                shares.setdefault((size, coding, name), []).append(first.octet / first.last_sent)
            run.tell(f"{number + 1}/{run.rounds} first octets: {max(each[-1] for each in shares.values()):.2f} at most")
    ours = COOKIELESS.name
    numbers = [tuple(map(max, zip(*(shares[size, coding, ours] for coding in CODINGS), strict=True))) for size in SIZES]
    return numbers, [
        Detail(
            f"{size}, {coding}",
            {f"share, {name}": median(shares[size, coding, name]) for name in variants},
        )
        for size in SIZES
        for coding in CODINGS
    ]


def _firsts(variants: dict[str, Program]) -> Iterator[tuple[str, str, str, First]]:
    for size, octets in SIZES.items():
        page = pages.contents(octets)
        for coding in CODINGS:
            for name, program in variants.items():
                with slow_origin(page, coding, PAGE_SECONDS / (PIECES - 1)) as origin:
                    yield size, coding, name, first_of(program, origin)


def first_of(program: Program, origin: SlowOrigin) -> First:
    begin = time.monotonic()
    with _asked(program.port, origin.url) as connection:
        head = b""
        while b"\r\n\r\n" not in head or head.endswith(b"\r\n\r\n"):
            head += _received(connection)
        first = time.monotonic() - begin
        while connection.recv(65_536):
            pass
    return First(first, origin.last_sent - begin)


# -- memory ------------------------------------------------------------------------------------------------------------


def memory(run: Run) -> Measurement:
    """What one page of 700 KB takes while all but its end has come, for each coding."""
    page = pages.contents(pages.LARGE_BYTES)
    taken: dict[tuple[str, str], list[float]] = {}
    rounds = run.times(MEMORY_ROUNDS)
    for number in range(rounds):
        for coding in CODINGS:
            for variant in (BARE, COOKIELESS):
                taken.setdefault((coding, variant.name), []).append(_memory_of_one(run, variant, page, coding))
                run.tell(
                    f"{number + 1}/{rounds} {variant.name}, {coding}: {taken[coding, variant.name][-1]:.0f} KB a page"
                )
    numbers = [tuple(taken[coding, COOKIELESS.name]) for coding in CODINGS]
    details = [
        Detail(f"a page of 700 KB, {coding}", {f"KB, {name}": median(each)}) for (coding, name), each in taken.items()
    ]
    return numbers, _joined(details)


def _joined(details: Sequence[Detail]) -> list[Detail]:
    """One line for each subject."""
    lines: dict[str, dict[str, float]] = {}
    for each in details:
        lines.setdefault(each.subject, {}).update(each.numbers)
    return [Detail(subject, numbers) for subject, numbers in lines.items()]


def _memory_of_one(run: Run, variant: Variant, page: bytes, coding: str) -> float:
    """In a proxy of its own, because Python gives back little of what it once took; in KB."""
    with (
        run.place() as home,
        slow_origin(page, coding, holds_back=True) as origin,
        proxy(variant, home / "proxy", run.proxy_core) as program,
    ):
        few, many = (_memory_with(program, origin, number) for number in (FEW, MANY))
    return (many - few) / (MANY - FEW) / 1024


def _memory_with(program: Program, origin: SlowOrigin, number: int) -> int:
    """The proxy's memory when so many pages are on their way at once, and nothing but their ends is missing."""
    origin.hold_back()
    clients = [threading.Thread(target=_read, args=(program.port, origin.url), daemon=True) for _ in range(number)]
    for client in clients:
        client.start()
    if not origin.wait_for(number):
        raise CannotMeasure(f"of {number} pages at once not all came to their end")
    most, settled = 0, time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < settled:
        most = max(most, program.rss_bytes())
        time.sleep(LOOK_SECONDS)
    origin.go_on()
    for client in clients:
        client.join(TIMEOUT_SECONDS)
    return most


def _read(proxy_port: int, url: str) -> None:
    with contextlib.suppress(OSError), _asked(proxy_port, url) as connection:
        while connection.recv(65_536):
            pass


@contextlib.contextmanager
def _asked(proxy_port: int, url: str) -> Iterator[socket.socket]:
    """A connection on which a browser has asked for a page."""
    with socket.create_connection((LOOPBACK, proxy_port), TIMEOUT_SECONDS) as connection:
        host = url.split("/")[2]
        fields = f"Host: {host}\r\nUser-Agent: {inputs.USER_AGENT}\r\nAccept: text/html\r\nConnection: close\r\n"
        connection.sendall(f"GET {url} HTTP/1.1\r\n{fields}Accept-Encoding: gzip, deflate\r\n\r\n".encode())
        yield connection


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    if not data:
        raise CannotMeasure("the proxy gave no page")
    return data
