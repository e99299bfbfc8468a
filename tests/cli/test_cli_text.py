"""Words of the command line: escapes, masks, times and durations (R10)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.cli.output import as_json
from cookieproxy.report.text import counted, expiry, length_only, moment, printable, span

DAY = 86_400.0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("sid", "sid", id="plain"),
        pytest.param("café ü 日本", "café ü 日本", id="letters"),
        pytest.param("\x1b[31mred", "\\x1b[31mred", id="escape"),
        pytest.param("a\nb\r\tc", "a\\nb\\r\\tc", id="lines"),
        pytest.param("a\x9bb", "a\\x9bb", id="C1"),
        pytest.param("a\u202eb", "a\\u202eb", id="bidi"),
        pytest.param("a\u200bb", "a\\u200bb", id="invisible"),
        pytest.param("[bold]x[/bold]", "[bold]x[/bold]", id="markup is text"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_nothing_unprintable_is_left(text: str) -> None:
    assert printable(text).isprintable()


@given(st.dictionaries(st.text(), st.text()))
def test_json_says_the_same_and_moves_no_cursor(row: dict[str, str]) -> None:
    line = as_json(row)
    assert json.loads(line) == row
    assert not {"\x1b", "\x7f", "\x9b", "\u202e", "\u2028", "\n"} & set(line)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("#3fa9c1d2e4b5a697:24", "***24"),
        ("sid=#3fa9c1d2e4b5a697:24; Path=/", "sid=***24; Path=/"),
        ("***5", "***5"),
        ("#fff:3", "#fff:3"),
    ],
)
def test_length_only(text: str, shown: str) -> None:
    assert length_only(text) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (59.9, "60 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7200, "2 h"),
        (47 * 3600, "47 h"),
        (2 * DAY, "2 days"),
        (400 * DAY, "400 days"),
        (400 * DAY - 5, "400 days"),
        (800 * DAY, "2 years"),
        (1e18, "10,000 years"),
    ],
)
def test_span(seconds: float, shown: str) -> None:
    assert span(seconds) == shown


@pytest.mark.parametrize(
    ("time", "shown"),
    [(None, "session"), (1000.0 + 7 * DAY, "in 7 days"), (990.0, "10 s ago"), (1e18, "in 10,000 years")],
)
def test_expiry(time: float | None, shown: str) -> None:
    assert expiry(time, 1000.0) == shown


def test_moment_leaves_out_what_goes_without_saying() -> None:
    now = 1_800_000_000.0
    assert len(moment(now, now)) == len("12:00:00")
    assert moment(now - 3 * DAY, now).startswith("01-1")
    assert moment(now - 400 * DAY, now).startswith("2025-12-1")
    assert moment(1e18, now) == "never"


def test_counted() -> None:
    assert (counted(1, "rule"), counted(0, "rule")) == ("1 rule", "0 rules")
