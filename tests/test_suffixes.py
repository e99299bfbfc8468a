"""The public suffix list as the jar asks it (RFC 6265bis 5.7 step 8; R8)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy import suffixes
from cookieproxy.core.hosts import Suffixes

LIST = suffixes.load()


def test_it_is_what_the_core_asks_for() -> None:
    asked: Suffixes = LIST
    assert asked is suffixes.load()


def test_the_list_says_how_old_it_is() -> None:
    assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", LIST.date)
    assert LIST.date >= "2026-10-22"


@pytest.mark.parametrize(
    ("host", "suffix", "registrable"),
    [
        pytest.param("shop.example.com", "com", "example.com", id="plain"),
        pytest.param("example.com", "com", "example.com", id="registrable itself"),
        pytest.param("com", "com", None, id="bare suffix"),
        pytest.param("shop.example.co.uk", "co.uk", "example.co.uk", id="two labels"),
        pytest.param("co.uk", "co.uk", None, id="bare suffix of two labels"),
        pytest.param("uk", "uk", None, id="above a suffix"),
        pytest.param("a.foo.github.io", "github.io", "foo.github.io", id="private section"),
        pytest.param("github.io", "github.io", None, id="bare private suffix"),
        pytest.param("a.b.c.kawasaki.jp", "c.kawasaki.jp", "b.c.kawasaki.jp", id="wildcard"),
        pytest.param("a.city.kawasaki.jp", "kawasaki.jp", "city.kawasaki.jp", id="exception to a wildcard"),
        pytest.param("kawasaki.jp", "kawasaki.jp", None, id="root of a wildcard"),
        pytest.param("a.b.nosuchtld", "nosuchtld", "b.nosuchtld", id="unknown top level"),
        pytest.param("nosuchtld", "nosuchtld", None, id="bare unknown top level"),
        pytest.param("localhost", "localhost", None, id="localhost"),
        pytest.param("www.xn--85x722f.xn--fiqs8s", "xn--fiqs8s", "xn--85x722f.xn--fiqs8s", id="A-labels"),
        pytest.param(
            "www.xn--85x722f.xn--55qx5d.cn", "xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn", id="A-label suffix"
        ),
        pytest.param("www.食狮.中国", "中国", "食狮.中国", id="U-labels"),
        pytest.param("shop.example.com.", "com.", "example.com.", id="trailing dot"),
        pytest.param("com.", "com.", None, id="bare suffix with a trailing dot"),
        pytest.param("127.0.0.1", None, None, id="IPv4"),
        pytest.param("[::1]", None, None, id="IPv6"),
        pytest.param("::1", None, None, id="bare IPv6"),
        pytest.param("", None, None, id="empty"),
        pytest.param(".", None, None, id="a dot"),
        pytest.param("..", None, None, id="two dots"),
        pytest.param(".com", None, None, id="leading dot"),
        pytest.param("a..com", None, None, id="empty label"),
        pytest.param("a.com..", None, None, id="two trailing dots"),
        pytest.param("a." * 2000 + "com", None, None, id="absurdly long"),
    ],
)
def test_suffix_and_registrable_domain(host: str, suffix: str | None, registrable: str | None) -> None:
    assert LIST.public_suffix(host) == suffix
    assert LIST.registrable_domain(host) == registrable


labels = st.sampled_from(["a", "b-c", "com", "co", "uk", "jp", "kawasaki", "github", "io", "xn--fiqs8s", "中国", "x_1"])


@given(st.lists(labels, min_size=1, max_size=5).map(".".join))
def test_the_registrable_domain_is_the_suffix_and_one_label(host: str) -> None:
    suffix, registrable = LIST.public_suffix(host), LIST.registrable_domain(host)
    assert suffix is not None
    assert f".{host}".endswith(f".{suffix}")
    if registrable is None:
        assert suffix == host
    else:
        assert f".{host}".endswith(f".{registrable}")
        assert registrable.partition(".")[2] == suffix


@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from([*".:[]%xé0\ud800\x00"])).map("".join)))
def test_junk_is_answered_too(host: str) -> None:
    LIST.public_suffix(host)
    LIST.registrable_domain(host)
    LIST.to_ascii(host)
