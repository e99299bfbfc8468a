"""Where requests come in to a site with sessions in the URL: whose each is, in which session (R15 to R17, R22, R34 to R36).

Judges ids, ties requests without one to the page they come from where that is safe, begins new sessions, and never loses a request.
Knows requests as values; the exchange and the proxy carry out what a visit says.
"""

import re
from collections.abc import Callable, Sequence

from ..core.hosts import Suffixes, site_of
from ..core.outcome import CookielessReason
from .asked import Asked, Facts, facts_of
from .carriers import Carrier, Taken
from .devices import is_cookieless_device
from .entry import Entry, Mode, Place
from .fields import values
from .ids import SHAPE
from .origins import place_of
from .probe import Answers, split_probe
from .request_fields import with_cookies, without_ours
from .ticket import Ticket
from .tickets import GRACE_SECONDS, Sought, Tickets
from .ties import FirstPage, FirstPages, Ties
from .visit import Stage, Visit

__all__ = ["Asked", "Door", "Stage", "Visit"]

_LIKE_AN_ID = re.compile(SHAPE)
"""In a path that is kept: it may be an id of another entry."""
MOST_SOUGHT = 8
"""Ids of one request for which the store may be asked: honest ones bring two or three."""

type Sessions = Sequence[Ticket | None]
"""Those of some ids, in their order; None for an id that leads to none."""


class Door:
    """Where requests come in; one for each configuration."""

    def __init__(self, entries: Sequence[Entry], tickets: Tickets, answers: Answers, suffixes: Suffixes) -> None:
        self._entries = [(entry, Carrier(entry.carrier, entry.parameter)) for entry in entries]
        self._tickets = tickets
        self._answers = answers
        self._suffixes = suffixes
        self._ties = Ties()
        self._first_pages = FirstPages()

    def __bool__(self) -> bool:
        return bool(self._entries)

    def entry_for(self, place: Place, client: str) -> Entry | None:
        """The first entry that holds there."""
        return next((entry for entry, _ in self._entries if entry.is_site(place, client)), None)

    def entry_of(self, origin: str, client: str) -> Entry | None:
        """The entry that holds where a session began."""
        place = place_of(origin, self._suffixes.to_ascii)
        return None if place is None else self.entry_for(place, client)

    def parameter_at(self, asked: Asked) -> str | None:
        """The parameter of ours on the site that is asked; None if no entry is about it."""
        found = self._arrived(asked, self._seek(asked))
        return None if found is None else found[0].parameter

    def enter(self, asked: Asked) -> Visit | None:
        """What a request is; None if no entry is about its site."""
        sought = self._seek(asked)
        found = self._arrived(asked, sought)
        if found is not None:
            return self._visit(asked, sought, *found)
        if not self._entries:
            return None
        cookies, token = split_probe(values(asked.fields, b"cookie"))
        if token is None:
            return None
        # The cookie that asks goes to all of a host, the entry may be about a part of it: elsewhere it is taken out, no more.
        entry, carrier = self._entries[0]
        place = Place(asked.scheme, asked.host, asked.target.partition(b"?")[0])
        fields = with_cookies(asked.fields, cookies)
        return Visit(entry, carrier, place, asked.target, fields, asked_fields=asked.fields, authority=asked.authority)

    def lacks_id(self, asked: Asked) -> bool:
        """True if no id in the URL of a request to a site with sessions in the URL is good, so that its body may have one."""
        sought = self._seek(asked)
        found = self._arrived(asked, sought)
        if found is None:
            return False
        entry, _, taken, place = found
        if entry.mode is Mode.COOKIES or not entry.matches(place, asked.client):
            return False
        bound = asked.bound_by(entry.bind)
        came = self._known(taken.ids, entry, asked, sought)
        return not any(self._tickets.judge(one, bound, asked.time) is None for one in came)

    def is_one_site(self, entry: Entry, client: str) -> Callable[[Place], bool]:
        """Where links of a page get the id: where this entry holds, and no other before it."""
        before = [other for other, _ in self._entries if other.number < entry.number]
        if not before:
            return lambda place: entry.matches(place, client)
        return lambda place: entry.matches(place, client) and not any(other.is_site(place, client) for other in before)

    def asks_path(self, entry: Entry) -> bool:
        """True if `is_one_site` may answer differently for two URLs of a host."""
        return any(other.asks_path for other, _ in self._entries if other.number <= entry.number)

    def hands_over(self, visit: Visit, now: float) -> bool:
        """True if what is held for the session of a browser that has cookies is still on its way to it."""
        ticket = visit.ticket
        if ticket is None or visit.stage is not Stage.COOKIES or ticket.ended is not None:
            return False
        return ticket.handed_over is None or now - ticket.handed_over <= GRACE_SECONDS

    # -- a visit -------------------------------------------------------------------------------------------------------

    def _seek(self, asked: Asked) -> Sought:
        return Sought(self._tickets, self.entry_of, asked.time, MOST_SOUGHT)

    def _arrived(self, asked: Asked, sought: Sought) -> tuple[Entry, Carrier, Taken, Place] | None:
        """The first entry about this site, and the target without its ids."""
        for entry, carrier in self._entries:
            taken = carrier.take(asked.target, sought.is_issued)
            place = Place(asked.scheme, asked.host, taken.target.partition(b"?")[0])
            if entry.is_site(place, asked.client):
                return entry, carrier, taken, place
        return None

    def _visit(self, asked: Asked, sought: Sought, entry: Entry, carrier: Carrier, taken: Taken, place: Place) -> Visit:
        facts = facts_of(asked)
        referer = carrier.take_from_url(facts.referer or b"", sought.is_issued)
        ids = (*taken.ids, *asked.other_ids[:MOST_SOUGHT])
        visit = Visit(
            entry,
            carrier,
            place,
            taken.target,
            without_ours(asked.fields, facts, referer),
            asked_target=asked.target,
            is_navigation=facts.is_page,
            is_unclear=facts.is_unclear,
            ids=(*ids, *referer.ids),
            asked_fields=asked.fields,
            authority=asked.authority,
        )
        if not entry.matches(place, asked.client):
            return visit
        visit.stage = self._stage(asked, entry, facts)
        if visit.stage is Stage.COOKIES:
            visit.is_to_be_cleaned = entry.mode is Mode.AUTO and bool(taken.ids)
        if visit.stage is Stage.COOKIES and (entry.mode is not Mode.AUTO or facts.has_cookies):
            self._visit_with_cookies(visit, asked, ids, facts)
            return visit
        came = self._known(ids, entry, asked, sought)
        page = self._of_page(referer, entry, asked, sought)
        if visit.stage is Stage.COOKIES:
            self._visit_nevertheless(visit, asked, came, page, facts)
        else:
            self._visit_with_session(visit, asked, came, page, facts)
        return visit

    def _stage(self, asked: Asked, entry: Entry, facts: Facts) -> Stage:
        match entry.mode:
            case Mode.URI:
                return Stage.CARRIED
            case Mode.COOKIES:
                return Stage.COOKIES
            case Mode.DEVICE:
                known = is_cookieless_device(asked.user_agent) or entry.is_device(asked.user_agent)
                return Stage.CARRIED if known else Stage.COOKIES
            case Mode.AUTO:
                return Stage.COOKIES if facts.has_cookies else self._stage_without(asked, facts)

    def _stage_without(self, asked: Asked, facts: Facts) -> Stage:
        """Of a request without cookies. A page without any where some came before says that they were deleted or forbidden."""
        works = self._answers.of(asked.client, self._site(asked))
        if works and facts.is_page and facts.would_have_cookies and self._answers.came(asked.client, asked.host):
            return Stage.ASKING
        return Stage.ASKING if works is None else Stage.COOKIES if works else Stage.CARRIED

    def _visit_with_cookies(self, visit: Visit, asked: Asked, ids: Sequence[bytes], facts: Facts) -> None:
        """Nothing is held; but what was, before cookies were seen to work, goes over to the browser.

        To the one that brings the cookie by which that session asked: an id in a link says nothing of who follows it.
        """
        entry = visit.entry
        if entry.mode is not Mode.AUTO:
            if ids:
                visit.reasons.append(CookielessReason.IGNORED)
            return
        asker = None if facts.token is None else self._answers.asked_with(facts.token)
        if asker is not None and self._tickets.judge(asker, asked.bound_by(entry.bind), asked.time) is None:
            visit.ticket = asker
        if self._answers.came_back(asked.client, self._site(asked), asked.host, visit.ticket):
            visit.reasons.append(CookielessReason.COOKIES_WORK)

    def _visit_nevertheless(self, visit: Visit, asked: Asked, came: Sessions, page: Sessions, facts: Facts) -> None:
        """Cookies come from this client, but not with this request: a session in a URL goes on, whatever other requests say."""
        bound = asked.bound_by(visit.entry.bind)
        sessions = came if facts.is_cross_site else (*came, *page)
        going_on = (one for one in sessions if one and self._tickets.judge(one, bound, asked.time) is None)
        visit.ticket = next(going_on, None)
        if visit.ticket is not None:
            visit.stage = Stage.CARRIED
            self._tickets.use(visit.ticket, asked.time)

    def _visit_with_session(self, visit: Visit, asked: Asked, came: Sessions, page: Sessions, facts: Facts) -> None:
        """The cookies are held: in the session of an id, of the page it comes from, or in one that begins."""
        ticket = self._honoured(visit, asked, came)
        if ticket is None and not facts.is_cross_site:
            ticket = self._tied_to_page(visit, asked, page)
        if ticket is not None:
            ticket.came_back |= facts.is_page
            self._learn_refusal(visit, asked, ticket, facts)
        elif facts.is_own_part and not facts.is_page and not came:
            ticket = self._tied_to_connection(visit, asked)
        if ticket is None and facts.is_embedded and not came and not facts.is_cross_site:
            ticket = self._tied_to_first_page(visit, asked, facts)
        if ticket is None and visit.stage is Stage.ASKING and not facts.is_page:
            visit.stage = Stage.COOKIES  # nothing in a part of a page could carry an id: its cookies are the browser's
            return
        visit.ticket = ticket or self._begin(visit, asked, came)
        if ticket is None and facts.is_page and not came:
            self._first_pages.note(_page_of(visit, asked), asked.time, visit.ticket)
        self._tickets.use(visit.ticket, asked.time)
        self._ties.note(asked.connection, visit.entry.number, visit.ticket)

    def _learn_refusal(self, visit: Visit, asked: Asked, ticket: Ticket, facts: Facts) -> None:
        """An id came back and the cookie that asks did not. (A connection's session proves nothing: the page may be on its way.)"""
        if visit.stage is Stage.ASKING and ticket.probe and facts.would_have_cookies:
            self._answers.note(asked.client, self._site(asked), works=False)
            visit.reasons.append(CookielessReason.COOKIES_REFUSED)
            visit.stage = Stage.CARRIED

    # -- sessions ------------------------------------------------------------------------------------------------------

    def _honoured(self, visit: Visit, asked: Asked, came: Sessions) -> Ticket | None:
        """The session of the first id that is good, and what is wrong with those before it."""
        bound = asked.bound_by(visit.entry.bind)
        for ticket in came:
            reason = self._tickets.judge(ticket, bound, asked.time)
            if reason is not None:
                visit.reasons.append(reason)
            elif ticket is not None:
                return self._found(visit, asked, ticket)
        return None

    def _found(self, visit: Visit, asked: Asked, ticket: Ticket) -> Ticket:
        """No session has to begin, so what was wrong with other ids is of no consequence, unless it is another client's."""
        self._tickets.note_seen(asked.client, ticket.id)
        visit.reasons = [reason for reason in visit.reasons if reason is CookielessReason.FOREIGN]
        return ticket

    def _known(self, ids: Sequence[bytes], entry: Entry, asked: Asked, sought: Sought) -> list[Ticket | None]:
        """The sessions of these ids, as far as they belong to this entry; the client has the ids, and may send them anywhere."""
        known: list[Ticket | None] = []
        for ticket in map(sought.find, ids):
            if ticket is not None:
                self._tickets.note_seen(asked.client, ticket.id)
                if self.entry_of(ticket.origin, asked.client) is entry:
                    ticket.lives_by(entry)
                else:
                    ticket = None
            known.append(ticket)
        return known

    def _of_page(self, referer: Taken, entry: Entry, asked: Asked, sought: Sought) -> Sessions:
        """The sessions of the page that a request comes from, if that is a page of this entry."""
        page = place_of(referer.target.decode("latin-1"), self._suffixes.to_ascii) if referer.ids else None
        if page is None or self.entry_for(page, asked.client) is not entry:
            return ()
        return self._known(referer.ids, entry, asked, sought)

    def _tied_to_page(self, visit: Visit, asked: Asked, page: Sessions) -> Ticket | None:
        """The session of the page that a request comes from."""
        bound = asked.bound_by(visit.entry.bind)
        for ticket in page:
            if ticket is not None and self._tickets.judge(ticket, bound, asked.time) is None:
                return self._found(visit, asked, ticket)
        return None

    def _tied_to_connection(self, visit: Visit, asked: Asked) -> Ticket | None:
        ticket = self._ties.only_one(asked.connection, visit.entry.number)
        bound = asked.bound_by(visit.entry.bind)
        return ticket if ticket is not None and self._tickets.judge(ticket, bound, asked.time) is None else None

    def _tied_to_first_page(self, visit: Visit, asked: Asked, facts: Facts) -> Ticket | None:
        """Browsers look for images ahead, with the URL that the first page of a visit was asked with: without an id."""
        page = _page_of(visit, asked)._replace(url=(facts.referer or b"").partition(b"#")[0])
        ticket = self._first_pages.only_one(page, asked.time)
        visit.is_told = ticket is None
        return ticket

    def _begin(self, visit: Visit, asked: Asked, came: Sessions) -> Ticket:
        entry, place = visit.entry, visit.place
        path = _LIKE_AN_ID.sub(b"-", place.path) if entry.asks_path else b"/"
        origin = f"{place.scheme}://{place.host}{path.decode('latin-1')}"
        bound = asked.bound_by(entry.bind)
        if not entry.regenerate_expired:
            expired = CookielessReason.EXPIRED
            over = next((one for one in came if one and self._tickets.judge(one, bound, asked.time) is expired), None)
            if over is not None:
                return self._tickets.issue_again(over, asked.client, origin, entry, asked.time)
        return self._tickets.issue(asked.client, origin, place.host, bound, entry, asked.time)

    def _site(self, asked: Asked) -> str:
        return site_of(asked.host, self._suffixes)


def _page_of(visit: Visit, asked: Asked) -> FirstPage:
    url = f"{asked.scheme}://{asked.authority}".encode("latin-1", "replace") + asked.target
    return FirstPage(url, asked.bound_by(visit.entry.bind), visit.entry.number)
