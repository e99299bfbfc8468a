"""A client's state: restarts, other configurations, bounds (R21)."""

import pytest

from cookieproxy.core.access import Access
from cookieproxy.core.events import JarKind
from cookieproxy.core.outcome import UnexpectedReason, WithholdReason
from cookieproxy.core.profiles import PROFILES, Overrides
from cookieproxy.core.syntax import parse_set_cookie
from cookieproxy.exchange import Browser
from cookieproxy.exchange.browser import MAX_NOTES, Departure, held_profile
from cookieproxy.exchange.leaving import MOST, MOST_TRIES
from cookieproxy.exchange.tell import Remark
from rig.conversation import OWN_NAVIGATION, START, SUFFIXES, Conversation, Surfer

SHOP = "https://shop.example/"
HOLD = "- {name: keep it, match: {cookie: sid}, hold: true}"


def filled(enforce: bool = False) -> Conversation:
    talk = Conversation(
        HOLD + "\n- {match: {cookie: r}, rename: 'x-{name}'}", "classic", enforce, Overrides(per_site=3)
    )
    talk.answer(SHOP, b"sid=1; Max-Age=600", b"r=1; Path=/", b"a=1", b"b=1; Secure; HttpOnly; SameSite=Lax")
    talk.answer(SHOP, b"c=1; Path=/x", cookie=b"x-r=1; a=1; b=1; new=1")
    return talk


# -- restarts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("enforce", [False, True])
def test_a_restart_changes_nothing(enforce: bool) -> None:
    here, there = filled(enforce), filled(enforce)
    there.restart()
    assert (here.mirror, here.held, here.leaving) == (there.mirror, there.held, there.leaving)
    for url, cookie, fields in (
        (SHOP, b"x-r=1; a=1; b=1; new=1", [b"d=1"]),
        (SHOP + "x", b"c=1; a=1", [b"r=2", b"e=1; Max-Age=0"]),
        (SHOP, b"b=1", [b"b=2"]),
    ):
        for one, other in ((here.answer(url, *fields, cookie=cookie), there.answer(url, *fields, cookie=cookie)),):
            assert one.fields == other.fields
            assert one.outcomes() == other.outcomes()
            assert one.said() == other.said()
        up = [talk.request(url, cookie) for talk in (here, there)]
        assert up[0].fields == up[1].fields
        assert up[0].sent() == up[1].sent()
        assert here.mirror == there.mirror


def test_what_was_leaving_still_is_after_a_restart() -> None:
    talk = Conversation(browser="classic", enforce=True, limits=Overrides(per_site=1))
    talk.answer(SHOP, b"a=1; Secure")
    talk.answer("http://shop.example/", b"b=1")
    assert talk.leaving == ["a"]
    talk.restart()
    assert talk.leaving == ["a"]
    asked = talk.request(SHOP, b"a=1; b=1")
    assert asked.fields == [b"b=1"]
    assert len(talk.response(asked).fields) == 1


def test_what_is_in_the_mirror_again_is_not_leaving_after_a_restart() -> None:
    talk = Conversation(browser="classic", enforce=True)
    talk.answer(SHOP, b"a=1")
    (cookie,) = talk.client.mirror
    for kinds in ((JarKind.LEAVING, JarKind.MIRROR), (JarKind.MIRROR, JarKind.LEAVING)):
        browser = Browser("client", PROFILES["classic"], SUFFIXES, enforce=True)
        for kind in kinds:
            browser.restore(kind, cookie)
        assert len(browser.leaving) == 0


def test_without_enforce_nothing_is_leaving_after_a_restart() -> None:
    talk = Conversation(browser="classic", enforce=True, limits=Overrides(per_site=1))
    talk.answer(SHOP, b"a=1; Secure")
    talk.answer("http://shop.example/", b"b=1")
    talk.enforce = False
    talk.restart()
    assert talk.leaving == []


def test_changes_are_drained_once() -> None:
    talk = filled()
    changes = list(talk.client.drain_changes())
    assert {kind for kind, _, _ in changes} == {JarKind.MIRROR, JarKind.HELD}
    assert list(talk.client.drain_changes()) == []
    talk.answer(SHOP, b"a=; Max-Age=0")
    (change,) = talk.client.drain_changes()
    assert (change[0], change[1].name, change[2]) == (JarKind.MIRROR, b"a", None)


# -- another configuration -------------------------------------------------------------------------------------------------


def test_another_profile_keeps_the_cookies_and_what_is_not_yet_on_disc() -> None:
    talk = Conversation(browser="chrome")
    talk.answer(SHOP, b"a=1", b"b=1")
    talk.answer(SHOP, b"a=; Max-Age=0")
    talk.client.follow(PROFILES["classic"], SUFFIXES, enforce=True)
    assert talk.mirror == ["b=1 shop.example/"]
    drained = [(key.name, cookie is None) for _, key, cookie in talk.client.drain_changes()]
    assert sorted(drained) == [(b"a", True), (b"b", False)]
    assert talk.client.mirror.profile is PROFILES["classic"]


def test_the_same_configuration_leaves_the_jars_alone() -> None:
    talk = filled()
    mirror, held = talk.client.mirror, talk.client.held
    talk.client.follow(talk.profile, SUFFIXES, enforce=False)
    assert talk.client.mirror is mirror
    assert talk.client.held is held


def test_no_longer_enforcing_lets_everything_pass_again() -> None:
    talk = Conversation(HOLD, browser="classic", enforce=True, limits=Overrides(per_site=1))
    talk.answer(SHOP, b"a=1; Secure")
    talk.answer("http://shop.example/", b"b=1")
    talk.request(SHOP, b"a=1; sid=1; b=1")
    assert talk.leaving == ["a", "sid"]
    talk.client.follow(talk.profile, SUFFIXES, enforce=False)
    assert talk.leaving == ["sid"]
    assert talk.request(SHOP, b"a=1; b=1").fields == [b"sid=1; a=1; b=1"]


def test_a_held_jar_counts_only_with_enforce_and_knows_same_site_always() -> None:
    for name, profile in PROFILES.items():
        assert held_profile(profile, enforce=True).counts == profile.counts, name
        assert held_profile(profile, enforce=False).counts.per_site is None
        access = Access("https", "shop.example", b"/", START)
        held = Browser("client", profile, SUFFIXES, enforce=False).held
        held.receive(parse_set_cookie(b"a=1; SameSite=Strict"), access)
        assert [cookie.same_site.value for cookie in held] == ["strict"]


# -- leaving ---------------------------------------------------------------------------------------------------------------


def test_a_cookie_that_no_deletion_reaches_is_told_to_leave_a_few_times_only() -> None:
    talk = Conversation(HOLD)
    deletions = []
    for _ in range(3 * MOST_TRIES):
        asked = talk.request(SHOP, b"sid=1")
        assert asked.fields == [b"sid=1"]
        deletions += talk.response(asked).fields
    assert len(deletions) == MOST_TRIES
    assert {b"Domain=shop.example" in field for field in deletions} == {True, False}


def test_what_leaves_and_has_expired_is_forgotten() -> None:
    talk = Conversation(browser="classic", enforce=True, limits=Overrides(per_site=1))
    talk.answer(SHOP, b"a=1; Secure; Max-Age=100")
    talk.answer("http://shop.example/", b"b=1")
    assert talk.leaving == ["a"]
    talk.request(SHOP, b"b=1", time=START + 1000)
    assert talk.leaving == []


def test_leaving_cookies_of_other_hosts_are_not_looked_at() -> None:
    talk = Conversation(enforce=True)
    for host in ("a.example", "b.example", "www.a.example"):
        cookie, _ = talk.client.mirror.adopt(b"x", host.encode(), Access("https", host, b"/", START))
        talk.client.leaving.expel(cookie, WithholdReason.EVICTED)
    there = [each.cookie.domain for each in talk.client.leaving.sendable(_at("www.a.example"), talk.profile)]
    assert there == ["www.a.example"]


def _at(host: str) -> Access:
    return Access("https", host, b"/", START)


# -- bounds ----------------------------------------------------------------------------------------------------------------


def test_what_is_remembered_is_bounded_and_forgets_the_oldest() -> None:
    client = Conversation().client
    for number in range(3 * MAX_NOTES):
        assert client.first_time(number)
        client.note_departure("shop.example", b"%d" % number, Departure(UnexpectedReason.REMOVED, START))
        client.note_skew(f"h{number}.example", f"h{number}.example", 60.0)
    assert not client.first_time(3 * MAX_NOTES - 1)
    assert client.first_time(0)
    assert client.departure_of("shop.example", b"0") is None
    assert client.departure_of("shop.example", b"%d" % (3 * MAX_NOTES - 1)) is not None
    assert client.skew_of("h0.example", "h0.example") == 0.0


def test_what_leaves_is_bounded_too() -> None:
    talk = Conversation()
    leaving = talk.client.leaving
    for number in range(MOST + 10):
        cookie, _ = talk.client.mirror.adopt(b"%d" % number, b"1", _at("shop.example"))
        leaving.expel(cookie, Remark.HELD)
    assert len(leaving) == MOST
    drained = leaving.drain_changes()
    assert len([cookie for cookie in drained.values() if cookie is None]) == 10


def test_memory_stays_flat_whatever_names_a_client_and_a_server_choose() -> None:
    talk = Conversation(HOLD, browser="classic", enforce=True)
    for number in range(3_000):
        url = f"https://h{number % 7}.example/"
        talk.answer(
            url, b"n%d=1" % number, b"bad%d=1; Domain=x.example" % number, cookie=b"m%d=1; sid=%d" % (number, number)
        )
    client = talk.client
    notes = [client._said, client._departed, client._replaced, client._skews]
    assert max(map(len, notes)) <= MAX_NOTES
    assert len(client.leaving) <= MOST
    assert len(client.mirror) <= 10_000


def test_a_departure_is_found_from_hosts_below() -> None:
    client = Conversation().client
    client.note_departure("shop.example", b"a", Departure(UnexpectedReason.EVICTED, START))
    found = client.departure_of("www.shop.example", b"a")
    assert found is not None
    assert found.reason is UnexpectedReason.EVICTED
    client.forget_departure("shop.example", b"a")
    assert client.departure_of("www.shop.example", b"a") is None


def test_a_surfer_sees_what_the_proxy_thinks() -> None:
    talk = Conversation(browser="firefox", enforce=True)
    surfer = Surfer(talk)
    for number in range(200):
        surfer.visit(SHOP, b"c%d=1" % number, headers=OWN_NAVIGATION)
    assert surfer.has() == surfer.should_have()
