"""`on_store_failure: refuse`: while nothing can be recorded nothing passes, and everybody is told why."""

import logging

from mitmproxy import http

from ..config import Config
from .recorder import Recorder

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5


class Refusals:
    """Answers requests in the application's place while the store fails."""

    def __init__(self) -> None:
        self._refusing = False

    def refuse(self, flow: http.HTTPFlow, config: Config, recorder: Recorder | None) -> bool:
        """Whether this request was answered with a refusal."""
        trouble = None if recorder is None or config.on_store_failure != "refuse" else recorder.trouble
        if (trouble is not None) is not self._refusing:
            self._refusing = trouble is not None
            logger.warning(
                "Requests are answered with 503 until recording works (on_store_failure: refuse)."
                if self._refusing
                else "Requests pass again."
            )
        if trouble is None:
            return False
        flow.request.stream = False  # mitmproxy cannot stream what it answers itself
        flow.response = refusal(trouble)
        return True


def refusal(trouble: str) -> http.Response:
    """The answer: what is wrong, and who said that it stops the traffic."""
    text = (
        "Cookie Proxy lets nothing pass while it cannot record (rules.yaml says on_store_failure: refuse).\n"
        f"{trouble}\n"
    )
    fields = {
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "no-store",
        "Retry-After": str(RETRY_AFTER_SECONDS),
    }
    return http.Response.make(503, text, fields)
