"""`scripts/cookies report` over a store on disc: formats, files, filters, and no values unless asked for (R10)."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from cookieproxy.cli.main import main
from cookieproxy.record.values import ValuePolicy
from rig.recorded import CLIENTS, HOSTILE, NOW, VALUE, rich_store

type Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a store that keeps values as they came."""
    directory = tmp_path_factory.mktemp("rich")
    rich_store(directory, sessions=60, policy=ValuePolicy.KEEP).close()
    return directory


@pytest.fixture
def run(home: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*argv: str | Path) -> tuple[int, str, str]:
        code = main(["report", "--store", f"sqlite:{home / 'cookies.db'}", *map(str, argv)], NOW)
        return code, *capsys.readouterr()

    return call


def test_a_file_says_by_its_ending_what_it_wants_to_be(run: Run, tmp_path: Path) -> None:
    for name, begin in (
        ("r.html", "<!doctype html>"),
        ("r.md", "# Cookie report"),
        ("r.json", "{"),
        ("r", "<!doctype html>"),
    ):
        assert run("-o", tmp_path / name)[0] == 0
        assert (tmp_path / name).read_text().startswith(begin)
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_what_is_said_of_it_on_the_terminal(run: Run, tmp_path: Path) -> None:
    _, output, remarks = run("-o", tmp_path / "r.html")
    assert output == ""
    assert remarks.startswith("2 findings of high severity")


@pytest.mark.parametrize("form", ["html", "md", "json"])
def test_values_only_if_asked_for(run: Run, form: str) -> None:
    code, output, _ = run("--format", form)
    assert code == 0
    assert VALUE.decode() not in output
    _, output, remarks = run("--format", form, "--values")
    assert VALUE.decode() in output
    assert "whoever has it is logged in" in remarks


def test_it_is_narrowed(run: Run) -> None:
    _, output, _ = run("--format", "json", "--site", "wiki.example", "--client", "10.0.0.3*", "--since", "3d")
    report = json.loads(output)
    assert {row["host"] for row in report["sessions"]} == {"wiki.example"}
    assert {row["client"] for row in report["sessions"]} == {CLIENTS[1]}
    assert {line["host"] for line in report["inventory"]} <= {"wiki.example"}
    assert {one["host"] for one in report["timeouts"]} == {"wiki.example"}
    assert report["summary"]["narrowed_to"]["site"] == "wiki.example"


def test_a_name_of_a_megabyte_is_cut(run: Run) -> None:
    _, output, _ = run("--format", "json")
    assert len(output) < 2_000_000
    assert HOSTILE[4].decode()[:200] not in output


def test_what_stands_in_the_way_is_told(run: Run, tmp_path: Path) -> None:
    code, _, remarks = run("-o", tmp_path / "nowhere" / "r.html")
    assert code == 1
    assert "Nothing was written." in remarks


def test_everything_that_the_store_knows_is_there(run: Run) -> None:
    report = json.loads(run("--format", "json")[1])
    assert report["summary"]["sessions"] == len(report["sessions"]) > 60
    assert len(report["findings"]) == 9
    idle = {one["cookie"]: (one["idle_low"], one["idle_high"]) for one in report["timeouts"]}["PHPSESSID"]
    assert 0 < idle[0] < 24 * 60 < idle[1]
    names = {line["name"]: line for line in report["inventory"]}
    assert (names["_ga"]["purpose"], names["_ga"]["too_long"]) == ("analytics", "over 400 days")
    assert (names["IDE"]["party"], names["_fbp"]["set_by"]) == ("third", "unknown")
    assert names["JSESSIONID"]["path"] == "/login;jsessionid=…"
    assert report["header_sizes"][0]["over"] == "half of what common servers accept"
