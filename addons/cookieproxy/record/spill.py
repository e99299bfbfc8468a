"""Batches on disk that wait for a database: appended at one end, taken from the other, each whole or not at all (R30, R40).

A spill belongs to one process. Its frames lie in segments, files `STORE-NAME.NUMBER` whose number is that of their first frame,
beside a lock `STORE-NAME.lock` that dies with the process: what a dead one left is adopted by the next with the same store. A
frame is a head, with the length and a checksum of all of it, and its octets; where a segment breaks off or is damaged, the rest of
it counts as not there. Files are for their owner alone: cookies' values are in them. They survive the process, not a machine that
loses its memory: nothing waits for the disk. Does not know what is in the octets.
"""

import fcntl
import os
import re
import secrets
import struct
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import NamedTuple

MOST_BYTES = 1_000_000_000
"""On disk for one process; about a million exchanges."""
SEGMENT_BYTES = 16_000_000
"""A segment that has reached this is followed by another, so that what was loaded does not keep its room."""

_HEAD = struct.Struct(">4sQIII")
_MARK = b"cksp"
_SEGMENT = re.compile(r"([0-9a-f]+)-([0-9a-f]+)\.([0-9a-f]{16}|lock)")


class Frame(NamedTuple):
    """One batch."""

    number: int
    """Above that of every frame before it."""
    observations: int
    """How many are in it."""
    octets: bytes


@dataclass(slots=True)
class Segment:
    """One file of a spill."""

    path: Path
    size: int
    read: int = 0
    """Octets of frames that were taken."""


class Spill:
    """The frames of one process for one store. Any thread may use it."""

    def __init__(self, folder: Path, store: str, most_bytes: int = MOST_BYTES) -> None:
        """`store` says in hexadecimal digits which it is. Makes nothing before something is appended."""
        self.name = secrets.token_hex(8)
        self.most_bytes = most_bytes
        self.damaged = 0
        """Octets that could not be read."""
        self._folder = folder
        self._store = store
        self._guard = Lock()
        self._segments: deque[Segment] = deque()
        self._lock: int | None = None
        self._end: int | None = None
        """The file that is appended to."""

    # -- appending -----------------------------------------------------------------------------------------------------

    def append(self, frame: Frame) -> None:
        """Put a frame at the end. Raises OSError, and nothing of it is there then."""
        with self._guard:
            self._append(frame, self._segment_for(frame))

    def put_first(self, frames: list[Frame]) -> None:
        """Put frames before all others, whose numbers are higher. Raises OSError."""
        with self._guard:
            if not frames:
                return
            end, self._end = self._end, None
            others, self._segments = self._segments, deque()
            try:
                for frame in frames:
                    self._append(frame, self._segment_for(frame))
            finally:
                self._close_end()
                self._end = end
                self._segments += others

    def _segment_for(self, frame: Frame) -> Segment:
        if self._lock is None:
            self._take_lock()
        if self._end is not None and self._segments and self._segments[-1].size < SEGMENT_BYTES:
            return self._segments[-1]
        self._close_end()
        path = self._path(f"{frame.number:016x}")
        self._end = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._segments.append(Segment(path, 0))
        return self._segments[-1]

    def _append(self, frame: Frame, segment: Segment) -> None:
        assert self._end is not None, "_segment_for has opened it"
        octets = _HEAD.pack(_MARK, frame.number, frame.observations, len(frame.octets), _checksum(frame)) + frame.octets
        try:
            written = os.write(self._end, octets)
            while written < len(octets):
                written += os.write(self._end, octets[written:])
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._end, segment.size)
                os.lseek(self._end, segment.size, os.SEEK_SET)
            raise
        segment.size += len(octets)

    def _take_lock(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            descriptor = _locked(self._path("lock"))
            if descriptor is not None:
                self._lock = descriptor
                return
            self.name = secrets.token_hex(8)  # somebody has taken it for a dead one's before it was locked

    def _path(self, ending: str) -> Path:
        return self._folder / f"{self._store}-{self.name}.{ending}"

    # -- taking --------------------------------------------------------------------------------------------------------

    def first(self) -> Frame | None:
        """The frame whose turn it is; None if there is none."""
        with self._guard:
            while self._segments:
                segment = self._segments[0]
                frame = _read(segment)
                if frame is not None:
                    return frame
                self.damaged += segment.size - segment.read
                self._drop_first()
            return None

    def remove_first(self, frame: Frame) -> None:
        """That frame is in the store."""
        with self._guard:
            segment = self._segments[0]
            segment.read += _HEAD.size + len(frame.octets)
            if segment.read >= segment.size:
                self._drop_first()

    def _drop_first(self) -> None:
        segment = self._segments.popleft()
        if not self._segments:
            self._close_end()
        with suppress(OSError):
            segment.path.unlink()

    @property
    def bytes(self) -> int:
        """What it takes on disk."""
        return sum(segment.size for segment in tuple(self._segments))

    @property
    def is_full(self) -> bool:
        """Whether it has reached its bound."""
        return self.bytes >= self.most_bytes

    def close(self) -> None:
        """Let go of it. What is in it stays, for whoever adopts it; again does nothing."""
        with self._guard:
            self._close_end()
            if self._lock is not None:
                if not self._segments:
                    with suppress(OSError):
                        self._path("lock").unlink()
                os.close(self._lock)
                self._lock = None

    def _close_end(self) -> None:
        if self._end is not None:
            os.close(self._end)
            self._end = None

    # -- those of the dead ---------------------------------------------------------------------------------------------

    @classmethod
    def adopted(cls, folder: Path, store: str) -> "Iterator[Spill]":
        """What processes left that are not there any more, oldest first; each is ours from now on, until it is closed."""
        found: dict[str, list[Path]] = {}
        for path in sorted(folder.glob(f"{store}-*.*")):
            match = _SEGMENT.fullmatch(path.name)
            if match is not None:
                found.setdefault(match[2], []).extend([path] if match[3] != "lock" else [])
        for name, paths in sorted(found.items(), key=lambda each: min(map(_age, each[1]), default=0.0)):
            spill = cls(folder, store)
            spill.name = name
            lock = _locked(spill._path("lock"))
            if lock is not None:
                spill._lock = lock
                spill._segments.extend(Segment(path, path.stat().st_size) for path in paths if path.exists())
                yield spill


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _locked(path: Path) -> int | None:
    """A lock's descriptor, which holds it until it is closed; None if somebody else has it, or took it away meanwhile."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.stat(path).st_ino == os.fstat(descriptor).st_ino:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def _checksum(frame: Frame) -> int:
    return zlib.crc32(frame.octets, zlib.crc32(b"%d %d %d" % (frame.number, frame.observations, len(frame.octets))))


def _read(segment: Segment) -> Frame | None:
    """The frame at the place that was read to; None if there is none that is whole."""
    try:
        with open(segment.path, "rb") as file:
            file.seek(segment.read)
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return None
            mark, number, count, length, checksum = _HEAD.unpack(head)
            octets = file.read(length) if length <= segment.size else b""
    except OSError:
        return None
    frame = Frame(number, count, octets)
    return frame if mark == _MARK and len(octets) == length and checksum == _checksum(frame) else None
