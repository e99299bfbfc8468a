"""A stored cookie: its identity, what follows from its fields, and what it never shows (R6, R18)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.cookie import Cookie, CookieKey


def cookie(name: bytes = b"a", value: bytes = b"secret", **fields: object) -> Cookie:
    made = Cookie(name, value, "shop.example", b"/", 1.0, 2.0, 3)
    for field, its in fields.items():
        setattr(made, field, its)
    return made


@pytest.mark.parametrize(
    ("field", "its", "another"),
    [
        pytest.param("name", b"b", True, id="name"),
        pytest.param("domain", "www.shop.example", True, id="domain"),
        pytest.param("host_only", False, True, id="host-only"),
        pytest.param("path", b"/x", True, id="path"),
        pytest.param("partition", "https://top.example", True, id="partition"),
        pytest.param("value", b"other", False, id="value"),
        pytest.param("secure_only", True, False, id="Secure"),
        pytest.param("http_only", True, False, id="HttpOnly"),
        pytest.param("expiry_time", 9.0, False, id="expiry"),
    ],
)
def test_identity(field: str, its: object, another: bool) -> None:
    """R18."""
    assert (cookie(**{field: its}).key != cookie().key) is another


def test_the_identity_names_what_it_is_made_of() -> None:
    assert cookie().key == CookieKey(name=b"a", domain="shop.example", host_only=True, path=b"/", partition=None)


def test_a_cookie_is_persistent_if_it_has_an_end() -> None:
    """R6."""
    assert not cookie().persistent
    assert cookie(expiry_time=9.0).persistent
    assert cookie(expiry_time=0.0).persistent


def test_two_cookies_that_look_alike_are_two() -> None:
    assert cookie() != cookie()
    assert len({cookie(), cookie()}) == 2


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_size_is_octets_of_name_and_value(name: bytes, value: bytes) -> None:
    assert cookie(name, value).size_bytes == len(name + value)


@given(st.binary(max_size=50))
def test_the_value_is_never_shown(value: bytes) -> None:
    shown = repr(cookie(b"sid", b"secret" + value))
    assert f"***{len(value) + 6}" in shown
    assert "secret" not in shown
