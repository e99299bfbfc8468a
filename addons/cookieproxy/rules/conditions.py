"""`match` and `except`: what must hold for a rule to apply.

Each condition is judged as early as it can be: site and host once a host, the cookie's name once a name, the rest
(`checks`) once a cookie. All of them look at the application's names and values, never at another rule's result.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema

from ..core.syntax import wire_text
from .facts import BOTH, Direction
from .fields import Section, choices, choices_schema
from .filters import When
from .hosts import Domains, HostPattern, below
from .patterns import PATTERN_SCHEMA, Pattern, TextPattern, one_pattern, pattern_of, sources_of
from .subject import ATTRIBUTES, Subject

type Check = Callable[[Subject], bool]

_FOLDED = frozenset({"domain", "samesite", "priority"})


def _wanted(value: object, info: ValidationInfo) -> Pattern | bool:
    return value if isinstance(value, bool) else pattern_of(sources_of(value, info, one_pattern))


def _wanted_folded(value: object, info: ValidationInfo) -> Pattern | bool:
    return value if isinstance(value, bool) else pattern_of(sources_of(value, info, one_pattern), fold_case=True)


_WANTED: dict[str, Any] = {"anyOf": [{"type": "boolean"}, *PATTERN_SCHEMA["anyOf"]]}
_Wanted = Annotated[Pattern | bool | None, PlainValidator(_wanted), WithJsonSchema(_WANTED)]
_WantedFolded = Annotated[Pattern | bool | None, PlainValidator(_wanted_folded), WithJsonSchema(_WANTED)]


class Has(Section):
    """Attributes of the cookie: true (it has it), false (it has not), or a pattern on its text."""

    kind = "attribute"

    domain: _WantedFolded = Field(None, description="Its Domain, without a leading dot.")
    path: _Wanted = Field(None, description="Its Path.")
    expires: _Wanted = Field(None, description="Its Expires.")
    max_age: _Wanted = Field(None, description="Its Max-Age.")
    secure: _Wanted = Field(None, description="Secure.")
    httponly: _Wanted = Field(None, description="HttpOnly.")
    samesite: _WantedFolded = Field(None, description="Its SameSite.")
    priority: _WantedFolded = Field(None, description="Its Priority.")
    partitioned: _Wanted = Field(None, description="Partitioned.")

    @property
    def wanted(self) -> dict[str, Pattern | bool]:
        """What is asked for, by attribute."""
        return {name: getattr(self, name) for name in ATTRIBUTES if getattr(self, name) is not None}

    def holds(self, subject: Subject) -> bool:
        """True if every attribute is as wanted; false if nothing is known of them."""
        return subject.knows_attributes and all(
            _attribute_holds(wanted, name, subject.attribute(name)) for name, wanted in self.wanted.items()
        )


def _attribute_holds(wanted: Pattern | bool, name: str, said: bytes | None) -> bool:
    if isinstance(wanted, bool):
        return wanted is (said is not None)
    if said is None:
        return False
    text = wire_text(said.removeprefix(b".") if name == "domain" else said)
    return wanted.matches(text.lower() if name in _FOLDED else text)


def _one_of(*allowed: str) -> Any:
    return PlainValidator(lambda value: choices(value, *allowed)), WithJsonSchema(choices_schema(*allowed))


_Schemes = Annotated[frozenset[str] | None, *_one_of("http", "https")]
_Parties = Annotated[frozenset[str] | None, *_one_of("first", "third", "unknown")]
_Directions = Annotated[frozenset[str] | None, *_one_of("request", "response")]


class Conditions(Section):
    """All must hold; a list in one means any of it."""

    kind = "condition"

    site: Domains | None = Field(None, description="A domain; it covers all hosts below it.")
    host: HostPattern | None = Field(None, description="The host without port: exact, glob or ~regex.")
    path: TextPattern | None = Field(None, description="The path of the request, without the query.")
    cookie: TextPattern | None = Field(None, description="The cookie's name, as the application has it.")
    value: TextPattern | None = Field(None, description="The cookie's value, as the application has it.")
    scheme: _Schemes = Field(None, description="http or https, on the browser's side.")
    party: _Parties = Field(None, description="Whether the request goes to the site in the address bar.")
    client: TextPattern | None = Field(
        None, description='The client, as listings name it: "127.0.0.1 Chrome/156 3fa9c1".'
    )
    direction: _Directions = Field(None, description="Only on responses, or only on requests.")
    has: Has | None = Field(None, description="Attributes of the cookie: true, false or a pattern.")
    when: When | None = Field(None, description="A filter expression of mitmproxy; no body operators.")

    @property
    def directions(self) -> frozenset[Direction]:
        """The directions in which it can hold."""
        return BOTH if self.direction is None else frozenset(Direction(word) for word in self.direction)

    @property
    def is_empty(self) -> bool:
        """True if it asks for nothing."""
        return not self.model_fields_set

    def host_holds(self, host: str) -> bool:
        """True if `site` and `host` hold."""
        if self.site is not None and not any(below(host, site) for site in self.site):
            return False
        return self.host is None or self.host.matches(host)

    def name_holds(self, name: bytes) -> bool:
        """True if `cookie` holds."""
        return self.cookie is None or self.cookie.matches(wire_text(name))

    def checks(self) -> tuple[Check, ...]:
        """What has to be asked of each cookie, cheap questions first."""
        return tuple(self._checks())

    def _checks(self) -> Iterator[Check]:
        if (schemes := self.scheme) is not None:
            yield lambda subject: subject.facts.access.scheme in schemes
        if (parties := self.party) is not None:
            yield lambda subject: subject.facts.access.party in parties
        if (path := self.path) is not None:
            yield lambda subject: path.matches(wire_text(subject.facts.access.path))
        if (client := self.client) is not None:
            yield lambda subject: client.matches(subject.facts.client)
        if (value := self.value) is not None:
            yield lambda subject: value.matches(wire_text(subject.value))
        if self.has is not None:
            yield self.has.holds
        if (when := self.when) is not None:
            yield lambda subject: when.matches(subject.facts.flow)
