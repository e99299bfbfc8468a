"""The sections `cookieless`, `sessions` and `findings`: understood and checked in full, not carried out by this version."""

import re
from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from ..rules.conditions import Conditions
from ..rules.fields import Flag, Section, Token, choice, every, field_text, mapping, text, token
from ..rules.hosts import HostPattern
from ..rules.patterns import TextPattern
from ..rules.problems import did_you_mean, refuse, shown
from ..rules.units import Duration, duration
from .sections import ClientKeys

MODES = ("uri", "auto", "cookies", "device")
CARRIERS = ("path", "query", "matrix")
_TIMEOUTS = ("idle", "absolute")
POLICIES = ("php", "aspnet")
CODES = (
    *("missing-secure", "missing-httponly", "missing-samesite", "plain-http", "scope-wide", "path-case"),
    *("attribute-downgrade", "duplicate-name", "not-rotated", "fixation", "logout-incomplete", "alive-after-logout"),
    *("deletion-misses", "resurrection", "churn", "collected-while-active", "shared-id", "id-in-url", "id-in-referer"),
    *("sensitive-value", "weak-id", "near-eviction", "header-too-large", "lifetime-long", "refused-by-client"),
    "clock-skew",
)
_REWRITE = re.compile(r"default|[a-z][a-z0-9-]*\[[a-z][a-z0-9-]*\]", re.IGNORECASE)


def _rewrite(value: object) -> str:
    said = text(value)
    if not _REWRITE.fullmatch(said):
        refuse(f"{shown(said)} is neither default nor an element with its attribute, like img[src]")
    return said.lower()


def _rewrites(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        refuse(f'expected a list like [default, "img[src]"], not {shown(value)}')
    return tuple(every(value, _rewrite))


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


Mode = Annotated[str, PlainValidator(lambda value: choice(value, *MODES)), WithJsonSchema({"enum": list(MODES)})]
Carrier = Annotated[
    str, PlainValidator(lambda value: choice(value, *CARRIERS)), WithJsonSchema({"enum": list(CARRIERS)})
]
Rewrites = Annotated[
    tuple[str, ...],
    PlainValidator(_rewrites),
    WithJsonSchema({"type": "array", "items": {"type": "string"}}),
]
Additions = Annotated[
    dict[str, str],
    PlainValidator(lambda value: mapping(value, token, field_text)),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": ["string", "integer"]}}),
]
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


class Cookieless(Section):
    """A site whose sessions travel in the URL."""

    match: Conditions = Field(Conditions(), description="The site.")
    mode: Mode = Field("auto", description="uri, auto, cookies or device.")
    carrier: Carrier = Field("path", description="path, query or matrix: where in the URL the id is.")
    parameter: Token | None = Field(None, description="Its name in query, matrix and hidden fields.")
    bind: ClientKeys = Field(("address", "user-agent"), description="What a session is bound to.")
    idle_timeout: Duration = Field(20 * 60, description="Ends a session after so long without a request.")
    absolute_timeout: Duration = Field(8 * 3600, description="Ends a session so long after it began.")
    regenerate_expired: Flag = Field(True, description="A new id for an expired one.")
    rewrite: Rewrites = Field(("default",), description="Elements and attributes whose URLs are rewritten.")
    add: Additions = Field({}, description="Other names and values for the site's URLs and forms.")
    script: Flag = Field(False, description="Pages that build URLs in JavaScript.")
    devices: TextPattern | None = Field(None, description="User agents without cookies, for mode device.")
    except_: Conditions | None = Field(None, alias="except", description="Where all of these hold, nothing is done.")


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
