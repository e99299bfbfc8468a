"""Content codings undone and done again while a body streams, so that what lies under them can be changed (RFC 9110 8.4).

Knows how much a body may ask of us, and what is left of one that is broken. Does not know what the transform between does, nor
the codings themselves (`coders`, `members`). Bodies are hostile: whatever comes, memory is bounded and nothing raises.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from .accepted import trimmed_accept_encoding
from .coders import CODINGS, IDENTITY, PIECE_BYTES, Encoder, coding_name
from .members import Decoder, Plain, gathered

__all__ = ["MOST_FREE_BYTES", "PIECE_BYTES", "Recoder", "Transform", "recoder", "trimmed_accept_encoding"]

MOST_FREE_BYTES = 32 * 1024 * 1024
"""A body that decodes to no more than this may expand as it likes."""
MOST_EXPANSION = 200
"""Beyond that, so many times its own size. Measured: 25 MB of a table of counted rows reach 29 with gzip, 95 with zstd."""
_MOST_HELD_BYTES = 64 * 1024
"""Coded input kept until something came of it, to be passed on as it is if it turns out to be of no coding."""


class Transform(Protocol):
    """What is done to the decoded body, in pieces of any size."""

    def feed(self, data: bytes) -> bytes:
        """What can be given away after these bytes."""

    def close(self) -> bytes:
        """The rest."""


def recoder(content_encoding: bytes, transform: Transform) -> "Recoder | None":
    """What applies the transform under this Content-Encoding; None if that is unknown, or more than one coding."""
    names = [name for name in map(coding_name, content_encoding.split(b",")) if name] or [b"identity"]
    if len(names) > 1:
        return None
    name = names[0]
    if name == b"identity":
        return Recoder(name.decode(), Plain(), lambda opening: IDENTITY, transform)
    coding = CODINGS.get(name)
    return Recoder(name.decode(), Decoder(coding), coding.encoder, transform) if coding else None


class Recoder:
    """One body on its way through: decoded, transformed, coded again.

    What `feed` and `close` return is worked out while it is read, and has to be read to its end before the next call.
    """

    def __init__(
        self, name: str, decoder: Decoder | Plain, encoder: Callable[[bytes], Encoder], transform: Transform
    ) -> None:
        self.trouble: str | None = None
        """What is wrong with the body, once it shows; from then on it stops, or passes as it came if nothing had been decoded."""
        self._name = name
        self._decoder = decoder
        self._new_encoder = encoder
        self._encoder: Encoder | None = None
        self._transform = transform
        self._held: bytes | None = b""
        """All input, as long as it came to nothing; None afterwards."""
        self._passes = False
        self._was_closed = False
        self._taken_bytes = 0
        self._decoded_bytes = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What goes on to the browser after this chunk of the body, flushed."""
        if self._was_closed:
            self._go_on()
        if self.trouble is not None:
            if self._passes and chunk:
                yield chunk
            return
        self._take(chunk)
        was_changed = False
        for piece in gathered(self._decoder.feed(chunk)):
            self._held = None
            self._decoded_bytes += len(piece)
            if self._decoded_bytes > max(MOST_FREE_BYTES, MOST_EXPANSION * self._taken_bytes):
                self.trouble = f"{self._name} that expands more than {MOST_EXPANSION} times"
                return
            changed = self._transform.feed(piece)
            was_changed = was_changed or bool(changed)
            yield from _if_any(self._coder().encode(changed))
        if self._decoder.is_broken:
            yield from self._break_off("broken")
        elif was_changed:
            yield from _if_any(self._coder().flush())

    def close(self) -> Iterator[bytes]:
        """The rest, with the coding's end if the body had one."""
        if self.trouble is not None or self._was_closed:
            return
        self._was_closed = True
        if self._taken_bytes and not self._decoder.is_whole:
            yield from self._break_off("truncated")
            return
        tail = self._transform.close()
        if tail or self._taken_bytes:
            coder = self._coder()
            yield from _if_any(coder.encode(tail) + coder.finish())

    def _go_on(self) -> None:
        """It was no end: mitmproxy hands over an empty DATA frame of HTTP/2 just so. After the end of a coding another begins."""
        self._was_closed = False
        if not self._decoder.is_whole and not self._decoder.is_broken and not self._passes:
            self.trouble = None
        else:
            self._encoder = None

    def _take(self, chunk: bytes) -> None:
        self._taken_bytes += len(chunk)
        if self._held is not None:
            self._held = self._held + chunk if len(self._held) + len(chunk) <= _MOST_HELD_BYTES else None

    def _coder(self) -> Encoder:
        if self._encoder is None:
            self._encoder = self._new_encoder(self._decoder.opening)
        return self._encoder

    def _break_off(self, how: str) -> Iterator[bytes]:
        """What was decoded, without the coding's end, so that the browser sees the same break; or all of it as it came."""
        self.trouble = f"{how} {self._name}"
        if self._held is not None:
            self._passes = True
            yield self._held
            return
        coder = self._coder()
        yield from _if_any(coder.encode(self._transform.close()) + coder.flush())


def _if_any(data: bytes) -> Iterator[bytes]:
    if data:
        yield data
