"""A body under a content coding, decoded member by member: what comes is hostile, and nothing raises.

A body may be several gzip members or zstd frames; what follows the last one is ignored, as browsers do.
"""

from collections.abc import Iterator

from .coders import ERRORS, MARK_BYTES, PIECE_BYTES, Coding, Decode

_SIP_BYTES = 64
"""Fed to a decoder at once. A decoder that fails swallows what it made of its last sip, and zstandard cannot be told how much to
return at once: 64 bytes are 17 blocks of 128 KB at worst. Measured: costs 5 to 20 ms a megabyte of coded input."""


class Plain:
    """A body without a coding."""

    opening = b""
    is_broken = False
    is_whole = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The same."""
        yield data


class Decoder:
    """One member after the other, without ever raising."""

    def __init__(self, coding: Coding) -> None:
        self.opening = b""
        """The first bytes of the body, once they are there."""
        self.is_broken = False
        self._marks = coding.marks
        self._opening_bytes = coding.opening_bytes
        self._open = coding.decoder()
        self._decode: Decode | None = None
        self._waiting = b""
        """Input that may open a member."""
        self._is_over = False

    @property
    def is_whole(self) -> bool:
        """True if the body may end here."""
        return not self.is_broken and bool(self.opening) and self._decode is None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes decode to; `is_broken` says afterwards whether all of them did."""
        for start in range(0, len(data), _SIP_BYTES):
            if self._is_over:
                return
            yield from self._sip(data[start : start + _SIP_BYTES])

    def _sip(self, data: bytes) -> Iterator[bytes]:
        has_more = False
        while data or has_more:
            if self._decode is None:
                data = self._opened(data)
            if self._decode is None:
                return
            try:
                step = self._decode(data)
            except ERRORS:
                self.is_broken = self._is_over = True
                return
            if step.output:
                yield step.output
            data, has_more = step.rest, step.has_more
            if step.ended:
                self._decode, has_more = None, False

    def _opened(self, data: bytes) -> bytes:
        """The first input of the next member, if it is all there and one follows."""
        data = self._waiting + data
        if self.opening:
            data = data.lstrip(b"\0")  # padding, as tapes and some servers leave it
        if len(data) < (MARK_BYTES if self.opening else self._opening_bytes):
            self._waiting = data
            return b""
        self._waiting = b""
        if self.opening and not data.startswith(self._marks):
            self._is_over = True
            return b""
        self.opening = self.opening or data[: self._opening_bytes]
        self._decode = self._open(data)
        return data


def gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces worth handling, none too large."""
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        while len(gathered) >= PIECE_BYTES:
            yield bytes(gathered[:PIECE_BYTES])
            del gathered[:PIECE_BYTES]
    if gathered:
        yield bytes(gathered)
