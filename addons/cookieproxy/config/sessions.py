"""The sections `sessions` and `findings` as they are said, and what the tracker of sessions makes of them (R25, R31)."""

from functools import lru_cache
from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from ..core.octets import wire_text
from ..rules.fields import Section, mapping, text
from ..rules.hosts import HostPattern
from ..rules.patterns import TextPattern
from ..rules.problems import did_you_mean, refuse, shown
from ..rules.units import Duration, duration, spelled_duration
from ..sessions.catalogue import CODES
from ..sessions.policies import BY_NAME, Policies
from ..sessions.policies import Timeouts as Lengths
from ..sessions.tracker import Settings

_TIMEOUTS = ("idle", "absolute")
POLICIES = tuple(BY_NAME)


class Timeouts(Section):
    """When the server ends a session."""

    idle: Duration | None = Field(None, description="After so long without a request.")
    absolute: Duration | None = Field(None, description="So long after it began.")

    def lengths(self) -> Lengths:
        """The same as the tracker takes it."""
        said = (
            (name, value) for name, value in (("idle", self.idle), ("absolute", self.absolute)) if value is not None
        )
        return Lengths(
            ", ".join(f"{name}: {spelled_duration(value)}" for name, value in said), self.idle, self.absolute
        )


def _timeout(key: object) -> str:
    said = text(key)
    if said not in _TIMEOUTS:
        refuse(f"unknown key {shown(said)}{did_you_mean(said, _TIMEOUTS) or ' (one of: idle, absolute)'}")
    return said


def _policy(value: object) -> str | Timeouts:
    if isinstance(value, dict):
        if not value:
            refuse("neither idle nor absolute is said: write php, aspnet or {idle: 20m}")
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


PolicyByHost = Annotated[
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
    policy: PolicyByHost = Field({}, description="Host to php, aspnet or {idle, absolute}.")


class ExceptedFinding(Section):
    """A finding that is known and accepted."""

    code: Code = Field(description="The finding.")
    host: HostPattern | None = Field(None, description="Where it is accepted.")
    site: HostPattern | None = Field(None, description="Where it is accepted.")
    cookie: TextPattern | None = Field(None, description="For which cookie.")

    def covers(self, code: str, site: str, host: str, cookie: bytes | None) -> bool:
        """True if all that it says holds."""
        if code != self.code or (self.host is not None and not self.host.matches(host)):
            return False
        if self.site is not None and not (self.site.matches(site) or self.site.matches(host)):
            return False
        return self.cookie is None or (cookie is not None and self.cookie.matches(wire_text(cookie)))


class Findings(Section):
    """What is said of findings."""

    except_: tuple[ExceptedFinding, ...] = Field((), alias="except", description="Findings that are not told.")

    def accepts(self, code: str, site: str, host: str, cookie: bytes | None) -> bool:
        """True if such a finding is not told."""
        return any(each.covers(code, site, host, cookie) for each in self.except_)


def settings_of(sessions: Sessions, findings: Findings) -> Settings:
    """What the tracker follows."""
    pattern = sessions.cookies
    policies = {
        host: BY_NAME[said] if isinstance(said, str) else said.lengths() for host, said in sessions.policy.items()
    }
    named = lru_cache(4_096)(lambda name: pattern is not None and pattern.matches(wire_text(name)))
    return Settings(named, Policies(policies), findings.accepts)
