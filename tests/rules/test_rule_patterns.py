"""Patterns, hosts, durations and sizes: what they cover and what they refuse."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.rules.hosts import below
from cookieproxy.rules.patterns import glob_to_regex, one_pattern, pattern_of
from cookieproxy.rules.units import duration, size


@pytest.mark.parametrize(
    ("source", "matched", "unmatched"),
    [
        pytest.param("sid", ["sid"], ["SID", "sid2", "", "asid"], id="exact"),
        pytest.param("_ga*", ["_ga", "_ga_X1"], ["x_ga", "_Ga"], id="glob-star"),
        pytest.param("s?d", ["sid", "s*d", "s\nd"], ["sd", "siid"], id="glob-question-mark"),
        pytest.param("a[bc]*", ["a[bc]", "a[bc]d"], ["ab", "ac"], id="brackets-are-literal"),
        pytest.param("a.b*", ["a.b"], ["axb"], id="dots-are-literal"),
        pytest.param("*", ["", "anything"], [], id="everything-the-nameless-too"),
        pytest.param("~^__utm", ["__utma"], ["x__utma"], id="regex-is-searched"),
        pytest.param("~tok", ["mytoken"], ["to"], id="regex-is-not-anchored"),
        pytest.param("", [""], ["a"], id="empty-is-nameless"),
    ],
)
def test_pattern(source: str, matched: list[str], unmatched: list[str]) -> None:
    pattern = pattern_of([source])
    assert [text for text in matched if not pattern.matches(text)] == []
    assert [text for text in unmatched if pattern.matches(text)] == []


def test_a_list_means_any_and_case_can_be_folded() -> None:
    pattern = pattern_of(["Shop.example", "*.Wiki.example", "~^ADMIN"], fold_case=True)
    assert all(map(pattern.matches, ["shop.example", "a.wiki.example", "admin.example"]))
    assert not pattern.matches("wiki.example")


@pytest.mark.parametrize("source", ["~", "~[a", "~(", "~*", "~(?P<a"])
def test_a_bad_regular_expression_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="regular expression"):
        one_pattern(source)


@given(st.text(alphabet="ab*?[].\\^$", max_size=8), st.text(alphabet="ab[].\\^$", max_size=8))
def test_a_glob_is_what_replacing_its_wild_cards_gives(glob: str, text: str) -> None:
    simple = "".join({"*": ".*", "?": "."}.get(c) or re.escape(c) for c in glob)
    assert bool(re.search(glob_to_regex(glob), text, re.DOTALL)) == bool(re.fullmatch(simple, text, re.DOTALL))


@pytest.mark.parametrize(
    ("host", "site", "is_below"),
    [
        ("shop.example", "shop.example", True),
        ("www.shop.example", "shop.example", True),
        ("evilshop.example", "shop.example", False),
        ("example", "shop.example", False),
        ("localhost", "localhost", True),
    ],
)
def test_site(host: str, site: str, is_below: bool) -> None:
    assert below(host, site) is is_below


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("90", 90),
        (90, 90),
        ("90s", 90),
        ("20m", 1200),
        ("2h", 7200),
        ("7d", 604_800),
        ("1w", 604_800),
        (0, 0),
        ("7 d", 604_800),
    ],
)
def test_duration(said: object, seconds: int) -> None:
    assert duration(said) == seconds


@pytest.mark.parametrize("said", ["7x", "-1", -1, "1.5d", "", "d", True, None, [1], "1d2h", "9" * 20, "٣d"])
def test_not_a_duration(said: object) -> None:
    with pytest.raises(ValueError, match=r"duration|long"):
        duration(said)


@pytest.mark.parametrize(
    ("said", "octets"),
    [("4096", 4096), (4096, 4096), ("4KB", 4096), ("1gb", 1024**3), ("7B", 7), ("2 MB", 2 * 1024**2)],
)
def test_size(said: object, octets: int) -> None:
    assert size(said) == octets


@pytest.mark.parametrize("said", ["4XB", "-1", "1.5GB", True, None, "KB"])
def test_not_a_size(said: object) -> None:
    with pytest.raises(ValueError, match="size"):
        size(said)
