"""The tracker of sessions between traffic and store: told of each exchange, drained for the recorder, loaded after a restart.

One for live traffic and one for saved flows. What is logged of sessions is said here, each thing in a line; ids only as hashes.
"""

import logging
import secrets
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b

from mitmproxy.http import HTTPFlow

from ..config import Config
from ..core.events import EndCause, Observation, SessionSeen
from ..core.hosts import Suffixes, site_of
from ..core.syntax import wire_text
from ..exchange import Browser, RequestHead, RequestResult, ResponseHead
from ..exchange.session_view import session_view
from ..record.protocol import StoreError
from ..sessions.endings import span
from ..sessions.logins import has_password
from ..sessions.routine import READING, Likeness, likeness
from ..sessions.shelf import MOST_OPEN
from ..sessions.tracker import Change, HashId, Told, Tracker
from ..sessions.urls import may_have_id
from . import flows
from .notices import clipped, printable
from .recorder import Recorder

logger = logging.getLogger(__name__)

REMEMBERED_IDS = 65_536
REMEMBERED_OCTETS = 256
DRAIN_AT = 1_000
"""Exchanges after which what changed is handed to the recorder without waiting for the next tick."""
DRAIN_SECONDS = 1.0
"""How often a store is told of sessions that are in use."""
SWEEP_SECONDS = 1.0
MOST_BODY = 1_048_576
"""Octets of a request's body that may be a login's."""
SHOWN_DIGITS = 8
FIRST_REDIRECT = 300


class SessionWatch:
    """The tracker of one kind of traffic."""

    def __init__(self, suffixes: Suffixes) -> None:
        self.recorder: Recorder | None = None
        self._hash = _hasher(secrets.token_bytes(32))
        self._tracker = Tracker(lambda value: self._hash(value), lambda host: site_of(host, suffixes))
        self._loaded_from: Recorder | None = None
        self._undrained = 0
        self._next_sweep = 0.0
        self._next_drain = 0.0
        self._let_go = 0

    def follow(self, config: Config) -> None:
        """Another configuration is in force."""
        self._tracker.follow(config.tracking)

    def take(
        self,
        flow: HTTPFlow,
        browser: Browser,
        head: RequestHead,
        request: RequestResult,
        response: ResponseHead,
        observed: Sequence[Observation],
    ) -> None:
        """One exchange, when its response has been taken through."""
        if self.recorder is not self._loaded_from:
            self._load()
        access = request.access
        cookie = flows.upstream_cookie(flow)
        alike = None
        if response.status < FIRST_REDIRECT and cookie is None:
            alike = likeness(browser.name, access.host, access.scheme, request.given, _destination(request), observed)
        if alike is None or not self._is_again(alike, head, request, response, observed):
            exchange = session_view(browser, head, request, response, observed, cookie, lambda: _has_password(flow))
            for told in self._tracker.tell(exchange, alike):
                _log(told)
        self._undrained += 1
        if self._undrained >= DRAIN_AT:
            self.gather()

    def _is_again(
        self,
        alike: Likeness,
        head: RequestHead,
        request: RequestResult,
        response: ResponseHead,
        observed: Sequence[Observation],
    ) -> bool:
        """True if the exchange was like one before, and has been counted."""
        if head.method not in READING:
            return False
        for name, value in request.telling:
            if name == b"referer" and may_have_id(value):
                return False
        access = request.access
        return self._tracker.repeat(alike, access.host, head.path, access.time, response.time, access.flow_id, observed)

    def tick(self) -> None:
        """Between exchanges: end what has expired, and hand on what changed."""
        now = time.time()
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_SECONDS
            for told in self._tracker.sweep(now):
                _log(told)
            self._warn_of_bounds()
        if now >= self._next_drain:
            self._next_drain = now + DRAIN_SECONDS
            self.gather()

    def finish(self) -> None:
        """No saved flow is left: end what had expired at the time of the last one."""
        for told in self._tracker.sweep_to_latest():
            _log(told)
        self._warn_of_bounds()
        self.gather()

    def gather(self) -> None:
        """Hand on what changed."""
        self._undrained = 0
        if self.recorder is not None:
            changes = list(self.drain())
            if changes:
                self.recorder.add_session(changes)

    def drain(self) -> Iterator[Observation]:
        """What changed since the last call."""
        return self._tracker.drain()

    def everything(self) -> Iterator[Observation]:
        """All sessions and findings, for a store that has none of them."""
        return self._tracker.everything()

    def welcome(self, sessions: Sequence[SessionSeen]) -> None:
        """A client has come from another process, or back: its sessions go on here."""
        if self.recorder is not self._loaded_from:
            self._load()
        self._tracker.load(sessions, ())

    def forget(self, client: str) -> None:
        """A client is another process' from now on; what changed of its sessions is handed on before, or is nothing any more."""
        self._tracker.forget(client)

    def _load(self) -> None:
        """Go on where the store says that an earlier run stopped; what is in memory is newer."""
        recorder = self.recorder
        if recorder is None or recorder.store is None:
            return
        is_first = self._loaded_from is None
        self._loaded_from = recorder
        if not is_first or not self._tracker.is_empty:
            return
        store = recorder.store
        self._hash = _remembering(store.hash_id)
        try:
            self._tracker.load(*recorder.tracked())
        except StoreError as error:
            logger.warning(f"Sessions of before are not known: {error}")

    def _warn_of_bounds(self) -> None:
        if self._tracker.let_go > self._let_go:
            let_go = self._tracker.let_go - self._let_go
            self._let_go = self._tracker.let_go
            logger.warning(
                f"More than {MOST_OPEN:,} sessions go on at once: {let_go} of them, those used longest ago, are not followed any "
                "more and stay open in the log. `record: except` leaves out hosts that need not be followed."
            )


def _destination(request: RequestResult) -> bytes:
    """Sec-Fetch-Dest, if the browser says it."""
    for name, value in request.telling:
        if name == b"sec-fetch-dest":
            return value
    return b""


def _hasher(key: bytes) -> HashId:
    """A hash of our own, until a store gives its."""
    return _remembering(lambda value: blake2b(value, digest_size=8, key=key).hexdigest())


def _remembering(hash_id: HashId) -> HashId:
    """The same ids come again and again; long ones would take too much memory."""
    remembered = lru_cache(REMEMBERED_IDS)(hash_id)
    return lambda value: remembered(value) if len(value) <= REMEMBERED_OCTETS else hash_id(value)


def _has_password(flow: HTTPFlow) -> bool:
    """Whether the request's body has a password: asked of what may change something, and never of streamed bodies."""
    body = flow.request.raw_content
    return bool(body) and len(body or b"") <= MOST_BODY and has_password(body or b"")


SAID = {
    Change.BEGAN: "session {id} began",
    Change.ROTATED: "session {id} was replaced by {next}",
    Change.ENDED: "session {id} ended, {cause}, after {lifetime}: {sentence}{policy}",
}
JUDGED_BY_POLICY = frozenset((EndCause.TIMED_OUT, EndCause.LOST, EndCause.EXPIRED))
ADOPTED = "session {id} began before it was seen, and is followed from now on"


def _log(told: Told) -> None:
    session = told.session
    name = clipped(printable(wire_text(session.cookie)), 80)
    text = ADOPTED if told.change is Change.BEGAN and session.adopted else SAID[told.change]
    said = text.format(
        id=session.id[:SHOWN_DIGITS],
        next=(session.rotated_to or "another")[:SHOWN_DIGITS],
        cause=session.end_cause.value.replace("_", " "),
        lifetime=span((session.ended or session.last_seen) - session.started),
        sentence=printable(session.end_sentence or ""),
        policy=_by_policy(session),
    )
    logger.info(f"{printable(session.host)} {name}: {said} [{printable(session.client)}]")


def _by_policy(session: SessionSeen) -> str:
    """What should have happened, beside what did; nothing where nobody says, or a person ended it."""
    due, ended = session.expected_end, session.ended
    if due is None or ended is None or session.end_cause not in JUDGED_BY_POLICY:
        return ""
    when = "now" if round(due) == round(ended) else f"{span(abs(ended - due))} {'earlier' if due < ended else 'later'}"
    return f" By the policy {printable(session.policy or '')} it should have ended {when}."
