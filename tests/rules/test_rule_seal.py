"""`seal`: what browsers keep is encrypted and authenticated, and nothing else comes back (R13, R38)."""

import base64
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.config import parse_config
from cookieproxy.core.access import Access
from cookieproxy.core.events import Change
from cookieproxy.core.syntax import CookieString, parse_set_cookie
from cookieproxy.rules.engine import Facts, HostRules
from cookieproxy.rules.keys import key_file_text, parse_keys
from cookieproxy.rules.sealing import Keyring, Unfit
from cookieproxy.rules.verdicts import FieldVerdict

OLD, NEW = b"o" * 32, b"n" * 32
RING = Keyring([OLD])
ACCESS = Access("https", "www.shop.example", b"/", 1_600_000_000.0)


def facts(ring: Keyring | None = RING, site: str = "shop.example", most: int | None = 4096) -> Facts:
    return Facts(ACCESS, site, "10.0.0.1 curl/8 3fa9c1", None, ring, most)


def rules_of(rules: str) -> HostRules:
    return parse_config(f"rules: {rules}".encode(), "rules.yaml").rules.for_host("www.shop.example")


def down(rules: str, field: bytes, about: Facts | None = None) -> FieldVerdict:
    return rules_of(rules).on_response([parse_set_cookie(field)], about or facts()).fields[0]


def sealed(name: bytes, value: bytes, ring: Keyring = RING, site: str = "shop.example") -> bytes:
    return name + b"=" + ring.seal(name, site, value)


def up(rules: str, cookies: bytes, about: Facts | None = None, authentic: Sequence[int] = ()) -> bytes:
    return rules_of(rules).unseal(CookieString(cookies), about or facts(), authentic.__contains__).cookies.source


SID = "[{name: s, match: {cookie: sid}, seal: true}]"


def test_the_value_alone_is_sealed_and_opens_again() -> None:
    verdict = down(SID, b"sid = secret; Path=/ ;HttpOnly")
    assert verdict.passed is not None
    source = verdict.passed.source
    assert source.startswith(b"sid = sealed.")
    assert source.endswith(b"; Path=/ ;HttpOnly")
    assert b"secret" not in source
    assert verdict.passed.value.translate(None, b"-_.").isalnum()
    assert [(change.rule, change.action, change.after) for change in verdict.changes] == [("s", "seal", source)]
    cookies = b"a=1;  sid=" + verdict.passed.value + b" ; b"
    assert up(SID, cookies) == b"a=1;  sid=secret ; b"


PASSING = [
    pytest.param(b"sid=; Path=/", id="empty"),
    pytest.param(b"sid=x; Max-Age=0", id="deletion"),
    pytest.param(b"sid=x; Max-Age=-1; Expires=Wed, 21 Oct 2037 07:28:00 GMT", id="deletion-by-max-age"),
    pytest.param(b"sid=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT", id="deletion-by-expires"),
    pytest.param(b"other=x", id="another-cookie"),
]


@pytest.mark.parametrize("field", PASSING)
def test_it_passes_as_it_is(field: bytes) -> None:
    assert down(SID, field).is_untouched


def test_the_other_actions_see_the_value_as_the_application_has_it() -> None:
    rules = """[
        {match: {cookie: sid}, seal: true, rename: __Host-sid},
        {match: {cookie: sid, value: secret}, replace: {find: '~cret', with: ven}},
        {match: {cookie: sid}, set: {secure: true, path: /, domain: false}}]"""
    verdict = down(rules, b"sid=secret; Domain=shop.example")
    assert verdict.passed is not None
    assert verdict.made_from == b"sid"
    assert verdict.passed.name == b"__Host-sid"
    host_rules = rules_of(rules)
    undone = host_rules.undo(CookieString(b"__Host-sid=" + verdict.passed.value)).cookies
    assert host_rules.unseal(undone, facts()).cookies.source == b"sid=seven"


def test_a_held_cookie_is_kept_as_the_application_has_it() -> None:
    verdict = down("[{seal: true}, {hold: true}]", b"sid=secret")
    assert verdict.passed is None
    assert verdict.held is not None
    assert verdict.held.source == b"sid=secret"


UNFIT = [
    pytest.param(b"sid=plain", Unfit.NOT_SEALED, id="unsealed"),
    pytest.param(b"sid=sealed.", Unfit.BROKEN, id="nothing-in-it"),
    pytest.param(b"sid=sealed.AAAA", Unfit.BROKEN, id="too-short"),
    pytest.param(b"sid=sealed.!!!!", Unfit.BROKEN, id="no-base64"),
    pytest.param(b"sid=sealed.\xff", Unfit.BROKEN, id="no-ascii"),
    pytest.param(sealed(b"sid", b"x") + b"=", Unfit.BROKEN, id="padded"),
    pytest.param(b"sid=" + sealed(b"other", b"x")[6:], Unfit.BROKEN, id="another-name"),
    pytest.param(sealed(b"sid", b"x", site="other.example"), Unfit.BROKEN, id="another-site"),
    pytest.param(sealed(b"sid", b"x", Keyring([NEW])), Unfit.UNKNOWN_KEY, id="another-key"),
]


@pytest.mark.parametrize(("pair", "why"), UNFIT)
def test_what_was_not_sealed_here_is_dropped_and_told(pair: bytes, why: Unfit) -> None:
    unsealed = rules_of(SID).unseal(CookieString(b"a=1; " + pair), facts())
    assert unsealed.cookies.source == b"a=1"
    assert unsealed.dropped == {1}
    assert unsealed.changes == (Change("s", "seal", pair, None, False, why.sentence),)
    assert unsealed.names == (b"sid",)


def test_watched_it_is_told_and_left() -> None:
    unsealed = rules_of(SID).unseal(CookieString(b"sid=plain"), facts(), observe=True)
    assert unsealed.cookies.source == b"sid=plain"
    assert [change.observed for change in unsealed.changes] == [True]


def test_what_the_application_itself_gave_the_browser_unsealed_passes() -> None:
    assert up(SID, b"sid=plain; x=1", authentic=[0]) == b"sid=plain; x=1"
    assert up(SID, b"sid=") == b"sid="


@pytest.mark.parametrize(
    "rules",
    [
        "[]",
        "[{match: {cookie: other}, seal: true}]",
        "[{match: {host: other.example}, seal: true}]",
        "[{match: {cookie: sid}, seal: true, mode: observe}]",
    ],
)
def test_a_sealed_value_opens_although_its_rule_is_gone(rules: str) -> None:
    cookies = sealed(b"sid", b"secret") + b"; plain=1"
    assert up(rules, cookies) == b"sid=secret; plain=1"
    assert up(rules, cookies[1:]) == b"plain=1", "sealed for another name: nobody's"


def test_a_rules_other_conditions_do_not_matter_on_the_way_up() -> None:
    rules = "[{match: {cookie: sid, path: /login, scheme: http, value: x*}, seal: true}]"
    assert up(rules, sealed(b"sid", b"secret")) == b"sid=secret"
    assert up(rules, b"sid=secret") == b""


def test_without_keys_nothing_is_sealed_and_nothing_passes() -> None:
    verdict = down(SID, b"sid=secret", facts(ring=None))
    assert verdict.passed is None
    assert [change.why for change in verdict.changes] == [Unfit.NO_KEYS.sentence]
    assert up(SID, b"sid=secret", facts(ring=None)) == b""


def test_a_cookie_that_its_seal_makes_too_large_does_not_pass() -> None:
    assert down(SID, b"sid=" + b"x" * 100, facts(most=200)).passed is not None
    verdict = down(SID, b"sid=" + b"x" * 150, facts(most=200))
    assert verdict.passed is None
    assert [(change.rule, change.action, change.after is None, change.why) for change in verdict.changes] == [
        ("s", "seal", False, None),
        ("s", "seal", True, Unfit.TOO_LARGE.sentence),
    ]
    assert down(SID, b"sid=" + b"x" * 9000, facts(most=None)).passed is not None
    assert down(SID, b"sid=" + b"x" * 300 + b"; Max-Age=0", facts(most=200)).passed is not None


def test_observed_it_says_what_it_would_do() -> None:
    verdict = down("[{mode: observe, seal: true}]", b"sid=secret")
    assert verdict.is_untouched
    assert [(change.action, change.observed) for change in verdict.changes] == [("seal", True)]


NAME = st.binary(min_size=0, max_size=12)
VALUE = st.binary(min_size=1, max_size=60)


@given(NAME, VALUE)
def test_what_is_sealed_opens(name: bytes, value: bytes) -> None:
    text = RING.seal(name, "shop.example", value)
    assert RING.open(name, "shop.example", text) == value
    assert text != RING.seal(name, "shop.example", value)


@given(VALUE, st.data())
def test_every_single_bit_counts(value: bytes, data: st.DataObject) -> None:
    text = RING.seal(b"sid", "shop.example", value)
    bit = data.draw(st.integers(0, 8 * len(text) - 1))
    edited = bytearray(text)
    edited[bit // 8] ^= 1 << bit % 8
    assert isinstance(RING.open(b"sid", "shop.example", bytes(edited)), Unfit)


def test_every_single_bit_of_one_cookie() -> None:
    text = RING.seal(b"sid", "shop.example", b"secret")
    for bit in range(8 * len(text)):
        edited = bytearray(text)
        edited[bit // 8] ^= 1 << bit % 8
        assert isinstance(RING.open(b"sid", "shop.example", bytes(edited)), Unfit), bit


@given(NAME, NAME, st.text(max_size=8), st.text(max_size=8), VALUE)
def test_it_opens_under_its_own_name_and_site_alone(
    name: bytes, other: bytes, site: str, place: str, value: bytes
) -> None:
    opened = RING.open(other, place, RING.seal(name, site, value))
    assert (opened == value) is ((name, site) == (other, place))


@given(st.binary(max_size=80))
def test_no_text_makes_it_raise(text: bytes) -> None:
    assert isinstance(RING.open(b"sid", "x", b"sealed." + text), Unfit)
    assert isinstance(RING.open(b"sid", "x", b"sealed." + base64.urlsafe_b64encode(text).rstrip(b"=")), Unfit)


@given(VALUE)
def test_rotation_loses_no_session(value: bytes) -> None:
    both = Keyring([NEW, OLD])
    assert both.open(b"sid", "s", RING.seal(b"sid", "s", value)) == value
    renewed = both.seal(b"sid", "s", value)
    assert Keyring([NEW]).open(b"sid", "s", renewed) == value
    assert RING.open(b"sid", "s", renewed) is Unfit.UNKNOWN_KEY


def test_the_key_file() -> None:
    text = key_file_text(OLD)
    assert parse_keys(text) == (OLD,)
    assert parse_keys(base64.b64encode(NEW).decode() + "\n" + text) == (NEW, OLD)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1: there is no key in it"),
        ("# only words\n", "1: there is no key in it"),
        ("\n\nsecret word\n", "3: this is no key"),
        (base64.b64encode(b"short").decode(), "1: this is no key"),
        ("é", "1: this is no key"),
    ],
)
def test_a_wrong_key_file_is_refused_with_its_line_and_without_its_text(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected) as raised:
        parse_keys(text)
    assert not text.strip() or text.strip() not in str(raised.value)
