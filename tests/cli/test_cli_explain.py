"""`explain` as a user calls it: a row for each browser, rules first, JSON with the documented fields."""

import json
from pathlib import Path

import pytest

from cookieproxy.cli.main import main
from cookieproxy.core.profiles import PROFILES

NOW = 1_800_000_000.0
SHOP = ["--at", "https://shop.example/"]
RULES = """
limits: {max_age: 1d}
rules:
  - {name: harden, match: {cookie: sid}, set: {secure: true}}
  - {name: away, match: {cookie: _ga}, drop: true}
  - {name: watch, match: {cookie: lang}, mode: observe, drop: true}
  - {name: posts, match: {when: "~m POST"}, drop: true}
"""


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return str(path)


def explained(capsys: pytest.CaptureFixture[str], *argv: str) -> list[dict[str, object]]:
    assert main(["explain", *argv, "--json"], NOW) == 0
    out, err = capsys.readouterr()
    assert err == ""
    rows: list[dict[str, object]] = json.loads(out)
    return rows


def test_json_has_the_documented_fields_for_every_browser(capsys: pytest.CaptureFixture[str]) -> None:
    rows = explained(capsys, *SHOP, "--no-rules", "--given", "sid=1; Path=/; Domain=other.example")
    assert [row["browser"] for row in rows] == list(PROFILES)
    assert rows[0] == {
        "browser": "chrome",
        "outcome": "ignored",
        "reason": "domain-mismatch",
        "sentence": "Its Domain does not cover the host that set it.",
        "before": "sid=1; Path=/; Domain=other.example",
        "after": "sid=1; Path=/; Domain=other.example",
        "rules": [],
    }
    assert list(rows[0]) == ["browser", "outcome", "reason", "sentence", "before", "after", "rules"]


def test_table_says_stored_or_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *SHOP, "--no-rules", "--given", "__Host-sid=1; Path=/; Domain=shop.example"], NOW) == 0
    given, header, *lines = capsys.readouterr().out.splitlines()
    assert given == "given  __Host-sid=1; Path=/; Domain=shop.example"
    assert header.split()[:2] == ["browser", "outcome"]
    said = {line.split()[0]: line.split()[1:3] for line in lines}
    assert said["chrome"] == ["ignored", "prefix-secure:"]
    assert said["classic"][0] == "stored"
    assert len(lines) == len(PROFILES)


@pytest.mark.parametrize(
    ("given", "browser", "meaning"),
    [
        ("a=1", "chrome", "until the browser closes; shop.example only; from other sites only when a link opens it"),
        ("a=1", "firefox", "until the browser closes; shop.example only; also from other sites' pages"),
        ("a=1; Domain=shop.example; Path=/x", "chrome", "shop.example and below, /x and below"),
        ("a=1; Max-Age=99999999", "chrome", "for 400 days (capped)"),
        (
            "a=1; Max-Age=600; Secure; HttpOnly",
            "chrome",
            "for 10 min; shop.example only; https only; hidden from scripts",
        ),
        ("a=1; SameSite=Strict", "chrome", "never from other sites"),
        ("a=1; SameSite=Strict", "classic", "also from other sites' pages"),
        ("a=1", "ie6", "shop.example and below"),
    ],
)
def test_what_a_stored_cookie_means(given: str, browser: str, meaning: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *SHOP, "--no-rules", "--browser", browser, "--given", given], NOW) == 0
    assert meaning in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("argv", "outcomes"),
    [
        pytest.param(["--given", "a=1", "--given", "a=2"], ["stored", "replaced"], id="two fields, one jar"),
        pytest.param(["--given", "a=1; Secure", "--over", "http"], ["ignored"], id="over http"),
        pytest.param(["--given", "a=1", "--from", "https://news.example/"], ["ignored"], id="from another site"),
        pytest.param(
            ["--given", "a=1; SameSite=None; Secure", "--from", "https://news.example/"], ["stored"], id="none"
        ),
        pytest.param(["--given", "_ga=1"], ["dropped"], id="dropped"),
        pytest.param(["--given", "sid=1", "--over", "http"], ["ignored"], id="Secure by a rule, over http"),
        pytest.param(["--given", "other=1"], ["stored"], id="a filter never holds without a flow"),
    ],
)
def test_outcomes(argv: list[str], outcomes: list[str], rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = explained(capsys, *SHOP, "--rules", rules, "--browser", "chrome", *argv)
    assert [row["outcome"] for row in rows] == outcomes


def test_what_rules_made_of_it(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    [row] = explained(capsys, *SHOP, "--rules", rules, "--browser", "chrome", "--given", "sid=1")
    assert (row["before"], row["after"], row["rules"]) == ("sid=1", "sid=1; Secure", ["harden"])
    for given, said in (
        ("sid=1", 'after  sid=1; Secure   (rule "harden")'),
        ("_ga=1", 'after  does not reach the browser   (rule "away")'),
        ("lang=1", '       rule "watch" would change it (mode: observe)'),
    ):
        main(["explain", *SHOP, "--rules", rules, "--given", given], NOW)
        assert capsys.readouterr().out.splitlines()[1] == said


def test_limits_of_the_rules_file_count(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", *SHOP, "--rules", rules, "--browser", "classic", "--given", "a=1; Max-Age=99999"], NOW)
    assert "for 24 h (capped)" in capsys.readouterr().out


def test_rules_that_are_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named ones are what was asked about; the default ones are done without."""
    broken = tmp_path / "rules.yaml"
    broken.write_text("brwoser: chrome\n")
    assert main(["explain", *SHOP, "--given", "a=1", "--rules", str(broken)], NOW) == 1
    out, err = capsys.readouterr()
    assert (out, err.startswith(f"{broken}:1:1: ")) == ("", True)
    monkeypatch.setattr("cookieproxy.cli.rulesfile.BASE", tmp_path)
    assert main(["explain", *SHOP, "--given", "a=1", "--json"], NOW) == 0
    out, err = capsys.readouterr()
    assert len(json.loads(out)) == len(PROFILES)
    assert "as if there were no rules" in err
    assert main(["explain", *SHOP, "--given", "a=1", "--rules", str(tmp_path / "none")], NOW) == 1


def test_the_default_rules_count_and_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cookieproxy.cli.rulesfile.BASE", tmp_path)
    assert explained(capsys, *SHOP, "--given", "_ga=1")[0]["outcome"] == "stored"
    (tmp_path / "rules.yaml").write_text(RULES)
    assert explained(capsys, *SHOP, "--given", "_ga=1")[0]["outcome"] == "dropped"
    assert explained(capsys, *SHOP, "--given", "_ga=1", "--no-rules")[0]["outcome"] == "stored"


def test_hostile_fields_are_shown_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--given", "a=\x1b[31m\udcff\u202e", "--given", "[red]b[/red]=1"]
    for how in ([], ["--json"]):
        assert main(["explain", *SHOP, "--no-rules", *given, *how], NOW) == 0
        out = capsys.readouterr().out
        assert all(char.isprintable() or char == "\n" for char in out)
        assert "[red]b[/red]=1" in out
