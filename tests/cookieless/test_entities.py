"""Character references: what they say, where they stand, and how to write what must not be misread."""

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.cookieless.entities import decode, escape

ROWS = [
    (b"", b""), (b"x", b"x"), (b"&amp;", b"&"), (b"&AMP;", b"&"), (b"&ampx", b"&ampx"), (b"&amp=", b"&amp="),
    (b"&amp", b"&"), (b"&amp ", b"& "), (b"?a&copy=2", b"?a&copy=2"), (b"?a&copy;=2", "?a©=2".encode()),
    (b"&copy2", b"&copy2"), (b"&copy-", "©-".encode()), (b"&notin;", "∉".encode()), (b"&notit;", b"&notit;"),
    (b"&not-it", "¬-it".encode()), (b"&#47;", b"/"), (b"&#x2F", b"/"), (b"&#X2fg", b"/g"), (b"&#47x", b"/x"),
    (b"&#;", b"&#;"), (b"&#x;", b"&#x;"), (b"&#128;", "€".encode()), (b"&#0;", "\ufffd".encode()),
    (b"&#xD800;", "\ufffd".encode()), (b"&#99999999999;", "\ufffd".encode()), (b"&nosuch;", b"&nosuch;"),
    (b"&;&&", b"&;&&"), (b"&Tab;&NewLine;", b"\t\n"), (b"&fjlig;", b"fj"), (b"&apos;", b"'"),
    (b"\xff&lt;\x80", b"\xff<\x80"), (b"&amp;amp;", b"&amp;"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text"), ROWS)
def test_what_an_attribute_says(source: bytes, text: bytes) -> None:
    assert decode(source).text == text


XML_ROWS = [
    (b"&amp;&lt;&quot;&apos;&gt;", b"&<\"'>"),
    (b"&copy;", b"&copy;"),
    (b"&amp", b"&amp"),
    (b"&#47;", b"/"),
    (b"&#x2f", b"&#x2f"),
]


@pytest.mark.parametrize(("source", "text"), XML_ROWS)
def test_xml_knows_five_names(source: bytes, text: bytes) -> None:
    assert decode(source, xml=True).text == text


def test_each_octet_knows_where_it_comes_from() -> None:
    assert decode(b"a&amp;b&copy;c").places == (0, 1, 6, 7, 7, 13, 14)
    assert decode(b"ab").places == (0, 1, 2)


PIECES = [
    "&", "#", "x", "amp", "amp;", "copy", "lt;", ";", "=", "47", "2F", "not", "in;", " ", "é", "<", "&#", "&#x", "quot",
    "A", "0", "/",
]  # fmt: skip
sources = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)


@settings(deadline=None)
@given(sources)
def test_with_all_semicolons_it_is_what_python_says(source: str) -> None:
    whole = source.replace("&", " &").replace("=", " ")
    decoded = decode(whole.encode()).text.decode()
    assert decoded == html.unescape(whole) or any(name in whole for name in ("&amp", "&copy", "&lt", "&not", "&quot"))


@settings(deadline=None)
@given(sources, st.booleans())
def test_places_lead_back(source: str, xml: bool) -> None:
    octets = source.encode()
    text, places = decode(octets, xml)
    assert len(places) == len(text) + 1
    assert places[-1] == len(octets)
    assert list(places) == sorted(places)
    for octet, place in zip(text, places, strict=False):
        assert octets[place] == octet or octets[place : place + 1] == b"&"


@settings(deadline=None)
@given(st.binary(max_size=30), st.booleans())
def test_what_is_escaped_says_the_same_and_ends_no_attribute(text: bytes, xml: bool) -> None:
    written = escape(text)
    assert decode(written, xml).text == text
    assert not set(written) & set(b"\"'<>` ")
