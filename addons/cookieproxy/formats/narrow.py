"""A cookie as a format can say it, and what that leaves unsaid: the losses (R38).

Knows what every field means when it is not said. What a format says is data (`Says`); what it cannot carry at all, beside what
no file may, is one function of it. Written and read again, a narrowed cookie is the same.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass

from ..core.cookie import Cookie, Priority, SameSite
from .faults import Fault, fault_of, not_text
from .times import Step, said_expiry
from .values import Field, Loss, loss

_UNSAID: dict[Field, tuple[str, object, str]] = {
    Field.PATH: ("path", b"/", "the format has no path; it will be taken for /"),
    Field.HOST_ONLY: ("host_only", True, "the format cannot say that subdomains get it too"),
    Field.SECURE: ("secure_only", False, "the format cannot say Secure"),
    Field.HTTP_ONLY: ("http_only", False, "the format cannot say HttpOnly"),
    Field.SAME_SITE: ("same_site", SameSite.DEFAULT, "the format cannot say SameSite"),
    Field.PARTITION_KEY: ("partition", None, "the format has no partition; it will be taken for an unpartitioned one"),
    Field.PRIORITY: ("priority", Priority.MEDIUM, "the format cannot say Priority"),
}
"""For each field: the cookie's attribute, what it means if nothing is said, and what is lost then."""

EVERYTHING = frozenset(Field)
BASICS = EVERYTHING - {Field.SAME_SITE, Field.PARTITION_KEY, Field.PRIORITY}
"""What the oldest formats say."""
PAIR = frozenset({Field.NAME, Field.VALUE})


def nothing(cookie: Cookie) -> None:
    """Refuses no cookie."""


@dataclass(frozen=True, slots=True)
class Says:
    """What a format can say of a cookie."""

    fields: frozenset[Field]
    step: Step = Step.SECONDS
    """How finely it says when the cookie expires."""
    octets: bool = False
    """Whether names, values and paths need not be UTF-8."""
    refuses: Callable[[Cookie], Fault | None] = nothing
    """Why it cannot carry a cookie which others can; None if it can."""


def narrowed(cookie: Cookie, says: Says, now: float) -> tuple[Cookie | None, list[Loss]]:
    """The cookie as the format says it, None if it cannot be carried; and what is lost, each with its reason."""
    fault = fault_of(cookie.name, cookie.value, cookie.path)
    if fault is None and not says.octets:
        fault = not_text(cookie)
    fault = fault or says.refuses(cookie) or _ended(cookie, says, now)
    if fault is not None:
        return None, [loss(cookie, fault.field, f"{fault.why}; the cookie is left out", left_out=True)]
    said = copy(cookie)
    losses = [*_silence(said, says), *_say_expiry(said, says)]
    if Field.DOMAIN not in says.fields:
        losses.insert(0, loss(cookie, Field.DOMAIN, "the format names no host"))
    return said, losses


def _ended(cookie: Cookie, says: Says, now: float) -> Fault | None:
    if Field.EXPIRES in says.fields or cookie.expiry_time is None or cookie.expiry_time > now:
        return None
    return Fault(Field.EXPIRES, "it has expired, which the format cannot say")


def _silence(said: Cookie, says: Says) -> list[Loss]:
    losses = []
    for field, (attribute, assumed, why) in _UNSAID.items():
        if field not in says.fields and getattr(said, attribute) != assumed:
            setattr(said, attribute, assumed)
            losses.append(loss(said, field, why))
    return losses


def _say_expiry(said: Cookie, says: Says) -> list[Loss]:
    if said.expiry_time is None:
        return []
    if Field.EXPIRES not in says.fields:
        said.expiry_time = None
        return [loss(said, Field.EXPIRES, "the format has no dates; it will be taken for a session cookie")]
    said.expiry_time, why = said_expiry(said.expiry_time, says.step)
    return [] if why is None else [loss(said, Field.EXPIRES, why)]
