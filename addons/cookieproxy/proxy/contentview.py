"""The content view `Cookies` of mitmproxy and mitmweb: what became of a flow's cookies, why, and what rules did to them.

Shows what the flow itself tells (`seen`), so it works for flows of a file too. Values are masked, wire text is made harmless.
mitmproxy shows a view only of messages that have a body; `cookies.explain @focus` says the same of all.
"""

from collections.abc import Iterator

from mitmproxy.contentviews import Contentview, Metadata
from mitmproxy.http import HTTPFlow, Request

from ..core.events import EventKind
from ..core.outcome import IgnoreReason, MissingReason, RemovalCause, UnexpectedReason, WithholdReason
from ..core.syntax import wire_text
from ..exchange.tell import Remark
from ..record.values import Masker, ValuePolicy, octets_of
from ..report.text import printable
from . import seen
from .notices import clipped

MOST_NAME_CHARACTERS = 40
MOST_FIELD_CHARACTERS = 1_000
NOTHING = "nothing about cookies"

_MASKER = Masker(ValuePolicy.DROP, b"")
_KINDS = frozenset(kind.value for kind in EventKind)
_SENTENCES = {
    reason.value: reason.sentence
    for reasons in (IgnoreReason, RemovalCause, WithholdReason, MissingReason, UnexpectedReason, Remark)
    for reason in reasons
}


class CookiesContentview(Contentview):
    """The view; never chosen without being asked for."""

    @property
    def name(self) -> str:
        """What it is called in the menus."""
        return "Cookies"

    def prettify(self, data: bytes, metadata: Metadata) -> str:
        """The cookies of the request; of a response, or a message on a WebSocket, those of the whole exchange."""
        flow = metadata.flow
        if not isinstance(flow, HTTPFlow):
            return "Only HTTP has cookies.\n"
        sides = ("request",) if isinstance(metadata.http_message, Request) else ("request", "response")
        return "".join(f"{line}\n" for side in sides for line in lines_of(flow, side))

    def render_priority(self, data: bytes, metadata: Metadata) -> float:
        """Below every other view."""
        return -1


def lines_of(flow: HTTPFlow, side: str) -> Iterator[str]:
    """What one of its messages told, a heading first."""
    told = seen.told_by(flow, side)
    yield f"{side.capitalize()}{'' if told.rows else f': {NOTHING}'}"
    width = max((len(_name(row)) for row in told.rows), default=0)
    for row in told.rows:
        yield f"  {_name(row):{width}}  {row.event:11}{_why(row)}".rstrip()
        yield from (f"  {'':{width + 13}}{change}" for change in _changed(row))
    if told.more:
        yield f"  … and {told.more} more"


def cells_of(flow: HTTPFlow, side: str) -> Iterator[tuple[str, str, str]]:
    """Each thing that one of its messages told as name, outcome and reason."""
    for row in seen.told_by(flow, side).rows:
        yield _name(row), row.event, " ".join([_why(row), *_changed(row)]).strip()


def _name(row: seen.Row) -> str:
    if row.cookie is None:
        return "–"
    return clipped(printable(wire_text(row.cookie[: 4 * MOST_NAME_CHARACTERS])), MOST_NAME_CHARACTERS) or "(nameless)"


def _why(row: seen.Row) -> str:
    """`***9  domain-mismatch: Its Domain does not …`."""
    parts = [] if row.size_bytes is None else [f"***{row.size_bytes}"]
    sentence = row.sentence or _SENTENCES.get(row.reason or "")
    if row.rule is not None:
        parts.append(f'by rule "{printable(row.rule)}"')
    said = [part for part in (row.reason, sentence) if part and row.rule is None] or [sentence or ""]
    parts.append(": ".join(map(printable, said)))
    if row.by:
        parts.append(f"for {printable(row.by)}")
    return "  ".join(part for part in parts if part)


def _changed(row: seen.Row) -> Iterator[str]:
    """What it was and what it became."""
    if row.before is None and row.after is None:
        return
    if row.before is not None:
        yield f"- {_masked(row, row.before)}"
    yield "+ (does not pass)" if row.after is None else f"+ {_masked(row, row.after)}"


def _masked(row: seen.Row, octets: bytes) -> str:
    kind = EventKind(row.event) if row.event in _KINDS else EventKind.CHANGED
    shown = wire_text(octets_of(_MASKER.before_after(kind, octets)))
    return clipped(printable(shown[: MOST_FIELD_CHARACTERS + 1]), MOST_FIELD_CHARACTERS)
