"""The section `cookieless` as it is said, and the entries ready for use that come of it (R22, R23, R31).

Knows the grammar and the default of each key. Which keys of an entry contradict each other is `contradictions`' business,
which entries get in each other's way `overlaps`'; what is done with an entry is the room `cookieless`'.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from ..cookieless.entry import CarrierKind, Entry, Mode, Place
from ..core.syntax import wire_text
from ..rules.conditions import Conditions
from ..rules.fields import TEXT_SCHEMA, Flag, Section, choice, every, mapping, text
from ..rules.patterns import TextPattern
from ..rules.problems import mistake, refuse, refuse_all, shown
from ..rules.units import DURATION_SCHEMA, duration
from .sections import ClientKeys

MAX_NAME_CHARACTERS = 64
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_TAKEN_NAMES = frozenset({"_charset_", "isindex"})
"""Fields that browsers fill in or send in a way of their own (HTML, "constructing the entry list")."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_REWRITE = re.compile(r"default|[a-z][a-z0-9._:-]*\[([a-z_][a-z0-9._:-]*)\]", re.IGNORECASE)
_NOT_ONE_URL = {
    "srcset": "several URLs",
    "imagesrcset": "several URLs",
    "ping": "several URLs",
    "archive": "several URLs",
    "style": "style rules, not a URL",
    "srcdoc": "a page, not a URL",
    "integrity": "a hash, not a URL",
}
"""Attributes and what they hold."""


def _unasked(value: object, info: ValidationInfo) -> None:
    message = f"{shown(info.field_name)} cannot be asked of a link: use site, host, path, scheme or client"
    refuse_all([mistake((), message, at_key=True)])


Unasked = Annotated[None, PlainValidator(_unasked), SkipJsonSchema()]


class LinkConditions(Conditions):
    """All must hold; a list in one means any of it."""

    # A link is rewritten before anybody follows it: there is no cookie, no exchange and no address bar to ask about.
    cookie: Unasked = None
    value: Unasked = None
    party: Unasked = None
    direction: Unasked = None
    has: Unasked = None
    when: Unasked = None


def _mode(value: object) -> Mode:
    return Mode(choice(value, *Mode))


def _carrier(value: object) -> CarrierKind:
    return CarrierKind(choice(value, *CarrierKind))


def _name(value: object) -> str:
    """A name that stands in a URL and in a form as it is, without any encoding."""
    said = text(value)
    if not said:
        refuse("the name is empty")
    unfit = _NAME.sub("", said)
    if unfit:
        refuse(f"{shown(unfit[0])} cannot stand in the name: use letters, digits, -, _ and .")
    if len(said) > MAX_NAME_CHARACTERS:
        refuse(f"{shown(said)} has {len(said)} characters: use {MAX_NAME_CHARACTERS} at most")
    if said.lower() in _TAKEN_NAMES:
        refuse(f"{shown(said)} has a meaning of its own in forms: choose another name")
    return said


def _added(value: object) -> str:
    said = text(value)
    if _CONTROLS.search(said):
        refuse("a control character cannot stand in a URL")
    return said


def _lifetime(value: object) -> int:
    seconds = duration(value)
    if seconds == 0:
        refuse("no session would live: write at least 1s")
    return seconds


def _rewrite(value: object) -> str:
    said = text(value)
    found = _REWRITE.fullmatch(said)
    if found is None:
        hint = "; there is no * here, name each element" if "*" in said else ""
        refuse(f"{shown(said)} is neither default nor an element with its attribute, like img[src]{hint}")
    attribute = (found[1] or "").lower()
    holds = "code, not a URL" if attribute.startswith("on") else _NOT_ONE_URL.get(attribute)
    if holds is not None:
        refuse(f"{shown(said)} cannot be rewritten, {attribute} holds {holds}: leave it out")
    return said.lower()


def _rewrites(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        refuse(f'expected a list like [default, "img[src]"], not {shown(value)}')
    return tuple(every(value, _rewrite))


_NAME_PATTERN = f"^[A-Za-z0-9_.-]{{1,{MAX_NAME_CHARACTERS}}}$"
_REWRITE_SCHEMA = {"anyOf": [{"enum": ["default"]}, {"type": "string", "pattern": r"^[A-Za-z][^\[]*\[[^\]]+\]$"}]}

ModeField = Annotated[Mode, PlainValidator(_mode), WithJsonSchema({"enum": list(Mode)})]
CarrierField = Annotated[CarrierKind, PlainValidator(_carrier), WithJsonSchema({"enum": list(CarrierKind)})]
Name = Annotated[str, PlainValidator(_name), WithJsonSchema({**TEXT_SCHEMA, "pattern": _NAME_PATTERN})]
Lifetime = Annotated[int, PlainValidator(_lifetime), WithJsonSchema(DURATION_SCHEMA)]
"""Seconds, at least one."""
Rewrites = Annotated[
    tuple[str, ...], PlainValidator(_rewrites), WithJsonSchema({"type": "array", "items": _REWRITE_SCHEMA})
]
Additions = Annotated[
    dict[str, str],
    PlainValidator(lambda value: mapping(value, _name, _added)),
    WithJsonSchema(
        {"type": "object", "propertyNames": {"pattern": _NAME_PATTERN}, "additionalProperties": TEXT_SCHEMA}
    ),
]


class Cookieless(Section):
    """A site whose sessions travel in the URL."""

    match: LinkConditions = Field(
        LinkConditions(), description="The site; without it, every site. All of these must hold."
    )
    mode: ModeField = Field(
        Mode.AUTO,
        description="Who gets an id in the URL. uri: everybody; auto: clients whose cookies do not come back; "
        "device: user agents known to have no cookies; cookies: nobody, and ids that arrive are ignored.",
    )
    carrier: CarrierField = Field(
        CarrierKind.PATH,
        description="Where in the URL the id is. path: /(S(id))/page; query: ?sid=id; matrix: ;sid=id.",
    )
    parameter: Name = Field("sid", description="Its name in query, matrix and hidden fields.")
    bind: ClientKeys = Field(
        ("address", "user-agent"),
        description="What a session is bound to: an id that comes from elsewhere opens nothing.",
    )
    idle_timeout: Lifetime = Field(20 * 60, description="Ends a session after so long without a request.")
    absolute_timeout: Lifetime = Field(8 * 3600, description="Ends a session so long after it began.")
    regenerate_expired: Flag = Field(True, description="A new id for an expired one.")
    rewrite: Rewrites = Field(
        ("default",),
        description='Whose URLs are rewritten: default, and elements with their attribute, like "img[src]".',
    )
    add: Additions = Field({}, description="Other names and values for the site's URLs and forms.")
    script: Flag | None = Field(
        None, description="Pages that build URLs in JavaScript get a script; unless said, in modes uri and auto."
    )
    devices: TextPattern | None = Field(
        None, description="Patterns on the User-Agent of more devices without cookies, for mode device."
    )
    except_: LinkConditions | None = Field(
        None, alias="except", description="Where all of these hold, nothing is done."
    )

    def says(self, key: str) -> bool:
        """True if the file says this key."""
        return key in self.model_fields_set


def entries_of(sections: Iterable[Cookieless]) -> tuple[Entry, ...]:
    """The entries ready for use, in the order of the file."""
    return tuple(_entry(number, section) for number, section in enumerate(sections))


def _entry(number: int, section: Cookieless) -> Entry:
    mode = section.mode
    is_site = _predicate(section.match)
    return Entry(
        number=number,
        matches=_but_not(is_site, section.except_),
        is_site=is_site,
        asks_path=any(said is not None and said.path is not None for said in (section.match, section.except_)),
        mode=mode,
        carrier=section.carrier,
        parameter=section.parameter,
        bind=section.bind,
        idle_seconds=section.idle_timeout,
        absolute_seconds=section.absolute_timeout,
        regenerate_expired=section.regenerate_expired,
        rewrites=frozenset(_element_and_attribute(item) for item in section.rewrite if item != "default"),
        rewrites_default="default" in section.rewrite,
        additions=tuple(section.add.items()),
        script=mode in (Mode.URI, Mode.AUTO) if section.script is None else section.script,
        is_device=section.devices.matches if section.devices is not None else lambda user_agent: False,
        script_hosts=section.match.site or (),
    )


def _element_and_attribute(item: str) -> tuple[bytes, bytes]:
    element, _, attribute = item.removesuffix("]").partition("[")
    return element.encode(), attribute.encode()


type _Predicate = Callable[[Place, str], bool]


def _but_not(holds: _Predicate, excepted: LinkConditions | None) -> _Predicate:
    if excepted is None or excepted.is_empty:
        return holds
    is_excepted = _predicate(excepted)
    return lambda place, client: holds(place, client) and not is_excepted(place, client)


def _predicate(conditions: LinkConditions) -> _Predicate:
    checks = tuple(_checks(conditions))
    return lambda place, client: all(check(place, client) for check in checks)


def _checks(conditions: LinkConditions) -> Iterator[_Predicate]:
    if conditions.site is not None or conditions.host is not None:
        yield lambda place, client: conditions.host_holds(place.host)
    if (schemes := conditions.scheme) is not None:
        yield lambda place, client: place.scheme in schemes
    if (path := conditions.path) is not None:
        yield lambda place, client: path.matches(wire_text(place.path))
    if (pattern := conditions.client) is not None:
        yield lambda place, client: pattern.matches(client)
