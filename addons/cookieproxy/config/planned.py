"""The sections `sessions` and `findings`: understood and checked in full, not carried out by this version."""

from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from ..rules.fields import Section, mapping, text
from ..rules.hosts import HostPattern
from ..rules.patterns import TextPattern
from ..rules.problems import did_you_mean, refuse, shown
from ..rules.units import Duration, duration

_TIMEOUTS = ("idle", "absolute")
POLICIES = ("php", "aspnet")
CODES = (
    *("missing-secure", "missing-httponly", "missing-samesite", "plain-http", "scope-wide", "path-case"),
    *("attribute-downgrade", "duplicate-name", "not-rotated", "fixation", "logout-incomplete", "alive-after-logout"),
    *("deletion-misses", "resurrection", "churn", "collected-while-active", "shared-id", "id-in-url", "id-in-referer"),
    *("sensitive-value", "weak-id", "near-eviction", "header-too-large", "lifetime-long", "refused-by-client"),
    "clock-skew",
)


class Timeouts(Section):
    """When the server ends a session."""

    idle: Duration | None = Field(None, description="After so long without a request.")
    absolute: Duration | None = Field(None, description="So long after it began.")


def _timeout(key: object) -> str:
    said = text(key)
    if said not in _TIMEOUTS:
        refuse(f"unknown key {shown(said)}{did_you_mean(said, _TIMEOUTS) or ' (one of: idle, absolute)'}")
    return said


def _policy(value: object) -> str | Timeouts:
    if isinstance(value, dict):
        return Timeouts(**mapping(value, _timeout, duration))
    said = text(value)
    if said.lower() not in POLICIES:
        refuse(
            f"unknown policy {shown(said)}{did_you_mean(said, POLICIES) or ' (php, aspnet or {idle: ..., absolute: ...})'}"
        )
    return said.lower()


def _code(value: object) -> str:
    said = text(value)
    if said not in CODES:
        refuse(f"unknown finding {shown(said)}{did_you_mean(said, CODES)}")
    return said


Policies = Annotated[
    dict[str, str | Timeouts],
    PlainValidator(lambda value: mapping(value, text, _policy)),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {
                "anyOf": [
                    {"enum": list(POLICIES)},
                    {
                        "type": "object",
                        "properties": {
                            "idle": {"type": ["string", "integer"]},
                            "absolute": {"type": ["string", "integer"]},
                        },
                        "additionalProperties": False,
                    },
                ]
            },
        }
    ),
]
Code = Annotated[str, PlainValidator(_code), WithJsonSchema({"enum": list(CODES)})]


class Sessions(Section):
    """Which cookies are sessions, and how long the server keeps them."""

    cookies: TextPattern | None = Field(None, description="Names of session cookies, beside those known anyway.")
    policy: Policies = Field({}, description="Host to php, aspnet or {idle, absolute}.")


class ExceptedFinding(Section):
    """A finding that is known and accepted."""

    code: Code = Field(description="The finding.")
    host: HostPattern | None = Field(None, description="Where it is accepted.")
    site: HostPattern | None = Field(None, description="Where it is accepted.")
    cookie: TextPattern | None = Field(None, description="For which cookie.")


class Findings(Section):
    """What is said of findings."""

    except_: tuple[ExceptedFinding, ...] = Field((), alias="except", description="Findings that are not told.")
