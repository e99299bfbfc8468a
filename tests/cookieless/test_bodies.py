"""Which bodies are pages or style sheets, and how they go through what is done to them (R24)."""

import gzip
import zlib
from collections.abc import Callable
from itertools import pairwise

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.cookieless.bodies import Body, Kind, body_through, charset_of, is_unreadable, kind_of
from cookieproxy.cookieless.fields import Fields

HTML = (b"Content-Type", b"text/html")


class Shout:
    """Makes everything upper case and signs."""

    def feed(self, data: bytes) -> bytes:
        return data.upper()

    def close(self) -> bytes:
        return b"!"


class Same:
    """Holds back what may be the beginning of something, as a page does."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        data, self._held = self._held + data, b""
        data, self._held = data[:-3], data[-3:]
        return data

    def close(self) -> bytes:
        rest, self._held = self._held, b""
        return rest


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes, "gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstandard.compress,
}  # fmt: skip
DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes, "gzip": gzip.decompress, "deflate": zlib.decompress, "br": brotli.decompress,
    "zstd": lambda coded: zstandard.ZstdDecompressor().decompressobj().decompress(coded),
}  # fmt: skip


def of_type(value: bytes, *more: tuple[bytes, bytes]) -> Fields:
    return ((b"Content-Type", value), *more)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (b"text/html", Kind.PAGE),
        (b"TEXT/HTML; charset=UTF-8", Kind.PAGE),
        (b" text/html ;charset=iso-8859-1", Kind.PAGE),
        (b"application/xhtml+xml", Kind.XML_PAGE),
        (b"text/css", Kind.STYLE),
        (b"text/html;charset=shift_jis", Kind.PAGE),
        (b"text/html; charset=utf-16", Kind.OTHER),
        (b"text/html; charset='UTF-16LE'", Kind.OTHER),
        (b'text/html; charset="iso-2022-jp"', Kind.OTHER),
        (b"text/html; x=y; charset=utf-7", Kind.OTHER),
        (b"text/html; charset=replacement", Kind.OTHER),
        (b"text/css; charset=utf-16be", Kind.OTHER),
        (b"text/plain", Kind.OTHER),
        (b"text/event-stream", Kind.OTHER),
        (b"application/json", Kind.OTHER),
        (b"application/octet-stream", Kind.OTHER),
        (b"image/svg+xml", Kind.OTHER),
        (b"multipart/x-mixed-replace; boundary=x", Kind.OTHER),
        (b"text/htmlx", Kind.OTHER),
        (b"text/html, text/html", Kind.OTHER),
        (b"", Kind.OTHER),
        (b"\xff", Kind.OTHER),
    ],
)
def test_by_type(value: bytes, kind: Kind) -> None:
    assert kind_of("GET", 200, of_type(value)) is kind


@pytest.mark.parametrize(
    ("method", "status", "fields", "kind"),
    [
        ("GET", 200, (HTML,), Kind.PAGE),
        ("POST", 200, (HTML,), Kind.PAGE),
        ("GET", 404, (HTML,), Kind.PAGE),
        ("GET", 302, (HTML,), Kind.PAGE),
        ("GET", 503, (HTML,), Kind.PAGE),
        ("HEAD", 200, (HTML,), Kind.OTHER),
        ("GET", 101, (HTML,), Kind.OTHER),
        ("GET", 204, (HTML,), Kind.OTHER),
        ("GET", 205, (HTML,), Kind.OTHER),
        ("GET", 206, (HTML,), Kind.OTHER),
        ("GET", 304, (HTML,), Kind.OTHER),
        ("GET", 200, (), Kind.OTHER),
        ("GET", 200, (HTML, HTML), Kind.OTHER),
        ("GET", 200, (HTML, (b"content-length", b"0")), Kind.OTHER),
        ("GET", 200, (HTML, (b"content-length", b"10")), Kind.PAGE),
        ("GET", 200, (HTML, (b"Content-Disposition", b"attachment")), Kind.OTHER),
        ("GET", 200, (HTML, (b"content-disposition", b' ATTACHMENT; filename="a.html"')), Kind.OTHER),
        ("GET", 200, (HTML, (b"Content-Disposition", b"inline; filename=attachment")), Kind.PAGE),
    ],
)
def test_by_what_the_head_says_else(method: str, status: int, fields: Fields, kind: Kind) -> None:
    assert kind_of(method, status, fields) is kind


@pytest.mark.parametrize(
    ("value", "charset"),
    [
        (b"text/html", None),
        (b"text/html; charset=", None),
        (b"text/html; charset=utf-8", "utf-8"),
        (b'text/html; CHARSET = "KOI8-R"', "koi8-r"),
        (b"text/html;charset=a;charset=b", "a"),
        (b"text/html; charset=\xff", "\xff"),
    ],
)
def test_the_charset(value: bytes, charset: str | None) -> None:
    assert charset_of(of_type(value)) == charset


def test_charsets_in_whose_octets_markup_is_what_it_looks_like() -> None:
    assert not any(
        is_unreadable(name) for name in ("utf-8", "windows-1252", "gb18030", "euc-jp", "big5", "x-user-defined", "")
    )
    assert all(is_unreadable(name) for name in ("UTF-16", "ISO-2022-KR", "hz-gb-2312"))


class TestBody:
    """A body on its way."""

    def body(self, coding: bytes = b"", troubles: list[str] | None = None) -> Body:
        fields: Fields = (HTML, (b"Content-Encoding", coding)) if coding else (HTML,)
        made = body_through(fields, Shout(), [].append if troubles is None else troubles.append)
        assert made is not None
        return made

    def test_in_pieces(self) -> None:
        body = self.body()
        assert not body.was_used
        assert [b"".join(body(piece)) for piece in (b"ab", b"c", b"")] == [b"AB", b"C", b"!"]
        assert body.was_used

    def test_as_a_whole(self) -> None:
        assert self.body().whole(b"abc") == b"ABC!"
        assert gzip.decompress(self.body(b"gzip").whole(gzip.compress(b"abc"))) == b"ABC!"

    @pytest.mark.parametrize("coding", [b"", b"gzip", b"deflate", b"br", b"zstd"])
    def test_an_end_that_is_told_twice_is_one(self, coding: bytes) -> None:
        body = self.body(coding)
        first = b"".join(body(b""))
        assert first
        assert b"".join(body(b"")) == b""
        assert self.body(coding).whole(b"")

    @pytest.mark.parametrize("coding", ["", "gzip", "deflate", "br", "zstd"])
    @pytest.mark.parametrize("place", [0, 1, 15, -1])
    def test_an_empty_frame_of_http_2_is_no_end(self, coding: str, place: int) -> None:
        """mitmproxy hands it over like one."""
        page = b"".join(b"%x" % (n * n) for n in range(3_000))
        coded = ENCODERS[coding](page)
        troubles: list[str] = []
        made = body_through(((b"content-encoding", coding.encode()),), Same(), troubles.append)
        assert made is not None
        came = b"".join(octets for chunk in (coded[:place], b"", coded[place:], b"") for octets in made(chunk))
        assert DECODERS[coding](came) == page

    @pytest.mark.parametrize("coding", [b"compress", b"gzip, br", b"sdch", b"aes128gcm"])
    def test_a_coding_that_nobody_here_knows(self, coding: bytes) -> None:
        assert body_through((HTML, (b"content-encoding", coding)), Shout(), [].append) is None

    def test_two_fields_are_two_codings(self) -> None:
        coded = (b"content-encoding", b"gzip")
        assert body_through((HTML, coded, coded), Shout(), [].append) is None

    def test_trouble_is_told_once_at_the_end(self) -> None:
        troubles: list[str] = []
        body = self.body(b"gzip", troubles)
        list(body(gzip.compress(b"abc" * 100)[:-10]))
        assert troubles == []
        assert [bool(list(body(b""))) for _ in range(2)] == [True, False]
        assert troubles == ["truncated gzip"]

    @given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.sampled_from([b"", b"gzip"]))
    def test_however_it_is_cut(self, pieces: list[bytes], coding: bytes) -> None:
        page = b"".join(pieces)
        coded = gzip.compress(page) if coding else page
        body, cuts = self.body(coding), [len(piece) for piece in pieces]
        places = [0, *(min(sum(cuts[: n + 1]), len(coded)) for n in range(len(cuts))), len(coded)]
        chunks = [coded[start:end] for start, end in pairwise(places) if start < end]
        came = b"".join(octets for chunk in [*chunks, b""] for octets in body(chunk))
        assert (gzip.decompress(came) if coding else came) == (page.upper() + b"!" if coded else b"!")
