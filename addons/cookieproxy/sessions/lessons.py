"""What the end of one session says of others of its cookie: gaps and ages that are fatal."""

from ..core.events import EndCause
from .endings import Ending, span
from .ledger import Ledger
from .session import Session


def learn(ledger: Ledger, session: Session, ending: Ending, age: float) -> None:
    """What its end says of others."""
    if ending.gap is not None:
        session.known.died(session)
        return
    if ending.age is not None:
        _age_others(ledger, session, age)
    session.known.lost(session.proven - session.started, age, session)


def _age_others(ledger: Ledger, session: Session, age: float) -> None:
    """What seemed lost had come of age, as this one did."""
    own_low = session.proven - session.started
    for low, high, other in session.known.losses:
        if other is session or other.end_cause is not EndCause.LOST or max(low, own_low) >= min(high, age):
            continue
        sentence = f"Refused or replaced at the age of {span(high)}, as others were, although it was in use."
        other.end(EndCause.TIMED_OUT, other.ended or 0.0, other.end_flow, sentence)
        other.killing_age = high
        ledger.checks.not_lost(other)
        ledger.mark(other)
