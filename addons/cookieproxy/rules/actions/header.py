"""`header`: a field of the message itself set or removed, once a message; P3P first (R4).

In a request `{cookies}` stands for the known scopes of the cookies it carries (R9), which the application cannot ask the browser
for; what that text is, `exchange.scopes` knows.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from ..facts import Direction
from ..fields import TOKEN, mapping, text
from ..problems import Problem, mistake, refuse, refuse_all, shown, warning
from .base import RESPONSES, Action

if TYPE_CHECKING:
    from ..model import RuleBase as Rule

SCOPES = b"{cookies}"
"""What stands for the scopes of a request's cookies."""
_UNFIT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_COOKIE_FIELDS = frozenset({"cookie", "set-cookie"})
_FRAMING = frozenset(
    {
        *("connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-authenticate"),
        *("proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
"""Fields of the connection (RFC 9110 7.6.1) and of the message's length and way: another text in them breaks it."""


def _name(value: object) -> str:
    said = text(value)
    if not TOKEN.fullmatch(said):
        refuse(f"{shown(said)} is not the name of a header")
    if said.lower() in _COOKIE_FIELDS:
        refuse(f"{shown(said)} is what the other actions are for")
    if said.lower() in _FRAMING:
        refuse(f"{shown(said)} belongs to the connection, and cannot be changed here")
    return said


def _text(value: object) -> str | bool:
    if value is False:
        return False
    said = text(value)
    if _UNFIT.search(said):
        refuse("a control character cannot be written into a header")
    if not said.strip():
        refuse("the text is empty; to remove the header, write false")
    return said.strip()


def _headers(value: object) -> dict[str, str | bool]:
    said = mapping(value, _name, _text)
    if not said:
        refuse("no header is named")
    seen: set[str] = set()
    twice = [name for name in said if name.lower() in seen or seen.add(name.lower())]  # type: ignore[func-returns-value]  # add says nothing: that is what the `or` is for
    refuse_all(mistake((name,), f"{shown(name)} is said twice", at_key=True) for name in twice)
    return said


class Header(Action):
    """Writes or removes fields of the message."""

    key = "header"
    help = "{NAME: TEXT or false}: a header set or removed; in requests {cookies} is the known scopes of their cookies."
    form = Annotated[
        dict[str, str | bool],
        PlainValidator(_headers),
        WithJsonSchema(
            {"type": "object", "additionalProperties": {"anyOf": [{"type": "string"}, {"const": False}]}},
        ),
    ]
    per_message = True

    def __init__(self, said: dict[str, str | bool], directions: frozenset[Direction]) -> None:
        self.said = said
        self.directions = directions
        self.edits = tuple(
            (name.encode(), text.encode() if isinstance(text, str) else None) for name, text in said.items()
        )
        """Name and text of each field, None to remove it."""

    @classmethod
    def build(cls, said: Any, rule: "Rule") -> "Header":
        """On responses, unless the rule has a `direction`."""
        return cls(said, RESPONSES if rule.match.direction is None else rule.match.directions)

    def lint(self, rule: "Rule") -> Iterator[Problem]:
        """Scopes of cookies in a response, which has none."""
        for name, said in self.said.items():
            if not isinstance(said, str) or SCOPES.decode() not in said:
                if isinstance(said, str) and re.search(r"\{cookies?\b", said):
                    yield warning(("header", name), "did you mean {cookies}?")
            elif Direction.RESPONSE in self.directions:
                yield mistake(
                    ("header", name),
                    "{cookies} is known of requests only: say direction: request in match",
                )
