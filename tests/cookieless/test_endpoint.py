"""`document.cookie` for a page whose browser has no cookies: who may ask, what is read, what is written (R24)."""

import pytest

from cookieproxy.cookieless.endpoint import (
    LONGEST_COOKIE,
    asked_id,
    document_of,
    is_endpoint,
    is_from_own_page,
    readable_cookies,
    write_cookie,
)
from cookieproxy.cookieless.entry import Place
from cookieproxy.cookieless.fields import Fields
from cookieproxy.cookieless.script import ASK_HEADER, ENDPOINT, PATH_HEADER
from cookieproxy.core.access import Access
from rig.jars import NOW, access, contents, jar_of, outcome, receive

HOST = "www.shop.example"
PLACE = Place("https", HOST, ENDPOINT.encode())
ASK = (ASK_HEADER.encode(), b"abcdefghijklmnopqrstuvwx")


def script(path: str = "/app/page", scheme: str = "https") -> Access:
    """An access of a page's script."""
    fields = (ASK, (PATH_HEADER.encode(), path.encode()))
    return document_of(PLACE._replace(scheme=scheme), fields, "shop.example").access(NOW)


@pytest.mark.parametrize(
    ("path", "is_it"),
    [(ENDPOINT.encode(), True), (ENDPOINT.encode() + b"/", False), (b"/", False), (b"/app" + ENDPOINT.encode(), False)],
)
def test_its_url(path: bytes, is_it: bool) -> None:
    assert is_endpoint(Place("https", HOST, path)) is is_it


@pytest.mark.parametrize(
    ("fields", "host", "may"),
    [
        ([ASK], HOST, True),
        ([(ASK_HEADER.lower().encode(), b"")], HOST, True),  # a page that does not know its id yet
        ([ASK, (b"Sec-Fetch-Site", b"same-origin")], HOST, True),
        ([ASK, (b"sec-fetch-site", b"none")], HOST, True),
        ([ASK, (b"Origin", b"https://www.shop.example")], HOST, True),
        ([ASK, (b"Origin", b"https://WWW.Shop.Example:8443")], HOST, True),
        ([ASK, (b"Origin", b"http://[::1]:8080")], "[::1]", True),
        ([ASK, (b"Origin", b"http://127.0.0.1:8080")], "127.0.0.1", True),
        ([ASK, (b"Origin", b"https://xn--bcher-kva.example")], "xn--bcher-kva.example", True),
        ([], HOST, False),
        ([(b"Origin", b"https://www.shop.example")], HOST, False),
        ([ASK, (b"Sec-Fetch-Site", b"cross-site")], HOST, False),
        ([ASK, (b"Sec-Fetch-Site", b"same-site")], HOST, False),
        ([ASK, (b"Sec-Fetch-Site", b"")], HOST, False),
        ([ASK, (b"Sec-Fetch-Site", b"same-origin"), (b"Sec-Fetch-Site", b"cross-site")], HOST, False),
        ([ASK, (b"Origin", b"https://evil.example")], HOST, False),
        ([ASK, (b"Origin", b"https://www.shop.example.evil.example")], HOST, False),
        ([ASK, (b"Origin", b"https://www.shop.example@evil.example")], HOST, False),
        ([ASK, (b"Origin", b"https://shop.example")], HOST, False),
        ([ASK, (b"Origin", b"null")], HOST, False),
        ([ASK, (b"Origin", b"")], HOST, False),
        ([ASK, (b"Origin", b"https://[")], HOST, False),
        ([ASK, (b"Origin", b"\xff")], HOST, False),
        ([ASK, (b"Origin", b"https://www.shop.example"), (b"Origin", b"https://evil.example")], HOST, False),
        ([(b"Access-Control-Request-Headers", ASK_HEADER.encode()), (b"Origin", b"https://evil.example")], HOST, False),
    ],
)
def test_only_a_page_of_the_same_host_may_ask(fields: list[tuple[bytes, bytes]], host: str, may: bool) -> None:
    assert is_from_own_page(tuple(fields), host) is may


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ((), b""),
        ((ASK,), ASK[1]),
        (((b"x-cookie-PROXY", b" abc "),), b"abc"),
        ((ASK, (ASK_HEADER.encode(), b"another")), ASK[1]),
    ],
)
def test_the_id_that_the_script_says(fields: Fields, said: bytes) -> None:
    assert asked_id(fields) == said


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ([b"/app/page"], b"/app/page"),
        ([b"/app/page?x=1"], b"/app/page"),
        ([], b"/"),
        ([b""], b"/"),
        ([b"app"], b"/"),
        ([b"https://evil.example/x"], b"/"),
        ([b"/a", b"/b"], b"/a"),
    ],
)
def test_the_page_whose_script_it_is(said: list[bytes], path: bytes) -> None:
    document = document_of(PLACE, tuple((PATH_HEADER.encode(), value) for value in said), "shop.example")
    assert document.place == Place("https", HOST, path)
    asked = document.access(NOW, "flow")
    assert (asked.host, asked.path, asked.time, asked.http_api, asked.flow_id) == (HOST, path, NOW, False, "flow")
    assert asked.partition == "https://shop.example"


class TestReading:
    """What a script sees of a jar."""

    def test_what_scripts_may_see_at_the_page_s_path_in_order(self) -> None:
        jar = jar_of()
        receive(
            jar, access(f"https://{HOST}/app/page"),
            "sid=secret; HttpOnly; Path=/", "theme=dark; Path=/", "deep=1; Path=/app", "other=1; Path=/other",
            "all=1; Domain=shop.example; Path=/", "=nameless; Path=/",
        )  # fmt: skip
        assert readable_cookies(jar, script()) == b"deep=1; theme=dark; all=1; nameless"
        assert readable_cookies(jar, script("/other")) == b"other=1; theme=dark; all=1; nameless"
        assert readable_cookies(jar_of(), script()) == b""

    def test_secure_ones_are_not_for_plain_http(self) -> None:
        jar = jar_of()
        receive(jar, access(f"https://{HOST}/"), "a=1; Secure; Path=/", "b=2; Path=/")
        assert readable_cookies(jar, script(scheme="http")) == b"b=2"

    def test_octets_are_as_they_came(self) -> None:
        jar = jar_of()
        receive(jar, access(f"https://{HOST}/"), b"a=\xff\xe9; Path=/")
        assert readable_cookies(jar, script()) == b"a=\xff\xe9"


class TestWriting:
    """What a script may change."""

    @pytest.mark.parametrize(
        ("source", "what", "then"),
        [
            (b"a=1", "stored", "a=1 www.shop.example/app"),
            (b"a=1; path=/; domain=shop.example", "stored", "a=1 .shop.example/"),
            (b"a=1; max-age=60; samesite=strict", "stored", "a=1 www.shop.example/app +60 strict"),
            (b"a=1; httponly", "http-only-from-script", ""),
            (b"a=1; domain=evil.example", "domain-mismatch", ""),
            (b"a=1; domain=example", "public-suffix", ""),
            (b"a=\x00", "control-character", ""),
            (b"", "no-content", ""),
            (b"a=" + b"x" * 5_000, "too-large", ""),
        ],
    )
    def test_it_is_stored_as_a_browser_does(self, source: bytes, what: str, then: str) -> None:
        jar = jar_of()
        assert outcome(write_cookie(jar, source, script())) == what
        assert contents(jar) == then

    def test_an_http_only_cookie_cannot_be_overwritten_or_deleted(self) -> None:
        jar = jar_of()
        receive(jar, access(f"https://{HOST}/"), "sid=secret; HttpOnly; Path=/")
        for source in (b"sid=mine; Path=/", b"sid=; Path=/; Max-Age=0"):
            assert outcome(write_cookie(jar, source, script())) == "http-only-from-script"
        assert contents(jar) == "sid=secret www.shop.example/ httponly"

    def test_what_it_wrote_it_can_delete(self) -> None:
        jar = jar_of()
        write_cookie(jar, b"a=1; Path=/", script())
        assert outcome(write_cookie(jar, b"a=; Path=/; Max-Age=0", script())).startswith("removed")
        assert contents(jar) == ""

    def test_what_is_too_long_is_not_cut(self) -> None:
        """Whatever would be cut off, a value or `Secure`, the rest is another cookie."""
        jar = jar_of("none")
        source = b"a=1; " + b"x" * LONGEST_COOKIE + b"; Secure"
        assert outcome(write_cookie(jar, source, script())) == "field-too-large"
        assert contents(jar) == ""
        assert outcome(write_cookie(jar, b"a=" + b"1" * (LONGEST_COOKIE - 2), script())) in ("stored", "too-large")
