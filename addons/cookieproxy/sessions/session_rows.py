"""Sessions as rows that a store keeps, and back: for a proxy that starts anew."""

import json
from typing import Any

from ..core.events import EndCause, SessionSeen
from .cookie_knowledge import CookieKnowledge
from .names import POINTS_KNOWN, Recognition
from .policies import Timeouts
from .session import Key, Record, Session


def seen_of(session: Session) -> SessionSeen:
    """As a store keeps it."""
    key = session.key
    return SessionSeen(
        client=key.client,
        site=key.site,
        host=session.host,
        cookie=key.name,
        id=key.id,
        started=session.started,
        last_seen=session.last_seen,
        ended=session.ended,
        end_cause=session.end_cause,
        end_sentence=session.end_sentence,
        end_flow=session.end_flow,
        start_flow=session.start_flow,
        requests=session.requests,
        longest_gap=max(session.longest_gap, session.doubtful_gap) if session.is_open else session.longest_gap,
        killing_gap=session.killing_gap,
        killing_age=session.killing_age,
        rotated_from=session.rotated_from if session.took_over else None,
        rotated_to=session.rotated_to if session.end_cause is EndCause.ROTATED else None,
        policy=None if session.policy is None else session.policy.said,
        expected_end=session.expected_end,
        adopted=session.adopted,
        logged_in=session.logged_in,
        expiry=session.expiry,
        renewal=session.renewal,
        in_url=session.in_url,
        recognised=session.recognition.sentence,
        state=state_of(session),
    )


def state_of(session: Session) -> str:
    """What a proxy started anew needs beside the row, as JSON."""
    kept: dict[str, Any] = {
        "answered": session.answered,
        "proven": session.proven,
        "pending_gap": session.pending_gap,
        "member_gap": session.member_gap,
        "doubtful_gap": session.doubtful_gap,
        "domain": session.domain,
        "path": None if session.path is None else session.path.decode("latin-1"),
        "alias": None if session.alias is None else session.alias.decode("latin-1"),
        "recent": session.recent,
        "paths": [[page, time] for page, time in session.paths.items()],
        "records": session.records,
        "renewals": session.renewals,
        "renewed_at": session.renewed_at,
        "reissued": session.reissued,
        "inherited": session.inherited,
        "pending_login": session.pending_login,
        "tells_logout": session.tells_logout,
        "also": session.also,
        "overrun": session.overrun,
        "by_refusal": session.by_refusal,
        "points": session.recognition.points,
    }
    return json.dumps({name: value for name, value in kept.items() if value}, separators=(",", ":"))


def restored(seen: SessionSeen, policy: Timeouts | None, known: CookieKnowledge) -> Session:
    """The session of a row; a state that is not ours is none."""
    state = _read(seen.state)
    reasons = tuple(seen.recognised.split(", ")) if seen.recognised else ()
    recognition = Recognition(int(state.get("points") or POINTS_KNOWN), reasons)
    session = Session(
        Key(seen.client, seen.site, seen.cookie, seen.id), seen.host, seen.started, seen.start_flow, recognition, known
    )
    for name in (
        *("last_seen", "ended", "end_cause", "end_sentence", "end_flow", "requests", "longest_gap", "killing_gap"),
        *("killing_age", "rotated_from", "rotated_to", "adopted", "logged_in", "expiry", "in_url"),
    ):
        setattr(session, name, getattr(seen, name))
    session.policy = policy
    session.took_over = session.rotated_from is not None
    overrun = state.get("overrun")
    session.overrun = None if overrun is None else float(overrun)
    session.answered = float(state.get("answered") or seen.last_seen)
    session.proven = float(state.get("proven") or seen.last_seen)
    session.pending_gap = float(state.get("pending_gap") or 0.0)
    session.doubtful_gap = float(state.get("doubtful_gap") or 0.0)
    session.member_gap = float(state.get("member_gap") or 0.0)
    session.domain = str(state.get("domain") or seen.host)
    session.path = _octets(state.get("path"))
    session.alias = _octets(state.get("alias"))
    session.recent = tuple(float(each) for each in state.get("recent") or ())
    session.paths = {int(page): float(time) for page, time in state.get("paths") or ()}
    session.records = tuple(
        Record(float(each[0]), float(each[1]), float(each[2]), bool(each[3])) for each in state.get("records") or ()
    )
    session.renewals = int(state.get("renewals") or 0)
    session.renewed_at = float(state.get("renewed_at") or seen.started)
    session.inherited = bool(state.get("inherited"))
    session.by_refusal = state.get("by_refusal")
    session.also = tuple(str(each) for each in state.get("also") or ())
    session.pending_login = _noted(state.get("pending_login"))
    session.tells_logout = _noted(state.get("tells_logout"))
    early, renewed = state.get("reissued") or (0, 0)
    session.reissued = (int(early), int(renewed))
    return session


def _read(state: str) -> dict[str, Any]:
    try:
        read = json.loads(state)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _octets(text: Any) -> bytes | None:
    return text.encode("latin-1") if isinstance(text, str) else None


def _noted(kept: Any) -> tuple[float, str | None] | None:
    return (float(kept[0]), kept[1]) if isinstance(kept, list) and len(kept) == 2 else None
