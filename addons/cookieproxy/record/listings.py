"""The rows of the listings, with the documented names of every field.

Times are Unix seconds; absent is None; text is UTF-8 where it decodes, else latin-1.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One client."""

    client: str
    address: str
    user_agent: str
    profile: str
    first_seen: float
    last_seen: float


@dataclass(frozen=True, slots=True)
class JarRow:
    """One cookie in a jar."""

    client: str
    jar: str
    session: str | None
    site: str
    domain: str
    path: str
    name: str
    value: str | None
    host_only: bool
    secure: bool
    http_only: bool
    same_site: str | None
    partition_key: str | None
    priority: str
    expires: float | None
    created: float
    last_access: float
    size_bytes: int
    adopted: bool


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened."""

    time: float
    client: str
    site: str
    host: str
    cookie: str | None
    event: str
    reason: str | None
    sentence: str | None
    by: str | None
    rule: str | None
    before: str | None
    after: str | None
    flow_id: str | None
    seq: int
    """For `after_seq`; not part of the listing."""

    def listed(self) -> dict[str, object]:
        """The documented fields."""
        fields = asdict(self)
        del fields["seq"]
        return fields


@dataclass(frozen=True, slots=True)
class PairRow:
    """One pair of a request's Cookie header and what is known of it (R9)."""

    name: str
    value: str | None
    size_bytes: int
    event: str
    domain: str | None = None
    host_only: bool | None = None
    path: str | None = None
    expiry: float | None = None
    set_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request with its cookies."""

    seq: int
    time: float
    client: str
    site: str
    host: str
    scheme: str
    method: str
    path: str
    flow_id: str | None
    party: str
    header_bytes: int
    pairs: tuple[PairRow, ...]

    def largest(self, most: int) -> list[PairRow]:
        """The pairs that take the most room in its Cookie header (R2)."""
        passed = (pair for pair in self.pairs if pair.event != "withheld")
        return sorted(passed, key=lambda pair: -pair.size_bytes)[:most]


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session of an application, as it was told last (`core.events.SessionSeen` says what each field means)."""

    client: str
    site: str
    host: str
    cookie: str
    id: str
    started: float
    last_seen: float
    ended: float | None
    end_cause: str
    end_sentence: str | None
    end_flow: str | None
    start_flow: str | None
    requests: int
    longest_gap: float
    killing_gap: float | None
    killing_age: float | None
    rotated_from: str | None
    rotated_to: str | None
    policy: str | None
    expected_end: float | None
    adopted: bool
    logged_in: bool
    expiry: float | None
    renewal: str | None
    in_url: bool
    recognised: str


@dataclass(frozen=True, slots=True)
class GapRow:
    """What one session shows of the timeouts of its application, in seconds."""

    host: str
    cookie: str
    longest_gap: float
    killing_gap: float | None
    killing_age: float | None
    survived_age: float
    """From its start to its last use."""
    renewal: str | None
    logged_in: bool


SEVERITIES = ("info", "low", "medium", "high")
"""Of findings, the least severe first."""


@dataclass(frozen=True, slots=True)
class ProofRow:
    """One exchange that shows a finding."""

    flow_id: str | None
    time: float
    said: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding (`core.events.FindingSeen` says what each field means)."""

    code: str
    severity: str
    site: str
    host: str
    cookie: str | None
    client: str | None
    count: int
    first_seen: float
    last_seen: float
    evidence: tuple[ProofRow, ...]
    advice: str
    references: str
