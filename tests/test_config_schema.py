"""rules.schema.json: what editors know of rules.yaml is what the models say."""

import json
from pathlib import Path

import pytest

from cookieproxy.config.schema import schema, schema_text
from cookieproxy.config.sections import PROFILES
from cookieproxy.rules.actions import ACTIONS

COMMITTED = Path(__file__).parents[1] / "rules.schema.json"


def test_the_committed_schema_is_the_models() -> None:
    assert COMMITTED.read_text() == schema_text(), (
        "run: PYTHONPATH=addons python -m cookieproxy.config > rules.schema.json"
    )


def test_every_key_of_the_file_and_of_a_rule_is_described() -> None:
    made = schema()
    for section in ({"properties": made["properties"]}, *made["$defs"].values()):
        for key, said in section.get("properties", {}).items():
            assert said.get("description") or "$ref" in said, key
    assert set(made["$defs"]["Rule"]["properties"]) >= {
        "name",
        "match",
        "except",
        "mode",
        "stop",
        "tests",
        *ACTIONS,
    }


def test_every_reference_leads_somewhere() -> None:
    made = schema()

    def references(node: object) -> list[str]:
        if isinstance(node, list):
            return [reference for item in node for reference in references(item)]
        if not isinstance(node, dict):
            return []
        return [said for key, said in node.items() if key == "$ref"] + references(list(node.values()))

    assert {reference.removeprefix("#/$defs/") for reference in references(made)} <= set(made["$defs"])


def test_links_are_asked_only_what_they_can_tell() -> None:
    assert set(schema()["$defs"]["LinkConditions"]["properties"]) == {"site", "host", "path", "scheme", "client"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("properties", "browser", "enum"), list(PROFILES)),
        (("properties", "version", "const"), 1),
        (("properties", "limits", "anyOf", 1, "type"), "null"),
        (("$defs", "Conditions", "properties", "cookie", "$ref"), "#/$defs/pattern"),
        (("$defs", "Rule", "properties", "cap", "$ref"), "#/$defs/duration"),
        (("$defs", "Rule", "additionalProperties"), False),
        (("$defs", "Cookieless", "properties", "mode", "enum"), ["uri", "auto", "cookies", "device"]),
        (("$defs", "Cookieless", "properties", "carrier", "enum"), ["path", "query", "matrix"]),
        (("$defs", "Cookieless", "properties", "parameter", "pattern"), "^[A-Za-z0-9_.-]{1,64}$"),
        (("$defs", "Cookieless", "properties", "idle_timeout", "$ref"), "#/$defs/duration"),
        (("$defs", "Cookieless", "properties", "match", "$ref"), "#/$defs/LinkConditions"),
        (("$defs", "AddForms", "required"), ["name", "value"]),
        (("$defs", "RuleTest", "required"), ["at"]),
    ],
)
def test_a_form(path: tuple[str | int, ...], expected: object) -> None:
    node = json.loads(COMMITTED.read_text())
    for step in path:
        node = node[step]
    assert node == expected
