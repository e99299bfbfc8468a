"""The engine: which rules apply, in which order, and what becomes of a message."""

import pytest

from cookieproxy.config import parse_config
from cookieproxy.core.access import Access, Party
from cookieproxy.core.syntax import CookieString, parse_set_cookie
from cookieproxy.rules.engine import Facts, Record

SHOP = Facts(Access("https", "shop.example", b"/", 1e9, party=Party.FIRST), "shop.example", "127.0.0.1 curl/8 3fa9c1")


def rules_of(text: str, host: str = "shop.example"):
    return parse_config(text.encode(), "rules.yaml").rules.for_host(host)


@pytest.mark.parametrize(
    ("rules", "given", "passed", "held"),
    [
        pytest.param("[{set: {secure: true}}]", b"a=1", b"a=1; Secure", None, id="set"),
        pytest.param("[{match: {cookie: a}, hold: true}]", b"a=1; Path=/", None, b"a=1; Path=/", id="hold"),
        pytest.param("[{match: {cookie: a}, drop: true}]", b"a=1", None, None, id="drop"),
        pytest.param("[{match: {cookie: a}, rename: b}]", b"a=1; Path=/", b"b=1; Path=/", None, id="rename"),
        pytest.param("[{match: {cookie: A}, drop: true}]", b"a=1", b"a=1", None, id="names-are-case-sensitive"),
    ],
)
def test_a_field_becomes(rules: str, given: bytes, passed: bytes | None, held: bytes | None) -> None:
    (field,) = rules_of(f"rules: {rules}").on_response([parse_set_cookie(given)], SHOP).fields
    assert (field.passed and field.passed.source) == passed
    assert (field.held and field.held.source) == held


def test_a_rename_is_undone_and_the_old_name_is_stale() -> None:
    rules = rules_of("rules: [{match: {cookie: sid}, rename: __Host-sid}]")
    undone = rules.undo(CookieString(b"__Host-sid=1; x=2; sid=3"), lambda name: Record.UNKNOWN)
    assert undone.cookies.source == b"sid=1; x=2"
    assert undone.renamed == ((b"__Host-sid", b"sid"),)
    assert undone.stale == (b"sid",)
