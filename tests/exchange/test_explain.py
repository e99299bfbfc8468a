"""What a Set-Cookie comes to, tried out over rules and browsers without a proxy (R8, R9, R21)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookieproxy.config import parse_config
from cookieproxy.core.profiles import PROFILES, Overrides
from cookieproxy.exchange.explain import Ending, Explanation, Question, explain, request_head
from cookieproxy.rules.engine import RuleSet
from cookieproxy.suffixes import load

NOW = 1_800_000_000.0
DAY = 86_400.0


def question(*fields: str, at: str = "https://shop.example/", caused_by: str | None = None) -> Question:
    scheme, _, rest = at.partition("://")
    host, slash, path = rest.partition("/")
    return Question(scheme, host, (slash + path).encode(), tuple(f.encode("latin-1") for f in fields), NOW, caused_by)


def rules(text: str) -> RuleSet:
    return parse_config(text.encode(), "rules.yaml").rules


def ask(asked: Question, browser: str = "chrome", by: str = "", limits: Overrides = Overrides()) -> list[Explanation]:
    return explain(asked, rules(by), PROFILES[browser].with_limits(limits), load())


@pytest.mark.parametrize(
    ("asked", "browser", "ending", "reason"),
    [
        pytest.param(question("sid=1"), "chrome", "stored", None, id="plain"),
        pytest.param(question("sid=1", "sid=2"), "chrome", "replaced", None, id="the last of two in one jar"),
        pytest.param(question("sid=1", "sid=; Max-Age=0"), "chrome", "removed", "deleted", id="set and deleted"),
        pytest.param(question("sid=; Max-Age=0"), "chrome", "ignored", "already-expired", id="nothing to delete"),
        pytest.param(question("sid=1; Domain=other.example"), "chrome", "ignored", "domain-mismatch", id="foreign"),
        pytest.param(question("__Host-a=1; Path=/; Secure"), "chrome", "stored", None, id="a prefix that is kept"),
        pytest.param(
            question("__Host-a=1; Path=/; Secure; Domain=shop.example"),
            "firefox",
            "ignored",
            "prefix-host",
            id="and not",
        ),
        pytest.param(
            question("__Host-a=1; Domain=shop.example"), "classic", "stored", None, id="a prefix nobody knows"
        ),
        pytest.param(
            question("a=1; Secure", at="http://shop.example/"), "chrome", "ignored", "secure-over-http", id="over http"
        ),
        pytest.param(
            question("a=1; Secure", at="http://localhost/"), "chrome", "stored", None, id="localhost is trusted"
        ),
        pytest.param(
            question("a=1; Secure", at="http://localhost/"), "safari", "ignored", "secure-over-http", id="not by Safari"
        ),
        pytest.param(
            question("a=1", caused_by="https://news.example/page"), "chrome", "ignored", "same-site-default", id="third"
        ),
        pytest.param(question("a=1", caused_by="https://www.shop.example/"), "chrome", "stored", None, id="own page"),
        pytest.param(
            question("a=1", caused_by="https://news.example/"), "firefox", "stored", None, id="third, Firefox"
        ),
        pytest.param(question("a\0=1"), "chrome", "ignored", "control-character", id="NUL"),
        pytest.param(question(""), "chrome", "ignored", "no-content", id="nothing"),
        pytest.param(question("bare"), "curl", "ignored", "nameless", id="nameless"),
    ],
)
def test_the_last_field_ends(asked: Question, browser: str, ending: str, reason: str | None) -> None:
    last = ask(asked, browser)[-1]
    assert (last.ending, last.reason) == (ending, reason)
    assert (last.sentence is None) == (reason is None)


RULES = """
rules:
  - name: harden
    match: {cookie: sid}
    set: {secure: true, httponly: true}
  - name: watch
    match: {cookie: sid}
    mode: observe
    drop: true
  - name: away
    match: {cookie: _ga}
    drop: true
  - name: kept here
    match: {cookie: secret, party: first}
    hold: true
  - name: ours
    match: {host: shop.example}
    add: {name: consent, value: "no", to: response, max_age: 1d}
"""


@pytest.mark.parametrize(
    ("given", "ending", "after", "by"),
    [
        pytest.param("sid=1", Ending.STORED, b"sid=1; Secure; HttpOnly", ("harden",), id="changed"),
        pytest.param("sid=1; Secure;httponly", Ending.STORED, b"sid=1; Secure;httponly", (), id="nothing to change"),
        pytest.param("_ga=1", Ending.DROPPED, None, ("away",), id="dropped"),
        pytest.param("secret=1", Ending.HELD, None, ("kept here",), id="held"),
        pytest.param("other=1", Ending.STORED, b"other=1", (), id="no rule"),
    ],
)
def test_rules_come_first(given: str, ending: Ending, after: bytes | None, by: tuple[str, ...]) -> None:
    first, added = ask(question(given), by=RULES)
    assert (first.ending, first.before, first.after, first.rules) == (ending, given.encode(), after, by)
    assert (added.ending, added.before, added.after) == (Ending.STORED, None, b"consent=no; Max-Age=86400")
    assert added.rules == ("ours",)


def test_rules_that_observe_are_named_apart() -> None:
    first, _ = ask(question("sid=1; Secure; HttpOnly"), by=RULES)
    assert (first.rules, first.observing) == ((), ("watch",))


def test_a_held_cookie_says_where_it_is() -> None:
    held, _ = ask(question("secret=1; Path=/a"), by=RULES)
    assert held.cookie is not None
    assert held.cookie.path == b"/a"
    assert "browser never sees it" in (held.sentence or "")


@pytest.mark.parametrize(
    ("field", "browser", "days", "capped"),
    [
        pytest.param("a=1", "chrome", None, False, id="session"),
        pytest.param(f"a=1; Max-Age={7 * 86_400}", "chrome", 7, False, id="a week"),
        pytest.param("a=1; Max-Age=99999999", "chrome", 400, True, id="capped"),
        pytest.param("a=1; Max-Age=99999999", "classic", 99999999 / DAY, False, id="no cap"),
    ],
)
def test_lifetime_of_the_stored_cookie(field: str, browser: str, days: float | None, capped: bool) -> None:
    [found] = ask(question(field), browser)
    assert found.cookie is not None
    assert found.cookie.expiry_time == (None if days is None else NOW + days * DAY)
    assert found.capped is capped


def test_a_rename_is_stored_under_its_new_name() -> None:
    text = "rules: [{match: {cookie: sid}, rename: __Host-sid, set: {secure: true, path: /, domain: false}}]"
    [found] = ask(question("sid=1; Domain=shop.example"), by=text)
    assert found.after == b"__Host-sid=1; Secure; Path=/"
    assert found.cookie is not None
    assert found.cookie.name == b"__Host-sid"
    assert found.rules == ("rules[0]",)


def test_limits_name_those_who_have_to_leave() -> None:
    found = ask(question("a=1", "b=2", "c=3"), "classic", limits=Overrides(per_site=2))
    assert [each.evicts for each in found] == [(), (), (b"a",)]


def test_only_origins_that_browsers_trust_are_told_who_asks() -> None:
    party = "rules: [{name: first, match: {party: first}, set: {httponly: true}}]"
    assert ask(question("a=1"), by=party)[0].rules == ("first",)
    assert ask(question("a=1", at="http://shop.example/"), by=party)[0].rules == ()
    assert request_head(question("a=1", at="http://localhost/")).fields


def test_no_value_in_a_repr() -> None:
    asked = question("sid=topsecret", "secret=topsecret")
    assert "topsecret" not in repr(asked) + repr(ask(asked, by=RULES))


@settings(max_examples=60, deadline=None)
@given(
    fields=st.lists(st.binary(max_size=60).map(lambda octets: octets.decode("latin-1")), max_size=4),
    browser=st.sampled_from(sorted(PROFILES)),
)
def test_any_octets_have_an_ending(fields: list[str], browser: str) -> None:
    asked = question(*fields)
    found = explain(asked, RuleSet(), PROFILES[browser], load())
    assert [each.before for each in found] == list(asked.given)
    assert all((each.cookie is not None) == (each.ending in ("stored", "replaced")) for each in found)
    again = explain(asked, RuleSet(), PROFILES[browser], load())
    assert [each.ending for each in again] == [each.ending for each in found], "each question has a jar of its own"
