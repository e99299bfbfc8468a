"""A script for mitmdump beside ours: writes once a second what the process has in use, a line of JSON each. For the soak.

It stands alone, because a script cannot import its neighbours. Where the lines go is told by the environment.
"""

import asyncio
import json
import os
import time
from pathlib import Path

COUNT_SECONDS = 1.0

_tasks: set[asyncio.Task[None]] = set()


def running() -> None:
    """Begin."""
    _tasks.add(asyncio.get_running_loop().create_task(_count(os.environ["SOAK_COUNTS"])))


def done() -> None:
    """Stop."""
    while _tasks:
        _tasks.pop().cancel()


async def _count(path: str) -> None:
    with open(path, "a", buffering=1) as lines:
        while True:
            lines.write(json.dumps(_in_use()) + "\n")
            await asyncio.sleep(COUNT_SECONDS)


def _in_use() -> dict[str, float]:
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    return {
        "time": time.monotonic(),
        "rss_bytes": pages * os.sysconf("SC_PAGE_SIZE"),
        "descriptors": len(os.listdir("/proc/self/fd")) - 1,  # the one it is listed with
        "threads": len(os.listdir("/proc/self/task")),
        "tasks": len(asyncio.all_tasks()),
        "waited_seconds": sum(map(_waited_seconds, Path("/proc/self/task").iterdir())),
    }


def _waited_seconds(thread: Path) -> float:
    """For a processor; 0 if it has ended, or the kernel does not say."""
    try:
        return int((thread / "schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0
