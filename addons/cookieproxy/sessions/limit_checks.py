"""Cookies that are too many or too large: for the browser, which throws some out, and for servers, which refuse requests (R1, R2).

Who would have to leave a full jar is foretold by the jar; here it is only asked whether that is a session's. Frameworks that set a
cookie for each attempt to log in fill headers with cookies of one family.
"""

from collections.abc import Sequence

from ..core.events import Event, RequestSeen, SentPair
from .catalogue import Severity
from .exchanges import Crowd, Exchange
from .findings import Findings, Where, where_of
from .session import Session
from .shelf import Shelf

HEADER_SEVERITIES = {"over-4096": Severity.LOW, "over-8190": Severity.MEDIUM, "over-16384": Severity.HIGH}
REFUSING_HEADERS = frozenset((400, 413, 431, 494))
"""Statuses with which servers refuse a header that is too large."""
FAMILY = 5
"""Cookies whose names begin alike make a family."""
SHORTEST_PREFIX = 3
MOST_NAMES = 1_000
"""Cookies of one request that are looked at."""
PAIR_OCTETS = 3
"""Of each cookie in a header beside its name and value: `=`, `; `."""


class LimitChecks:
    """The checks of one tracker for what is too much."""

    def __init__(self, findings: Findings, shelf: Shelf) -> None:
        self._findings = findings
        self._shelf = shelf

    # -- the browser's limits ------------------------------------------------------------------------------------------

    def crowd(self, exchange: Exchange, crowd: Crowd) -> None:
        """The site has nearly as many cookies as the browser keeps, and got one more."""
        for place in crowd.next_out:
            for session in self._shelf.of_name(exchange.client, place.name):
                if session.is_listed and session.domain == place.domain and session.path in (None, place.path):
                    said = (
                        f"The site has {crowd.cookies} of the {crowd.limit} cookies that this browser keeps. The session's "
                        "would be among the next to be thrown out: that would log you out."
                    )
                    self._findings.note("near-eviction", where_of(exchange), session.key.name, said)
                    return

    def evicted(self, session: Session, event: Event) -> None:
        """The browser's limit threw a session's cookie out."""
        if not session.is_listed:
            return
        by = f" for {event.by}" if event.by else ""
        where = Where(session.key.site, session.host, session.key.client, event.time, event.flow_id)
        said = f"The browser's limit threw the session's cookie out{by}: that logged you out."
        self._findings.note("near-eviction", where, session.key.name, said, Severity.HIGH)

    # -- servers' limits -----------------------------------------------------------------------------------------------

    def header_size(self, exchange: Exchange, event: Event) -> None:
        """A Cookie header was larger than common servers take."""
        severity = HEADER_SEVERITIES.get(event.reason or "", Severity.MEDIUM)
        said = event.sentence or "The Cookie header is large."
        for seen in exchange.seen:
            if type(seen) is RequestSeen and (family := family_of(seen.pairs)):
                said += f" {family}"
        if exchange.status in REFUSING_HEADERS:
            said += f" The server refused it with {exchange.status}."
            severity = Severity.HIGH
        self._findings.note("header-too-large", where_of(exchange), None, said, severity)


def family_of(pairs: Sequence[SentPair]) -> str | None:
    """The cookies with names that begin alike which take most of a header, as a sentence; None if there are only a few.

    >>> family_of([SentPair(b"__txn_%d" % n, b"v" * 400, EventKind.SENT) for n in range(20)])
    '20 of them are named __txn_* and make up 8,211 octets, which dropping them would save.'
    """
    octets: dict[bytes, list[int]] = {}
    for pair in pairs[:MOST_NAMES]:
        size = len(pair.name) + len(pair.value) + PAIR_OCTETS
        for prefix in _prefixes(pair.name[:128]):
            octets.setdefault(prefix, []).append(size)
    families = [
        (sum(sizes), len(prefix), prefix, len(sizes)) for prefix, sizes in octets.items() if len(sizes) >= FAMILY
    ]
    if not families:
        return None
    total, _, prefix, count = max(families)
    return f"{count} of them are named {prefix.decode('latin-1')}* and make up {total:,} octets, which dropping them would save."


def _prefixes(name: bytes) -> set[bytes]:
    """What families a name may belong to: up to each of its separators, and without the digits at its end."""
    found = {name[: place + 1] for place, octet in enumerate(name) if octet in b"._-" and place >= SHORTEST_PREFIX}
    found.add(name.rstrip(b"0123456789"))
    return {
        prefix
        for prefix in found
        if SHORTEST_PREFIX <= len(prefix) < len(name) and prefix not in (b"__Host-", b"__Secure-")
    }
