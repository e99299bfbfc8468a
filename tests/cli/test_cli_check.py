"""`check`: mistakes, warnings and rule tests with their places, and the exit code."""

import io
from pathlib import Path

import pytest

from cookieproxy.cli.main import main

NOW = 1_800_000_000.0
GOOD = """\
rules:
  - name: harden
    match: {site: shop.example}
    set: {httponly: true}
    tests:
      - {at: "https://shop.example/", given: "sid=1", expect: "sid=1; HttpOnly"}
"""
FAILING = GOOD.replace('expect: "sid=1; HttpOnly"', 'expect: "sid=1; Secure"')
DOUBTFUL = "rules:\n  - name: none\n    match: {host: a.example}\n    set: {samesite: none}\n"
WRONG = "rules:\n  - name: x\n    mach: {cookie: a}\n    set: {secur: true}\nbrowser: lynx\n"
FILTERED = 'rules:\n  - match: {when: "~m POST"}\n    drop: true\n'

CASES = [
    pytest.param(GOOD, [], 0, ["rules.yaml: 1 rule, 1 test passed"], [], id="good"),
    pytest.param("", [], 0, ["rules.yaml: 0 rules"], [], id="empty"),
    pytest.param("# when?\n", ["--strict"], 0, ["rules.yaml: 0 rules"], [], id="comments only"),
    pytest.param(
        "cookieless: [{match: {host: a.example}}, {match: {host: b.example}}]",
        ["--strict"],
        0,
        ["rules.yaml: 0 rules, 2 cookieless sites"],
        [],
        id="sites without cookies",
    ),
    pytest.param(FAILING, [], 1, ["1 of 1 test failed"], ["rules.yaml:6:9: ", "harden", "sid=1; Secure"], id="failing"),
    pytest.param(DOUBTFUL, [], 0, ["1 rule, 1 warning"], ["rules.yaml:4:21: warning: "], id="a warning"),
    pytest.param(DOUBTFUL, ["--strict"], 1, ["1 rule, 1 warning"], ["warning: "], id="a warning, strictly"),
    pytest.param(
        WRONG, [], 1, ["3 mistakes"], ["rules.yaml:3:5: ", 'did you mean "secure"', "lynx"], id="three mistakes"
    ),
    pytest.param(FILTERED, [], 0, ["1 rule"], [], id="a filter"),
    pytest.param(FILTERED.replace("~m POST", "~m ("), [], 1, ["1 mistake"], ["rules.yaml:2:19: "], id="a wrong filter"),
    pytest.param("\x00", [], 1, ["1 mistake"], ["rules.yaml:1:1: "], id="no text"),
    pytest.param("a: &x 1\n", [], 1, ["mistake"], ["rules.yaml:1:"], id="an anchor"),
]


@pytest.mark.parametrize(("text", "options", "code", "out", "err"), CASES)
def test_check(
    text: str,
    options: list[str],
    code: int,
    out: list[str],
    err: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.yaml").write_text(text)
    assert main(["check", "rules.yaml", *options], NOW) == code
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 1
    assert all(part in said.out for part in out)
    assert all(part in said.err for part in err)
    assert bool(said.err) == bool(err)


def test_every_mistake_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(WRONG + '"\\e[31m": 1\n')
    assert main(["check", str(path)], NOW) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith(f"{path}:") and line.isprintable() for line in lines)


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(WRONG.encode())))
    assert main(["check", "-"], NOW) == 1
    assert "stdin:3:5: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "said"),
    [("none.yaml", "No such file"), ("", "Is a directory"), ("\0", "null")],
    ids=["missing", "a folder", "NUL"],
)
def test_a_file_that_cannot_be_read(name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"{tmp_path}/{name}"], NOW) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_the_default_is_the_shipped_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    root = Path(__file__).parents[2]
    assert main(["check"], NOW) in (0, 1)  # whoever works here may have rules of their own
    assert capsys.readouterr().out.startswith(f"{root / 'rules.yaml'}: ")
    monkeypatch.chdir(root)
    main(["check"], NOW)
    assert capsys.readouterr().out.startswith("rules.yaml: ")


def test_a_huge_file_is_refused_without_being_read_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 32)
    assert main(["check", str(path)], NOW) == 1
    assert "1 MB" in capsys.readouterr().err
