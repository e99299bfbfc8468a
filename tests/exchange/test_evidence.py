"""Who caused a request, by its headers: party, SameSite context, what absence proves (RFC 6265bis 5.2; R3)."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.core.access import Party, SameSiteContext
from cookieproxy.exchange.evidence import Absence, Evidence, RequestHead, access_of, evidence_of, read_fields
from rig.conversation import SUFFIXES, Headers, fetch

FIRST, THIRD, UNKNOWN = Party.FIRST, Party.THIRD, Party.UNKNOWN
SAME, SAFE, UNSAFE, CROSS = (
    SameSiteContext.SAME_SITE,
    SameSiteContext.CROSS_SITE_SAFE_NAVIGATION,
    SameSiteContext.CROSS_SITE_UNSAFE_NAVIGATION,
    SameSiteContext.CROSS_SITE,
)
NOTHING, BESIDE, ALWAYS = Absence.NOTHING, Absence.BESIDE_OTHERS, Absence.ALWAYS


def judged(headers: Headers, scheme: str = "https", method: str = "GET", site: str = "shop.example") -> Evidence:
    _, telling = read_fields(tuple(headers))
    return evidence_of(telling, scheme, method, site, SUFFIXES)


def h(**said: str) -> Headers:
    return tuple((name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in said.items())


BY_FETCH_METADATA = [
    pytest.param(fetch("none", "navigate", "document"), "GET", FIRST, SAME, ALWAYS, id="typed"),
    pytest.param(fetch("same-origin", "navigate", "document"), "GET", FIRST, SAME, ALWAYS, id="link"),
    pytest.param(fetch("same-site", "navigate", "document"), "POST", FIRST, SAME, ALWAYS, id="form of a sibling"),
    pytest.param(fetch("same-origin", "cors", "empty"), "GET", FIRST, SAME, NOTHING, id="fetch"),
    pytest.param(fetch("same-site", "no-cors", "image"), "GET", FIRST, SAME, NOTHING, id="image of a sibling"),
    pytest.param(fetch("same-origin", "cors", "font"), "GET", FIRST, SAME, NOTHING, id="font"),
    pytest.param(fetch("same-origin", "cors", "manifest"), "GET", FIRST, SAME, NOTHING, id="manifest"),
    pytest.param(fetch("cross-site", "navigate", "document"), "GET", FIRST, SAFE, ALWAYS, id="link from elsewhere"),
    pytest.param(fetch("cross-site", "navigate", "document"), "HEAD", FIRST, SAFE, ALWAYS, id="HEAD"),
    pytest.param(fetch("cross-site", "navigate", "document"), "POST", FIRST, UNSAFE, ALWAYS, id="form elsewhere"),
    pytest.param(fetch("cross-site", "navigate", "document"), "BREW", FIRST, UNSAFE, ALWAYS, id="odd method"),
    pytest.param(fetch("cross-site", "navigate"), "GET", FIRST, SAFE, ALWAYS, id="no destination"),
    pytest.param(fetch("cross-site", None, "document"), "GET", FIRST, SAFE, ALWAYS, id="no mode"),
    pytest.param(fetch("cross-site", "navigate", "iframe"), "GET", THIRD, CROSS, ALWAYS, id="frame elsewhere"),
    pytest.param(fetch("cross-site", "navigate", "frame"), "POST", THIRD, CROSS, ALWAYS, id="form into a frame"),
    pytest.param(fetch("cross-site", "navigate", "object"), "GET", THIRD, CROSS, ALWAYS, id="object"),
    pytest.param(fetch("cross-site", "nested-navigate"), "GET", THIRD, CROSS, ALWAYS, id="old Chrome's frame"),
    pytest.param(fetch("same-origin", "navigate", "iframe"), "GET", FIRST, SAME, BESIDE, id="link within a frame"),
    pytest.param(fetch("cross-site", "no-cors", "image"), "GET", THIRD, CROSS, NOTHING, id="image elsewhere"),
    pytest.param(fetch("cross-site", "cors", "empty"), "OPTIONS", THIRD, CROSS, NOTHING, id="preflight"),
    pytest.param(fetch("cross-site", "websocket", "websocket"), "GET", THIRD, CROSS, NOTHING, id="WebSocket elsewhere"),
    pytest.param(fetch("same-origin", "websocket", "websocket"), "GET", FIRST, SAME, NOTHING, id="WebSocket"),
    pytest.param(fetch("cross-site"), "GET", THIRD, CROSS, NOTHING, id="site only"),
    pytest.param(fetch("cross-site", "navigate", "empty"), "GET", THIRD, CROSS, NOTHING, id="a navigation to nowhere"),
    pytest.param(fetch("junk", "navigate", "document"), "GET", FIRST, SAME, ALWAYS, id="junk for a site"),
    pytest.param(fetch(None, "navigate", "document"), "GET", FIRST, SAME, ALWAYS, id="no site"),
    pytest.param(fetch(None, "cors", "empty"), "GET", UNKNOWN, SAME, NOTHING, id="no site, a fetch"),
]


@pytest.mark.parametrize(("headers", "method", "party", "context", "absence"), BY_FETCH_METADATA)
def test_fetch_metadata_tells(
    headers: Headers, method: str, party: Party, context: SameSiteContext, absence: Absence
) -> None:
    assert judged(headers, method=method)[:3] == (party, context, absence)


BY_ORIGIN_AND_REFERER = [
    pytest.param(h(), "GET", UNKNOWN, SAME, id="no evidence at all"),
    pytest.param(h(origin="https://shop.example"), "POST", FIRST, SAME, id="own origin"),
    pytest.param(h(origin="https://www.shop.example:8443"), "POST", FIRST, SAME, id="a sibling's"),
    pytest.param(h(origin="HTTPS://SHOP.EXAMPLE"), "POST", FIRST, SAME, id="upper case"),
    pytest.param(h(origin="http://shop.example"), "POST", FIRST, CROSS, id="own site over http: another site"),
    pytest.param(h(origin="https://news.example"), "POST", THIRD, CROSS, id="another's fetch"),
    pytest.param(
        h(origin="https://news.example", accept="text/html,*/*"), "POST", UNKNOWN, UNSAFE, id="another's form"
    ),
    pytest.param(h(origin="https://news.example", accept="text/html"), "GET", THIRD, CROSS, id="GET with Origin"),
    pytest.param(h(origin="https://news.example", upgrade_insecure_requests="1"), "POST", UNKNOWN, UNSAFE, id="form"),
    pytest.param(h(origin="wss://shop.example"), "GET", FIRST, SAME, id="a WebSocket scheme"),
    pytest.param(h(origin="https://shop.example.evil.example"), "POST", THIRD, CROSS, id="a name that begins alike"),
    pytest.param(h(origin="https://evilshop.example"), "POST", THIRD, CROSS, id="a name that ends alike"),
    pytest.param(h(origin="https://shop.example@evil.example"), "POST", THIRD, CROSS, id="a name before an at sign"),
    pytest.param(h(origin="null"), "POST", UNKNOWN, CROSS, id="an opaque origin"),
    pytest.param(h(origin="null", accept="text/html"), "POST", UNKNOWN, UNSAFE, id="an opaque origin's form"),
    pytest.param(h(origin="null", referer="https://shop.example/a"), "POST", FIRST, SAME, id="opaque, own page"),
    pytest.param(h(origin="null", referer="https://news.example/"), "POST", THIRD, CROSS, id="opaque, another's page"),
    pytest.param(h(origin="chrome-extension://abcdef"), "GET", THIRD, CROSS, id="an extension"),
    pytest.param(h(origin="nonsense"), "POST", UNKNOWN, SAME, id="junk"),
    pytest.param(h(origin=""), "POST", UNKNOWN, SAME, id="empty"),
    pytest.param(h(origin="https://"), "POST", UNKNOWN, SAME, id="no host"),
    pytest.param(h(origin="https://[::1]:8080"), "POST", THIRD, CROSS, id="an IPv6 address"),
    pytest.param(h(origin="https://sh\xf6p.example"), "POST", UNKNOWN, SAME, id="not ASCII"),
    pytest.param(h(referer="https://shop.example/page?x#y"), "GET", FIRST, SAME, id="own page"),
    pytest.param(h(referer="https://www.shop.example/"), "GET", FIRST, SAME, id="a sibling's page"),
    pytest.param(h(referer="https://news.example/"), "GET", THIRD, CROSS, id="another's page"),
    pytest.param(h(referer="https://news.example/", accept="text/html"), "GET", UNKNOWN, SAFE, id="another's link"),
    pytest.param(h(referer="http://shop.example/", accept="text/html"), "GET", FIRST, SAFE, id="from http to https"),
    pytest.param(h(referer="android-app://com.example/", accept="text/html"), "GET", UNKNOWN, SAFE, id="an app's link"),
    pytest.param(h(referer="/relative"), "GET", UNKNOWN, SAME, id="a relative Referer"),
    pytest.param(h(referer="about:blank"), "GET", UNKNOWN, SAME, id="about:blank"),
    pytest.param(h(accept="text/html"), "GET", UNKNOWN, SAME, id="looks like a navigation, from nobody"),
    pytest.param(h(origin="https://shop.example", referer="https://news.example/"), "POST", FIRST, SAME, id="both"),
]


@pytest.mark.parametrize(("headers", "method", "party", "context"), BY_ORIGIN_AND_REFERER)
def test_without_fetch_metadata_origin_and_then_referer_tell(
    headers: Headers, method: str, party: Party, context: SameSiteContext
) -> None:
    assert judged(headers, method=method)[:3] == (party, context, BESIDE)


SITES = [
    pytest.param("b.github.io", "https://a.github.io", THIRD, id="private suffix"),
    pytest.param("shop.co.uk", "https://www.shop.co.uk", FIRST, id="public suffix"),
    pytest.param("shop.co.uk", "https://news.co.uk", THIRD, id="another under it"),
    pytest.param("localhost", "https://localhost:3000", FIRST, id="localhost"),
    pytest.param("127.0.0.1", "https://127.0.0.1:8080", FIRST, id="an address"),
    pytest.param("127.0.0.1", "https://127.0.0.2", THIRD, id="another address"),
    pytest.param("[::1]", "https://[::1]:8080", FIRST, id="IPv6"),
]


@pytest.mark.parametrize(("site", "origin", "party"), SITES)
def test_party_goes_by_the_registrable_domain(site: str, origin: str, party: Party) -> None:
    assert judged(h(origin=origin), method="POST", site=site).party is party


PARTITIONS = [
    pytest.param(fetch("none", "navigate", "document"), "https://shop.example", id="a page of its own"),
    pytest.param(fetch("cross-site", "navigate", "document"), "https://shop.example", id="a link from elsewhere"),
    pytest.param(h(), "https://shop.example", id="nobody says"),
    pytest.param(
        (*fetch("cross-site", "navigate", "iframe"), (b"Referer", b"http://www.news.example/page")),
        "http://news.example",
        id="in a page of another site",
    ),
    pytest.param(fetch("cross-site", "no-cors", "image"), "unknown", id="in a page that hides its name"),
    pytest.param(
        (*fetch("cross-site", "cors", "empty"), (b"Origin", b"null")), "unknown", id="in a page without an origin"
    ),
]


@pytest.mark.parametrize(("headers", "partition"), PARTITIONS)
def test_partition_is_the_site_of_the_page(headers: Headers, partition: str) -> None:
    assert judged(headers).partition == partition


AHEAD = [
    h(sec_purpose="prefetch"),
    h(sec_purpose="prefetch;anonymous-client-ip"),
    h(sec_purpose="prefetch;prerender"),
    h(purpose="prefetch"),
    h(x_moz="prefetch"),
    h(x_purpose="preview"),
]


@pytest.mark.parametrize("purpose", AHEAD)
def test_what_is_fetched_ahead_of_time_proves_nothing(purpose: Headers) -> None:
    assert judged((*fetch("none", "navigate", "document"), *purpose)).absence is NOTHING


def test_only_third_parties_speak_of_storage_access() -> None:
    within = (*fetch("same-origin", "cors", "empty"), (b"Sec-Fetch-Storage-Access", b"none"))
    assert judged(within)[:2] == (THIRD, CROSS)


def test_names_of_fields_are_of_any_case_and_cookies_keep_their_order() -> None:
    cookies, telling = read_fields(
        ((b"COOKIE", b"a=1"), (b"sEC-fETCH-sITE", b"none"), (b"X-Other", b"x"), (b"cookie", b"b=2"))
    )
    assert cookies == [b"a=1", b"b=2"]
    assert telling == ((b"sec-fetch-site", b"none"),)


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/a?b=c", b"/a"),
        (b"/a#f", b"/a"),
        (b"/a#f?q", b"/a"),
        (b"/?", b"/"),
        (b"*", b"*"),
        (b"", b""),
        (b"/a;x", b"/a;x"),
    ],
)
def test_path_of_an_access_has_no_query(target: bytes, path: bytes) -> None:
    head = RequestHead("https", "shop.example", "GET", target, (), 1.0)
    assert access_of(head, judged(())).path == path


NAMES = st.sampled_from(
    [b"Sec-Fetch-Site", b"Sec-Fetch-Mode", b"Sec-Fetch-Dest", b"Origin", b"Referer", b"Accept", b"Purpose", b"Cookie"]
)
VALUES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"cross-site", b"same-origin", b"none", b"navigate", b"document", b"iframe", b"null"]),
    st.binary(max_size=30).map(lambda rest: b"https://" + rest),
    st.binary(max_size=10).map(lambda rest: b"https://shop.example" + rest),
)


@settings(deadline=None)
@given(
    st.lists(st.tuples(NAMES | st.binary(max_size=40), VALUES), max_size=6),
    st.sampled_from(["http", "https"]),
    st.sampled_from(["GET", "POST", "OPTIONS", ""]),
)
def test_any_octets_are_evidence_of_something(headers: Sequence[tuple[bytes, bytes]], scheme: str, method: str) -> None:
    evidence = judged(headers, scheme, method)
    said = dict(read_fields(tuple(headers))[1])
    if evidence.context is SAME:
        assert said.get(b"sec-fetch-site") != b"cross-site"
    if evidence.party is THIRD:
        assert evidence.context is CROSS
    if evidence.absence is ALWAYS:
        assert b"sec-fetch-mode" in said or b"sec-fetch-dest" in said


def test_long_headers_are_judged_without_being_remembered() -> None:
    long = (*fetch("cross-site", "no-cors", "image"), (b"Referer", b"https://news.example/" + b"x" * 60_000))
    assert judged(long)[:2] == (THIRD, CROSS)
