"""One session of one client: what was seen of it so far, as a thing that changes.

Holds numbers and short texts, a hash of the id and never the id itself: about `BYTES_PER_SESSION` each. What ends it and why is
judged elsewhere (`endings`).
"""

from typing import NamedTuple

from ..core.events import EndCause
from .cookie_knowledge import CookieKnowledge
from .names import Recognition
from .policies import Timeouts

BYTES_PER_SESSION = 3_000
"""A bound on what one takes in memory, all of its texts at their usual lengths."""
EARLY = 0.45
"""The share of a cookie's life in which only a server renews it that always does; others wait for the half."""
POLICY_SLACK = 2.0
"""Seconds by which a policy and what was seen may differ."""
RECENT_GAPS = 4
MOST_PATHS = 24
"""Pages that are remembered as having worked with it."""


class Key(NamedTuple):
    """What tells sessions apart that are there at one time."""

    client: str
    site: str
    name: bytes
    id: str
    """The keyed hash."""


class Record(NamedTuple):
    """A gap that was longer than any before."""

    at: float
    """Unix seconds of the request that ended it."""
    gap: float
    before: float
    """Seconds, the longest until then."""
    is_steady: bool
    """True if those just before were about as long."""


class Standing(NamedTuple):
    """What is known of the uses of a session."""

    last_seen: float
    proven: float
    requests: int


class Session:
    """A session that goes on, or that is over and may yet be asked for."""

    __slots__ = (
        "adopted",
        "alias",
        "also",
        "answered",
        "before_end",
        "by_refusal",
        "domain",
        "doubtful_gap",
        "end_cause",
        "end_flow",
        "end_sentence",
        "ended",
        "expiry",
        "host",
        "in_url",
        "inherited",
        "key",
        "killing_age",
        "killing_gap",
        "known",
        "last_seen",
        "logged_in",
        "longest_gap",
        "member_gap",
        "overrun",
        "path",
        "paths",
        "pending_gap",
        "pending_login",
        "policy",
        "proven",
        "recent",
        "recognition",
        "records",
        "reissued",
        "renewals",
        "renewed_at",
        "requests",
        "risen",
        "rotated_from",
        "rotated_to",
        "start_flow",
        "started",
        "tells_logout",
        "took_over",
    )

    def __init__(
        self,
        key: Key,
        host: str,
        started: float,
        flow_id: str | None,
        recognition: Recognition,
        known: CookieKnowledge,
    ) -> None:
        self.key = key
        self.known = known
        """What is known of all sessions of its cookie."""
        self.host = host
        self.domain = host
        """Where its cookie belongs, for what the jar tells of it."""
        self.overrun: float | None = None
        """When it should have been over by its policy, if it was used after that."""
        self.path: bytes | None = None
        """The Path its cookie was set with."""
        self.alias: bytes | None = None
        """The name that the browser knows it by, if a rule renamed it."""
        self.started = started
        self.last_seen = started
        self.answered = started
        """When the last response came to a request with it."""
        self.ended: float | None = None
        self.end_cause = EndCause.OPEN
        self.end_sentence: str | None = None
        self.end_flow: str | None = None
        self.start_flow = flow_id
        self.requests = 0
        self.longest_gap = 0.0
        self.member_gap = 0.0
        """Seconds, the longest that it survived since it was logged in."""
        self.pending_gap = 0.0
        """A gap after which it was sent, and nothing has shown since that it was still good."""
        self.recent: tuple[float, ...] = ()
        """The latest gaps, in seconds."""
        self.doubtful_gap = 0.0
        """A gap that it survived, but perhaps for one request only."""
        self.proven = started
        """The last time at which it was good for sure."""
        self.killing_gap: float | None = None
        self.killing_age: float | None = None
        self.risen: float | None = None
        """When a late response set its id again although it was over."""
        self.also: tuple[str, ...] = ()
        """Hashes of later values, if the cookie carries its content and so changes with it."""
        self.rotated_from: str | None = None
        """The id in answer to which this one was issued."""
        self.took_over = False
        """True if that one was good until then."""
        self.rotated_to: str | None = None
        self.policy: Timeouts | None = None
        self.adopted = False
        self.logged_in = False
        self.inherited = False
        """True while it is taken for logged in only because the id before it was."""
        self.pending_login: tuple[float, str | None] | None = None
        """Time and flow of a login of which is not known yet whether it succeeded."""
        self.by_refusal: int | None = None
        """The page that was refused, if nothing else showed its end."""
        self.before_end: Standing | None = None
        """How it stood before it was replaced, while it may turn out that it was dead by then."""
        self.tells_logout: tuple[float, str | None] | None = None
        """Time and flow of a logout that left the cookie where it was."""
        self.expiry: float | None = None
        self.renewals = 0
        """How often its cookie was set again with the same value."""
        self.reissued: tuple[int, int] = (0, 0)
        """Responses to requests with it in the first half of its cookie's life: all, and those that set it again."""
        self.renewed_at = started
        """When its cookie was set last."""
        self.in_url = False
        self.recognition = recognition
        self.paths: dict[int, float] = {}
        """Checksums of the paths that worked with it, and when each did last."""
        self.records: tuple[Record, ...] = ()
        """The latest gaps that were longer than any before."""

    @property
    def is_open(self) -> bool:
        """True while it goes on, as far as is known."""
        return self.ended is None

    @property
    def is_listed(self) -> bool:
        """True if enough speaks for its being a session."""
        return self.recognition.is_enough

    def end(self, cause: EndCause, time: float, flow_id: str | None, sentence: str) -> None:
        """It is over, or turns out to have been over in another way."""
        self.ended = max(time, self.started)
        self.end_cause = cause
        self.end_flow = flow_id
        self.end_sentence = sentence

    def renewed(self, asked: float, expiry: float | None) -> None:
        """A response to a request of this time set its cookie again."""
        if self.expiry is not None:
            early, again = self.reissued
            if asked - self.renewed_at < (self.expiry - self.renewed_at) * EARLY:
                self.reissued = (early + 1, again + 1)
        self.renewals += 1
        self.renewed_at = asked
        self.expiry = expiry

    def not_renewed(self, asked: float) -> None:
        """A response to a request of this time did not set its cookie again, which tells something early in its life."""
        if self.expiry is not None and asked - self.renewed_at < (self.expiry - self.renewed_at) * EARLY:
            early, again = self.reissued
            self.reissued = (early + 1, again)

    @property
    def standing(self) -> Standing:
        """What is known of its uses now."""
        return Standing(self.last_seen, self.proven, self.requests)

    def go_on(self) -> None:
        """It was not over after all."""
        self.ended = self.end_sentence = self.end_flow = self.by_refusal = self.before_end = None
        self.end_cause = EndCause.OPEN
        self.killing_gap = self.killing_age = None

    @property
    def renewal(self) -> str | None:
        """How its cookie's end is pushed out; None if it has none, or too little was seen."""
        early, early_renewed = self.reissued
        if self.expiry is None or self.requests < 2:
            return None
        if early and early_renewed * 2 >= early:
            return "sliding"
        if self.renewals:
            return "half-sliding"
        return "fixed"

    @property
    def expected_end(self) -> float | None:
        """When the server should have ended it by its policy for the first time, or should end it if it is not used again."""
        if self.overrun is not None:
            return self.overrun
        return None if self.policy is None else self.policy.expected_end(self.started, self.last_seen)

    def note_overrun(self, asked: float) -> None:
        """It is used at this time: by its policy it may have been over by then."""
        due = self.expected_end
        if self.overrun is None and due is not None and due + POLICY_SLACK < asked:
            self.overrun = due
