"""What a jar costs in memory: little when empty, a kilobyte a cookie, no more for what has gone (R21)."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from cookieproxy.core.jar import Bounds, Jar
from cookieproxy.core.profiles import CHROME, FIREFOX, Profile
from rig.jars import NOW, SUFFIXES, access, jar_of, receive

KILOBYTE = 1024


@contextmanager
def measured() -> Iterator[Callable[[], int]]:
    """Octets that the block has come to hold."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield lambda: gc.collect() * 0 + tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def field(number: int) -> str:
    return f"name{number}=value{number}; Path=/; Max-Age=86400; Secure; HttpOnly"


def test_ten_thousand_empty_jars_weigh_next_to_nothing() -> None:
    with measured() as held:
        jars = [jar_of("chrome") for _ in range(10_000)]
        assert held() / len(jars) < 150


@pytest.mark.parametrize("profile", ["chrome", "firefox", "rfc6265bis"])
def test_a_cookie_costs_a_kilobyte_at_most(profile: str) -> None:
    receive(jar_of(profile), access("https://warm.example/"), field(0))
    with measured() as held:
        jar = jar_of(profile)
        for number in range(2_000):
            receive(jar, access(f"https://www.site{number // 20}.example/", number), field(number % 20))
        jar.drain_changes()
        assert len(jar) == 2_000
        assert held() < 2_000 * KILOBYTE + jar.size_bytes


def test_a_client_with_three_cookies_costs_less_than_four_kilobytes() -> None:
    with measured() as held:
        jars = [jar_of("chrome") for _ in range(300)]
        for number, jar in enumerate(jars):
            receive(jar, access(f"https://host{number}.example/"), *map(field, range(3)))
            jar.drain_changes()
        assert held() / len(jars) < 4 * KILOBYTE


def test_setting_one_cookie_again_and_again_leaves_nothing_behind() -> None:
    jar = jar_of("chrome")
    for number in range(200):
        receive(jar, access("https://shop.example/", number), f"a={number}; Max-Age=86400")
    with measured() as held:
        for number in range(200, 5_000):
            receive(jar, access("https://shop.example/", number), f"a={number}; Max-Age=86400")
            jar.retrieve(access("https://shop.example/", number))
        assert held() < 40 * KILOBYTE


@pytest.mark.parametrize("profile", [CHROME, FIREFOX], ids=lambda profile: profile.name)
def test_what_has_expired_is_forgotten(profile: Profile) -> None:
    jar = Jar(profile, SUFFIXES, Bounds(cookies=50))
    for number in range(100):
        receive(jar, access(f"https://s{number % 7}.example/", number), f"n{number}=v; Max-Age=1")
    jar.drain_changes()
    with measured() as held:
        for number in range(100, 5_000):
            receive(jar, access(f"https://s{number}.example/", number), "n=v; Max-Age=1")
            jar.drain_changes()
        SUFFIXES.registrable_domain.cache_clear()  # the list remembers hosts, the jar does not
        SUFFIXES.public_suffix.cache_clear()
        assert held() < 120 * KILOBYTE
    assert len(jar.expire(NOW + 1e6)) == 1
    assert len(jar) == 0
