"""The benchmarks: that they run, say what they measured, and leave nothing behind. Not how fast anything is.

Rounds of a second are enough for that; the numbers they give mean nothing.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cookieproxy.config import parse_config

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "scripts"))

from benchmarks import exchanges, inputs, jars, proxies  # noqa: E402  they lie beside the script that runs them
from benchmarks.programs import CannotMeasure, need  # noqa: E402
from benchmarks.results import RATIO, Figure, Goal, Outcome, at_least, at_most, shown  # noqa: E402
from benchmarks.rows import ROWS  # noqa: E402


@pytest.fixture
def load_programs() -> None:
    try:
        need("wrk", "nginx")
    except CannotMeasure as error:
        pytest.skip(str(error))


def bench(tmp_path: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs the benchmarks as scripts/bench does, without its set-up, with their files below `tmp_path`."""
    paths = os.pathsep.join((str(ROOT / "scripts"), str(ROOT / "addons")))
    return subprocess.run(
        [sys.executable, "-P", "-m", "benchmarks", *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths, "TMPDIR": str(tmp_path)} | env,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


def measured(tmp_path: Path, *rows: str) -> list[dict[str, Any]]:
    """The figures of these rows, measured as briefly as can be."""
    only = [part for row in rows for part in ("--only", row)]
    done = bench(tmp_path, "--quick", "--rounds", "1", "--seconds", "1", "--json", "numbers.json", *only)
    assert done.returncode == 0, done.stderr
    figures: list[dict[str, Any]] = json.loads((tmp_path / "numbers.json").read_text())["figures"]
    for figure in figures:
        assert figure["what"] in done.stdout
    return figures


# -- the command line --------------------------------------------------------------------------------------------------


def test_the_help_names_every_row_and_how_to_get_what_is_missing(tmp_path: Path) -> None:
    done = bench(tmp_path, "--help")
    assert done.returncode == 0
    assert [row.name for row in ROWS if f"  {row.name} " not in done.stdout] == []
    assert "apt-get install wrk nginx-light" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--only", "warp-speed"], id="a row that is none"),
        pytest.param(["--rounds", "0"], id="no rounds"),
        pytest.param(["--seconds", "soon"], id="no number"),
        pytest.param(["everything"], id="a word too many"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2(tmp_path: Path, arguments: list[str]) -> None:
    done = bench(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")


def test_missing_programs_are_named_and_the_other_rows_measured(tmp_path: Path) -> None:
    (tmp_path / "taskset").symlink_to(shutil.which("true") or "/bin/true")
    arguments = ("--quick", "--rounds", "1", "--only", "throughput", "--only", "rules", "--json", "numbers.json")
    done = bench(tmp_path, *arguments, "--strict", PATH=str(tmp_path))
    assert done.returncode == 1
    speed, *_, rules = json.loads((tmp_path / "numbers.json").read_text())["figures"]
    assert speed["median"] is None
    assert "there is no wrk" in speed["why_not"]
    assert "apt-get install wrk" in speed["why_not"]
    assert rules["median"] > 0


# -- the measurements --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("load_programs")
def test_two_proxies_are_loaded_in_turn_and_nothing_is_left(tmp_path: Path) -> None:
    speed, p99, processor = measured(tmp_path, "throughput")
    assert all(figure["median"] > 0 for figure in (speed, p99, processor))
    assert (speed["goal"], speed["goal_is"], p99["goal_is"]) == (1.5, "at least", "at most")
    assert [path.name for path in tmp_path.iterdir()] == ["numbers.json"]
    assert [line for line in running() if str(tmp_path) in line] == []


def running() -> list[str]:
    """The command lines of all processes."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return lines


def test_what_needs_no_network_is_measured(tmp_path: Path) -> None:
    figures = measured(tmp_path, "jar", "store", "rules", "cookie-memory")
    assert [figure["what"] for figure in figures if not figure["median"]] == []
    assert [path.name for path in tmp_path.iterdir()] == ["numbers.json"]


@pytest.mark.usefixtures("load_programs")
def test_a_proxy_that_does_not_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(CannotMeasure, match="unrecognized arguments: --nonsense"),
        proxies.proxy(proxies.Variant("broken", arguments=("--nonsense",)), tmp_path / "broken", None),
    ):
        pass


# -- the inputs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [inputs.FEW_RULES, inputs.MANY_RULES])
def test_the_rules_files_are_good_and_as_long_as_said(count: int) -> None:
    config = parse_config(inputs.rules_yaml(count).encode(), "rules.yaml")
    assert (len(config.rules.names), config.warnings) == (count, ())


def test_two_of_the_rules_change_the_cookies() -> None:
    """Rules that touch nothing would cost nothing."""
    seen = [each for batch in exchanges.observations(2) for each in batch]
    changed = {change.rule for each in seen for change in getattr(each, "changes", ())}
    assert changed == {"harden the session", "a week at most"}


def test_a_variant_without_recording_says_so_in_its_rules() -> None:
    config = parse_config((proxies.SILENT.rules or "").encode(), "rules.yaml")
    assert config.record.excepts("127.0.0.1")


def test_both_jars_hold_and_send_the_same(tmp_path: Path) -> None:
    assert jars.Ours().run(1).cookies == jars.CookiejarJar().run(1).cookies == jars.ON_SITE
    assert len(list(jars.everything_said())) == jars.IN_ALL


# -- the figures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("goal", "numbers", "said", "met"),
    [
        pytest.param(at_least(1.5), (1.4, 1.6, 1.7), "1.6 × (1.4 – 1.7)", "met", id="enough in the median"),
        pytest.param(at_least(1.5), (1.4, 1.4, 1.7), "1.4 × (1.4 – 1.7)", "not met", id="not enough"),
        pytest.param(at_most(1), (0.25,), "0.25 ×", "met", id="one round has no spread"),
        pytest.param(at_most(1), (1.0,), "1 ×", "met", id="just so much"),
        pytest.param(None, (3.0,), "3 ×", "–", id="no goal"),
    ],
)
def test_a_figure_is_held_against_its_goal(goal: Goal | None, numbers: tuple[float, ...], said: str, met: str) -> None:
    assert Figure("row", "what", goal, RATIO, numbers).cells()[2:] == (said, met)


def test_a_figure_that_was_not_measured_says_why_and_meets_nothing() -> None:
    figure = Figure("row", "what", at_least(1), RATIO, why_not="there is no wrk here")
    assert figure.cells() == ("what", "≥ 1 ×", "not measured: there is no wrk here", "–")
    assert figure.as_json()["median"] is None


@pytest.mark.parametrize(
    ("number", "text"), [(0.93456, "0.935"), (12.345, "12.3"), (1204.4, "1,204"), (100_000, "100,000"), (2, "2")]
)
def test_three_digits_are_shown(number: float, text: str) -> None:
    assert shown(number) == text


def test_the_table_has_a_line_for_each_figure() -> None:
    figures = [Figure("a", "short", None, RATIO, (1.0,)), Figure("b", "rather longer", at_least(2), "/s", (1.0,))]
    lines = Outcome(figures).table().splitlines()
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1
