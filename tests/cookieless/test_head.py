"""The beginning of a page: where a script fits, and which charset a browser finds there."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.cookieless.head import MOST_WAITED, SNIFFED, first_place, is_document, marked_charset, sniffed_charset

UNCLEAR = [
    b"", b" ", b"<", b"<!", b"<!-", b"<!--x", b"<!--x--", b"<!doctype html", b"<!doctype html>", b"<h", b"<ht",
    b"<html", b"<html ", b"<html a='>", b"<html>", b"<he", b"<head", b"<head a=", b"<?xml", b"\xef\xbb\xbf",
    b"<html><!-- -->\n<HEAD\n", b"<p", b"<heading", b"<htmlx", b"<!doctype html><tit",
]  # fmt: skip


@pytest.mark.parametrize("start", UNCLEAR)
def test_the_place_is_unclear_until_more_has_come(start: bytes) -> None:
    assert first_place(start, is_all=False) is None
    assert first_place(start, is_all=True) is not None


@pytest.mark.parametrize(
    "start", [b"x", b"<p>", b"<hr>", b"<heading ", b"<htmlx>", b"</head", b"<!doctype html><p>", b"<p x", b"<3"]
)
def test_other_markup_makes_it_clear(start: bytes) -> None:
    place = first_place(start, is_all=False)
    assert place is not None
    assert place.fits
    assert not place.in_head


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b"<!doctype html>x", True),
        (b"\xef\xbb\xbf\r\n<!-- <p> --><HTML lang=en>", True),
        (b"<?xml version='1.0'?><html>", True),
        (b"<title>t</title>", True),
        (b"<meta charset=utf-8>", True),
        (b"alice", False),
        (b"", False),
        (b"<p>text <html>", False),
        (b"<!-- <html> --><li>", False),
        (b"<headline>", False),
        (b'{"html": "<html>"}', False),
    ],
)
def test_documents_are_told_from_pieces(start: bytes, expected: bool) -> None:
    assert is_document(start) is expected


def test_after_so_much_nothing_fits() -> None:
    place = first_place(b"<!--" + b"x" * MOST_WAITED, is_all=False)
    assert place is not None
    assert not place.fits


CHARSETS = [
    (b"<meta charset=utf-8>", "utf-8"), (b"<meta charset = ' Shift_JIS '>", "Shift_JIS"),
    (b"<META/CHARSET=big5/>", None), (b"<meta/charset=big5>", "big5"),
    (b"<meta content='text/html;charset=koi8-r' http-equiv=content-type>", "koi8-r"),
    (b"<meta http-equiv=Content-Type content=\"text/html; charset = 'gbk';x\">", "gbk"),
    (b"<meta http-equiv=refresh content='0;charset=gbk'>", None), (b"<meta content='charset=gbk'>", None),
    (b"<meta name=x charset=gbk>", "gbk"), (b"<!--<meta charset=gbk>--><meta charset=utf-8>", "utf-8"),
    (b"<!--><meta charset=gbk>", "gbk"), (b"<!-- x", None), (b"<a title='<meta charset=gbk>'>", None),
    (b"<script><meta charset=gbk>", "gbk"), (b"<?<meta charset=gbk>", None), (b"<meta charset=gbk", None),
    (b"<metax charset=gbk>", None), (b"<meta charset=x-no-such><meta charset=gbk>", "gbk"),
    (b"<meta charset=UTF-16LE>", "utf-8"), (b"<meta charset>", None), (b"<meta charset=gbk charset=utf-8>", "gbk"),
    (b"a < b <meta charset=gbk>", "gbk"), (b"<meta http-equiv=content-type content='charset'>", None),
]  # fmt: skip


@pytest.mark.parametrize(("start", "expected"), CHARSETS)
def test_a_browser_looks_for_meta_before_it_reads(start: bytes, expected: str | None) -> None:
    assert sniffed_charset(start) == expected


def test_it_does_not_look_further_than_that() -> None:
    tag = b"<meta charset=gbk>"
    assert sniffed_charset(b" " * (SNIFFED - len(tag)) + tag) == "gbk"
    assert sniffed_charset(b" " * (SNIFFED - len(tag) + 1) + tag) is None


def test_byte_order_marks() -> None:
    assert [
        marked_charset(start)
        for start in (b"\xef\xbb\xbfx", b"\xfe\xff", b"\xff\xfe", b"<\0!\0", b"\0<\0!", b"<!", b"")
    ] == [
        "utf-8",
        "utf-16be",
        "utf-16le",
        "utf-16le",
        "utf-16be",
        None,
        None,
    ]


@pytest.mark.parametrize(
    "trap", [b"<!--", b"<!-- -->", b"<meta ", b"<meta a='", b"<", b"<html ", b"<!", b"<meta charset=x>", b"</", b"<a b"]
)
def test_no_beginning_takes_long(trap: bytes) -> None:
    start = (trap * MOST_WAITED)[:MOST_WAITED]
    begun = time.process_time()
    first_place(start, is_all=False)
    sniffed_charset(start)
    assert time.process_time() - begun < 0.5  # quadratic would be minutes


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([b"<!--", b"-->", b"<html>", b"<head>", b"<!doctype x>", b" ", b"x", b"<", b"<h", b"'"]),
        max_size=10,
    ).map(b"".join),
    st.data(),
)
def test_a_place_once_clear_does_not_move(start: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(start)))
    early = first_place(start[:cut], is_all=False)
    if early is not None:
        assert first_place(start, is_all=False) == early
