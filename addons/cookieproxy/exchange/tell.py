"""Observations made of outcomes: one place for how an event names its cookie, its host and its cause.

Knows no jar, and of rules only what they did. Reasons that are nobody's but ours are `Remark`s; those of browsers stand in
`core.outcome`.
"""

from enum import StrEnum
from typing import NamedTuple, Self

from ..core.access import Access
from ..core.cookie import Cookie
from ..core.events import Change, Event, EventKind, JarKind, SetCookieSeen
from ..core.hosts import Suffixes, site_of
from ..core.outcome import Reason, Removal, RemovalCause
from ..core.syntax import SetCookie, wire_text
from ..rules.verdicts import FieldVerdict


class Remark(StrEnum):
    """A reason that is not one of a browser's, with its sentence."""

    sentence: str

    def __new__(cls, code: str, sentence: str) -> Self:
        remark = str.__new__(cls, code)
        remark._value_ = code
        remark.sentence = sentence
        return remark

    DROPPED = "dropped-by-rule", "A rule dropped it: the other side never saw it."
    HELD = "held", "The proxy holds the cookie of this name: the application gets that one."
    RENAMED = "renamed", "A rule renamed it, and the browser has it under its new name too: that one counts."
    PACKED = "packed", "A rule packs it: the browser has it in one cookie with others, and that one counts."
    SEAL = "seal", "It was not sealed by this proxy for this cookie and site: the application never saw it."
    DELETION = "deletion", "The browser is told to delete it."


class Teller(NamedTuple):
    """Everything that the events of one message have in common."""

    client: str
    site: str
    access: Access
    suffixes: Suffixes

    def cookie(self, kind: EventKind, cookie: Cookie, reason: Reason, by: str | None = None) -> Event:
        """An event about a stored cookie at this message."""
        access = self.access
        return Event(
            access.time,
            self.client,
            self.site,
            access.host,
            cookie.name,
            kind,
            reason.value,
            reason.sentence,
            by,
            flow_id=access.flow_id,
        )

    def removal(self, removal: Removal, jar: JarKind = JarKind.MIRROR) -> Event:
        """A cookie left a jar; the event stands at its own host, and at its expiry if that is the cause."""
        cookie, cause = removal.cookie, removal.cause
        expiry = cookie.expiry_time if cause is RemovalCause.EXPIRED else None
        return Event(
            self.access.time if expiry is None else expiry,
            self.client,
            site_of(cookie.domain, self.suffixes),
            cookie.domain,
            cookie.name,
            EventKind.REMOVED,
            cause.value,
            cause.sentence,
            None if removal.by is None else wire_text(removal.by.name),
            flow_id=self.access.flow_id if expiry is None else None,
            jar=jar,
        )

    def set_cookie(
        self,
        status: int,
        verdict: FieldVerdict,
        passed: SetCookie | None,
        kind: EventKind,
        reason: Reason | Remark | None,
        jar: JarKind,
        cookie: Cookie | None,
        old: Cookie | None,
    ) -> SetCookieSeen:
        """One Set-Cookie field: as it came, as it passed, and the cookies that it made and replaced (R5)."""
        access, given = self.access, verdict.given
        return SetCookieSeen(
            access.time,
            self.client,
            self.site,
            access.host,
            access.scheme,
            access.path,
            access.flow_id,
            status,
            given.name,
            given.value,
            given.source,
            None if passed is None else passed.source,
            kind,
            jar,
            None if reason is None else reason.value,
            None if reason is None else reason.sentence,
            None if old is None else old.value,
            None if cookie is None else cookie.expiry_time,
            verdict.changes,
        )

    def persistence(self, cookie: Cookie, jar: JarKind) -> Event:
        """A session cookie was set again and became persistent, or the other way (R6)."""
        became = "persistent" if cookie.persistent else "session"
        sentence = f"It was set again and became a {became} cookie."
        return self.remark(EventKind.PERSISTENCE, f"became-{became}", sentence, cookie.name)._replace(jar=jar)

    def change(self, name: bytes | None, change: Change) -> Event:
        """A rule changed something, or would have."""
        return Event(
            self.access.time,
            self.client,
            self.site,
            self.access.host,
            name,
            EventKind.CHANGED,
            "observed" if change.observed else change.action,
            _sentence_of(change),
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


def _sentence_of(change: Change) -> str:
    effect = "changed it" if change.before is not None else "added it"
    if change.after is None:
        effect = "kept it from passing"
    if change.observed:
        return f"The rule's `{change.action}` would have {effect}; nothing was changed."
    if change.why is not None:
        return change.why
    return f"The rule's `{change.action}` {effect}."
