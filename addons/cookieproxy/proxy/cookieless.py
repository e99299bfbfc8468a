"""Sessions in the URL in one running proxy: the door for requests, the way back for responses, and what of it is kept.

Holds the sessions and what is known of clients' cookies. Pure work is in the room `cookieless`; flows are read and written by
`visits` and `rewriting`.
"""

import logging
from collections.abc import Callable

from mitmproxy.http import HTTPFlow, Response

from ..config import Config
from ..cookieless.door import Door, Stage, Visit
from ..cookieless.endpoint import (
    document_of,
    is_endpoint,
    is_from_own_page,
    readable_cookies,
    write_cookie,
)
from ..cookieless.fields import values
from ..cookieless.handing_over import given_to_browser, names_in
from ..cookieless.probe import Answers, probe_field
from ..cookieless.script import SESSION_HEADER
from ..cookieless.session_cookies import is_session_id
from ..cookieless.tickets import Ticket
from ..core.events import Event, EventKind, JarKind, Observation, SetCookieSeen
from ..core.hosts import Suffixes, site_of
from ..core.jar import Jar
from ..core.outcome import CookielessReason
from ..exchange import Browser, RequestHead
from .rewriting import Rewriting, flows_spelling, rewrite
from .session_keeper import SessionKeeper
from .visits import (
    asked_of,
    ids_in_body,
    may_have_id_in_body,
    scrub_body,
    scrub_head,
    scrub_message,
    stream_without,
    take_out,
)

logger = logging.getLogger(__name__)


class Cookieless:
    """The sessions in the URL of one running proxy."""

    def __init__(self, suffixes: Suffixes, profile_jar: Callable[[str], Jar]) -> None:
        """`profile_jar` makes the empty held jar of a client."""
        self._suffixes = suffixes
        self.keeper = SessionKeeper(suffixes, profile_jar)
        self.tickets = self.keeper.tickets
        self._answers = Answers()
        self._door = Door((), self.tickets, self._answers, suffixes)
        self._parameters: tuple[str, ...] = ()
        self._asking: dict[str, Visit] = {}

    def follow(self, config: Config) -> None:
        """Another configuration is in force; sessions go on where an entry holds for them."""
        self._door = Door(config.entries, self.tickets, self._answers, self._suffixes)
        self._parameters = tuple(dict.fromkeys(entry.parameter for entry in config.entries))

    def end_stale(self) -> None:
        """Let go of sessions of an earlier run that timed out."""
        self.keeper.end_stale(self._door)

    @property
    def is_on(self) -> bool:
        """True if there is an entry."""
        return bool(self._door)

    # -- requests ------------------------------------------------------------------------------------------------------

    def waits_for_body(self, flow: HTTPFlow, head: RequestHead, browser: Browser) -> bool:
        """True if only the body of a form may say which session this is."""
        return may_have_id_in_body(flow) and self._door.lacks_id(asked_of(flow, head, browser))

    def enter(self, flow: HTTPFlow, head: RequestHead, browser: Browser) -> tuple[Visit | None, RequestHead]:
        """What a request is, and how the exchange sees it; ids are out of the flow afterwards."""
        asked = asked_of(flow, head, browser)
        if flow.request.raw_content and may_have_id_in_body(flow):
            found = (one for name in self._parameters for one in ids_in_body(flow, name))
            asked = asked._replace(other_ids=(*asked.other_ids, *found))
        visit = self._door.enter(asked)
        if visit is None:
            return None, head
        clean = take_out(flow, head, visit)
        if visit.holds and visit.entry.script and is_endpoint(visit.place):
            self._asking[flow.id] = visit
        elif _asks_for_what_was_kept(visit):
            flow.response = Response.make(204, b"", {"Cache-Control": "no-store"})
        elif self._is_to_be_cleaned(visit, head):
            authority = visit.authority.encode()
            location = head.scheme.encode() + b"://" + authority + visit.target
            flow.response = Response.make(302, b"", [(b"Location", location), (b"Cache-Control", b"no-store")])
        return visit, clean

    @staticmethod
    def _is_to_be_cleaned(visit: Visit, head: RequestHead) -> bool:
        """A browser with cookies that navigates to a URL with an id goes to the one without."""
        return visit.stage is Stage.COOKIES and visit.carries and visit.is_navigation and head.method in ("GET", "HEAD")

    def is_asked_by_script(self, flow: HTTPFlow) -> bool:
        """True if the request is our script's, and goes to no application."""
        return flow.id in self._asking

    def jar_for(self, visit: Visit, now: float) -> Jar | None:
        """The held jar whose cookies go with a request."""
        if visit.ticket is None:
            return None
        if visit.holds:
            return visit.ticket.jar
        if not self._door.hands_over(visit, now):
            return None
        names = {cookie.name for cookie in visit.ticket.jar}
        return None if names & names_in(values(visit.fields, b"cookie")) else visit.ticket.jar

    def reasons(self, visit: Visit, browser: Browser, head: RequestHead) -> list[Observation]:
        """What is to be told of a request."""
        return [self._event(browser, head, reason) for reason in dict.fromkeys(visit.reasons)]

    def keep_in(self, flow: HTTPFlow, browser: Browser, head: RequestHead, is_home: bool) -> list[Observation]:
        """Take the client's ids out of whatever else its request says, before it goes anywhere."""
        ids = tuple(self.tickets.seen_by(browser.name))
        if not ids:
            return []
        if flow.request.stream:
            stream_without(flow, ids)
        stopped = scrub_head(flow, ids, self._parameters)
        return [self._event(browser, head, CookielessReason.LEAK_STOPPED)] if stopped and not is_home else []

    def keep_in_body(self, flow: HTTPFlow, browser: Browser) -> None:
        """The same for a body that is there as a whole."""
        ids = tuple(self.tickets.seen_by(browser.name))
        if not ids or flow.id in self._asking:
            return
        if may_have_id_in_body(flow):
            for name in self._parameters:
                ids_in_body(flow, name)
        scrub_body(flow, ids, self._parameters)

    def keep_in_message(self, flow: HTTPFlow, browser: Browser) -> None:
        """The same for a WebSocket message."""
        ids = tuple(self.tickets.seen_by(browser.name))
        if ids:
            scrub_message(flow, ids, self._parameters)

    def _event(self, browser: Browser, head: RequestHead, reason: CookielessReason) -> Event:
        site = site_of(head.host, self._suffixes)
        kind = EventKind.COOKIELESS
        return Event(
            head.time, browser.name, site, head.host, None, kind, reason.value, reason.sentence, flow_id=head.flow_id
        )

    # -- the script's requests -----------------------------------------------------------------------------------------

    def answer_script(self, flow: HTTPFlow, browser: Browser) -> None:
        """Read or write what is `document.cookie` for a page."""
        visit = self._asking.pop(flow.id)
        ticket, request = visit.ticket, flow.request
        assert ticket is not None
        if not is_from_own_page(visit.asked_fields, visit.place.host):
            flow.response = Response.make(403, b"", {"Cache-Control": "no-store"})
            return
        now = request.timestamp_start
        site = site_of(visit.place.host, self._suffixes)
        access = document_of(visit.place, visit.asked_fields, site).access(now, flow.id)
        if request.method == "POST":
            write_cookie(ticket.jar, request.raw_content or b"", access)
        self.tickets.keep(ticket)
        self.tickets.touch(ticket)
        self.tickets.note_seen(browser.name, ticket.id)
        fields = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", SESSION_HEADER: ticket.id}
        flow.response = Response.make(200, readable_cookies(ticket.jar, access), fields)

    # -- responses -----------------------------------------------------------------------------------------------------

    def hand_over(self, flow: HTTPFlow, visit: Visit) -> None:
        """A browser has cookies after all: it gets those that were held until that was known, as if they were set now."""
        ticket, response, now = visit.ticket, flow.response, flow.request.timestamp_start
        if ticket is None or response is None or not self._door.hands_over(visit, now):
            return
        if ticket.handed_over is not None:
            return
        ticket.handed_over = now
        fields = response.headers.fields
        given = given_to_browser(ticket.jar, names_in(values(fields, b"set-cookie")), visit.place)
        spelling = flows_spelling(flow, b"Set-Cookie")
        response.headers.fields = (*fields, *((spelling, field) for field in given))

    def respond(
        self, flow: HTTPFlow, visit: Visit, browser: Browser, head: RequestHead, observations: list[Observation]
    ) -> list[Observation]:
        """Rewrite a response; `observations` say what its cookies came to. What is to be told of it."""
        ticket, response = visit.ticket, flow.response
        if ticket is None or response is None or not visit.holds:
            return []
        told: list[Observation] = []
        renews = ticket.is_kept and any(_sets_session(each) for each in observations)
        if renews:
            self.tickets.renew(ticket, head.time)
            told.append(self._event(browser, head, CookielessReason.RENEWED))
        learns = rewrite(flow, self._rewriting(flow, visit, ticket, browser, head))
        if learns and self.tickets.keep(ticket):
            told.append(self._event(browser, head, CookielessReason.STARTED))
        self.tickets.touch(ticket)
        if ticket.is_kept:
            self.tickets.note_seen(browser.name, ticket.id)
        own: list[tuple[bytes, bytes]] = []
        if visit.stage is Stage.ASKING and learns:
            own.append((b"Set-Cookie", probe_field(self._answers.ask(ticket), visit.place.scheme == "https")))
        if visit.said_another_id(ticket.id) and not visit.is_navigation:
            own.append((SESSION_HEADER.encode(), ticket.id.encode()))
        if own:
            spelled = ((flows_spelling(flow, name), value) for name, value in own)
            response.headers.fields = (*response.headers.fields, *spelled)
        return told

    def _rewriting(
        self, flow: HTTPFlow, visit: Visit, ticket: Ticket, browser: Browser, head: RequestHead
    ) -> Rewriting:
        place = visit.place
        site = site_of(place.host, self._suffixes)
        access = document_of(place, (), site)._replace(place=place).access(head.time)
        url = f"{place.scheme}://{visit.authority}{visit.target.decode('latin-1')}"

        def on_trouble(trouble: str) -> None:
            logger.warning(f"{place.host}: a page could not be rewritten in full: {trouble}.")

        return Rewriting(
            visit,
            ticket.id,
            self._door.is_one_site(visit.entry, browser.name),
            url,
            readable_cookies(ticket.jar, access).decode("utf-8", "replace"),
            on_trouble,
        )


def _asks_for_what_was_kept(visit: Visit) -> bool:
    """The script of a page, in a browser that has cookies after all."""
    return visit.ticket is not None and visit.entry.script and is_endpoint(visit.place)


def _sets_session(observation: Observation) -> bool:
    """True if the application gave the session another id, or its first one."""
    if not isinstance(observation, SetCookieSeen) or observation.jar is not JarKind.HELD:
        return False
    if observation.event not in (EventKind.STORED, EventKind.REPLACED) or observation.old_value == observation.value:
        return False
    return is_session_id(observation.name, observation.value)
