"""One log for many processes: each line with the name of who says it, and what all say about the rules file said once.

Knows lines and who said them. All workers read rules.yaml for themselves when it is saved, and come to the same end; should one of
them not, that is told.
"""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from .haproxy import name_of

WIDTH = 7
"""Characters of the longest name, `haproxy`."""
ALL = "workers"
MOST_OCTETS = 65_536
"""Of a line; longer ones are cut."""
SETTLE_SECONDS = 10.0
"""Within which all workers have read a rules file that was saved."""
_TIME = re.compile(r"\A\[[\d:.]+\] ?")


class Voices:
    """The log of a fleet."""

    def __init__(self, workers: int, rules: Path, out: TextIO | None = None) -> None:
        self._of_rules = (f"{rules}:", f"{rules.name}:", "The last good rules ")
        """How lines about them begin."""
        self._out = out or sys.stdout
        self.is_up: Callable[[str], bool] = lambda name: True
        """Whether a worker does its work: one that starts says what it finds by itself."""
        self._names = [name_of(number) for number in range(1, workers + 1)]
        self._heard: dict[str, set[str]] = {}
        """Who has said a line about the rules, for as long as others may still say it."""

    def say(self, text: str) -> None:
        """What the supervisor itself has to say."""
        for line in text.splitlines():
            self._write("proxy", f"[{time.strftime('%H:%M:%S')}] {line}")

    def hear(self, name: str, line: str) -> None:
        """One of the processes has said a line."""
        text = _TIME.sub("", line)
        if text is line or not text.startswith(self._of_rules):
            self._write(name, line)
            return
        heard = self._heard.get(text)
        if heard is not None and name not in heard:
            heard.add(name)
            return
        heard = self._heard[text] = {name}
        expected = set(filter(self.is_up, self._names))
        self._write(ALL if len(self._names) > 1 and (name in expected or not expected) else name, line)
        if len(self._names) > 1:
            asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._settle, text, heard, name in expected)

    async def listen(self, name: str, stream: asyncio.StreamReader) -> None:
        """Hear all that a process says, until it has ended."""
        async for line in _lines(stream):
            self.hear(name, line)

    def _settle(self, text: str, heard: set[str], all_should: bool) -> None:
        """All that can have said it have; not those that started, or ended, meanwhile."""
        if self._heard.get(text) is heard:
            del self._heard[text]
        if all_should and (missing := set(filter(self.is_up, self._names)) - heard):
            self.say(f"All workers but {', '.join(sorted(missing))} said so: {text}")

    def _write(self, name: str, line: str) -> None:
        """Nobody may have to wait because nobody reads any more."""
        with suppress(OSError):
            print(f"{name:<{WIDTH}} | {line}", file=self._out, flush=True)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    rest = b""
    while octets := await stream.read(MOST_OCTETS):
        *lines, rest = (rest + octets).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")
        if len(rest) > MOST_OCTETS:
            yield rest.decode("utf-8", "replace")
            rest = b""
    if rest:
        yield rest.decode("utf-8", "replace")
