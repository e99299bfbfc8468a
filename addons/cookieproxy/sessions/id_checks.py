"""Where ids of sessions come from and where they go: other clients, URLs, other sites, and ids that nobody issued (R16, R17, R36).

An id that was there before anybody looked is no evidence of anything. One is planted if the client is known not to have had it:
because the server had given it another, because it had come without any, or because it came in a URL.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ..core.recent import remember
from . import names
from .catalogue import Severity
from .exchanges import Exchange, Issue
from .findings import Findings, Where, where_of
from .session import Key, Session
from .shelf import Owner, Shelf
from .urls import cookie_name, ids_in, may_have_id

SHORTEST_IN_URL = 8
"""Octets of a value that is looked for in the URL of its own request."""
MOST_GIVEN = 20_000
MOST_BARE = 20_000
MOST_DOUBTFUL = 2_000
MOST_PARAMETERS = 32
ANOTHER, NONE, IN_URL = "had been given another", "had come without any", "got it from a URL"
"""Why a client is known not to have had an id."""


class _Planted(NamedTuple):
    """An id that was found to be planted."""

    id: str
    time: float
    flow_id: str | None


class IdChecks:
    """The checks of one tracker for where ids come from and go."""

    def __init__(
        self, findings: Findings, shelf: Shelf, hash_id: Callable[[bytes], str], site_of: Callable[[str], str]
    ) -> None:
        self._findings = findings
        self._shelf = shelf
        self._hash_id = hash_id
        self._site_of = site_of
        self._given: OrderedDict[tuple[str, str, bytes], float] = OrderedDict()
        """By client, host and cookie: when the server gave the client its first id."""
        self._set_names: OrderedDict[tuple[str, bytes], None] = OrderedDict()
        """Cookies that a host was seen setting."""
        self._bare: OrderedDict[int, None] = OrderedDict()
        """Hashes of client, scheme, host and path where a client came without any cookie."""
        self._doubtful: OrderedDict[Key, str] = OrderedDict()
        """Ids that clients are known not to have had, and why, until a server takes or replaces them."""
        self._planted: OrderedDict[tuple[str, str, bytes], _Planted] = OrderedDict()
        """By client, host and cookie: ids that servers took."""

    # -- every exchange ------------------------------------------------------------------------------------------------

    def exchange(self, exchange: Exchange, carried: Sequence[Session], issues: Mapping[bytes, Issue]) -> None:
        """What came with a request, and what the server made of it."""
        if exchange.referer and may_have_id(exchange.referer):
            self._referer(exchange)
        if exchange.location and may_have_id(exchange.location):
            self._in_location(exchange)
        if may_have_id(exchange.target):
            self._in_url(exchange)
        for session in carried:
            if session.adopted and session.started == exchange.asked:
                self._doubt(exchange, session)
        if self._doubtful:
            for session in carried:
                self._judge(exchange, session, issues.get(session.key.name))
        if not exchange.pairs and not carried and exchange.should_carry and exchange.status < 300:
            remember(self._bare, _place(exchange), None, MOST_BARE)
        if self._planted:
            self._look_for_two_browsers(exchange)

    # -- in URLs -------------------------------------------------------------------------------------------------------

    def _in_url(self, exchange: Exchange) -> None:
        """Ids in the URL in a way that is known, or because they are the value of a session's cookie of the same request."""
        known = ids_in(exchange.target)
        for found in known:
            self._note_in_url(exchange, found.name, "The request's URL has the session's id in it.")
        if known:
            return
        for name, value in exchange.pairs:
            if len(value) >= SHORTEST_IN_URL and value in exchange.target and self._is_session(exchange, name, value):
                self._note_in_url(exchange, name, "The value of the session's cookie is in the URL, too.")

    def _in_location(self, exchange: Exchange) -> None:
        for found in ids_in(exchange.location):
            self._note_in_url(exchange, found.name, "The server redirects to a URL that has the session's id in it.")

    def _note_in_url(self, exchange: Exchange, name: bytes, said: str) -> None:
        self._findings.note("id-in-url", where_of(exchange), cookie_name(name), said)

    def _is_session(self, exchange: Exchange, name: bytes, value: bytes) -> bool:
        owner = self._shelf.owner(exchange.site, self._hash_id(value))
        return owner is not None and owner.name == name

    def _referer(self, exchange: Exchange) -> None:
        """An id that went to another site in a Referer."""
        host = _host_of(exchange.referer)
        if not host or host == exchange.site or host.endswith(f".{exchange.site}"):
            return
        found = ids_in(exchange.referer)
        name = cookie_name(found[0].name) if found else self._known_id_in(exchange.referer, host)
        if name is None:
            return
        where = Where(self._site_of(host), host, exchange.client, exchange.asked, exchange.flow_id)
        said = f"A request to {exchange.host} said in its Referer which page it came from, with the session's id."
        self._findings.note("id-in-referer", where, name, said)

    def _known_id_in(self, referer: bytes, host: str) -> bytes | None:
        """The name of a session of that host whose id is a parameter of the Referer."""
        query = referer.partition(b"?")[2].partition(b"#")[0]
        site = self._site_of(host)
        for parameter in query.split(b"&")[:MOST_PARAMETERS]:
            value = parameter.partition(b"=")[2]
            owner = self._shelf.owner(site, self._hash_id(value)) if len(value) >= SHORTEST_IN_URL else None
            if owner is not None:
                return owner.name
        return None

    # -- with other clients --------------------------------------------------------------------------------------------

    def presented(self, exchange: Exchange, session: Session) -> None:
        """A client came with an id that was not seen being set for it."""
        owner = self._shelf.owner(session.key.site, session.key.id)
        if owner is None or owner.client == exchange.client:
            return
        theirs = self.theirs(session)
        if theirs is not None and theirs.is_listed and not session.is_listed:
            session.recognition = theirs.recognition
        self._shared(exchange, session, owner, "was used by")

    def theirs(self, session: Session) -> Session | None:
        """The session of the client that had the id first, if that is another."""
        owner = self._shelf.owner(session.key.site, session.key.id)
        if owner is None or owner.client == session.key.client:
            return None
        key = Key(owner.client, owner.site, owner.name, session.key.id)
        return self._shelf.get(key) or self._shelf.dead(key)

    def issued(self, exchange: Exchange, session: Session) -> None:
        """A server gave a client an id."""
        place = (exchange.client, exchange.host, session.key.name)
        if place not in self._given:
            remember(self._given, place, exchange.answered, MOST_GIVEN)
        remember(self._set_names, (exchange.host, session.key.name), None, MOST_GIVEN)
        owner = self._shelf.owner(session.key.site, session.key.id)
        if owner is not None and owner.client != exchange.client:
            self._shared(exchange, session, owner, "was set for")

    def _shared(self, exchange: Exchange, session: Session, owner: Owner, how: str) -> None:
        if session.is_listed and owner.name == session.key.name:
            first = f", first in flow {owner.flow_id}" if owner.flow_id else ""
            said = f"The id {how} {exchange.client}; {owner.client} had it before{first}."
            self._findings.note("shared-id", where_of(exchange), session.key.name, said)

    # -- planted -------------------------------------------------------------------------------------------------------

    def is_planted(self, session: Session) -> bool:
        """True if the client is known not to have got the id from the server."""
        owner = self._shelf.owner(session.key.site, session.key.id)
        planted = self._planted.get((session.key.client, session.host, session.key.name))
        return (
            session.in_url
            or (owner is not None and owner.client != session.key.client)
            or (planted is not None and planted.id == session.key.id)
            or session.key in self._doubtful
        )

    def set_from_url(self, exchange: Exchange, session: Session) -> None:
        """A server set a cookie to what came in the URL, and nobody saw it issuing that."""
        owner = self._shelf.owner(session.key.site, session.key.id)
        if session.adopted and session.in_url and (owner is None or owner.client == exchange.client):
            self._note_planted(exchange, session, "The server set the cookie to an id from the URL.", Severity.HIGH)

    def set_from_query(self, exchange: Exchange, session: Session, value: bytes) -> None:
        """The same for a parameter of the cookie's own name, whatever that is."""
        owner = self._shelf.owner(session.key.site, session.key.id)
        is_new = owner is None or (owner.flow_id == session.start_flow and owner.client == exchange.client)
        is_there = len(value) >= SHORTEST_IN_URL and session.key.name + b"=" + value in exchange.target
        if is_there and is_new and not session.in_url:
            self._note_planted(exchange, session, "The server set the cookie to a value from the URL.", Severity.HIGH)

    def _doubt(self, exchange: Exchange, session: Session) -> None:
        """Whether the client is known not to have had the id with which it came for the first time."""
        owner = self._shelf.owner(session.key.site, session.key.id)
        if owner is not None and (owner.was_set or owner.client != exchange.client):
            return
        name = session.key.name
        given = self._given.get((exchange.client, exchange.host, name))
        if given is not None and given < exchange.asked:
            why = ANOTHER
        elif _place(exchange) in self._bare and self._is_set_by_servers(exchange.host, name):
            why = NONE
        else:
            return
        remember(self._doubtful, session.key, why, MOST_DOUBTFUL)

    def _is_set_by_servers(self, host: str, name: bytes) -> bool:
        """False if a page's script may have made the cookie."""
        return (host, name) in self._set_names or names.user_of(name) not in ("", "many")

    def _judge(self, exchange: Exchange, session: Session, issue: Issue | None) -> None:
        """Whether the server took a doubtful id: it gave a page for it, and neither another id nor a deletion."""
        why = self._doubtful.get(session.key)
        if why is None:
            return
        if issue is not None and (issue.value is None or self._hash_id(issue.value) != session.key.id):
            del self._doubtful[session.key]
        elif exchange.status < 300 and exchange.is_page and session.is_listed:
            del self._doubtful[session.key]
            said = f"The server took an id that it had not issued: the client {IN_URL if session.in_url else why}."
            self._note_planted(exchange, session, said, Severity.MEDIUM)

    def _note_planted(self, exchange: Exchange, session: Session, said: str, severity: Severity) -> None:
        place = (exchange.client, exchange.host, session.key.name)
        planted = _Planted(session.key.id, exchange.answered, exchange.flow_id)
        remember(self._planted, place, planted, MOST_DOUBTFUL)
        self._findings.note("fixation", where_of(exchange), session.key.name, said, severity)

    def _look_for_two_browsers(self, exchange: Exchange) -> None:
        """A client that uses an id and another by turns is two browsers, and what one of them had was its own."""
        for name, value in exchange.pairs:
            place = (exchange.client, exchange.host, name)
            planted = self._planted.get(place)
            if planted is None or exchange.asked <= planted.time or self._hash_id(value) == planted.id:
                continue
            if self._was_given_before(exchange, name, value, planted.time):
                self._findings.take_back("fixation", exchange.host, name, exchange.client, planted.flow_id)
            del self._planted[place]

    def _was_given_before(self, exchange: Exchange, name: bytes, value: bytes, time: float) -> bool:
        key = Key(exchange.client, exchange.site, name, self._hash_id(value))
        session = self._shelf.get(key) or self._shelf.dead(key)
        return session is not None and not session.adopted and session.started < time


def _place(exchange: Exchange) -> int:
    return hash((exchange.client, exchange.scheme, exchange.host, exchange.path))


def _host_of(url: bytes) -> str:
    rest = url.partition(b"://")[2]
    authority = rest.partition(b"/")[0].partition(b"?")[0].rpartition(b"@")[2].decode("latin-1").lower()
    host, colon, port = authority.rpartition(":")
    return host if colon and port.isdigit() else authority
