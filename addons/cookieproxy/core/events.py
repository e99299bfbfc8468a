"""What can be told about an exchange: the observations that `exchange` makes and `record` keeps.

Plain tuples, because one exchange makes several. Cookie values are in them as they came off the wire; whether they are kept,
hashed or dropped is the recorder's business (`record: values:` in rules.yaml). Times are Unix seconds.
"""

from enum import StrEnum
from typing import NamedTuple

from .cookie import Cookie, CookieKey


class EventKind(StrEnum):
    """The `event` column of `scripts/cookies events`."""

    STORED = "stored"
    REPLACED = "replaced"
    IGNORED = "ignored"
    REMOVED = "removed"
    SENT = "sent"
    WITHHELD = "withheld"
    UNEXPECTED = "unexpected"
    MISSING = "missing"
    CHANGED = "changed"
    """A rule changed, dropped, renamed, held or added it (or would have, `mode: observe`)."""
    PERSISTENCE = "persistence"
    """A re-set turned a session cookie into a persistent one or back (R6)."""
    HEADER_SIZE = "header-size"
    """The Cookie header is larger than common servers accept (R2)."""
    CLOCK_SKEW = "clock-skew"
    """The server's Date is not our time (R20)."""
    COOKIELESS = "cookieless"
    """Something about the id in the URL: a session began, was renewed, an id was not honoured or taken out."""


class JarKind(StrEnum):
    """Whose jar it is."""

    MIRROR = "mirror"
    """What the browser must be holding."""
    HELD = "held"
    """What the proxy holds for it."""
    LEAVING = "leaving"
    """What the browser still has although, under `enforce`, it should not; never listed."""
    FORGOTTEN = "forgotten"
    """What the browser still has although it was asked to forget it; never listed."""


class Change(NamedTuple):
    """What one rule did, or under `mode: observe` would have done, to one cookie or header."""

    rule: str
    """The rule's name, or `rules[3]`."""
    action: str
    before: bytes | None
    """The field or pair as it was; None if there was none."""
    after: bytes | None
    """None if it does not pass."""
    observed: bool = False
    """True if nothing was changed in fact."""
    why: str | None = None
    """A sentence of its own, where there is more to say than what was done."""


class ClientSeen(NamedTuple):
    """A client made a request; written when it is new and then now and again."""

    time: float
    client: str
    address: str
    user_agent: str
    profile: str


class SetCookieSeen(NamedTuple):
    """One Set-Cookie field of one response, what the rules made of it and what the jar did with it."""

    time: float
    client: str
    site: str
    host: str
    scheme: str
    path: bytes
    flow_id: str | None
    status: int
    name: bytes
    value: bytes
    field: bytes
    """As it came from the application."""
    passed: bytes | None
    """As it went to the browser; None if it did not pass."""
    event: EventKind
    """stored, replaced, removed or ignored."""
    jar: JarKind
    reason: str | None = None
    sentence: str | None = None
    old_value: bytes | None = None
    """The value it replaced or deleted (R5)."""
    expiry: float | None = None
    changes: tuple[Change, ...] = ()


class SentPair(NamedTuple):
    """One pair of a Cookie header with what is known about it (R9)."""

    name: bytes
    value: bytes
    event: EventKind
    """sent, withheld (it was not passed on) or unexpected."""
    domain: str | None = None
    host_only: bool | None = None
    path: bytes | None = None
    expiry: float | None = None
    set_by: str | None = None
    """Id of the flow whose response set it."""
    reason: str | None = None


class RequestSeen(NamedTuple):
    """One request with all its cookies: one row."""

    time: float
    client: str
    site: str
    host: str
    scheme: str
    method: str
    path: bytes
    flow_id: str | None
    party: str
    header_bytes: int
    """Octets of the Cookie header as the application gets it: name, colon, space and value."""
    pairs: tuple[SentPair, ...]


class Event(NamedTuple):
    """Anything else that matters: removals, missing and withheld cookies, rule changes, sizes, skew."""

    time: float
    client: str
    site: str
    host: str
    cookie: bytes | None
    event: EventKind
    reason: str | None = None
    sentence: str | None = None
    by: str | None = None
    """The cookie or the response that caused it."""
    rule: str | None = None
    before: bytes | None = None
    after: bytes | None = None
    flow_id: str | None = None
    jar: JarKind = JarKind.MIRROR


class JarChange(NamedTuple):
    """The state of one cookie in one jar after a change; `cookie` None when it is gone."""

    time: float
    client: str
    jar: JarKind
    session: str | None
    """The cookieless session a held jar belongs to, if it does."""
    site: str
    key: CookieKey
    cookie: Cookie | None
    fence: int = 0
    """The number of the lease on the client under which it was made; 0 where nobody else may have the client."""


class SessionChange(NamedTuple):
    """The state of one cookieless session after a change; what it holds comes as `JarChange`s of its own."""

    time: float
    client: str
    site: str
    session: str
    """The digest of its id, never the id."""
    entry: str
    """Which cookieless entry it belongs to, in words that only its owner understands."""
    bound: str
    """What it is bound to, likewise."""
    started: float
    last_used: float
    ended: float | None
    """When it was over; None while it is not."""
    fence: int = 0
    """As in `JarChange`."""


class EndCause(StrEnum):
    """How a session of an application ended: the `end_cause` column of `scripts/cookies sessions` (R32, R39)."""

    OPEN = "open"
    """It has not ended, as far as was seen."""
    LOGOUT = "logout"
    """The server deleted the cookie."""
    ROTATED = "rotated"
    """A new id took over while it was in use."""
    TIMED_OUT = "timed_out"
    """A dead id was sent after a gap, or past an absolute age, and was replaced or refused."""
    LOST = "lost"
    """Refused or replaced without a gap that explains it."""
    EXPIRED = "expired"
    """The cookie's own end came."""
    EVICTED = "evicted"
    """A limit threw it out."""
    CLOSED = "closed"
    """The client came back without it."""


class SessionSeen(NamedTuple):
    """The state of one session of an application after a change; the same session has the same first five fields and start."""

    client: str
    site: str
    host: str
    """That set it, or that it was first sent to."""
    cookie: bytes
    """Name of the cookie, or of the parameter if the id travels in the URL."""
    id: str
    """A keyed hash of the id: sixteen hexadecimal digits, the same as in a hashed value."""
    started: float
    """Unix seconds: the first Set-Cookie, or the first use if that was not seen."""
    last_seen: float
    """Unix seconds of the last use, or the start."""
    ended: float | None
    end_cause: EndCause
    end_sentence: str | None
    """What showed the end, for people."""
    end_flow: str | None
    """Id of the flow that showed it."""
    start_flow: str | None
    requests: int
    """That carried the id while it was good."""
    longest_gap: float
    """Seconds, the longest between two uses that it survived; 0 if it was never used twice."""
    killing_gap: float | None
    """Seconds without use after which it was dead; None if it did not die so."""
    killing_age: float | None
    """Seconds from its start after which it was dead although it was in use; None if it did not die so."""
    rotated_from: str | None
    """The id it took over from."""
    rotated_to: str | None
    """The id that took over."""
    policy: str | None
    """The policy that it is judged by, in the words of rules.yaml."""
    expected_end: float | None
    """Unix seconds at which the server should have ended it by that policy, or should end it if it is not used again."""
    adopted: bool
    """True if nobody saw it being set."""
    logged_in: bool
    """True once a login with it, or with the id it took over from, succeeded."""
    expiry: float | None
    """Unix seconds of the cookie's own end, as it was set last; None for a session cookie."""
    renewal: str | None
    """How its cookie's end is pushed out: `sliding`, `half-sliding` or `fixed`; None if it has none or too little was seen."""
    in_url: bool
    """True if the id travels in the URL."""
    recognised: str
    """Why it is taken for a session, for people."""
    state: str
    """JSON that only its owner understands: what a proxy started anew needs to go on."""


class Proof(NamedTuple):
    """One exchange that shows a finding."""

    flow_id: str | None
    time: float
    """Unix seconds."""
    said: str
    """What it shows, never with a value."""


class FindingSeen(NamedTuple):
    """The state of one finding; the same finding has the same code, host, cookie and client, and what comes later replaces it."""

    code: str
    severity: str
    """info, low, medium or high."""
    site: str
    host: str
    cookie: bytes | None
    client: str | None
    """None if it is not about one client."""
    times: int
    """How often it was seen."""
    first_seen: float
    last_seen: float
    evidence: tuple[Proof, ...]
    """The first exchanges and the latest ones."""
    advice: str
    """What to do, in a sentence."""
    references: str
    """Sections of standards, comma-separated; empty if there are none."""
    withdrawn: bool = False
    """True if it turned out to be part of another: it is to be forgotten."""


class HostSeen(NamedTuple):
    """What is known of one host beyond its sessions; what comes later replaces it."""

    time: float
    """Unix seconds."""
    site: str
    host: str
    state: str
    """JSON that only its owner understands: what a proxy started anew needs to judge as before."""


type Observation = (
    ClientSeen | SetCookieSeen | RequestSeen | Event | JarChange | SessionChange | SessionSeen | FindingSeen | HostSeen
)
