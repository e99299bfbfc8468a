"""Markup on its way through: every octet as it came, and the links that a browser sees, however the input is cut."""

import random
import re
import sysconfig
import time
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import lolhtml
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cookieproxy.cookieless.attributes import attributes_of
from cookieproxy.cookieless.markup import Edit, Markup
from cookieproxy.cookieless.texts import MOST_HELD

WANTED = (b"a", b"area", b"base", b"button", b"form", b"frame", b"iframe", b"input", b"meta")


class Spy:
    """Gathers the links, and puts a mark before each."""

    def __init__(self, mark: bytes = b"") -> None:
        self.links: list[bytes] = []
        self.tags: list[bytes] = []
        self._mark = mark

    def link(self, value: bytes) -> Iterable[tuple[int, bytes]]:
        self.links.append(value)
        return ((0, self._mark),)

    def tag(self, name: bytes, tag: bytes) -> Iterable[Edit]:
        self.tags.append(tag)
        href = attributes_of(tag).get(b"href")
        if name in (b"a", b"area") and href is not None and href.start >= 0:
            self.links.append(href.value)
            return (Edit(href.start, href.start, self._mark),)
        return ()

    def style(self) -> None:
        return None


def read(
    document: bytes, cuts: Iterable[int] = (), mark: bytes = b"", xml: bool = False, alone: bool = True
) -> tuple[bytes, Spy]:
    """What came out of a document cut at these places, and who saw it."""
    spy = Spy(mark)
    markup = Markup(spy, WANTED, alone, xml)
    places = [0, *cuts, len(document)]
    out = b"".join(markup.feed(document[start:end]) for start, end in pairwise(places))
    return out + markup.close(), spy


def links_of(document: bytes, xml: bool = False) -> list[bytes]:
    out, spy = read(document, xml=xml)
    assert out == document
    return spy.links


# -- rows --------------------------------------------------------------------------------------------------------------

SEEN = [
    # a document, and the links in it: those called y, and none called n
    b"<a href=y>",
    b"<A HREF='y'>",
    b'<area\nhref\t=\r"y"/>',
    b"<a/href=y>",
    b"<a href=y/>",
    b"<a b=c/href=n>",
    b"<a =href=n>",
    b"<a href=y href=n>",
    b"<a HREF=y href=n>",
    b'<a title="<a href=n>" href=y>',
    b"<a title='>' href=y>",
    b'<a title=" href=n>',
    b"<a href=y\"'`<=>",
    b'<a x=""href=y>',
    b"<p<a href=n>",
    b"<p <a href=n>",
    b"<p><a href=y",
    b"< a href=n>",
    b"<\0a href=n>",
    b"<a\0 href=n>",
    b"<ab href=n>",
    b"</a href=n>",
    b"<a hrefs=n>",
    b"<a href=>",
    b"<a href>",
    b"<a xlink:href=n>",
    b"<3<a href=y>",
    b"a<b&&b>c<a href=y>",
    b"<<a href=y>",
    b"<a<a href=n>",
    b"<!-- <a href=n> --><a href=y>",
    b"<!--><a href=y>",
    b"<!---><a href=y>",
    b"<!-- --!><a href=y>",
    b"<!-- -- > <a href=n>",
    b"<!--<!--><a href=y>",
    b"<!-- --- ><a href=n>",
    b"<!----><a href=y>",
    b"<!-- <!-- --> <a href=y> -->",
    b'<!-- " --><a href=y>',
    b"<!-<a href=n><a href=y>",
    b"<!a <a href=n><a href=y>",
    b'<!doctype html "<a href=n>"><a href=y>',
    b"<?php <a href=n> ?><a href=y>",
    b"</ <a href=n><a href=y>",
    b"</><a href=y>",
    b"<!><a href=y>",
    b"<?><a href=y>",
    b"<![CDATA[<a href=n>]]><a href=y>",
    b"<!--a",
    b"<script><a href=n></script><a href=y>",
    b"<script>'</script >'<a href=y>",
    b"<SCRIPT></scripts><a href=n></sCript/><a href=y>",
    b"<script><!-- <script> </script> <a href=n> --></script><a href=y>",
    b"<script><!--<script></script><a href=n></script><a href=y>",
    b"<script><!-- </script><a href=y>",
    b"<script><!--><script></script><a href=y>",
    b"<script><!---><script></script><a href=y>",
    b"<script><!--<scripts></script><a href=y>",
    b"<script>--><!--<script>--></script><a href=y>",
    b"<script/><a href=n>",
    b"<script",
    b"<style><a href=n></style><a href=y>",
    b"<style><!--</style><a href=y>-->",
    b"<style></styles><a href=n></style\n><a href=y>",
    b"<textarea><a href=n></textarea><a href=y>",
    b'<title><a href=n></title x="><a href=n>"><a href=y>',
    b"<xmp><a href=n></xmp><a href=y>",
    b"<iframe><a href=n></iframe><a href=y>",
    b"<noembed><a href=n></noembed><a href=y>",
    b"<noframes><a href=n></noframes><a href=y>",
    b"<textarea><script></textarea><a href=y>",
    b"<textarea><!--</textarea><a href=y>",
    b"<textarea></textare",
    b"<plaintext><a href=n></plaintext><a href=n>",
    b"<textarea/><a href=n></textarea>",
    b"<template><a href=y></template>",
    b"<title></title/><a href=y>",
    b"</textarea><a href=y>",
    b"<noscript><a href=y></noscript><a href=y>",
    b"<noscript><!-- </noscript><a href=y>--><a href=y>",
    b"<noscript><style></noscript><a href=y>",
    b"<noscript><p title='</noscript><a href=y>'>",
    b"<noscript><noscript><a href=y></noscript><a href=y>",
    b"<noscript></noscripts><a href=y></noscript>",
    b"<svg><a href=y></a><style><a href=y></style><title><a href=y></title></svg><style><a href=n></style>",
    b"<svg><![CDATA[<a href=n>]]><a href=y>",
    b"<svg/><title><a href=n></title>",
    b"<svg><script><a href=y></script></svg>",
    b"<svg><title><style><a href=n></style></title><style><a href=y>",
    b"<svg><foreignObject><textarea><a href=n></textarea></foreignObject><textarea><a href=y>",
    b"<svg><p><style><a href=n></style>",
    b"<math><mi><style><a href=n></style></mi><style><a href=y>",
    b"<math><annotation-xml><style><a href=y></style>",
    b"<math><annotation-xml encoding='text/html'><style><a href=n></style>",
    b"<math><![CDATA[<a href=n>]]></math><![CDATA[<a href=n>]]><a href=y>",
    b"<svg></p><style><a href=n></style>",
    b"<svg><font><style><a href=y></style>",
    b"<svg><font color=x><style><a href=n></style>",
    b"<svg><desc/><style><a href=y></style>",
    b"<svg><g/></svg><![CDATA[><a href=y>",
    b"<svg><!-- <a href=n> --><?x <a href=n>><a href=y>",
]


def meant(document: bytes) -> list[bytes]:
    """The links by their names: `y` stands in none that is text."""
    return [b"y"] * document.count(b"=y") + [b"y"] * len(re.findall(rb"""(?:=\s*["'])y["']""", document))


@pytest.mark.parametrize("document", SEEN)
def test_a_link_is_what_a_browser_takes_for_one(document: bytes) -> None:
    found = links_of(document)
    unfinished = [b"<p><a href=y", b"<noscript><p title='</noscript><a href=y>'>"]
    if document == unfinished[0]:
        assert found == []
    elif document == b"<a href=y\"'`<=>":
        assert found == [b"y\"'`<="]
    elif document == b"<a href=y/>":
        assert found == [b"y/"]
    else:
        assert [link for link in found if link] == meant(document)


@pytest.mark.parametrize("document", SEEN)
def test_where_a_row_is_cut_makes_no_difference(document: bytes) -> None:
    whole, spy = read(document, mark=b"|")
    assert whole.replace(b"|", b"") == document
    for step in (1, 2, 3, 7):
        again, other = read(document, range(step, len(document), step), b"|")
        assert (again, other.links, other.tags) == (whole, spy.links, spy.tags)
    for place in range(len(document)):
        assert read(document, (place,), b"|")[0] == whole


XML_ROWS = [
    (b"<title><a href='y'/></title>", 1), (b"<script><a href='y'/></script>", 1),
    (b"<script><![CDATA[<a href='n'/>]]></script><a href='y'/>", 1), (b"<!-- --!> <a href='n'/> --><a href='y'/>", 1),
    (b"<?x <a href='n'> ?><a href='y'/>", 1), (b"<![CDATA[<a href='n'>]]><a href='y'>", 1),
    (b"<!DOCTYPE html [<!ENTITY x '<a href=\"n\"/>'>]><a href='y'/>", 1), (b"<textarea/><a href='y'/>", 1),
    (b"<plaintext/><a href='y'/>", 1),
]  # fmt: skip


@pytest.mark.parametrize(("document", "count"), XML_ROWS)
def test_in_xhtml_only_cdata_and_comments_are_no_markup(document: bytes, count: int) -> None:
    assert links_of(document, xml=True) == [b"y"] * count
    whole, _ = read(document, mark=b"|", xml=True)
    for step in (1, 2, 5):
        assert read(document, range(step, len(document), step), b"|", xml=True)[0] == whole


def test_plain_links_and_tags_say_the_same() -> None:
    for document in SEEN:
        alone, together = read(document, mark=b"|")[1].links, read(document, mark=b"|", alone=False)[1].links
        assert [link for link in alone if link] == [link for link in together if link]


def test_attributes_are_the_first_of_their_names() -> None:
    found = attributes_of(b"<a x=1 X=2 y='3' z = \"4\" u v= w/k=5/>")
    assert {name: value.value for name, value in found.items()} == {
        b"x": b"1", b"y": b"3", b"z": b"4", b"u": b"", b"v": b"w/k=5/",
    }  # fmt: skip
    assert found[b"u"].start == -1


# -- real pages --------------------------------------------------------------------------------------------------------


def real_pages() -> list[Path]:
    """HTML that the packages and Python bring along, and odd pages of our own."""
    roots = (Path(__file__).parent / "corpus", Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("stdlib")))
    found = {
        path
        for root in roots
        for path in sorted(root.rglob("*.htm*"))
        if path.is_file() and path.stat().st_size < 150_000
    }
    documentation = sorted(Path("/usr/share/doc").glob("python3*/html/library/[a-h]*.html"))[:12]
    return [*sorted(found), *documentation]


def test_real_pages_are_the_same_for_every_chunking() -> None:
    pages = real_pages()
    assert len(pages) >= 5
    chance = random.Random(7)
    for path in pages:
        document = path.read_bytes()
        whole, spy = read(document, mark=b"|MARK|")
        assert whole.replace(b"|MARK|", b"") == document
        for size in (101, 16_384):
            cuts = sorted(chance.sample(range(len(document)), min(len(document) - 1, max(len(document) // size, 3))))
            again, other = read(document, cuts, b"|MARK|")
            assert again == whole, path
            assert (other.links, other.tags) == (spy.links, spy.tags)


def test_lol_html_finds_the_same_links_in_real_pages() -> None:
    compared = 0
    for path in real_pages():
        document = path.read_bytes()
        theirs = lol_links(document)
        if theirs is not None and b"<noscript" not in document:
            assert decodable(links_of(document)) == theirs, path
            compared += len(theirs)
    assert compared > 20


# -- malformed ones ----------------------------------------------------------------------------------------------------

PIECES = [
    b"<a href=%d>", b'<A HREF="%d">', b"<area href='%d'/>", b'<a title=">" href=%d x>', b"<a href=%d",
    b"<a b=c/href=%d>", b"<!--", b"-->", b"--!>", b"<!-->", b"<!--->", b"<!-", b"<!", b"<?", b">", b"<", b"</", b'"',
    b"'", b" ", b"=", b"/", b"x", b"<script>", b"</script>", b"</script", b"<style>", b"</style>", b"<textarea>",
    b"</textarea >", b"<title>", b"</title/>", b"<xmp>", b"</xmp>", b"<iframe>", b"</iframe>", b"<noembed>",
    b"</noembed>", b"<noframes>", b"</noframes>", b"<plaintext>", b"<p>", b"</p>", b"<div>", b"<br>", b"</br>",
    b"<![CDATA[", b"]]>", b"<select>", b"</select>", b"<option>", b"<template>", b"</template>", b"<table>", b"<tr>",
    b"<!doctype html>", b"<![cdata[", b"<script><!--<script>", b"<body>", b"<html>", b"<head>", b"\0", b"<svg>",
    b"</svg>", b"<g>", b"<g/>", b"<font>", b"<font color=x>", b"\xe9",
]  # fmt: skip
FOREIGN = [
    b"<math>", b"</math>", b"<desc>", b"</desc>", b"<foreignObject>", b"</foreignObject>", b"<mi>", b"</mi>",
    b"<mtext>", b"<annotation-xml>", b"<annotation-xml encoding=text/html>", b"<svg/>", b"<math/>", b"<noscript>",
    b"</noscript>",
]  # fmt: skip


def numbered(pieces: list[bytes]) -> bytes:
    return b"".join(piece.replace(b"%d", b"%d" % number) for number, piece in enumerate(pieces))


comparable = st.lists(st.sampled_from(PIECES), max_size=14).map(numbered)
malformed = st.lists(st.sampled_from(PIECES + FOREIGN), max_size=14).map(numbered)

EXCEPTIONS = [
    (rb"<noscript", "its markup is read on purpose: browsers without scripts show it"),
    (rb"<(?:svg|math)\b[^>]*/>", "an svg or math that closes itself is closed (13.2.6.5); lol-html waits for its end"),
    (rb"(?s)<(?:svg|math)>.*<(?:svg|math)>", "a breakout tag leaves all svg and math around it; lol-html leaves one"),
    (
        rb"(?s)<(?:mi|mo|mn|ms|mtext|desc|foreignobject|title|annotation-xml)\b.*<(?:svg|math)|<(?:svg|math)\b.*<(?:mi|mo|mn|ms|mtext|desc|foreignobject"
        rb"|annotation-xml)\b",
        "HTML within SVG and MathML: raw text elements there are text; lol-html mixes up whose content is what",
    ),
]
"""Documents on which lol-html is not asked, and why; those on which it gives up (a script in a select) are left out by itself."""


class Handler:
    """What lol-html calls; its elements must not outlive the call."""

    def __init__(self) -> None:
        self.links: list[bytes] = []

    def element(self, element: lolhtml.Element) -> None:
        value = element.get_attribute("href")
        if value is not None:
            self.links.append(value.encode())


def lol_links(document: bytes) -> list[bytes] | None:
    """The links that lol-html finds; None if it says that it cannot."""
    handler = Handler()
    rewriter = lolhtml.HTMLRewriter(lambda octets: None)
    rewriter.on("a, area", handler)
    try:
        rewriter.write(document)
        rewriter.end()
    except RuntimeError:
        return None
    return handler.links


def decodable(links: list[bytes]) -> list[bytes]:
    """The links as lol-html tells them."""
    return [link.decode("utf-8", "replace").encode() for link in links]


def is_exception(document: bytes) -> bool:
    return any(re.search(pattern, document, re.IGNORECASE) for pattern, _ in EXCEPTIONS)


@settings(max_examples=500, deadline=None)
@given(comparable)
@example(b"<svg><title><style><a href=1></style></title><style><a href=2>")
def test_lol_html_takes_the_same_for_links(document: bytes) -> None:
    theirs = lol_links(document)
    if theirs is not None and not is_exception(document):
        assert decodable(links_of(document)) == theirs


@pytest.mark.parametrize("document", [row for row in SEEN if not is_exception(row) and b"\xff" not in row])
def test_lol_html_agrees_on_the_rows(document: bytes) -> None:
    theirs = lol_links(document)
    assert theirs is None or [link for link in links_of(document) if link] == [link for link in theirs if link]


@settings(max_examples=150, deadline=None)
@given(malformed, st.lists(st.integers(0, 30), max_size=30), st.booleans())
def test_chunking_never_changes_a_page(document: bytes, sizes: list[int], xml: bool) -> None:
    whole, spy = read(document, mark=b"|MARK|", xml=xml)
    assert whole.replace(b"|MARK|", b"") == document
    cuts, place = [], 0
    for size in sizes:
        place = min(place + size, len(document))
        cuts.append(place)
    for chosen in (cuts, range(1, len(document))):
        again, other = read(document, chosen, b"|MARK|", xml=xml)
        assert (again, other.links, other.tags) == (whole, spy.links, spy.tags)


@settings(deadline=None)
@given(malformed, st.integers(0, 60))
def test_at_rest_it_has_given_everything_away(document: bytes, place: int) -> None:
    markup = Markup(Spy(), WANTED)
    out = markup.feed(document[:place])
    if markup.is_at_rest:
        assert out == document[:place]


# -- what is long ------------------------------------------------------------------------------------------------------

LONG = b"x" * 100_000
LONG_ROWS = [
    b'<img src="data:' + LONG + b'"><a href=y>', b"<img src='data:\">" + LONG + b"<a href=n>'><a href=y>",
    b"<img src=" + LONG + b"><a href=y>", b"<img src=a" + LONG + b'"\' b="<a href=n>"><a href=y>',
    b"<img " + LONG + b"='<a href=n>'><a href=y>", b"<img " + b"a=1 " * 30_000 + b"><a href=y>",
    b'<a title="' + LONG + b'" href=maybe><a href=y>',
    b"<textarea title='" + LONG + b"'><a href=n></textarea><a href=y>",
    b'<script x="' + LONG + b'"><a href=n></script><a href=y>', b"<svg x='" + LONG + b"'><style><a href=y></style>",
    b"<svg x='" + LONG + b"'/><style><a href=n>", b"</p x='>" + LONG + b"<a href=n>'><a href=y>",
    b"<!" + LONG + b"><a href=y>", b"<?" + LONG + b"><a href=y>", b"</" + LONG + b"><a href=y>",
    b"<!--" + LONG * 10 + b"<a href=n>--><a href=y>", b"<textarea>" + LONG + b"</textarea><a href=y>",
    b"<p" + LONG + b"><a href=y>", b"<p" + LONG + b" x='><a href=n>'><a href=y>",
    b"<svg><![CDATA[" + LONG + b"]]><a href=y>", LONG + b"<a href=y>", b'<p "' + LONG + b'"><a href=y>',
    b"<a href=" + LONG + b">", b"<!doctype x '" + LONG + b"<a href=n>",
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(LONG_ROWS)))
@pytest.mark.parametrize("size", [1_000, 16_384, 1_000_000])
def test_what_is_too_long_to_wait_for_passes(row: int, size: int) -> None:
    document = LONG_ROWS[row]
    spy = Spy()
    markup = Markup(spy, WANTED)
    given_, got = 0, bytearray()
    for place in range(0, len(document), size):
        chunk = document[place : place + size]
        got += markup.feed(chunk)
        given_ += len(chunk)
        assert given_ - len(got) <= MOST_HELD + size
    got += markup.close()
    assert bytes(got) == document
    found = [link for link in spy.links if len(link) < 100 and link != b"maybe"]  # seen if it comes in one piece
    if LONG[:10] + b">" in document and document.startswith(b"<a href=x"):
        assert found == []
    else:
        assert found == [b"y"] * document.count(b"href=y")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [b"<p ", b"x", b'"', b"'", b"=", b">", b"<a href=1>", b" ", b"/", LONG[:70_000], b"<textarea "]
        ),
        max_size=10,
    ),
    st.integers(9, 80_000),
)
def test_long_and_malformed_ones_stay_the_same(pieces: list[bytes], size: int) -> None:
    document = b"".join(pieces)
    assert read(document, range(size, len(document), size))[0] == document


TRAPS = {
    "open tags": b"<a ", "open comments": b"<!--", "comment ends": b"<!-- --!", "quotes": b'<a "', "less-thans": b"<",
    "bang": b"<!", "attributes": b"<a x=y ", "scripts in scripts": b"<script><!--<script>", "svg": b"<svg>",
    "svg ends": b"</desc>", "svg and html": b"<svg><desc>", "noscript": b"<noscript>",
    "noscript ends": b"<noscript></noscript", "equals": b"<a =", "slashes": b"<a/", "titles": b"<title></title",
    "cdata": b"<svg><![CDATA[", "amps": b"<p a=&", "empty links": b"<a href>", "spaces": b"<a                      ",
    "names": b"<a href", "area": b"<area href='", "long ends": b"</a b='", "processing": b"<?",
    "math": b"<math><mi></math>", "policies": b"<a referrerpolicy=x href=y>",
}  # fmt: skip


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_no_trap_takes_more_than_linear_time(trap: bytes) -> None:
    def seconds(size: int) -> float:
        document = (trap * (size // len(trap) + 1))[:size]
        taken = []
        for _ in range(2):
            begun = time.process_time()
            assert read(document, range(4_096, size, 4_096))[0] == document
            taken.append(time.process_time() - begun)
        return min(taken)

    short, long = seconds(30_000), seconds(240_000)
    assert long < 40 * short + 0.1  # eight times the octets: quadratic would be sixty-four


def test_end_tags_deep_in_svg_cost_no_search() -> None:
    deep = b"<svg><foreignObject><svg><desc>" + b"<svg>" * 500
    begun = time.process_time()
    flat = b"<svg>" + b"</foreignobject>" * 10_000
    assert read(flat)[0] == flat
    first = time.process_time() - begun
    begun = time.process_time()
    nested = deep + b"</foreignobject>" * 10_000
    assert read(nested)[0] == nested
    assert time.process_time() - begun < 5 * first + 0.05
