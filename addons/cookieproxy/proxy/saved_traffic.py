"""Saved flows through the exchange: watched, never rewritten, by clients of their own (R10, R21).

An old file cannot change what the proxy holds for a browser of today. Sessions without cookies are told apart by the digest that
their flows have.
"""

from collections import OrderedDict

from mitmproxy.http import HTTPFlow

from ..core.events import Observation, RequestSeen
from ..core.hosts import Suffixes
from ..core.jar import Jar
from ..core.recent import remember
from ..exchange import Browser, RequestHead, RequestResult
from . import flows, seen
from .notices import Notices
from .recorder import Recorder
from .saved import SavedFlows
from .traffic import Pending, Traffic

MOST_SAVED_SESSIONS = 10_000


class SavedTraffic(Traffic):
    """Flows that were read from files."""

    def __init__(self, suffixes: Suffixes, notices: Notices) -> None:
        super().__init__(suffixes, notices)
        self._flows = SavedFlows(self._request, self._response)
        self._knows_store: Recorder | None = None
        self._sessions: OrderedDict[str, Jar] = OrderedDict()
        """What is held for the sessions in these flows, by the digest that a flow has."""
        self.drain = self._flows.drain
        self.drain_if_idle = self._flows.drain_if_idle

    def add(self, flow: HTTPFlow) -> bool:
        """Take one flow, unless it was read before; True if it is new."""
        if self.recorder is not self._knows_store:
            self._knows_store = self.recorder
            if self.recorder is not None:
                self._flows.know(self.recorder.flow_ids())
        return self._flows.add(flow)

    def _request(self, flow: HTTPFlow) -> None:
        head = flows.request_head(flow)
        if head is None or self._policy is None:
            return
        browser = self._browsers.of(flow)
        session = self._session(flows.kept_session(flow), browser)
        result = self._policy.requests.process(browser, head, flow, watch=True, session=session)
        self._await(flow, Pending(browser, result, head))
        if not any(isinstance(each, RequestSeen) for each in result.observations):
            result.observations.append(_trace(browser, result, head))
        self._keep(browser, result.observations, head.time)
        seen.note(flow, "request", result.observations)

    def _response(self, flow: HTTPFlow) -> None:
        pending = self._pending.pop(flow.id, None)
        if pending is None or self._policy is None or flow.response is None:
            return
        browser = pending.browser
        head = flows.response_head(flow)
        result = self._policy.responses.process(browser, pending.request, head, flow, watch=True)
        observed = pending.request.observations + result.observations
        self.sessions.take(flow, browser, pending.head, pending.request, head, observed)
        self._keep(browser, result.observations, head.time)
        seen.note(flow, "response", result.observations)

    def _session(self, digest: str | None, browser: Browser) -> Jar | None:
        if digest is None:
            return None
        jar = self._sessions.get(digest)
        if jar is None:
            jar = Jar(browser.held.profile, self._suffixes)
        remember(self._sessions, digest, jar, MOST_SAVED_SESSIONS)
        return jar

    def _keep(self, browser: Browser, observations: list[Observation], now: float) -> None:
        self._notices.tell(observations, None)
        if self.recorder is not None:
            self.recorder.seen(browser, now)
            self.recorder.add_watched(browser, observations, now)


def _trace(browser: Browser, result: RequestResult, head: RequestHead) -> RequestSeen:
    """A request without cookies, so that the store knows its flow when the file is read again."""
    access = result.access
    return RequestSeen(
        access.time,
        browser.name,
        result.site,
        access.host,
        access.scheme,
        head.method,
        access.path,
        access.flow_id,
        access.party.value,
        0,
        (),
    )
