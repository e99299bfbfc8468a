"""Rules that are saved anew while the proxy runs: two good versions in turn, and now and then a broken file.

A good one must show in what the proxy sets; after a broken one a warning must come, and what was in force stay so. Files are
saved in place and by rename, as editors do, and broken in several ways.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from itertools import count
from pathlib import Path

from benchmarks import inputs

from .book import COMPLETE, CUT, Book, Failure, Span
from .origin import Origin
from .said import Said
from .visiting import Client, Wrong, ask, check, connect

STORE_MOST = "100MB"
"""Of the store, so that old rows are thrown away, too, from the first minutes of a long soak on."""
PATIENCE_SECONDS = 10.0
"""How long a version may take before it counts as ignored."""
LOOK_SECONDS = 0.1
CYCLE = 3
"""Of so many versions one is broken."""
PROBE = "/probe"
CLIENT = Client("127.0.0.20", f"{inputs.USER_AGENT} probe")

LAX = inputs.rules_yaml(inputs.FEW_RULES, f"{{max_bytes: {STORE_MOST}}}").encode()
GOOD = {"lax": LAX, "strict": LAX.replace(b'"samesite": "lax"', b'"samesite": "strict"')}
"""The good versions, by the SameSite that the session's cookie gets from them."""
BROKEN = (
    LAX.replace(b'"set"', b'"sett"', 1),
    LAX[: LAX.rindex(b"{") + 5],
    LAX + b"# \xff\n",
)
"""An action that is none, half a file, and bytes that are no text."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of one saving."""

    when: Span
    """From the saving until its effect was seen, or nobody waited for it any longer."""
    is_broken: bool
    took_effect: bool
    """A good one was in force; a broken one was told, and the one before was in force."""


class Saver:
    """Saves one version after the other."""

    def __init__(self, rules: Path, proxy_port: int, origin: Origin, book: Book, said: Said) -> None:
        self.saved: list[Saved] = []
        self._rules = rules
        self._proxy_port = proxy_port
        self._origin = origin
        self._book = book
        self._said = said
        self._numbers = count(1)
        self._in_force = "lax"

    def save_every(self, seconds: float, over: threading.Event) -> None:
        """Again and again until it is over."""
        while not over.wait(seconds):
            number = next(self._numbers)
            self.saved.append(self._save_broken(number) if number % CYCLE == 0 else self._save_good(number))

    def _save_good(self, number: int) -> Saved:
        self._in_force = "strict" if self._in_force == "lax" else "lax"
        begin = time.monotonic()
        self._write(GOOD[self._in_force], number)
        took_effect = _wait_for(self._is_in_force)
        return Saved(Span(begin, time.monotonic()), False, took_effect)

    def _save_broken(self, number: int) -> Saved:
        told = self._said.refusals()
        begin = time.monotonic()
        self._write(BROKEN[number // CYCLE % len(BROKEN)], number)
        was_told = _wait_for(lambda: self._said.refusals() > told)
        end = time.monotonic()
        return Saved(Span(begin, end), True, was_told and _wait_for(self._is_in_force))

    def _write(self, contents: bytes, number: int) -> None:
        if number % 2:
            self._rules.write_bytes(contents)
        else:
            new = self._rules.with_suffix(".new")
            new.write_bytes(contents)
            os.replace(new, self._rules)

    def _is_in_force(self) -> bool:
        """Whether the proxy sets what the last good version says."""
        begin = time.monotonic()
        connection = connect(self._proxy_port, CLIENT)
        try:
            fields = ask(connection, CLIENT, self._origin.url(PROBE), {"Cookie": inputs.COOKIE})
            check(fields)
        except (Wrong, OSError, HTTPException) as error:
            self._book.expect(PROBE, CUT)
            self._book.fail(Failure(Span(begin, time.monotonic()), "probe", repr(error)))
            return False
        finally:
            connection.close()
        self._book.expect(PROBE, COMPLETE)
        self._book.count("exchanges")
        return f"samesite={self._in_force}" in fields[0].lower()


def _wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True
