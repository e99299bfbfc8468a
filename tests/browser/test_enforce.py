"""`enforce: true` makes a real Chromium live within the limits of another browser (R1)."""

from collections import Counter

import pytest

from rig.mirror import Visit, Watched, domain_of, setting

pytestmark = pytest.mark.browser

RULES = "browser: classic\nenforce: true\n"


def by_domain(watched: Watched) -> Counter[str]:
    """How many cookies the browser has for each exact domain; the dot stands for those with a Domain."""
    return Counter(cookie["domain"] for cookie in watched.browser_cookies())


def same_cookies(watched: Watched) -> bool:
    """Whether browser and mirror have cookies of the same keys and values."""
    mirror = {
        (one.domain, one.host_only, one.path.decode(), one.name.decode(), one.value.decode())
        for one in watched.mirror_cookies()
    }
    browser = {
        (domain_of(one), not one["domain"].startswith("."), one["path"], one["name"], one["value"])
        for one in watched.browser_cookies()
    }
    assert browser == mirror
    return True


def names_sent(watched: Watched, url: str) -> list[bytes]:
    """The names of the cookies the application gets."""
    return [pair.partition(b"=")[0] for pair in watched.cookie_header(url).split(b"; ")]


def test_twenty_of_a_flood_remain_and_they_are_the_newest(watched: Watched) -> None:
    watched.visit(setting("http://flood.example/", *[b"c%d=1" % number for number in range(25)]))
    assert by_domain(watched) == {"flood.example": 20}
    for start in range(25, 75, 10):
        watched.visit(setting("http://flood.example/", *[b"c%d=1" % number for number in range(start, start + 10)]))
        watched.visit(Visit("http://flood.example/"))
        assert by_domain(watched) == {"flood.example": 20}
        assert {cookie["name"] for cookie in watched.browser_cookies()} == {
            f"c{number}" for number in range(start - 10, start + 10)
        }
        assert same_cookies(watched)
    assert len(names_sent(watched, "http://flood.example/")) == 20


def test_each_exact_domain_has_its_twenty(watched: Watched) -> None:
    both = [
        b"%s%d=1%s" % (kind, number, domain)
        for number in range(30)
        for kind, domain in ((b"h", b""), (b"d", b"; Domain=each.example"))
    ]
    for scheme in ("http", "https"):
        watched.visit(setting(f"{scheme}://each.example/", *both))
        watched.visit(setting(f"{scheme}://www.each.example/", *both))
    watched.visit(Visit("https://each.example/"))
    assert by_domain(watched) == {"each.example": 20, ".each.example": 20, "www.each.example": 20}
    assert same_cookies(watched)
    assert len(names_sent(watched, "https://www.each.example/")) == 40


def test_secure_http_only_paths_and_prefixes_can_be_evicted(watched: Watched) -> None:
    odd = [
        b"__Host-a=1; Secure; Path=/",
        b"__Secure-b=1; Secure",
        b"__Http-c=1; Secure; HttpOnly",
        b"__Host-Http-c=1; Secure; HttpOnly; Path=/",
        b"deep=1; Path=/a/b; HttpOnly",
        b"part=1; Secure; SameSite=None; Partitioned",
        b"strict=1; SameSite=Strict; Max-Age=1000",
        b"bare",
        b"\xc3\xa9=1",
    ]
    watched.visit(setting("https://odd.example/a/b/c", *odd))
    assert len(watched.browser_cookies()) == len(odd)
    watched.visit(setting("https://odd.example/", *[b"c%d=1; Path=/" % number for number in range(20)]))
    for _ in range(3):  # `classic` does not know of partitions, so the first deletion misses that cookie
        assert names_sent(watched, "https://odd.example/a/b/c") == [b"c%d" % number for number in range(20)]
    assert {cookie["name"] for cookie in watched.browser_cookies()} == {f"c{number}" for number in range(20)}
    assert same_cookies(watched)


def test_evicted_cookies_are_kept_from_the_application_until_they_can_be_deleted(watched: Watched) -> None:
    watched.visit(
        setting("https://late.example/", *[b"s%d=1; Secure; Domain=late.example" % number for number in range(20)])
    )
    watched.visit(setting("http://www.late.example/", *[b"c%d=1; Domain=late.example" % number for number in range(5)]))
    assert by_domain(watched)[".late.example"] == 25  # plain http may not delete Secure cookies
    expected = [b"s%d" % number for number in range(5, 20)] + [b"c%d" % number for number in range(5)]
    assert names_sent(watched, "https://late.example/") == expected
    assert by_domain(watched)[".late.example"] == 20
    assert names_sent(watched, "https://late.example/") == expected
    assert same_cookies(watched)


def test_no_more_than_three_hundred_in_all(watched: Watched) -> None:
    sites = [f"https://s{number}.example/" for number in range(20)]
    for site in sites:
        watched.visit(setting(site, *[b"c%d=1" % name for name in range(20)]))
    watched.settle()  # by a cookie of a further site, for which another one has to go
    for site in sites:
        watched.visit(Visit(site))
    assert by_domain(watched).total() == 299
    assert same_cookies(watched)
