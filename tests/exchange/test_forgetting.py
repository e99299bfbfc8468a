"""A client forgets the cookies of a site: deletions on the responses that may make them, until it is done (R11, R21)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.events import Event, EventKind, JarKind
from cookieproxy.core.outcome import RemovalCause
from cookieproxy.exchange.forgetting import Forgotten, forget
from rig.conversation import START, SUFFIXES, Conversation, Surfer

SHOP = "https://shop.example/"
GONE = b"Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"


def forgets(talk: Conversation, site: str = "shop.example") -> Forgotten:
    told, talk.told = forget(talk.client, site, talk.time, SUFFIXES)
    return told


def test_the_next_response_deletes_and_the_next_request_proves_it() -> None:
    talk = Conversation()
    talk.answer(SHOP, b"sid=1; Path=/; HttpOnly", b"lang=de; Domain=shop.example; Secure")
    assert forgets(talk) == ("client", 2, 0)
    assert (talk.mirror, talk.leaving) == ([], ["lang", "sid"])
    asked = talk.request(SHOP, b"sid=1; lang=de")
    assert asked.fields == []
    assert asked.sent() == ["sid withheld forgotten", "lang withheld forgotten"]
    told = talk.response(asked)
    assert told.fields == [
        b"sid=; Path=/; " + GONE + b"; HttpOnly",
        b"lang=; Path=/; " + GONE + b"; Domain=shop.example; Secure",
    ]
    talk.request(SHOP)
    assert talk.leaving == []


def test_it_is_told_as_removals_of_both_jars() -> None:
    talk = Conversation("- {match: {cookie: kept}, hold: true}")
    talk.answer(SHOP, b"kept=1", b"sid=1")
    assert forgets(talk) == ("client", 1, 1)
    events = [each for each in talk.told if isinstance(each, Event)]
    assert [(each.event, each.reason, each.jar) for each in events] == [
        (EventKind.REMOVED, RemovalCause.FORGOTTEN, JarKind.MIRROR),
        (EventKind.REMOVED, RemovalCause.FORGOTTEN, JarKind.HELD),
    ]
    assert (talk.mirror, talk.held, talk.leaving) == ([], [], ["sid"])
    assert talk.answer(SHOP).fields == [b"sid=; Path=/; " + GONE]


@pytest.mark.parametrize(
    ("site", "left"),
    [
        pytest.param("shop.example", ["other.example"], id="a site and all below it"),
        pytest.param("www.shop.example", ["other.example", "shop.example"], id="a host and all below it"),
        pytest.param("hop.example", ["other.example", "shop.example", "www.shop.example"], id="no part of a label"),
        pytest.param("example", [], id="all below a suffix"),
    ],
)
def test_what_belongs_to_a_site(site: str, left: list[str]) -> None:
    talk = Conversation()
    for host in ("shop.example", "www.shop.example", "other.example"):
        talk.answer(f"https://{host}/", b"a=1")
    forgets(talk, site)
    assert sorted(cookie.domain for cookie in talk.client.mirror) == left


def test_a_deletion_waits_for_a_response_that_may_make_it() -> None:
    talk = Conversation()
    talk.answer(SHOP, b"sid=1; Secure")
    talk.answer("https://www.shop.example/", b"www=1")
    forgets(talk)
    assert talk.answer("http://shop.example/").fields == []
    assert talk.answer(SHOP).fields == [b"sid=; Path=/; " + GONE + b"; Secure"]
    assert talk.answer("https://www.shop.example/").fields == [b"www=; Path=/; " + GONE]


@pytest.mark.parametrize("enforce", [False, True])
def test_it_survives_a_restart(enforce: bool) -> None:
    talk = Conversation(enforce=enforce)
    talk.answer(SHOP, b"sid=1")
    forgets(talk)
    talk.restart()
    assert talk.leaving == ["sid"]
    asked = talk.request(SHOP, b"sid=1")
    assert asked.sent() == ["sid withheld forgotten"]
    assert talk.response(asked).fields == [b"sid=; Path=/; " + GONE]
    talk.request(SHOP)
    talk.restart()
    assert talk.leaving == []


def test_what_is_set_again_is_new_and_stays() -> None:
    talk = Conversation()
    talk.answer(SHOP, b"sid=1")
    forgets(talk)
    assert talk.answer(SHOP, b"sid=2", cookie=b"sid=1").fields == [b"sid=2"]
    assert (talk.mirror, talk.leaving) == (["sid=2 shop.example/"], [])
    assert talk.request(SHOP, b"sid=2").fields == [b"sid=2"]


def test_what_was_evicted_does_not_come_back_without_enforce() -> None:
    talk = Conversation(browser="classic", enforce=True)
    talk.answer(SHOP, *[b"c%02d=1" % number for number in range(20)])
    talk.answer(SHOP, b"last=1")
    assert talk.leaving == ["c00"]
    assert forgets(talk).mirror == 20
    talk.enforce = False
    talk.restart()
    assert len(talk.leaving) == 21


def test_what_has_expired_is_not_forgotten() -> None:
    talk = Conversation()
    talk.answer(SHOP, b"short=1; Max-Age=10")
    talk.time = START + 60
    assert forgets(talk) == ("client", 0, 0)


def test_an_unknown_scope_is_guessed_until_the_cookie_is_gone() -> None:
    talk = Conversation()
    talk.answer("https://www.shop.example/")
    talk.request("https://www.shop.example/", b"old=1")
    forgets(talk)
    first = talk.answer("https://www.shop.example/", cookie=b"old=1").fields
    second = talk.answer("https://www.shop.example/", cookie=b"old=1").fields
    assert first != second
    assert len(first) == len(second) == 1


SCOPES = st.sampled_from(
    [b"", b"; Path=/", b"; Path=/a", b"; Path=/a/b/", b"; Domain=shop.example", b"; Domain=shop.example; Path=/a"]
)
FLAGS = st.sampled_from(
    [b"", b"; Secure", b"; HttpOnly", b"; Secure; SameSite=None", b"; Max-Age=500", b"; SameSite=Strict"]
)
NAMES = st.sampled_from([b"a", b"b", b"__Secure-c", b"\xc3\xa4"])


@given(
    st.lists(st.tuples(NAMES, SCOPES, FLAGS), min_size=1, max_size=12), st.sampled_from(["chrome", "firefox", "safari"])
)
def test_a_browser_has_nothing_of_the_site_in_the_end(cookies: list[tuple[bytes, bytes, bytes]], browser: str) -> None:
    """Whatever was set, a few visits later it is gone from the browser and from what the proxy remembers to delete."""
    talk = Conversation(browser=browser)
    surfer = Surfer(talk)
    surfer.visit("https://www.shop.example/a/b/c", *[name + b"=1" + scope + flags for name, scope, flags in cookies])
    forgets(talk)
    for path in ("a/b/c", "a/b/c"):
        surfer.visit(f"https://www.shop.example/{path}")
    assert (surfer.has(), talk.leaving) == ({}, [])
