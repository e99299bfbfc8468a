"""Cookies in other browsers' eyes, and what is said of jars: limits, victims, headers, ids."""

import pytest

from cookieproxy.config import Config, parse_config
from cookieproxy.core.events import JarKind
from cookieproxy.core.profiles import PROFILES, Profile
from cookieproxy.core.syntax import parse_set_cookie
from cookieproxy.dashboard.eyes import eyes_on, field_of, tried, what_if
from cookieproxy.dashboard.inside import CannotDo
from cookieproxy.dashboard.jars import Place, listing, overview
from rig.conversation import START, SUFFIXES, Conversation

SHOP = "https://www.shop.example/"


class Proxy:
    """As much of a proxy as is asked for here."""

    suffixes = SUFFIXES

    def __init__(self, rules: str = "") -> None:
        self.config = parse_config(f"rules:\n{rules}".encode(), "r") if rules else Config.empty()

    def profile(self, name: str) -> Profile:
        return PROFILES[name]


def talk_with(*fields: bytes) -> Conversation:
    talk = Conversation()
    talk.answer(SHOP, *fields)
    return talk


def test_the_try_it_box_says_what_rules_and_each_browser_make_of_it() -> None:
    (field,) = tried(
        Proxy("- {name: cap, match: {cookie: a}, cap: 1h}"), SHOP, ["Set-Cookie: a=1; Max-Age=9999999"], START
    )
    assert (field["before"], field["after"]) == ("a=1; Max-Age=9999999", "a=1; Max-Age=3600")
    assert field["rules"] == ["cap"]
    verdicts = {each["browser"]: each["outcome"] for each in field["browsers"]}
    assert set(verdicts) == set(PROFILES)
    assert verdicts["chrome"] == "stored"


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("", ["a=1"]),
        (None, ["a=1"]),
        ("ftp://shop.example/", ["a=1"]),
        ("https://", ["a=1"]),
        (SHOP, []),
        (SHOP, "a=1"),
        (SHOP, [1]),
        (SHOP, [" "]),
        (SHOP, ["a=1"] * 51),
        (SHOP, ["a" * 20_000]),
        ("x" * 10_000, ["a=1"]),
    ],
)
def test_what_is_no_question_gets_a_sentence(url: object, given: object) -> None:
    with pytest.raises(CannotDo, match=r"\.$"):
        tried(Proxy(), url, given, START)


@pytest.mark.parametrize("given", ["\x00=\x01", "=", ";;;", "é=日本", "\ud800=1", "a=1\r\nb=2"])
def test_hostile_fields_get_an_answer(given: str) -> None:
    assert tried(Proxy(), SHOP, [given], START)


def test_a_cookie_in_other_browsers_eyes() -> None:
    talk = talk_with(b"sid=secret; Path=/; Secure; SameSite=None; Partitioned")
    (cookie,) = talk.client.mirror
    assert b"secret" not in field_of(cookie, START)
    verdicts = {each["browser"]: each for each in eyes_on(Proxy(), cookie, START)}
    assert verdicts["chrome"]["outcome"] == "stored"
    assert set(verdicts) == set(PROFILES)


def test_a_field_made_of_a_cookie_makes_that_cookie() -> None:
    said = b"sid=secret; Path=/a; Domain=shop.example; Max-Age=500; Secure; HttpOnly; SameSite=Strict; Priority=High"
    (cookie,) = talk_with(said).client.mirror
    again = Conversation()
    again.answer(SHOP, field_of(cookie, START))
    (other,) = again.client.mirror
    same = ("name", "domain", "path", "host_only", "secure_only", "http_only", "same_site", "priority", "size_bytes")
    assert [getattr(other, name) for name in same] == [getattr(cookie, name) for name in same]


def test_what_if_the_browser_were_an_old_one() -> None:
    talk = talk_with(*(b"c%d=1" % number for number in range(25)))
    told = what_if(talk.client.mirror, list(talk.client.mirror), PROFILES["ie6"], SUFFIXES, talk.time)
    outcomes = [each["outcome"] for each in told]
    assert outcomes.count("evicted") == 5
    assert all(each["sent"] is (each["outcome"] == "stored") for each in told)
    assert all(each["sentence"] for each in told if each["outcome"] == "evicted")


def test_an_overview_tells_how_near_the_limits_are() -> None:
    talk = talk_with(*(b"c%d=%s" % (number, b"v" * 100) for number in range(90)))
    shown = overview(talk.client, SUFFIXES, talk.time)
    (site,) = shown["sites"]
    assert (site["site"], site["mirror"], site["held"], site["fullness"]) == ("shop.example", 90, 0, 0.5)
    assert site["next_out"][0] == "c0"
    (header,) = site["headers"]
    assert header["header_bytes"] == len(b"Cookie: ") + len(b"; ".join(b"c%d=%s" % (n, b"v" * 100) for n in range(90)))
    assert [each["limit"] for each in header["refused_by"]] == [4_096, 8_190]
    rows = listing(talk.client, "shop.example", SUFFIXES, talk.time)
    assert [row["name"] for row in rows if row["next_out"]] == [*site["next_out"]]
    assert all(row["value"] is None for row in rows)


def test_an_id_leads_back_to_its_cookie_and_nothing_else_does() -> None:
    talk = talk_with(b"\xff\x00=1; Path=/\xfe", b"ok=1")
    for cookie in talk.client.mirror:
        place = Place("client", JarKind.MIRROR, cookie.key)
        assert Place.of(place.id) == place
        assert place.cookie_of(talk.client) is cookie
    for said in (
        None,
        1,
        "",
        "!",
        "e30",
        "bnVsbA",
        "WzEsMiwzXQ",
        "W" * 100_000,
        ["x"],
        "WyJhIiwibWlycm9yIiwiYSIsImIiLHRydWUsMSxudWxsXQ",
    ):
        assert Place.of(said) is None


def test_a_hostile_field_of_a_cookie_stays_one_field() -> None:
    talk = talk_with(b"a=1; Path=/x\xff; Domain=shop.example")
    (cookie,) = talk.client.mirror
    assert parse_set_cookie(field_of(cookie, START)).name == b"a"
