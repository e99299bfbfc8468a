"""What a jar answers: receipts, requests and their limits, removals, restarts, bounds (RFC 6265bis 5.7, 5.8; R5, R6, R11, R21)."""

import pytest

from cookieproxy.core.cookie import Cookie, CookieKey
from cookieproxy.core.jar import Bounds, Jar
from cookieproxy.core.outcome import Ignored, IgnoreReason, RemovalCause, Removed, Replaced, WithholdReason
from cookieproxy.core.profiles import CHROME, CURL, PROFILES, RFC6265BIS, Overrides
from rig.jars import NOW, SUFFIXES, access, contents, jar_of, names, outcome, receive, sent

SHOP = "https://shop.example/"

# -- what a receipt says -----------------------------------------------------------------------------------------------


def test_a_replacement_tells_both_cookies() -> None:
    """R5."""
    jar = jar_of()
    first, second = receive(jar, access(SHOP), "a=1", "a=2; Max-Age=5")
    assert isinstance(second.outcome, Replaced)
    assert second.outcome.old.value == b"1"
    assert second.outcome.cookie.value == b"2"
    assert second.outcome.cookie in list(jar)
    assert first.removals == second.removals == ()


def test_a_deletion_tells_the_deleted_cookie() -> None:
    """R11."""
    jar = jar_of()
    _, receipt = receive(jar, access(SHOP), "a=1", "a=; Max-Age=0")
    assert isinstance(receipt.outcome, Removed)
    assert receipt.outcome.old.value == b"1"
    assert receipt.outcome.cause is RemovalCause.DELETED


def test_curl_reads_fifty_fields_of_a_response() -> None:
    jar = jar_of(CURL)
    receipts = receive(jar, access(SHOP), *[f"{number}=v" for number in range(51)])
    assert outcome(receipts[49]) == "stored"
    assert receipts[50].outcome == Ignored(IgnoreReason.TOO_MANY_IN_RESPONSE)


def test_a_set_cookie_remembers_its_flow_and_whether_it_was_sent() -> None:
    jar = jar_of()
    receive(jar, access(SHOP)._replace(flow_id="first"), "a=1")
    (cookie,) = jar
    assert cookie.set_by == "first"
    cookie.sent = True
    receive(jar, access(SHOP, 5), "a=2")
    (cookie,) = jar
    assert cookie.sent
    assert cookie.creation_time == NOW
    assert cookie.set_time == NOW + 5


# -- what a request carries --------------------------------------------------------------------------------------------


def test_last_access_is_refreshed_by_requests_as_often_as_the_browser_does() -> None:
    for profile, refreshed in (("rfc6265bis", 30.0), ("chrome", 0.0), ("firefox", 0.0)):
        jar = jar_of(profile)
        receive(jar, access(SHOP), "a=1; Path=/x", "b=1")
        jar.retrieve(access(SHOP, 30))
        used = {cookie.name: cookie.last_access_time - NOW for cookie in jar}
        assert used == {b"a": pytest.approx(0.0, abs=0.01), b"b": pytest.approx(refreshed, abs=0.01)}
        jar.retrieve(access(SHOP, 61))
        used = {cookie.name: cookie.last_access_time - NOW for cookie in jar}
        assert used == {b"a": pytest.approx(0.0, abs=0.01), b"b": 61.0}


def test_curl_sends_150_cookies_those_set_first() -> None:
    jar = jar_of(CURL)
    for response in range(4):
        receive(jar, access(SHOP, response), *[f"{number}=v" for number in range(response * 50, response * 50 + 50)])
    receive(jar, access(SHOP, 9), "0=again")
    carried = [cookie.name for cookie in jar.retrieve(access(SHOP, 10))]
    assert len(carried) == 150
    assert set(carried) == {b"%d" % number for number in range(1, 151)}
    assert carried[0] == b"150"


@pytest.mark.parametrize(
    ("size", "carried"),
    [pytest.param(4086, 2, id="8,189 octets"), pytest.param(4087, 1, id="8,190 octets")],
)
def test_curl_sends_less_than_8190_octets(size: int, carried: int) -> None:
    """`Cookie: a=…; b=…`: 8 + 2 + 4,085 + 2 + 2 + …"""
    jar = jar_of(CURL)
    receive(jar, access(SHOP), f"a={'x' * 4089}", f"b={'x' * size}")
    assert len(jar.retrieve(access(SHOP))) == carried


@pytest.mark.parametrize(
    ("most", "header"),
    [
        pytest.param(8 + 3, "a=1", id="one fits exactly"),
        pytest.param(8 + 7, "a=1", id="almost two"),
        pytest.param(8 + 8, "a=1; b=2", id="two fit exactly"),
        pytest.param(8 + 11, "a=1; b=2", id="almost the nameless one"),
        pytest.param(8 + 12, "a=1; b=2; cc", id="the nameless one has no equals sign"),
        pytest.param(5, "", id="none"),
    ],
)
def test_the_header_can_be_limited_in_octets(most: int, header: str) -> None:
    jar = jar_of(RFC6265BIS.with_limits(Overrides(header_bytes=most)))
    receive(jar, access(SHOP), "a=1", "b=2", "cc")
    assert sent(jar, access(SHOP, 1)) == header


def test_what_does_not_fit_is_not_used() -> None:
    jar = jar_of(RFC6265BIS.with_limits(Overrides(header_bytes=11)))
    receive(jar, access(SHOP), "a=1", "b=2")
    jar.retrieve(access(SHOP, 100))
    assert [cookie.last_access_time > NOW + 1 for cookie in jar] == [True, False]


def test_candidates_are_all_cookies_of_a_host_and_its_parents_in_request_order() -> None:
    jar = jar_of()
    receive(jar, access(SHOP), "c=1", "d=1; Domain=shop.example")
    receive(jar, access("https://www.shop.example/", 1), "a=1; Path=/x; Secure", "b=1; Max-Age=5")
    receive(jar, access("https://api.shop.example/", 2), "e=1")
    found = jar.candidates("www.shop.example")
    assert [cookie.name for cookie in found] == [b"a", b"c", b"d", b"b"]
    to = access("http://www.shop.example/x", 9)
    assert [jar.withhold(cookie, to) for cookie in found] == [
        WithholdReason.SECURE_ONLY,
        WithholdReason.DOMAIN_MISMATCH,
        None,
        WithholdReason.EXPIRED,
    ]


def test_an_ip_address_has_no_parents() -> None:
    jar = jar_of()
    for domain in ("0.0.1", "1"):
        jar.place(Cookie(b"a", b"1", domain, b"/", NOW, NOW, 1, host_only=False))
    assert list(jar.candidates("127.0.0.1")) == []
    assert jar.retrieve(access("https://127.0.0.1/")) == []


# -- other causes ------------------------------------------------------------------------------------------------------


def test_the_end_of_a_session_takes_the_session_cookies() -> None:
    """R6, R21."""
    jar = jar_of()
    receive(jar, access(SHOP), "a=1", "b=1; Max-Age=9", "c=1")
    removals = jar.end_session()
    assert [(removal.cookie.name, removal.cause) for removal in removals] == [
        (b"a", RemovalCause.SESSION_ENDED),
        (b"c", RemovalCause.SESSION_ENDED),
    ]
    assert names(jar) == ["b"]


def test_a_cookie_can_be_removed_for_a_cause_once() -> None:
    jar = jar_of()
    receive(jar, access(SHOP), "a=1")
    (cookie,) = jar
    assert jar.remove(cookie, RemovalCause.GONE).cause is RemovalCause.GONE
    assert jar.remove(cookie, RemovalCause.GONE).cookie is cookie
    assert len(jar) == 0


def test_removing_a_cookie_that_was_replaced_leaves_the_new_one() -> None:
    jar = jar_of()
    receive(jar, access(SHOP), "a=1")
    (old,) = jar
    receive(jar, access(SHOP), "a=2")
    jar.remove(old, RemovalCause.GONE)
    assert contents(jar) == "a=2 shop.example/"


def test_expiry_takes_out_in_order_of_time() -> None:
    jar = jar_of()
    receive(jar, access(SHOP), "c=1; Max-Age=30", "a=1; Max-Age=10", "b=1; Max-Age=20", "d=1; Max-Age=40", "e=1")
    assert jar.expire(NOW + 9) == ()
    assert [removal.cookie.name for removal in jar.expire(NOW + 30)] == [b"a", b"b", b"c"]
    assert names(jar) == ["d", "e"]


def test_a_placed_cookie_replaces_the_one_of_its_key_and_evicts_nobody() -> None:
    source, jar = jar_of("classic"), jar_of("classic")
    receive(source, access(SHOP), *[f"{number}=old" for number in range(20)])
    receive(jar, access(SHOP), *[f"{number}=new" for number in range(10, 30)])
    for cookie in source:
        jar.place(cookie)
    assert len(jar) == 30
    assert sent(jar, access(SHOP)).count("old") == 20
    receive(jar, access(SHOP, 1), "late=v")
    assert len(jar) == 20


def test_after_a_restart_new_cookies_come_after_the_old_ones() -> None:
    before, after = jar_of(), jar_of()
    receive(before, access(SHOP), "b=1", "a=1")
    for cookie in before:
        after.place(cookie)
    receive(after, access(SHOP), "0=1")
    assert sent(after, access(SHOP)) == "b=1; a=1; 0=1"


@pytest.mark.parametrize(
    ("profile", "header"),
    [pytest.param("rfc6265bis", "a=2; b=1", id="in its place"), pytest.param("chrome", "b=1; a=2", id="created anew")],
)
def test_a_cookie_that_a_script_changed_is_renewed(profile: str, header: str) -> None:
    jar = jar_of(profile)
    receive(jar, access(SHOP), "a=1; Secure", "b=1")
    cookie = next(cookie for cookie in jar if cookie.name == b"a")
    renewed = jar.renew(cookie, b"2", NOW + 5)
    assert (renewed.value, renewed.secure_only, renewed.sent, renewed.set_by) == (b"2", True, True, None)
    assert sent(jar, access(SHOP, 6)) == header


def test_bounds_hold_whatever_the_profile_allows() -> None:
    jar = Jar(PROFILES["none"], SUFFIXES, Bounds(cookies=5, size_bytes=100))
    for number in range(8):
        receive(jar, access(SHOP, number), f"{number}=v")
    assert names(jar) == ["3", "4", "5", "6", "7"]
    (receipt,) = receive(jar, access(SHOP, 9), f"large={'x' * 91}")
    assert outcome(receipt) == ", ".join(["stored", *[f"{number}: evicted-total" for number in (3, 4, 5)]])
    assert jar.size_bytes == 100


def test_changes_are_told_once() -> None:
    jar = jar_of(CHROME)
    receive(jar, access(SHOP), "a=1", "b=1", "c=1; Max-Age=5", "b=; Max-Age=0")
    key = CookieKey(b"a", "shop.example", True, b"/")
    changed = jar.drain_changes()
    assert changed[key] is jar.get(key)
    assert changed[key._replace(name=b"b")] is None
    assert jar.drain_changes() == {}
    jar.retrieve(access(SHOP, 1))
    assert jar.drain_changes() == {}
    jar.retrieve(access(SHOP, 90))
    assert set(jar.drain_changes()) == {key}


def test_last_access_goes_to_disc_once_a_minute_at_most() -> None:
    jar = jar_of()
    receive(jar, access(SHOP), "a=1")
    jar.drain_changes()
    written = 0
    for second in range(600):
        jar.retrieve(access(SHOP, second))
        written += len(jar.drain_changes())
    assert 9 <= written <= 10


def test_an_empty_jar_answers_everything() -> None:
    jar = jar_of()
    to = access(SHOP)
    assert (len(jar), list(jar), jar.size_bytes) == (0, [], 0)
    assert jar.get(CookieKey(b"a", "shop.example", True, b"/")) is None
    assert jar.retrieve(to) == []
    assert list(jar.candidates("shop.example")) == []
    assert jar.expire(NOW) == jar.end_session() == ()
    assert jar.drain_changes() == {}
    stranger = Cookie(b"a", b"1", "shop.example", b"/", NOW, NOW, 1)
    assert jar.fullness(stranger) == 0.0
    assert jar.remove(stranger, RemovalCause.FORGOTTEN).cookie is stranger
    assert jar.withhold(stranger, to) is None


def test_fullness_is_the_share_of_the_sites_limit() -> None:
    jar = jar_of("chrome")
    receive(jar, access(SHOP), *[f"{number}=v" for number in range(45)])
    receive(jar, access("https://www.shop.example/"), *[f"{number}=v" for number in range(45)])
    (cookie, *_) = jar
    assert jar.fullness(cookie) == 0.5
    unlimited = jar_of("safari")
    unlimited.place(cookie)
    assert unlimited.fullness(cookie) == 0.0
