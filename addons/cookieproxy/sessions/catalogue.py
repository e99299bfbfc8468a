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
    """As a rule; what was seen can make it better or worse."""
    meaning: str
    """What was seen, in a sentence."""
    advice: str
    references: str = ""
    per_client: bool = False
    """True if it is about one client, so that another's is a finding of its own."""


_CHECKS = (
    # -- how a session's cookie is set
    Check(
        "missing-secure",
        Severity.MEDIUM,
        "A session's cookie was set over https without Secure.",
        "Set the session cookie with Secure, so that it never travels in the clear.",
        "ASVS 3.3.1, NIST 800-63B 5.1, WSTG-SESS-02",
    ),
    Check(
        "missing-httponly",
        Severity.MEDIUM,
        "A session's cookie was set without HttpOnly.",
        "Set the session cookie with HttpOnly, so that no script can read it.",
        "ASVS 3.3.4, WSTG-SESS-02",
    ),
    Check(
        "missing-samesite",
        Severity.LOW,
        "A session's cookie was set without SameSite.",
        "Say SameSite=Lax or Strict (or None, if other sites need it): browsers differ in what they take its absence for.",
        "ASVS 3.3.2, WSTG-SESS-02",
    ),
    Check(
        "plain-http",
        Severity.HIGH,
        "A session's cookie was set or sent over plain http.",
        "Serve everything that has a session over https, and redirect http to it before a session is begun.",
        "ASVS 3.3.1, ASVS 12.2.1, NIST 800-63B 5.1, WSTG-CRYP-03",
    ),
    Check(
        "scope-wide",
        Severity.LOW,
        "A session's cookie was set with the Domain of a parent of its host.",
        "Leave out Domain, so that only this host gets the session, or name it __Host-…",
        "ASVS 3.3.3, NIST 800-63B 5.1, WSTG-SESS-02",
    ),
    Check(
        "path-case",
        Severity.LOW,
        "A request's path differs from a cookie's Path by upper and lower case alone.",
        "Link to the path exactly as the cookie's Path writes it, or set Path=/: browsers tell case apart.",
        "RFC 6265bis 5.1.4",
    ),
    Check(
        "attribute-downgrade",
        Severity.MEDIUM,
        "A cookie that had Secure, HttpOnly or SameSite was set again without it.",
        "Set the cookie with the same attributes everywhere: the later Set-Cookie took its protection away.",
        "ASVS 3.3.1, ASVS 3.3.4",
    ),
    Check(
        "duplicate-name",
        Severity.MEDIUM,
        "One request carried several cookies of one name.",
        "Use one Domain and Path for each name: of two cookies of one name, applications read the wrong one.",
        "RFC 6265bis 5.8.3",
    ),
    # -- how a session is managed
    Check(
        "not-rotated",
        Severity.HIGH,
        "A login succeeded, and the session's id stayed what it was.",
        "Issue a new session id at every login, and make the old one worthless.",
        "ASVS 7.2.4, WSTG-SESS-03, SMCS renewal",
    ),
    Check(
        "fixation",
        Severity.HIGH,
        "An id that the server had not issued to the client was taken: from a URL, in place of its own, or for a login.",
        "Accept only ids that the server issued, and issue a new one for any other.",
        "ASVS 7.2.4, WSTG-SESS-03, SMCS session id acceptance",
    ),
    Check(
        "logout-incomplete",
        Severity.MEDIUM,
        "A logout neither deleted nor replaced the session's cookie.",
        "Let the logout delete the session cookie, by the name, Domain and Path with which it was set.",
        "ASVS 7.4.1, WSTG-SESS-06",
    ),
    Check(
        "alive-after-logout",
        Severity.HIGH,
        "The id of a session opened a page after its logout.",
        "End the session on the server at logout: deleting the cookie alone leaves a stolen id good.",
        "ASVS 7.4.1, WSTG-SESS-06",
    ),
    Check(
        "deletion-misses",
        Severity.MEDIUM,
        "A cookie was deleted with a Domain or Path that is not its own, and stayed.",
        "Delete a cookie with the Domain and Path with which it was set: otherwise it stays.",
        "RFC 6265bis 5.7",
    ),
    Check(
        "resurrection",
        Severity.HIGH,
        "A request that began before the logout, or before a new id came, was answered after it and set the old id again.",
        "Do not set the session cookie in answers to requests that began before the logout: the late one brings it back.",
        "ASVS 7.4.1, WSTG-SESS-06",
    ),
    Check(
        "churn",
        Severity.MEDIUM,
        "Several ids were issued to a client one after the other, and none came back.",
        "Find out why the id does not come back: as it is, every request begins a new session.",
        "WSTG-SESS-01",
        per_client=True,
    ),
    Check(
        "collected-while-active",
        Severity.MEDIUM,
        "A session was lost although longer gaps between its requests had been survived.",
        "Keep sessions that are in use: write them at each request, or collect by last use and not by last change.",
        "ASVS 7.3.1",
    ),
    Check(
        "cookie-outlives-session",
        Severity.INFO,
        "A session was over on the server, and its cookie goes on living for more than a day.",
        "Let the cookie end when the session does: the browser goes on sending an id that is dead.",
        "NIST 800-63B 5.1",
    ),
    # -- where ids go and what they are
    Check(
        "shared-id",
        Severity.HIGH,
        "Two clients had one session's id: by address or by browser.",
        "Find out how one id came to two clients: a link that was passed on, a cache that keeps Set-Cookie, or a theft.",
        "ASVS 7.2.1, SMCS binding, WSTG-SESS-09",
    ),
    Check(
        "id-in-url",
        Severity.MEDIUM,
        "A session's id was in the URL of a request or of a redirect.",
        "Keep session ids in cookies: URLs are logged, passed on and bookmarked.",
        "ASVS 14.2.1, WSTG-SESS-04",
    ),
    Check(
        "id-in-referer",
        Severity.HIGH,
        "A request to another site said in its Referer what page it came from, with a session's id.",
        "Take the id out of URLs, and say Referrer-Policy: same-origin until then.",
        "ASVS 14.2.1, WSTG-SESS-04",
    ),
    Check(
        "sensitive-value",
        Severity.MEDIUM,
        "A cookie's value has an e-mail address, a card number, a password, a user's name or a token's claims.",
        "Keep such data on the server: cookies lie readable on the client's disc and travel with every request.",
        "ASVS 14.2.1, ASVS 14.3.3, WSTG-SESS-02",
    ),
    Check(
        "weak-id",
        Severity.HIGH,
        "A session's ids have fewer than 64 bits that one would have to guess.",
        "Make ids of at least 128 bits from the system's secure random number generator.",
        "ASVS 7.2.3, NIST 800-63B 5.1, WSTG-SESS-01",
    ),
    # -- limits and clocks
    Check(
        "near-eviction",
        Severity.MEDIUM,
        "The site has nearly as many cookies as the browser keeps, and a few more would log the client out.",
        "Set fewer cookies: beyond its limit the browser throws the session's cookie out.",
        "RFC 6265bis 5.7",
        per_client=True,
    ),
    Check(
        "header-too-large",
        Severity.MEDIUM,
        "A Cookie header was larger than 4,096 octets (low), 8,190 (medium) or 16,384 (high).",
        "Set fewer or smaller cookies, or narrow their Path: servers refuse requests with such headers.",
        "ASVS 3.3.5",
        per_client=True,
    ),
    Check(
        "lifetime-long",
        Severity.LOW,
        "A cookie is to live for more than 13 months.",
        "Let cookies live for 13 months at most, which is what regulators accept.",
        "CNIL guidelines on cookies, RFC 6265bis 5.5",
    ),
    Check(
        "refused-by-client",
        Severity.INFO,
        "A cookie was set and never came back.",
        "The client refuses the cookie: make the site say so, or offer it a session without cookies.",
        "",
        per_client=True,
    ),
    Check(
        "clock-skew",
        Severity.LOW,
        "The server's Date is 30 seconds or more from our time.",
        "Set the server's clock by NTP: cookies with Expires live too long or too short by as much.",
        "RFC 6265bis 5.7",
    ),
)

CHECKS: dict[str, Check] = {check.code: check for check in _CHECKS}
CODES = tuple(CHECKS)
"""All codes, in the order of the table."""


def as_markdown() -> str:
    """All checks as a table, as README.md shows it."""
    rows = [
        (f"`{check.code}`", check.severity.value, check.meaning, check.references or "–") for check in CHECKS.values()
    ]
    lines = [("code", "severity", "what was seen", "see"), ("---",) * 4, *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
