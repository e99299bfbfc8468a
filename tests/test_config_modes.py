"""A rule put into observe or apply by an edit of its file: that one word changes, everything else is as the user wrote it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookieproxy.config import parse_config
from cookieproxy.config.modes import CannotEdit, with_mode
from cookieproxy.config.source import read

CASES = [
    pytest.param(
        "rules:\n  - name: a   # first\n    drop: true\n\n  # second\n  - name: b\n    drop: true\n",
        "rules:\n  - name: a   # first\n    drop: true\n    mode: observe\n\n  # second\n  - name: b\n    drop: true\n",
        id="block",
    ),
    pytest.param(
        "rules:\n- drop: true # why\n- drop: true\n",
        "rules:\n- drop: true # why\n  mode: observe\n- drop: true\n",
        id="one key, a comment behind it",
    ),
    pytest.param("rules:\n- drop: true", "rules:\n- drop: true\n  mode: observe", id="no line end"),
    pytest.param(
        "rules:\r\n- drop: true\r\n- hold: true\r\n",
        "rules:\r\n- drop: true\r\n  mode: observe\r\n- hold: true\r\n",
        id="line ends of Windows",
    ),
    pytest.param(
        "rules: [{name: a, drop: true}, {drop: true}]\n",
        "rules: [{name: a, drop: true, mode: observe}, {drop: true}]\n",
        id="flow",
    ),
    pytest.param(
        "rules:\n- {name: a, match: {cookie: [x, y]} }  # c\n",
        "rules:\n- {name: a, match: {cookie: [x, y]}, mode: observe }  # c\n",
        id="flow in block",
    ),
    pytest.param(
        "rules:\n- match:\n    cookie:\n      - a\n      - b\n  # the end\n",
        "rules:\n- match:\n    cookie:\n      - a\n      - b\n  mode: observe\n  # the end\n",
        id="nested blocks",
    ),
    pytest.param(
        "rules:\n- mode: apply  # for now\n  drop: true\n",
        "rules:\n- mode: observe  # for now\n  drop: true\n",
        id="there already",
    ),
    pytest.param("rules:\n- mode: 'apply'\n  drop: true\n", "rules:\n- mode: observe\n  drop: true\n", id="in quotes"),
    pytest.param(
        "rules:\n- name: |\n    long\n    name\n- drop: true\n",
        "rules:\n- name: |\n    long\n    name\n  mode: observe\n- drop: true\n",
        id="a block of text",
    ),
    pytest.param(
        "\ufeffrules:\n- name: ü日\n  drop: true\n",
        "\ufeffrules:\n- name: ü日\n  drop: true\n  mode: observe\n",
        id="a mark, and no ASCII",
    ),
]


@pytest.mark.parametrize(("before", "after"), CASES)
def test_one_word_changes(before: str, after: str) -> None:
    assert with_mode(before.encode(), 0, "observe").decode() == after
    assert with_mode(after.encode(), 0, "observe").decode() == after
    back = with_mode(after.encode(), 0, "apply")
    assert read(back, "r").data["rules"][0]["mode"] == "apply"


def test_what_has_the_mode_already_is_left_alone() -> None:
    text = b"rules:\n- drop: true\n"
    assert with_mode(text, 0, "apply") == text


@pytest.mark.parametrize("text", ["", "rules:\n", "rules: [", "rules: {a: 1}\n", "- a\n", "rules:\n- 1\n", "\xff"])
def test_what_cannot_be_edited_is_said(text: str) -> None:
    with pytest.raises(CannotEdit):
        with_mode(text.encode("latin-1"), 0, "observe")


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=8)
STYLES = st.sampled_from(
    [
        "- name: {name}\n  drop: true\n",
        "- {{name: {name}, drop: true}}\n",
        "-   drop:   true   # {comment}\n    name: {name}\n",
        "- match:\n    cookie: [{name}]\n  drop: true\n# {comment}\n",
        "- drop: true\n  tests: []\n",
    ]
)


@given(st.lists(st.tuples(STYLES, NAMES, NAMES), min_size=1, max_size=5), st.data())
def test_only_that_rule_changes(rules: list[tuple[str, str, str]], data: st.DataObject) -> None:
    def quoted(text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    text = "version: 1\nrules:\n" + "".join(
        style.format(name=quoted(f"{number} {name}"), comment=comment.replace("\n", " ").replace("\u2028", " "))
        for number, (style, name, comment) in enumerate(rules)
    )
    before = read(text.encode(), "r")
    if before.mistakes:
        return
    index = data.draw(st.integers(0, len(rules) - 1))
    try:
        edited = with_mode(text.encode(), index, "observe")
    except CannotEdit:
        raise AssertionError(text) from None
    after = read(edited, "r").data
    assert after["rules"][index].pop("mode") == "observe"
    assert after == before.data
    assert [line for line in text.splitlines() if line in edited.decode()] == text.splitlines() or "{" in text
    parse_config(edited, "r")
