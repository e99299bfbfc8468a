"""The way down: rules applied, jars filled, limits enforced, clocks compared (R1, R5, R6, R11, R14, R20, R21)."""

import pytest

from cookieproxy.core.dates import format_imf_fixdate
from cookieproxy.core.events import Event, EventKind, JarKind
from cookieproxy.core.outcome import RemovalCause, WithholdReason
from cookieproxy.core.profiles import Overrides
from rig.conversation import CROSS_SITE_IMAGE, OWN_NAVIGATION, START, SUFFIXES, Conversation, Headers, Surfer, fetch

SHOP = "https://shop.example/"
HOLD = "- {name: keep it, match: {cookie: sid}, hold: true}"
HOLD_ALL = "- {name: keep all, match: {cookie: '*'}, hold: true}"
GONE = b"Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
REMOVED, CHANGED = EventKind.REMOVED, EventKind.CHANGED


# -- rules -----------------------------------------------------------------------------------------------------------------

CHANGES = [
    pytest.param("{set: {httponly: true}}", b"a=1;path=/ ", [b"a=1;path=/ ; HttpOnly"], id="set"),
    pytest.param("{set: {secure: true}}", b"a=1;SECURE ; x", [b"a=1;SECURE ; x"], id="set what is there"),
    pytest.param("{set: {secure: false}}", b"a=1;SECURE ; x;secure", [b"a=1; x"], id="remove"),
    pytest.param("{cap: 60}", b"a=1;max-age = 90;x", [b"a=1;max-age = 60;x"], id="cap"),
    pytest.param("{cap: 60}", b"a=1; Max-Age=30", [b"a=1; Max-Age=30"], id="cap what is shorter"),
    pytest.param("{cap: 60}", b"a=1", [b"a=1"], id="cap a session cookie"),
    pytest.param("{drop: true}", b"a=1", [], id="drop"),
    pytest.param("{drop: request}", b"a=1", [b"a=1"], id="drop in requests only"),
    pytest.param("{keep: [b]}", b"a=1", [], id="keep another"),
    pytest.param("{keep: [a]}", b"a=1", [b"a=1"], id="keep"),
    pytest.param("{rename: 'x-{name}'}", b" a = 1 ;b", [b" x-a = 1 ;b"], id="rename"),
    pytest.param("{replace: {find: '~[0-9]', with: n}}", b'a="x1"; p=1', [b'a="xn"; p=1'], id="replace"),
    pytest.param("{add: {name: own, value: x, path: /}}", b"a=1", [b"a=1", b"own=x; Path=/"], id="add"),
    pytest.param("{add: {name: a, value: x}}", b"a=1", [b"a=1"], id="add what is there"),
    pytest.param("{hold: true}", b"a=1", [], id="hold"),
    pytest.param("{drop: true, mode: observe}", b"a=1", [b"a=1"], id="observe"),
    pytest.param("{set: {httponly: true}, mode: observe}", b"a=1", [b"a=1"], id="observe set"),
]


@pytest.mark.parametrize(("rule", "field", "passed"), CHANGES)
def test_rules_apply_to_responses(rule: str, field: bytes, passed: list[bytes]) -> None:
    match = "" if "add:" in rule else "match: {cookie: '*'}, "
    told = Conversation("- {" + match + rule[1:]).answer(SHOP, field)
    assert told.fields == passed
    assert told.changed is (passed != [field])


def test_the_fields_no_rule_is_about_stay_where_they_are() -> None:
    talk = Conversation("- {match: {cookie: b}, drop: true}\n- {match: {cookie: c}, set: {secure: true}}")
    told = talk.answer(SHOP, b"a=1;;", b"b=2", b"c=3", b" d = 4 ")
    assert told.fields == [b"a=1;;", b"c=3; Secure", b" d = 4 "]
    assert told.outcomes() == ["b ignored dropped-by-rule" if n == 1 else f"{'abcd'[n]} stored" for n in range(4)]
    assert [seen.passed for seen in told.seen] == [b"a=1;;", None, b"c=3; Secure", b" d = 4 "]
    assert [seen.field for seen in told.seen] == [b"a=1;;", b"b=2", b"c=3", b" d = 4 "]


def test_watching_changes_nothing_and_tells_what_would() -> None:
    rule = "- {name: all, match: {cookie: '*'}, drop: true}\n- {add: {name: own, value: x}}"
    talk = Conversation(rule, browser="classic", enforce=True)
    asked = talk.request(SHOP)
    told = talk.response(asked, *[b"c%d=1" % n for n in range(25)], b"bad=1; Domain=other.example", watch=True)
    assert not told.changed
    assert len(talk.mirror) == 20
    assert talk.leaving == []
    assert all(seen.changes[0].observed for seen in told.seen)
    assert told.said(CHANGED) == ["changed own observed"]


def test_what_rules_did_is_told_with_before_and_after() -> None:
    talk = Conversation("- {name: harden, match: {cookie: a}, set: {httponly: true}}")
    (seen,) = talk.answer(SHOP, b"a=1").seen
    (change,) = seen.changes
    assert (change.rule, change.action, change.before, change.after) == ("harden", "set", b"a=1", b"a=1; HttpOnly")


# -- the mirror ------------------------------------------------------------------------------------------------------------


def test_the_mirror_is_filled_by_what_the_browser_gets() -> None:
    talk = Conversation("- {match: {cookie: a}, set: {path: /x, value: two}}\n- {match: {cookie: b}, drop: true}")
    talk.answer(SHOP, b"a=1; Path=/", b"b=1")
    assert talk.mirror == ["a=two shop.example/x"]


def test_an_overwrite_is_told_with_the_old_and_the_new() -> None:
    talk = Conversation()
    talk.answer(SHOP, b"a=old")
    (seen,) = talk.answer(SHOP, b"a=new").seen
    assert (seen.event, seen.value, seen.old_value) == (EventKind.REPLACED, b"new", b"old")


PERSISTENCE = [
    pytest.param(b"a=1", b"a=2; Max-Age=60", ["persistence a became-persistent"], id="to persistent"),
    pytest.param(b"a=1; Max-Age=60", b"a=1", ["persistence a became-session"], id="to session"),
    pytest.param(b"a=1; Max-Age=60", b"a=1; Max-Age=90", [], id="still persistent"),
    pytest.param(b"a=1", b"a=2", [], id="still a session's"),
    pytest.param(b"a=1; Max-Age=60", b"a=; Max-Age=0", [], id="deleted"),
]


@pytest.mark.parametrize("rules", ["", HOLD_ALL], ids=["mirror", "held"])
@pytest.mark.parametrize(("first", "then", "told"), PERSISTENCE)
def test_a_change_of_persistence_is_an_event(first: bytes, then: bytes, told: list[str], rules: str) -> None:
    talk = Conversation(rules)
    talk.answer(SHOP, first)
    answer = talk.answer(SHOP, then)
    assert answer.said(EventKind.PERSISTENCE) == told
    assert all(event.jar is (JarKind.HELD if rules else JarKind.MIRROR) for event in answer.events)


def test_an_adopted_cookie_has_no_persistence_to_change() -> None:
    talk = Conversation()
    assert talk.answer(SHOP, b"a=1; Max-Age=60", cookie=b"a=1").said(EventKind.PERSISTENCE) == []


def test_a_deletion_is_a_removal_and_one_that_misses_is_told() -> None:
    talk = Conversation()
    talk.answer(SHOP, b"a=1; Path=/x")
    assert talk.answer(SHOP, b"a=; Path=/; Max-Age=0").outcomes() == ["a ignored already-expired"]
    told = talk.answer(SHOP, b"a=; Path=/x; Max-Age=0")
    assert told.outcomes() == ["a removed deleted"]
    assert told.seen[0].old_value == b"1"


def test_an_eviction_names_victim_cause_and_who_caused_it() -> None:
    talk = Conversation(browser="classic")
    talk.answer(SHOP, *[b"c%d=1" % n for n in range(20)])
    told = talk.answer(SHOP, b"late=1")
    (event,) = [event for event in told.events if event.event is REMOVED]
    assert (event.cookie, event.reason, event.by) == (b"c0", "evicted-site", "late")
    assert (event.host, event.site, event.time) == ("shop.example", "shop.example", talk.time)
    assert event.flow_id is not None
    assert event.flow_id == told.seen[0].flow_id


def test_a_total_limit_evicts_on_another_site() -> None:
    talk = Conversation(browser="classic", limits=Overrides(total=2))
    talk.answer("https://one.example/", b"a=1", b"b=1")
    told = talk.answer(SHOP, b"c=1")
    assert [(e.site, e.host, e.cookie, e.reason) for e in told.events] == [
        ("one.example", "one.example", b"a", "evicted-total")
    ]


def test_errors_and_redirects_set_cookies_too() -> None:
    talk = Conversation()
    for number, status in enumerate((101, 204, 302, 404, 500)):
        talk.response(talk.request(SHOP), b"c%d=1" % number, status=status)
    assert len(talk.mirror) == 5


def test_a_response_to_another_sites_image_sets_no_lax_cookie() -> None:
    talk = Conversation()
    told = talk.answer(SHOP, b"a=1", b"b=1; SameSite=None; Secure", headers=CROSS_SITE_IMAGE)
    assert told.outcomes() == ["a ignored same-site-default", "b stored"]
    assert len(told.fields) == 2


def test_partitioned_cookies_belong_to_the_page() -> None:
    talk = Conversation()
    field = b"a=1; Partitioned; Secure; SameSite=None"
    talk.answer(SHOP, field, headers=CROSS_SITE_IMAGE)
    talk.answer(SHOP, field, headers=fetch("cross-site", "no-cors", "image"))
    talk.answer(SHOP, field, headers=OWN_NAVIGATION)
    assert sorted(cookie.partition or "" for cookie in talk.client.mirror) == [
        "https://news.example",
        "https://shop.example",
        "unknown",
    ]


# -- hold ------------------------------------------------------------------------------------------------------------------

WHATEVER_THE_JAR_SAYS = [
    pytest.param(b"sid=1", "stored", id="good"),
    pytest.param(b"sid=1; Domain=other.example", "ignored", id="foreign"),
    pytest.param(b"sid=" + b"x" * 5000, "ignored", id="too large"),
    pytest.param(b"sid=1\x00", "ignored", id="control character"),
    pytest.param(b"sid=1; Max-Age=0", "ignored", id="expired"),
    pytest.param(b"sid=1; SameSite=None", "ignored", id="None without Secure"),
    pytest.param(b"just a value", "stored", id="nameless"),
    pytest.param(b"=", "ignored", id="nothing"),
    pytest.param(b"", "ignored", id="empty"),
]


@pytest.mark.parametrize(("field", "outcome"), WHATEVER_THE_JAR_SAYS)
def test_the_browser_never_sees_what_is_held(field: bytes, outcome: str) -> None:
    talk = Conversation(HOLD_ALL)
    told = talk.answer(SHOP, field)
    assert told.fields == []
    (seen,) = told.seen
    assert (seen.event.value, seen.jar, seen.passed) == (outcome, JarKind.HELD, None)
    assert talk.mirror == []


def test_the_application_deletes_what_is_held() -> None:
    talk = Conversation(HOLD)
    talk.answer(SHOP, b"sid=1; Path=/")
    told = talk.answer(SHOP, b"sid=; Path=/; Max-Age=0")
    assert (told.fields, talk.held) == ([], [])
    assert told.outcomes() == ["sid removed deleted"]
    assert talk.request(SHOP).fields == []


@pytest.mark.parametrize("field", [b"sid=2", b"sid=; Max-Age=0"], ids=["set", "deleted"])
def test_what_the_browser_has_of_a_held_key_is_deleted_though_it_was_not_sent(field: bytes) -> None:
    talk = Conversation()
    talk.answer(SHOP, b"sid=1; Secure")
    talk.configure(HOLD)
    assert talk.answer("http://shop.example/", field).fields == []
    assert talk.mirror == []
    assert talk.answer(SHOP).fields == [b"sid=; Path=/; " + GONE + b"; Secure"]


def test_the_held_jar_has_no_counts_unless_they_are_enforced() -> None:
    fields = [b"c%d=1" % number for number in range(25)]
    for enforce, count in ((False, 25), (True, 20)):
        talk = Conversation(HOLD_ALL, browser="classic", enforce=enforce)
        told = talk.answer(SHOP, *fields)
        assert len(talk.held) == count
        assert told.fields == []
        assert {event.jar for event in told.events} <= {JarKind.HELD}


def test_a_held_jar_is_bounded_all_the_same() -> None:
    talk = Conversation(HOLD_ALL, browser="none")
    told = talk.answer(SHOP, *[b"c%d=1" % number for number in range(10_003)])
    assert len(talk.held) == 10_000
    assert told.said(REMOVED)[0] == "removed c0 evicted-total"


# -- enforce ---------------------------------------------------------------------------------------------------------------


def classic(rules: str = "", **limits: int) -> Conversation:
    return Conversation(rules, browser="classic", enforce=True, limits=Overrides(**limits))


def numbered(*numbers: int) -> list[bytes]:
    return [b"c%d=1" % number for number in numbers]


def test_a_refused_cookie_is_not_passed_on() -> None:
    talk = Conversation(enforce=True)
    told = talk.answer(SHOP, b"a=1", b"b=1; Domain=other.example", b"c=1; SameSite=None", b"gone=; Max-Age=0")
    assert told.fields == [b"a=1", b"gone=; Max-Age=0"]
    assert [seen.passed for seen in told.seen][1:3] == [None, None]


def test_an_evicted_cookie_is_deleted_with_the_response_that_evicts() -> None:
    talk = classic(per_site=2)
    talk.answer(SHOP, *numbered(1, 2))
    told = talk.answer(SHOP, *numbered(3))
    assert told.fields == [b"c3=1", b"c1=; Path=/; " + GONE]
    assert told.said() == ["removed c1 evicted-site", "changed c1 deletion"]


def test_it_is_withheld_from_requests_until_it_is_gone() -> None:
    talk = classic(per_site=2)
    talk.answer(SHOP, *numbered(1, 2))
    asked = talk.request(SHOP, b"c1=1; c2=1")
    evicting = talk.response(talk.request("http://shop.example/x/"), b"c3=1; Path=/")
    assert evicting.fields[1:] == [b"c1=; Path=/; " + GONE]
    talk.response(asked)
    told = talk.request(SHOP, b"c1=1; c2=1; c3=1")
    assert told.fields == [b"c2=1; c3=1"]
    assert told.sent() == ["c1 withheld evicted", "c2 sent", "c3 sent"]
    assert len(talk.response(told).fields) == 1
    assert talk.leaving == ["c1"]
    assert talk.request(SHOP, b"c2=1; c3=1").events == []
    assert talk.leaving == []
    assert talk.answer(SHOP).fields == []


def test_a_request_sent_before_the_deletion_needs_no_second_one() -> None:
    talk = classic(per_site=1)
    talk.answer(SHOP, b"c1=1")
    asked = talk.request(SHOP, b"c1=1", time=START + 10)
    assert len(talk.response(asked, b"c2=1", time=START + 20).fields) == 2
    late = talk.request(SHOP, b"c1=1", time=START + 15)
    assert late.fields == []
    assert talk.response(late, time=START + 25).fields == []


DELETIONS = [
    pytest.param(b"c=1", SHOP, [b"c=; Path=/; " + GONE], id="plain"),
    pytest.param(b"c=1; Path=/x", SHOP, [b"c=; Path=/x; " + GONE], id="path"),
    pytest.param(b"c=1; Domain=shop.example", SHOP, [b"c=; Path=/; " + GONE + b"; Domain=shop.example"], id="domain"),
    pytest.param(
        b"c=1; Domain=shop.example",
        "https://www.shop.example/",
        [b"c=; Path=/; " + GONE + b"; Domain=shop.example"],
        id="domain, from below",
    ),
    pytest.param(b"c=1", "https://www.shop.example/", [], id="host-only, from below"),
    pytest.param(b"c=1; Secure", SHOP, [b"c=; Path=/; " + GONE + b"; Secure"], id="Secure"),
    pytest.param(b"c=1; Secure", "http://shop.example/", [], id="Secure, from http"),
    pytest.param(b"c=1; HttpOnly", SHOP, [b"c=; Path=/; " + GONE + b"; HttpOnly"], id="HttpOnly"),
    pytest.param(b"__Host-c=1; Secure; Path=/", SHOP, [b"__Host-c=; Path=/; " + GONE + b"; Secure"], id="__Host-"),
    pytest.param(b"__Host-c=1; Secure; Path=/", "http://shop.example/", [], id="__Host-, from http"),
    pytest.param(
        b"__secure-c=1; Secure; Domain=shop.example",
        SHOP,
        [b"__secure-c=; Path=/; " + GONE + b"; Domain=shop.example; Secure"],
        id="__Secure-",
    ),
    pytest.param(
        b"__Http-c=1; Secure; HttpOnly; Path=/x",
        SHOP,
        [b"__Http-c=; Path=/x; " + GONE + b"; Secure; HttpOnly"],
        id="__Http-",
    ),
    pytest.param(
        b"c=1; Secure; SameSite=None; Partitioned",
        SHOP,
        [b"c=; Path=/; " + GONE + b"; Secure; SameSite=None; Partitioned"],
        id="Partitioned",
    ),
    pytest.param(b"c=1; SameSite=Strict", SHOP, [b"c=; Path=/; " + GONE], id="Strict"),
    pytest.param(b"bare", SHOP, [b"x; Path=/; " + GONE], id="nameless"),
]


@pytest.mark.parametrize(("field", "url", "deletions"), DELETIONS)
def test_a_deletion_is_one_that_the_browser_takes(field: bytes, url: str, deletions: list[bytes]) -> None:
    talk = Conversation(enforce=True)
    surfer = Surfer(talk)
    surfer.visit(SHOP, field)
    (cookie,) = talk.client.mirror
    before = len(surfer.jar)
    talk.client.mirror.remove(cookie, RemovalCause.EVICTED_SITE)
    talk.client.leaving.expel(cookie, WithholdReason.EVICTED)
    _, answered = surfer.visit(url)
    assert answered.fields == deletions
    assert len(surfer.jar) == before - len(deletions)


def test_a_path_that_cannot_be_written_is_deleted_from_where_it_is_the_default() -> None:
    talk = classic(per_site=1)
    surfer = Surfer(talk, "none")
    surfer.visit(SHOP + "a;b/c", b"c1=1")
    surfer.visit(SHOP, b"c2=1")
    assert talk.leaving == ["c1"]
    assert surfer.visit(SHOP + "a/c")[1].fields == []
    assert surfer.visit(SHOP + "a;b/d")[1].fields == [b"c1=; " + GONE]
    assert surfer.has() == surfer.should_have()


CROSS_SITE = [
    pytest.param(b"c1=1; SameSite=Lax", 0, id="Lax"),
    pytest.param(b"c1=1", 0, id="no SameSite"),
    pytest.param(b"c1=1; SameSite=None; Secure", 1, id="None"),
]


@pytest.mark.parametrize(("field", "deletions"), CROSS_SITE)
def test_a_response_to_another_sites_page_deletes_only_what_it_may_set(field: bytes, deletions: int) -> None:
    talk = Conversation(enforce=True, limits=Overrides(per_site=2))
    talk.answer(SHOP, field, b"c2=1; Secure")
    talk.answer("https://www.shop.example/", b"c3=1; Secure")
    assert talk.leaving == ["c1"]
    assert len(talk.answer(SHOP, headers=CROSS_SITE_IMAGE).fields) == deletions


def test_a_cookie_that_is_set_again_is_not_deleted() -> None:
    talk = classic(per_site=1)
    talk.answer(SHOP, b"c1=1; Path=/x")
    talk.answer("https://www.shop.example/", b"other=1")
    talk.answer(SHOP, b"c2=1")
    assert talk.request(SHOP + "x", b"c1=1; c2=1").fields == [b"c2=1"]
    told = talk.answer(SHOP, b"c1=2; Path=/x")
    assert told.fields == [b"c1=2; Path=/x", b"c2=; Path=/; " + GONE]
    assert talk.leaving == ["c2"]
    assert talk.request(SHOP + "x", b"c1=2").fields == [b"c1=2"]


def test_a_deletion_by_the_application_is_enough() -> None:
    talk = classic(per_site=1)
    talk.answer(SHOP, b"c1=1; Path=/x")
    talk.response(talk.request("https://shop.example/"), b"c2=1", headers=())
    told = talk.answer(SHOP, b"c1=; Path=/x; Max-Age=0")
    assert told.fields == [b"c1=; Path=/x; Max-Age=0"]
    assert talk.leaving == []


def test_what_came_with_the_response_that_evicts_it_is_not_passed_at_all() -> None:
    talk = classic(per_site=2)
    told = talk.answer(SHOP, *numbered(1, 2, 3, 4))
    assert told.fields == numbered(3, 4)
    assert [seen.passed for seen in told.seen] == [None, None, b"c3=1", b"c4=1"]
    assert talk.leaving == []


def test_unless_the_browser_has_an_older_one_of_its_key() -> None:
    talk = classic(per_site=2)
    talk.answer(SHOP, b"c1=old")
    told = talk.answer(SHOP, *numbered(1, 2, 3))
    assert told.fields == [*numbered(1, 2, 3), b"c1=; Path=/; " + GONE]


def test_a_newcomer_that_is_the_victim_itself_is_not_passed() -> None:
    talk = Conversation(enforce=True)
    secure = [b"s%d=1; Secure" % number for number in range(180)]
    for start in range(0, 180, 20):
        talk.answer(SHOP, *secure[start : start + 20])
    told = talk.answer(SHOP, b"plain=1")
    assert told.fields[0].startswith(b"s0=;")
    assert len(told.fields) == 30
    assert told.seen[0].passed is None
    assert len(talk.mirror) == 150
    assert "plain" not in talk.leaving


def test_firefox_refuses_the_newcomer_and_so_does_the_proxy() -> None:
    talk = Conversation(browser="firefox", enforce=True)
    talk.answer(SHOP, *[b"s%d=1; Secure" % number for number in range(180)])
    told = talk.answer(SHOP, b"plain=1")
    assert (told.fields, told.outcomes()) == ([], ["plain ignored no-room"])


CAPPED = [
    pytest.param(b"a=1; max-age=9999", [b"a=1; max-age=60"], id="longer"),
    pytest.param(b"a=1; Max-Age=50", [b"a=1; Max-Age=50"], id="shorter"),
    pytest.param(b"a=1", [b"a=1"], id="session"),
    pytest.param(b"a=1; Max-Age=0", [b"a=1; Max-Age=0"], id="deletion"),
]


@pytest.mark.parametrize(("field", "passed"), CAPPED)
def test_lifetimes_are_cut_to_the_users_limit(field: bytes, passed: list[bytes]) -> None:
    talk = Conversation(enforce=True, limits=Overrides(max_age=60))
    assert talk.answer(SHOP, field).fields == passed
    assert Conversation(limits=Overrides(max_age=60)).answer(SHOP, field).fields == [field]


def test_lifetimes_that_browsers_cut_by_themselves_are_left_to_them() -> None:
    field = b"a=1; Max-Age=999999999"
    assert Conversation(enforce=True).answer(SHOP, field).fields == [field]


def test_lower_limits_take_effect_with_the_next_cookie() -> None:
    talk = Conversation(enforce=True)
    surfer = Surfer(talk, "none")
    surfer.visit(SHOP, *numbered(*range(60)))
    talk.browser = "classic"
    talk.client.follow(talk.profile, SUFFIXES, enforce=True)
    _, answered = surfer.visit(SHOP, b"late=1")
    assert len(answered.fields) == 42
    assert surfer.has() == surfer.should_have()
    assert len(surfer.jar) == 20


def test_deletions_of_one_response_are_bounded_and_go_on_with_the_next() -> None:
    talk = Conversation(browser="none", enforce=True)
    surfer = Surfer(talk, "none")
    surfer.visit(SHOP, *numbered(*range(500)))
    talk.browser = "classic"
    talk.client.follow(talk.profile, SUFFIXES, enforce=True)
    sizes = [len(surfer.visit(SHOP, b"late=1")[1].fields) for _ in range(4)]
    assert sizes == [201, 201, 82, 1]
    assert surfer.has() == surfer.should_have()


def test_without_enforce_evictions_are_only_told() -> None:
    talk = Conversation(browser="classic")
    talk.answer(SHOP, *numbered(*range(20)))
    told = talk.answer(SHOP, b"late=1", b"bad=1; Domain=other.example")
    assert not told.changed
    assert talk.leaving == []
    assert talk.request(SHOP, b"c0=1").fields == [b"c0=1"]


@pytest.mark.parametrize("visits", [1, 5, 100])
def test_a_browser_without_limits_lives_with_twenty_cookies_a_host(visits: int) -> None:
    talk = classic()
    surfer = Surfer(talk, "none")
    for visit in range(visits):
        host = ("shop.example", "www.shop.example")[visit % 2]
        field = [
            b"n%d=%d" % (number % 37, visit) for number in range(visit * 300 // visits, (visit + 1) * 300 // visits)
        ]
        asked, _ = surfer.visit(f"https://{host}/", *field)
        assert sum(len(cookies.split(b";")) for cookies in asked.fields) <= 20
        assert surfer.has() == surfer.should_have()
    assert len(surfer.jar) == 20 * min(visits, 2)


def test_three_hundred_in_all() -> None:
    talk = classic()
    surfer = Surfer(talk, "none")
    hosts = [f"https://h{number}.example/" for number in range(20)]
    for host in hosts:
        surfer.visit(host, *numbered(*range(20)))
    for _ in range(2):
        for host in hosts:
            surfer.visit(host)
    assert len(surfer.jar) == 300
    assert surfer.has() == surfer.should_have()


# -- clocks ----------------------------------------------------------------------------------------------------------------


def date(skew: float) -> Headers:
    return ((b"Date", format_imf_fixdate(START + 100 + skew)),)


def told_skew(talk: Conversation, url: str, headers: Headers) -> list[tuple[str | None, bytes | None]]:
    told = talk.response(talk.request(url), headers=headers, time=START + 100)
    return [(e.reason, e.after) for e in told.events if e.event is EventKind.CLOCK_SKEW]


def test_a_clock_that_differs_is_told_once_and_again_when_it_changes() -> None:
    talk = Conversation()
    steps: list[tuple[float, list[tuple[str | None, bytes | None]]]] = [
        (3, []),
        (120, [("ahead", b"+120")]),
        (120, []),
        (122, []),
        (-60, [("behind", b"-60")]),
        (0, [("in-step", b"+0")]),
        (0, []),
    ]
    for skew, told in steps:
        assert told_skew(talk, SHOP, date(skew)) == told


def test_hosts_of_one_site_are_told_once_unless_they_differ() -> None:
    talk = Conversation()
    assert told_skew(talk, SHOP, date(120)) == [("ahead", b"+120")]
    assert told_skew(talk, "https://www.shop.example/", date(120)) == []
    assert told_skew(talk, "https://old.shop.example/", date(-60)) == [("behind", b"-60")]
    for _ in range(2):
        assert told_skew(talk, SHOP, date(120)) == []
        assert told_skew(talk, "https://old.shop.example/", date(-60)) == []
    assert told_skew(talk, "https://other.example/", date(120)) == [("ahead", b"+120")]


@pytest.mark.parametrize(
    "headers", [(*date(999), (b"Age", b"0")), ((b"Date", b"yesterday"),), ((b"Date", b""),), ()], ids=range(4)
)
def test_caches_and_junk_tell_nothing_of_clocks(headers: Headers) -> None:
    assert told_skew(Conversation(), SHOP, headers) == []


def test_expires_is_read_by_the_servers_clock_where_the_browser_does() -> None:
    expires = b"a=1; Expires=" + format_imf_fixdate(START + 100 + 3600 + 60)
    for browser, expiry in (("chrome", START + 100 + 60), ("rfc6265bis", START + 100 + 3660)):
        talk = Conversation(browser=browser)
        for cached in ((), ((b"Age", b"3"),)):
            talk.response(talk.request(SHOP), expires, headers=(*date(3600), *cached), time=START + 100)
            assert [cookie.expiry_time for cookie in talk.client.mirror] == [expiry]


def test_a_response_that_tells_nothing_is_no_observation() -> None:
    assert Conversation().answer(SHOP).observations == []


def test_events_are_plain_values() -> None:
    talk = Conversation(browser="classic")
    talk.answer(SHOP, *numbered(*range(21)))
    for event in talk.answer(SHOP, b"x=1").observations:
        assert not isinstance(event, Event) or type(event.reason) is str
