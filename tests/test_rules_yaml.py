"""The shipped rules.yaml: it changes nothing, and every example in it works once its "# " is gone."""

from pathlib import Path

import pytest

from cookieproxy.config import Config, Cookieless, parse_config, run_tests
from cookieproxy.rules.actions import ACTIONS
from cookieproxy.suffixes import load

SHIPPED = (Path(__file__).parents[1] / "rules.yaml").read_text()
MODELINE = "# yaml-language-server: $schema=./rules.schema.json"


def is_example(line: str) -> bool:
    return line.startswith("# ") and line != MODELINE


def examples() -> list[tuple[int, int]]:
    """First and last line of each block of examples."""
    lines = SHIPPED.splitlines()
    starts = [i for i, line in enumerate(lines) if is_example(line) and not is_example(lines[i - 1])]
    ends = [i for i, line in enumerate(lines) if is_example(line) and not is_example([*lines, ""][i + 1])]
    return list(zip(starts, ends, strict=True))


def uncommented(*blocks: tuple[int, int]) -> Config:
    lines = SHIPPED.splitlines()
    for start, end in blocks:
        lines[start : end + 1] = [line.removeprefix("# ") for line in lines[start : end + 1]]
    return parse_config("\n".join(lines).encode(), "rules.yaml")


def settings(config: Config) -> dict[str, object]:
    """All that can be compared."""
    said = ("browser", "browsers", "limits", "enforce", "clients", "record", "on_store_failure")
    said += ("cookieless", "tests", "warnings")
    return {"rules": config.rules.names} | {name: getattr(config, name) for name in said}


def test_it_changes_nothing() -> None:
    assert settings(parse_config(SHIPPED.encode(), "rules.yaml")) == settings(Config.empty())
    assert SHIPPED.splitlines()[0] == MODELINE


@pytest.mark.parametrize("block", examples(), ids=lambda block: f"line-{block[0] + 1}")
def test_each_example_works_when_it_is_uncommented(block: tuple[int, int]) -> None:
    config = uncommented(block)
    assert [str(result) for result in run_tests(config, load()) if not result.passed] == []
    assert settings(config) != settings(parse_config(SHIPPED.encode(), "rules.yaml"))


def test_all_examples_work_together() -> None:
    config = uncommented(*examples())
    results = run_tests(config, load())
    assert [str(result) for result in results if not result.passed] == []
    assert len(results) >= 8
    assert len(config.entries) == 3


def test_every_key_of_cookieless_has_its_example() -> None:
    said = {key for section in uncommented(*examples()).cookieless for key in section.model_fields_set}
    assert set(Cookieless.model_fields) - said == set()


def test_every_action_has_its_example() -> None:
    text = "\n".join(line.removeprefix("# ") for line in SHIPPED.splitlines())
    assert [action for action in ACTIONS if f"    {action}: " not in text] == []
