"""What it means that cookies the mirror expected did not come: missing once, with the likeliest reason (R3, R21).

A cookie's absence is evidence only in a navigation, or in a request without Sec-Fetch-* that carried other cookies of the site:
preflights, fonts, manifests and fetches without credentials carry none by design. Frames may stand in other sites' pages, and
requests without evidence may come from there: they tell nothing of cookies that are harder to get sent than those that came.
"""

from collections.abc import Sequence

from ..core.accept import defaults_to_lax
from ..core.access import Access, Party, SameSiteContext
from ..core.cookie import Cookie, SameSite
from ..core.events import Event, EventKind
from ..core.outcome import MissingReason, RemovalCause, UnexpectedReason
from .browser import Browser, Departure
from .evidence import Absence, Evidence
from .tell import Teller

EXPIRY_SLACK_SECONDS = 60.0
"""A cookie that had less than this left to live may have been judged expired by the browser's own clock."""
NEAR_LIMIT = 0.9
"""The share of a site's limit from which an eviction is the likeliest reason for an absence."""
CROSSING_SECONDS = 0.001
"""A request that came so shortly after a response may have been sent before the client received it."""
STILL_THERE = frozenset((MissingReason.THIRD_PARTY, MissingReason.SAME_SITE, MissingReason.SECURE))
"""Reasons that keep a cookie from one request, not from the browser."""
SAME_SITE_KEEPS_BACK = frozenset((SameSiteContext.CROSS_SITE, SameSiteContext.CROSS_SITE_UNSAFE_NAVIGATION))


class AbsenceJudge:
    """Judges the cookies that did not come with one request."""

    __slots__ = ("_access", "_browser", "_evidence", "_tell")

    def __init__(self, browser: Browser, tell: Teller, evidence: Evidence) -> None:
        self._access: Access = tell.access
        self._browser = browser
        self._evidence = evidence
        self._tell = tell

    def judge(self, absent: Sequence[Cookie], came: Sequence[Cookie], carried: bool) -> list[Event]:
        """What is missing and why; the mirror loses what the browser must have lost.

        `came` are the cookies that the request carried, `carried` is true too if it carried something that is none of the mirror's.
        """
        absence = self._evidence.absence
        if absence is Absence.NOTHING or (absence is Absence.BESIDE_OTHERS and not carried):
            return []
        needed = max((self._need(cookie) for cookie in came), default=0)
        cleared = not came and len(absent) > 1
        events: list[Event] = []
        for cookie in absent:
            if not cookie.adopted and not self._may_have_crossed(cookie):
                reason = (
                    MissingReason.SAME_SITE if self._is_harder(cookie, needed) else self._likeliest(cookie, cleared)
                )
                events += self._tell_missing(cookie, reason)
        return events

    def _may_have_crossed(self, cookie: Cookie) -> bool:
        """True if the client may have sent the request before it received the cookie."""
        slack = 0.0 if self._evidence.absence is Absence.ALWAYS else CROSSING_SECONDS
        return self._access.time <= cookie.set_time + slack

    def _need(self, cookie: Cookie) -> int:
        """How much must be right for this cookie to be sent: 0 nothing, 1 the page's site, 2 also who led there."""
        profile = self._browser.profile
        if cookie.same_site is SameSite.STRICT:
            return 1 if self._access.party is Party.FIRST else 2
        return int(
            cookie.same_site is SameSite.LAX or (cookie.same_site is SameSite.DEFAULT and defaults_to_lax(profile))
        )

    def _is_harder(self, cookie: Cookie, needed: int) -> bool:
        return self._evidence.absence is Absence.BESIDE_OTHERS and self._need(cookie) > needed

    def _tell_missing(self, cookie: Cookie, reason: MissingReason) -> list[Event]:
        browser = self._browser
        if reason in STILL_THERE:
            first = browser.first_time((cookie.key, reason))
            return [self._tell.cookie(EventKind.MISSING, cookie, reason, cookie.set_by)] if first else []
        missing = self._tell.cookie(EventKind.MISSING, cookie, reason, cookie.set_by)
        removal = browser.mirror.remove(cookie, RemovalCause.GONE)
        departure = Departure(UnexpectedReason.REMOVED, self._access.time, cookie)
        browser.note_departure(cookie.domain, cookie.name, departure)
        return [missing, self._tell.removal(removal)]

    def _likeliest(self, cookie: Cookie, cleared: bool) -> MissingReason:
        access = self._access
        if access.party is Party.THIRD:
            return MissingReason.THIRD_PARTY
        if access.context in SAME_SITE_KEEPS_BACK and cookie.same_site is not SameSite.NONE:
            return MissingReason.SAME_SITE
        if cookie.secure_only and access.scheme != "https":
            return MissingReason.SECURE
        if cookie.expiry_time is not None and cookie.expiry_time - access.time < EXPIRY_SLACK_SECONDS:
            return MissingReason.EXPIRED
        if self._browser.mirror.fullness(cookie) >= NEAR_LIMIT:
            return MissingReason.EVICTED
        if not cookie.sent:
            return MissingReason.REFUSED if cookie.path == b"/" or cleared else MissingReason.PATH
        return MissingReason.CLEARED if cleared else MissingReason.GONE
