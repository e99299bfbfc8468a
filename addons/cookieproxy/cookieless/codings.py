"""Content codings undone and done again while a body streams, so that what lies under them can be changed (RFC 9110 8.4, 12.5.3).

Knows gzip, deflate (both of its readings), br, zstd and identity, how much they may ask of us, and what is left of a body that is
broken. Does not know what the transform between does. Bodies are hostile: whatever comes, memory is bounded and nothing raises.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import brotli  # type: ignore[import-untyped]  # has no types; nothing of it leaves the two functions below
import zstandard

PIECE_BYTES = 8 * 1024
"""What the transform gets at most in one piece."""
MOST_FREE_BYTES = 32 * 1024 * 1024
"""A body that decodes to no more than this may expand as it likes."""
MOST_EXPANSION = 200
"""Beyond that, so many times its own size. Measured: 25 MB of a table of counted rows reach 29 with gzip, 95 with zstd."""
MOST_WINDOW_BYTES = 8 * 1024 * 1024
"""What a zstd frame may have us remember: RFC 9659 allows no more, and browsers hold to it."""
_SIP_BYTES = 64
"""Fed to a decoder at once. A decoder that fails swallows what it made of its last sip, and zstandard cannot be told how much to
return at once: 64 bytes are 17 blocks of 128 KB at worst. Measured: costs 5 to 20 ms a megabyte of coded input."""
_MOST_HELD_BYTES = 64 * 1024
"""Coded input kept until something came of it, to be passed on as it is if it turns out to be of no coding."""
_MARK_BYTES = 4
_GZIP_MARKS = (b"\x1f\x8b\x08",)
_ZSTD_MARKS = (b"\x28\xb5\x2f\xfd", *(bytes((low,)) + b"\x2a\x4d\x18" for low in range(0x50, 0x60)))
"""A frame, or one to be skipped (RFC 8878 3.1)."""
_ZLIB_STARTS = tuple(bytes((window << 4 | zlib.DEFLATED,)) for window in range(8))
_ERRORS = (zlib.error, brotli.error, zstandard.ZstdError)


class Transform(Protocol):
    """What is done to the decoded body, in pieces of any size."""

    def feed(self, data: bytes) -> bytes:
        """What can be given away after these bytes."""

    def close(self) -> bytes:
        """The rest."""


class _Step(NamedTuple):
    """What a decoder made of some input."""

    output: bytes
    rest: bytes
    """Input it did not take."""
    has_more: bool
    """More output waits, also without more input."""
    ended: bool
    """This was the end of a gzip member, a zstd frame, a whole brotli or deflate stream."""


type _Decode = Callable[[bytes], _Step]


class _Encoder(NamedTuple):
    """One of the libraries' compressors, by one set of names."""

    encode: Callable[[bytes], bytes]
    flush: Callable[[], bytes]
    """All that was taken in becomes readable for the receiver."""
    finish: Callable[[], bytes]


class _Coding(NamedTuple):
    """How to undo a coding and do it again."""

    decoder: Callable[[], Callable[[bytes], _Decode]]
    """For a body: what opens each of its members, given the first bytes."""
    encoder: Callable[[bytes], _Encoder]
    """Given the first bytes of what it replaces."""
    opening_bytes: int = 1
    """How many of the first bytes they have to see."""
    marks: tuple[bytes, ...] = ()
    """How a further member starts; anything else after an end is ignored, as browsers do."""


def recoder(content_encoding: bytes, transform: Transform) -> "Recoder | None":
    """What applies the transform under this Content-Encoding; None if that is unknown, or more than one coding."""
    names = [name for name in map(_coding_name, content_encoding.split(b",")) if name] or [b"identity"]
    if len(names) > 1:
        return None
    name = names[0]
    if name == b"identity":
        return Recoder(name.decode(), _Plain(), lambda opening: _IDENTITY, transform)
    coding = _CODINGS.get(name)
    return Recoder(name.decode(), _Decoder(coding), coding.encoder, transform) if coding else None


def trimmed_accept_encoding(value: bytes) -> bytes:
    """An Accept-Encoding that admits only what `recoder` knows, other bytes as they were; the same object if it does already.

    `*` would admit what we cannot read: what it says stays said of `identity` alone. `*;q=0` admits nothing and stays.
    """
    members = value.split(b",")
    names = [_coding_name(member) for member in members]
    kept = [
        _narrowed(member, name, names) if name == b"*" else member
        for member, name in zip(members, names, strict=True)
        if name in _READABLE or not name or name == b"*"
    ]
    present = [member for member in kept if member is not None]
    if present == members:
        return value
    trimmed = b",".join(present)
    return trimmed if present[:1] == members[:1] else trimmed.lstrip(b" \t")


def _coding_name(member: bytes) -> bytes:
    return member.partition(b";")[0].strip(b" \t").lower()


def _narrowed(member: bytes, name: bytes, names: list[bytes]) -> bytes | None:
    """What becomes of a `*`; None if another member says it already."""
    weight = member.partition(b";")[2].replace(b" ", b"").replace(b"\t", b"").lower()
    if weight.startswith(b"q=0") and not weight[3:].strip(b".0"):
        return member
    return None if b"identity" in names else member.replace(name, b"identity", 1)


class Recoder:
    """One body on its way through: decoded, transformed, coded again.

    What `feed` and `close` return is worked out while it is read, and has to be read to its end before the next call.
    """

    def __init__(
        self, name: str, decoder: "_Decoder | _Plain", encoder: Callable[[bytes], _Encoder], transform: Transform
    ) -> None:
        self.trouble: str | None = None
        """What is wrong with the body, once it shows; from then on it stops, or passes as it came if nothing had been decoded."""
        self._name = name
        self._decoder = decoder
        self._new_encoder = encoder
        self._encoder: _Encoder | None = None
        self._transform = transform
        self._held: bytes | None = b""
        """All input, as long as it came to nothing; None afterwards."""
        self._passes = False
        self._taken_bytes = 0
        self._decoded_bytes = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What goes on to the browser after this chunk of the body, flushed."""
        if self.trouble is not None:
            if self._passes and chunk:
                yield chunk
            return
        self._take(chunk)
        was_changed = False
        for piece in _gathered(self._decoder.feed(chunk)):
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
        if self.trouble is not None:
            return
        if self._taken_bytes and not self._decoder.is_whole:
            yield from self._break_off("truncated")
            return
        tail = self._transform.close()
        if tail or self._taken_bytes:
            coder = self._coder()
            yield from _if_any(coder.encode(tail) + coder.finish())

    def _take(self, chunk: bytes) -> None:
        self._taken_bytes += len(chunk)
        if self._held is not None:
            self._held = self._held + chunk if len(self._held) + len(chunk) <= _MOST_HELD_BYTES else None

    def _coder(self) -> _Encoder:
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


class _Plain:
    """A body without a coding."""

    opening = b""
    is_broken = False
    is_whole = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The same."""
        yield data


class _Decoder:
    """One member after the other, without ever raising."""

    def __init__(self, coding: _Coding) -> None:
        self.opening = b""
        """The first bytes of the body, once they are there."""
        self.is_broken = False
        self._marks = coding.marks
        self._opening_bytes = coding.opening_bytes
        self._open = coding.decoder()
        self._decode: _Decode | None = None
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
            except _ERRORS:
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
        if len(data) < (_MARK_BYTES if self.opening else self._opening_bytes):
            self._waiting = data
            return b""
        self._waiting = b""
        if self.opening and not data.startswith(self._marks):
            self._is_over = True
            return b""
        self.opening = self.opening or data[: self._opening_bytes]
        self._decode = self._open(data)
        return data


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces worth handling, none too large."""
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        while len(gathered) >= PIECE_BYTES:
            yield bytes(gathered[:PIECE_BYTES])
            del gathered[:PIECE_BYTES]
    if gathered:
        yield bytes(gathered)


def _if_any(data: bytes) -> Iterator[bytes]:
    if data:
        yield data


def _inflate(window_bits: int) -> _Decode:
    stream = zlib.decompressobj(window_bits)

    def decode(data: bytes) -> _Step:
        output = stream.decompress(data, PIECE_BYTES)
        rest = stream.unused_data if stream.eof else stream.unconsumed_tail
        return _Step(output, rest, len(output) == PIECE_BYTES, stream.eof)

    return decode


def _deflate(window_bits: int) -> _Encoder:
    # Measured: level 4 takes half the time of 6 for 4 % more bytes; memLevel 6 saves 100 KB for 1 % more.
    stream = zlib.compressobj(4, zlib.DEFLATED, window_bits, 6)
    return _Encoder(stream.compress, lambda: stream.flush(zlib.Z_SYNC_FLUSH), stream.flush)


def _deflate_bits(opening: bytes) -> int:
    """The header of RFC 1950, or none: servers send both as `deflate`, and browsers take both."""
    is_wrapped = opening[:1] in _ZLIB_STARTS and int.from_bytes(opening[:2]) % 31 == 0
    return zlib.MAX_WBITS if is_wrapped or not opening else -zlib.MAX_WBITS


def _unbrotli(first: bytes) -> _Decode:
    stream = brotli.Decompressor()

    def decode(data: bytes) -> _Step:
        output = stream.process(data, output_buffer_limit=PIECE_BYTES)
        has_more = len(output) >= PIECE_BYTES or not stream.can_accept_more_data()
        return _Step(output, b"", has_more, stream.is_finished())

    return decode


def _brotli(opening: bytes) -> _Encoder:
    stream = brotli.Compressor(quality=4, lgwin=18)
    return _Encoder(stream.process, stream.flush, stream.finish)


def _unzstd() -> Callable[[bytes], _Decode]:
    context = zstandard.ZstdDecompressor(max_window_size=MOST_WINDOW_BYTES)

    def opened(first: bytes) -> _Decode:
        frame = context.decompressobj(write_size=PIECE_BYTES)
        return lambda data: _Step(frame.decompress(data), frame.unused_data, False, frame.eof)

    return opened


def _zstd(opening: bytes) -> _Encoder:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=19)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return _Encoder(stream.compress, lambda: stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK), stream.flush)


_GZIP_BITS = 16 + zlib.MAX_WBITS
_IDENTITY = _Encoder(lambda data: data, lambda: b"", lambda: b"")
_GZIP = _Coding(lambda: lambda first: _inflate(_GZIP_BITS), lambda opening: _deflate(_GZIP_BITS), marks=_GZIP_MARKS)
_CODINGS = {
    b"gzip": _GZIP,
    b"x-gzip": _GZIP,
    b"deflate": _Coding(
        lambda: lambda first: _inflate(_deflate_bits(first)), lambda opening: _deflate(_deflate_bits(opening)), 2
    ),
    b"br": _Coding(lambda: _unbrotli, _brotli),
    b"zstd": _Coding(_unzstd, _zstd, marks=_ZSTD_MARKS),
}
_READABLE = {*_CODINGS, b"identity"}
