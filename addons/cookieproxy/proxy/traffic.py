"""Flows through the exchange: what passes now is rewritten; what saved traffic has in common with it is here, too.

The requests that wait for their responses are bounded: those that never get one must not fill the memory.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple

from mitmproxy.http import HTTPFlow

from ..cookieless.door import Visit
from ..cookieless.script import ASK_HEADER
from ..core.events import Observation
from ..core.hosts import Suffixes
from ..core.jar import Jar
from ..exchange import Browser, RequestHead, RequestResult
from ..exchange.browser import held_profile
from . import flows, seen
from .browsers import Browsers
from .cookieless import Cookieless
from .elsewhere import Elsewhere
from .notices import Notices
from .policy import Policy
from .recorder import Recorder
from .refusal import REFUSE, refuse
from .sessions import SessionWatch
from .visits import may_have_id_in_body

logger = logging.getLogger(__name__)

MOST_PENDING = 10_000
FIELDS_WITH_IDS = frozenset((b"referer", ASK_HEADER.lower().encode()))
"""Of a request, beside its target."""
COMINGS = 8
"""How often an exchange waits for a client that other processes take away again before it could go on."""

type Digests = Callable[[], list[str]]
"""Which cookieless sessions have to be looked up, as far as is known now."""


class Pending(NamedTuple):
    """A request that waits for its response."""

    browser: Browser
    request: RequestResult
    head: RequestHead
    visit: Visit | None = None
    """What it is to a site with sessions in the URL."""


class Traffic:
    """The clients of one kind of traffic, and what they wait for."""

    def __init__(self, suffixes: Suffixes, notices: Notices) -> None:
        self.sessions = SessionWatch(suffixes)
        self._recorder: Recorder | None = None
        self._elsewhere: Elsewhere | None = None
        """What has to be waited for where the store is on another machine."""
        self._suffixes = suffixes
        self._notices = notices
        self._browsers = Browsers(suffixes, self._on_new_browser, self._on_leaving_browser)
        self._policy: Policy | None = None
        self._pending: dict[str, Pending] = {}

    @property
    def recorder(self) -> Recorder | None:
        """What records this traffic, if anything does."""
        return self._recorder

    @recorder.setter
    def recorder(self, recorder: Recorder | None) -> None:
        self._recorder = self.sessions.recorder = recorder
        self._elsewhere = None if recorder is None else recorder.elsewhere

    def follow(self, policy: Policy) -> None:
        """Another configuration is in force."""
        self._policy = policy
        self.sessions.follow(policy.config)
        if self.recorder is not None:
            self.recorder.gather()
        self._browsers.follow(policy)

    @property
    def browsers(self) -> Iterable[Browser]:
        """The clients in memory."""
        return self._browsers

    def shed(self) -> None:
        """Keep the memory within bounds, if those who have to leave it are kept in a store."""
        if self.recorder is not None and self.recorder.storage.can_give_back:
            self._browsers.shed()

    def forget(self, flow: HTTPFlow) -> None:
        """There will be no response."""
        self._pending.pop(flow.id, None)

    def is_awaited(self, flow: HTTPFlow) -> bool:
        """True if the flow's response has not been seen."""
        return flow.id in self._pending

    def _await(self, flow: HTTPFlow, pending: Pending) -> None:
        if len(self._pending) >= MOST_PENDING:
            del self._pending[next(iter(self._pending))]
        self._pending[flow.id] = pending

    def let_go(self, client: str) -> None:
        """Another process wants this client: what changed is handed over, and it leaves memory."""
        browser = self._browsers.pop(client)
        if self.recorder is not None:
            if browser is not None:
                self.recorder.forget_client(browser)
            self.sessions.gather()
            self.recorder.hand_over()
        self.sessions.forget(client)

    def disown(self, client: str) -> None:
        """Another process has this client: it leaves memory."""
        browser = self._browsers.pop(client)
        if browser is not None and self.recorder is not None:
            self.recorder.disown(browser)
        self.sessions.forget(client)

    def tell_again(self, since: float) -> None:
        """What changed of clients since then may be lost with the store's machine."""
        if self.recorder is not None:
            self.recorder.tell_again(self._browsers, since)

    def _on_new_browser(self, browser: Browser) -> None:
        if self.recorder is not None:
            self.recorder.restore(browser)

    def _on_leaving_browser(self, browser: Browser) -> None:
        if self.recorder is not None:
            self.recorder.forget_client(browser)


class LiveTraffic(Traffic):
    """What passes through the proxy now."""

    def __init__(self, suffixes: Suffixes, notices: Notices) -> None:
        super().__init__(suffixes, notices)
        self._since = time.time()
        self.cookieless = Cookieless(suffixes, self._held_jar)
        self._waiting: dict[str, RequestHead] = {}

    def follow(self, policy: Policy) -> None:
        """Another configuration is in force."""
        super().follow(policy)
        self.cookieless.follow(policy.config)

    def _held_jar(self, client: str) -> Jar:
        assert self._policy is not None
        browser = self._browsers.get(client)
        profile = self._policy.profile_of(client, "") if browser is None else browser.profile
        return Jar(held_profile(profile, self._policy.config.enforce), self._suffixes)

    def forget(self, flow: HTTPFlow) -> None:
        """There will be no response."""
        super().forget(flow)
        self._waiting.pop(flow.id, None)

    def _on_new_browser(self, browser: Browser) -> None:
        if self.recorder is not None:
            self.recorder.admit(browser)

    def let_go(self, client: str) -> None:
        """The same, with the sessions in the URL that are the client's."""
        self.cookieless.keeper.let_go(client)
        super().let_go(client)

    def disown(self, client: str) -> None:
        """The same."""
        self.cookieless.keeper.disown(client)
        super().disown(client)

    def tell_again(self, since: float) -> None:
        """The same, with the sessions in the URL."""
        super().tell_again(since)
        if self.recorder is not None:
            self.recorder.add_session(self.cookieless.keeper.everything())

    def request(self, flow: HTTPFlow, head: RequestHead) -> Awaitable[None] | None:
        """The way up, before the body."""
        if self._policy is None:
            return None
        browser = self._browsers.of(flow)
        if self._elsewhere is not None:
            return self._when_known(
                flow, browser, lambda: self._not_at_hand(head), lambda whose: self._enter(flow, head, whose), True
            )
        self._enter(flow, head, browser)
        return None

    def _enter(self, flow: HTTPFlow, head: RequestHead, browser: Browser) -> None:
        if not self.cookieless.is_on:
            self._request(flow, head, browser)
            return
        with self.cookieless.closed_on_failure(flow):
            if self.cookieless.waits_for_body(flow, head, browser):
                self._waiting[flow.id] = head
            else:
                self._request(flow, head, browser)

    def _when_known(
        self,
        flow: HTTPFlow,
        browser: Browser,
        digests: Digests,
        then: Callable[[Browser], None],
        may_be_refused: bool = False,
    ) -> Awaitable[None] | None:
        """Go on now, or when the store has told of the client and of the sessions of these digests.

        A request of which it cannot tell may be refused.
        """
        elsewhere = self._elsewhere
        client = None if elsewhere is None else elsewhere.arrivals.waiting_for(browser)
        asked = digests()
        if elsewhere is None or (client is None and not asked and not elsewhere.arrivals.is_unknown(browser)):
            then(browser)
            return self._kept(browser)
        return self._wait(elsewhere, flow, browser, asked, digests, then, may_be_refused)

    async def _wait(
        self,
        elsewhere: Elsewhere,
        flow: HTTPFlow,
        browser: Browser,
        asked: list[str],
        digests: Digests,
        then: Callable[[Browser], None],
        may_be_refused: bool,
    ) -> None:
        """Go on when the store has told of both, or takes too long; only this exchange waits.

        Another process may want the client meanwhile, and have it: then it has to come back first.
        """
        for _ in range(COMINGS):
            found = await elsewhere.find(asked) if asked else {}
            if (client := elsewhere.arrivals.waiting_for(browser)) is not None:
                await asyncio.shield(client)  # others wait for it, too
            if self._browsers.get(browser.name) is browser:
                trouble = elsewhere.unknown(browser, found)
                break
            browser = self._browsers.get(browser.name) or self._browsers.of(flow)
            asked = digests()
        else:
            trouble = "Other processes want this client all the time."
        if trouble is not None and may_be_refused and self._refuses(flow, trouble):
            return
        with elsewhere.knowing(found or {}):
            then(browser)
        if (kept := self._kept(browser)) is not None:
            await kept

    def _refuses(self, request: HTTPFlow, trouble: str) -> bool:
        """Whether the rules say that a request passes only if its client is known; then it is answered so."""
        if self._policy is None or self._policy.config.on_store_failure != REFUSE:
            return False
        self._waiting.pop(request.id, None)
        if request.response is None:
            refuse(request, trouble)
        return True

    def _kept(self, browser: Browser) -> Awaitable[None] | None:
        """What an exchange has to wait for when it has changed what is kept for its client."""
        recorder = self.recorder
        if recorder is None or recorder.custody is None:
            return None
        if self.cookieless.is_on:
            self.cookieless.keeper.gather()
        return recorder.keep(browser)

    def _not_at_hand(self, head: RequestHead | None, body: bytes = b"") -> list[str]:
        """The digests of what may be ids of sessions in a request, as far as only the store may know them."""
        if not self.cookieless.is_on:
            return []
        said = () if head is None else (value for name, value in head.fields if name.lower() in FIELDS_WITH_IDS)
        return self.cookieless.not_at_hand((b"" if head is None else head.path, *said, body))

    def body(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """The way up, with the body."""
        if not self.cookieless.is_on or self._policy is None:
            return None
        browser = self._browsers.of(flow)
        if self._elsewhere is not None:
            form = (flow.request.raw_content or b"") if may_have_id_in_body(flow) else b""
            head = self._waiting.get(flow.id)
            return self._when_known(
                flow, browser, lambda: self._not_at_hand(head, form), lambda whose: self._body(flow, whose), True
            )
        self._body(flow, browser)
        return None

    def _body(self, flow: HTTPFlow, browser: Browser) -> None:
        cookieless = self.cookieless
        with cookieless.closed_on_failure(flow):
            if (head := self._waiting.pop(flow.id, None)) is not None:
                self._request(flow, head, browser)
            pending = self._pending.get(flow.id)
            cookieless.keep_in_body(flow, browser, None if pending is None else pending.visit)

    def message(self, flow: HTTPFlow) -> None:
        """A WebSocket message. What of its client is in memory is enough for it."""
        if self.cookieless.is_on:
            self.cookieless.keep_in_message(flow, self._browsers.of(flow))

    def _request(self, flow: HTTPFlow, head: RequestHead, browser: Browser) -> None:
        assert self._policy is not None
        visit, session = None, None
        stopped: list[Observation] = []
        if self.cookieless.is_on:
            visit, head = self.cookieless.enter(flow, head, browser)
            if visit is not None and visit.holds and flow.response is not None:
                return  # our script's request, which has nothing to do with the application
            session = None if visit is None else self.cookieless.jar_for(visit, head.time)
            head, stopped = self.cookieless.keep_in(flow, head, browser, visit)
        result = self._policy.requests.process(browser, head, flow, session=session)
        result.observations += stopped
        if visit is not None:
            result.observations += self.cookieless.reasons(visit, browser, head)
            if result.cookie and session is not None:
                result.cookie = self.cookieless.keep_in_cookie(result.cookie, browser)
            if not visit.holds:
                result.session = None
        self._await(flow, Pending(browser, result, head, visit))
        if result.cookie is not None:
            flows.write_cookie(flow, result.cookie)
        if result.headers:
            flows.write_headers(flow, flow.request.headers, result.headers)
        self._keep(browser, result.observations, head.time, flow)
        seen.note(flow, "request", result.observations)

    def response(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """The way down, before the body."""
        pending = self._pending.pop(flow.id, None)
        if pending is not None:
            if self._elsewhere is not None:
                return self._respond_when_ours(flow, pending)
            self._respond(flow, pending)
            return None
        if flow.request.timestamp_start >= self._since or self._policy is None:
            return None
        return self._respond_from_before(flow)

    def _respond_when_ours(self, flow: HTTPFlow, pending: Pending) -> Awaitable[None] | None:
        """A client may have left for another process, and come back, while its request was on its way."""
        browser = self._browsers.get(pending.browser.name) or self._browsers.of(flow)

        def digests() -> list[str]:
            if self._browsers.get(pending.browser.name) is pending.browser:
                return []
            ticket = None if pending.visit is None else pending.visit.ticket
            return [] if ticket is None or self.cookieless.tickets.is_at_hand(ticket.id) else [ticket.digest]

        return self._when_known(flow, browser, digests, lambda whose: self._respond_to(flow, pending, whose))

    def _respond_to(self, flow: HTTPFlow, pending: Pending, browser: Browser) -> None:
        """With the session as it is in this memory now."""
        if browser is pending.browser:
            self._respond(flow, pending)
            return
        pending, visit = pending._replace(browser=browser), pending.visit
        if visit is not None and visit.ticket is not None and visit.ticket.is_kept:
            old, visit.ticket = visit.ticket.jar, self.cookieless.found_again(visit.ticket)
            if pending.request.session is old:
                pending.request.session = None if visit.ticket is None else visit.ticket.jar
        self._respond(flow, pending)

    def _respond_from_before(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """A request that went up before the script was loaded anew: what its response sets is nevertheless ours to judge."""
        head = flows.request_head(flow)
        if head is None:
            return None
        browser = self._browsers.of(flow)
        digest = flows.kept_session(flow)
        return self._when_known(
            flow,
            browser,
            lambda: [] if digest is None else [digest],
            lambda whose: self._respond(flow, self._from_before(flow, head, whose, digest)),
        )

    def _respond(self, flow: HTTPFlow, pending: Pending) -> None:
        assert self._policy is not None
        browser, visit = pending.browser, pending.visit
        renewed: list[Observation] = []
        if visit is not None:
            renewed = self._before(flow, visit, pending, flows.response_head(flow).time)
        head = flows.response_head(flow)
        result = self._policy.responses.process(browser, pending.request, head, flow)
        result.observations += renewed
        observed = pending.request.observations + result.observations
        self.sessions.take(flow, browser, pending.head, pending.request, head, observed)
        if result.set_cookies is not None:
            flows.write_set_cookies(flow, result.set_cookies)
        if result.headers and flow.response is not None:
            flows.write_headers(flow, flow.response.headers, result.headers)
        if visit is not None:
            at = pending.head._replace(time=head.time)
            result.observations += self.cookieless.respond(flow, visit, browser, at)
        elif pending.request.session is not None:
            self.cookieless.keeper.keep_late(browser.name, flows.kept_session(flow) or "", pending.request.session)
        if result.observations:
            self._keep(browser, result.observations, head.time, flow)
            seen.note(flow, "response", result.observations)

    def _before(self, flow: HTTPFlow, visit: Visit, pending: Pending, now: float) -> list[Observation]:
        """What has to be settled of a session before the response's cookies go to its jar."""
        if self.cookieless.lets_cookies_pass(flow, visit):
            pending.request.session = None
        self.cookieless.hand_over(flow, visit)
        renewed = self.cookieless.renew(flow, visit, pending.browser, pending.head._replace(time=now))
        if renewed and visit.ticket is not None:
            pending.request.session = visit.ticket.jar
        elif (jar := self.cookieless.late_jar(flow, visit)) is not None:
            pending.request.session = jar
        return renewed

    def _from_before(self, flow: HTTPFlow, head: RequestHead, browser: Browser, digest: str | None) -> Pending:
        assert self._policy is not None
        result = self._policy.requests.process(browser, head, flow, watch=True)
        if digest is not None:
            result.session = self.cookieless.keeper.jar_of(digest)
        return Pending(browser, result, head)

    def _keep(self, browser: Browser, observations: list[Observation], now: float, flow: HTTPFlow) -> None:
        if observations:
            self._notices.tell(observations, flow)
        if self.recorder is not None:
            self.recorder.seen(browser, now)
            self.recorder.add(browser, observations)
