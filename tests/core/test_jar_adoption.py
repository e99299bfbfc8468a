"""Cookies that a client sent and nobody saw being set: what a jar makes of them until it knows better (R9, R21)."""

from typing import NamedTuple

import pytest

from cookieproxy.core.cookie import Cookie
from cookieproxy.core.jar import Jar
from cookieproxy.core.outcome import Removal, RemovalCause
from cookieproxy.core.profiles import CHROME, CLASSIC, FIREFOX, RFC6265BIS, Overrides, Profile
from rig.jars import NOW, access, contents, jar_of, names, outcome, receive, sent

SHOP = "https://shop.example/"
WWW = "https://www.shop.example/"
API = "https://api.shop.example/"


def adopt(jar: Jar, url: str, pair: str, after: float = 0.0) -> tuple[Cookie, tuple[Removal, ...]]:
    name, _, value = pair.encode().partition(b"=")
    return jar.adopt(name, value, access(url, after))


def test_an_adopted_cookie_is_host_only_for_all_paths_until_the_browser_closes() -> None:
    jar = jar_of()
    cookie, removals = adopt(jar, "https://www.shop.example/dir/page", "a=1")
    assert contents(jar) == "a=1 www.shop.example/ adopted"
    assert (cookie.sent, cookie.set_by, cookie.persistent) == (True, None, False)
    assert removals == ()
    assert sent(jar, access(WWW, 1)) == "a=1"
    assert sent(jar, access(SHOP, 1)) == ""
    assert [removal.cause for removal in jar.end_session()] == [RemovalCause.SESSION_ENDED]


class Sightings(NamedTuple):
    """Pairs that came with requests, and the jar they come to."""

    pairs: list[tuple[str, str]]
    jar: str


SIBLINGS = {
    "the same pair on a sibling": Sightings([(WWW, "a=1"), (API, "a=1")], "a=1 .shop.example/ adopted"),
    "on a parent": Sightings([(WWW, "a=1"), (SHOP, "a=1")], "a=1 .shop.example/ adopted"),
    "on a child": Sightings([(SHOP, "a=1"), (WWW, "a=1")], "a=1 .shop.example/ adopted"),
    "on a third": Sightings(
        [("https://a.x.shop.example/", "a=1"), ("https://b.x.shop.example/", "a=1"), (WWW, "a=1")],
        "a=1 .shop.example/ adopted",
    ),
    "the longest domain they share": Sightings(
        [("https://a.x.shop.example/", "a=1"), ("https://b.x.shop.example/", "a=1")], "a=1 .x.shop.example/ adopted"
    ),
    "with labels alike further down": Sightings(
        [("https://a.x.shop.example/", "a=1"), ("https://a.y.shop.example/", "a=1")], "a=1 .shop.example/ adopted"
    ),
    "another value": Sightings(
        [(WWW, "a=1"), (API, "a=2")], "a=2 api.shop.example/ adopted\na=1 www.shop.example/ adopted"
    ),
    "another name": Sightings(
        [(WWW, "a=1"), (API, "b=1")], "b=1 api.shop.example/ adopted\na=1 www.shop.example/ adopted"
    ),
    "another site": Sightings(
        [(SHOP, "a=1"), ("https://other.example/", "a=1")], "a=1 other.example/ adopted\na=1 shop.example/ adopted"
    ),
    "another customer of a host": Sightings(
        [("https://me.github.io/", "a=1"), ("https://you.github.io/", "a=1")],
        "a=1 me.github.io/ adopted\na=1 you.github.io/ adopted",
    ),
    "IP addresses": Sightings(
        [("https://10.0.0.1/", "a=1"), ("https://11.0.0.1/", "a=1")], "a=1 10.0.0.1/ adopted\na=1 11.0.0.1/ adopted"
    ),
    "hosts without a registrable domain": Sightings(
        [("https://a.localhost/", "a=1"), ("https://localhost/", "a=1")],
        "a=1 a.localhost/ adopted\na=1 localhost/ adopted",
    ),
}


@pytest.mark.parametrize("sightings", [pytest.param(row, id=name) for name, row in SIBLINGS.items()])
def test_sightings_on_siblings_are_one_cookie_of_the_domain_they_share(sightings: Sightings) -> None:
    jar = jar_of()
    for after, (url, pair) in enumerate(sightings.pairs):
        adopt(jar, url, pair, after)
    assert contents(jar) == sightings.jar


def test_a_merged_sibling_is_told() -> None:
    jar = jar_of()
    first, _ = adopt(jar, WWW, "a=1")
    _, removals = adopt(jar, API, "a=1", 1)
    assert removals == (Removal(first, RemovalCause.MERGED),)


def test_a_cookie_that_was_set_is_no_sibling() -> None:
    jar = jar_of()
    receive(jar, access(WWW), "a=1")
    adopt(jar, API, "a=1", 1)
    assert contents(jar) == "a=1 api.shop.example/ adopted\na=1 www.shop.example/"


class Meeting(NamedTuple):
    """An adopted cookie, then a field: what it did and what is left."""

    adopted: list[str]
    field: str
    did: str
    jar: str


MEETINGS = {
    "the same scope": Meeting([WWW], "a=2", "replaced", "a=2 www.shop.example/"),
    "a narrower path": Meeting([WWW], "a=2; Path=/x", "stored, a: merged", "a=2 www.shop.example/x"),
    "the host as Domain": Meeting([WWW], "a=2; Domain=www.shop.example", "stored, a: merged", "a=2 .www.shop.example/"),
    "a wider Domain": Meeting([WWW], "a=2; Domain=shop.example", "stored, a: merged", "a=2 .shop.example/"),
    "a Domain that covers a sibling": Meeting(
        [API], "a=2; Domain=shop.example", "stored, a: merged", "a=2 .shop.example/"
    ),
    "host-only on a sibling": Meeting([API], "a=2", "stored", "a=1 api.shop.example/ adopted\na=2 www.shop.example/"),
    "host-only on one of two hosts": Meeting(
        [WWW, API], "a=2", "stored", "a=1 .shop.example/ adopted\na=2 www.shop.example/"
    ),
    "a Domain within the one seen": Meeting(
        [WWW, API], "a=2; Domain=www.shop.example", "stored, a: merged", "a=2 .www.shop.example/"
    ),
    "the Domain seen": Meeting([WWW, API], "a=2; Domain=shop.example", "replaced", "a=2 .shop.example/"),
    "another name": Meeting([WWW], "b=2", "stored", "a=1 www.shop.example/ adopted\nb=2 www.shop.example/"),
    "its deletion": Meeting([WWW], "a=; Max-Age=0", "removed", ""),
    "its deletion with its true path": Meeting([WWW], "a=; Max-Age=0; Path=/x", "removed", ""),
    "its deletion with its true Domain": Meeting([WWW], "a=; Max-Age=0; Domain=shop.example", "removed", ""),
    "a refused field": Meeting([WWW], "a=2; Domain=other.example", "domain-mismatch", "a=1 www.shop.example/ adopted"),
}


@pytest.mark.parametrize("meeting", [pytest.param(row, id=name) for name, row in MEETINGS.items()])
def test_the_first_set_cookie_tells_what_it_really_is(meeting: Meeting) -> None:
    jar = jar_of()
    for url in meeting.adopted:
        adopt(jar, url, "a=1")
    assert [outcome(receipt) for receipt in receive(jar, access(WWW, 1), meeting.field)] == [meeting.did]
    assert contents(jar) == meeting.jar


def test_a_host_only_cookie_of_the_very_domain_does_not_explain_what_other_hosts_sent() -> None:
    jar = jar_of()
    adopt(jar, SHOP, "a=1")
    adopt(jar, WWW, "a=1", 1)
    receive(jar, access(SHOP, 2), "a=2")
    assert contents(jar) == "a=2 shop.example/\na=1 .shop.example/ adopted"


def test_a_set_cookie_that_replaces_one_and_explains_another_tells_both() -> None:
    jar = jar_of()
    receive(jar, access(WWW), "a=1; Domain=shop.example")
    adopt(jar, WWW, "a=2", 1)
    receipts = receive(jar, access(WWW, 2), "a=3; Domain=shop.example")
    assert [outcome(receipt) for receipt in receipts] == ["replaced, a: merged"]
    adopt(jar, WWW, "a=4", 3)
    receipts = receive(jar, access(WWW, 4), "a=; Domain=shop.example; Max-Age=0")
    assert [outcome(receipt) for receipt in receipts] == ["removed, a: merged"]
    assert len(jar) == 0


@pytest.mark.parametrize("profile", [CHROME, FIREFOX, CLASSIC, RFC6265BIS], ids=lambda profile: profile.name)
def test_adopted_cookies_neither_evict_nor_are_evicted(profile: Profile) -> None:
    jar = jar_of(profile.with_limits(Overrides(per_site=3, total=3)))
    receive(jar, access(SHOP), "1=v", "2=v", "3=v")
    for number in range(5):
        _, removals = adopt(jar, SHOP, f"adopted{number}=v", 1)
        assert removals == ()
    assert len(jar) == 8
    receive(jar, access(SHOP, 2), "4=v")
    assert names(jar) == ["2", "3", *[f"adopted{number}" for number in range(5)], "4"]


def test_an_adopted_cookie_takes_the_place_of_a_guess_before_it() -> None:
    jar = jar_of()
    adopt(jar, SHOP, "a=1")
    adopt(jar, SHOP, "a=2", 5)
    (cookie,) = jar
    assert (cookie.value, cookie.creation_time) == (b"2", NOW + 5)


def test_a_renewed_guess_stays_one() -> None:
    jar = jar_of()
    cookie, _ = adopt(jar, SHOP, "a=1")
    assert jar.renew(cookie, b"2", NOW + 1).adopted
    assert contents(jar) == "a=2 shop.example/ adopted"
