"""The engine: which rules apply, in which order, and what becomes of a message (R14, R23)."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.config import parse_config
from cookieproxy.core.access import Access, Party
from cookieproxy.core.cookie import Cookie, SameSite
from cookieproxy.core.events import Change
from cookieproxy.core.syntax import CookieString, parse_set_cookie
from cookieproxy.rules.engine import Facts, HostRules, Record

CLIENT = "127.0.0.1 curl/8 3fa9c1"


def facts(scheme: str = "https", path: bytes = b"/", party: Party = Party.FIRST, flow: object = None) -> Facts:
    return Facts(Access(scheme, "shop.example", path, 1e9, party=party), "shop.example", CLIENT, flow)


SHOP = facts()


def compile_filter(source: str) -> Callable[[object], bool]:
    """Stands in for mitmproxy's filters: holds for flows that are the filter's own text."""
    if source == "broken":
        raise ValueError(source)
    return lambda flow: flow == source


def rules_of(rules: str, host: str = "shop.example") -> HostRules:
    return parse_config(f"rules: {rules}".encode(), "rules.yaml", compile_filter).rules.for_host(host)


def passed(rules: HostRules, field: bytes, about: Facts = SHOP) -> bytes | None:
    verdict = rules.on_response([parse_set_cookie(field)], about).fields[0]
    return None if verdict.passed is None else verdict.passed.source


def unknown(name: bytes) -> Cookie | None:
    return None


HOSTS = [
    pytest.param("host: shop.example", ["shop.example"], ["www.shop.example", "shop.example.evil"], id="host"),
    pytest.param("host: SHOP.Example", ["shop.example"], [], id="case-of-hosts"),
    pytest.param("host: '*.shop.example'", ["a.shop.example", "a.b.shop.example"], ["shop.example"], id="below"),
    pytest.param("host: 'shop*'", ["shop.example", "shop2.example"], ["www.shop.example"], id="glob"),
    pytest.param("host: '*.sh?p.example'", ["a.shop.example"], ["shop.example"], id="glob-below"),
    pytest.param("host: '~^(www|app)[.]'", ["www.a.example", "app.b.example"], ["shop.example"], id="regex"),
    pytest.param("site: shop.example", ["shop.example", "a.b.shop.example"], ["myshop.example", "example"], id="site"),
    pytest.param("site: .shop.example", ["shop.example", "a.shop.example"], [], id="site-with-dot"),
    pytest.param("site: [a.example, b.example]", ["a.example", "x.b.example"], ["c.example"], id="sites"),
    pytest.param("host: [a.example, '*.b.example']", ["a.example", "x.b.example"], ["b.example"], id="hosts"),
    pytest.param(
        "{site: shop.example, host: 'www.*'}", ["www.shop.example"], ["shop.example", "www.x.example"], id="both"
    ),
    pytest.param("host: '[::1]'", ["[::1]"], ["::1"], id="ipv6"),
    pytest.param("site: 127.0.0.1", ["127.0.0.1"], ["127.0.0.11"], id="ipv4"),
    pytest.param("host: münchen.example", ["xn--mnchen-3ya.example"], [], id="idn"),
    pytest.param("{}", ["a", "b.example", "[::1]"], [], id="everywhere"),
]


@pytest.mark.parametrize(("match", "on", "off"), HOSTS)
def test_a_rule_applies_on_hosts(match: str, on: list[str], off: list[str]) -> None:
    match = match if match.startswith("{") else f"{{{match}}}"
    rule_set = parse_config(f"rules: [{{match: {match}, drop: true}}]".encode(), "rules.yaml").rules
    assert [host for host in on if passed(rule_set.for_host(host), b"a=1") is not None] == []
    assert [host for host in off if passed(rule_set.for_host(host), b"a=1") is None] == []
    assert [host for host in off if not rule_set.for_host(host).is_empty] == []


CONDITIONS = [
    pytest.param("scheme: https", facts("https"), facts("http"), id="scheme"),
    pytest.param("scheme: [http, https]", facts("http"), None, id="schemes"),
    pytest.param("party: third", facts(party=Party.THIRD), facts(party=Party.UNKNOWN), id="party"),
    pytest.param("party: [third, unknown]", facts(party=Party.UNKNOWN), facts(), id="parties"),
    pytest.param("path: '/api/*'", facts(path=b"/api/x"), facts(path=b"/apix"), id="path"),
    pytest.param("path: /é", facts(path="/é".encode()), facts(path=b"/e"), id="path-text"),
    pytest.param("client: '127.0.0.1 curl*'", SHOP, None, id="client"),
    pytest.param("client: '* Chrome*'", None, SHOP, id="other-client"),
    pytest.param("when: ~d shop", facts(flow="~d shop"), facts(flow="other"), id="when"),
    pytest.param("when: ~d shop", None, facts(flow=None), id="when-without-flow"),
    pytest.param("direction: response", SHOP, None, id="response"),
    pytest.param("direction: request", None, SHOP, id="request"),
]


@pytest.mark.parametrize(("match", "holds", "fails"), CONDITIONS)
def test_a_rule_applies_under_its_conditions(match: str, holds: Facts | None, fails: Facts | None) -> None:
    direction = "" if match.startswith("direction") else ", direction: response"
    rules = rules_of(f"[{{match: {{{match}{direction}}}, drop: true}}]")
    assert holds is None or passed(rules, b"a=1", holds) is None
    assert fails is None or passed(rules, b"a=1", fails) == b"a=1"


HAS = [
    ("secure: true", b"a=1; secure=x", b"a=1"),
    ("secure: false", b"a=1", b"a=1; Secure"),
    ("samesite: none", b"a=1; SameSite=NONE", b"a=1; SameSite=Lax"),
    ("samesite: [lax, strict]", b"a=1; SameSite=strict", b"a=1"),
    ("samesite: false", b"a=1", b"a=1; SameSite=x"),
    ("domain: '*.example'", b"a=1; Domain=.Shop.EXAMPLE", b"a=1; Domain=x.test"),
    ("domain: true", b"a=1; Domain=x", b"a=1"),
    ("path: /", b"a=1; Path=/x; Path=/", b"a=1; Path=/; Path=/x"),
    ("max_age: '~^[0-9]{8,}$'", b"a=1; Max-Age=99999999", b"a=1; Max-Age=60"),
    ("httponly: true, expires: true", b"a=1; HttpOnly; Expires=x", b"a=1; HttpOnly"),
]


@pytest.mark.parametrize(("has", "holds", "fails"), HAS, ids=[row[0] for row in HAS])
def test_a_rule_asks_for_attributes(has: str, holds: bytes, fails: bytes) -> None:
    rules = rules_of(f"[{{match: {{has: {{{has}}}}}, drop: true}}]")
    assert passed(rules, holds) is None
    assert passed(rules, fails) == fails


STORED = Cookie(
    b"a",
    b"1",
    "shop.example",
    b"/x",
    0,
    0,
    1,
    expiry_time=60,
    host_only=False,
    secure_only=True,
    same_site=SameSite.LAX,
)


@pytest.mark.parametrize(
    ("has", "stored", "drops"),
    [
        ("secure: true", STORED, True),
        ("secure: true", None, False),
        ("secure: false", None, False),
        ("httponly: false", STORED, True),
        ("samesite: lax, domain: shop.example, path: /x, expires: true, max_age: 60", STORED, True),
        ("priority: false, partitioned: false", STORED, True),
        ("priority: true", STORED, False),
    ],
)
def test_on_the_way_up_attributes_are_the_stored_ones(has: str, stored: Cookie | None, drops: bool) -> None:
    rules = rules_of(f"[{{match: {{has: {{{has}}}}}, drop: true}}]")
    verdict = rules.on_request(CookieString(b"a=1; b=2"), SHOP, lambda name: stored if name == b"a" else None)
    assert verdict.cookies.source == (b"b=2" if drops else b"a=1; b=2")
    assert verdict.dropped == (frozenset({0}) if drops else frozenset())


@pytest.mark.parametrize(
    ("except_", "field", "passes"),
    [
        ("cookie: consent", b"consent=1", True),
        ("cookie: consent", b"sid=1", False),
        ("host: shop.example", b"sid=1", True),
        ("host: other.example", b"sid=1", False),
        ("{host: shop.example, cookie: sid}", b"sid=1", True),
        ("{host: shop.example, cookie: sid}", b"x=1", False),
        ("{host: other.example, cookie: sid}", b"sid=1", False),
        ("value: 'keep*'", b"a=keep me", True),
        ("value: 'keep*'", b"a=drop me", False),
        ("scheme: https", b"a=1", True),
        ("direction: request", b"a=1", False),
        ("{}", b"a=1", False),
    ],
)
def test_except(except_: str, field: bytes, passes: bool) -> None:
    except_ = except_ if except_.startswith("{") else f"{{{except_}}}"
    rules = rules_of(f"[{{match: {{site: example}}, except: {except_}, drop: true}}]")
    assert passed(rules, field) == (field if passes else None)


ORDER = [
    pytest.param("[{set: {samesite: lax}}, {set: {samesite: strict}}]", b"a=1; SameSite=Strict", id="later-wins"),
    pytest.param("[{set: {samesite: lax}, stop: true}, {set: {samesite: strict}}]", b"a=1; SameSite=Lax", id="stop"),
    pytest.param("[{match: {cookie: b}, set: {path: /}, stop: true}, {drop: true}]", None, id="stop-of-another-cookie"),
    pytest.param(
        "[{set: {value: 2}}, {match: {value: 2}, drop: true}]", b"a=2", id="conditions-see-the-applications-value"
    ),
    pytest.param("[{set: {max_age: 60}, cap: 1}]", b"a=1; Max-Age=1", id="as-written-in-a-rule"),
    pytest.param("[{cap: 1, set: {max_age: 60}}]", b"a=1; Max-Age=60", id="as-written-the-other-way"),
    pytest.param("[{drop: true}, {match: {cookie: a}, hold: true}]", None, id="hold-after-drop"),
    pytest.param("[{mode: observe, drop: true, stop: true}, {set: {path: /}}]", b"a=1; Path=/", id="observe"),
    pytest.param(
        "[{match: {cookie: a}, rename: b, set: {path: /}}, {set: {secure: true}}]", b"b=1; Path=/; Secure", id="rename"
    ),
    pytest.param(
        "[{match: {cookie: a}, rename: 'x_{name}'}, {match: {cookie: a}, rename: 'y_{name}'}]", b"y_a=1", id="renames"
    ),
]


@pytest.mark.parametrize(("rules", "expected"), ORDER)
def test_every_rule_that_matches_applies_in_order(rules: str, expected: bytes | None) -> None:
    assert passed(rules_of(rules), b"a=1") == expected


def test_a_held_cookie_keeps_its_own_name_and_is_edited() -> None:
    rules = rules_of("[{match: {cookie: a}, rename: b, set: {secure: true}}, {match: {cookie: a}, hold: true}]")
    (verdict,) = rules.on_response([parse_set_cookie(b"a=1")], SHOP).fields
    assert verdict.passed is None
    assert verdict.held is not None
    assert verdict.held.source == b"a=1; Secure"
    assert verdict.made_from is None


def test_the_nameless_cookie_is_held_by_a_star() -> None:
    rules = rules_of("[{match: {cookie: '*'}, hold: true}]")
    (verdict,) = rules.on_response([parse_set_cookie(b"bare")], SHOP).fields
    assert verdict.held is not None
    assert verdict.held.source == b"bare"
    assert rules.on_request(CookieString(b"bare; a=1"), SHOP, unknown).held == frozenset({0, 1})


def test_changes_say_which_rule_did_what() -> None:
    rules = rules_of(
        "[{name: one, match: {cookie: a}, rename: b, set: {path: /}}, {cap: 7d}, {drop: true}, {set: {secure: true}}]"
    )
    (verdict,) = rules.on_response([parse_set_cookie(b"a=1")], SHOP).fields
    assert verdict.changes == (
        Change("one", "rename", b"a=1", b"b=1"),
        Change("one", "set", b"b=1", b"b=1; Path=/"),
        Change("rules[2]", "drop", b"b=1; Path=/", None),
    )


def test_a_request_says_of_which_cookie_each_change_is() -> None:
    rules = rules_of(
        "[{match: {cookie: a}, drop: true}, {match: {cookie: b}, hold: true},"
        " {match: {cookie: c, direction: request}, replace: {find: '*', with: z}}, {add: {name: d, value: 4, to: request}}]"
    )
    given_cookies = CookieString(b"a=1; b=2; c=3")
    verdict = rules.on_request(given_cookies, SHOP, unknown)
    assert verdict.cookies.source == b"c=z; d=4"
    assert (verdict.dropped, verdict.held, verdict.added) == (frozenset({0}), frozenset({1}), ((b"d", b"4"),))
    assert list(zip(verdict.names, verdict.changes, strict=True)) == [
        (b"a", Change("rules[0]", "drop", b"a=1", None)),
        (b"b", Change("rules[1]", "hold", b"b=2", None)),
        (b"c", Change("rules[2]", "replace", b"c=3", b"c=z")),
        (b"d", Change("rules[3]", "add", None, b"d=4")),
    ]


def test_observing_changes_nothing_and_says_what_would() -> None:
    rules = rules_of(
        "[{match: {cookie: a}, rename: b}, {match: {cookie: a}, set: {path: /}}, {match: {cookie: c}, hold: true},"
        " {add: {name: d, value: 4}}, {add: {name: e, value: 5, to: request}}]"
    )
    fields = [parse_set_cookie(b"a=1"), parse_set_cookie(b"c=1")]
    response = rules.on_response(fields, SHOP, observe=True)
    assert [verdict.passed for verdict in response.fields] == fields
    assert all(verdict.passed is field for verdict, field in zip(response.fields, fields, strict=True))
    assert [(verdict.held, verdict.made_from) for verdict in response.fields] == [(None, None)] * 2
    assert response.added == ()
    cookies = CookieString(b"c=1; a=2")
    request = rules.on_request(cookies, SHOP, unknown, observe=True)
    assert request.cookies is cookies
    assert (request.held, request.dropped, request.added) == (frozenset(), frozenset(), ())
    told = [*response.fields[0].changes, *response.fields[1].changes, *response.changes, *request.changes]
    assert [(change.action, change.after, change.observed) for change in told] == [
        ("rename", b"b=1", True),
        ("set", b"b=1; Path=/", True),
        ("hold", None, True),
        ("add", b"d=4", True),
        ("hold", None, True),
        ("add", b"e=5", True),
    ]


def test_a_rule_that_observes_leaves_the_others_to_work() -> None:
    rules = rules_of("[{mode: observe, set: {path: /}, cap: 1}, {set: {secure: true}}]")
    (verdict,) = rules.on_response([parse_set_cookie(b"a=1; Max-Age=9")], SHOP).fields
    assert verdict.passed is not None
    assert verdict.passed.source == b"a=1; Max-Age=9; Secure"
    assert [(change.action, change.after, change.observed) for change in verdict.changes] == [
        ("set", b"a=1; Max-Age=9; Path=/", True),
        ("cap", b"a=1; Max-Age=1; Path=/", True),
        ("set", b"a=1; Max-Age=9; Secure", False),
    ]


UNDO = [
    pytest.param("sid", "__Host-sid", b"__Host-sid=1; x=2", b"sid=1; x=2", (), id="fixed"),
    pytest.param("'*'", "p_{name}", b" p_a=1 ;x=2; p_=3", b" a=1 ;x=2; 3", (), id="prefix-and-nameless"),
    pytest.param("'*'", "{name}_s", b"a_s=1; _s=2; s=3", b"a=1; 2; s=3", (), id="suffix"),
    pytest.param("'*'", "{name}-{name}", b"ab-ab=1; ab-ac=2", b"ab=1; ab-ac=2", (), id="twice"),
    pytest.param("'a*'", "p_{name}", b"p_ab=1; p_b=2", b"ab=1; p_b=2", (), id="only-what-the-rule-matches"),
    pytest.param("[a, b]", "p_{name}", b"p_a=1; p_b=2; p_c=3", b"a=1; b=2; p_c=3", (), id="listed"),
    pytest.param("sid", "__Host-sid", b"sid=old; __Host-sid=new", b"sid=new", (b"sid",), id="new-one-wins"),
    pytest.param("sid", "__Host-sid", b"sid=0;sid=1; __Host-sid=2; x=3", b" sid=2; x=3", (b"sid",), id="all-old-go"),
    pytest.param("'*'", "p_{name}", b"p_a=1; p_p_a=2", b"a=1; p_a=2", (), id="a-new-name-of-a-new-name"),
    pytest.param("sid", "__Host-sid", b"x=1", b"x=1", (), id="nothing-to-undo"),
    pytest.param("sid", "__Host-sid", b"__host-sid=1", b"__host-sid=1", (), id="case"),
]


@pytest.mark.parametrize(("cookie", "template", "given_cookies", "expected", "stale"), UNDO)
def test_undo(cookie: str, template: str, given_cookies: bytes, expected: bytes, stale: tuple[bytes, ...]) -> None:
    rules = rules_of(f"[{{match: {{cookie: {cookie}, scheme: http, party: third}}, rename: '{template}'}}]")
    undone = rules.undo(CookieString(given_cookies))
    assert undone.cookies.source.strip() == expected.strip()
    assert undone.stale == stale


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({b"new": b"old"}, b"old=1"),
        ({b"new": b"older"}, b"older=1"),
        ({b"new": Record.NOT_MADE}, b"new=1"),
        ({b"new": Record.UNKNOWN}, b"old=1"),
    ],
)
def test_the_record_of_renames_goes_before_the_rule(record: dict[bytes, bytes | Record], expected: bytes) -> None:
    rules = rules_of("[{match: {cookie: old}, rename: new}]")
    assert rules.undo(CookieString(b"new=1"), record.__getitem__).cookies.source == expected


def test_a_rename_is_undone_when_its_rule_is_gone() -> None:
    rules = rules_of("[]")
    assert rules.is_empty
    undone = rules.undo(CookieString(b"new=1; x=2"), {b"new": b"old", b"x": Record.NOT_MADE}.__getitem__)
    assert undone.cookies.source == b"old=1; x=2"
    assert undone.renamed == ((b"new", b"old"),)


def test_of_two_new_names_the_one_of_todays_rule_wins() -> None:
    rules = rules_of("[{match: {cookie: sid}, rename: today}]")
    undone = rules.undo(CookieString(b"past=1; today=2"), lambda name: b"sid")
    assert undone.cookies.source == b"sid=2"
    assert undone.stale == (b"past",)


@pytest.mark.parametrize(
    "rule",
    [
        "{match: {host: other.example, cookie: old}, rename: new}",
        "{match: {cookie: old}, rename: new, mode: observe}",
        "{match: {cookie: old}, except: {cookie: old}, rename: new}",
        "{match: {cookie: '*'}, except: {host: shop.example}, rename: 'n{name}'}",
    ],
)
def test_no_undo_where_the_rule_made_no_name(rule: str) -> None:
    cookies = CookieString(b"new=1")
    assert rules_of(f"[{rule}]").undo(cookies).cookies is cookies


NAME = st.text(alphabet="ab_-", min_size=1, max_size=4)


@given(
    NAME,
    st.sampled_from(["p_{name}", "{name}_s", "a{name}b", "{name}{name}", "{name}-x-{name}"]),
    st.binary(max_size=4),
)
def test_what_a_rename_makes_its_undo_takes_back(name: str, template: str, value: bytes) -> None:
    value = bytes(octet for octet in value if octet not in b"; \t")
    rules = rules_of(f"[{{rename: '{template}'}}]")
    field = b"%s=%s; Path=/" % (name.encode(), value)
    (verdict,) = rules.on_response([parse_set_cookie(field)], SHOP).fields
    assert verdict.passed is not None
    cookie = b"x=1;  " + verdict.passed.source.partition(b"; ")[0] + b" ; y"
    undone = rules.undo(CookieString(cookie), lambda seen: Record.UNKNOWN if verdict.made_from else Record.NOT_MADE)
    assert (name.encode(), value) in [(pair.name, pair.value) for pair in undone.cookies.pairs]


@given(st.binary(max_size=80))
def test_no_cookie_header_is_rebuilt_without_need(source: bytes) -> None:
    rules = rules_of("[{match: {cookie: no-such-name}, drop: true, rename: __Host-none}]")
    cookies = CookieString(source)
    assert rules.undo(cookies, lambda name: Record.UNKNOWN).cookies is cookies
    assert rules.on_request(cookies, SHOP, unknown).cookies is cookies


def test_hosts_with_the_same_rules_share_them() -> None:
    rule_set = parse_config(
        b"rules: [{match: {site: a.example}, drop: true}, {match: {cookie: x}, drop: true}]", "r"
    ).rules
    assert rule_set.for_host("b.example") is rule_set.for_host("c.example")
    assert rule_set.for_host("x.a.example") is rule_set.for_host("y.a.example")
    assert rule_set.names == ("rules[0]", "rules[1]")


def test_hostile_names_do_not_fill_the_memory() -> None:
    rules = rules_of("[{match: {cookie: 'x*'}, drop: true}]")
    for number in range(5000):
        rules.on_response([parse_set_cookie(b"n%d=1" % number), parse_set_cookie(b"n" * 300 + b"%d=1" % number)], SHOP)
    remembered = rules._field_plans
    assert len(remembered) <= 1024
    assert max(map(len, remembered)) <= 256


def test_ten_thousand_renamed_cookies_are_undone_in_one_go() -> None:
    rules = rules_of("[{rename: 'p_{name}'}]")
    undone = rules.undo(CookieString(b"; ".join(b"p_%d=1" % number for number in range(10_000))))
    assert len(undone.renamed) == 10_000
    assert undone.cookies.pairs[-1].name == b"9999"


STEADY_AND_NOT = [
    "set: {secure: true, samesite: lax}",
    "set: {value: other}",
    "set: {expires: 1d}",
    "set: {expires: 'Wed, 21 Oct 2026 07:28:00 GMT'}",
    "cap: 1h",
    "{cap: 1h, set: {expires: 30d}}",
    "drop: response",
    "keep: [other]",
    "rename: 'x-{name}'",
    "hold: true",
    "pack: jar",
    "replace: {find: '~1', with: '2'}",
    "subkey: {set: {a: b}}",
    "{match: {party: third}, drop: true}",
    "{match: {has: {secure: true}}, rename: 'x-{name}'}",
    "{except: {value: 'v1'}, drop: true}",
    "{mode: observe, drop: true}",
]


@pytest.mark.parametrize("rule", STEADY_AND_NOT)
@pytest.mark.parametrize(
    "field",
    [
        b"a=v1",
        b"a=v1; Max-Age=86400; Secure",
        b"a=v1; Expires=Sun, 09 Sep 2001 09:46:40 GMT",
        b"a=v1; Max-Age=86400; Expires=Mon, 10 Sep 2001 09:46:40 GMT",
    ],
)
def test_a_field_that_comes_again_is_judged_as_if_it_came_for_the_first_time(rule: str, field: bytes) -> None:
    said = f"[{rule if rule.startswith('{') else '{' + rule + '}'}]"
    about = [
        SHOP,
        SHOP,
        facts("http", b"/other", Party.THIRD),
        Facts(SHOP.access._replace(time=1e9 + 5_000), "shop.example", "another client"),
    ]
    rules = rules_of(said)
    for each in about:
        again, first = rules, rules_of(said)
        for observe in (False, True):
            fields = [parse_set_cookie(field), parse_set_cookie(b"b=" + field[2:])]
            assert again.on_response(fields, each, observe) == first.on_response(fields, each, observe)


def test_a_field_is_judged_anew_where_other_rules_are_in_force() -> None:
    both = parse_config(
        b"rules: [{match: {host: a.example}, set: {secure: true}}, {match: {host: b.example}, drop: true}]", "r.yaml"
    ).rules
    field = parse_set_cookie(b"a=1")
    for _ in range(2):
        assert both.for_host("a.example").on_response([field], SHOP).fields[0].passed == parse_set_cookie(
            b"a=1; Secure"
        )
        assert both.for_host("b.example").on_response([field], SHOP).fields[0].passed is None
