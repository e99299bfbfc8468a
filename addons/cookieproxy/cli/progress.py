"""How far a long command is, on standard error: a bar on a terminal, elsewhere a line now and then.

The time left is what the octets that are still to be read take at the speed so far. rich is imported only for a bar.
"""

import sys
import time
from typing import Protocol

from ..report.text import span
from .output import remark

LINE_SECONDS = 10.0
"""Between two lines, and before the first."""
BAR_SECONDS = 0.1


class Progress(Protocol):
    """What shows it."""

    every_seconds: float
    """How often is enough."""

    def show(self, octets: int, flows: int) -> None:
        """So much has been read."""

    def close(self) -> None:
        """Leave nothing behind on the terminal."""


def progress(total: int | None) -> Progress:
    """For so many octets; None if nobody knows how many there will be."""
    return Bar(total) if sys.stderr.isatty() else Lines(total)


class Lines:
    """For logs and pipes."""

    def __init__(self, total: int | None) -> None:
        self.every_seconds = LINE_SECONDS
        self._total = total
        self._began = time.monotonic()

    def show(self, octets: int, flows: int) -> None:
        """One line."""
        remark(f"{self._share(octets)}{flows:,} flows read{self._left(octets)}")

    def _share(self, octets: int) -> str:
        return f"{100 * octets / self._total:.0f} %, " if self._total else f"{octets / 1e6:,.0f} MB, "

    def _left(self, octets: int) -> str:
        if not self._total or not octets:
            return ""
        seconds = (time.monotonic() - self._began) * max(0, self._total - octets) / octets
        return f", about {span(seconds)} left"

    def close(self) -> None:
        """There is nothing to be taken away."""


class Bar:
    """For people."""

    def __init__(self, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        self.every_seconds = BAR_SECONDS
        columns = (TextColumn("{task.fields[flows]:>10,} flows"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        self._shown = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
        self._shown.start()
        self._task = self._shown.add_task("", total=total, flows=0)

    def show(self, octets: int, flows: int) -> None:
        """Draw it anew."""
        self._shown.update(self._task, completed=octets, flows=flows, refresh=True)

    def close(self) -> None:
        """Take it away."""
        self._shown.stop()
