"""Sessions in the URL in one running proxy: the door for requests, the way back for responses, and what of it is kept.

Holds the sessions and what is known of clients' cookies. Pure work is in the room `cookieless`; flows are read and written by
`visits` and `rewriting`.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from mitmproxy.http import HTTPFlow, Response

from ..config import Config
from ..cookieless.door import MOST_SOUGHT, Door, Stage, Visit
from ..cookieless.endpoint import (
    assigned,
    document_of,
    is_endpoint,
    is_from_own_page,
    readable_cookies,
    write_cookie,
)
from ..cookieless.fields import values, without
from ..cookieless.handing_over import given_to_browser, names_in
from ..cookieless.ids import digest_of, is_id, that_may_be_ids
from ..cookieless.probe import Answers, probe_field
from ..cookieless.script import SESSION_HEADER
from ..cookieless.session_cookies import is_session_id
from ..cookieless.tickets import GRACE_SECONDS, Ticket
from ..core.events import Event, EventKind, Observation
from ..core.hosts import Suffixes, site_of
from ..core.jar import Jar
from ..core.outcome import CookielessReason
from ..core.syntax import parse_set_cookie
from ..exchange import Browser, RequestHead
from .flows import browser_authority, is_reverse, spelled
from .leaks import Detours, Leaks, may_have_id
from .refusal import has_body
from .rewriting import Rewriting, can_carry, rewrite
from .session_keeper import SessionKeeper
from .visits import (
    asked_of,
    ids_in_body,
    may_have_id_in_body,
    may_stream,
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
        self._leaks = Leaks(self.tickets)
        self._detours = Detours()

    def follow(self, config: Config) -> None:
        """Another configuration is in force; sessions go on where an entry holds for them."""
        self._door = Door(config.entries, self.tickets, self._answers, self._suffixes)
        named = (entry.parameter for entry in config.entries)
        self._leaks.parameters = tuple(dict.fromkeys((*self._leaks.parameters, *named)))

    def end_stale(self) -> None:
        """Let go of sessions of an earlier run that timed out."""
        self.keeper.end_stale(self._door)

    def tick(self) -> None:
        """Between exchanges: end what timed out, and tell the store what changed."""
        self.keeper.tick(self._door)

    @property
    def is_on(self) -> bool:
        """True if there is an entry, or was one: the ids of its time must not get out later either."""
        return bool(self._leaks.parameters)

    @contextmanager
    def closed_on_failure(self, flow: HTTPFlow) -> Iterator[None]:
        """Where a bug of ours would let a request out as it came: not with what may be an id."""
        try:
            yield
        except Exception:
            if self.is_on and may_have_id(flow):
                flow.kill()  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
            raise

    # -- requests ------------------------------------------------------------------------------------------------------

    def waits_for_body(self, flow: HTTPFlow, head: RequestHead, browser: Browser) -> bool:
        """True if only the body of a form may say which session this is."""
        return may_have_id_in_body(flow) and self._door.lacks_id(asked_of(flow, head, browser))

    def not_at_hand(self, texts: Iterable[bytes]) -> list[str]:
        """The digests of what may be ids of sessions that only the store knows: of so many as it may be asked for."""
        ids = dict.fromkeys(each for each in that_may_be_ids(texts) if not self.tickets.is_at_hand(each))
        return [digest_of(each) for each in islice(ids, MOST_SOUGHT)]

    def found_again(self, ticket: Ticket) -> Ticket | None:
        """The session of this id as it is now: its client has been another process' in between."""
        return self.tickets.find(ticket.id.encode(), self._door.entry_of, ticket.last_used)

    def enter(self, flow: HTTPFlow, head: RequestHead, browser: Browser) -> tuple[Visit | None, RequestHead]:
        """What a request is, and how the exchange sees it; ids are out of the flow afterwards."""
        asked = asked_of(flow, head, browser)
        if flow.request.raw_content and may_have_id_in_body(flow):
            found = self._ids_in_body(flow, self._door.parameter_at(asked))
            asked = asked._replace(other_ids=(*asked.other_ids, *found))
        visit = self._door.enter(asked)
        if visit is None:
            return None, head
        clean = take_out(flow, head, visit)
        if not (has_body(flow.request) and may_stream(flow)):
            flow.response = self._own_answer(flow, visit, head, browser)
        return visit, clean

    def _own_answer(self, flow: HTTPFlow, visit: Visit, head: RequestHead, browser: Browser) -> Response | None:
        """What a browser gets without the application: what its script asks for, or the URL without an id."""
        if visit.ticket is not None and visit.entry.script and is_endpoint(visit.place):
            return self._answer_script(visit, visit.ticket, head, browser)
        if not self._is_to_be_cleaned(visit, head):
            return None
        location = f"{head.scheme}://{visit.authority}".encode() + visit.target
        return Response.make(302, b"", [(b"Location", location), (b"Cache-Control", b"no-store")])

    @staticmethod
    def _is_to_be_cleaned(visit: Visit, head: RequestHead) -> bool:
        """A browser with cookies that navigates to a URL with an id goes to the one without."""
        return visit.stage is Stage.COOKIES and visit.carries and visit.is_navigation and head.method in ("GET", "HEAD")

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

    def keep_in(
        self, flow: HTTPFlow, head: RequestHead, browser: Browser, visit: Visit | None
    ) -> tuple[RequestHead, list[Observation]]:
        """Take ids out of whatever else a request says, before it goes anywhere or is written down."""
        clean, ids = self._leaks.keep_in_head(flow, head, browser.name)
        if not ids or (visit is not None and visit.ticket is not None and visit.ticket.id in ids):
            return clean, []
        if flow.response is None:
            flow.response = self._detours.answer(flow, head, clean, browser.name, _address(flow, head, visit))
        return clean, [self._event(browser, head, CookielessReason.LEAK_STOPPED)]

    def keep_in_body(self, flow: HTTPFlow, browser: Browser, visit: Visit | None) -> None:
        """The same for a body that is there as a whole."""
        if may_have_id_in_body(flow):
            self._ids_in_body(flow, None if visit is None else visit.entry.parameter)
        self._leaks.keep_in_body(flow, browser.name)

    def _ids_in_body(self, flow: HTTPFlow, own: str | None) -> list[bytes]:
        """The ids in the fields of a form; they are taken out. Of the site's own parameter also forged ones."""
        found: list[bytes] = []
        for name in self._leaks.parameters:
            found += ids_in_body(flow, name, is_id if name == own else self._is_issued)
        return found

    def _is_issued(self, value: bytes) -> bool:
        return is_id(value) and self.tickets.is_issued(value.decode("ascii"))

    def keep_in_cookie(self, cookie: bytes, browser: Browser) -> bytes:
        """The same for the cookies that go with a request."""
        return self._leaks.keep_in_text(cookie, browser.name)

    def keep_in_message(self, flow: HTTPFlow, browser: Browser) -> None:
        """The same for a WebSocket message."""
        self._leaks.keep_in_message(flow, browser.name)

    def _event(self, browser: Browser, head: RequestHead, reason: CookielessReason) -> Event:
        site = site_of(head.host, self._suffixes)
        kind = EventKind.COOKIELESS
        return Event(
            head.time, browser.name, site, head.host, None, kind, reason.value, reason.sentence, flow_id=head.flow_id
        )

    # -- the script's requests -----------------------------------------------------------------------------------------

    def _answer_script(self, visit: Visit, ticket: Ticket, head: RequestHead, browser: Browser) -> Response:
        """Read or write what is `document.cookie` for a page. Where cookies work, the answer brings what was kept until then."""
        fields = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
        if not is_from_own_page(visit.asked_fields, f"{visit.place.scheme}://{visit.authority}"):
            return Response.make(403, b"", fields)
        if not visit.holds:
            return Response.make(200, b"", fields)
        site = site_of(visit.place.host, self._suffixes)
        access = document_of(visit.place, visit.asked_fields, site).access(head.time, head.flow_id)
        if head.method == "POST":
            written = self._leaks.keep_in_text(assigned(visit.asked_fields), browser.name)
            write_cookie(ticket.jar, written, access)
        self.tickets.keep(ticket)
        self.tickets.touch(ticket)
        self.tickets.note_seen(browser.name, ticket.id)
        return Response.make(200, readable_cookies(ticket.jar, access), fields | {SESSION_HEADER: ticket.id})

    # -- responses -----------------------------------------------------------------------------------------------------

    def lets_cookies_pass(self, flow: HTTPFlow, visit: Visit) -> bool:
        """True if nobody knows yet whether cookies work, and the response has no place for an id: then they may as well."""
        response = flow.response
        if visit.stage is not Stage.ASKING or response is None or (visit.ticket is not None and visit.ticket.is_kept):
            return False
        if can_carry(flow.request.method, response.status_code, response.headers.fields):
            return False
        visit.stage = Stage.COOKIES
        visit.ticket = None
        return True

    def hand_over(self, flow: HTTPFlow, visit: Visit) -> None:
        """A browser has cookies after all: it gets those that were held until that was known, as if they were set now."""
        ticket, response, now = visit.ticket, flow.response, flow.request.timestamp_start
        if ticket is None or response is None or not self._door.hands_over(visit, now):
            return
        if ticket.handed_over is not None:
            return
        ticket.handed_over = now
        fields = response.headers.fields
        there = names_in((*values(fields, b"set-cookie"), *values(visit.asked_fields, b"cookie")))
        given = given_to_browser(ticket.jar, there, visit.place)
        name = spelled(flow, b"Set-Cookie")
        response.headers.fields = (*fields, *((name, field) for field in given))

    def renew(self, flow: HTTPFlow, visit: Visit, browser: Browser, head: RequestHead) -> list[Observation]:
        """Another id if the application is about to set another session's; before its cookies are put into the jar.

        Where a browser could not learn the new id from the response, that waits for one from which it can.
        """
        ticket, response = visit.ticket, flow.response
        if ticket is None or response is None or not visit.holds or not ticket.is_kept:
            return []
        fields = response.headers.fields
        ticket.is_due |= any(_sets_session(value, ticket.jar) for value in values(fields, b"set-cookie"))
        is_heard = can_carry(flow.request.method, response.status_code, fields) or (
            visit.entry.script and _is_of_script(visit)
        )
        if not (ticket.is_due and visit.is_told and is_heard):
            return []
        visit.ticket = self.tickets.renew(ticket, head.time)
        return [self._event(browser, head, CookielessReason.RENEWED)]

    def late_jar(self, flow: HTTPFlow, visit: Visit) -> Jar | None:
        """Where cookies belong of a request that was on its way when its session's id was renewed: to what goes on since then.

        Unless one is a session id of the application: the one from before must not come to stand for the new one.
        """
        response, ticket = flow.response, visit.ticket
        if response is None or ticket is None or ticket.successor is None or not visit.holds:
            return None
        if any(_is_session(value) for value in values(response.headers.fields, b"set-cookie")):
            return None
        while ticket.successor is not None and ticket.until is not None:
            if flow.request.timestamp_start >= ticket.until - GRACE_SECONDS:
                return None
            ticket = ticket.successor
        self.tickets.touch(ticket)
        return ticket.jar

    def respond(self, flow: HTTPFlow, visit: Visit, browser: Browser, head: RequestHead) -> list[Observation]:
        """Rewrite a response. What is to be told of it."""
        ticket, response = visit.ticket, flow.response
        if ticket is None or response is None or not visit.holds:
            return []
        if not visit.is_told:
            self.tickets.touch(ticket)
            return []
        told: list[Observation] = []
        learns = rewrite(flow, self._rewriting(flow, visit, ticket, browser, head))
        if learns and self.tickets.keep(ticket):
            told.append(self._event(browser, head, CookielessReason.STARTED))
        self.tickets.touch(ticket)
        if ticket.is_kept:
            self.tickets.note_seen(browser.name, ticket.id)
        own: list[tuple[bytes, bytes]] = []
        if visit.stage is Stage.ASKING and learns:
            own.append((b"Set-Cookie", probe_field(self._answers.ask(ticket), visit.place.scheme == "https")))
        response.headers.fields = without(response.headers.fields, SESSION_HEADER.lower().encode())
        if visit.entry.script and visit.said_another_id(ticket.id):
            own.append((SESSION_HEADER.encode(), ticket.id.encode()))
        if own:
            written = ((spelled(flow, name), value) for name, value in own)
            response.headers.fields = (*response.headers.fields, *written)
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
            if self.keeper.recorder is not None:
                self.keeper.recorder.add(browser, [self._event(browser, head, CookielessReason.TOO_MUCH)])

        return Rewriting(
            visit,
            ticket.id,
            ticket.is_kept,
            self._door.is_one_site(visit.entry, browser.name),
            self._door.asks_path(visit.entry),
            is_reverse(flow),
            url,
            readable_cookies(ticket.jar, access).decode("utf-8", "replace"),
            on_trouble,
        )


def _address(flow: HTTPFlow, head: RequestHead, visit: Visit | None) -> str:
    """The URL of a request as the browser should have it: with its own session's id, and no other."""
    target = flow.request.path.encode("utf-8", "surrogateescape")
    if visit is not None and visit.holds and visit.ticket is not None and visit.ticket.is_kept:
        target = visit.carrier.put(target, visit.ticket.id)
    return f"{head.scheme}://{browser_authority(flow, head)}{target.decode('utf-8', 'surrogateescape')}"


def _is_of_script(visit: Visit) -> bool:
    """True if a page's script asked, which our script hears the answer of."""
    fields = visit.asked_fields
    return values(fields, b"sec-fetch-dest") == [b"empty"] or bool(values(fields, b"x-requested-with"))


def _is_session(source: bytes) -> bool:
    """True if this Set-Cookie field is about a session of the application."""
    said = parse_set_cookie(source)
    return is_session_id(said.name, said.value)


def _sets_session(source: bytes, jar: Jar) -> bool:
    """True if this Set-Cookie field gives a session of the application another id, or its first one."""
    said = parse_set_cookie(source)
    if not is_session_id(said.name, said.value):
        return False
    return all(cookie.name != said.name or cookie.value != said.value for cookie in jar)
