"""`document.cookie` for a page whose browser has no cookies: who may ask, what is read, what is written (R24)."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.cookieless.endpoint import (
    LONGEST_COOKIE,
    asked_id,
    assigned,
    document_of,
    is_endpoint,
    is_from_own_page,
    readable_cookies,
    write_cookie,
)
from cookieproxy.cookieless.entry import Place
from cookieproxy.cookieless.fields import Fields
from cookieproxy.cookieless.script import ASK_HEADER, ENDPOINT, PATH_HEADER, SET_HEADER
from cookieproxy.core.access import Access
from cookieproxy.core.profiles import PROFILES
from rig.jars import NOW, access, contents, jar_of, outcome, receive

HOST = "www.shop.example"
ORIGIN = "https://www.shop.example"
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


def origin(said: str | bytes) -> tuple[bytes, bytes]:
    return b"Origin", said if isinstance(said, bytes) else said.encode()


@pytest.mark.parametrize(
    ("fields", "may"),
    [
        ([ASK], True),
        ([(ASK_HEADER.lower().encode(), b"")], True),  # a page that does not know its id yet
        ([ASK, (b"Sec-Fetch-Site", b"same-origin")], True),
        ([ASK, (b"sec-fetch-site", b"none")], True),
        ([ASK, origin(ORIGIN), (b"Sec-Fetch-Site", b"same-origin")], True),
        ([], False),
        ([origin(ORIGIN)], False),
        ([ASK, (b"Sec-Fetch-Site", b"cross-site")], False),
        ([ASK, (b"Sec-Fetch-Site", b"same-site")], False),
        ([ASK, (b"Sec-Fetch-Site", b"")], False),
        ([ASK, (b"Sec-Fetch-Site", b"same-origin"), (b"Sec-Fetch-Site", b"cross-site")], False),
        ([ASK, origin(ORIGIN), (b"Sec-Fetch-Site", b"same-site")], False),
        ([ASK, origin(ORIGIN), origin("https://evil.example")], False),
        ([ASK, origin("https://evil.example"), origin(ORIGIN)], False),
        ([(b"Access-Control-Request-Headers", ASK_HEADER.encode()), origin("https://evil.example")], False),
        ([(b"X-Cookie-Proxy-Page", b"/"), origin(ORIGIN)], False),
    ],
)
def test_only_a_page_of_the_same_origin_may_ask(fields: list[tuple[bytes, bytes]], may: bool) -> None:
    assert is_from_own_page(tuple(fields), ORIGIN) is may


@pytest.mark.parametrize(
    ("said", "own", "may"),
    [
        (ORIGIN, ORIGIN, True),
        ("https://WWW.Shop.Example", ORIGIN, True),
        ("HTTPS://www.shop.example", ORIGIN, True),
        (ORIGIN, "https://WWW.SHOP.example", True),
        ("https://www.shop.example:8443", "https://www.shop.example:8443", True),
        ("http://[::1]:8080", "http://[::1]:8080", True),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", True),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example", True),
        ("https://www.shop.example:8443", ORIGIN, False),  # another port is another application
        (ORIGIN, "https://www.shop.example:8443", False),
        ("https://www.shop.example:84430", "https://www.shop.example:8443", False),
        ("https://www.shop.example:8443", "https://www.shop.example:84430", False),
        ("http://www.shop.example", ORIGIN, False),
        ("https://www.shop.example", "http://www.shop.example", False),
        ("https://evil.example", ORIGIN, False),
        ("https://shop.example", ORIGIN, False),
        ("https://api.www.shop.example", ORIGIN, False),
        ("https://evil-www.shop.example", ORIGIN, False),
        ("https://www.shop.example.evil.example", ORIGIN, False),
        ("https://www.shop.example@evil.example", ORIGIN, False),
        ("https://evil.example@www.shop.example", ORIGIN, False),
        ("https://evil.example#https://www.shop.example", ORIGIN, False),
        ("https://www.shop.example/", ORIGIN, False),
        ("https://www.shop.example:", ORIGIN, False),
        ("https://www.shop.example.", ORIGIN, False),
        (" https://www.shop.example", ORIGIN, False),
        ("https://www.shop.example https://evil.example", ORIGIN, False),
        ("//www.shop.example", ORIGIN, False),
        ("www.shop.example", ORIGIN, False),
        ("null", ORIGIN, False),
        ("", ORIGIN, False),
        ("https://[", ORIGIN, False),
        (b"https://www.shop.exampl\xc3\xa9", ORIGIN, False),
        (b"\xff", ORIGIN, False),
        ("http://[::1]:8080", "http://[::1]", False),
    ],
)
def test_the_origin_is_compared_as_a_whole(said: str | bytes, own: str, may: bool) -> None:
    assert is_from_own_page((ASK, origin(said)), own) is may


@given(st.binary(max_size=60))
def test_no_other_origin_is_ours(said: bytes) -> None:
    assert is_from_own_page((ASK, (b"Origin", said)), ORIGIN) is (said.lower() == ORIGIN.encode())


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


@pytest.mark.parametrize(
    ("said", "assigned_text"),
    [
        ([], b""),
        ([b""], b""),
        ([b"a=1"], b"a=1"),
        ([b"a%3D1%3B%20Path%3D%2F"], b"a=1; Path=/"),
        ([b"a%3d%c3%a9"], b"a=\xc3\xa9"),
        ([b"a=1+2"], b"a=1+2"),  # a plus is a plus: it is no form
        ([b"a=100%"], b"a=100%"),
        ([b"a=%zz%4"], b"a=%zz%4"),
        ([b"a=%2541"], b"a=%41"),  # decoded once
        ([b"a=%0D%0AX%3A1%00"], b"a=\r\nX:1\0"),
        ([b"a=\xff"], b"a=\xff"),
        ([b"a=1", b"b=2"], b"a=1"),
    ],
)
def test_what_the_page_assigned(said: list[bytes], assigned_text: bytes) -> None:
    fields = (ASK, *((SET_HEADER.encode(), value) for value in said))
    assert assigned(fields) == assigned_text
    assert assigned(tuple((name.lower(), value) for name, value in fields)) == assigned_text


@given(st.text())
def test_whatever_a_page_assigns_arrives(text: str) -> None:
    """As `encodeURIComponent` writes it."""
    said = quote(text, safe="!'()*-._~")
    assert assigned(((SET_HEADER.encode(), said.encode()),)) == text.encode()


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

    @pytest.mark.parametrize("profile", PROFILES)
    @pytest.mark.parametrize("octet", [b"\0", b"\r", b"\n"])
    @pytest.mark.parametrize(
        "where", [b"%ba=1; Path=/", b"a%b=1", b"a=1%b; Path=/", b"a=1; Path=/%bx", b"a=1; Secure%b"]
    )
    def test_no_line_ends_in_it_whatever_the_browser_would_take(self, profile: str, octet: bytes, where: bytes) -> None:
        """What is stored goes into a header field one day."""
        jar = jar_of(profile)
        assert outcome(write_cookie(jar, where % octet, script())) == "control-character"
        assert contents(jar) == ""

    @pytest.mark.parametrize("profile", PROFILES)
    @given(source=st.binary(max_size=40))
    def test_whatever_is_written_can_be_a_field(self, profile: str, source: bytes) -> None:
        jar = jar_of(profile)
        write_cookie(jar, b"n" + source, script())
        assert not any(octet in readable_cookies(jar, script()) for octet in b"\0\r\n")
        assert not any(octet in one.path + one.name + one.value for one in jar for octet in b"\0\r\n")

    def test_what_is_too_long_is_not_cut(self) -> None:
        """Whatever would be cut off, a value or `Secure`, the rest is another cookie."""
        jar = jar_of("none")
        source = b"a=1; " + b"x" * LONGEST_COOKIE + b"; Secure"
        assert outcome(write_cookie(jar, source, script())) == "field-too-large"
        assert contents(jar) == ""
        assert outcome(write_cookie(jar, b"a=" + b"1" * (LONGEST_COOKIE - 2), script())) in ("stored", "too-large")
