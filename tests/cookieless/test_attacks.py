"""Pages, references and bodies made to mislead: an id never gets where a browser would take it to another site.

What a browser makes of a reference is asked of can_ada and of algorithms written here again from the WHATWG's text; whole browsers
are asked in `tests/proxy/test_cookieless_attacks.py`.
"""

import html
import re
import time
import tracemalloc
from collections.abc import Iterable

import can_ada
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.cookieless.carriers import Carrier
from cookieproxy.cookieless.endpoint import document_of, readable_cookies, write_cookie
from cookieproxy.cookieless.entry import CarrierKind, Place
from cookieproxy.cookieless.form_bodies import take_fields
from cookieproxy.cookieless.pages import Injection, Page, rewrites_of
from cookieproxy.cookieless.scrub import scrub
from cookieproxy.cookieless.styles import StyleRewriter
from cookieproxy.cookieless.urls import Links, inserted
from cookieproxy.core.access import Access
from cookieproxy.core.jar import Jar
from cookieproxy.core.profiles import PROFILES
from cookieproxy.core.syntax import parse_set_cookie
from cookieproxy.exchange.browser import held_profile
from cookieproxy.suffixes import load

ID = "abcdefghijklmnopqrstuvw5"
HOME = "shop.example"
URL = "http://shop.example/a/b?c=d"
CARRIERS = list(CarrierKind)
EVIL_LINK = b'<a href="http://evil.example/">x</a>'
LEAKY_META = b"<meta name=referrer content=unsafe-url>"

HARMLESS = (b'<a referrerpolicy="same-origin"', b"<a referrerpolicy=same-origin", b'<meta name=""')
"""What makes a policy behind it void: the first attribute of a name counts."""

in_each_carrier = pytest.mark.parametrize("carrier", CARRIERS)


def links(
    carrier: CarrierKind = CarrierKind.QUERY, url: str = URL, carries: bool = False, in_markup: bool = True
) -> Links:
    """The links of a page of the site."""
    held = Carrier(carrier, "sid")
    return Links(held, ID, lambda place: place.host == HOME, url, carries, in_markup=in_markup)


def page(carrier: CarrierKind = CarrierKind.QUERY, injection: Injection | None = None, carries: bool = False) -> Page:
    """A page of the site."""
    return Page(links(carrier, carries=carries), rewrites_of((), True), injection)


def through(one: Page, pieces: Iterable[bytes]) -> bytes:
    """What the browser gets."""
    return b"".join(one.feed(piece) for piece in pieces) + one.close()


def in_pieces(text: bytes, size: int) -> list[bytes]:
    return [text[place : place + size] for place in range(0, len(text), size)]


# -- references ------------------------------------------------------------------------------------------------------------

PIECES = """
/ // \\ \\\\ /\\ : @ ? # & ; . .. %2e %2f %5c http: https: HTTP: ws: x: javascript: shop.example SHOP.example evil.example
shop.example. shop.example:80 :8080 a b= [::1] u:p@ &amp; &#47; &#x2f; &sol; &bsol; &colon; &Tab; &NewLine; &#1; &#9; &#0; &#13;
&nbsp; &num; &quest; &commat; &period; &copy &amp ﹒ 。 ｓ \u00ad
"""
REFERENCE = st.lists(st.sampled_from([*PIECES.split(), *"\t\n\r\0\x0b \x1f"]), max_size=9).map("".join)


def seen_by_browser(value: bytes) -> can_ada.URL | None:
    """Where a browser goes from an attribute in UTF-8."""
    try:
        return can_ada.parse(URL) + html.unescape(value.decode("utf-8", "replace"))
    except ValueError:
        return None


@in_each_carrier
@given(text=REFERENCE, carries=st.booleans())
def test_an_id_in_a_reference_leads_home(carrier: CarrierKind, text: str, carries: bool) -> None:
    source = text.encode()
    written = inserted(source, links(carrier, carries=carries).edits(source))
    reached = seen_by_browser(written)
    if ID.encode() in written:
        assert reached is not None
        assert (reached.protocol in ("http:", "https:"), reached.hostname) == (True, HOME)


@in_each_carrier
@given(text=REFERENCE)
def test_an_id_in_a_location_leads_home(carrier: CarrierKind, text: str) -> None:
    source = text.encode()
    written = inserted(source, links(carrier, in_markup=False).edits(source))
    if ID.encode() in written:
        reached = can_ada.parse(URL) + written.decode("utf-8", "replace")
        assert (reached.protocol in ("http:", "https:"), reached.hostname) == (True, HOME)


def refreshed(content: str) -> can_ada.URL | None:
    """Where a meta refresh leads (WHATWG HTML, shared declarative refresh steps, in a pattern of their own)."""
    found = re.fullmatch(
        r"[\t\n\f\r ]*(?:[0-9]+|(?=\.))[0-9.]*(?:[\t\n\f\r ]*[;,][\t\n\f\r ]*|[\t\n\f\r ]+)(.*)", content, re.DOTALL
    )
    if found is None:
        return None
    url = re.sub(r"\Aurl[\t\n\f\r ]*=[\t\n\f\r ]*", "", found[1], count=1, flags=re.IGNORECASE)
    if url[:1] in ("'", '"') and url:
        url = url[1:].split(url[0])[0]
    try:
        return can_ada.parse(URL) + url
    except ValueError:
        return None


REFRESH = st.lists(
    st.sampled_from(
        [
            "0",
            ".",
            ";",
            ",",
            " ",
            "url",
            "&#117;rl",
            "=",
            "&equals;",
            "'",
            "&#39;",
            "&quot;",
            "//evil.example/",
            "/x",
            "&semi;",
            "http://shop.example",
            "\n",
        ]
    ),
    max_size=9,
).map("".join)


@in_each_carrier
@given(rest=REFRESH)
def test_an_id_in_a_refresh_leads_home(carrier: CarrierKind, rest: str) -> None:
    source = b'<meta http-equiv=refresh content="0' + rest.encode() + b'">'
    written = through(page(carrier), [source])
    if ID.encode() in written:
        reached = refreshed(html.unescape(written[len(b'<meta http-equiv=refresh content="') : -2].decode()))
        assert reached is not None
        assert reached.hostname == HOME


@pytest.mark.parametrize(
    "base", ["http://shop.example/", "web+x://shop.example/", "ftp://shop.example/", "//shop.example@evil.example/"]
)
@in_each_carrier
def test_a_base_takes_no_id_down_or_away(carrier: CarrierKind, base: str) -> None:
    secure = Links(Carrier(carrier, "sid"), ID, lambda place: place.host == HOME, "https://shop.example/a", False)
    written = through(
        Page(secure, rewrites_of((), True)), [f'<base href="{base}"><a href="/x">x</a><a href="y">x</a>'.encode()]
    )
    assert ID.encode() not in written


@pytest.mark.parametrize(
    "charset",
    [
        "bz2",
        "zlib",
        "hex",
        "uu",
        "base64",
        "rot13",
        "idna",
        "punycode",
        "undefined",
        "a\0b",
        "unicode_escape",
        "utf-7",
        "cp037",
    ],
)
@pytest.mark.parametrize("source", [b"//\xe9.example/", b"//sh\xadop.example/", b"http:\\\\\xff\xfe/"])
def test_no_charset_breaks_or_moves_a_link(charset: str, source: bytes) -> None:
    one = Links(Carrier(CarrierKind.QUERY, "sid"), ID, lambda place: place.host == HOME, URL, False, (), charset)
    assert not one.edits(source)


# -- what tells others the address -----------------------------------------------------------------------------------------

LONG_TAGS = [
    (b'<a href="http://evil.example/"', b" referrerpolicy=unsafe-url>"),
    (b"<meta", b" name=referrer content=unsafe-url>"),
]


@pytest.mark.parametrize("size", [8_192, 100_000])
@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"<math><mi><mglyph><style>" + LEAKY_META, id="mglyph"),
        pytest.param(b"<math><annotation-xml foo=html><style>" + LEAKY_META, id="annotation"),
        pytest.param(b"<svg><foreignObject><svg><style>" + LEAKY_META, id="nested svg"),
        pytest.param(b"<svg><desc><![CDATA[>" + LEAKY_META, id="no CDATA in HTML"),
        pytest.param(b"<!--> " + LEAKY_META, id="short comment"),
        pytest.param(b"<!-- --!>" + LEAKY_META, id="odd end of a comment"),
        pytest.param(b"<script><!--</script>" + LEAKY_META, id="script"),
        pytest.param(b"<noscript>" + LEAKY_META + b"</noscript>", id="noscript"),
        pytest.param(b"<noscript><!--</noscript>" + LEAKY_META, id="comment in noscript"),
        pytest.param(b"<title></title/>" + LEAKY_META, id="odd end tag"),
        pytest.param(b"</ " + b'"' + b">" + LEAKY_META, id="bogus comment"),
        pytest.param(b"<a =\"'>" + LEAKY_META, id="attribute without name"),
        pytest.param(b'<a href="http://evil.example/" referrerpolicy="unsafe&#45;url">', id="entity"),
    ],
)  # fmt: skip
def test_no_policy_that_tells_the_address_is_in_force(start: bytes, size: int) -> None:
    written = through(page(), in_pieces(start + EVIL_LINK, size))
    assert b"unsafe-url" not in written


@pytest.mark.parametrize(("before", "after"), LONG_TAGS)
def test_a_policy_in_a_long_tag_is_not_in_force(before: bytes, after: bytes) -> None:
    written = through(page(), in_pieces(before + b' x="' + b"x" * 70_000 + b'"' + after + EVIL_LINK, 8_192))
    assert b"unsafe-url" not in written or any(harmless in written for harmless in HARMLESS)


# -- time and memory -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "start", [b"<!--" + b"x" * 60_000, b" " * 60_000, b"<!DOCTYPE " + b"x" * 60_000, b"<html " + b"x " * 30_000]
)
def test_a_beginning_in_single_octets_takes_no_minutes(start: bytes) -> None:
    one = page(injection=Injection(b"<script></script>", lambda policy: policy))
    begun = time.process_time()
    assert start in through(one, in_pieces(start, 1))
    assert time.process_time() - begun < 3


def test_many_segments_take_no_seconds() -> None:
    begun = time.process_time()
    assert Carrier(CarrierKind.PATH, "sid").take(b"/(S(a))" * 60_000, lambda value: False).target == b"/"
    assert time.process_time() - begun < 0.3


def test_many_fields_take_no_seconds() -> None:
    body = b"&" * 1_048_576
    begun = time.process_time()
    assert take_fields(body, b"application/x-www-form-urlencoded", "sid", lambda value: False) == (body, [])
    assert time.process_time() - begun < 0.3


def test_long_links_are_not_kept_in_memory() -> None:
    one = page()
    tracemalloc.start()
    try:
        for number in range(400):
            one.feed(b'<a href="/' + b"%d" % number + b"x" * 16_000 + b'">')
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1_048_576


# -- cookies that scripts write --------------------------------------------------------------------------------------------

SUFFIXES = load()
in_each_profile = pytest.mark.parametrize("profile", PROFILES)


def script_access() -> Access:
    """A page's script at work."""
    return document_of(Place("http", HOME, b"/.cookieproxy/cookies"), (), HOME).access(1_000.0)


def jar(profile: str) -> Jar:
    return Jar(held_profile(PROFILES[profile], False), SUFFIXES)


@in_each_profile
@given(
    before=st.binary(max_size=8), control=st.sampled_from([b"\r\n", b"\n", b"\r", b"\0"]), after=st.binary(max_size=8)
)
def test_no_script_begins_another_header_line(profile: str, before: bytes, control: bytes, after: bytes) -> None:
    held = jar(profile)
    write_cookie(held, b"a=" + before + control + after, script_access())
    assert not set(readable_cookies(held, script_access())) & set(b"\r\n\0")


@in_each_profile
@pytest.mark.parametrize(
    "written",
    [
        b"sid=mine; Path=/",
        b"sid=; Max-Age=0; Path=/",
        b"sid=x; HttpOnly; Path=/",
        b"sid=x; Domain=shop.example; Path=/",
    ],
)
def test_no_script_reads_or_touches_what_is_hidden_from_it(profile: str, written: bytes) -> None:
    held = jar(profile)
    held.receive(parse_set_cookie(b"sid=secret; HttpOnly; Path=/"), script_access()._replace(http_api=True))
    write_cookie(held, written, script_access())
    assert b"secret" not in readable_cookies(held, script_access())
    assert [cookie.value for cookie in held if cookie.http_only] == [b"secret"]


@in_each_profile
@pytest.mark.parametrize("domain", [b"evil.example", b"example", b".example", b"xshop.example", b"sub.shop.example"])
def test_no_script_sets_cookies_of_others(profile: str, domain: bytes) -> None:
    held = jar(profile)
    write_cookie(held, b"a=b; Domain=" + domain, script_access())
    assert list(held) == []


# -- the rest --------------------------------------------------------------------------------------------------------------


@given(cut=st.integers(1, 23), depth=st.integers(1, 5), prefix=st.sampled_from([b"", b"/(S(", b"?sid=", b"&sid="]))
def test_taking_ids_out_makes_no_other_one(cut: int, depth: int, prefix: bytes) -> None:
    text = ID.encode()
    for _ in range(depth):
        text = ID[:cut].encode() + prefix + text + ID[cut:].encode()
    assert ID.encode() not in scrub(text, [ID], ("sid",))


CSS = st.lists(
    st.sampled_from(
        [
            b"/",
            b"//evil.example",
            b"\\",
            b"\\2f ",
            b"\\/",
            b"x",
            b'"',
            b"'",
            b")",
            b"(",
            b" ",
            b"\t",
            b"\n",
            b"url(",
            b"@import ",
            b"/*",
            b"*/",
            b"\0",
        ]
    ),
    max_size=9,
).map(b"".join)


@given(before=CSS, after=CSS)
def test_a_style_sheet_is_as_it_was_but_for_the_prefix(before: bytes, after: bytes) -> None:
    prefix = b"/(S(" + ID.encode() + b"))"
    text = before + b"url(" + after
    rewriter = StyleRewriter(prefix)
    written = rewriter.feed(text) + rewriter.close()
    spelled = (prefix + b"/", b"/\\(S\\(" + ID.encode() + b"\\)\\)/")
    assert written.replace(spelled[0], b"/").replace(spelled[1], b"/") == text
    for one in spelled:
        assert one + b"/" not in written
        assert one + b"\\" not in written
