"""Pages with the id in their links and forms, and everything else as it was."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.cookieless.carriers import Carrier
from cookieproxy.cookieless.entry import CarrierKind, Place
from cookieproxy.cookieless.pages import DEFAULT_REWRITES, Injection, Page, rewrites_of
from cookieproxy.cookieless.urls import Links

ID = "abcdefghijklmnopqrstuvwx"
PATH, QUERY, MATRIX = (Carrier(kind, "sid") for kind in CarrierKind)
PAGE = "http://shop.example/a/b?q=1"
FIELD = '<input type="hidden" name="sid" value="{id}">'
SCRIPT = b"<script>1</script>"


def is_home(place: Place) -> bool:
    return place.host == "shop.example"


def page(
    carrier: Carrier = QUERY,
    carries: bool = False,
    additions: tuple[tuple[str, str], ...] = (),
    script: bool = False,
    has_charset: bool = True,
    xml: bool = False,
    rewrites: Iterable[tuple[bytes, bytes]] | None = None,
) -> Page:
    links = Links(carrier, ID, is_home, PAGE, carries, additions, xml=xml)
    injection = Injection(SCRIPT, lambda policy: policy + b"; connect-src 'self' \"x\"") if script else None
    table = DEFAULT_REWRITES if rewrites is None else rewrites_of(rewrites, with_default=False)
    return Page(links, table, injection, has_charset)


def through(made: Page, document: bytes, cuts: Iterable[int] = ()) -> bytes:
    places = [0, *cuts, len(document)]
    return b"".join(made.feed(document[start:end]) for start, end in pairwise(places)) + made.close()


def filled(text: str) -> str:
    return text.replace("{F}", FIELD).replace("{S}", "/(S({id}))").replace("{id}", ID)


# -- links and forms ---------------------------------------------------------------------------------------------------

ROWS = [
    # carrier, whether the page's address has the id, the page, what becomes of it
    (PATH, False, "<a href='/x'>x</a><a href=y>", "<a href='{S}/x'>x</a><a href={S}/a/y>"),
    (PATH, True, "<a href='/x'>x</a><a href=y>", "<a href='{S}/x'>x</a><a href=y>"),
    (QUERY, True, '<a href="?a&amp;b">', '<a href="?a&amp;b&amp;sid={id}">'),
    (MATRIX, True, '<a href="?a">', '<a href="?a">'),
    (MATRIX, True, '<a href="">', '<a href="">'),
    (
        QUERY,
        False,
        "<img src=/x><link href=/x><script src=/x></script>",
        "<img src=/x><link href=/x><script src=/x></script>",
    ),
    (
        QUERY,
        False,
        "<area href=/x><iframe src=/x></iframe><frame src=/x>",
        "<area href=/x?sid={id}><iframe src=/x?sid={id}></iframe><frame src=/x?sid={id}>",
    ),
    (QUERY, False, "<svg><a xlink:href='/x'></a></svg>", "<svg><a xlink:href='/x?sid={id}'></a></svg>"),
    (QUERY, False, "<a href=/x referrerpolicy=unsafe-url>", "<a href=/x?sid={id} referrerpolicy=same-origin>"),
    (
        QUERY,
        False,
        "<a href=//evil.example/ referrerpolicy='Unsafe&#45;URL'>",
        "<a href=//evil.example/ referrerpolicy='same-origin'>",
    ),
    (
        QUERY,
        False,
        "<iframe src=//evil.example/ referrerpolicy=origin>",
        "<iframe src=//evil.example/ referrerpolicy=origin>",
    ),
    # forms
    (QUERY, False, "<form>", "<form>{F}"),
    (QUERY, True, "<form>", "<form>{F}"),
    (QUERY, False, "<form action=/x>", "<form action=/x>{F}"),
    (QUERY, False, "<form action=/x method=POST>", "<form action=/x?sid={id} method=POST>{F}"),
    (QUERY, False, "<form action=/x method=' post'>", "<form action=/x method=' post'>{F}"),
    (QUERY, False, "<form action=/x method='p&#111;st'>", "<form action=/x?sid={id} method='p&#111;st'>{F}"),
    (QUERY, False, "<form action=//evil.example/>", "<form action=//evil.example/>"),
    (QUERY, False, "<form action=mailto:x@shop.example>", "<form action=mailto:x@shop.example>"),
    (QUERY, False, "<form method=dialog>", "<form method=dialog>"),
    (
        QUERY,
        False,
        "<button formaction=/x><input formaction=/y>",
        "<button formaction=/x?sid={id}><input formaction=/y?sid={id}>",
    ),
    (QUERY, False, "<button formaction=//evil.example/x>", "<button formaction=//evil.example/x>"),
    (PATH, False, "<form>", "<form>{F}"),
    (PATH, True, "<form>", "<form>"),
    (PATH, False, "<form action>", "<form action>{F}"),
    (PATH, False, "<form action='#top' method=post>", "<form action='#top' method=post>{F}"),
    (PATH, True, "<form action='#top' method=post>", "<form action='#top' method=post>"),
    (PATH, False, "<form action=/x>", "<form action={S}/x>"),
    (PATH, True, "<form action=x method=post>", "<form action=x method=post>"),
    (PATH, False, "<button formaction=/x>", "<button formaction={S}/x>"),
    (MATRIX, False, "<form action=/x?y>", "<form action=/x;sid={id}?y>"),
    (MATRIX, False, "<form action='#' method=post>", "<form action='#' method=post>{F}"),
    # base
    (QUERY, False, "<base href=/c/d><a href=''><a href=y>", "<base href=/c/d><a href='?sid={id}'><a href=y?sid={id}>"),
    (QUERY, True, "<base href=//evil.example/><a href=y><form>", "<base href=//evil.example/><a href=y><form>{F}"),
    (
        QUERY,
        False,
        "<base target=x><base href=/c/><base href=//evil.example><a href=y>",
        "<base target=x><base href=/c/><base href=//evil.example><a href=y?sid={id}>",
    ),
    (
        QUERY,
        False,
        "<base href=javascript:x><base href=//evil.example><a href=y>",
        "<base href=javascript:x><base href=//evil.example><a href=y?sid={id}>",
    ),
    (PATH, False, "<base href=/c/><a href=y><a href=/z>", "<base href={S}/c/><a href=y><a href={S}/z>"),
    (PATH, True, "<base href=c/><a href=y>", "<base href=c/><a href=y>"),
    (PATH, True, "<base href='&#47;c/'><a href=y>", "<base href='{S}&#47;c/'><a href=y>"),
    (
        PATH,
        True,
        "<base href='\x01//evil.example/'><a href=y><a href=http://shop.example/>",
        "<base href='\x01//evil.example/'><a href=y><a href=http://shop.example{S}/>",
    ),
    (PATH, False, "<base href=''><a href=y>", "<base href='{S}/a/b?q=1'><a href=y>"),
    (PATH, False, "<base href><a href=y>", "<base href><a href={S}/a/y>"),
    (
        PATH,
        True,
        "<base href=//evil.example/><form action='#'><form>",
        "<base href=//evil.example/><form action='#'><form>",
    ),
    # refresh
    (
        QUERY,
        False,
        "<meta http-equiv=Refresh content='5; URL=/x'>",
        "<meta http-equiv=Refresh content='5; URL=/x?sid={id}'>",
    ),
    (
        QUERY,
        False,
        "<meta http-equiv=refresh content='0;url=&#39;/x&#39;y'>",
        "<meta http-equiv=refresh content='0;url=&#39;/x?sid={id}&#39;y'>",
    ),
    (
        QUERY,
        False,
        "<meta http-equiv=refresh content='0&#59;url&equals;/x'>",
        "<meta http-equiv=refresh content='0&#59;url&equals;/x?sid={id}'>",
    ),
    (
        QUERY,
        False,
        "<meta http-equiv=refresh content=5>",
        "<meta http-equiv=refresh content=5;url=http://shop.example/a/b?q=1&amp;sid={id}>",
    ),
    (
        QUERY,
        False,
        "<meta http-equiv=refresh content='5; '>",
        "<meta http-equiv=refresh content='5; url=http://shop.example/a/b?q=1&amp;sid={id}'>",
    ),
    (
        PATH,
        False,
        "<base href=//evil.example/><meta http-equiv=refresh content='5;url='>",
        "<base href=//evil.example/><meta http-equiv=refresh content='5;url=http://shop.example{S}/a/b?q=1'>",
    ),
    (QUERY, True, "<meta http-equiv=refresh content=5>", "<meta http-equiv=refresh content=5>"),
    (QUERY, False, "<meta http-equiv=refresh content=';url=/x'>", "<meta http-equiv=refresh content=';url=/x'>"),
    (QUERY, False, "<meta http-equiv=refresh content=''>", "<meta http-equiv=refresh content=''>"),
    (
        QUERY,
        False,
        "<meta http-equiv=refresh content='1;//evil.example'>",
        "<meta http-equiv=refresh content='1;//evil.example'>",
    ),
    # referrers
    (QUERY, False, "<meta name=Referrer content=always>", "<meta name=Referrer content=same-origin>"),
    (QUERY, False, "<meta name=referrer content=origin>", "<meta name=referrer content=origin>"),
    # styles
    (
        PATH,
        False,
        "<style>a{b:url(/x)}</style><a style='b:url(/x)'>",
        "<style>a{b:url(/\\(S\\({id}\\)\\)/x)}</style><a style='b:url(/x)'>",
    ),
    (
        PATH,
        True,
        "<noscript><style>@import '/x'</noscript><a href=/y>",
        "<noscript><style>@import '{S}/x'</noscript><a href={S}/y>",
    ),
    (PATH, True, "<style>url(/x", "<style>url(/\\(S\\({id}\\)\\)/x"),
    (
        PATH,
        True,
        "<textarea>url(/x)</textarea><script>url(/x)</script>",
        "<textarea>url(/x)</textarea><script>url(/x)</script>",
    ),
    (QUERY, False, "<style>a{b:url(/x)}</style>", "<style>a{b:url(/x)}</style>"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0].kind} {row[1]} {row[2]}"[:80])
def test_what_becomes_of_a_page(row: tuple[Carrier, bool, str, str]) -> None:
    carrier, carries, document, expected = row
    assert through(page(carrier, carries), document.encode()).decode() == filled(expected)
    assert through(page(carrier, carries), document.encode(), range(1, len(document))).decode() == filled(expected)


def test_an_action_without_id_has_a_field_for_it() -> None:
    for carrier in (PATH, MATRIX):
        made = through(page(carrier), b"<base href=/c/><form action='#f'>").decode()
        assert (FIELD.replace("{id}", ID) in made) is (carrier is MATRIX)  # in the path the base carries it


def test_other_pairs_are_in_links_and_fields() -> None:
    pairs = (("lang", 'd"e'), ("v", "é&"))
    document = b"<a href=/x?v=1><form action=/x><form action=/y method=post>"
    assert through(page(QUERY, additions=pairs), document).decode() == filled(
        "<a href=/x?v=1&amp;lang=d%22e&amp;sid={id}><form action=/x>{F}{P}<form action=/y?sid={id} method=post>{F}{P}"
    ).replace(
        "{P}", '<input type="hidden" name="lang" value="d&quot;e"><input type="hidden" name="v" value="&#233;&amp;">'
    )


def test_xhtml_has_fields_that_are_closed_and_none_in_empty_forms() -> None:
    document = b"<form action='/x'></form><form action='/y'/><style>url(/z)</style>"
    assert through(page(QUERY, xml=True), document).decode() == filled(
        "<form action='/x'>{F}</form><form action='/y'/><style>url(/z)</style>"
    ).replace('">', '" />')


def test_only_what_is_asked_for_is_rewritten() -> None:
    document = b"<a href=/x><img src=/x><form action=/x><base href=/c/><img src=x>"
    made = through(page(QUERY, rewrites=[(b"img", b"src")]), document).decode()
    assert made == filled("<a href=/x><img src=/x?sid={id}><form action=/x><base href=/c/><img src=x?sid={id}>")
    leaking = b"<a href=//evil.example referrerpolicy=unsafe-url>"
    assert b"same-origin" in through(page(QUERY, rewrites=[(b"img", b"src")]), leaking)


def test_a_policy_in_the_page_lets_the_script_work() -> None:
    document = b'<head><meta http-equiv=content-security-policy content="default-src &#39;self&#39;">'
    assert through(page(script=True), document).decode() == (
        '<head><script>1</script><meta http-equiv=content-security-policy content="default-src &#39;self&#39;;'
        ' connect-src &#39;self&#39; &#34;x&#34;">'
    )
    bare = through(page(script=True), b"<head><meta http-equiv=content-security-policy content=default-src>")
    assert bare.endswith(b'content="default-src; connect-src &#39;self&#39; &#34;x&#34;">')
    assert through(page(), document) == document


# -- where the script goes ---------------------------------------------------------------------------------------------

PLACES = [
    "<!DOCTYPE html>\n<html lang=en>\n<head>|<title>x</title>", "<head x='>'>|", "<HEAD\n>|<base href=/>",
    "<!-- <head> --><head>|", "<!--><head>|", "\ufeff<!doctype html><head>|",
    "<?xml version='1.0'?><!DOCTYPE html><html><head>|", "<!DOCTYPE html><html>|<body>x", "<!doctype html>|x", "|<p>",
    "<html>|<frameset><frame></frameset>", " \n|x", "|<header>x</header>", "<html>|<headx>", "|<title>x</title>",
    "<!-- x --!><head>|", "|</head>",
]  # fmt: skip


@pytest.mark.parametrize("row", PLACES)
def test_the_script_goes_first_and_not_before_the_doctype(row: str) -> None:
    document = row.replace("|", "").encode()
    expected = row.replace("|", SCRIPT.decode()).encode()
    assert through(page(script=True), document) == expected
    assert through(page(script=True), document, range(1, len(document))) == expected


def test_an_empty_page_has_no_script_and_an_xml_page_only_in_its_head() -> None:
    assert through(page(script=True), b"") == b""
    assert through(page(script=True), b" \n") == b" \n"
    assert through(page(script=True, xml=True), b"<html><head/></html>").count(b"<script") <= 1
    assert through(page(script=True, xml=True), b"<html><body/></html>") == b"<html><body/></html>"
    assert (
        through(page(script=True, xml=True), b"<html><head></head></html>")
        == b"<html><head>" + SCRIPT + b"</head></html>"
    )


def test_a_beginning_without_end_is_waited_for_only_so_long() -> None:
    made = page(script=True)
    out = b"".join(made.feed(b"<!--" + b"x" * 4_092) for _ in range(20))
    assert len(out) > 4_096
    assert out + made.close() == (b"<!--" + b"x" * 4_092) * 20


# -- charsets ----------------------------------------------------------------------------------------------------------


def test_the_charset_is_kept_within_sight() -> None:
    document = b"<html><head><title>x</title><meta charset='shift_jis'><a href=/x>"
    assert through(page(script=True, has_charset=False), document).decode() == filled(
        "<html><head><meta charset=\"shift_jis\"><script>1</script><title>x</title><meta charset='shift_jis'><a href=/x?sid={id}>"
    )
    assert b'<meta charset="' not in through(page(script=True), document)


UNREADABLE = [
    "\ufeff<a href=/x>".encode("utf-16-le"), "\ufeff<a href=/x>".encode("utf-16-be"), b"\xff\xfe<a href=/x>",
    "<a href=/x>".encode("utf-16-le"), b"<meta charset=iso-2022-jp><a href=/x>",
    b"<META content='text/html; charset=\"ISO-2022-JP\"' http-equiv=Content-Type><a href=/x>",
    b"<!-- <meta charset=utf-8> --><meta charset=hz-gb-2312><a href=/x>",
    b"<meta charset=foo><meta charset=iso-2022-jp><a href=/x>",
    b"<title x='<meta charset=utf-8>'></title><meta\ncharset=iso-2022-kr /><a href=/x>",
]  # fmt: skip


@pytest.mark.parametrize("document", UNREADABLE)
@pytest.mark.parametrize("script", [False, True])
def test_a_page_in_which_markup_cannot_be_seen_passes(document: bytes, script: bool) -> None:
    for rest in (b"", b"<a href=/x>" * 500):
        whole = document + rest
        assert through(page(script=script, has_charset=False), whole) == whole
        assert through(page(script=script, has_charset=False), whole, range(1, len(whole), 7)) == whole


READABLE = [
    b"\xef\xbb\xbf<meta charset=iso-2022-jp><a href=/x>", b"<meta charset=utf-16><a href=/x>",
    b"<!-- <meta charset=iso-2022-jp> --><a href=/x>", b"<meta charset=utf-8><meta charset=iso-2022-jp><a href=/x>",
    b"<meta name=x content='charset=iso-2022-jp'><a href=/x>", b"<p title='<meta charset=iso-2022-jp>'><a href=/x>",
    b" " * 1_024 + b"<meta charset=iso-2022-jp><a href=/x>", b"<metacharset=iso-2022-jp><a href=/x>",
    b"</meta charset=iso-2022-jp><a href=/x>", b"<a href=/x>",
]  # fmt: skip


@pytest.mark.parametrize("document", READABLE)
def test_a_page_that_only_looks_like_it_is_rewritten(document: bytes) -> None:
    expected = document.replace(b"=/x>", f"=/x?sid={ID}>".encode())
    assert through(page(has_charset=False), document) == expected
    assert through(page(has_charset=False), document, range(1, len(document))) == expected


def test_a_byte_order_mark_outdoes_the_header() -> None:
    document = "\ufeff<a href=/x>".encode("utf-16-le")
    assert through(page(has_charset=True), document) == document


@pytest.mark.parametrize(("charset", "expected"), [("windows-1251", True), ("utf-8", False), ("", False)])
def test_hosts_are_read_in_the_charset_that_the_page_says(charset: str, expected: bool) -> None:
    links = Links(QUERY, ID, lambda place: place.host == "xn--p1ai.example", "http://xn--p1ai.example/", False)
    document = (f"<meta charset={charset}>" if charset else "").encode() + "<a href='//рф.example/'>".encode(
        "windows-1251"
    )
    assert (ID.encode() in through(Page(links, DEFAULT_REWRITES, None, has_charset=False), document)) is expected


def test_a_page_streams() -> None:
    made = page(script=True, has_charset=False)
    assert made.feed(b"<!doctype html><head><meta charset=utf-8><title>") != b""
    assert made.feed(b"x</title><a href=/x>y") != b""
    waiting = page(has_charset=False)
    assert waiting.feed(b"<p>" * 300) == b""
    assert waiting.feed(b"<p>" * 300) == b"<p>" * 600


# -- properties --------------------------------------------------------------------------------------------------------

PIECES = [
    b"<a href=/x>", b"<form action=/x>", b"<form method=post action='/y'>", b"<base href=/c/>",
    b"<base href=//evil.example/>", b"<meta charset=big5>", b"<meta charset=iso-2022-jp>",
    b"<meta http-equiv=refresh content='1;url=/x'>", b"<head>", b"<html>", b"<!doctype html>", b"<!--", b"-->",
    b"\xff\xfe", b"\xef\xbb\xbf", b"<style>", b"url(/x)", b"@import '/y'", b"</style>", b"<", b">", b"'", b"x", b" ",
    b"<script>", b"</script>", b"<noscript>", b"</noscript>", b"<button formaction=/z>", b"<?x?>", b"<body>",
    b"x" * 300, b"<svg>", b"</svg>", b"<title>", b"<meta name=referrer content=always>",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join),
    st.lists(st.integers(1, 60), max_size=20),
    st.sampled_from((PATH, QUERY, MATRIX)),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_chunking_never_changes_what_becomes_of_a_page(
    document: bytes, sizes: list[int], carrier: Carrier, carries: bool, script: bool, has_charset: bool
) -> None:
    def made() -> Page:
        return page(carrier, carries, script=script, has_charset=has_charset)

    cuts, place = [], 0
    for size in sizes:
        place = min(place + size, len(document))
        cuts.append(place)
    whole = through(made(), document)
    assert through(made(), document, cuts) == whole
    assert through(made(), document, range(1, len(document))) == whole
    if not script:
        left = whole.replace(FIELD.replace("{id}", ID).encode(), b"")
        assert len(left) >= len(document) - document.count(b"always")
