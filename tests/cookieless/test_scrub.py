"""Ids out of whatever leaves: none stays, and what stays is as the application knows it."""

import time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from cookieproxy.cookieless.carriers import Carrier
from cookieproxy.cookieless.entry import CarrierKind
from cookieproxy.cookieless.scrub import ids_in, scrub

ID = "abcdefghijklmnopqrstuvw0"
OTHER = "bbbbbbbbbbbbbbbbbbbbbbbb"
IDS = (ID, OTHER)
NAMES = ("sid", "a.b")


def mentions(text: bytes, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the ids that are in the text."""
    return tuple(dict.fromkeys(one.id for one in ids_in(text, ids)))


ROWS = [
    ("http://a/(S({id}))/p?q", "http://a/p?q"),
    ("http://a/(S({id}))", "http://a"),
    ("http://a/(s({ID}))/p", "http://a/p"),
    ("u=http%3A%2F%2Fa%2F(S({id}))%2Fp", "u=http%3A%2F%2Fa%2Fp"),
    ("u=http%3A%2F%2Fa%2F%28S%28{id}%29%29%2Fp", "u=http%3A%2F%2Fa%2Fp"),
    ("u=http%3a%2f%2fa%2f%28s%28{id}%29%29%2fp", "u=http%3a%2f%2fa%2fp"),
    ('{"u":"http:\\/\\/a\\/(S({id}))\\/p"}', '{"u":"http:\\/\\/a\\/p"}'),
    ("url(/\\(S\\({id}\\)\\)/x.png)", "url(/x.png)"),
    ("http://a/p?sid={id}", "http://a/p"),
    ("http://a/p?sid={id}#f", "http://a/p#f"),
    ("http://a/p?sid={id}&q=1", "http://a/p?q=1"),
    ("http://a/p?sid={id}&amp;q=1", "http://a/p?q=1"),
    ("http://a/p?q=1&sid={id}&r", "http://a/p?q=1&r"),
    ("http://a/p?q=1&amp;sid={id}", "http://a/p?q=1"),
    ('"http://a/p?q=1\\u0026sid={id}"', '"http://a/p?q=1"'),
    ('"http://a/p?sid\\u003d{id}\\u0026q"', '"http://a/p?q"'),
    ("u=a%3Fsid%3D{id}%26q", "u=a%3Fq"),
    ("u=a%3Fq%26sid%3D{id}", "u=a%3Fq"),
    ("http://a/p?a.b={id}", "http://a/p"),
    ("http://a/p?a%2Eb={id}", "http://a/p"),
    ("http://a/p?axb={id}", "http://a/p?axb="),
    ("http://a/p;sid={id}?q", "http://a/p?q"),
    ("http://a/p%3Bsid%3D{id}", "http://a/p"),
    ("sid={id}&q=1", "q=1"),
    ("sid={id}", ""),
    ("q=1&sid={id}", "q=1"),
    ("xsid={id}", "xsid="),
    ("{id}", ""),
    ("x{id}y{ID}z", "xyz"),
    ("%61bcdefghijklmnopqrstuvw%30", ""),
    ("%41BCDEFGHIJKLMNOPQRSTUVW0", ""),
    ("/(S({other}))/x?sid={id}", "/x"),
    ("%2561bcdefghijklmnopqrstuvw0", "%2561bcdefghijklmnopqrstuvw0"),  # encoded twice: a named limit
    ("%51bcdefghijklmnopqrstuvw0", "%51bcdefghijklmnopqrstuvw0"),
    ("abcdefghijklmnopqrstuvw", "abcdefghijklmnopqrstuvw"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "left"), ROWS)
def test_an_id_goes_with_what_carries_it(text: str, left: str) -> None:
    source = text.replace("{id}", ID).replace("{ID}", ID.upper()).replace("{other}", OTHER).encode()
    assert scrub(source, IDS, NAMES).decode() == left
    assert scrub(b"<%s>" % source, IDS, NAMES).decode() == f"<{left}>"


def test_an_id_that_appears_when_another_goes_does_not_stay() -> None:
    for within in (ID[:10] + ID + ID[10:], ID[:10] + OTHER + ID[10:], f"%6{ID}1{ID[1:]}", f"{ID[:3]}?sid={ID}{ID[3:]}"):
        left = scrub(within.encode(), IDS, NAMES)
        assert mentions(left, IDS) == ()


def test_ids_in_ids_in_ids_cost_no_more_than_others() -> None:
    nested = ID[:12].encode() * 20_000 + ID[12:].encode() * 20_000
    flat = (ID.encode() + b".") * 20_000

    def seconds(text: bytes) -> float:
        begun = time.perf_counter()
        left = scrub(text, IDS, NAMES)
        assert ID.encode() not in left
        return time.perf_counter() - begun

    assert seconds(nested) < 20 * seconds(flat) + 0.5


def test_text_without_ids_is_the_same_object() -> None:
    text = b"sid=abc&/(S(abcdefghijklmnopqrstuvwx))"
    assert scrub(text, IDS, NAMES) is text
    assert scrub(text, (), NAMES) is text


PIECES = [
    ID.encode(), ID.upper().encode(), OTHER.encode(), ID[:10].encode(), ID[10:].encode(), b"%61" + ID[1:].encode(),
    b"%6", b"1", b"%", b"41", b"/(S(", b"))", b"%2F%28S%28", b"%29%29", b"\\/", b"\\(S\\(", b"\\)\\)", b"?", b"&",
    b"&amp;", b"sid=", b"sid%3D", b";", b"%3B", b"%26", b"x", b"\\u0026", b" ", b"\xff", b"a.b=",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join)


@settings(deadline=None)
@given(texts)
@example(b"%6" + ID.encode() + b"1" + ID[1:].encode())
def test_no_id_stays(text: bytes) -> None:
    left = scrub(text, IDS, NAMES)
    assert mentions(left, IDS) == ()
    assert left is text or len(left) < len(text)


@settings(deadline=None)
@given(texts, texts)
def test_what_is_around_stays(before: bytes, after: bytes) -> None:
    assume(not mentions(before, IDS) and not mentions(after, IDS))
    assert scrub(before + b"<" + ID.encode() + b">" + after, IDS, NAMES) == before + b"<>" + after


urls = st.lists(st.sampled_from([b"/", b"?", b"&", b"x", b"=", b"a.b", b"#", b"%20", b";"]), max_size=8).map(b"".join)


@settings(deadline=None)
@given(urls, st.sampled_from(CarrierKind), st.booleans())
def test_a_url_is_as_the_application_knows_it(path: bytes, kind: CarrierKind, encoded: bool) -> None:
    url = b"http://shop.example/p" + path
    sent = Carrier(kind, "sid").put(url, ID)
    if encoded:
        url, sent = (
            each.translate(None)
            .replace(b"%", b"%25")
            .replace(b"&", b"%26")
            .replace(b"?", b"%3F")
            .replace(b"=", b"%3D")
            .replace(b"/", b"%2F")
            .replace(b";", b"%3B")
            .replace(b"#", b"%23")
            for each in (url, sent)
        )
    assert scrub(b"u=" + sent, IDS, ("sid",)) == b"u=" + url
