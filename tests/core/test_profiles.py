"""The browsers' numbers, one table; telling them apart by User-Agent; a user's own limits (R1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.core.evict import Counts
from cookieproxy.core.profiles import CHROME, CURL, FIREFOX, PROFILES, SAFARI, Overrides, profile_for_user_agent

DAY_400 = 34_560_000.0

NUMBERS = {
    # profile: octets a cookie, a field, an attribute; a site, purged by; in all, purged by, days; cap
    "chrome": (4096, None, 1024, 180, 30, 3300, 300, 30, DAY_400),
    "firefox": (4096, None, 1024, 180, 30, 3000, 0, 30, DAY_400),
    "safari": (4096, None, None, None, 0, None, 0, None, None),
    "curl": (4096, 5000, None, None, 0, None, 0, None, DAY_400),
    "ie6": (None, 5118, None, 20, 0, None, 0, None, None),
    "ie8": (None, 5118, None, 50, 0, None, 0, None, None),
    "classic": (4096, None, None, 20, 0, 300, 0, None, None),
    "rfc6265bis": (4096, None, 1024, 50, 0, 3000, 0, None, DAY_400),
    "none": (4096, None, 1024, None, 0, None, 0, None, DAY_400),
}


@pytest.mark.parametrize("name", list(PROFILES))
def test_numbers(name: str) -> None:
    profile = PROFILES[name]
    counts = profile.counts
    assert (
        profile.per_cookie_bytes,
        profile.field_bytes,
        profile.attribute_bytes,
        counts.per_site,
        counts.site_purge,
        counts.total,
        counts.total_purge,
        counts.safe_days,
        profile.max_age_cap,
    ) == NUMBERS[name]


def test_every_profile_has_its_name_and_a_sentence_of_help() -> None:
    assert {name: profile.name for name, profile in PROFILES.items()} == {name: name for name in PROFILES}
    assert all(profile.help.endswith(".") for profile in PROFILES.values())
    assert len({profile.help for profile in PROFILES.values()}) == len(PROFILES)


def test_what_is_not_known_of_safari_is_said() -> None:
    assert "not known" in SAFARI.help


@pytest.mark.parametrize(
    ("scheme", "host", "trusting"),
    [
        pytest.param("https", "shop.example", set(PROFILES), id="https"),
        pytest.param("http", "shop.example", set(), id="http"),
        pytest.param("http", "localhost", {"chrome", "firefox", "curl"}, id="localhost"),
        pytest.param("http", "a.localhost", {"chrome", "firefox", "curl"}, id="below localhost"),
        pytest.param("http", "127.1.2.3", {"chrome", "firefox", "curl"}, id="127/8"),
        pytest.param("http", "[::1]", {"chrome", "firefox", "curl"}, id="::1"),
        pytest.param("http", "localhost.example", set(), id="not localhost"),
    ],
)
def test_trust(scheme: str, host: str, trusting: set[str]) -> None:
    assert {name for name, profile in PROFILES.items() if profile.trusts(scheme, host)} == trusting


WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"

USER_AGENTS = {
    "Chrome": (f"{WINDOWS} {WEBKIT} Chrome/141.0.0.0 Safari/537.36", "chrome"),
    "headless Chrome": (f"{WINDOWS} {WEBKIT} HeadlessChrome/141.0.0.0 Safari/537.36", "chrome"),
    "Edge": (f"{WINDOWS} {WEBKIT} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0", "chrome"),
    "Opera": (f"{WINDOWS} {WEBKIT} Chrome/141.0.0.0 Safari/537.36 OPR/120.0.0.0", "chrome"),
    "Chrome on Android": (
        f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/141.0.0.0 Mobile Safari/537.36",
        "chrome",
    ),
    "Firefox": ("Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0", "firefox"),
    "Firefox on Android": ("Mozilla/5.0 (Android 15; Mobile; rv:142.0) Gecko/142.0 Firefox/142.0", "firefox"),
    "Safari": (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
        "safari",
    ),
    "Safari on iOS": (f"{IPHONE} Version/18.4 Mobile/15E148 Safari/604.1", "safari"),
    "Chrome on iOS": (f"{IPHONE} CriOS/141.0.0.0 Mobile/15E148 Safari/604.1", "safari"),
    "Firefox on iOS": (f"{IPHONE} FxiOS/142.0 Mobile/15E148 Safari/605.1.15", "safari"),
    "Edge on iOS": (f"{IPHONE} Version/18.0 EdgiOS/141.0.0.0 Mobile/15E148 Safari/604.1", "safari"),
    "Internet Explorer 6": ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", "ie6"),
    "Internet Explorer 8": ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)", "ie8"),
    "Internet Explorer 10": ("Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)", "ie8"),
    "Internet Explorer 11": ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "ie8"),
    "curl": ("curl/8.15.0", "curl"),
    "libcurl": ("harvester/1.0 libcurl/8.15.0", "curl"),
    "something that mentions curl": ("my-curly-thing/1.0", "rfc6265bis"),
    "a library": ("python-requests/2.32", "rfc6265bis"),
    "nobody": ("", "rfc6265bis"),
}


@pytest.mark.parametrize(("user_agent", "name"), [pytest.param(*row, id=who) for who, row in USER_AGENTS.items()])
def test_a_client_is_known_by_its_user_agent(user_agent: str, name: str) -> None:
    assert profile_for_user_agent(user_agent).name == name


@given(st.text(max_size=300))
def test_any_user_agent_is_somebody(user_agent: str) -> None:
    assert profile_for_user_agent(user_agent).name in PROFILES


@pytest.mark.parametrize(
    ("overrides", "changes"),
    [
        pytest.param(Overrides(), {}, id="none"),
        pytest.param(Overrides(per_cookie_bytes=100), {"per_cookie_bytes": 100}, id="octets"),
        pytest.param(Overrides(max_age=3600.0), {"max_age_cap": 3600.0}, id="lifetime"),
        pytest.param(Overrides(header_bytes=4096), {"header_bytes": 4096}, id="header"),
        pytest.param(
            Overrides(per_site=60), {"counts": Counts(60, 10, 3300, 300, 30)}, id="a site, its purge in proportion"
        ),
        pytest.param(Overrides(per_site=61), {"counts": Counts(61, 10, 3300, 300, 30)}, id="rounded down"),
        pytest.param(
            Overrides(total=1100),
            {"counts": Counts(180, 30, 1100, 100, 30, total_strict=True)},
            id="in all, its purge in proportion",
        ),
        pytest.param(
            Overrides(per_site=6, total=11), {"counts": Counts(6, 1, 11, 1, 30, total_strict=True)}, id="both"
        ),
    ],
)
def test_a_users_own_limits_change_nothing_else(overrides: Overrides, changes: dict[str, object]) -> None:
    limited = CHROME.with_limits(overrides)
    differing = {name for name in CHROME.__dataclass_fields__ if getattr(limited, name) != getattr(CHROME, name)}
    assert {name: getattr(limited, name) for name in differing} == changes


def test_limits_come_to_a_browser_that_has_none() -> None:
    assert SAFARI.with_limits(Overrides(per_site=10, total=20)).counts == Counts(10, 0, 20, 0, None, total_strict=True)


def test_without_counts_only_the_storage_model_is_left() -> None:
    for profile in (CURL, FIREFOX, CHROME):
        bare = profile.without_counts()
        assert bare.counts == Counts()
        assert (bare.header_bytes, bare.header_cookies, bare.makes_room_first) == (None, None, False)
        assert (bare.name, bare.per_cookie_bytes, bare.order) == (profile.name, profile.per_cookie_bytes, profile.order)
