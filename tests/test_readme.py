"""Holds the README to the code: what it lists is there, and what is there it lists."""

import re
from pathlib import Path

import pytest

from cookieproxy.config import parse_config
from cookieproxy.core.profiles import PROFILES
from cookieproxy.formats import FORMATS
from cookieproxy.proxy.options import OPTIONS
from cookieproxy.record.views import as_markdown
from cookieproxy.rules.actions import ACTIONS
from cookieproxy.sessions.catalogue import as_markdown as findings_as_markdown

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def table_rows(first_header: str) -> list[list[str]]:
    """The rows of the table whose first column has this header."""
    after = README.split(f"\n| {first_header} |", 1)[1]
    lines = after.split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_every_option_is_listed_with_its_default_and_help():
    assert [(row[0], row[1], row[2]) for row in table_rows("option")] == [
        (
            f"`{option.name}`",
            f"`{str(option.default).lower() if option.default in (True, False) else option.default}`",
            option.help,
        )
        for option in OPTIONS
    ]


def test_every_profile_is_listed_with_its_help():
    assert [(row[0], row[1]) for row in table_rows("browser")] == [
        (f"`{profile.name}`", profile.help) for profile in PROFILES.values()
    ]


def test_the_recorded_views_are_listed_column_by_column():
    assert as_markdown().strip() in README


def test_the_findings_are_those_of_the_code() -> None:
    assert findings_as_markdown().strip() in README


def test_every_action_is_listed():
    listed = {re.match(r"`(\w+)", row[0])[1] for row in table_rows("action")}
    assert listed == set(ACTIONS)


def test_the_example_rules_load_without_a_mistake():
    example = README.split("```yaml\n", 1)[1].split("```", 1)[0]
    config = parse_config(example.encode(), "README.md")
    assert len(config.rules.names) == 6


def test_the_floors_are_those_that_are_kept():
    from test_floors import FLOORS

    listed = {(room.strip(" `"), int(row[0])) for row in table_rows("floor") for room in row[1].split(",")}
    present = {path.stem for path in (ROOT / "addons" / "cookieproxy").iterdir() if not path.name.startswith("__")}
    assert listed == {(room, floor) for room, floor in FLOORS.items() if room in present}


@pytest.mark.parametrize(
    "command", ["scripts/proxy", "scripts/test", "scripts/check", "scripts/bench", "scripts/soak", "scripts/cookies"]
)
def test_named_commands_exist(command):
    assert command in README
    assert (ROOT / command).stat().st_mode & 0o111


def test_every_format_is_listed():
    assert [(row[0], row[1]) for row in table_rows("format")] == [
        (f"`{one.name}`", one.title) for one in FORMATS.values()
    ]
