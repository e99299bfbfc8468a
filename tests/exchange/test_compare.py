"""The mirror against what came: adopted, changed, missing with the likeliest reason, withheld (R3, R9, R21)."""

from collections.abc import Sequence

import pytest

from cookieproxy.core.events import EventKind
from cookieproxy.core.profiles import Overrides
from cookieproxy.exchange.compare import MOST_ADOPTED
from rig.conversation import (
    CROSS_SITE_IMAGE,
    CROSS_SITE_NAVIGATION,
    OWN_NAVIGATION,
    SAME_ORIGIN_FETCH,
    SAME_ORIGIN_NAVIGATION,
    START,
    Conversation,
    Headers,
    fetch,
)

SHOP = "https://shop.example/"
MISSING, WITHHELD, REMOVED = EventKind.MISSING, EventKind.WITHHELD, EventKind.REMOVED


def after(*set_cookies: bytes, url: str = SHOP, browser: str = "chrome") -> Conversation:
    talk = Conversation(browser=browser)
    talk.answer(url, *set_cookies)
    return talk


# -- what is sent as expected ----------------------------------------------------------------------------------------------


def test_a_pair_is_told_with_its_scope_its_expiry_and_the_response_that_set_it() -> None:
    talk = Conversation()
    asked = talk.request(SHOP)
    talk.response(asked, b"sid=1; Domain=shop.example; Path=/a; Max-Age=60")
    pair = talk.request(SHOP + "a/b", b"sid=1").pairs[0]
    assert (pair.event, pair.domain, pair.host_only, pair.path) == (EventKind.SENT, "shop.example", False, b"/a")
    assert pair.expiry == START + 2 + 60
    assert pair.set_by == asked.request.access.flow_id


SENT_IN_ANY_ORDER = [
    pytest.param(b"a=1; b=2", ["a sent", "b sent"], id="as a browser sends them"),
    pytest.param(b"b=2; a=1", ["b sent", "a sent"], id="in another order"),
    pytest.param(b"b=2;a=1;", ["b sent", "a sent"], id="in another spacing"),
    pytest.param(b"a=1; b=2; a=1", ["a sent", "b sent", "a sent"], id="one of them twice"),
]


@pytest.mark.parametrize(("cookie", "sent"), SENT_IN_ANY_ORDER)
def test_cookies_are_known_in_any_order(cookie: bytes, sent: list[str]) -> None:
    talk = after(b"a=1", b"b=2")
    told = talk.request(SHOP, cookie, headers=OWN_NAVIGATION)
    assert told.sent() == sent
    assert told.events == []
    assert talk.mirror == ["a=1 shop.example/", "b=2 shop.example/"]


def test_one_name_in_several_scopes_is_several_cookies() -> None:
    talk = after(b"a=1; Path=/", b"a=2; Path=/x", b"a=3; Domain=shop.example", url=SHOP + "x/y")
    told = talk.request(SHOP + "x/y", b"a=2; a=3; a=1", headers=OWN_NAVIGATION)
    assert told.sent() == ["a sent", "a sent", "a sent"]
    assert [pair.path for pair in told.pairs] == [b"/x", b"/x", b"/"]
    assert told.events == []


def test_nameless_cookies_are_cookies() -> None:
    talk = after(b"=bare")
    told = talk.request(SHOP, b"bare", headers=OWN_NAVIGATION)
    assert told.sent() == [" sent"]
    assert told.events == []


def test_a_cookie_we_thought_kept_back_is_still_that_cookie() -> None:
    talk = after(b"a=1; SameSite=Strict; Path=/")
    told = talk.request(SHOP, b"a=1", headers=CROSS_SITE_NAVIGATION)
    assert told.sent() == ["a sent"]
    assert talk.mirror == ["a=1 shop.example/"]


# -- unexpected ------------------------------------------------------------------------------------------------------------


def test_an_unknown_cookie_is_adopted_told_once_and_never_missing() -> None:
    talk = Conversation()
    assert talk.request(SHOP, b"a=1").sent() == ["a unexpected unknown"]
    assert talk.mirror == ["a=1 shop.example/?"]
    assert talk.request(SHOP, b"a=1").sent() == ["a sent"]
    assert talk.request(SHOP, headers=OWN_NAVIGATION).events == []
    assert talk.mirror == ["a=1 shop.example/?"]


def test_an_adopted_cookie_becomes_what_its_first_set_cookie_says() -> None:
    talk = Conversation()
    told = talk.answer(SHOP, b"a=2; Domain=shop.example", cookie=b"a=1")
    assert told.said(REMOVED) == ["removed a merged"]
    assert talk.mirror == ["a=2 .shop.example/"]


def test_a_sibling_host_tells_that_an_adopted_cookie_is_its_domains() -> None:
    talk = Conversation()
    talk.request("https://a.shop.example/", b"a=1")
    assert talk.request("https://b.shop.example/", b"a=1").said(REMOVED) == ["removed a merged"]
    assert talk.mirror == ["a=1 .shop.example/?"]
    assert talk.request(SHOP, b"a=1").sent() == ["a sent"]


def test_a_host_below_tells_so_too() -> None:
    talk = Conversation()
    talk.request(SHOP, b"a=1")
    assert talk.request("https://www.shop.example/", b"a=1").said(REMOVED) == ["removed a merged"]
    assert talk.mirror == ["a=1 .shop.example/?"]


def test_a_host_only_cookie_seen_being_set_is_not_the_one_that_goes_to_a_host_below() -> None:
    talk = after(b"a=1")
    assert talk.request("https://www.shop.example/", b"a=1").sent() == ["a unexpected unknown"]
    assert talk.mirror == ["a=1 shop.example/", "a=1 www.shop.example/?"]


def test_a_value_changed_by_a_script_is_followed_and_keeps_its_scope() -> None:
    talk = after(b"a=1; Path=/x; Max-Age=60", url=SHOP + "x")
    assert talk.request(SHOP + "x", b"a=2").sent() == ["a unexpected changed"]
    assert talk.mirror == ["a=2 shop.example/x"]
    assert talk.request(SHOP + "x", b"a=2").sent() == ["a sent"]


def test_a_change_seen_where_the_cookie_was_not_expected_keeps_its_scope_too() -> None:
    talk = after(b"a=1; SameSite=Strict; Secure")
    assert talk.request(SHOP, b"a=2", headers=CROSS_SITE_NAVIGATION).sent() == ["a unexpected changed"]
    assert next(iter(talk.client.mirror)).secure_only
    assert talk.request(SHOP, b"a=2", headers=CROSS_SITE_NAVIGATION).sent() == ["a sent"]


def test_a_name_sent_twice_does_not_push_out_the_cookie_that_is_known() -> None:
    talk = after(b"a=1")
    for _ in range(3):
        assert talk.request(SHOP, b"a=1; a=2").sent() == ["a sent", "a unexpected"]
        assert talk.mirror == ["a=1 shop.example/"]


UNEXPECTED_FOR_A_REASON = [
    pytest.param([b"a=1", b"a=; Max-Age=0"], "removed", id="deleted"),
    pytest.param([b"a=1; Domain=other.example"], "refused", id="refused"),
    pytest.param([b"x=1"], "unknown", id="never seen"),
]


@pytest.mark.parametrize(("set_cookies", "reason"), UNEXPECTED_FOR_A_REASON)
def test_what_should_not_be_there_is_told_with_why(set_cookies: list[bytes], reason: str) -> None:
    talk = after(*set_cookies)
    assert talk.request(SHOP, b"a=1").sent() == [f"a unexpected {reason}"]
    assert "a=1 shop.example/?" in talk.mirror
    assert talk.request(SHOP, b"a=1").sent() == ["a sent"]


def test_an_evicted_cookie_that_still_comes_is_adopted_and_told_once() -> None:
    talk = after(*[b"c%d=1" % number for number in range(21)], browser="classic")
    assert talk.request(SHOP, b"c0=1").sent() == ["c0 unexpected evicted"]
    assert "c0=1 shop.example/?" in talk.mirror
    assert talk.request(SHOP, b"c0=1").sent() == ["c0 sent"]


def test_a_domain_cookie_that_was_evicted_is_known_on_every_host() -> None:
    talk = after(*[b"c%d=1; Domain=shop.example" % number for number in range(21)], browser="classic")
    assert talk.request("https://www.shop.example/", b"c0=1").sent() == ["c0 unexpected evicted"]


# -- under way -------------------------------------------------------------------------------------------------------------


def test_a_request_older_than_the_response_is_no_evidence() -> None:
    talk = Conversation()
    asked = talk.request(SHOP, time=START)
    talk.response(asked, b"a=1", b"b=1", time=START + 2)
    told = talk.request(SHOP, b"b=0", headers=OWN_NAVIGATION, time=START + 1)
    assert told.sent() == ["b sent"]
    assert told.events == []
    assert talk.mirror == ["a=1 shop.example/", "b=1 shop.example/"]


def test_a_request_with_the_value_before_is_under_way_for_a_moment() -> None:
    talk = after(b"a=1")
    talk.answer(SHOP, b"a=2", cookie=b"a=1")
    at = talk.time
    assert talk.request(SHOP, b"a=1", time=at + 0.3).sent() == ["a sent"]
    assert talk.mirror == ["a=2 shop.example/"]
    assert talk.request(SHOP, b"a=1", time=at + 3).sent() == ["a unexpected changed"]
    assert talk.mirror == ["a=1 shop.example/"]


def test_several_values_may_be_under_way_at_once() -> None:
    talk = after(b"a=0")
    for number in range(1, 4):
        talk.response(talk.request(SHOP, b"a=0", time=START + 10), b"a=%d" % number, time=START + 10 + number / 10)
    for number in range(4):
        assert talk.request(SHOP, b"a=%d" % number, time=START + 10.5).sent() == ["a sent"]
    assert talk.mirror == ["a=3 shop.example/"]


def test_what_is_sent_as_its_deletion_arrives_is_not_adopted() -> None:
    talk = after(b"a=1")
    talk.response(talk.request(SHOP, b"a=1", time=START + 10), b"a=; Max-Age=0", time=START + 11)
    assert talk.request(SHOP, b"a=1", time=START + 10.9).sent() == ["a unexpected removed"]
    assert talk.mirror == []


# -- missing ---------------------------------------------------------------------------------------------------------------

IMAGE = fetch("same-origin", "no-cors", "image")
PREFETCH = (*OWN_NAVIGATION, (b"Sec-Purpose", b"prefetch;prerender"))
FRAME = fetch("cross-site", "navigate", "iframe")
LINK_WITHIN_A_FRAME = fetch("same-origin", "navigate", "iframe")
FROM_ELSEWHERE = ((b"Referer", b"https://news.example/"),)
PREFLIGHT = ((b"Origin", b"https://shop.example"), (b"Access-Control-Request-Method", b"PUT"))

NO_EVIDENCE = [
    pytest.param(SAME_ORIGIN_FETCH, b"", "GET", id="fetch without credentials"),
    pytest.param(SAME_ORIGIN_FETCH, b"b=1", "GET", id="fetch with another cookie"),
    pytest.param(fetch("same-origin", "cors", "font"), b"", "GET", id="font"),
    pytest.param(fetch("same-origin", "cors", "manifest"), b"", "GET", id="manifest"),
    pytest.param(fetch("cross-site", "cors", "empty"), b"", "OPTIONS", id="preflight"),
    pytest.param(PREFLIGHT, b"", "OPTIONS", id="preflight to http"),
    pytest.param(IMAGE, b"b=1", "GET", id="image"),
    pytest.param((), b"", "GET", id="nothing said, nothing carried"),
    pytest.param(PREFETCH, b"", "GET", id="prefetch"),
    pytest.param(LINK_WITHIN_A_FRAME, b"", "GET", id="link within a frame that may be another site's"),
    pytest.param(FRAME, b"", "GET", id="frame in a page of another site"),
    pytest.param(CROSS_SITE_IMAGE, b"", "GET", id="image in a page of another site"),
    pytest.param(FROM_ELSEWHERE, b"", "GET", id="from a page of another site"),
]


@pytest.mark.parametrize(("headers", "cookie", "method"), NO_EVIDENCE)
def test_absence_from_such_a_request_takes_nothing_out(headers: Headers, cookie: bytes, method: str) -> None:
    talk = after(b"a=1", b"b=1")
    told = talk.request(SHOP, *([cookie] if cookie else []), headers=headers, method=method)
    assert told.said(MISSING, REMOVED) == []
    assert talk.mirror == ["a=1 shop.example/", "b=1 shop.example/"]


EVIDENCE = [
    pytest.param(OWN_NAVIGATION, b"b=1", id="navigation"),
    pytest.param(SAME_ORIGIN_NAVIGATION, b"b=1", id="link"),
    pytest.param(CROSS_SITE_NAVIGATION, b"b=1", id="link from elsewhere: Lax goes along"),
    pytest.param((), b"b=1", id="nothing said, another cookie carried"),
    pytest.param((), b"new=1", id="nothing said, an unknown cookie carried"),
    pytest.param(LINK_WITHIN_A_FRAME, b"b=1", id="within a frame that got a cookie as hard to get"),
]


@pytest.mark.parametrize(("headers", "cookie"), EVIDENCE)
def test_absence_from_such_a_request_is_told_once_and_the_mirror_follows(headers: Headers, cookie: bytes) -> None:
    talk = after(b"a=1; SameSite=Lax", b"b=1; SameSite=Lax")
    talk.request(SHOP, b"a=1; b=1")
    told = talk.request(SHOP, cookie, headers=headers)
    assert "missing a gone" in told.said() or "missing a cleared" in told.said()
    assert "removed a gone" in told.said()
    assert "a=1 shop.example/" not in talk.mirror
    assert talk.request(SHOP, cookie, headers=headers).said(MISSING) == []


DAY = 86_400
REASONS = [
    pytest.param([b"a=1"], None, None, OWN_NAVIGATION, ["a refused"], id="never came back (R3)"),
    pytest.param([b"a=1; Path=/x"], None, None, OWN_NAVIGATION, ["a path"], id="below a path, never came"),
    pytest.param([b"a=1", b"b=1; Path=/x"], None, None, OWN_NAVIGATION, ["b refused", "a refused"], id="none ever"),
    pytest.param([b"a=1"], b"a=1", None, OWN_NAVIGATION, ["a gone"], id="came, and then no more"),
    pytest.param([b"a=1", b"b=2"], b"a=1; b=2", b"b=2", OWN_NAVIGATION, ["a gone"], id="one of two"),
    pytest.param([b"a=1", b"b=2"], b"a=1; b=2", None, OWN_NAVIGATION, ["a cleared", "b cleared"], id="all of them"),
    pytest.param([b"a=1; Max-Age=30"], b"a=1", None, OWN_NAVIGATION, ["a expired"], id="about to expire"),
    pytest.param(
        [b"a=1; SameSite=None; Secure"],
        b"a=1",
        None,
        fetch("cross-site", "navigate", "iframe"),
        ["a third-party"],
        id="third party",
    ),
]


@pytest.mark.parametrize(("set_cookies", "before", "now", "headers", "missing"), REASONS)
def test_the_likeliest_reason(
    set_cookies: list[bytes], before: bytes | None, now: bytes | None, headers: Headers, missing: list[str]
) -> None:
    talk = after(*set_cookies, url=SHOP + "x")
    if before is not None:
        talk.request(SHOP + "x", before)
    told = talk.request(SHOP + "x", *([] if now is None else [now]), headers=headers)
    assert told.said(MISSING) == [f"missing {each}" for each in missing]


def test_a_site_near_its_limit_has_probably_evicted() -> None:
    talk = after(*[b"c%d=1" % number for number in range(18)], browser="classic")
    cookies = b"; ".join(b"c%d=1" % number for number in range(18))
    talk.request(SHOP, cookies)
    told = talk.request(SHOP, cookies.removeprefix(b"c0=1; "), headers=OWN_NAVIGATION)
    assert told.said(MISSING) == ["missing c0 evicted"]


def test_secure_on_localhost_is_a_matter_of_the_browser() -> None:
    talk = after(b"a=1; Secure", b"b=1", url="http://localhost/")
    for expected in (["missing a secure"], []):
        assert talk.request("http://localhost/", b"b=1", headers=OWN_NAVIGATION).said(MISSING) == expected
    assert "a=1 localhost/" in talk.mirror


STAYS = [
    pytest.param(
        [b"a=1; SameSite=None; Secure"], (), fetch("cross-site", "navigate", "iframe"), "third-party", id="third party"
    ),
    pytest.param(
        [b"a=1; SameSite=Lax", b"n=1; SameSite=None; Secure"],
        (b"n=1",),
        LINK_WITHIN_A_FRAME,
        "same-site",
        id="a frame that gets only what needs no page of its own",
    ),
    pytest.param(
        [b"a=1; SameSite=Strict", b"b=1; SameSite=Lax"],
        (b"b=1",),
        (),
        "same-site",
        id="Strict, nobody says who led here",
    ),
]


@pytest.mark.parametrize(("set_cookies", "cookies", "headers", "reason"), STAYS)
def test_what_only_this_request_did_not_get_stays_in_the_mirror_and_is_told_once(
    set_cookies: list[bytes], cookies: Sequence[bytes], headers: Headers, reason: str
) -> None:
    talk = after(*set_cookies)
    before = talk.mirror
    assert talk.request(SHOP, *cookies, headers=headers).said() == [f"missing a {reason}"]
    assert talk.request(SHOP, *cookies, headers=headers).said() == []
    assert talk.mirror == before


def test_a_cookie_that_only_seemed_gone_is_put_back_as_it_was() -> None:
    talk = after(b"a=1; Domain=shop.example; Max-Age=9999; Secure")
    assert talk.request(SHOP, headers=OWN_NAVIGATION).said() == ["missing a refused", "removed a gone"]
    assert talk.request("https://www.shop.example/", b"a=1").sent() == ["a unexpected removed"]
    assert talk.mirror == ["a=1 .shop.example/"]
    assert talk.request(SHOP, b"a=1").sent() == ["a sent"]


def test_another_value_under_a_name_that_is_gone_is_another_cookie() -> None:
    talk = after(b"a=1; Domain=shop.example")
    talk.request(SHOP, headers=OWN_NAVIGATION)
    talk.request(SHOP, b"a=2")
    assert talk.mirror == ["a=2 shop.example/?"]


def test_each_setting_that_never_comes_back_is_missing_once() -> None:
    talk = Conversation()
    for _ in range(3):
        talk.answer(SHOP, b"sid=1")
        assert talk.request(SHOP, headers=OWN_NAVIGATION).said(MISSING) == ["missing sid refused"]
        assert talk.request(SHOP, headers=OWN_NAVIGATION).said(MISSING) == []


# -- withheld --------------------------------------------------------------------------------------------------------------

KEPT_BACK = [
    pytest.param(b"a=1; Secure", "http://shop.example/", OWN_NAVIGATION, "secure-only", id="Secure"),
    pytest.param(b"a=1; SameSite=Strict", SHOP, CROSS_SITE_NAVIGATION, "same-site-strict", id="Strict"),
    pytest.param(b"a=1; SameSite=Lax", SHOP, CROSS_SITE_IMAGE, "same-site-lax", id="Lax"),
    pytest.param(b"a=1", SHOP, CROSS_SITE_IMAGE, "same-site-default", id="no SameSite"),
    pytest.param(
        b"a=1; Partitioned; Secure; SameSite=None", SHOP, CROSS_SITE_IMAGE, "other-partition", id="Partitioned"
    ),
]


@pytest.mark.parametrize(("set_cookie", "url", "headers", "reason"), KEPT_BACK)
def test_what_the_browser_keeps_back_is_told_once_with_its_reason(
    set_cookie: bytes, url: str, headers: Headers, reason: str
) -> None:
    talk = after(set_cookie)
    assert talk.request(url, headers=headers).said() == [f"withheld a {reason}"]
    assert talk.request(url, headers=headers).said() == []
    assert talk.mirror == ["a=1 shop.example/"]


def test_cookies_of_other_paths_and_hosts_are_no_news() -> None:
    talk = after(b"a=1; Path=/x", b"b=1")
    assert talk.request("https://www.shop.example/", headers=OWN_NAVIGATION).events == []
    assert talk.request(SHOP, b"b=1", headers=OWN_NAVIGATION).events == []


def test_what_does_not_fit_the_header_is_withheld() -> None:
    talk = Conversation(browser="none", limits=Overrides(header_bytes=20))
    talk.answer(SHOP, b"first=1", b"second=2")
    assert talk.request(SHOP, b"first=1", headers=OWN_NAVIGATION).said() == ["withheld second header-full"]
    assert len(talk.mirror) == 2


def test_what_does_not_fit_does_not_go_up_when_limits_are_enforced() -> None:
    talk = Conversation(browser="none", enforce=True, limits=Overrides(header_bytes=20))
    talk.answer(SHOP, b"first=1", b"second=2")
    for _ in range(2):
        told = talk.request(SHOP, b"first=1; second=2", headers=OWN_NAVIGATION)
        assert told.fields == [b"first=1"]
        assert told.sent() == ["first sent", "second withheld header-full"]
    assert talk.request(SHOP, b"first=1; first=1").fields == [b"first=1; first=1"]


# -- hostile ---------------------------------------------------------------------------------------------------------------


def test_no_request_fills_the_mirror() -> None:
    talk = Conversation()
    field = b"; ".join(b"n%d=%d" % (number, number) for number in range(5_000))
    told = talk.request(SHOP, field)
    assert len(told.pairs) == 5_000
    assert len(talk.client.mirror) == MOST_ADOPTED


@pytest.mark.parametrize("piece", [b"a=%d", b"%d", b"=%d", b"a=1"])
def test_a_field_of_one_name_costs_no_more_than_others(piece: bytes) -> None:
    talk = after(b"a=1", b"b=1")
    pieces = [piece % number if b"%" in piece else piece for number in range(15_000)]
    told = talk.request(SHOP, b";".join(pieces), headers=OWN_NAVIGATION)
    assert len(told.pairs) == 15_000
