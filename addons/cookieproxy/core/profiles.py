"""Browsers as data: every number and habit in which they differ from RFC 6265bis, and how to tell them apart.

A profile follows its browser also where the browser leaves the draft. What nobody outside knows is said in `help`, not pretended.
Knows nothing of jars: `accept` and `jar` read these values, `habits` says what they can be, `evict` holds the purges.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from . import dates, evict
from .cookie import Cookie
from .evict import Counts, SiteEviction, TotalEviction
from .habits import (
    HOST_HTTP_PREFIX,
    HOST_PREFIX,
    HTTP_PREFIX,
    SECURE_PREFIX,
    Controls,
    DomainHabit,
    MaxAge,
    Nameless,
    Order,
    PathHabit,
    PathPromise,
    PrefixRule,
    Repeats,
    SameSiteDefault,
    SiteKey,
    specific_then_name,
    specific_then_newest,
    specific_then_oldest,
)
from .hosts import is_loopback

__all__ = [
    "LAX_ALLOWING_UNSAFE_SECONDS",
    "PROFILES",
    "Counts",
    "Overrides",
    "Profile",
    "SameSiteDefault",
    "profile_for_user_agent",
]

DAY = 86_400.0
MAX_AGE_CAP = 400 * DAY
"""Seconds; RFC 6265bis 5.5."""
LAX_ALLOWING_UNSAFE_SECONDS = 120.0
"""How long a cookie without SameSite goes with cross-site POST navigations (RFC 6265bis 5.6.7.2, Chrome)."""


class Overrides(NamedTuple):
    """The numbers of `limits:` in rules.yaml; None leaves the profile's own."""

    per_cookie_bytes: int | None = None
    per_site: int | None = None
    total: int | None = None
    max_age: float | None = None
    header_bytes: int | None = None


NO_COUNTS = Counts()


@dataclass(frozen=True, slots=True)
class Profile:
    """How one browser stores, limits, evicts and sends cookies. The defaults are RFC 6265bis."""

    name: str
    help: str
    per_cookie_bytes: int | None = 4096
    """Octets of name and value."""
    field_bytes: int | None = None
    """Octets of the whole Set-Cookie field."""
    attribute_bytes: int | None = 1024
    """Octets of an attribute's value; longer attributes are ignored."""
    cookies_per_response: int | None = None
    controls: Controls = Controls.FIELD
    nameless: Nameless = Nameless.STORED
    quotes_protect: bool = False
    """True if a semicolon inside double quotes belongs to the value."""
    joins_commas: bool = False
    """True if the space after a comma in a name or value is lost."""
    repeats: Repeats = Repeats.LAST_VALID
    max_age: MaxAge = MaxAge.DIGITS
    max_age_cap: float | None = MAX_AGE_CAP
    """Seconds."""
    parse_date: dates.DateParser = dates.parse_rfc
    follows_server_clock: bool = False
    """True if Expires is shifted by what the server's Date differs from our time (R20)."""
    domain: DomainHabit = DomainHabit.RFC
    path: PathHabit = PathHabit.RFC
    host_only_reaches_subdomains: bool = False
    refuses_secure_from_http: bool = True
    trusts_loopback: bool = False
    """True if plain http to this very machine counts as secure."""
    leaves_secure_alone: bool = True
    same_site: SameSiteDefault = SameSiteDefault.LAX
    none_requires_secure: bool = True
    partitions: bool = False
    priorities: bool = False
    prefixes: tuple[PrefixRule, ...] = (SECURE_PREFIX, HOST_PREFIX)
    prefix_any_case: bool = True
    prefix_path: PathPromise = PathPromise.PRESENT
    keeps_creation_for: Callable[[Cookie, bytes], bool] = field(default=lambda old, value: True)
    """Whether a replacing cookie of this value inherits the creation time of the old one."""
    site_key: SiteKey = SiteKey.DOMAIN
    counts: Counts = NO_COUNTS
    evict_site: SiteEviction = evict.insecure_first
    evict_total: TotalEviction = evict.total_least_recent
    makes_room_first: bool = False
    """True for Firefox, which evicts before it adds and may refuse the newcomer."""
    order: Order = specific_then_oldest
    clears_site_data: bool = False
    """True if it obeys Clear-Site-Data."""
    header_bytes: int | None = None
    """Octets of a Cookie header line that is sent at most, its name included; what no longer fits stays back."""
    header_cookies: int | None = None
    """Cookies that are sent at most."""
    access_seconds: float = 0.0
    """Last-access is refreshed only when it is at least this old."""

    def trusts(self, scheme: str, host: str) -> bool:
        """True if Secure cookies may be sent over this connection."""
        return scheme == "https" or (self.trusts_loopback and is_loopback(host))

    def with_limits(self, limits: Overrides) -> "Profile":
        """This profile with the user's own numbers."""
        if limits == Overrides():
            return self
        return replace(
            self,
            per_cookie_bytes=self.per_cookie_bytes if limits.per_cookie_bytes is None else limits.per_cookie_bytes,
            max_age_cap=self.max_age_cap if limits.max_age is None else limits.max_age,
            header_bytes=self.header_bytes if limits.header_bytes is None else limits.header_bytes,
            counts=self.counts.overridden(limits.per_site, limits.total),
        )

    def without_counts(self) -> "Profile":
        """This profile as a storage model only: no eviction, no header limit."""
        return replace(self, counts=NO_COUNTS, makes_room_first=False, header_bytes=None, header_cookies=None)


def _same_value(old: Cookie, value: bytes) -> bool:
    return old.value == value


RFC6265BIS = Profile(
    name="rfc6265bis",
    help="The draft to the letter, with the counts it wants at least: 50 cookies a domain, 3,000 in all.",
    counts=Counts(per_site=50, total=3000),
)
CHROME = Profile(
    name="chrome",
    help="Chrome, Edge, Opera and their kin: 180 cookies a site purged to 150 by priority, 3,300 in all, 400 days at most.",
    controls=Controls.FIELD_AND_TAB,
    nameless=Nameless.WITHOUT_EQUALS,
    repeats=Repeats.LAST,
    max_age=MaxAge.SIGNED,
    parse_date=dates.parse_chrome,
    follows_server_clock=True,
    domain=DomainHabit.CHROME,
    trusts_loopback=True,
    same_site=SameSiteDefault.LAX_ALLOWING_UNSAFE,
    partitions=True,
    priorities=True,
    prefixes=(SECURE_PREFIX, HOST_HTTP_PREFIX, HOST_PREFIX, HTTP_PREFIX),
    prefix_path=PathPromise.EXPLICIT,
    keeps_creation_for=_same_value,
    site_key=SiteKey.REGISTRABLE_DOMAIN,
    counts=Counts(per_site=180, site_purge=30, total=3300, total_purge=300, safe_days=30),
    evict_site=evict.chrome_rounds,
    evict_total=evict.total_idle_insecure_first,
    access_seconds=60,
    clears_site_data=True,
)
FIREFOX = Profile(
    name="firefox",
    help="Firefox: 180 cookies a site, those without Secure go first and Secure ones only for a Secure newcomer.",
    parse_date=dates.parse_firefox,
    follows_server_clock=True,
    repeats=Repeats.LAST,
    max_age=MaxAge.MINUS_EXPIRES,
    domain=DomainHabit.FIREFOX,
    path=PathHabit.WITHOUT_TAB,
    trusts_loopback=True,
    same_site=SameSiteDefault.NONE,
    partitions=True,
    prefixes=(SECURE_PREFIX, HOST_PREFIX, HTTP_PREFIX, HOST_HTTP_PREFIX),
    prefix_path=PathPromise.RESULTING,
    site_key=SiteKey.REGISTRABLE_DOMAIN,
    counts=Counts(per_site=180, site_purge=30, total=3000, safe_days=30),
    evict_total=evict.total_idle,
    makes_room_first=True,
    access_seconds=60,
    clears_site_data=True,
)
SAFARI = Profile(
    name="safari",
    help=(
        "Safari, also every browser on iOS. How many cookies it keeps, whom it evicts, how it reads dates and whether it caps "
        "lifetimes is not known outside Apple: this profile has no counts and no cap; set `limits:` to try numbers of your own."
    ),
    attribute_bytes=None,
    controls=Controls.NAME_AND_VALUE,
    nameless=Nameless.REFUSED,
    quotes_protect=True,
    joins_commas=True,
    max_age_cap=None,
    same_site=SameSiteDefault.NONE,
    none_requires_secure=False,
    prefix_any_case=False,
    site_key=SiteKey.REGISTRABLE_DOMAIN,
    order=specific_then_name,
)
CURL = Profile(
    name="curl",
    help="curl and libcurl: no eviction, 50 cookies read from a response, 150 cookies and less than 8,190 octets sent.",
    field_bytes=5000,
    attribute_bytes=None,
    cookies_per_response=50,
    controls=Controls.FIELD_AND_PAIR_TAB,
    nameless=Nameless.REFUSED,
    repeats=Repeats.CURL,
    max_age=MaxAge.OR_EXPIRE,
    parse_date=dates.parse_curl,
    domain=DomainHabit.CURL,
    path=PathHabit.TRIMMED,
    trusts_loopback=True,
    same_site=SameSiteDefault.UNSUPPORTED,
    none_requires_secure=False,
    prefix_any_case=False,
    prefix_path=PathPromise.RESULTING,
    order=specific_then_newest,
    header_bytes=8189,  # it stops at what would reach 8,190
    header_cookies=150,
)
CLASSIC = Profile(
    name="classic",
    help="The first browsers: 4,096 octets a cookie, 20 a domain with the oldest out, 300 in all.",
    attribute_bytes=None,
    controls=Controls.NEVER,
    max_age_cap=None,
    refuses_secure_from_http=False,
    leaves_secure_alone=False,
    same_site=SameSiteDefault.UNSUPPORTED,
    none_requires_secure=False,
    prefixes=(),
    site_key=SiteKey.EXACT_DOMAIN,
    counts=Counts(per_site=20, total=300),
    evict_site=evict.oldest_out,
    evict_total=evict.total_oldest_created,
)
IE6 = replace(
    CLASSIC,
    name="ie6",
    help=(
        "Internet Explorer 4 to 7 before August 2007: 20 cookies a domain, the most recently received stay, no Max-Age. Whether "
        "setting a cookie again renewed its place is not documented; here it does."
    ),
    per_cookie_bytes=None,
    field_bytes=5118,
    max_age=MaxAge.UNSUPPORTED,
    host_only_reaches_subdomains=True,
    counts=Counts(per_site=20),
    evict_site=evict.first_received_out,
)
IE8 = replace(
    IE6,
    name="ie8",
    help=IE6.help.replace("4 to 7 before August 2007: 20", "5 to 10 since August 2007: 50"),
    counts=Counts(per_site=50),
)
NONE = replace(RFC6265BIS, name="none", help="The draft's storage model without any count.", counts=NO_COUNTS)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {profile.name: profile for profile in (CHROME, FIREFOX, SAFARI, CURL, IE6, IE8, CLASSIC, RFC6265BIS, NONE)}
)

USER_AGENTS: tuple[tuple[re.Pattern[str], Profile], ...] = (
    (re.compile(r"CriOS/|FxiOS/|EdgiOS/|OPiOS/"), SAFARI),
    (re.compile(r"MSIE [1-6]\."), IE6),
    (re.compile(r"MSIE |Trident/"), IE8),
    (re.compile(r"Firefox/|Thunderbird/"), FIREFOX),
    (re.compile(r"Chrome/|Chromium/|HeadlessChrome/|Edg/|OPR/"), CHROME),
    (re.compile(r"Version/\S+.*Safari/|AppleWebKit/.*Safari/|CFNetwork/"), SAFARI),
    (re.compile(r"^curl/|libcurl/"), CURL),
)
"""What `browser: auto` looks for in a User-Agent, first match wins; whoever is none of these follows the draft."""


@lru_cache(maxsize=4096)
def profile_for_user_agent(user_agent: str) -> Profile:
    """The profile that `browser: auto` gives a client; `rfc6265bis` for the unknown."""
    for pattern, profile in USER_AGENTS:
        if pattern.search(user_agent):
            return profile
    return RFC6265BIS
