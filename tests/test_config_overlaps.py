"""Entries of `cookieless` that get in each other's way: refused, doubtful, or told apart."""

import re
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.config import Config, ConfigError, parse_config
from cookieproxy.config.overlaps import covers, meet
from cookieproxy.cookieless.entry import Place
from cookieproxy.rules.patterns import glob_to_regex


def told(one: str, other: str) -> tuple[list[str], list[str]]:
    """What is said of the second of two entries: mistakes and doubts."""
    try:
        config = parse_config(f"cookieless:\n  - {{mode: device{one}}}\n  - {{mode: device{other}}}\n".encode(), "f")
    except ConfigError as error:
        return [str(mistake).removeprefix("f:") for mistake in error.mistakes], []
    return [], [str(warning).removeprefix("f:") for warning in config.warnings if "exclusive" in warning.message]


def verdict(one: str, other: str) -> bool | None:
    """True if the file is refused, None if it is doubtful, False if it is good."""
    mistakes, doubts = told(one, other)
    return True if mistakes else None if doubts else False


def test_the_messages() -> None:
    assert told(", match: {site: shop.example}", ", match: {host: www.shop.example, path: '/a/*'}") == (
        [
            "3:20: this entry and the one of line 2 both match www.shop.example, path /a/*: "
            "make them exclusive with except, or join them"
        ],
        [],
    )
    assert told(", match: {host: '~shop'}", "") == (
        [],
        ["3:5: this entry and the one of line 2 may both match ~shop: make them exclusive with except"],
    )
    assert told("", "")[0] == [
        "3:5: this entry and the one of line 2 both match every site: make them exclusive with except, or join them"
    ]


A, WWW, SITE, BELOW = "host: a.example", "host: www.a.example", "site: a.example", "host: '*.a.example'"
MATCHES = [
    pytest.param("", A, True, id="everything-and-a-host"),
    pytest.param(A, A, True, id="the-same-host"),
    pytest.param(A, "host: b.example", False, id="two-hosts"),
    pytest.param(A, "host: [b.example, A.example]", True, id="one-of-a-list"),
    pytest.param(SITE, WWW, True, id="host-below-the-site"),
    pytest.param(SITE, "host: ba.example", False, id="host-beside-the-site"),
    pytest.param(SITE, "site: www.a.example", True, id="site-below-the-site"),
    pytest.param(BELOW, A, False, id="the-domain-is-not-below-itself"),
    pytest.param(BELOW, "site: www.a.example", True, id="glob-and-site"),
    pytest.param("host: 'shop-*'", "host: '*-test.example'", True, id="globs-that-meet"),
    pytest.param("host: 'shop-*'", "host: 'wiki-*'", False, id="globs-that-do-not"),
    pytest.param("host: 'shop?.example'", "host: 'shop??.example'", False, id="globs-of-different-length"),
    pytest.param(f"{SITE}, host: 'x*'", f"{SITE}, host: 'y*'", False, id="globs-in-one-site"),
    pytest.param(f"{SITE}, host: 'x*'", "site: b.example, host: 'x*'", False, id="one-glob-in-two-sites"),
    pytest.param(f"{SITE}, host: 'x*'", "host: '*x.a.example'", True, id="glob-in-a-site"),
    pytest.param("host: '~^a'", A, None, id="regex-and-host"),
    pytest.param("host: '~^b'", A, False, id="regex-that-does-not-hold"),
    pytest.param("host: '~^A'", A, None, id="regexes-of-hosts-have-no-case"),
    pytest.param("host: '~^b'", "host: '~^a'", None, id="two-regexes"),
    pytest.param("host: '~^b'", SITE, None, id="regex-and-site"),
    pytest.param("host: '~^b', scheme: http", f"{SITE}, scheme: https", False, id="regex-and-two-schemes"),
    pytest.param(f"{A}, path: '/a/*'", f"{A}, path: '/b/*'", False, id="two-paths"),
    pytest.param(f"{A}, path: '/a/*'", f"{A}, path: /a/b", True, id="path-below"),
    pytest.param(f"{A}, path: '/a*'", f"{A}, path: '/a/*'", True, id="prefixes"),
    pytest.param(f"{A}, path: /a", f"{A}, path: /A", False, id="paths-have-case"),
    pytest.param(f"{A}, path: '*.php'", f"{A}, path: '/b/*'", True, id="suffix-and-prefix"),
    pytest.param(f"{A}, path: '*.php'", f"{A}, path: '*.asp'", False, id="suffixes"),
    pytest.param(f"{A}, path: '~/b'", f"{A}, path: '/b/*'", None, id="regex-path"),
    pytest.param(f"{A}, path: '~^/c'", f"{A}, path: [/b, /d]", False, id="regex-path-that-does-not-hold"),
    pytest.param(f"{A}, path: ['~/b', /c]", f"{A}, path: /c", True, id="a-path-beside-a-regex"),
    pytest.param(f"{A}, scheme: http", f"{A}, scheme: https", False, id="two-schemes"),
    pytest.param(f"{A}, scheme: http", f"{A}, scheme: [https, http]", True, id="one-scheme-in-both"),
    pytest.param(f"{A}, scheme: http", A, True, id="scheme-and-any"),
    pytest.param(f"{A}, client: '10.*'", f"{A}, client: '*curl*'", None, id="two-clients"),
    pytest.param(f"{A}, client: '10.*'", f"{A}, client: '11.*'", False, id="clients-apart"),
    pytest.param(f"{A}, client: '10.*'", f"{A}, client: '10.*'", True, id="the-same-client"),
    pytest.param(f"{A}, client: '10.*'", A, True, id="client-and-any"),
]


@pytest.mark.parametrize(("one", "other", "expected"), MATCHES)
def test_two_matches(one: str, other: str, expected: bool | None) -> None:
    assert verdict(f", match: {{{one}}}", f", match: {{{other}}}") is expected
    assert verdict(f", match: {{{other}}}", f", match: {{{one}}}") is expected


EXCEPTS = [
    pytest.param("", A, A, False, id="except-is-match"),
    pytest.param("", f"{A}, path: /x", A, False, id="except-is-wider"),
    pytest.param("", A, f"{A}, path: /x", True, id="except-is-narrower"),
    pytest.param(SITE, f"{SITE}, path: '/api/*'", "path: '/api/*'", False, id="path"),
    pytest.param(SITE, f"{SITE}, path: '/api/v1/*'", "path: '/api/*'", False, id="path-below"),
    pytest.param(SITE, f"{SITE}, path: '/ap?/*'", "path: '/api/*'", True, id="path-not-quite-below"),
    pytest.param(SITE, f"{SITE}, path: [/api/a, /x]", "path: '/api/*'", True, id="one-path-left"),
    pytest.param(SITE, f"{SITE}, path: [/api/a, /x]", "path: ['/api/*', /x]", False, id="no-path-left"),
    pytest.param(SITE, WWW, WWW, False, id="host-below-site"),
    pytest.param(SITE, WWW, BELOW, False, id="glob-covers-host"),
    pytest.param("", WWW, SITE, False, id="site-covers-host"),
    pytest.param("", BELOW, SITE, False, id="site-covers-glob"),
    pytest.param("", SITE, BELOW, True, id="glob-does-not-cover-site"),
    pytest.param("host: [a.example, b.example]", "host: [a.example, c.example]", A, False, id="what-both-match"),
    pytest.param(SITE, "path: /x", f"{SITE}, path: /x", False, id="half-from-each"),
    pytest.param(SITE, f"{SITE}, path: '~x'", "path: '~x'", False, id="the-same-regex"),
    pytest.param(SITE, f"{SITE}, path: '~xy'", "path: '~x'", None, id="another-regex"),
    pytest.param(SITE, f"{SITE}, scheme: http", "scheme: http", False, id="scheme"),
    pytest.param(SITE, SITE, "scheme: http", True, id="one-scheme-left"),
    pytest.param(SITE, f"{SITE}, client: '10.0.*'", "client: '10.*'", False, id="client"),
    pytest.param(SITE, WWW, "", True, id="except-nothing"),
]


@pytest.mark.parametrize(("one", "other", "excepted", "expected"), EXCEPTS)
def test_except_separates(one: str, other: str, excepted: str, expected: bool | None) -> None:
    """Whichever of the two has it, and whichever comes first."""
    first, second = f", match: {{{one}}}", f", match: {{{other}}}"
    assert verdict(f"{first}, except: {{{excepted}}}", second) is expected
    assert verdict(second, f"{first}, except: {{{excepted}}}") is expected


def test_each_pair_of_three() -> None:
    text = "cookieless: [{match: {host: a}}, {match: {host: b}}, {match: {host: [a, b]}}]"
    with pytest.raises(ConfigError) as raised:
        parse_config(text.encode(), "f")
    assert [mistake.message.partition(":")[0] for mistake in raised.value.mistakes] == [
        "this entry and the one of line 1 both match a",
        "this entry and the one of line 1 both match b",
    ]


def test_many_hosts_are_quick() -> None:
    hosts = [f"h{number}.example" for number in range(4000)]
    text = f"cookieless: [{{match: {{host: {hosts[:2000]}}}}}, {{match: {{host: {hosts[2000:]}}}}}]"
    assert len(parse_config(text.encode(), "f").entries) == 2


GLOBS = st.text("ab*?", max_size=4)
TEXTS = ["".join(letters) for length in range(9) for letters in product("ab", repeat=length)]
"""All that two globs of four characters can need to meet."""


def matched(glob: str) -> set[str]:
    pattern = re.compile(glob_to_regex(glob))
    return {text for text in TEXTS if pattern.search(text)}


@given(GLOBS, GLOBS)
def test_globs_meet_if_a_text_is_matched_by_both(one: str, other: str) -> None:
    assert meet((one, other)) is bool(matched(one) & matched(other))


@given(GLOBS, GLOBS.map(lambda glob: glob.replace("b", "*")))
def test_a_glob_covers_only_what_it_matches(narrower: str, wider: str) -> None:
    assert matched(narrower) <= matched(wider) or not covers(wider, narrower)
    assert covers(f"{narrower}*", narrower)


HOSTS = ["a.x", "b.a.x", "b.x", "c"]
PATHS = ["/", "/p", "/p/q", "/r"]
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "site": st.sampled_from(["x", "a.x", "c"]),
        "host": st.sampled_from([*HOSTS, "*.x", "b*", "~^b"]),
        "path": st.sampled_from([*PATHS, "/p*", "*q", "~p"]),
        "scheme": st.sampled_from(["http", "https"]),
        "client": st.sampled_from(["1 a", "1*", "*a"]),
    },
)


def is_alone(config: Config) -> bool:
    """True if no two entries hold for any of our URLs."""
    places = [Place(scheme, host, path.encode()) for scheme in ("http", "https") for host in HOSTS for path in PATHS]
    return not any(
        one.matches(place, client) and other.matches(place, client)
        for one, other in combinations(config.entries, 2)
        for place in places
        for client in ("1 a", "1 b", "2 a")
    )


@given(CONDITIONS, CONDITIONS, CONDITIONS, CONDITIONS)
def test_a_file_without_mistakes_and_doubts_has_one_entry_for_a_url(
    match: dict[str, str], excepted: dict[str, str], other: dict[str, str], other_excepted: dict[str, str]
) -> None:
    def flow(said: dict[str, str]) -> str:
        return "{" + ", ".join(f"{key}: '{value}'" for key, value in said.items()) + "}"

    entries = [f"{{match: {flow(a)}, except: {flow(b)}}}" for a, b in ((match, excepted), (other, other_excepted))]
    try:
        config = parse_config(f"cookieless: [{', '.join(entries)}]".encode(), "f")
    except ConfigError:
        return
    if not any("exclusive" in warning.message for warning in config.warnings):
        assert is_alone(config)
