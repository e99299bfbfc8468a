"""Everything that can be wrong, once each: its code, how bad it is, what to do about it, and where a standard says so.

ASVS is OWASP's Application Security Verification Standard 5.0, WSTG its testing guide, SMCS its Session Management Cheat Sheet,
NIST Special Publication 800-63B. Codes are never renamed.
"""

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """How bad, least first."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Check(NamedTuple):
    """One thing that can be wrong."""

    code: str
    severity: Severity
    advice: str
    references: str = ""
    per_client: bool = False
    """True if it is about one client, so that another's is a finding of its own."""


_CHECKS = (
    # -- how a session's cookie is set
    Check(
        "missing-secure",
        Severity.MEDIUM,
        "Set the session cookie with Secure, so that it never travels in the clear.",
        "ASVS 3.3.1, NIST 800-63B 5.1, WSTG-SESS-02",
    ),
    Check(
        "missing-httponly",
        Severity.MEDIUM,
        "Set the session cookie with HttpOnly, so that no script can read it.",
        "ASVS 3.3.4, WSTG-SESS-02",
    ),
    Check(
        "missing-samesite",
        Severity.LOW,
        "Say SameSite=Lax or Strict (or None, if other sites need it): browsers differ in what they take its absence for.",
        "ASVS 3.3.2, WSTG-SESS-02",
    ),
    Check(
        "plain-http",
        Severity.HIGH,
        "Serve everything that has a session over https, and redirect http to it before a session is begun.",
        "ASVS 3.3.1, ASVS 12.2.1, NIST 800-63B 5.1, WSTG-CRYP-03",
    ),
    Check(
        "scope-wide",
        Severity.LOW,
        "Leave out Domain, so that only this host gets the session, or name it __Host-…",
        "ASVS 3.3.3, NIST 800-63B 5.1, WSTG-SESS-02",
    ),
    Check(
        "path-case",
        Severity.LOW,
        "Link to the path exactly as the cookie's Path writes it, or set Path=/: browsers tell case apart.",
        "RFC 6265bis 5.1.4",
    ),
    Check(
        "attribute-downgrade",
        Severity.MEDIUM,
        "Set the cookie with the same attributes everywhere: the later Set-Cookie took its protection away.",
        "ASVS 3.3.1, ASVS 3.3.4",
    ),
    Check(
        "duplicate-name",
        Severity.MEDIUM,
        "Use one Domain and Path for each name: of two cookies of one name, applications read the wrong one.",
        "RFC 6265bis 5.8.3",
    ),
    # -- how a session is managed
    Check(
        "not-rotated",
        Severity.HIGH,
        "Issue a new session id at every login, and make the old one worthless.",
        "ASVS 7.2.4, WSTG-SESS-03, SMCS renewal",
    ),
    Check(
        "fixation",
        Severity.HIGH,
        "Accept only ids that the server issued, and issue a new one for any other.",
        "ASVS 7.2.4, WSTG-SESS-03, SMCS session id acceptance",
    ),
    Check(
        "logout-incomplete",
        Severity.MEDIUM,
        "Let the logout delete the session cookie, by the name, Domain and Path with which it was set.",
        "ASVS 7.4.1, WSTG-SESS-06",
    ),
    Check(
        "alive-after-logout",
        Severity.HIGH,
        "End the session on the server at logout: deleting the cookie alone leaves a stolen id good.",
        "ASVS 7.4.1, WSTG-SESS-06",
    ),
    Check(
        "deletion-misses",
        Severity.MEDIUM,
        "Delete a cookie with the Domain and Path with which it was set: otherwise it stays.",
        "RFC 6265bis 5.7",
    ),
    Check(
        "resurrection",
        Severity.HIGH,
        "Do not set the session cookie in answers to requests that began before the logout: the late one brings it back.",
        "ASVS 7.4.1, WSTG-SESS-06",
    ),
    Check(
        "churn",
        Severity.MEDIUM,
        "Find out why the id does not come back: as it is, every request begins a new session.",
        "WSTG-SESS-01",
        per_client=True,
    ),
    Check(
        "collected-while-active",
        Severity.MEDIUM,
        "Keep sessions that are in use: write them at each request, or collect by last use and not by last change.",
        "ASVS 7.3.1",
    ),
    Check(
        "cookie-outlives-session",
        Severity.INFO,
        "Let the cookie end when the session does: the browser goes on sending an id that is dead.",
        "NIST 800-63B 5.1",
    ),
    # -- where ids go and what they are
    Check(
        "shared-id",
        Severity.HIGH,
        "Find out how one id came to two clients: a link that was passed on, a cache that keeps Set-Cookie, or a theft.",
        "ASVS 7.2.1, SMCS binding, WSTG-SESS-09",
    ),
    Check(
        "id-in-url",
        Severity.MEDIUM,
        "Keep session ids in cookies: URLs are logged, passed on and bookmarked.",
        "ASVS 14.2.1, WSTG-SESS-04",
    ),
    Check(
        "id-in-referer",
        Severity.HIGH,
        "Take the id out of URLs, and say Referrer-Policy: same-origin until then.",
        "ASVS 14.2.1, WSTG-SESS-04",
    ),
    Check(
        "sensitive-value",
        Severity.MEDIUM,
        "Keep such data on the server: cookies lie readable on the client's disc and travel with every request.",
        "ASVS 14.2.1, ASVS 14.3.3, WSTG-SESS-02",
    ),
    Check(
        "weak-id",
        Severity.HIGH,
        "Make ids of at least 128 bits from the system's secure random number generator.",
        "ASVS 7.2.3, NIST 800-63B 5.1, WSTG-SESS-01",
    ),
    # -- limits and clocks
    Check(
        "near-eviction",
        Severity.MEDIUM,
        "Set fewer cookies: a few more, and the browser throws this session's cookie out.",
        "RFC 6265bis 5.7",
        per_client=True,
    ),
    Check(
        "header-too-large",
        Severity.MEDIUM,
        "Set fewer or smaller cookies, or narrow their Path: servers refuse requests with such headers.",
        "ASVS 3.3.5",
        per_client=True,
    ),
    Check(
        "lifetime-long",
        Severity.LOW,
        "Let cookies live for 13 months at most, which is what regulators accept.",
        "CNIL guidelines on cookies, RFC 6265bis 5.5",
    ),
    Check(
        "refused-by-client",
        Severity.INFO,
        "The client refuses the cookie: make the site say so, or offer it a session without cookies.",
        "",
        per_client=True,
    ),
    Check(
        "clock-skew",
        Severity.LOW,
        "Set the server's clock by NTP: cookies with Expires live too long or too short by as much.",
        "RFC 6265bis 5.7",
    ),
)

CHECKS: dict[str, Check] = {check.code: check for check in _CHECKS}
CODES = tuple(CHECKS)
"""All codes, in the order of the table."""
