"""Who has to leave a full jar, browser by browser (RFC 6265bis 5.7, facts measured in the browsers' sources; R1, R21).

Pure: given the cookies that share a limit, name the victims in the order in which they go. `jar` decides when to ask and removes
them. A limit the user overrides scales purge depth and quotas in proportion, rounded down.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from .cookie import Cookie, Priority

DAY = 86_400.0

PARTITION_BYTES = 10_240
"""Octets of name and value in one partition of one site (Chrome and Firefox, CHIPS)."""
FIREFOX_PARTITION_FACTOR = 1.2
"""Firefox starts evicting in a partition only past this multiple of its capacity."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cookies may share a key or a jar, and how deep a purge cuts. None means no limit."""

    per_site: int | None = None
    site_purge: int = 0
    """Cookies removed below `per_site` once it is exceeded."""
    total: int | None = None
    total_purge: int = 0
    safe_days: float | None = None
    """Cookies used within this many days are never purged for the total."""
    total_strict: bool = False
    """True when the user set the total: then the excess goes, however recent."""

    def overridden(self, per_site: int | None, total: int | None) -> "Counts":
        """These counts with the user's numbers, purge depths in proportion, rounded down."""
        return Counts(
            self.per_site if per_site is None else per_site,
            self.site_purge if per_site is None or not self.per_site else self.site_purge * per_site // self.per_site,
            self.total if total is None else total,
            self.total_purge if total is None or not self.total else self.total_purge * total // self.total,
            self.safe_days,
            self.total_strict or total is not None,
        )


def least_recent(cookie: Cookie) -> tuple[float, float, int]:
    """Sort key: earliest last-access first, then earliest creation (RFC 6265bis 5.7)."""
    return (cookie.last_access_time, cookie.creation_time, cookie.sequence)


def insecure_then_least_recent(cookie: Cookie) -> tuple[bool, float, float, int]:
    """Sort key: those without Secure first, each by earliest last-access."""
    return (cookie.secure_only, cookie.last_access_time, cookie.creation_time, cookie.sequence)


def earliest_created(cookie: Cookie) -> tuple[float, int]:
    """Sort key: first in, first out."""
    return (cookie.creation_time, cookie.sequence)


def earliest_received(cookie: Cookie) -> tuple[float, int]:
    """Sort key of Internet Explorer: the cookies received longest ago first; setting one again makes it new."""
    return (cookie.set_time, cookie.sequence)


type SiteEviction = Callable[[Sequence[Cookie], Counts], list[Cookie]]


def oldest_out(cookies: Sequence[Cookie], counts: Counts) -> list[Cookie]:
    """`classic` (R1): first created, first out, down to the limit."""
    return nsmallest(_excess(cookies, counts), cookies, key=earliest_created)


def first_received_out(cookies: Sequence[Cookie], counts: Counts) -> list[Cookie]:
    """Internet Explorer: the most recently received stay."""
    return nsmallest(_excess(cookies, counts), cookies, key=earliest_received)


def insecure_first(cookies: Sequence[Cookie], counts: Counts) -> list[Cookie]:
    """RFC 6265bis 5.7: those without Secure, then all, each by earliest last-access."""
    return nsmallest(_excess(cookies, counts), cookies, key=insecure_then_least_recent)


def _excess(cookies: Sequence[Cookie], counts: Counts) -> int:
    if counts.per_site is None or len(cookies) <= counts.per_site:
        return 0
    return len(cookies) - counts.per_site + counts.site_purge


CHROME_SITE = 180
CHROME_QUOTAS = {Priority.LOW: 30, Priority.MEDIUM: 50, Priority.HIGH: 70}
CHROME_ROUNDS = (
    (Priority.LOW, False),
    (Priority.LOW, True),
    (Priority.MEDIUM, False),
    (Priority.HIGH, False),
    (Priority.MEDIUM, True),
    (Priority.HIGH, True),
)
"""Chrome's six rounds: (priority, whether Secure cookies may go too)."""


def chrome_rounds(cookies: Sequence[Cookie], counts: Counts) -> list[Cookie]:
    """Chrome's domain purge: six rounds over priorities, each leaving its quota, the least recently used first."""
    goal = _excess(cookies, counts)
    if goal == 0 or counts.per_site is None:
        return []
    remaining = sorted(cookies, key=least_recent)
    victims: list[Cookie] = []
    for priority, secure_too in CHROME_ROUNDS:
        quota = CHROME_QUOTAS[priority] * counts.per_site // CHROME_SITE
        gone = _chrome_round(remaining, priority, secure_too, quota, goal - len(victims))
        victims += gone
        chosen = set(gone)
        remaining = [cookie for cookie in remaining if cookie not in chosen]
    return victims


def _chrome_round(
    cookies: Sequence[Cookie], priority: Priority, secure_too: bool, quota: int, goal: int
) -> list[Cookie]:
    ranked = [cookie for cookie in cookies if cookie.priority is priority]
    secure = 0 if secure_too else sum(cookie.secure_only for cookie in ranked)
    deletable = min(goal, len(ranked) - max(secure, quota))
    eligible = [cookie for cookie in ranked if secure_too or not cookie.secure_only]
    return eligible[: max(deletable, 0)]


def firefox_make_room(
    cookies: Sequence[Cookie], expired: Sequence[Cookie], new: Cookie, counts: Counts
) -> list[Cookie] | None:
    """Firefox's host eviction, before a new cookie is added: victims, or None if the new one is to be refused.

    Expired ones first, then those without Secure; Secure ones only for a Secure newcomer when nothing else is left.
    """
    length = len(cookies) + len(expired)
    if counts.per_site is None or length < counts.per_site:
        return []
    wanted = counts.site_purge + length - counts.per_site + 1
    candidates = [cookie for cookie in cookies if not cookie.secure_only]
    if not candidates and not expired:
        if not new.secure_only:
            return None
        candidates = list(cookies)
    return [*sorted(expired, key=least_recent), *sorted(candidates, key=least_recent)][:wanted]


def strict_partition(cookies: Sequence[Cookie], counts: Counts) -> list[Cookie]:
    """Chrome's partitions: least recently used out, one by one, until count and bytes both fit."""
    size = sum(cookie.size_bytes for cookie in cookies)
    too_many = 0 if counts.per_site is None else max(0, len(cookies) - counts.per_site)
    if not too_many and size <= PARTITION_BYTES:
        return []
    victims: list[Cookie] = []
    for cookie in sorted(cookies, key=least_recent):
        if len(victims) >= too_many and size <= PARTITION_BYTES:
            break
        victims.append(cookie)
        size -= cookie.size_bytes
    return victims


def lenient_partition(cookies: Sequence[Cookie], new: Cookie) -> list[Cookie]:
    """Firefox's partitions, before a cookie is added: past 1.2 times the capacity, down to it, without Secure first.

    The new one's namesakes (other paths) do not count, but may have to go.
    """
    size = new.size_bytes + sum(cookie.size_bytes for cookie in cookies if cookie.name != new.name)
    if size <= PARTITION_BYTES * FIREFOX_PARTITION_FACTOR:
        return []
    victims = []
    for cookie in sorted(cookies, key=insecure_then_least_recent):
        if size <= PARTITION_BYTES:
            break
        victims.append(cookie)
        size -= cookie.size_bytes
    return victims


type TotalEviction = Callable[[Sequence[Cookie], Counts, float], list[Cookie]]


def total_oldest_created(cookies: Sequence[Cookie], counts: Counts, now: float) -> list[Cookie]:
    """`classic` (R1): the earliest created of the whole jar."""
    return nsmallest(_total_excess(len(cookies), counts), cookies, key=earliest_created)


def total_least_recent(cookies: Sequence[Cookie], counts: Counts, now: float) -> list[Cookie]:
    """RFC 6265bis 5.7: the least recently used of the whole jar."""
    return nsmallest(_total_excess(len(cookies), counts), cookies, key=least_recent)


def total_idle_insecure_first(cookies: Sequence[Cookie], counts: Counts, now: float) -> list[Cookie]:
    """Chrome's global purge: least recently used without Secure, then with, of those idle for 30 days."""
    goal = _total_excess(len(cookies), counts)
    if goal == 0 or counts.safe_days is None:
        return []
    safe_since = now - counts.safe_days * DAY
    everyone = sorted(cookies, key=insecure_then_least_recent)
    # Only the first `goal` of those without Secure are looked at; Secure ones make up what they leave.
    insecure = [cookie for cookie in everyone if not cookie.secure_only][:goal]
    victims = [cookie for cookie in insecure if cookie.last_access_time < safe_since]
    secure = [cookie for cookie in everyone if cookie.secure_only][: goal - len(victims)]
    victims += [cookie for cookie in secure if cookie.last_access_time < safe_since]
    return _at_least_the_excess(everyone, victims, counts)


FIREFOX_TOTAL_FACTOR = 1.1
"""Firefox purges only when count and age have passed their limits by a tenth."""


def total_idle(cookies: Sequence[Cookie], counts: Counts, now: float) -> list[Cookie]:
    """Firefox's global purge, before a cookie is added: the expired, then the oldest of those idle for 30 days.

    Down to the total; where the user set it, to one less, however recent.
    """
    if counts.total is None or not cookies:
        return []
    expired = [cookie for cookie in cookies if cookie.expiry_time is not None and cookie.expiry_time <= now]
    live = sorted(set(cookies).difference(expired), key=least_recent)
    if counts.total_strict:
        room = len(live) - counts.total + 1
        return [*expired, *live[:room]] if room > 0 else []
    if counts.safe_days is None or len(cookies) < counts.total * FIREFOX_TOTAL_FACTOR:
        return []
    oldest = min(cookie.last_access_time for cookie in cookies)
    if oldest > now - counts.safe_days * FIREFOX_TOTAL_FACTOR * DAY:
        return []
    idle = [cookie for cookie in live if cookie.last_access_time <= now - counts.safe_days * DAY]
    return [*expired, *idle[: max(0, len(live) - counts.total)]]


def _total_excess(count: int, counts: Counts) -> int:
    if counts.total is None or count <= counts.total:
        return 0
    return count - counts.total + counts.total_purge


def _at_least_the_excess(everyone: Sequence[Cookie], victims: list[Cookie], counts: Counts) -> list[Cookie]:
    if not counts.total_strict or counts.total is None:
        return victims
    chosen = set(victims)
    short = len(everyone) - counts.total - len(victims)
    return victims + [cookie for cookie in everyone if cookie not in chosen][: max(short, 0)]
