"""`header`: fields of the message set and removed, once a message, P3P first (R4, R9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.config import parse_config
from cookieproxy.core.access import Access, Party
from cookieproxy.core.cookie import Cookie
from cookieproxy.core.syntax import CookieString, parse_set_cookie
from cookieproxy.rules.engine import Facts, HostRules
from cookieproxy.rules.headers import Fields, with_header

FACTS = Facts(
    Access("https", "shop.example", b"/cart", 1e9, party=Party.FIRST), "shop.example", "10.0.0.1 curl/8 3fa9c1"
)


def rules_of(rules: str) -> HostRules:
    return parse_config(f"rules: {rules}".encode(), "rules.yaml").rules.for_host("shop.example")


def answered(rules: str, fields: Fields, *set_cookies: bytes) -> Fields:
    """The fields of a response once the rules have been at them."""
    host_rules = rules_of(rules)
    verdict = host_rules.response_headers([parse_set_cookie(field) for field in set_cookies], fields, FACTS)
    for name, text in verdict.edits:
        fields = with_header(fields, name, text)
    return fields


def asked(rules: str, cookies: bytes, fields: Fields = (), scopes: bytes = b"SCOPES") -> Fields:
    """The fields of a request once the rules have been at them."""
    pairs = [(pair.name, pair.value) for pair in CookieString(cookies).pairs]
    verdict = rules_of(rules).request_headers(pairs, fields, FACTS, lambda name: None, lambda: scopes)
    for name, text in verdict.edits:
        fields = with_header(fields, name, text)
    return fields


SERVER = (b"Server", b"x")
P3P = (b"P3P", b'CP="CAO"')
RESPONSES = [
    pytest.param("[{header: {P3P: 'CP=\"CAO\"'}}]", (SERVER,), (SERVER, P3P), id="absent"),
    pytest.param("[{header: {P3P: 'CP=\"CAO\"'}}]", ((b"p3p", b"old"), SERVER), ((b"p3p", P3P[1]), SERVER), id="replaced"),
    pytest.param("[{header: {P3P: new}}]", ((b"P3P", b"1"), SERVER, (b"p3p", b"2")), ((b"P3P", b"new"), SERVER), id="one"),
    pytest.param("[{header: {P3P: 'CP=\"CAO\"'}}]", (P3P, SERVER), (P3P, SERVER), id="there-already"),
    pytest.param("[{header: {server: false}}]", (SERVER, P3P, (b"SERVER", b"y")), (P3P,), id="removed"),
    pytest.param("[{header: {X: false}}]", (SERVER,), (SERVER,), id="not-there"),
    pytest.param("[{header: {A: 1, B: 2}}]", (), ((b"A", b"1"), (b"B", b"2")), id="in-order"),
    pytest.param("[{header: {A: 1}}, {header: {a: 2}}]", (), ((b"A", b"2"),), id="a-later-rule-wins"),
    pytest.param("[{header: {A: ' é '}}]", (), ((b"A", b"\xc3\xa9"),), id="utf-8-without-outer-space"),
    pytest.param("[{match: {direction: request}, header: {A: 1}}]", (), (), id="on-requests-only"),
    pytest.param("[{match: {path: /cart, scheme: https, party: first}, header: {A: 1}}]", (), ((b"A", b"1"),), id="holds"),
    pytest.param("[{match: {path: /other}, header: {A: 1}}]", (), (), id="another-path"),
    pytest.param("[{match: {host: a.example}, header: {A: 1}}]", (), (), id="another-host"),
    pytest.param("[{except: {path: /cart}, header: {A: 1}}]", (), (), id="excepted"),
    pytest.param("[{except: {host: a.example}, header: {A: 1}}]", (), ((b"A", b"1"),), id="not-excepted"),
    pytest.param("[{mode: observe, header: {A: 1}}]", (), (), id="observed"),
    pytest.param("[{match: {cookie: sid}, header: {A: 1}}]", (), (), id="a-cookie-that-is-not-there"),
    pytest.param("[{header: {NEL: '{\"a\": {cookie}}'}}]", (), ((b"NEL", b'{"a": {cookie}}'),), id="braces-are-text"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "fields", "expected"), RESPONSES)
def test_responses(rules: str, fields: Fields, expected: Fields) -> None:
    assert answered(rules, fields) == expected


COOKIES = [
    pytest.param("match: {cookie: sid}", [b"a=1", b"sid=2"], True, id="one-of-them"),
    pytest.param("match: {cookie: sid}", [b"a=1"], False, id="none-of-them"),
    pytest.param("match: {cookie: sid, value: '2*'}", [b"sid=1", b"x=2"], False, id="all-conditions-on-one"),
    pytest.param("match: {cookie: sid, has: {secure: true}}", [b"sid=1; Secure"], True, id="has"),
    pytest.param("match: {has: {secure: true}}", [b"sid=1"], False, id="has-not"),
    pytest.param("match: {cookie: 's*'}, except: {cookie: sid}", [b"sid=1"], False, id="except-this-one"),
    pytest.param("match: {cookie: 's*'}, except: {cookie: sid}", [b"sid=1", b"s=2"], True, id="another-is-left"),
    pytest.param("except: {cookie: sid}", [b"sid=1", b"s=2"], False, id="spares-messages-with-it"),
    pytest.param("except: {cookie: sid}", [], True, id="message-without"),
    pytest.param("except: {cookie: sid, path: /x}", [b"sid=1"], True, id="all-of-except"),
]


@pytest.mark.parametrize(("conditions", "set_cookies", "applies"), COOKIES)
def test_conditions_on_cookies(conditions: str, set_cookies: list[bytes], applies: bool) -> None:
    expected = ((b"A", b"1"),) if applies else ()
    assert answered(f"[{{{conditions}, header: {{A: 1}}}}]", (), *set_cookies) == expected


def test_a_rule_that_drops_the_cookie_does_not_hide_it_from_conditions() -> None:
    rules = "[{match: {cookie: sid}, drop: true}, {match: {cookie: sid}, header: {A: 1}}]"
    assert answered(rules, (), b"sid=1") == ((b"A", b"1"),)


SCOPES = "[{match: {direction: request}, header: {X-Scopes: '{cookies}'}}]"


def test_scopes_in_requests() -> None:
    assert asked(SCOPES, b"a=1") == ((b"X-Scopes", b"SCOPES"),)
    assert asked(SCOPES.replace("'{c", "'v1 {c"), b"a=1") == ((b"X-Scopes", b"v1 SCOPES"),)
    assert asked(SCOPES.replace("request", "[request]"), b"a=1", ((b"X-Scopes", b"forged"),)) == (
        (b"X-Scopes", b"SCOPES"),
    )


def test_where_there_are_no_scopes_the_clients_own_word_is_removed() -> None:
    assert asked(SCOPES, b"", ((b"x-scopes", b"forged"), SERVER), scopes=b"") == (SERVER,)


def test_changes_are_told_in_the_form_of_a_pair_so_that_they_can_be_masked() -> None:
    rules = rules_of("[{name: r, header: {A: 'x; y', B: false, C: same}}]")
    fields = ((b"b", b"1"), (b"c", b"same"), (b"B", b"2;3"))
    changes = rules.response_headers([], fields, FACTS).changes
    assert [(change.rule, change.action, change.before, change.after, change.observed) for change in changes] == [
        ("r", "header", None, b"A=x%3B y", False),
        ("r", "header", b"B=1, 2%3B3", None, False),
    ]
    observed = rules.response_headers([], fields, FACTS, observe=True)
    assert observed.edits == ()
    assert {change.observed for change in observed.changes} == {True}


def test_rules_without_headers_ask_nothing() -> None:
    assert not rules_of("[{drop: true}]").edits_response_headers
    assert not rules_of("[{header: {A: 1}}]").edits_request_headers


def test_stored_attributes_are_known_of_requests() -> None:
    rules = rules_of("[{match: {direction: request, has: {secure: true}}, header: {A: 1}}]")
    secure = Cookie(b"a", b"1", "shop.example", b"/", 0, 0, 1, secure_only=True)
    verdict = rules.request_headers([(b"a", b"1")], (), FACTS, {b"a": secure}.get, bytes)
    assert verdict.edits == ((b"A", b"1"),)


NAME = st.sampled_from([b"A", b"a", b"B", b"bb", b"Bb"])
FIELDS = st.lists(st.tuples(NAME, st.sampled_from([b"1", b"2"])), max_size=6).map(tuple)


@given(FIELDS, NAME, st.sampled_from([b"1", b"2", None]))
def test_other_fields_stay_as_they_are(fields: Fields, name: bytes, text: bytes | None) -> None:
    edited = with_header(fields, name, text)
    assert with_header(edited, name, text) is edited
    assert [f for f in edited if f[0].lower() != name.lower()] == [f for f in fields if f[0].lower() != name.lower()]
    assert [f[1] for f in edited if f[0].lower() == name.lower()] == ([] if text is None else [text])
    if edited == fields:
        assert edited is fields
