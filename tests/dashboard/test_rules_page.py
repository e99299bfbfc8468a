"""The page of the rules: the file as it is, its mistakes in their lines, and a rule's mode written without losing anything."""

import os
from pathlib import Path

import pytest

from cookieproxy.config import parse_config
from cookieproxy.core.events import Event, EventKind
from cookieproxy.dashboard.inside import CannotDo
from cookieproxy.dashboard.rules import RulesPage
from cookieproxy.record.tally import Tally

TEXT = "# mine\nrules:\n  - name: a\n    match: {cookie: x}   # here\n    drop: true\n  - match: {cookie: y}\n    cap: 1h\n"


@pytest.fixture
def page(tmp_path: Path) -> RulesPage:
    (tmp_path / "rules.yaml").write_text(TEXT)
    return RulesPage(lambda: tmp_path / "rules.yaml", parse_config, Tally(1_000.0))


def changed(rule: str, reason: str = "drop") -> Event:
    secret = b"x=secret"
    return Event(5.0, "me", "s", "s", b"x", EventKind.CHANGED, reason, "It.", None, rule, secret, None, "f")


def test_it_shows_the_file_with_what_each_rule_did(page: RulesPage) -> None:
    page._tally.take([changed("a"), changed("a"), changed("rules[1]", "observed")])
    shown = page.fields()
    assert shown["lines"] == TEXT.splitlines()
    assert (shown["good"], shown["since"]) == (True, 1_000.0)
    first, second = shown["rules"]
    assert (first["label"], first["line"], first["mode"], first["hits"], first["observed"]) == ("a", 3, "apply", 2, 0)
    assert (second["label"], second["line"], second["hits"], second["observed"]) == ("rules[1]", 6, 0, 1)
    assert first["last"]["before"] == "x=***6"
    assert "secret" not in str(shown)


def test_mistakes_stand_in_their_lines(page: RulesPage) -> None:
    page._path.write_text(TEXT.replace("drop: true", "drop: maybe").replace("cap:", "cop:"))
    shown = page.fields()
    assert not shown["good"]
    assert [mistake["line"] for mistake in shown["mistakes"]] == [5, 7]
    assert all(mistake["text"] for mistake in shown["mistakes"])
    assert [rule["line"] for rule in shown["rules"]] == [3, 6]


@pytest.mark.parametrize(
    "octets", [b"", b"\xff\xfe\x00", b"rules: [", b"rules: 5", b"- a", b"rules:\n- 1\n- null\n- {name: 5}"]
)
def test_any_file_is_shown(page: RulesPage, octets: bytes) -> None:
    page._path.write_bytes(octets)
    assert isinstance(page.fields()["lines"], list)


def test_a_mode_is_written_and_nothing_else(page: RulesPage) -> None:
    os.chmod(page._path, 0o640)
    page.set_mode("a", "observe")
    assert page._path.read_text() == TEXT.replace("    drop: true\n", "    drop: true\n    mode: observe\n")
    assert page._path.stat().st_mode & 0o777 == 0o640
    assert [rule["mode"] for rule in page.fields()["rules"]] == ["observe", "apply"]
    assert sorted(path.name for path in page._path.parent.iterdir()) == ["rules.yaml"]


def test_a_link_to_the_file_stays_a_link(page: RulesPage, tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    page._path.rename(real)
    page._path.symlink_to(real)
    page.set_mode("rules[1]", "observe")
    assert page._path.is_symlink()
    assert "mode: observe" in real.read_text()


@pytest.mark.parametrize(
    ("rule", "mode"), [("b", "observe"), ("a", "off"), (None, "observe"), ("a", None), (["a"], "observe")]
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(page: RulesPage, rule: object, mode: object) -> None:
    with pytest.raises(CannotDo):
        page.set_mode(rule, mode)
    assert page._path.read_text() == TEXT


def test_what_somebody_saved_meanwhile_is_not_overwritten(page: RulesPage) -> None:
    before = page._octets()
    page._path.write_text("rules: []\n")
    with pytest.raises(CannotDo, match="meanwhile"):
        page._write(before, b"x")
    assert page._path.read_text() == "rules: []\n"
    assert sorted(path.name for path in page._path.parent.iterdir()) == ["rules.yaml"]


def test_a_missing_file_is_said(page: RulesPage) -> None:
    page._path.unlink()
    with pytest.raises(CannotDo, match="cannot be read"):
        page.fields()
