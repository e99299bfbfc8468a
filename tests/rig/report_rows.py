"""Rows as a store answers with them, for tests of what a report makes of them: everything has a default."""

from typing import Any

from cookieproxy.core.events import EndCause
from cookieproxy.record.inventory import AdoptedRow, CensusRows, SetRow, TrafficRow
from cookieproxy.record.listings import FindingRow, ProofRow, SessionRow

ALICE = "10.0.0.1 Chrome/156 3fa9c1"
NOW = 1_800_000_000.0


def session(started: float = 0.0, ended: float | None = None, **fields: Any) -> SessionRow:
    """A session of www.shop.example that timed out, or is open without an end."""
    given = {
        "client": ALICE, "site": "shop.example", "host": "www.shop.example", "cookie": "sid", "id": "aa11", "started": started,
        "last_seen": started if ended is None else ended, "ended": ended, "end_sentence": None, "end_flow": None,
        "start_flow": None,
        "end_cause": EndCause.OPEN.value if ended is None else EndCause.CLOSED.value, "requests": 3, "longest_gap": 0.0,
        "killing_gap": None, "killing_age": None, "rotated_from": None, "rotated_to": None, "policy": None, "expected_end": None,
        "adopted": False, "logged_in": False, "expiry": None, "renewal": None, "in_url": False, "recognised": "its name",
    }  # fmt: skip
    return SessionRow(**(given | fields))


def finding(code: str = "missing-secure", severity: str = "medium", **fields: Any) -> FindingRow:
    """A finding with one exchange that shows it."""
    given = {
        "site": "shop.example", "host": "www.shop.example", "cookie": "sid", "client": ALICE, "count": 2, "first_seen": NOW - 60,
        "last_seen": NOW, "evidence": (ProofRow("flow-1", NOW, "It was set without Secure."),), "advice": "Add Secure.",
        "references": "ASVS 3.3.1",
    }  # fmt: skip
    return FindingRow(code, severity, **(given | fields))


def set_row(cookie: str = "sid", said: bytes = b"; Path=/", **fields: Any) -> SetRow:
    """A cookie that www.shop.example sets, once."""
    field = cookie.encode() + b"=#0123456789abcdef:6" + said
    given = {
        "site": "shop.example", "host": "www.shop.example", "times": 1, "refused": 0, "clients": 1, "first_seen": NOW,
        "last_seen": NOW, "time": NOW, "scheme": "https", "path": "/login", "field": field,
        "passed": True, "changed": False, "event": "stored", "reason": None,
    }  # fmt: skip
    return SetRow(cookie=cookie, **(given | fields))


def adopted_row(cookie: str = "js", domain: str = "www.shop.example") -> AdoptedRow:
    """A cookie that nobody saw being set."""
    return AdoptedRow("shop.example", domain, "/", cookie, 1, NOW - 9, NOW)


def census(*rows: SetRow | AdoptedRow, requests: int = 10, **parties: frozenset[str]) -> CensusRows:
    """A record with these cookies."""
    cookies = [row for row in rows if isinstance(row, SetRow)]
    adopted = [row for row in rows if isinstance(row, AdoptedRow)]
    traffic = TrafficRow(requests, len(cookies), 1, 1, 1, NOW - 3600 if requests else None, NOW if requests else None)
    return CensusRows(traffic, cookies, len(cookies), adopted, len(adopted), parties)
