"""What rules make of the other header fields of a message (R4, R9): asked once a message, after its cookies.

Conditions on cookies look at a response's Set-Cookie fields as they came, and at a request's cookies after the undo, held ones
included: the same cookies whose scopes `{cookies}` tells.
"""

from collections.abc import Sequence

from ..core.cookie import Cookie
from ..core.events import Observation
from ..core.syntax import Pair, parse_set_cookie
from ..rules.engine import HeaderVerdict, HostRules
from ..rules.facts import Facts
from ..rules.headers import Edit, Fields
from .scopes import Carried, scopes_of
from .tell import Teller

type Edits = tuple[Edit, ...]


def request_edits(
    rules: HostRules,
    facts: Facts,
    fields: Fields,
    carried: Sequence[Carried],
    sent: Sequence[Pair],
    tell: Teller,
    watch: bool,
    observations: list[Observation],
) -> Edits:
    """What has to be done to the header fields of a request; `sent` are the cookies the application gets."""
    owners: dict[bytes, Cookie | None] = {}
    for name, _, cookie in carried:
        owners.setdefault(name, cookie)
    verdict = rules.request_headers(
        [(name, value) for name, value, _ in carried],
        fields,
        facts,
        owners.get,
        lambda: scopes_of(sent, carried),
        watch,
    )
    return _done(verdict, tell, observations)


def response_edits(
    rules: HostRules,
    facts: Facts,
    fields: Fields,
    set_cookies: Sequence[bytes],
    tell: Teller,
    watch: bool,
    observations: list[Observation],
) -> Edits:
    """What has to be done to the header fields of a response with these Set-Cookie fields."""
    given = [parse_set_cookie(source) for source in set_cookies]
    return _done(rules.response_headers(given, fields, facts, watch), tell, observations)


def _done(verdict: HeaderVerdict, tell: Teller, observations: list[Observation]) -> Edits:
    observations += [tell.change(None, change) for change in verdict.changes]
    return verdict.edits
