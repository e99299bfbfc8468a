"""What `{cookies}` tells an application of its cookies (R9, R37)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.cookie import Cookie, SameSite
from cookieproxy.core.syntax import CookieString, Pair
from cookieproxy.exchange.scopes import MOST_OCTETS, scopes_of


def cookie(name: bytes = b"a", domain: str = "shop.example", path: bytes = b"/", **more: object) -> Cookie:
    return Cookie(name, b"secret", domain, path, 0.0, 0.0, 1, **more)  # type: ignore[arg-type]


ROWS = [
    pytest.param(cookie(), b'"a";domain="shop.example";host-only;path="/"', id="least"),
    pytest.param(
        cookie(host_only=False, expiry_time=1767225600.5, secure_only=True, http_only=True, same_site=SameSite.LAX),
        b'"a";domain="shop.example";path="/";expires=1767225600;secure;httponly;samesite=lax',
        id="most",
    ),
    pytest.param(cookie(partition="https://x.example"), b'"a";domain="shop.example";host-only;path="/";partitioned', id="chips"),
    pytest.param(cookie(adopted=True), b'"a";unknown', id="adopted"),
    pytest.param(None, b'"a";unknown', id="nobody-knows"),
    pytest.param(cookie(path=b'/"\\%\xff'), b'"a";domain="shop.example";host-only;path="/%22%5C%25%FF"', id="escaped"),
]  # fmt: skip


@pytest.mark.parametrize(("known", "expected"), ROWS)
def test_one_cookie(known: Cookie | None, expected: bytes) -> None:
    assert scopes_of(CookieString(b"a=secret").pairs, [(b"a", b"secret", known)]) == expected


def test_two_of_one_name_are_told_apart_by_their_values() -> None:
    deep, flat = cookie(path=b"/deep"), cookie()
    told = scopes_of(CookieString(b"a=1; a=2; b").pairs, [(b"a", b"2", flat), (b"a", b"1", deep), (b"", b"b", None)])
    assert told == (
        b'"a";domain="shop.example";host-only;path="/deep", "a";domain="shop.example";host-only;path="/", "";unknown'
    )


def test_a_cookie_that_a_rule_edited_is_found_by_its_name() -> None:
    assert scopes_of(CookieString(b"a=edited").pairs, [(b"a", b"1", cookie())]).startswith(b'"a";domain=')


def test_nothing_of_no_cookies() -> None:
    assert scopes_of((), []) == b""


@given(st.lists(st.binary(max_size=30), max_size=400))
def test_it_fits_a_header_whatever_the_names(names: list[bytes]) -> None:
    told = scopes_of([Pair(name, b"", name) for name in names], [])
    assert len(told) <= MOST_OCTETS + 40
    assert all(0x20 <= octet < 0x7F for octet in told)
