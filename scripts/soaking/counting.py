"""What the proxy has in use: memory, descriptors, threads and tasks, as a script in it counts them."""

import json
from dataclasses import dataclass
from pathlib import Path

ADDON = Path(__file__).with_name("counting_addon.py")
VARIABLE = "SOAK_COUNTS"
"""By which the script is told where to write."""
TAIL_BYTES = 2_000
"""Of the file, which have several lines."""


@dataclass(frozen=True, slots=True)
class InUse:
    """At one moment."""

    time: float
    """In seconds of the monotonic clock."""
    rss_bytes: int
    descriptors: int
    threads: int
    tasks: int
    waited_seconds: float = 0.0
    """For a processor, since the proxy began, all threads together."""

    def waited_since(self, before: "InUse") -> float:
        """The share of the time since then."""
        seconds = self.time - before.time
        return (self.waited_seconds - before.waited_seconds) / seconds if seconds > 0 else 0.0


class Counts:
    """The file that the script writes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def has_begun(self) -> bool:
        """Whether there is a line."""
        return self._path.exists() and b"\n" in self._path.read_bytes()

    def latest(self) -> InUse:
        """The last of them."""
        with open(self._path, "rb") as file:
            file.seek(max(0, self._path.stat().st_size - TAIL_BYTES))
            *_, last, _ = file.read().split(b"\n")
        return InUse(**json.loads(last))
