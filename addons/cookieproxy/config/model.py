"""The whole of rules.yaml as it is said."""

from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from ..rules.fields import Flag, Section, choice, every, mapping, text
from ..rules.model import RULE
from ..rules.patterns import one_pattern
from ..rules.problems import refuse
from .cookieless import Cookieless
from .sections import Browsers, ClientKeys, Limits, Profile, Recording
from .sessions import Findings, Sessions

_PATTERNS = {"type": "array", "items": {"type": ["string", "integer"]}}


def _version(value: object) -> int:
    if value != 1 or isinstance(value, bool):
        refuse("this proxy reads version 1")
    return 1


def _patterns(value: object) -> tuple[str, ...]:
    if isinstance(value, dict):
        refuse("a list holds patterns, not other lists")
    return tuple(every(value if isinstance(value, list) else [value], _one_of_a_list))


def _one_of_a_list(value: object) -> str:
    if isinstance(value, dict):
        refuse("a list holds patterns, not other lists")
    return one_pattern(value)


def list_sources(said: object) -> dict[str, tuple[str, ...]]:
    """The lists by name for those who refer to them; a list that is wrong is empty, its mistakes are told elsewhere."""
    made: dict[str, tuple[str, ...]] = {}
    for name, patterns in said.items() if isinstance(said, dict) else ():
        try:
            made[name] = _patterns(patterns)
        except ValueError:
            made[name] = ()
    return made


def _on_store_failure(value: object) -> str:
    return choice(value, "pass", "refuse")


class RulesFile(Section):
    """rules.yaml of the cookie proxy."""

    version: Annotated[int, PlainValidator(_version), WithJsonSchema({"const": 1})] = Field(
        1, description="The version of this grammar: 1."
    )
    browser: Profile = Field("auto", description="Whose limits and judgement count; auto: each client's own.")
    browsers: Browsers = Field((), description="The profile of some clients, by a pattern on the client.")
    limits: Limits = Field(Limits(), description="Any number of the profile.")
    enforce: Flag = Field(False, description="true: every client lives within these limits.")
    clients: ClientKeys = Field(("address", "user-agent"), description="What tells two browsers apart.")
    record: Recording = Field(Recording(), description="What is recorded, and for how long.")
    on_store_failure: Annotated[
        str, PlainValidator(_on_store_failure), WithJsonSchema({"enum": ["pass", "refuse"]})
    ] = Field("pass", description="What happens to traffic that cannot be recorded.")
    lists: Annotated[
        dict[str, tuple[str, ...]],
        PlainValidator(lambda value: mapping(value, text, _patterns)),
        WithJsonSchema({"type": "object", "additionalProperties": _PATTERNS}),
    ] = Field({}, description="Named lists of patterns, for {list: NAME}.")
    rules: tuple[RULE, ...] = Field((), description="What is done to which cookies, in this order.")  # type: ignore[valid-type]
    cookieless: tuple[Cookieless, ...] = Field((), description="Sites whose sessions travel in the URL.")
    sessions: Sessions = Field(Sessions(), description="Which cookies are sessions.")
    findings: Findings = Field(Findings(), description="Findings that are known.")
