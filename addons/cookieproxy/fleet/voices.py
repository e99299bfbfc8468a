"""One log for many processes: each line with the name of who says it, and what all say about the rules file said once.

Knows lines and who said them. All workers read rules.yaml for themselves when it is saved, and come to the same end; should one of
them not, that is told.
"""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import TextIO

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
        self._workers = workers
        self._of_rules = (f"{rules}:", f"{rules.name}:", "The last good rules ")
        """How lines about them begin."""
        self._out = out or sys.stdout
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
        self._heard[text] = {name}
        self._write(ALL if self._workers > 1 else name, line)
        if self._workers > 1:
            asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._settle, text, self._heard[text])

    async def listen(self, name: str, stream: asyncio.StreamReader) -> None:
        """Hear all that a process says, until it has ended."""
        async for line in _lines(stream):
            self.hear(name, line)

    def _settle(self, text: str, heard: set[str]) -> None:
        """All that can have said it have."""
        if self._heard.get(text) is heard:
            del self._heard[text]
        if len(heard) < self._workers:
            self.say(f"Of {self._workers} workers only {', '.join(sorted(heard))} said so: {text}")

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
