"""The way up: held cookies merged, renames undone, rules applied, large headers told (R2, R9, R14)."""

import pytest

from cookieproxy.core.events import Event, EventKind, JarKind, RequestSeen
from rig.conversation import (
    CROSS_SITE_IMAGE,
    CROSS_SITE_NAVIGATION,
    OWN_NAVIGATION,
    START,
    Conversation,
    Headers,
    fetch,
)

SHOP = "https://shop.example/"
HOLD = "- {name: keep it, match: {cookie: sid}, hold: true}"
HOLD_ALL = "- {name: keep all, match: {cookie: '*'}, hold: true}"
RENAME = "- {name: prefix, match: {cookie: sid}, rename: __Host-sid, set: {secure: true, path: /, domain: false}}"
REMOVED, MISSING = EventKind.REMOVED, EventKind.MISSING


# -- hold ------------------------------------------------------------------------------------------------------------------


def test_a_held_cookie_goes_up_although_the_browser_has_none() -> None:
    talk = Conversation(HOLD)
    assert talk.answer(SHOP, b"sid=1; Path=/").fields == []
    assert talk.request(SHOP).fields == [b"sid=1"]
    assert talk.request("https://www.shop.example/").fields == []
    assert (talk.mirror, talk.held) == ([], ["sid=1 shop.example/"])


MERGED = [
    pytest.param([b"sid=1; Path=/"], [b"a=1; Path=/"], b"a=1", b"sid=1; a=1", id="older first"),
    pytest.param([b"a=1; Path=/"], [b"sid=1; Path=/"], b"a=1", b"a=1; sid=1", id="newer last"),
    pytest.param([b"a=1; Path=/"], [b"sid=1; Path=/x"], b"a=1", b"sid=1; a=1", id="longer path first"),
    pytest.param([b"a=1; Path=/x"], [b"sid=1; Path=/"], b"a=1", b"a=1; sid=1", id="shorter path last"),
    pytest.param(
        [b"a=1; Path=/x/y", b"c=3; Path=/"],
        [b"sid=1; Path=/x"],
        b"a=1;c=3",
        b"a=1; sid=1;c=3",
        id="in between, spacing kept",
    ),
    pytest.param([], [b"sid=1; Path=/"], b"what=1", b"sid=1; what=1", id="one never seen before is the newest"),
]


@pytest.mark.parametrize(("first", "then", "cookie", "up"), MERGED)
def test_held_cookies_stand_where_a_browser_would_have_put_them(
    first: list[bytes], then: list[bytes], cookie: bytes, up: bytes
) -> None:
    talk = Conversation(HOLD)
    at = SHOP + "x/y/z"
    talk.answer(at, *first)
    talk.answer(at, *then)
    assert talk.request(at, cookie).fields == [up]


def test_held_cookies_are_in_order_among_themselves() -> None:
    talk = Conversation(HOLD_ALL)
    talk.answer(SHOP + "x/y", b"a=1; Path=/", b"b=2; Path=/x", b"c=3; Path=/", b"bare")
    assert talk.request(SHOP + "x/y").fields == [b"b=2; bare; a=1; c=3"]


def test_a_held_cookie_is_told_with_its_scope() -> None:
    talk = Conversation(HOLD)
    asked = talk.request(SHOP)
    talk.response(asked, b"sid=1; Path=/; Max-Age=60")
    pair = talk.request(SHOP).pairs[0]
    assert (pair.name, pair.event, pair.path, pair.expiry) == (b"sid", EventKind.SENT, b"/", START + 62)


def test_what_the_browser_had_before_the_rule_is_taken_and_deleted_there() -> None:
    talk = Conversation()
    talk.answer(SHOP, b"sid=1; Domain=shop.example; Path=/; Secure; HttpOnly; Max-Age=600")
    talk.configure(HOLD)
    asked = talk.request(SHOP, b"sid=1")
    assert asked.fields == [b"sid=1"]
    assert (talk.mirror, talk.held) == ([], ["sid=1 .shop.example/"])
    deleted = talk.response(asked).fields
    assert deleted == [
        b"sid=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=shop.example; Secure; HttpOnly"
    ]
    assert talk.answer(SHOP).fields == []
    assert talk.request(SHOP).fields == [b"sid=1"]
    assert talk.client.held.get(next(iter(talk.client.held)).key).expiry_time == START + 2 + 600


def test_a_leftover_nobody_saw_being_set_is_taken_too() -> None:
    talk = Conversation(HOLD)
    asked = talk.request(SHOP, b"sid=old; a=1")
    assert asked.fields == [b"sid=old; a=1"]
    assert asked.sent() == ["sid withheld held", "a unexpected unknown", "sid sent"]
    assert talk.held == ["sid=old shop.example/?"]
    assert [field.partition(b";")[0] for field in talk.response(asked).fields] == [b"sid="]


def test_the_proxy_knows_better_than_a_leftover_and_never_sends_both() -> None:
    talk = Conversation(HOLD)
    talk.answer(SHOP, b"sid=new; Path=/")
    asked = talk.request(SHOP, b"sid=old; a=1")
    assert sorted(asked.fields[0].split(b"; ")) == [b"a=1", b"sid=new"]
    assert talk.held == ["sid=new shop.example/"]


def test_a_leftover_that_is_still_sent_stays_from_the_application_until_it_is_gone() -> None:
    talk = Conversation(HOLD)
    talk.answer(SHOP, b"sid=new; Path=/")
    asked = talk.request("http://shop.example/", b"sid=old")
    assert talk.leaving == ["sid"]
    talk.response(asked)
    again = talk.request(SHOP, b"sid=old")
    assert again.fields == [b"sid=new"]
    assert again.sent() == ["sid withheld held", "sid sent"]
    assert talk.response(again).fields != []
    assert talk.request(SHOP, headers=OWN_NAVIGATION).fields == [b"sid=new"]
    assert talk.leaving == []


def test_a_held_cookie_outlives_its_rule() -> None:
    talk = Conversation(HOLD)
    talk.answer(SHOP, b"sid=1; Path=/")
    talk.configure()
    assert talk.request(SHOP).fields == [b"sid=1"]
    assert talk.request(SHOP, b"a=2").fields == [b"sid=1; a=2"]


@pytest.mark.parametrize("passes", [b"sid=2; Path=/", b"sid=; Path=/; Max-Age=0"], ids=["set", "deleted"])
def test_until_a_set_cookie_of_its_key_passes(passes: bytes) -> None:
    talk = Conversation(HOLD)
    talk.answer(SHOP, b"sid=1; Path=/")
    talk.configure()
    told = talk.answer(SHOP, passes)
    assert told.fields == [passes]
    assert talk.held == []
    assert "removed sid released" in told.said()
    assert talk.request(SHOP, b"sid=2").fields == [b"sid=2"]


OTHER_KEYS = [
    pytest.param(b"sid=2; Path=/x", id="other path"),
    pytest.param(b"sid=2; Path=/; Domain=shop.example", id="domain cookie"),
    pytest.param(b"other=2; Path=/", id="other name"),
    pytest.param(b"sid=2; Path=/; Domain=other.example", id="refused"),
]


@pytest.mark.parametrize("passes", OTHER_KEYS)
def test_a_set_cookie_of_another_key_leaves_the_held_one(passes: bytes) -> None:
    talk = Conversation(HOLD)
    talk.answer(SHOP, b"sid=1; Path=/")
    talk.configure()
    talk.answer(SHOP, passes)
    assert talk.held == ["sid=1 shop.example/"]


def test_a_held_cookie_and_one_of_another_scope_both_go_up_when_the_rule_is_gone() -> None:
    talk = Conversation(HOLD)
    talk.answer(SHOP, b"sid=1; Path=/")
    talk.configure()
    talk.answer(SHOP, b"sid=2; Path=/x")
    assert talk.request(SHOP + "x", b"sid=2").fields == [b"sid=2; sid=1"]


@pytest.mark.parametrize(
    ("name", "headers", "up"),
    [
        pytest.param("lax", CROSS_SITE_NAVIGATION, [b"default=1; lax=1; none=1"], id="a link: all but Strict"),
        pytest.param("image", CROSS_SITE_IMAGE, [b"none=1"], id="an image: None only"),
        pytest.param("frame", fetch("cross-site", "navigate", "iframe"), [b"none=1"], id="a frame: None only"),
        pytest.param("own", OWN_NAVIGATION, [b"default=1; strict=1; lax=1; none=1"], id="the user: all"),
        pytest.param("nobody", (), [b"default=1; strict=1; lax=1; none=1"], id="nobody says: all"),
    ],
)
def test_same_site_holds_for_held_cookies(name: str, headers: Headers, up: list[bytes]) -> None:
    talk = Conversation(HOLD_ALL)
    talk.answer(
        SHOP, b"default=1", b"strict=1; SameSite=Strict", b"lax=1; SameSite=Lax", b"none=1; SameSite=None; Secure"
    )
    assert talk.request(SHOP, headers=headers).fields == up


@pytest.mark.parametrize("browser", ["classic", "curl", "ie6", "safari", "none"])
def test_no_browser_is_so_old_that_other_sites_get_its_held_strict_cookies(browser: str) -> None:
    talk = Conversation(HOLD_ALL, browser=browser)
    talk.answer(SHOP, b"strict=1; SameSite=Strict", b"lax=1; SameSite=Lax")
    assert talk.request(SHOP, headers=CROSS_SITE_IMAGE).fields == []
    assert talk.request(SHOP, headers=CROSS_SITE_NAVIGATION).fields == [b"lax=1"]


def test_forms_of_other_sites_get_held_cookies_without_same_site_for_two_minutes() -> None:
    talk = Conversation(HOLD_ALL)
    talk.answer(SHOP, b"default=1", b"lax=1; SameSite=Lax")
    post = {"headers": CROSS_SITE_NAVIGATION, "method": "POST"}
    assert talk.request(SHOP, **post, time=START + 100).fields == [b"default=1"]
    assert talk.request(SHOP, **post, time=START + 200).fields == []


def test_secure_holds_for_held_cookies() -> None:
    talk = Conversation(HOLD_ALL)
    talk.answer(SHOP, b"secure=1; Secure", b"plain=1")
    assert talk.request("http://shop.example/").fields == [b"plain=1"]


def test_no_held_cookie_crosses_to_another_client() -> None:
    one, other = Conversation(HOLD), Conversation(HOLD)
    other.requests, other.responses = one.requests, one.responses
    one.answer(SHOP, b"sid=1")
    assert other.request(SHOP).fields == []
    assert one.request(SHOP).fields == [b"sid=1"]


def test_held_cookies_expire_at_their_time_and_are_said_to_be_held() -> None:
    talk = Conversation(HOLD)
    talk.answer(SHOP, b"sid=1; Max-Age=10")
    told = talk.request(SHOP, time=START + 100)
    assert told.fields == []
    assert [(event.jar, event.reason, event.time) for event in told.events] == [(JarKind.HELD, "expired", START + 12)]


def test_rules_that_only_watch_hold_nothing() -> None:
    for talk in (Conversation(HOLD.replace("hold", "mode: observe, hold")), Conversation(HOLD)):
        watch = talk.rules == HOLD
        asked = talk.request(SHOP, b"sid=1", watch=watch)
        assert (asked.fields, asked.changed) == ([b"sid=1"], False)
        assert "changed sid observed" in asked.said()
        answered = talk.response(asked, b"sid=2", watch=watch)
        assert (answered.fields, answered.changed) == ([b"sid=2"], False)
        assert (talk.mirror, talk.held) == (["sid=2 shop.example/"], [])


# -- rename ----------------------------------------------------------------------------------------------------------------


def renamed() -> Conversation:
    talk = Conversation(RENAME)
    assert talk.answer(SHOP, b"sid=1; Domain=shop.example").fields == [b"__Host-sid=1; Secure; Path=/"]
    return talk


def test_a_rename_is_undone_on_the_way_up() -> None:
    talk = renamed()
    asked = talk.request(SHOP, b"a=1;  __Host-sid=1 ; b=2")
    assert asked.fields == [b"a=1;  sid=1 ; b=2"]
    assert asked.sent()[1] == "__Host-sid sent"
    assert next(iter(talk.client.mirror)).made_from == b"sid"


def test_a_rename_is_undone_when_its_rule_is_gone() -> None:
    talk = renamed()
    talk.configure()
    assert talk.request(SHOP, b"__Host-sid=1").fields == [b"sid=1"]
    talk.request(SHOP, b"__Host-sid=2")
    assert talk.request(SHOP, b"__Host-sid=2").fields == [b"sid=2"]


def test_and_after_a_restart() -> None:
    talk = renamed()
    talk.configure()
    talk.restart()
    assert talk.request(SHOP, b"__Host-sid=1").fields == [b"sid=1"]


def test_a_rename_of_before_the_record_is_undone_by_its_rule() -> None:
    talk = Conversation(RENAME)
    assert talk.request(SHOP, b"__Host-sid=1").fields == [b"sid=1"]
    assert talk.request(SHOP, b"__Host-sid=1").fields == [b"sid=1"]


def test_a_name_that_the_application_set_itself_is_its_own() -> None:
    talk = Conversation(RENAME)
    talk.answer(SHOP, b"__Host-sid=app; Secure; Path=/")
    assert talk.request(SHOP, b"__Host-sid=app").fields == [b"__Host-sid=app"]


def test_other_hosts_are_not_undone() -> None:
    talk = Conversation(RENAME.replace("match: {", "match: {host: shop.example, "))
    talk.answer(SHOP, b"sid=1")
    assert talk.request("https://other.example/", b"__Host-sid=1").fields == [b"__Host-sid=1"]


OLD = [
    pytest.param([b"sid=old; Path=/"], SHOP, b"sid=; Path=/; ", b"", id="host-only"),
    pytest.param(
        [b"sid=old; Domain=shop.example; Path=/; Secure"],
        SHOP,
        b"sid=; Path=/; ",
        b"; Domain=shop.example; Secure",
        id="domain",
    ),
    pytest.param([b"sid=old; Path=/x; HttpOnly"], SHOP + "x", b"sid=; Path=/x; ", b"; HttpOnly", id="path"),
    pytest.param([], SHOP, b"sid=; Path=/; ", b"", id="nobody saw it being set"),
]


@pytest.mark.parametrize(("before", "url", "start", "end"), OLD)
def test_of_old_and_new_the_new_wins_and_the_browser_is_told_to_delete_the_old(
    before: list[bytes], url: str, start: bytes, end: bytes
) -> None:
    talk = Conversation()
    talk.answer(url, *before)
    talk.configure(RENAME)
    talk.answer(url, b"sid=new")
    asked = talk.request(url, b"sid=old; __Host-sid=new")
    assert asked.fields == [b"sid=new"]
    assert asked.sent()[0] == "sid withheld renamed"
    deleted = talk.response(asked).fields
    assert deleted == [start + b"Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT" + end]
    assert talk.request(url, b"__Host-sid=new", headers=OWN_NAVIGATION).said(MISSING) == []
    assert talk.mirror == ["__Host-sid=new shop.example/"]
    assert talk.leaving == []


def test_only_a_response_that_may_delete_the_old_one_does() -> None:
    talk = Conversation()
    talk.answer("https://www.shop.example/", b"sid=old; Secure; Domain=shop.example; Path=/")
    talk.configure(RENAME)
    talk.answer("https://www.shop.example/", b"sid=new")
    asked = talk.request("https://www.shop.example/", b"sid=old; __Host-sid=new")
    for elsewhere in ("https://other.example/", "http://www.shop.example/"):
        assert talk.answer(elsewhere).fields == []
    assert talk.answer("https://api.shop.example/", headers=CROSS_SITE_IMAGE).fields == []
    assert len(talk.answer("https://api.shop.example/").fields) == 1
    assert talk.response(asked).fields == []


def test_rename_and_hold_together_leave_nothing_in_the_browser() -> None:
    talk = renamed()
    talk.configure(RENAME + "\n" + HOLD)
    asked = talk.request(SHOP, b"__Host-sid=1")
    assert asked.fields == [b"sid=1"]
    assert talk.held == ["sid=1 shop.example/"]
    assert talk.response(asked).fields == [
        b"__Host-sid=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure"
    ]


# -- other actions ---------------------------------------------------------------------------------------------------------

CHANGES = [
    pytest.param("{match: {cookie: b}, drop: true}", b"a=1;b=2;  c=3", [b"a=1;  c=3"], id="drop"),
    pytest.param("{match: {cookie: b}, drop: request}", b"b=2; a=1", [b"a=1"], id="drop the first"),
    pytest.param("{match: {cookie: b}, drop: response}", b"a=1;b=2", [b"a=1;b=2"], id="drop in responses only"),
    pytest.param("{keep: [a, 'c*']}", b"a=1; b=2; cc=3", [b"a=1; cc=3"], id="keep"),
    pytest.param("{match: {cookie: '*'}, drop: true}", b"a=1; b=2", [], id="drop all"),
    pytest.param(
        "{match: {cookie: b, direction: request}, replace: {find: '2', with: 'two'}}",
        b"a=1; b = 2 ;c=3",
        [b"a=1; b = two ;c=3"],
        id="replace, its direction said",
    ),
    pytest.param("{match: {cookie: b}, replace: {find: '2', with: 'two'}}", b"b=2", [b"b=2"], id="replace"),
    pytest.param("{add: {name: own, value: x, to: request}}", b"a=1", [b"a=1; own=x"], id="add"),
    pytest.param("{add: {name: own, value: x, to: request}}", b"own=1", [b"own=1"], id="add what is there"),
    pytest.param("{add: {name: own, value: x, to: request}}", b"", [b"own=x"], id="add to nothing"),
    pytest.param("{match: {cookie: a}, drop: true, mode: observe}", b"a=1", [b"a=1"], id="observe"),
    pytest.param("{match: {cookie: a}, set: {secure: true}}", b"a=1", [b"a=1"], id="set is for responses"),
]


@pytest.mark.parametrize(("rule", "cookie", "up"), CHANGES)
def test_rules_apply_to_requests(rule: str, cookie: bytes, up: list[bytes]) -> None:
    talk = Conversation(f"- {rule}")
    told = talk.request(SHOP, *([cookie] if cookie else []))
    assert told.fields == up
    assert told.changed is (up != ([cookie] if cookie else []))
    again = talk.request(SHOP, *([cookie] if cookie else []), watch=True)
    assert not again.changed


def test_a_dropped_pair_is_told_as_withheld() -> None:
    talk = Conversation("- {name: no b, match: {cookie: b}, drop: true}")
    told = talk.request(SHOP, b"a=1; b=2")
    assert told.sent() == ["a unexpected unknown", "b withheld dropped-by-rule"]
    assert [(e.rule, e.cookie, e.reason) for e in told.events] == [("no b", b"b", "drop")]


def test_conditions_on_attributes_see_the_stored_cookie() -> None:
    talk = Conversation("- {match: {has: {httponly: true}, direction: request}, drop: true}")
    talk.answer(SHOP, b"a=1; HttpOnly", b"b=1")
    assert talk.request(SHOP, b"a=1; b=1").fields == [b"b=1"]


def test_crumbs_are_joined_only_if_something_changes() -> None:
    talk = Conversation("- {match: {cookie: b}, drop: true}")
    assert talk.request(SHOP, b"a=1", b"c=3").changed is False
    assert talk.request(SHOP, b"a=1", b"b=2", b"c=3").fields == [b"a=1; c=3"]


# -- what is told ----------------------------------------------------------------------------------------------------------


def test_a_request_without_cookies_is_no_observation() -> None:
    assert Conversation().request(SHOP, headers=OWN_NAVIGATION).observations == []


def test_a_request_is_one_observation() -> None:
    talk = Conversation()
    told = talk.request(SHOP + "a/b?c=d", b"a=1", headers=OWN_NAVIGATION, method="POST")
    (seen,) = told.observations
    assert isinstance(seen, RequestSeen)
    assert (seen.client, seen.site, seen.host, seen.scheme) == ("client", "shop.example", "shop.example", "https")
    assert (seen.method, seen.path, seen.party, seen.header_bytes) == ("POST", b"/a/b", "first", len("Cookie: a=1"))


def test_what_ended_is_told_at_its_own_time_and_host() -> None:
    talk = Conversation()
    talk.answer("https://a.shop.example/", b"sid=1; Max-Age=10")
    (event,) = talk.request("https://other.example/", time=START + 1000).events
    assert isinstance(event, Event)
    assert (event.time, event.host, event.site, event.flow_id) == (START + 12, "a.shop.example", "shop.example", None)


SIZES = [
    pytest.param(4_088, [], id="4096 with the name"),
    pytest.param(4_089, ["over-4096"], id="one more"),
    pytest.param(8_183, ["over-8190"], id="8191"),
    pytest.param(16_377, ["over-16384"], id="16385"),
]


@pytest.mark.parametrize(("octets", "reasons"), SIZES)
def test_large_headers_are_told_once_for_each_threshold_with_the_largest(octets: int, reasons: list[str]) -> None:
    talk = Conversation()
    cookies = [b"a=1", b"large=" + b"x" * 600, b"b=2"]
    field = b"; ".join([*cookies, b"rest=" + b"y" * (octets - len(b"; ".join(cookies)) - 7)])
    assert len(field) == octets
    events = [event for event in talk.request(SHOP, field).events if event.event is EventKind.HEADER_SIZE]
    assert [event.reason for event in events] == reasons
    for event in events:
        assert f"{octets + 8} bytes" in (event.sentence or "")
        assert "rest" in (event.sentence or "")
        assert "large (606 B)" in (event.sentence or "")
        assert "xxx" not in (event.sentence or "")
    assert talk.request(SHOP, field).said(EventKind.HEADER_SIZE) == []


def test_the_header_that_counts_is_the_applications() -> None:
    talk = Conversation(HOLD)
    talk.answer(SHOP, b"sid=" + b"x" * 4_090)
    assert talk.request(SHOP, b"a=1").said(EventKind.HEADER_SIZE) == ["header-size  over-4096"]
