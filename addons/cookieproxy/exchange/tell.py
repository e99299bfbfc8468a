"""Observations made of outcomes: one place for how an event names its cookie, its host and its cause."""

from typing import NamedTuple

from ..core.access import Access
from ..core.cookie import Cookie
from ..core.events import Change, Event, EventKind, JarKind
from ..core.hosts import Suffixes, site_of
from ..core.outcome import Reason, Removal, RemovalCause
from ..core.syntax import wire_text


class Teller(NamedTuple):
    """Everything that the events of one message have in common."""

    client: str
    site: str
    access: Access
    suffixes: Suffixes

    def cookie(self, kind: EventKind, cookie: Cookie, reason: Reason, by: str | None = None) -> Event:
        """An event about a stored cookie at this message."""
        return self.named(kind, cookie.name, reason, by)

    def named(self, kind: EventKind, name: bytes | None, reason: Reason, by: str | None = None) -> Event:
        """An event about a cookie that may not be stored."""
        access = self.access
        return Event(
            access.time,
            self.client,
            self.site,
            access.host,
            name,
            kind,
            reason.value,
            reason.sentence,
            by,
            flow_id=access.flow_id,
        )

    def removal(self, removal: Removal, jar: JarKind = JarKind.MIRROR) -> Event:
        """A cookie left a jar; the event stands at its own host, and at its expiry if that is the cause."""
        cookie, cause = removal.cookie, removal.cause
        expired = cause is RemovalCause.EXPIRED and cookie.expiry_time is not None
        return Event(
            cookie.expiry_time if expired and cookie.expiry_time is not None else self.access.time,
            self.client,
            site_of(cookie.domain, self.suffixes),
            cookie.domain,
            cookie.name,
            EventKind.REMOVED,
            cause.value,
            cause.sentence,
            None if removal.by is None else wire_text(removal.by.name),
            flow_id=None if expired else self.access.flow_id,
            jar=jar,
        )

    def change(self, name: bytes | None, change: Change) -> Event:
        """A rule changed something, or would have."""
        verb = "would have applied" if change.observed else "applied"
        return Event(
            self.access.time,
            self.client,
            self.site,
            self.access.host,
            name,
            EventKind.CHANGED,
            "observed" if change.observed else change.action,
            f"The rule {verb} {change.action}.",
            None,
            change.rule,
            change.before,
            change.after,
            self.access.flow_id,
        )

    def remark(self, kind: EventKind, reason: str, sentence: str, name: bytes | None = None) -> Event:
        """An event that is not one of the outcomes of a cookie."""
        access = self.access
        return Event(
            access.time, self.client, self.site, access.host, name, kind, reason, sentence, flow_id=access.flow_id
        )
