"""Files of recorded traffic, opened by content: mitmproxy's flow files and HAR files, also compressed with gzip, or from a pipe.

Knows how far a file has been read, which is exact also for a compressed one; does not know what is in it. Memory is taken for
octets that are there, not for those that a file promises, and not for a record that is larger than most memories.
"""

import gzip
import io
import os
import re
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from mmap import ACCESS_READ, ALLOCATIONGRANULARITY, mmap
from typing import cast

from .tnetstrings import Octets

STDIN = "-"
LARGE_OCTETS = 64 << 20
"""A record of so many octets is mapped into memory, where that can be done, and not read."""
PIECE_OCTETS = 1 << 20

_MAGIC_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_LOOK_OCTETS = 64
"""Within which a file has to say what it is."""
_FLOWS = re.compile(rb"[0-9]{1,12}:")
_HAR = re.compile(rb"\s*\{")
_NEITHER = (
    "it is neither a flow file of mitmproxy nor a HAR file. Save flows with `mitmdump -w FILE`, or export a HAR file from a "
    "browser's network panel."
)


class Kind(Enum):
    """What a file is."""

    FLOWS = auto()
    HAR = auto()
    EMPTY = auto()


class Unreadable(Exception):
    """A file cannot be read, or not on: why, and what to do, without the file's name."""


class EndsEarly(Unreadable):
    """A file ends in the middle, as after a crash: what came before is good."""


class TrafficFile:
    """One file while it is read. What goes wrong meanwhile is explained by `explained`."""

    def __init__(self, name: str, raw: io.BufferedReader) -> None:
        """Raises Unreadable if it is none."""
        self.name = "stdin" if name == STDIN else name
        status = os.fstat(raw.fileno())
        self.size = status.st_size if stat.S_ISREG(status.st_mode) else None
        """Octets on the disk; None of a pipe, whose end nobody knows."""
        self.path = None if name == STDIN else name
        self.ahead: int | None = None
        """How many of its octets another process has read, which reads it in the place of this one."""
        self.offset = 0
        """Octets that were given out, after decompression."""
        self._raw = self._stream = raw
        with explained():
            if raw.peek(_LOOK_OCTETS).startswith(_MAGIC_GZIP):
                self._stream = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw)), PIECE_OCTETS)
            self.kind = self._recognise()

    def _recognise(self) -> Kind:
        if self._stream.peek(_LOOK_OCTETS).startswith(_BOM):
            self.read(len(_BOM))
        head = self._stream.peek(_LOOK_OCTETS)[:_LOOK_OCTETS]
        if _FLOWS.match(head):
            return Kind.FLOWS
        if _HAR.match(head):
            return Kind.HAR
        if not head:
            return Kind.EMPTY
        if head.startswith(_UTF_16):
            raise Unreadable("it is UTF-16. Save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE.")
        raise Unreadable(_NEITHER)

    def position(self) -> int:
        """How many of its `size` octets were read."""
        if self.ahead is not None:
            return self.ahead
        return self.offset if self._stream is self._raw else self._raw.tell()

    def read(self, most: int) -> bytes:
        """So many octets; fewer only at the end."""
        data = self._stream.read(most)
        self.offset += len(data)
        return data

    def take(self, count: int) -> tuple[Octets, int] | None:
        """Octets, and where among them just so many more begin; None if there are not so many."""
        if count <= PIECE_OCTETS:
            octets = self.read(count)
        elif count >= LARGE_OCTETS and self.size is not None and self._stream is self._raw:
            return self._mapped(count)
        else:
            octets = b"".join(self._pieces(count))
        return (octets, 0) if len(octets) == count else None

    def _mapped(self, count: int) -> tuple[Octets, int] | None:
        if self.offset + count > os.fstat(self._raw.fileno()).st_size:
            return None
        begin = self.offset % ALLOCATIONGRANULARITY
        octets = mmap(self._raw.fileno(), begin + count, access=ACCESS_READ, offset=self.offset - begin)
        self.offset += count
        self._raw.seek(self.offset)
        return octets, begin

    def _pieces(self, count: int) -> Iterator[bytes]:
        while count and (piece := self.read(min(count, PIECE_OCTETS))):
            count -= len(piece)
            yield piece


@contextmanager
def opened(name: str) -> Iterator[TrafficFile]:
    """The file of this name, closed afterwards; `-` is standard input, which is left open. Raises Unreadable."""
    try:
        place = sys.stdin.fileno() if name == STDIN else name
        raw = open(place, "rb", buffering=PIECE_OCTETS, closefd=name != STDIN)  # noqa: SIM115  the next line closes it
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Unreadable(f"{error.strerror if isinstance(error, OSError) else error}.") from error
    with raw:
        yield TrafficFile(name, cast(io.BufferedReader, raw))


@contextmanager
def explained() -> Iterator[None]:
    """Failures of the disk and of the compression as Unreadable."""
    try:
        yield
    except EOFError as error:
        raise EndsEarly("the compressed file ends in the middle") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise Unreadable(f"the compression is damaged ({error}). Ask `gzip -t FILE`.") from error
    except OSError as error:
        raise Unreadable(f"{error.strerror or error}.") from error
