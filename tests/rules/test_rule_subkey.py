"""`subkey`: one sub-key of a value, every other byte as it was (R7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.config import parse_config
from cookieproxy.core.access import Access
from cookieproxy.core.syntax import CookieString, parse_set_cookie
from cookieproxy.rules.actions import Subkey
from cookieproxy.rules.actions.subkey import SubkeyForms
from cookieproxy.rules.engine import Facts, HostRules
from cookieproxy.rules.facts import BOTH

FACTS = Facts(Access("https", "shop.example", b"/", 1e9), "shop.example", "10.0.0.1 curl/8 3fa9c1")


def rules_of(rules: str) -> HostRules:
    return parse_config(f"rules: {rules}".encode(), "rules.yaml").rules.for_host("shop.example")


def passed(said: str, field: bytes) -> bytes:
    verdict = rules_of(f"[{{subkey: {said}}}]").on_response([parse_set_cookie(field)], FACTS).fields[0]
    assert verdict.passed is not None
    assert verdict.is_untouched == (verdict.passed.source == field)
    return verdict.passed.source


ROWS = [
    pytest.param("{set: {a: 2}}", b"u=a=1&b=2; Path=/", b"u=a=2&b=2; Path=/", id="in-place"),
    pytest.param("{set: {b: 9}}", b"u = a=1&b=2 ;x", b"u = a=1&b=9 ;x", id="the-last-one"),
    pytest.param("{set: {c: 3}}", b"u=a=1&b=2", b"u=a=1&b=2&c=3", id="appended"),
    pytest.param("{set: {c: 3}}", b"u=", b"u=c=3", id="into-an-empty-value"),
    pytest.param("{set: {a: 1}}", b"u=a=1&b=2", b"u=a=1&b=2", id="means-it-already"),
    pytest.param("{set: {a: 3}}", b"u=a=1&b=2&a=2", b"u=a=3&b=2", id="later-ones-removed"),
    pytest.param("{set: {a: 1}}", b"u=a=1&b=2&a=2", b"u=a=1&b=2", id="later-ones-removed-first-as-it-was"),
    pytest.param("{set: {A: 3}}", b"u=a=1", b"u=a=1&A=3", id="case-counts"),
    pytest.param("{set: {a: 3}}", b"u=a&b", b"u=a=3&b", id="bare-word"),
    pytest.param("{set: {a: ''}}", b"u=a=1&b=2", b"u=a=&b=2", id="empty"),
    pytest.param("{set: {a: 'x=y z'}}", b"u=a=1&b=2", b"u=a=x=y z&b=2", id="equals-and-space"),
    pytest.param("{set: {a: é}}", b"u=a=1&b=\xff", b"u=a=\xc3\xa9&b=\xff", id="bytes-beside-it"),
    pytest.param("{set: {a: 007}}", b"u=a=1", b"u=a=007", id="number-as-spelled"),
    pytest.param("{set: {a: 3}}", b'u="a=1&b=2"; Path=/', b'u="a=3&b=2"; Path=/', id="in-quotes"),
    pytest.param("{set: {c: 3}}", b'u=""', b'u="c=3"', id="in-empty-quotes"),
    pytest.param("{set: {a: 3}}", b'u="', b'u="&a=3', id="one-quote"),
    pytest.param("{set: {a: 3}}", b"u=x=1&&a=2&", b"u=x=1&&a=3&", id="empty-pieces-stay"),
    pytest.param("{remove: a}", b"u=a=1&b=2", b"u=b=2", id="remove-first"),
    pytest.param("{remove: b}", b"u=a=1&b=2", b"u=a=1", id="remove-last"),
    pytest.param("{remove: [b]}", b"u=a=1&b=2&c=3&b=4", b"u=a=1&c=3", id="remove-every"),
    pytest.param("{remove: [a, b]}", b"u=a=1&b=2; Path=/", b"u=; Path=/", id="nothing-left"),
    pytest.param("{remove: x}", b"u=a=1&b=2", b"u=a=1&b=2", id="not-there"),
    pytest.param("{set: {a: 2}, remove: b}", b"u=a=1&b=2&c", b"u=a=2&c", id="both"),
    pytest.param("{set: {a: 2}}", b"a=1&b=2; Path=/", b"a=1&b=2&a=2; Path=/", id="its-value-begins-behind-the-name"),
]


@pytest.mark.parametrize(("said", "field", "expected"), ROWS)
def test_subkey(said: str, field: bytes, expected: bytes) -> None:
    assert passed(said, field) == expected
    rules = rules_of(f"[{{subkey: {said}}}]")
    assert rules.on_request(CookieString(b"u=a=1"), FACTS, lambda name: None).cookies.source == b"u=a=1"


def test_on_requests_where_direction_says_so() -> None:
    rules = rules_of("[{match: {cookie: u, direction: request}, subkey: {set: {a: 2}, remove: b}}]")
    verdict = rules.on_request(CookieString(b"x=a=1;  u=a=1&b=1&c ; y"), FACTS, lambda name: None)
    assert verdict.cookies.source == b"x=a=1;  u=a=2&c ; y"
    assert [(change.action, change.before, change.after) for change in verdict.changes] == [
        ("subkey", b"u=a=1&b=1&c", b"u=a=2&c")
    ]
    assert rules.on_response([parse_set_cookie(b"u=a=1")], FACTS).fields[0].is_untouched


def test_observed_it_changes_nothing() -> None:
    verdict = rules_of("[{mode: observe, subkey: {set: {a: 2}}}]").on_response([parse_set_cookie(b"u=a=1")], FACTS)
    assert verdict.fields[0].is_untouched
    assert [(change.after, change.observed) for change in verdict.fields[0].changes] == [(b"u=a=2", True)]


def test_nothing_to_do_is_a_warning() -> None:
    config = parse_config(b"rules: [{subkey: {}}]", "f")
    assert [str(warning) for warning in config.warnings] == ["f:1:10: no sub-key is set or removed"]


PIECES = st.lists(st.binary(max_size=6).filter(lambda piece: b"&" not in piece), max_size=8)


@given(PIECES, st.binary(max_size=4))
def test_the_bytes_of_all_other_subkeys_stay(pieces: list[bytes], text: bytes) -> None:
    text = text.replace(b"&", b"").strip()
    value = b"&".join(pieces)
    if value[:1] == b'"' == value[-1:]:
        return
    pieces = value.split(b"&") if value else []
    others = [piece for piece in pieces if piece.partition(b"=")[0] != b"key"]
    action = Subkey(SubkeyForms(), BOTH)
    action.written = ((b"key", text),)
    written = action.edited(value).split(b"&")
    assert [piece for piece in written if piece.partition(b"=")[0] != b"key"] == others
    assert [piece for piece in written if piece.partition(b"=")[0] == b"key"] == [b"key=" + text]
    action.written, action.removed = (), frozenset({b"key"})
    assert action.edited(value) == b"&".join(others)
    assert action.edited(action.edited(value)) == action.edited(value)
