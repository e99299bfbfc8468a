"""A script for mitmdump beside ours: nobody keeps a jar, and nobody follows sessions. For measurements of what these cost.

Nothing else may be on: without a jar the other parts have nothing to work on.
"""

from cookieproxy.core.jar import Jar
from cookieproxy.core.outcome import Ignored, IgnoreReason, Receipt
from cookieproxy.exchange.compare import Comparer, Comparison
from cookieproxy.proxy.sessions import SessionWatch

NOTHING_STORED = Receipt(Ignored(IgnoreReason.ALREADY_EXPIRED))


def load(loader: object) -> None:
    """Take jar and tracker out of the way."""
    Jar.receive = lambda *_: NOTHING_STORED  # type: ignore[method-assign]  # what is measured is its absence
    Comparer.compare = lambda *_: Comparison([], [])  # type: ignore[method-assign]  # the same
    SessionWatch.take = lambda *_: None  # type: ignore[method-assign]  # the same
