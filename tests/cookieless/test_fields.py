"""Header fields of responses: where they lead, what may be kept, what a page may tell others."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.cookieless.carriers import Carrier
from cookieproxy.cookieless.entry import CarrierKind
from cookieproxy.cookieless.fields import not_kept, replaced, telling_nobody, values, with_links, without
from cookieproxy.cookieless.referrers import is_leaking, tightened
from cookieproxy.cookieless.refresh import destination
from cookieproxy.cookieless.urls import Links

ID = "abcdefghijklmnopqrstuvwx"
PATH, QUERY, MATRIX = (Carrier(kind, "sid") for kind in CarrierKind)


def links(carrier: Carrier = QUERY, carries: bool = False, url: str = "http://shop.example/a/b?q") -> Links:
    return Links(carrier, ID, lambda place: place.host == "shop.example", url, carries, in_markup=False)


def edited(name: str, value: str, made: Links | None = None, parts: bool = False) -> str:
    ((_, became),) = with_links(((name.encode(), value.encode()),), made or links(), parts)
    return became.decode().replace(ID, "{id}")


LOCATIONS = [
    ("/x", "/x?sid={id}", "/(S({id}))/x", "/x;sid={id}"),
    ("x?y&z#f", "x?y&z&sid={id}#f", "/(S({id}))/a/x?y&z#f", "x;sid={id}?y&z#f"),
    (
        "http://shop.example",
        "http://shop.example?sid={id}",
        "http://shop.example/(S({id}))/",
        "http://shop.example/;sid={id}",
    ),
    (
        "https://shop.example/x",
        "https://shop.example/x?sid={id}",
        "https://shop.example/(S({id}))/x",
        "https://shop.example/x;sid={id}",
    ),
    (
        "//shop.example:8080/x",
        "//shop.example:8080/x?sid={id}",
        "//shop.example:8080/(S({id}))/x",
        "//shop.example:8080/x;sid={id}",
    ),
    ("//evil.example/", *["//evil.example/"] * 3),
    ("/\\evil.example", *["/\\evil.example"] * 3),
    ("#f", *["#f"] * 3),
    ("/x?a&amp;b", "/x?a&amp;b&sid={id}", "/(S({id}))/x?a&amp;b", "/x;sid={id}?a&amp;b"),
]


@pytest.mark.parametrize("row", LOCATIONS, ids=lambda row: row[0])
@pytest.mark.parametrize("name", ["Location", "content-location"])
def test_redirects_carry_the_id(name: str, row: tuple[str, str, str, str]) -> None:
    for carrier, expected in zip((QUERY, PATH, MATRIX), row[1:], strict=True):
        assert edited(name, row[0], links(carrier)) == expected


def test_a_redirect_from_https_to_http_does_not() -> None:
    assert edited("location", "http://shop.example/", links(url="https://shop.example/")) == "http://shop.example/"
    assert edited("location", "/x", links(url="https://shop.example/")) == "/x?sid={id}"


REFRESHES = [
    ("5; url=/x", "5; url=/x?sid={id}"), ("0;URL='/x'y", "0;URL='/x?sid={id}'y"), ('1.5, "/x', '1.5, "/x?sid={id}'),
    ("1 /x", "1 /x?sid={id}"), ("1;u=/x", "1;u=/x"), (".5;/x", ".5;/x?sid={id}"),
    ("1;url=//evil.example/", "1;url=//evil.example/"), ("x;url=/x", "x;url=/x"), (";url=/x", ";url=/x"), ("", ""),
    ("5", "5;url=http://shop.example/a/b?q&sid={id}"), ("5;", "5;url=http://shop.example/a/b?q&sid={id}"),
    ("5 ", "5 url=http://shop.example/a/b?q&sid={id}"), ("5;url=", "5;url=http://shop.example/a/b?q&sid={id}"),
    ("5;url=''", "5;url='http://shop.example/a/b?q&sid={id}'"), ("5url=/x", "5url=/x"),
    ("5;''", "5;'http://shop.example/a/b?q&sid={id}'"), ('5;"', '5;"http://shop.example/a/b?q&sid={id}'),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), REFRESHES)
def test_a_refresh_leads_on_with_the_id(value: str, expected: str) -> None:
    if value == "1;u=/x":
        expected = "1;u=/x?sid={id}"  # no `url=`, so that all of it is the address
    assert edited("Refresh", value) == expected


def test_a_page_that_refreshes_itself_keeps_the_id_it_has() -> None:
    assert edited("refresh", "5", links(carries=True)) == "5"


@settings(deadline=None)
@given(st.text(st.sampled_from("0 5.;,\"'urlURL=/x"), max_size=12))
def test_what_a_refresh_leads_to_is_within_it(value: str) -> None:
    found = destination(value.encode())
    if found is not None:
        assert 0 < found.start <= found.end <= len(value)
        again = destination(value.encode()[: found.start] + found.lead + b"/y" + value.encode()[found.end :])
        assert again is not None
        if found.start == found.end:
            assert again.start == found.start + len(found.lead)


LINKS = [
    ("</x>; rel=next", "</x?sid={id}>; rel=next"),
    ('</x>;rel="prev", </y>; rel=next', '</x?sid={id}>;rel="prev", </y?sid={id}>; rel=next'),
    ("</x.css>; rel=stylesheet", "</x.css>; rel=stylesheet"),
    ('</x>; rel="alternate Preload"', '</x>; rel="alternate Preload"'),
    ("<//evil.example>; rel=next", "<//evil.example>; rel=next"),
    ('</x>; title="</y>, <z>"; rel=next', '</x?sid={id}>; title="</y>, <z>"; rel=next'), ("</x>", "</x?sid={id}>"),
    ("<", "<"), ("</x", "</x"), ("<<</x>", "<<</x?sid={id}>"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), LINKS)
def test_link_fields_lead_to_pages_and_parts_of_pages(value: str, expected: str) -> None:
    assert edited("Link", value) == expected


def test_parts_of_pages_get_it_where_the_user_wants_them_to() -> None:
    assert edited("link", "</x.css>; rel=stylesheet", parts=True) == "</x.css?sid={id}>; rel=stylesheet"


@pytest.mark.parametrize(
    "value",
    [
        "<" * 60_000,
        "<x" * 30_000,
        '<x>;"' * 10_000,
        "<x>;rel" * 8_000,
        "<x>" + "; " * 30_000,
        "<x>" + ";" + " " * 60_000,
    ],
)
def test_no_link_field_takes_long(value: str) -> None:
    begun = time.process_time()
    edited("link", value)
    assert time.process_time() - begun < 1  # quadratic would be minutes


def test_other_fields_stay_in_their_order() -> None:
    fields = ((b"A", b"/x"), (b"Location", b"//evil.example"), (b"Set-Location", b"/x"), (b"a", b"<>"))
    assert with_links(fields, links(), False) == fields


def test_what_has_an_id_is_kept_by_nobody() -> None:
    fields = (
        (b"ETag", b"1"),
        (b"Cache-Control", b"public"),
        (b"X", b"1"),
        (b"cache-control", b"max-age=9"),
        (b"Last-Modified", b"x"),
        (b"Expires", b"x"),
        (b"Age", b"1"),
        (b"Accept-Ranges", b"bytes"),
        (b"Digest", b"x"),
        (b"CDN-Cache-Control", b"public"),
        (b"Vary", b"Cookie"),
        (b"Pragma", b"x"),
    )
    assert not_kept(fields, lambda name: name) == (
        (b"X", b"1"), (b"Vary", b"Cookie"), (b"Pragma", b"x"), (b"Cache-Control", b"private, no-store"),
    )  # fmt: skip
    assert not_kept((), bytes.lower) == ((b"cache-control", b"private, no-store"),)


POLICIES = [
    ([], b"same-origin"), ([b""], b"same-origin"), ([b"unsafe-url"], b"same-origin"), ([b"no-referrer"], None),
    ([b"Origin"], None), ([b"no-referrer-when-downgrade"], b"same-origin"),
    ([b"unsafe-url, strict-origin"], b"same-origin"), ([b"strict-origin, unsafe-url"], b"same-origin"),
    ([b"foo, no-referrer"], None), ([b"foo"], b"same-origin"), ([b"strict-origin", b"unsafe-url"], b"same-origin"),
    ([b"strict-origin-when-cross-origin"], None), ([b"origin , same-origin"], None),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), POLICIES)
def test_no_policy_gives_another_site_the_whole_address(said: list[bytes], expected: bytes | None) -> None:
    assert tightened(said) == expected
    fields = tuple((b"Referrer-Policy", value) for value in said)
    became = telling_nobody(fields, lambda name: name)
    assert became == (fields if expected is None else ((b"Referrer-Policy", expected),))


def test_words_for_policies() -> None:
    assert [is_leaking(word) for word in (b"always", b" Unsafe-URL\n", b"default", b"origin", b"", b"x", b"never")] == [
        True
    ] * 3 + [False] * 4


def test_fields_by_name() -> None:
    fields = ((b"A", b"1"), (b"b", b"2"), (b"a", b"3"))
    assert values(fields, b"a") == [b"1", b"3"]
    assert without(fields, b"a") == ((b"b", b"2"),)
    assert replaced(fields, b"A", b"4") == ((b"b", b"2"), (b"A", b"4"))
