"""A flow file read by a second process, while this one works on what is in it: on two cores large files go faster.

The other process takes the file apart and hands over the facts of flows in batches, by `marshal`, which both being the same Python
makes safe and quick. It ends with this one, and leaves Ctrl-C to it.
"""

import marshal
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from mitmproxy.http import HTTPFlow

from ..formats.traffic_files import STDIN, EndsEarly, TrafficFile, Unreadable, opened
from .flow_facts import FlowFacts
from .flow_files import Passed, facts_in, flow_of

WORTHWHILE_OCTETS = 20_000_000
"""A smaller file is read before another process is there."""
BATCH_FLOWS = 64
_LENGTH_OCTETS = 8
_PASSED = {Passed.OTHER_PROTOCOL: 0, Passed.UNREADABLE: 1}
_PASSED_AS = {number: passed for passed, number in _PASSED.items()}
_ENDS = {"cut": EndsEarly, "unreadable": Unreadable}


def is_worthwhile(file: TrafficFile) -> bool:
    """True if a second process would gain time, and can have the file."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return file.size is not None and file.size >= WORTHWHILE_OCTETS and cores > 1 and file.path is not None


def flows_ahead(file: TrafficFile) -> Iterator[HTTPFlow | Passed]:
    """The flows of a file, as `flows_in` has them."""
    with _reader(file) as stream:
        while (message := _received(stream)) is not None:
            said, position, batch = message
            if said in _ENDS:
                raise _ENDS[said](batch)
            if said == "end":
                return
            file.ahead = max(position, file.ahead or 0)
            for facts in batch:
                yield flow_of(_PASSED_AS[facts] if isinstance(facts, int) else FlowFacts._make(facts))
    raise Unreadable(
        "the process that read it ended too early. Read it again; it is a fault of ours if that does not help."
    )


@contextmanager
def _reader(file: TrafficFile) -> Iterator[BinaryIO]:
    assert file.path is not None
    package = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-P", "-c", f"import sys; sys.path[:0] = [{str(package)!r}]; {_START}"]
    with open(file.path, "rb") as source:
        process = subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield process.stdout  # type: ignore[misc]  # a BufferedReader, which typeshed calls IO[bytes]
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def _received(stream: BinaryIO) -> Any:
    """What the other process sent; None if it is gone."""
    length = stream.read(_LENGTH_OCTETS)
    octets = stream.read(int.from_bytes(length)) if len(length) == _LENGTH_OCTETS else b""
    return marshal.loads(octets) if octets else None  # noqa: S302  nobody else can write into the pipe


# -- in the other process ----------------------------------------------------------------------------------------------

_START = "from cookieproxy.proxy.reading_ahead import main; main()"


def main() -> None:
    """Read standard input, write batches to standard output, until either ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(BrokenPipeError):
        for message in _messages():
            octets = marshal.dumps(message)
            sys.stdout.buffer.write(len(octets).to_bytes(_LENGTH_OCTETS) + octets)
            sys.stdout.buffer.flush()


def _messages() -> Iterator[tuple[str, int, Any]]:
    """Batches of flows, and how the file ended."""
    batch: list[object] = []
    position = 0
    end: tuple[str, int, Any] = ("end", 0, None)
    try:
        with opened(STDIN) as file:
            for facts in facts_in(file):
                batch.append(_PASSED[facts] if isinstance(facts, Passed) else tuple(facts))
                if len(batch) == BATCH_FLOWS:
                    yield "flows", file.position(), batch
                    batch = []
            position = file.position()
    except EndsEarly as error:
        end = ("cut", 0, str(error))
    except Unreadable as error:
        end = ("unreadable", 0, str(error))
    yield "flows", position, batch
    yield end
