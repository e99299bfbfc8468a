"""What the proxy has in use: memory, descriptors, threads and tasks, as a script in it counts them."""

import json
from dataclasses import dataclass
from pathlib import Path

ADDON = Path(__file__).with_name("counting_addon.py")
VARIABLE = "SOAK_COUNTS"
"""By which the script is told where to write."""


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
        self.path = path

    def latest(self) -> InUse | None:
        """The last of them; None before the first."""
        lines = self.path.read_text().splitlines(keepends=True) if self.path.exists() else []
        whole = [line for line in lines[-2:] if line.endswith("\n")]
        return InUse(**json.loads(whole[-1])) if whole else None
