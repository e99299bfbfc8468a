"""Who has to leave when a site has too many cookies: profile `chrome` and a real Chromium throw out the same (R1, R21).

The numbers of each vector come from Chromium's six rounds over priorities. Cookies are set within seconds and hardly read, because
Chromium notes a use only once in 60 seconds, and would then not agree with a clock that runs a few milliseconds ahead.
"""

from random import Random

import pytest

from cookieproxy.core.events import EventKind
from rig.mirror import Watched, setting

pytestmark = pytest.mark.browser

NUMBERS = range(1, 182)


def flood(watched: Watched, site: str, fields: list[bytes], per_response: int) -> None:
    for start in range(0, len(fields), per_response):
        watched.visit(setting(f"https://{site}/", *fields[start : start + per_response]))


def left(watched: Watched) -> set[int]:
    """The numbers of the cookies that the browser still has."""
    return {int(cookie["name"][1:]) for cookie in watched.browser_cookies()}


VECTORS = {
    "all alike": ([b""] * 181, {*range(32, 182)}),
    "a hundred Secure": ([b"; Secure"] * 100 + [b""] * 81, {*range(1, 101), *range(132, 182)}),
    "the newcomer goes first": ([b"; Secure"] * 180 + [b""], {*range(31, 181)}),
    "Low goes before Medium": ([b""] * 141 + [b"; Priority=Low"] * 40, {*range(22, 142), *range(152, 182)}),
    "too few without Secure": ([b"; Secure"] * 170 + [b""] * 11, {*range(21, 171)}),
}


@pytest.mark.parametrize("per_response", [181, 61], ids=["one response", "three responses"])
@pytest.mark.parametrize(("attributes", "kept"), VECTORS.values(), ids=VECTORS)
def test_vectors(watched: Watched, attributes: list[bytes], kept: set[int], per_response: int) -> None:
    site = f"v{hash((*kept, per_response)) % 100_000}.example"
    flood(
        watched,
        site,
        [b"c%d=1%s" % (number, more) for number, more in zip(NUMBERS, attributes, strict=True)],
        per_response,
    )
    assert left(watched) == kept
    assert watched.differences() == []


def random_fields(seed: int, site: str) -> list[bytes]:
    random = Random(seed)
    choices = (
        (b"", b"; Secure"),
        (b"", b"; Priority=Low", b"; Priority=High", b"; Priority=High", b"; Priority=Medium"),
        (b"", b"", b"; Path=/a", b"; Domain=" + site.encode()),
        (b"", b"", b"", b"; Max-Age=1000", b"; Max-Age=0"),
    )
    return [
        b"c%d=%d%s"
        % (
            random.choice((number, random.randint(1, number))),
            random.randint(1, 2),
            b"".join(map(random.choice, choices)),
        )
        for number in range(1, 500)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_floods_with_overwrites_and_deletions_from_several_hosts(watched: Watched, seed: int) -> None:
    site = f"flood{seed}.example"
    fields = random_fields(seed, site)
    hosts = Random(seed)
    for start in range(0, len(fields), 70):
        url = hosts.choice((f"http://{site}/", f"https://{site}/", f"http://www.{site}/", f"https://www.{site}/"))
        watched.visit(setting(url, *fields[start : start + 70]))
    assert watched.differences() == []
    assert 100 < len(watched.browser_cookies()) <= 180
    assert [event for event in watched.events(EventKind.REMOVED) if event.reason == "evicted-site"]


def test_whose_places_are_counted_together(watched: Watched) -> None:
    hundred = [b"c%d=1" % number for number in range(100)]
    alone = ("one.github.io", "two.github.io", "127.0.0.7", "127.0.0.8", "shop.co.uk", "other.co.uk")
    together = ("www.family.example", "family.example")
    for host in (*alone, *together):
        watched.visit(setting(f"https://{host}/", *hundred))
    assert watched.differences() == []
    assert len(watched.browser_cookies()) == 600 + 200 - 31


PARTITIONED = {
    "bytes": [b"c%d=%s; Secure; Partitioned" % (number, b"v" * 200) for number in range(60)],
    "count": [b"c%d=1; Secure; Partitioned" % number for number in range(200)],
    "half": [b"c%d=1; Secure%s" % (number, b"; Partitioned" * (number % 2)) for number in range(370)],
    "large": [
        b"%d=%s; Secure; Partitioned" % (number, b"v" * size) for number, size in enumerate((4095, 4095, 2046, 1, 4095))
    ],
}


@pytest.mark.parametrize("name", PARTITIONED)
def test_partitions_have_limits_of_their_own(watched: Watched, name: str) -> None:
    watched.visit(setting(f"https://{name}-partition.example/", *PARTITIONED[name]))
    assert watched.differences() == []
    assert 0 < len(watched.browser_cookies()) < len(PARTITIONED[name])


def test_more_than_the_total_stay_as_long_as_they_are_in_use(watched: Watched) -> None:
    fields = [b"c%d=1" % number for number in range(170)]
    for number in range(20):
        watched.visit(setting(f"https://total{number}.example/", *fields))
    assert watched.differences() == []
    assert len(watched.browser_cookies()) == 3400
