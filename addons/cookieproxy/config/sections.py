"""The sections of rules.yaml that say what a client is, what it may hold and what is recorded of it, as they are said."""

from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from ..rules.fields import Section, choice, every, mapping, text, token
from ..rules.hosts import HostPattern
from ..rules.patterns import Pattern, one_pattern, pattern_of
from ..rules.problems import did_you_mean, refuse, shown
from ..rules.units import Duration, Size

PROFILES = ("auto", "chrome", "firefox", "safari", "curl", "ie6", "ie8", "classic", "rfc6265bis", "none")
_CLIENT_KEYS = ("address", "user-agent", "proxy-user")
_CLIENT_KEYS_HINT = " (one of: address, user-agent, proxy-user, header:NAME)"


def profile(value: object) -> str:
    """The name of a browser's profile, or `auto`."""
    said = text(value)
    if said.lower() not in PROFILES:
        names = ", ".join(PROFILES)
        refuse(f"unknown browser {shown(said)}{did_you_mean(said, PROFILES) or f' (one of: {names})'}")
    return said.lower()


def _browsers(value: object) -> tuple[tuple[Pattern, str], ...]:
    return tuple((pattern_of([client]), name) for client, name in mapping(value, one_pattern, profile).items())


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(f"expected a whole number, not {shown(value)}")
    if value < 1:
        refuse("must be at least 1")
    return int(value)


def _values(value: object) -> str:
    return choice(value, "keep", "hash", "drop")


def client_keys(value: object) -> tuple[str, ...]:
    """What tells clients apart, or what a session is bound to."""
    if not isinstance(value, list):
        refuse(f"expected a list like [address, user-agent], not {shown(value)}")
    if not value:
        refuse("the list is empty" + _CLIENT_KEYS_HINT)
    return tuple(dict.fromkeys(every(value, _client_key)))


def _client_key(value: object) -> str:
    said = text(value)
    kind, colon, name = said.partition(":")
    if colon and kind.strip().lower() == "header":
        return f"header:{token(name.strip()).lower()}"
    if said.lower() not in _CLIENT_KEYS:
        refuse(f"{shown(said)} does not tell clients apart{did_you_mean(said, _CLIENT_KEYS) or _CLIENT_KEYS_HINT}")
    return said.lower()


_PROFILE_SCHEMA = {"enum": list(PROFILES)}
_CLIENT_KEY_SCHEMA = {"anyOf": [{"enum": list(_CLIENT_KEYS)}, {"type": "string", "pattern": "^header:"}]}

Profile = Annotated[str, PlainValidator(profile), WithJsonSchema(_PROFILE_SCHEMA)]
Browsers = Annotated[
    tuple[tuple[Pattern, str], ...],
    PlainValidator(_browsers),
    WithJsonSchema({"type": "object", "additionalProperties": _PROFILE_SCHEMA}),
]
"""Patterns on clients and the profile of each, in order."""
ClientKeys = Annotated[
    tuple[str, ...],
    PlainValidator(client_keys),
    WithJsonSchema({"type": "array", "minItems": 1, "items": _CLIENT_KEY_SCHEMA}),
]
Count = Annotated[int, PlainValidator(_count), WithJsonSchema({"type": "integer", "minimum": 1})]
Values = Annotated[str, PlainValidator(_values), WithJsonSchema({"enum": ["keep", "hash", "drop"]})]


class Limits(Section):
    """Any number of the browser's profile; what is not said (None) stays the profile's."""

    per_cookie_bytes: Size | None = Field(None, description="The largest cookie, as the profile measures it.")
    per_site: Count | None = Field(None, description="How many cookies a site may have.")
    total: Count | None = Field(None, description="How many cookies a browser keeps in all.")
    max_age: Duration | None = Field(None, description="The longest lifetime.")
    header_bytes: Size | None = Field(None, description="The longest Cookie header.")


class Recording(Section):
    """What is recorded of the traffic, and for how long."""

    values: Values = Field("hash", description="Cookie values in the record: kept, as a keyed hash, or dropped.")
    keep: Duration = Field(30 * 86_400, description="How long observations are kept.")
    max_bytes: Size = Field(1024**3, description="How large the record may grow.")
    except_: HostPattern | None = Field(None, alias="except", description="Hosts of which nothing is recorded.")

    def excepts(self, host: str) -> bool:
        """True if nothing is to be recorded of this host."""
        return self.except_ is not None and self.except_.matches(host)
