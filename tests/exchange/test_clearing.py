"""Clear-Site-Data: whose cookies go, by which responses (R11, R21). The rows are what Chromium 156 was seen to do."""

import pytest

from cookieproxy.exchange.clearing import clears_cookies
from rig.conversation import OWN_NAVIGATION, Conversation, Headers, fetch

VALUES = [
    pytest.param([b'"cookies"'], True, id="cookies"),
    pytest.param([b'"*"'], True, id="everything"),
    pytest.param([b' "cookies" '], True, id="spaces"),
    pytest.param([b'"storage","cookies"'], True, id="among others"),
    pytest.param([b'"unknown", "cookies"'], True, id="beside an unknown one"),
    pytest.param([b'"storage"', b'"cookies"'], True, id="second field"),
    pytest.param([b'"storage"'], False, id="others only"),
    pytest.param([b"cookies"], False, id="no quotes"),
    pytest.param([b"'cookies'"], False, id="other quotes"),
    pytest.param([b'"cookies'], False, id="half a quote"),
    pytest.param([b'"COOKIES"'], False, id="upper case"),
    pytest.param([b'"cookies"; x'], False, id="parameter"),
    pytest.param([b""], False, id="empty"),
    pytest.param([], False, id="absent"),
]


@pytest.mark.parametrize(("values", "clears"), VALUES)
def test_only_the_quoted_word_is_about_cookies(values: list[bytes], clears: bool) -> None:
    assert clears_cookies(values) is clears


CLEAR = ((b"Clear-Site-Data", b'"cookies"'),)
SHOP = "https://shop.example/"
ALL = ["a=1 shop.example/", "d=1 .shop.example/", "o=1 other.example/", "p=1 shop.example/", "w=1 www.shop.example/"]


def filled(browser: str = "chrome", rules: str = "") -> Conversation:
    """A client with cookies of several hosts, one of them partitioned; at the end it has been at the shop."""
    talk = Conversation(rules, browser)
    talk.answer("https://other.example/", b"o=1", headers=OWN_NAVIGATION)
    talk.answer("https://www.shop.example/", b"w=1", headers=OWN_NAVIGATION)
    talk.answer(SHOP, b"a=1", b"d=1; Domain=shop.example", b"p=1; Secure; Partitioned", headers=OWN_NAVIGATION)
    assert talk.mirror == ALL
    return talk


def clear(talk: Conversation, url: str, headers: Headers, cookie: bytes | None = b"a=1; d=1; p=1") -> list[str]:
    asked = talk.request(url, *(() if cookie is None else (cookie,)), headers=headers)
    told = talk.response(asked, b"new=1", b"a=2", headers=CLEAR)
    assert told.fields == [b"new=1", b"a=2"]
    assert not [outcome for outcome in told.outcomes() if "ignored" not in outcome]
    return talk.mirror


PAGE = ((b"Origin", b"https://page.example"), (b"Referer", b"https://page.example/"))
THIRD = (*fetch("cross-site", "no-cors", "image"), *PAGE)


def test_all_cookies_of_the_site_go_and_none_comes() -> None:
    talk = filled()
    assert clear(talk, SHOP, OWN_NAVIGATION) == ["o=1 other.example/"]
    told = talk.request(SHOP, headers=OWN_NAVIGATION)
    assert told.said() == []


def test_each_removal_has_its_cause() -> None:
    talk = filled()
    told = talk.response(talk.request(SHOP, b"a=1; d=1; p=1", headers=OWN_NAVIGATION), headers=CLEAR)
    assert sorted(told.said()) == [f"removed {name} cleared-by-server" for name in "adpw"]


KEPT = [
    pytest.param("http://shop.example/", (), b"a=1; d=1", id="plain http"),
    pytest.param(SHOP, fetch("same-site", "cors", "empty"), None, id="without credentials"),
]


@pytest.mark.parametrize(("url", "headers", "cookie"), KEPT)
def test_some_responses_clear_nothing_and_set_nothing(url: str, headers: Headers, cookie: bytes | None) -> None:
    assert clear(filled(), url, headers, cookie) == ALL


def test_a_third_party_clears_its_partition_only_in_its_page() -> None:
    talk = filled()
    headers = (*THIRD, (b"Sec-Fetch-Storage-Access", b"active"))
    talk.answer(SHOP, b"q=1; Secure; SameSite=None; Partitioned", headers=headers)
    assert clear(talk, SHOP, headers, b"q=1") == ["o=1 other.example/", "p=1 shop.example/"]


def test_a_blocked_third_party_clears_its_partition_and_nothing_else() -> None:
    talk = filled()
    headers = (*THIRD, (b"Sec-Fetch-Storage-Access", b"none"))
    talk.answer(SHOP, b"q=1; Secure; SameSite=None; Partitioned", headers=headers)
    assert clear(talk, SHOP, headers, b"q=1") == ALL


@pytest.mark.parametrize("browser", ["curl", "classic", "rfc6265bis"])
def test_who_does_not_know_it_keeps_everything(browser: str) -> None:
    talk = Conversation(browser=browser)
    talk.answer(SHOP, b"a=1")
    talk.response(talk.request(SHOP, b"a=1"), headers=CLEAR)
    assert talk.mirror == ["a=1 shop.example/"]


def test_held_cookies_go_too_and_nothing_is_left_to_delete() -> None:
    talk = Conversation("- {name: keep it, match: {cookie: sid}, hold: true}")
    talk.answer(SHOP, b"sid=1", b"a=1")
    talk.response(talk.request(SHOP, b"a=1"), headers=CLEAR)
    assert (talk.held, talk.mirror, talk.leaving) == ([], [], [])
