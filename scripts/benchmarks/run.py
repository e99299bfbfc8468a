"""One run of the benchmarks: how long, how often, where files may lie, and what is said meanwhile."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """What all measurements have in common."""

    rounds: int
    """How often each measurement is taken."""
    seconds: int
    """Of load on a proxy, a round and variant."""
    exchanges: int
    """Over which memory must stay flat."""
    scale: float = 1.0
    """The share of their usual number that other measurements repeat things."""
    proxy_core: int | None = None
    """What is measured has this core to itself; None where there is no choice."""
    load_core: int | None = None
    """Where load and origin are."""

    def times(self, number: int) -> int:
        """So many repetitions in a full run, fewer in a quick one."""
        return max(1, int(number * self.scale))

    def with_shorter_rounds(self) -> "Run":
        """For measurements of more than two things in turn, or that no goal depends on: half as long with each."""
        return replace(self, seconds=max(1, self.seconds // 2))

    def tell(self, progress: str) -> None:
        """Say how far it is, on standard error."""
        print(f"  {progress}", file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def place(self) -> Iterator[Path]:
        """A directory for as long as it is needed."""
        with tempfile.TemporaryDirectory(prefix="cookies-bench-") as directory:
            yield Path(directory)
