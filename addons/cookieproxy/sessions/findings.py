"""What was found wrong so far: each thing once, with how often it was seen and the exchanges that show it.

Holds findings and their bounds; what is a finding is judged by the checks. Repetitions only count, because they come with every
exchange.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ..core.events import FindingSeen, Proof
from .catalogue import CHECKS, Severity
from .exchanges import Exchange

MOST_FINDINGS = 10_000
FIRST_PROOFS = 3
LAST_PROOFS = 5
"""Exchanges that are kept of each finding: the first ones and the latest."""

type IsExcepted = Callable[[str, str, str, bytes | None], bool]
"""Whether a finding is known and accepted: code, site, host, cookie."""


class Where(NamedTuple):
    """What a finding is about, and the exchange that shows it."""

    site: str
    host: str
    client: str
    time: float
    flow_id: str | None


def where_of(exchange: Exchange) -> Where:
    """The exchange as what shows a finding."""
    return Where(exchange.site, exchange.host, exchange.client, exchange.answered, exchange.flow_id)


class _Key(NamedTuple):
    code: str
    host: str
    cookie: bytes | None
    client: str | None


class Finding:
    """One thing that is wrong, and how often it was seen."""

    __slots__ = (
        "client",
        "first_seen",
        "is_known",
        "key",
        "last_flow",
        "last_seen",
        "proofs",
        "severity",
        "site",
        "times",
    )

    def __init__(self, key: _Key, site: str, severity: Severity, client: str | None, time: float) -> None:
        self.key = key
        self.site = site
        self.severity = severity
        self.client = client
        self.times = 0
        self.first_seen = self.last_seen = time
        self.last_flow: str | None = None
        """The flow that showed it last, in the way of the latest proof."""
        self.proofs: list[Proof] = []
        self.is_known = True
        """False once it was forgotten or withdrawn."""

    def again(self, proof: Proof) -> None:
        """It was seen once more."""
        self.times += 1
        self.last_seen = max(self.last_seen, proof.time)
        self.first_seen = min(self.first_seen, proof.time)
        self.last_flow = proof.flow_id
        if self.proofs and self.proofs[-1].flow_id == proof.flow_id and self.proofs[-1].said == proof.said:
            return
        if len(self.proofs) > FIRST_PROOFS and self.proofs[-1].said == proof.said:
            self.proofs[-1] = proof
            return
        self.show(proof)

    def show(self, proof: Proof) -> None:
        """One more exchange that shows it."""
        self.proofs.append(proof)
        if len(self.proofs) > FIRST_PROOFS + LAST_PROOFS:
            del self.proofs[FIRST_PROOFS]

    def never_mind(self, flow_id: str | None) -> None:
        """What one exchange showed was something else."""
        self.times -= 1
        self.proofs = [proof for proof in self.proofs if proof.flow_id != flow_id]
        if self.proofs:
            self.first_seen = max(self.first_seen, self.proofs[0].time)

    def _evidence(self) -> tuple[Proof, ...]:
        if not self.proofs or len(self.proofs) <= FIRST_PROOFS or self.last_seen <= self.proofs[-1].time:
            return tuple(self.proofs)
        return (*self.proofs[:-1], Proof(self.last_flow, self.last_seen, self.proofs[-1].said))

    def seen(self, withdrawn: bool = False) -> FindingSeen:
        check = CHECKS[self.key.code]
        return FindingSeen(
            code=self.key.code,
            severity=self.severity.value,
            site=self.site,
            host=self.key.host,
            cookie=self.key.cookie,
            client=self.client,
            times=self.times,
            first_seen=self.first_seen,
            last_seen=self.last_seen,
            evidence=self._evidence(),
            advice=check.advice,
            references=check.references,
            withdrawn=withdrawn,
        )


class Findings:
    """All findings of one tracker."""

    def __init__(self, is_excepted: IsExcepted = lambda *_: False) -> None:
        self.is_excepted = is_excepted
        self.captured: list[Finding] | None = None
        """While it is a list: what is noted, in its order."""
        self.let_go = 0
        """Findings that were forgotten for want of room."""
        self._known: OrderedDict[_Key, Finding] = OrderedDict()
        self._changed: dict[_Key, Finding] = {}
        self._withdrawn: list[FindingSeen] = []

    def note(
        self,
        code: str,
        where: Where,
        cookie: bytes | None,
        said: str,
        severity: Severity | None = None,
        before: Proof | None = None,
    ) -> bool:
        """Something is wrong, as this exchange shows; True if it was not known. `said` is for people, never with a value.

        What is wrong only together with an exchange `before` is shown by both.
        """
        if self.is_excepted(code, where.site, where.host, cookie):
            return False
        check = CHECKS[code]
        key = _Key(code, where.host, cookie, where.client if check.per_client else None)
        finding = self._known.get(key)
        is_new = finding is None
        if finding is None:
            finding = Finding(key, where.site, severity or check.severity, where.client, where.time)
            self._add(key, finding)
        elif severity is not None and _is_worse(severity, finding.severity):
            finding.severity = severity
        if not check.per_client and finding.client not in (None, where.client):
            self._withdrawn.append(finding.seen(withdrawn=True))  # as one client's, which it is no longer
            finding.client = None
        if before is not None:
            finding.show(before)
        finding.again(Proof(where.flow_id, where.time, said))
        self._changed[key] = finding
        if self.captured is not None:
            self.captured.append(finding)
        return is_new

    def repeat(self, finding: Finding, time: float, flow_id: str | None) -> None:
        """It was seen once more, in the way in which it was seen last."""
        if finding.is_known:
            finding.times += 1
            finding.last_seen, finding.last_flow = time, flow_id
            self._changed[finding.key] = finding

    def has(self, code: str, host: str, cookie: bytes | None, client: str | None = None) -> bool:
        """True if it was found; `client` for what is about one."""
        return _Key(code, host, cookie, client) in self._known

    def withdraw(self, code: str, host: str, cookie: bytes | None, client: str | None = None) -> None:
        """It turned out to be part of another."""
        key = _Key(code, host, cookie, client)
        finding = self._known.pop(key, None)
        self._changed.pop(key, None)
        if finding is not None:
            finding.is_known = False
            self._withdrawn.append(finding.seen(withdrawn=True))

    def take_back(self, code: str, host: str, cookie: bytes | None, client: str, flow_id: str | None) -> None:
        """What one exchange of a client showed was something else."""
        key = _Key(code, host, cookie, client if CHECKS[code].per_client else None)
        finding = self._known.get(key)
        if finding is None:
            return
        finding.never_mind(flow_id)
        if finding.times > 0 and finding.proofs:
            self._changed[key] = finding
        else:
            self.withdraw(code, host, cookie, key.client)

    def drain(self) -> Iterator[FindingSeen]:
        """What changed since the last call."""
        withdrawn, self._withdrawn = self._withdrawn, []
        changed, self._changed = self._changed, {}
        yield from withdrawn
        for finding in changed.values():
            yield finding.seen()

    def everything(self) -> Iterator[FindingSeen]:
        """All of them, for a store that has none."""
        return (finding.seen() for finding in self._known.values())

    def load(self, stored: Iterable[FindingSeen]) -> None:
        """Go on from what was found before."""
        for seen in stored:
            if seen.code in CHECKS:
                key = _Key(seen.code, seen.host, seen.cookie, seen.client if CHECKS[seen.code].per_client else None)
                finding = Finding(key, seen.site, Severity(seen.severity), seen.client, seen.first_seen)
                finding.times, finding.last_seen, finding.proofs = seen.times, seen.last_seen, list(seen.evidence)
                self._add(key, finding)

    def _add(self, key: _Key, finding: Finding) -> None:
        self._known[key] = finding
        if len(self._known) > MOST_FINDINGS:
            self._known.popitem(last=False)[1].is_known = False
            self.let_go += 1


_ORDER = {severity: place for place, severity in enumerate(Severity)}


def _is_worse(one: Severity, other: Severity) -> bool:
    return _ORDER[one] > _ORDER[other]
