"""Ids of sessions kept from everybody but us: whatever a client sends, to whomever, is searched for them (R34).

Two ways of finding them: those that a client is known to have, wherever they stand; and whatever looks like one and was issued,
whoever has it. Targets, fields, text bodies and WebSocket messages are cleaned. A browser that navigates elsewhere with an id in
its URL or its referrer is first sent to the same URL without, because a page can read both, and no proxy can clean those.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from urllib.parse import unquote_to_bytes

from mitmproxy.http import HTTPFlow, Response

from ..cookieless.bodies import body_through
from ..cookieless.fields import values
from ..cookieless.form_bodies import is_textual
from ..cookieless.scrub import Found, ids_in, scrub
from ..cookieless.tickets import Tickets
from ..core.recent import remember
from ..exchange import RequestHead
from .refusal import has_body
from .visits import MOST_BODY, content_type_of, may_stream, write_body

_CANDIDATE = re.compile(rb"(?<![a-z0-9])[a-z0-5]{24}(?![a-z0-9])")
UNSEEN = b"x"
"""What stands for an octet of an id where lengths must not change."""
LONGEST_SPELLING = 72
"""Octets of an id of which each character is percent-encoded."""

MOST_IN_A_ROW = 5
ROW_SECONDS = 10.0
"""So often within so long a browser is sent round for its referrer: one that comes again with it has never heard of policies."""
MOST_DETOURS = 2_000

NONE: frozenset[str] = frozenset()

type Find = Callable[[bytes], list[Found]]
"""The ids that are in a text."""


class Leaks:
    """Finds ids in what clients send."""

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets
        self.parameters: tuple[str, ...] = ()
        """The names that ids have in URLs."""

    def finder(self, client: str) -> Find:
        """What finds the ids in a text of this client."""
        return lambda text: self._found(text, client)

    def _found(self, text: bytes, client: str) -> list[Found]:
        return ids_in(text, self._tickets.seen_by(client), self._tickets.is_issued)

    def keep_in_text(self, text: bytes, client: str) -> bytes:
        """A text without ids, the same object if there were none."""
        if not self._tickets.has_issued:
            return text
        return scrub(text, self._tickets.seen_by(client), self.parameters, self._tickets.is_issued)

    def keep_in_head(self, flow: HTTPFlow, head: RequestHead, client: str) -> tuple[RequestHead, frozenset[str]]:
        """Take ids out of target and fields; the head without them, and which there were."""
        if not self._tickets.has_issued:
            return head, NONE
        if may_stream(flow) and is_textual(content_type_of(flow)):
            flow.request.stream = _Overwriting(self.finder(client))
        found = self._found(b"\n".join((head.path, *(value for _, value in head.fields))), client)
        if not found:
            return head, NONE
        clean = head._replace(
            path=self.keep_in_text(head.path, client),
            fields=tuple((name, self.keep_in_text(value, client)) for name, value in head.fields),
        )
        request = flow.request
        request.path = self.keep_in_text(request.data.path, client).decode("utf-8", "surrogateescape")
        request.headers.fields = tuple(
            (name, self.keep_in_text(value, client)) for name, value in request.headers.fields
        )
        return clean, frozenset(one.id for one in found)

    def keep_in_body(self, flow: HTTPFlow, client: str) -> None:
        """Take ids out of a text body that is there as a whole."""
        request = flow.request
        body = request.raw_content
        if not body or len(body) > MOST_BODY or not is_textual(content_type_of(flow)):
            return
        if request.headers.get("content-encoding"):
            self._keep_in_coded(flow, client)
        elif (clean := self.keep_in_text(body, client)) is not body:
            write_body(flow, clean)

    def _keep_in_coded(self, flow: HTTPFlow, client: str) -> None:
        """The same under a content coding."""
        scrubber = _Gathering(lambda text: self.keep_in_text(text, client))
        body = body_through(flow.request.headers.fields, scrubber, lambda trouble: None)
        if body is None or not flow.request.raw_content:
            return
        changed = body.whole(flow.request.raw_content)
        if scrubber.has_changed:
            write_body(flow, changed)

    def keep_in_message(self, flow: HTTPFlow, client: str) -> None:
        """Take ids out of the WebSocket text message that a client just sent."""
        if flow.websocket is None or not flow.websocket.messages:
            return
        message = flow.websocket.messages[-1]
        if message.from_client and message.is_text:
            message.content = self.keep_in_text(message.content, client)


def may_have_id(flow: HTTPFlow) -> bool:
    """True if something in a request's head looks like an id."""
    head = b"\n".join((flow.request.data.path, *(value for _, value in flow.request.headers.fields)))
    return _CANDIDATE.search(unquote_to_bytes(head).lower()) is not None


class Detours:
    """Browsers that go elsewhere with an id in their URL or referrer are sent to the same URL without it."""

    def __init__(self) -> None:
        self._sent: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def answer(self, flow: HTTPFlow, came: RequestHead, clean: RequestHead, client: str, url: str) -> Response | None:
        """What sends it there; None if that cannot be or helps nobody. `url` is where it goes, without ids.

        For its referrer alone a browser is sent round if it may know referrer policies, and not for ever if it does not.
        """
        said = {name.lower(): value for name, value in came.fields}
        if not _is_navigation(said) or (has_body(flow.request) and may_stream(flow)):
            return None
        if came.path == clean.path and not self._is_for_referrer(said, came, clean, client, url):
            return None
        fields = [
            (b"Location", url.encode("utf-8", "surrogateescape")),
            (b"Referrer-Policy", b"no-referrer"),
            (b"Cache-Control", b"no-store"),
        ]
        return Response.make(307, b"", fields)

    def _is_for_referrer(
        self, said: dict[bytes, bytes], came: RequestHead, clean: RequestHead, client: str, url: str
    ) -> bool:
        if values(came.fields, b"referer")[:1] == values(clean.fields, b"referer")[:1]:
            return False
        if b"sec-fetch-mode" in said:
            return True
        return b"upgrade-insecure-requests" in said and self._count(client, url, came.time) <= MOST_IN_A_ROW

    def _count(self, client: str, url: str, now: float) -> int:
        """How often it was sent to this URL lately, this time included."""
        since, count = self._sent.get((client, url), (now, 0))
        if now - since > ROW_SECONDS:
            since, count = now, 0
        remember(self._sent, (client, url), (since, count + 1), MOST_DETOURS)
        return count + 1


def _is_navigation(said: dict[bytes, bytes]) -> bool:
    if b"sec-fetch-mode" in said:
        return said[b"sec-fetch-mode"] in (b"navigate", b"nested-navigate")
    return b"text/html" in said.get(b"accept", b"") or b"upgrade-insecure-requests" in said


class _Overwriting:
    """A text body that streams keeps its length: the ids in it are written over, also across two pieces."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._held = b""
        self._seen = 0

    def __call__(self, chunk: bytes) -> Iterable[bytes]:
        """What goes on; an empty piece would end a body in chunks."""
        text = self._held + chunk
        self._seen += len(chunk)
        if self._seen <= MOST_BODY:
            for start, end, _ in self._find(text):
                text = text[:start] + UNSEEN * (end - start) + text[end:]
        keeps = min(LONGEST_SPELLING - 1, len(text)) if chunk else 0
        self._held = text[len(text) - keeps :]
        return [text[: len(text) - keeps]] if len(text) > keeps else []


class _Gathering:
    """Gathers what is decoded, as far as it may be long, and changes it as a whole."""

    def __init__(self, change: Callable[[bytes], bytes]) -> None:
        self.has_changed = False
        self._change = change
        self._text = bytearray()

    def feed(self, data: bytes) -> bytes:
        """Nothing goes on before all of it is there."""
        if len(self._text) <= MOST_BODY:
            self._text += data
        return b""

    def close(self) -> bytes:
        """The whole, changed."""
        text = bytes(self._text)
        changed = self._change(text) if len(text) <= MOST_BODY else text
        self.has_changed = changed != text
        return changed
