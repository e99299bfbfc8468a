"""Each action to the letter of the table of actions: R14 (attributes), R6 (lifetimes), R5 (values)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.config import parse_config
from cookieproxy.core.access import Access, Party
from cookieproxy.core.syntax import CookieString, parse_set_cookie
from cookieproxy.rules.engine import Facts

NOW = 1_600_000_000.0
"""Sun, 13 Sep 2020 12:26:40 GMT."""
FACTS = Facts(
    Access("https", "shop.example", b"/cart", NOW, party=Party.FIRST), "shop.example", "10.0.0.1 curl/8 3fa9c1"
)


def passed(rules: str, field: bytes) -> bytes | None:
    """What becomes of a Set-Cookie field; the very same object if nothing does."""
    host_rules = parse_config(f"rules: {rules}".encode(), "rules.yaml").rules.for_host("shop.example")
    given_field = parse_set_cookie(field)
    verdict = host_rules.on_response([given_field], FACTS).fields[0]
    if verdict.passed is not None and verdict.passed.source == field:
        assert verdict.passed is given_field
        assert verdict.changes == ()
        assert verdict.is_untouched
    return None if verdict.passed is None else verdict.passed.source


def sent(rules: str, cookies: bytes) -> bytes:
    """What becomes of a Cookie field."""
    host_rules = parse_config(f"rules: {rules}".encode(), "rules.yaml").rules.for_host("shop.example")
    return host_rules.on_request(CookieString(cookies), FACTS, lambda name: None).cookies.source


SET = [
    # absent: appended, in our spelling
    ("secure: true", b"a=1", b"a=1; Secure"),
    ("httponly: true", b"a=1; Path=/", b"a=1; Path=/; HttpOnly"),
    ("partitioned: true", b"a=1", b"a=1; Partitioned"),
    ("samesite: lax", b"a=1", b"a=1; SameSite=Lax"),
    ("samesite: none", b"a=1", b"a=1; SameSite=None"),
    ("samesite: Strict", b"a=1", b"a=1; SameSite=Strict"),
    ("priority: high", b"a=1", b"a=1; Priority=High"),
    ("max_age: 7d", b"a=1", b"a=1; Max-Age=604800"),
    ("max_age: 60", b"a=1", b"a=1; Max-Age=60"),
    ("max_age: 0", b"a=1", b"a=1; Max-Age=0"),
    ("domain: Shop.example", b"a=1", b"a=1; Domain=shop.example"),
    ("path: /x", b"a=1", b"a=1; Path=/x"),
    ("expires: 60", b"a=1", b"a=1; Expires=Sun, 13 Sep 2020 12:27:40 GMT"),
    ('expires: "Wed, 21 Oct 2026 07:28:00 GMT"', b"a=1", b"a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
    ("expires: 2026-10-21T07:28:00Z", b"a=1", b"a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT"),
    ("expires: 2026-10-21", b"a=1", b"a=1; Expires=Wed, 21 Oct 2026 00:00:00 GMT"),
    # in the order of the rule
    ("path: /, secure: true, domain: false", b"a=1", b"a=1; Path=/; Secure"),
    ("secure: true, path: /, httponly: true", b"a=1", b"a=1; Secure; Path=/; HttpOnly"),
    # what means it already is not touched
    ("secure: true", b"a=1; secure", b"a=1; secure"),
    ("secure: true", b"a=1; SECURE=false ; Path=/", b"a=1; SECURE=false ; Path=/"),
    ("samesite: lax", b"a=1; SameSite=LAX", b"a=1; SameSite=LAX"),
    ("samesite: lax", b"a=1; samesite = lax ;x", b"a=1; samesite = lax ;x"),
    ("max_age: 60", b"a=1; Max-Age=60", b"a=1; Max-Age=60"),
    ("max_age: 60", b"a=1; max-age=060", b"a=1; max-age=060"),
    ("domain: shop.example", b"a=1; Domain=.SHOP.example", b"a=1; Domain=.SHOP.example"),
    ("path: /x", b"a=1; PATH=/x", b"a=1; PATH=/x"),
    ("priority: high", b"a=1; priority=HIGH", b"a=1; priority=HIGH"),
    (
        'expires: "Wed, 21 Oct 2026 07:28:00 GMT"',
        b"a=1; expires=Wed 21-Oct-26 07:28:00",
        b"a=1; expires=Wed 21-Oct-26 07:28:00",
    ),
    ("value: x", b"a=x; Path=/", b"a=x; Path=/"),
    ("domain: false", b"a=1; Path=/", b"a=1; Path=/"),
    # of several occurrences the last one counts
    ("samesite: lax", b"a=1; SameSite=None; SameSite=Lax", b"a=1; SameSite=None; SameSite=Lax"),
    ("samesite: lax", b"a=1; SameSite=Lax; SameSite=None; x", b"a=1; SameSite=Lax; x"),
    ("path: /x", b"a=1; Path=/x; Path=/y", b"a=1; Path=/x"),
    ("max_age: 60", b"a=1; Max-Age=1; b; Max-Age=2", b"a=1; b; Max-Age=60"),
    # edited where it stands, in its spelling
    ("samesite: lax", b"a=1;samesite=none;Path=/", b"a=1;samesite=Lax;Path=/"),
    ("max_age: 60", b"a=1; MAX-AGE = 1 ; Path=/", b"a=1; MAX-AGE = 60 ; Path=/"),
    ("max_age: 60", b"a=1; Max-Age=abc", b"a=1; Max-Age=60"),
    ("max_age: 60", b"a=1; Max-Age=" + b"9" * 5000, b"a=1; Max-Age=60"),
    ("path: /x", b"a=1; Path=/X", b"a=1; Path=/x"),
    ("domain: shop.example", b"a=1; domain=www.shop.example;x", b"a=1; domain=shop.example;x"),
    # false removes every occurrence
    ("secure: false", b"a=1; Secure; Path=/; secure=x", b"a=1; Path=/"),
    ("domain: false", b"a=1; Domain=; Path=/", b"a=1; Path=/"),
    ("samesite: false", b"a=1;SameSite=Lax", b"a=1"),
    ("expires: false, max_age: false", b"a=1; Expires=x; Max-Age=1; HttpOnly", b"a=1; HttpOnly"),
    # the value alone
    ("value: new", b"a = old ; Path=/", b"a = new ; Path=/"),
    ('value: ""', b"a=old", b"a="),
    ("value: 007", b"a=old", b"a=007"),
    ("value: é", b"a=old", b"a=\xc3\xa9"),
]


@pytest.mark.parametrize(("said", "field", "expected"), SET, ids=[f"{said}-{field[:40]!r}" for said, field, _ in SET])
def test_set(said: str, field: bytes, expected: bytes) -> None:
    assert passed(f"[{{set: {{{said}}}}}]", field) == expected


CAP = [
    pytest.param(b"a=1; Max-Age=9999999", b"a=1; Max-Age=604800", id="longer-max-age"),
    pytest.param(b"a=1; max-age=604800", b"a=1; max-age=604800", id="just-so-long"),
    pytest.param(b"a=1; Max-Age=5", b"a=1; Max-Age=5", id="shorter"),
    pytest.param(b"a=1", b"a=1", id="session-cookie-stays-one"),
    pytest.param(
        b"a=1; Max-Age=0; Expires=Wed, 21 Oct 2037 07:28:00 GMT", None, id="deletion-by-max-age-leaves-everything"
    ),
    pytest.param(b"a=1; Max-Age=-1", None, id="negative"),
    pytest.param(b"a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", None, id="deletion-by-expires"),
    pytest.param(b"a=1; Max-Age=x", None, id="unparsable-max-age"),
    pytest.param(b"a=1; Max-Age=+9999999", None, id="plus-is-no-number"),
    pytest.param(b"a=1; Expires=whenever", None, id="unparsable-expires"),
    pytest.param(b"a=1; Max-Age", None, id="bare-max-age"),
    pytest.param(
        b"a=1; expires=Wed, 21 Oct 2037 07:28:00 GMT; Path=/",
        b"a=1; expires=Sun, 20 Sep 2020 12:26:40 GMT; Path=/",
        id="expires-stays-an-expires",
    ),
    pytest.param(
        b"a=1; Expires=Wed, 21-Oct-2037 07:28:00 GMT; Max-Age=9999999",
        b"a=1; Expires=Sun, 20 Sep 2020 12:26:40 GMT; Max-Age=604800",
        id="each-where-it-stands",
    ),
    pytest.param(
        b"a=1; Max-Age=60; Expires=Wed, 21 Oct 2037 07:28:00 GMT",
        b"a=1; Max-Age=60; Expires=Sun, 20 Sep 2020 12:26:40 GMT",
        id="only-the-longer-one",
    ),
    pytest.param(b"a=1; Max-Age=" + b"9" * 5000, b"a=1; Max-Age=604800", id="absurdly-long"),
    pytest.param(b"a=1; Max-Age=-" + b"9" * 5000, None, id="absurdly-negative"),
    pytest.param(
        b"a=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT", b"a=1; Expires=Sun, 20 Sep 2020 12:26:40 GMT", id="end-of-time"
    ),
]


@pytest.mark.parametrize(("field", "expected"), CAP)
def test_cap(field: bytes, expected: bytes | None) -> None:
    assert passed("[{cap: 7d}]", field) == (field if expected is None else expected)


@pytest.mark.parametrize(
    ("rules", "response", "request_"),
    [
        pytest.param("[{match: {cookie: a}, drop: true}]", None, b"b=2", id="both"),
        pytest.param("[{match: {cookie: a}, drop: response}]", None, b"a=1; b=2", id="response"),
        pytest.param("[{match: {cookie: a}, drop: request}]", b"a=1", b"b=2", id="request"),
        pytest.param("[{keep: b}]", None, b"b=2", id="keep"),
        pytest.param("[{keep: [x, a*]}]", b"a=1", b"a=1", id="keep-this"),
        pytest.param("[{match: {cookie: b}, keep: x}]", b"a=1", b"a=1", id="keep-among-the-matching"),
        pytest.param("[{match: {cookie: a, direction: request}, drop: true}]", b"a=1", b"b=2", id="direction"),
        pytest.param("[{match: {cookie: a}, hold: true}]", None, b"b=2", id="hold"),
    ],
)
def test_passing(rules: str, response: bytes | None, request_: bytes) -> None:
    assert passed(rules, b"a=1") == response
    assert sent(rules, b"a=1; b=2") == request_


REPLACE = [
    pytest.param("{find: old, with: new}", b"a=old; x", b"a=new; x", id="exact-is-the-whole-value"),
    pytest.param("{find: old, with: new}", b"a=older", b"a=older", id="exact-is-no-part"),
    pytest.param("{find: 'o*', with: new}", b"a=older", b"a=new", id="glob"),
    pytest.param("{find: '~l', with: LL}", b"a=all well", b"a=aLLLL weLLLL", id="regex-everywhere"),
    pytest.param(r"{find: '~(\w+)@(\w+)', with: '\2 at \1'}", b"a=x@y", b"a=y at x", id="groups"),
    pytest.param(r"{find: '~(?P<n>\d+)', with: '<\g<n>\\>'}", b"a=7", rb"a=<7\>", id="named-group-and-backslash"),
    pytest.param("{find: [x, '~^o'], with: n}", b"a=old", b"a=nld", id="list"),
    pytest.param("{find: '~b', with: é}", b"a=\xffb\xfe", b"a=\xff\xc3\xa9\xfe", id="bytes-beside-it-stay"),
    pytest.param("{find: '~x*', with: '-'}", b"a=b", b"a=-b-", id="empty-finds"),
    pytest.param("{find: '*', with: z}", b"a", b"z", id="nameless"),
]


@pytest.mark.parametrize(("said", "field", "expected"), REPLACE)
def test_replace(said: str, field: bytes, expected: bytes) -> None:
    assert passed(f"[{{replace: {said}}}]", field) == expected
    assert sent(f"[{{replace: {said}}}]", field) == field, "on responses only, unless direction says otherwise"


def test_replace_on_requests() -> None:
    rules = "[{match: {cookie: a, direction: request}, replace: {find: '~o', with: 0}}]"
    assert sent(rules, b"b=o;  a=foo ; c") == b"b=o;  a=f00 ; c"
    assert passed(rules, b"a=foo") == b"a=foo"


def test_an_added_cookie_has_its_attributes_in_the_order_of_the_rule() -> None:
    rules = (
        "rules: [{add: {samesite: lax, name: lang, value: de, path: /, secure: true, httponly: false, max_age: 1h}}]"
    )
    host_rules = parse_config(rules.encode(), "rules.yaml").rules.for_host("shop.example")
    verdict = host_rules.on_response([], FACTS)
    assert [field.source for field in verdict.added] == [b"lang=de; SameSite=Lax; Path=/; Secure; Max-Age=3600"]
    assert [(change.action, change.before, change.after) for change in verdict.changes] == [
        ("add", None, b"lang=de; SameSite=Lax; Path=/; Secure; Max-Age=3600")
    ]
    assert verdict.names == (b"lang",)


@pytest.mark.parametrize(
    ("rules", "given_fields", "added"),
    [
        pytest.param("[{add: {name: a, value: 1}}]", [], [b"a=1"], id="into-a-response-without-cookies"),
        pytest.param("[{add: {name: a, value: 1}}]", [b"b=1", b"c=1"], [b"a=1"], id="once"),
        pytest.param("[{add: {name: a, value: 1}}]", [b"a=2"], [], id="not-if-it-is-there"),
        pytest.param("[{add: {name: a, value: 1}}, {add: {name: a, value: 2}}]", [], [b"a=1"], id="not-twice"),
        pytest.param("[{match: {cookie: b}, rename: a}, {add: {name: a, value: 1}}]", [b"b=2"], [], id="renamed-to-it"),
        pytest.param(
            "[{match: {cookie: a}, rename: b}, {add: {name: a, value: 1}}]", [b"a=2"], [], id="renamed-from-it"
        ),
        pytest.param(
            "[{match: {cookie: a}, drop: true}, {add: {name: a, value: 1}}]", [b"a=2"], [b"a=1"], id="dropped"
        ),
        pytest.param("[{match: {cookie: a}, hold: true}, {add: {name: a, value: 1}}]", [b"a=2"], [], id="held"),
        pytest.param("[{match: {host: other.example}, add: {name: a, value: 1}}]", [], [], id="elsewhere"),
        pytest.param("[{match: {scheme: http}, add: {name: a, value: 1}}]", [], [], id="on-http-only"),
        pytest.param("[{add: {name: a, value: 1, to: request}}]", [], [], id="to-requests"),
        pytest.param("[{mode: observe, add: {name: a, value: 1}}]", [], [], id="observe"),
    ],
)
def test_add(rules: str, given_fields: list[bytes], added: list[bytes]) -> None:
    host_rules = parse_config(f"rules: {rules}".encode(), "rules.yaml").rules.for_host("shop.example")
    verdict = host_rules.on_response([parse_set_cookie(field) for field in given_fields], FACTS)
    assert [field.source for field in verdict.added] == added


@pytest.mark.parametrize(
    ("cookies", "merged", "expected"),
    [
        (b"", (), b"a=1"),
        (b"b=2;c=3", (), b"b=2;c=3; a=1"),
        (b"a=9", (), b"a=9"),
        (b"b=2", (b"a",), b"b=2"),
    ],
)
def test_add_to_requests(cookies: bytes, merged: tuple[bytes, ...], expected: bytes) -> None:
    rules = parse_config(b"rules: [{add: {name: a, value: 1, to: request}}]", "r").rules.for_host("x.example")
    assert rules.on_request(CookieString(cookies), FACTS, lambda name: None, merged=merged).cookies.source == expected


ANY_FIELD = st.binary(max_size=60) | st.lists(
    st.sampled_from(
        [
            b"a=1",
            b"; ",
            b";",
            b"Secure",
            b"Path=/",
            b"SameSite=Lax",
            b"Max-Age=99999999",
            b"=",
            b" ",
            b"\xff",
            b"Expires=Wed, 21 Oct 2037 07:28:00 GMT",
        ]
    ),
    max_size=12,
).map(b"".join)


@given(ANY_FIELD)
def test_whatever_comes_setting_twice_is_setting_once(field: bytes) -> None:
    rules = "[{set: {secure: true, samesite: lax, max_age: 60, domain: false, path: /}, cap: 1h}]"
    once = passed(rules, field)
    assert once is not None
    assert passed(rules, once) == once


@given(ANY_FIELD)
def test_whatever_comes_passes_untouched_where_no_rule_matches(field: bytes) -> None:
    assert passed("[{match: {cookie: no-such, has: {secure: true}}, set: {value: x}}]", field) == field
