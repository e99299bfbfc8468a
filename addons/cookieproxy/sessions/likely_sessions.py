"""Which of several cookies is the session's: told by a field alone, or by what came beside it.

Cookies of baskets and devices look like a session's; they are not blamed where one that is known by its name is there.
"""

from ..core.events import SetCookieSeen
from . import names
from .exchanges import Exchange, is_empty
from .said import said_by
from .session import Session


def is_session(seen: SetCookieSeen) -> bool:
    """True if a field by itself tells that it is a session's."""
    said = said_by(seen.field if seen.passed is None else seen.passed)
    found = names.recognise(seen.name, seen.value)
    return not is_empty(seen.value) and names.as_set(found, said.http_only, said.is_persistent, False).is_enough


def stands_back(exchange: Exchange, session: Session) -> bool:
    """True if a cookie is taken for a session's by its looks, and one that is known to be a session's came beside it."""
    if session.recognition.points >= names.POINTS_KNOWN:
        return False
    return any(
        name != session.key.name and names.kind_of(name) is names.Kind.KNOWN and names.may_be_id(value)
        for name, value in exchange.pairs
        if not is_of_another_kind(name)
    )


def is_of_another_kind(name: bytes) -> bool:
    """True for tokens that begin sessions and are none, which logins bring beside them."""
    return b"remember" in name.lower()
