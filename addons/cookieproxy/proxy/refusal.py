"""`on_store_failure: refuse`: while nothing can be recorded nothing passes, and everybody is told why.

Where what is recorded can wait in files until a database is back, that is so only when they are full. But clients and sessions
that are not in memory and cannot be looked up meanwhile are refused by themselves (`refuse`): without what is held for them the
application would take them for others. All who are known go on.
"""

import logging

from mitmproxy import ctx, http

from ..config import Config
from .recorder import Recorder

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5
REFUSE = "refuse"
"""What the rules say then."""


class Refusals:
    """Answers requests in the application's place while the store fails."""

    def __init__(self) -> None:
        self._refusing = False

    def refuse(self, flow: http.HTTPFlow, config: Config, recorder: Recorder | None) -> bool:
        """Whether this request was answered with a refusal."""
        trouble = None if recorder is None or config.on_store_failure != REFUSE else recorder.storage.loss
        if (trouble is not None) is not self._refusing:
            self._refusing = trouble is not None
            logger.warning(
                "Requests are answered with 503 until recording works (on_store_failure: refuse)."
                if self._refusing
                else "Requests pass again."
            )
        if trouble is None:
            return False
        refuse(flow, trouble)
        return True


def refuse(flow: http.HTTPFlow, trouble: str) -> None:
    """Answer a request in the application's place."""
    if ctx.options.stream_large_bodies and has_body(flow.request):
        # mitmproxy (12.2.3) fails when it is to answer by itself a request whose body it may stream.
        flow.kill()  # type: ignore[no-untyped-call]  # mitmproxy gives it no types
    else:
        flow.response = refusal(trouble)


def has_body(request: http.Request) -> bool:
    """Whether a body follows the request's head."""
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


def refusal(trouble: str) -> http.Response:
    """The answer: what is wrong, and who said that it stops the traffic."""
    text = (
        "Cookie Proxy lets nothing pass that it cannot record or knows nothing of (rules.yaml says on_store_failure: refuse).\n"
        f"{trouble}\n"
    )
    fields = {
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-store",
        "Retry-After": str(RETRY_AFTER_SECONDS),
    }
    return http.Response.make(503, text, fields)
