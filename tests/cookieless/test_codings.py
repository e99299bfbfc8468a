"""Content codings: the same page under the same coding, however it was cut, and hostile bodies."""

import gzip
import hashlib
import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.cookieless.codings import MOST_FREE_BYTES, PIECE_BYTES, Recoder, recoder, trimmed_accept_encoding

NOISE = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(12_000))
LONG = NOISE.hex().encode()
PAGE = b"".join(b'<a href="/shop/%d">number %d</a>\n' % (n, n * n) for n in range(3000))


class Shout:
    """Makes everything upper case, holds back the last byte, and signs."""

    def __init__(self) -> None:
        self.longest = 0
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        self.longest = max(self.longest, len(data))
        data = self._held + data
        self._held = data[-1:]
        return data[:-1].upper()

    def close(self) -> bytes:
        return self._held.upper() + b"<!-- end -->"


def shouted(page: bytes) -> bytes:
    return page.upper() + b"<!-- end -->"


class Same:
    def feed(self, data: bytes) -> bytes:
        return data

    def close(self) -> bytes:
        return b""


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


def raw_inflate(data: bytes) -> bytes:
    stream = zlib.decompressobj(-15)
    out = stream.decompress(data)
    assert stream.eof
    return out


def gunzip(data: bytes) -> bytes:
    return gzip.decompress(data)


def unzstd(data: bytes) -> bytes:
    stream = zstandard.ZstdDecompressor().decompressobj()
    out = stream.decompress(data)
    assert stream.eof
    return out


def same(data: bytes) -> bytes:
    return data


Codec = tuple[bytes, Callable[[bytes], bytes], Callable[[bytes], bytes]]
CODECS: dict[str, Codec] = {
    "identity": (b"identity", same, same),
    "none": (b"", same, same),
    "gzip": (b"gzip", gzip.compress, gunzip),
    "x-gzip": (b"X-GZip", gzip.compress, gunzip),
    "deflate": (b"deflate", zlib.compress, zlib.decompress),
    "raw deflate": (b"deflate", raw_deflate, raw_inflate),
    "br": (b"br", brotli.compress, brotli.decompress),
    "zstd": (b" zstd ", zstandard.compress, unzstd),
}
CODED = {name: codec for name, codec in CODECS.items() if name not in {"identity", "none"}}
every_codec = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS.keys())
every_coding = pytest.mark.parametrize("codec", CODED.values(), ids=CODED.keys())


def made(encoding: bytes, transform: Same | Shout) -> Recoder:
    found = recoder(encoding, transform)
    assert found is not None
    return found


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def run(one: Recoder, data: bytes, size: int = 1000) -> bytes:
    return b"".join([*(piece for chunk in cut(data, size) for piece in one.feed(chunk)), *one.close()])


def readable(encoding: bytes, data: bytes) -> bytes:
    """What a patient browser reads of a body that may have no end."""
    if encoding == b"br":
        stream = brotli.Decompressor()
        out = piece = stream.process(data)
        while piece:  # it returns less than it could, whatever its documentation says of limits
            piece = stream.process(b"")
            out += piece
        return bytes(out)
    if encoding.strip() == b"zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    if encoding == b"deflate":
        wrapped = data[:1] and data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0
        return zlib.decompressobj(15 if wrapped else -15).decompress(data)
    return zlib.decompressobj(31).decompress(data) if encoding.lower().endswith(b"gzip") else data


@every_codec
@pytest.mark.parametrize("size", [1, 7, 64, 1000, 1_000_000])
def test_a_page_keeps_its_coding(codec: Codec, size: int) -> None:
    encoding, encode, decode = codec
    page = PAGE[:20_000] if size == 1 else PAGE
    one = made(encoding, Shout())
    assert decode(run(one, encode(page), size)) == shouted(page)
    assert one.trouble is None


@every_codec
@given(data=st.binary(max_size=5000), sizes=st.lists(st.integers(0, 300), max_size=30))
def test_chunking_never_changes_a_page(codec: Codec, data: bytes, sizes: list[int]) -> None:
    encoding, encode, decode = codec
    one, coded, out, at = made(encoding, Shout()), encode(data), b"", 0
    for size in [*sizes, len(coded)]:
        out += b"".join(one.feed(coded[at : at + size]))
        at += size
    assert decode(out + b"".join(one.close())) == shouted(data)
    assert one.trouble is None


@every_codec
def test_a_browser_sees_progress_after_every_chunk(codec: Codec) -> None:
    encoding, encode, _ = codec
    one, out, seen = made(encoding, Same()), b"", 0
    coded = encode(LONG)
    for chunk in cut(coded, len(coded) // 2 + 1):
        out += b"".join(one.feed(chunk))
        assert len(readable(encoding, out)) > seen
        seen = len(readable(encoding, out))
    assert seen == len(LONG)


@every_coding
def test_what_is_not_decoded_yet_costs_no_bytes(codec: Codec) -> None:
    encoding, encode, _ = codec
    assert list(made(encoding, Same()).feed(encode(PAGE)[:3])) == []


@every_codec
def test_an_empty_body_stays_empty(codec: Codec) -> None:
    one = made(codec[0], Same())
    assert run(one, b"") == b""
    assert one.trouble is None


@every_coding
def test_coded_emptiness_stays_coded(codec: Codec) -> None:
    encoding, encode, decode = codec
    out = run(made(encoding, Same()), encode(b""))
    assert out
    assert decode(out) == b""


@pytest.mark.parametrize(
    "encoding", [b"compress", b"gzip, br", b"gzip,gzip", b"dcb", b"gzip;q=1, x", b"\xff", b"br identity"]
)
def test_unknown_codings_are_left_alone(encoding: bytes) -> None:
    assert recoder(encoding, Same()) is None


@pytest.mark.parametrize("encoding", [b", gzip", b"gzip ,", b"\tGZIP"])
def test_a_list_of_one_is_one(encoding: bytes) -> None:
    assert gunzip(run(made(encoding, Same()), gzip.compress(PAGE))) == PAGE


def header_of_all_flags(page: bytes) -> bytes:
    """FHCRC, FEXTRA, FNAME and FCOMMENT before the data."""
    head = b"\x1f\x8b\x08\x1e\0\0\0\0\0\xff" + struct.pack("<H", 5) + b"extra" + b"name\0" + b"comment\0"
    head += struct.pack("<H", zlib.crc32(head) & 0xFFFF)
    return head + raw_deflate(page) + struct.pack("<II", zlib.crc32(page), len(page))


SKIPPED = b"\x5a\x2a\x4d\x18" + struct.pack("<I", 5) + b"abcde"
WHOLE = {
    "gzip members": (b"gzip", gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two"), gunzip),
    "gzip padding": (b"gzip", gzip.compress(b"one two") + b"\0" * 1000, gunzip),
    "gzip padded members": (b"gzip", gzip.compress(b"one ") + b"\0" * 512 + gzip.compress(b"two"), gunzip),
    "gzip garbage": (b"gzip", gzip.compress(b"one two") + b"\x1f\x8bgarbage" * 50, gunzip),
    "gzip short garbage": (b"gzip", gzip.compress(b"one two") + b"\n", gunzip),
    "gzip flags": (b"gzip", header_of_all_flags(b"one two"), gunzip),
    "deflate garbage": (b"deflate", zlib.compress(b"one two") + b"garbage", zlib.decompress),
    "zstd frames": (b"zstd", zstandard.compress(b"one ") + zstandard.compress(b"two"), unzstd),
    "zstd skippable frames": (
        b"zstd",
        SKIPPED + zstandard.compress(b"one ") + SKIPPED + zstandard.compress(b"two"),
        unzstd,
    ),
    "zstd garbage": (b"zstd", zstandard.compress(b"one two") + b"garbage", unzstd),
}


@pytest.mark.parametrize(("encoding", "body", "decode"), WHOLE.values(), ids=WHOLE.keys())
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_members_and_what_follows_them(
    encoding: bytes, body: bytes, decode: Callable[[bytes], bytes], size: int
) -> None:
    one = made(encoding, Shout())
    assert decode(run(one, body, size)) == shouted(b"one two")
    assert one.trouble is None


@every_coding
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_what_is_not_of_the_coding_passes_as_it_is(codec: Codec, size: int) -> None:
    page = b"<!doctype html>" + PAGE[:3000]
    one = made(codec[0], Shout())
    out = run(one, page, size)
    assert one.trouble == f"broken {codec[0].strip().lower().decode()}"
    assert out == page


@every_coding
def test_a_truncated_body_stays_truncated(codec: Codec) -> None:
    encoding, encode, decode = codec
    one = made(encoding, Shout())
    out = run(one, encode(NOISE)[:-1000])
    assert one.trouble == f"truncated {encoding.strip().lower().decode()}"
    seen = readable(encoding, out)
    assert seen.endswith(b"<!-- end -->")
    assert len(seen) > 200_000
    assert NOISE.upper().startswith(seen.removesuffix(b"<!-- end -->"))
    with pytest.raises((EOFError, AssertionError, zlib.error, brotli.error, zstandard.ZstdError)):
        decode(out)


@every_coding
def test_a_body_that_ends_before_anything_was_decoded_passes_as_it_is(codec: Codec) -> None:
    encoding, encode, _ = codec
    one, start = made(encoding, Shout()), encode(PAGE)[:1]
    assert run(one, start) == start
    assert one.trouble == f"truncated {encoding.strip().lower().decode()}"


@pytest.mark.parametrize("name", ["gzip", "deflate", "br"])
def test_what_came_before_the_garbage_is_delivered(name: str) -> None:
    encoding, encode, _ = CODED[name]
    one, coded = made(encoding, Same()), encode(PAGE)
    half = len(coded) // 2
    sure = len(readable(encoding, coded[: half - 64]))
    out = run(one, coded[:half] + NOISE, 4096)
    assert one.trouble == f"broken {encoding.decode()}"
    seen = readable(encoding, out)
    assert seen[:sure] == PAGE[:sure]
    assert sure > 10_000


def test_a_wrong_checksum_leaves_the_page_without_an_end() -> None:
    one, coded = made(b"gzip", Same()), bytearray(gzip.compress(PAGE))
    coded[-6] ^= 1
    out = run(one, bytes(coded))
    assert one.trouble == "broken gzip"
    assert readable(b"gzip", out)[:-100] == PAGE[:-100][: len(readable(b"gzip", out)) - 100]
    assert len(readable(b"gzip", out)) > len(PAGE) - 64 * 100
    with pytest.raises(EOFError):
        gunzip(out)


def test_nothing_follows_a_break() -> None:
    one = made(b"gzip", Same())
    list(one.feed(gzip.compress(PAGE)[:5000] + NOISE))
    assert one.trouble == "broken gzip"
    assert [*one.feed(b"more"), *one.close()] == []


def test_a_zstd_window_beyond_what_browsers_take_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=24)
    stream = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = stream.compress(b"page") + stream.flush()
    one = made(b"zstd", Shout())
    assert run(one, body) == body
    assert one.trouble == "broken zstd"


BOMBS = {
    "gzip": gzip.compress(b"\0" * 50_000_000, 9),
    "deflate": zlib.compress(b"\0" * 50_000_000, 9),
    "br": brotli.compress(b"\0" * 50_000_000, quality=5),
    "zstd": zstandard.compress(b"\0" * 50_000_000),
}


@pytest.mark.parametrize(("name", "bomb"), BOMBS.items(), ids=BOMBS.keys())
def test_a_bomb_is_stopped_and_never_lies_in_memory(name: str, bomb: bytes) -> None:
    transform = Shout()
    one = made(name.encode(), transform)
    tracemalloc.start()
    out = run(one, bomb, len(bomb))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert one.trouble == f"{name} that expands more than 200 times"
    assert transform.longest <= PIECE_BYTES
    assert peak < 8_000_000
    assert len(out) < 300_000
    assert list(one.feed(bomb)) == list(one.close()) == []


def test_a_small_body_may_expand_as_it_likes() -> None:
    page = b"0" * (MOST_FREE_BYTES // 4)
    assert gunzip(run(made(b"gzip", Same()), gzip.compress(page))) == page


def test_pieces_come_while_they_are_read() -> None:
    transform = Shout()
    pieces = made(b"", transform).feed(b"x" * 1_000_000)
    assert len(next(pieces)) <= PIECE_BYTES
    assert transform.longest == PIECE_BYTES


@pytest.mark.parametrize("name", ["identity", "gzip", "deflate", "raw deflate"])
def test_memory_does_not_grow_with_the_body(name: str) -> None:
    encoding, encode, _ = CODECS[name]
    source = io.BytesIO(encode(PAGE * 200))
    tracemalloc.start()
    one, size = made(encoding, Same()), 0
    while chunk := source.read(16 * 1024):
        for piece in one.feed(chunk):
            size += len(piece)
    size += sum(len(piece) for piece in one.close())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert one.trouble is None
    assert size > (20_000_000 if name == "identity" else 1_000_000)
    assert peak < 300_000


@every_codec
@given(data=st.binary(max_size=3000), size=st.integers(1, 500))
def test_garbage_never_raises(codec: Codec, data: bytes, size: int) -> None:
    run(made(codec[0], Shout()), data, size)


@every_coding
@given(flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=5), size=st.integers(1, 4000))
def test_damaged_bodies_never_raise_and_never_pass_for_whole(
    codec: Codec, flips: list[tuple[int, int]], size: int
) -> None:
    encoding, encode, decode = codec
    coded = bytearray(encode(PAGE[:6000]))
    for place, byte in flips:
        coded[place % len(coded)] = byte
    one = made(encoding, Same())
    out = run(one, bytes(coded), size)
    if one.trouble is None:
        decode(out)


@pytest.mark.parametrize(
    ("value", "trimmed"),
    [
        (b"gzip, deflate, br, zstd", None),
        (b"gzip;q=1.0, X-GZIP ;q=0.5,identity;q=0", None),
        (b"", None),
        (b" , gzip,,br ", None),
        (b"gzip, deflate, br, dcb, zstd, dcz", b"gzip, deflate, br, zstd"),
        (b"compress, gzip", b"gzip"),
        (b"compress,gzip;q=0.5 , sdch;q=1", b"gzip;q=0.5 "),
        (b"sdch", b""),
        (b"*", b"identity"),
        (b"gzip, *;q=0.1", b"gzip, identity;q=0.1"),
        (b"gzip, identity;q=0.5, *;q=0.1", b"gzip, identity;q=0.5"),
        (b"gzip, *;q=0", None),
        (b"gzip, * ; q=0.000, compress", b"gzip, * ; q=0.000"),
        (b"*;q=0.01", b"identity;q=0.01"),
        (b"\xff\xfe, br", b"br"),
    ],
)
def test_accept_encoding_admits_what_can_be_read(value: bytes, trimmed: bytes | None) -> None:
    result = trimmed_accept_encoding(value)
    if trimmed is None:
        assert result is value
    else:
        assert result == trimmed


@given(st.lists(st.sampled_from([b"gzip", b"br", b"zz", b"*", b"identity", b";q=0", b";q=1", b" ", b",", b","])))
def test_trimming_twice_is_trimming_once(parts: list[bytes]) -> None:
    once = trimmed_accept_encoding(b"".join(parts))
    assert trimmed_accept_encoding(once) is once
