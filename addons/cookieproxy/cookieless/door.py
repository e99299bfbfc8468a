"""What a request is to a site with sessions in the URL: whose, in which session, and what the application sees of it.

Judges ids, ties requests without one to the page they come from where that is safe, begins new sessions, and never loses a request.
Knows requests as values; the exchange and the proxy carry out what a visit says. Implements R15 to R17, R22 and R34 to R36.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ..core.hosts import Suffixes, site_of
from ..core.outcome import CookielessReason
from .carriers import Carrier, Taken
from .devices import is_cookieless_device
from .entry import Entry, Mode, Place
from .fields import Fields, values
from .ids import is_id
from .probe import Answers, split_probe
from .tickets import GRACE_SECONDS, Ticket, Tickets

MOST_CONNECTIONS = 10_000
MOST_ON_CONNECTION = 4
"""Sessions that are remembered of one connection: with two of them it says nothing any more."""
SAFE_METHODS = frozenset(("GET", "HEAD"))
_PAGES = frozenset((b"document", b"iframe", b"frame", b"embed", b"object"))


class Asked(NamedTuple):
    """A request as the browser sent it."""

    scheme: str
    host: str
    """Canonical, without port."""
    method: str
    target: bytes
    fields: Fields
    client: str
    user_agent: str
    connection: str
    """The connection of the client that it came over."""
    time: float
    authority: str
    """Host and port of the browser's URL."""
    bound_by: Callable[[tuple[str, ...]], str]
    """What the client is in terms of `bind`."""
    other_ids: tuple[bytes, ...] = ()
    """Ids that came beside the URL: in its body, in fields of ours, or said by our script."""


class Stage(StrEnum):
    """What is done for cookies in this exchange."""

    CARRIED = "the id travels in the URL, the cookies stay here"
    ASKING = "the same, and a cookie asks whether cookies come back"
    COOKIES = "cookies work: nothing but taking out what is in the URL"


@dataclass(slots=True)
class Visit:
    """One request in terms of sessions."""

    entry: Entry
    carrier: Carrier
    place: Place
    target: bytes
    """What the application gets."""
    fields: Fields
    """Likewise, the referrer without ids."""
    stage: Stage
    ticket: Ticket | None = None
    """The session, or the one that a browser with cookies had before that was known."""
    carries: bool = False
    """True if the browser's URL has the id of the session."""
    is_navigation: bool = True
    """False if it is known to be a part of a page."""
    ids: tuple[bytes, ...] = ()
    """The ids that came with it, as they came."""
    asked_fields: Fields = ()
    """The fields as they came."""
    authority: str = ""
    """Host and port of the browser's URL."""
    reasons: list[CookielessReason] = field(default_factory=list)

    def said_another_id(self, session_id: str) -> bool:
        """True if ids came, and not this one."""
        return bool(self.ids) and all(one.decode("latin-1").lower() != session_id for one in self.ids)

    @property
    def holds(self) -> bool:
        """True if the browser gets no cookies of the application."""
        return self.stage is not Stage.COOKIES


class Door:
    """Where requests come in; one for each configuration."""

    def __init__(self, entries: Sequence[Entry], tickets: Tickets, answers: Answers, suffixes: Suffixes) -> None:
        self._entries = [(entry, Carrier(entry.carrier, entry.parameter)) for entry in entries]
        self._tickets = tickets
        self._answers = answers
        self._suffixes = suffixes
        self._on_connection: OrderedDict[tuple[str, int], set[Ticket]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._entries)

    def entry_for(self, place: Place, client: str) -> Entry | None:
        """The first entry that holds there."""
        return next((entry for entry, _ in self._entries if entry.is_site(place, client)), None)

    def enter(self, asked: Asked) -> Visit | None:
        """What a request is; None if no entry is about its site."""
        for entry, carrier in self._entries:
            taken = carrier.take(asked.target, self._is_issued(entry, asked.time))
            place = Place(asked.scheme, asked.host, taken.target.partition(b"?")[0])
            if entry.is_site(place, asked.client):
                return self._visit(asked, entry, carrier, taken, place)
        return None

    def lacks_id(self, asked: Asked) -> bool:
        """True if a request to a site with sessions in the URL has no id in it, so that its body may have one."""
        for entry, carrier in self._entries:
            if entry.mode is Mode.COOKIES:
                continue
            taken = carrier.take(asked.target, self._is_issued(entry, asked.time))
            place = Place(asked.scheme, asked.host, taken.target.partition(b"?")[0])
            if entry.is_site(place, asked.client):
                return not taken.ids and entry.matches(place, asked.client)
        return False

    def is_one_site(self, entry: Entry, client: str) -> Callable[[Place], bool]:
        """Where links of a page get the id: where this entry holds, and no other before it."""
        before = [other for other, _ in self._entries if other.number < entry.number]
        if not before:
            return lambda place: entry.matches(place, client)
        return lambda place: entry.matches(place, client) and not any(other.is_site(place, client) for other in before)

    def _is_issued(self, entry: Entry, now: float) -> Callable[[bytes], bool]:
        return lambda value: is_id(value) and self._tickets.find(value, entry, now) is not None

    # -- a visit -------------------------------------------------------------------------------------------------------

    def _visit(self, asked: Asked, entry: Entry, carrier: Carrier, taken: Taken, place: Place) -> Visit:
        facts = _facts(asked.fields)
        referer = self._without_ids(facts.referer, entry, carrier, asked)
        cookies, token = split_probe(facts.cookies)
        visit = Visit(entry, carrier, place, taken.target, asked.fields, Stage.COOKIES, is_navigation=facts.is_page)
        visit.asked_fields, visit.authority = asked.fields, asked.authority
        if referer is not None and referer.ids:
            visit.fields = _with_value(visit.fields, b"referer", referer.target)
        if token is not None:
            visit.fields = _with_cookies(visit.fields, cookies)
        ids = (*taken.ids, *asked.other_ids)
        visit.ids = (*ids, *(referer.ids if referer is not None else ()))
        if not entry.matches(place, asked.client):
            return visit
        visit.stage = self._stage(asked, entry, bool(cookies) or token is not None)
        if visit.stage is Stage.COOKIES:
            self._visit_with_cookies(visit, asked, ids, token)
            return visit
        ticket = self._honoured(visit, asked, ids)
        visit.carries = ticket is not None and bool(taken.ids)
        if ticket is None and _may_be_tied(facts):
            ticket = self._tied(visit, asked, referer.ids if referer is not None else (), facts)
        if ticket is None:
            ticket = self._begin(visit, asked, ids)
        elif visit.stage is Stage.ASKING and ticket.probe and facts.would_have_cookies:
            self._answers.note(asked.client, self._site(asked), works=False)
            visit.reasons.append(CookielessReason.COOKIES_REFUSED)
            visit.stage = Stage.CARRIED
        visit.ticket = ticket
        self._tickets.use(ticket, asked.time)
        self._note_connection(asked, entry, ticket)
        return visit

    def _site(self, asked: Asked) -> str:
        return site_of(asked.host, self._suffixes)

    def _stage(self, asked: Asked, entry: Entry, has_cookies: bool) -> Stage:
        match entry.mode:
            case Mode.URI:
                return Stage.CARRIED
            case Mode.COOKIES:
                return Stage.COOKIES
            case Mode.DEVICE:
                known = is_cookieless_device(asked.user_agent) or entry.is_device(asked.user_agent)
                return Stage.CARRIED if known else Stage.COOKIES
            case Mode.AUTO:
                if has_cookies:
                    return Stage.COOKIES
                works = self._answers.of(asked.client, self._site(asked))
                return Stage.ASKING if works is None else Stage.COOKIES if works else Stage.CARRIED

    def _visit_with_cookies(self, visit: Visit, asked: Asked, ids: Sequence[bytes], token: str | None) -> None:
        """Nothing is held; but what was, before cookies were seen to work, goes over to the browser."""
        entry = visit.entry
        if entry.mode is not Mode.AUTO:
            if ids:
                visit.reasons.append(CookielessReason.IGNORED)
            return
        found = [self._tickets.find(one, entry, asked.time) for one in ids]
        found.append(None if token is None else self._answers.asked_with(token))
        bound = asked.bound_by(entry.bind)
        visit.ticket = next((one for one in found if one and self._tickets.judge(one, bound, asked.time) is None), None)
        visit.carries = bool(ids)
        has_cookies = token is not None or bool(values(visit.fields, b"cookie"))
        if has_cookies and self._answers.note(asked.client, self._site(asked), works=True):
            visit.reasons.append(CookielessReason.COOKIES_WORK)
        if visit.ticket is not None and not has_cookies:
            visit.stage = Stage.CARRIED  # a session in the URL that goes on, whatever other requests of this client say
            self._tickets.use(visit.ticket, asked.time)

    # -- sessions ------------------------------------------------------------------------------------------------------

    def _honoured(self, visit: Visit, asked: Asked, ids: Sequence[bytes]) -> Ticket | None:
        """The session of the first id that is good; what is wrong with the others."""
        bound = asked.bound_by(visit.entry.bind)
        for one in ids:
            ticket = self._tickets.find(one, visit.entry, asked.time) if is_id(one) else None
            if ticket is not None and not self._is_here(ticket, visit, asked):
                ticket = None
            reason = self._tickets.judge(ticket, bound, asked.time)
            if ticket is not None:
                self._tickets.note_seen(asked.client, one.decode("ascii").lower())
            if reason is None and ticket is not None:
                self._tickets.note_seen(asked.client, ticket.id)
                return ticket
            if reason is not None:
                visit.reasons.append(reason)
        return None

    def _is_here(self, ticket: Ticket, visit: Visit, asked: Asked) -> bool:
        """True if the session belongs to the entry that holds here."""
        scheme, _, rest = ticket.origin.partition("://")
        host, slash, path = rest.partition("/")
        return (
            self.entry_for(Place(scheme, host, (slash + path).encode("latin-1", "replace")), asked.client)
            is visit.entry
        )

    def _tied(self, visit: Visit, asked: Asked, referer_ids: Sequence[bytes], facts: "_Facts") -> Ticket | None:
        """The session of the page that a request without an id comes from."""
        bound = asked.bound_by(visit.entry.bind)
        for one in referer_ids:
            ticket = self._tickets.find(one, visit.entry, asked.time)
            if ticket is not None and self._tickets.judge(ticket, bound, asked.time) is None:
                return ticket if self._is_here(ticket, visit, asked) else None
        if facts.is_page or not facts.is_own_part(asked.host) or visit.reasons:
            return None
        there = [one for one in self._on_connection.get((asked.connection, visit.entry.number), ()) if one.is_kept]
        return there[0] if len(there) == 1 and self._tickets.judge(there[0], bound, asked.time) is None else None

    def _note_connection(self, asked: Asked, entry: Entry, ticket: Ticket) -> None:
        key = (asked.connection, entry.number)
        there = {one for one in self._on_connection.get(key, ()) if one.is_kept and one.ended is None}
        if len(there) < MOST_ON_CONNECTION:
            there.add(ticket)
        self._on_connection[key] = there
        self._on_connection.move_to_end(key)
        if len(self._on_connection) > MOST_CONNECTIONS:
            self._on_connection.popitem(last=False)

    def _begin(self, visit: Visit, asked: Asked, ids: Sequence[bytes]) -> Ticket:
        entry, place = visit.entry, visit.place
        origin = f"{place.scheme}://{place.host}{place.path.decode('latin-1')}"
        bound = asked.bound_by(entry.bind)
        again = "" if entry.regenerate_expired else self._own_expired(visit, asked, ids, bound)
        return self._tickets.issue(asked.client, origin, place.host, bound, entry, asked.time, again)

    def _own_expired(self, visit: Visit, asked: Asked, ids: Sequence[bytes], bound: str) -> str:
        for one in ids:
            ticket = self._tickets.find(one, visit.entry, asked.time) if is_id(one) else None
            if ticket is not None and self._tickets.judge(ticket, bound, asked.time) is CookielessReason.EXPIRED:
                self._tickets.end(ticket, asked.time)
                return ticket.id
        return ""

    def hands_over(self, visit: Visit, now: float) -> bool:
        """True if what is held for the session of a browser that has cookies is still on its way to it."""
        ticket = visit.ticket
        if ticket is None or visit.stage is not Stage.COOKIES or ticket.ended is not None:
            return False
        return ticket.handed_over is None or now - ticket.handed_over <= GRACE_SECONDS

    # -- referrers -----------------------------------------------------------------------------------------------------

    def _without_ids(self, referer: bytes | None, entry: Entry, carrier: Carrier, asked: Asked) -> Taken | None:
        if referer is None:
            return None
        return carrier.take_from_url(referer, self._is_issued(entry, asked.time))


class _Facts(NamedTuple):
    """What a request's fields tell of where it comes from."""

    referer: bytes | None
    cookies: list[bytes]
    fetch_site: bytes
    origin: bytes
    is_page: bool
    would_have_cookies: bool

    def is_own_part(self, host: str) -> bool:
        """True if the browser itself says that a page of the same origin asked, which no page can make it say."""
        if self.fetch_site:
            return self.fetch_site == b"same-origin"
        authority = self.origin.partition(b"://")[2]
        return authority.rpartition(b":")[0] == host.encode() or authority == host.encode()


def _facts(fields: Fields) -> _Facts:
    said = {name.lower(): value for name, value in reversed(fields)}
    site, mode = said.get(b"sec-fetch-site", b""), said.get(b"sec-fetch-mode", b"")
    destination = said.get(b"sec-fetch-dest")
    is_page = destination in _PAGES if destination is not None else _looks_like_page(said)
    would = site != b"cross-site" and (not mode or mode in (b"navigate", b"same-origin") or site == b"same-origin")
    return _Facts(said.get(b"referer"), values(fields, b"cookie"), site, said.get(b"origin", b""), is_page, would)


def _looks_like_page(said: dict[bytes, bytes]) -> bool:
    """Of an old browser, or over plain http: what does not say that it is something else may be a page."""
    if b"x-requested-with" in said or b"upgrade" in said:
        return False
    accept = said.get(b"accept", b"")
    return not accept or b"text/html" in accept or accept.strip() == b"*/*" or b"text/*" in accept or b"wap" in accept


def _may_be_tied(facts: _Facts) -> bool:
    """False if the browser itself says that another site caused the request."""
    return facts.fetch_site != b"cross-site"


def _with_value(fields: Fields, name: bytes, value: bytes) -> Fields:
    return tuple((key, value if key.lower() == name else said) for key, said in fields)


def _with_cookies(fields: Fields, cookies: Sequence[bytes]) -> Fields:
    rest = iter(cookies)
    kept = []
    for key, said in fields:
        if key.lower() != b"cookie":
            kept.append((key, said))
        elif (value := next(rest, None)) is not None:
            kept.append((key, value))
    return tuple(kept)
