"""Do cookies come back from this client? Asked once for each client and site, and remembered (R3, R15).

The first response carries both: a cookie that only asks, and the id in its links. The next request tells, so that no redirect is
needed to find out; a browser whose cookies do come back is sent to the URL without the id once, when it navigates.
"""

import secrets
from collections import OrderedDict
from weakref import WeakValueDictionary

from ..core.recent import remember
from .ticket import Ticket

PROBE_COOKIE = b"cookieproxy_probe"
"""The cookie that asks. No application gets it."""
MOST_ANSWERS = 20_000


class Answers:
    """What is known of clients, and which questions are open."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], bool] = OrderedDict()
        self._came: OrderedDict[tuple[str, str], None] = OrderedDict()
        """Clients and hosts: a cookie may be for one host of a site."""
        self._asked: WeakValueDictionary[str, Ticket] = WeakValueDictionary()

    def of(self, client: str, site: str) -> bool | None:
        """Whether cookies come back; None while that is not known."""
        return self._known.get((client, site))

    def came(self, client: str, host: str) -> bool:
        """True if this host has had cookies from this client."""
        return (client, host) in self._came

    def note(self, client: str, site: str, works: bool) -> bool:
        """Remember it; whether that is news."""
        before = self._known.get((client, site))
        remember(self._known, (client, site), works, MOST_ANSWERS)
        return before is not works

    def came_back(self, client: str, site: str, host: str, ticket: Ticket | None) -> bool:
        """A cookie came, which answers the question of this session, too; whether that is news."""
        remember(self._came, (client, host), None, MOST_ANSWERS)
        if ticket is not None:
            ticket.probe = ""
        return self.note(client, site, works=True)

    def ask(self, ticket: Ticket) -> str:
        """What the cookie of this session's question says."""
        if not ticket.probe:
            ticket.probe = secrets.token_urlsafe(15)
        self._asked[ticket.probe] = ticket
        return ticket.probe

    def asked_with(self, token: str) -> Ticket | None:
        """The session whose question this answers."""
        return self._asked.get(token)


def split_probe(cookies: list[bytes]) -> tuple[list[bytes], str | None]:
    """Cookie fields without the cookie that asks, and what it says; fields that had nothing else are gone."""
    token: str | None = None
    kept: list[bytes] = []
    for source in cookies:
        if PROBE_COOKIE not in source:
            kept.append(source)
            continue
        pairs = source.split(b";")
        rest = []
        for pair in pairs:
            name, _, value = pair.strip().partition(b"=")
            if name == PROBE_COOKIE:
                token = value.decode("ascii", "replace")
            else:
                rest.append(pair)
        if any(pair.strip() for pair in rest):
            kept.append(b";".join(rest).strip())
    return kept, token


def probe_field(token: str, is_secure: bool) -> bytes:
    """The Set-Cookie field that asks."""
    return (
        PROBE_COOKIE + b"=" + token.encode() + b"; Path=/; HttpOnly; SameSite=Lax" + (b"; Secure" if is_secure else b"")
    )
