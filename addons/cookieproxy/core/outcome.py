"""Every outcome a cookie can have, as a value with its reason (R21).

The sentences and the codes of Chrome's DevTools protocol stand here and nowhere else; help, log and listings read this table.
Outcomes are named tuples, because every field of every response makes two.
"""

from enum import StrEnum
from typing import NamedTuple, Self

from .cookie import Cookie


class Reason(StrEnum):
    """A code, the sentence that explains it, and Chrome's DevTools code where there is one."""

    sentence: str
    devtools: str | None

    def __new__(cls, code: str, sentence: str, devtools: str | None = None) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence = sentence
        member.devtools = devtools
        return member


class IgnoreReason(Reason):
    """Why a Set-Cookie field stored nothing."""

    NO_CREDENTIALS = (
        "no-credentials",
        "The request went without credentials, so the browser takes no cookie from its response.",
        None,
    )
    CLEARING = (
        "clearing",
        "The response says Clear-Site-Data of cookies, and the browser stores none that come with it.",
        None,
    )
    THIRD_PARTY_BLOCKED = (
        "third-party-blocked",
        "The browser blocks the cookies of third parties that are not Partitioned.",
        "UserPreferences",
    )
    CONTROL_CHARACTER = "control-character", "It contains a control character.", "DisallowedCharacter"
    NO_CONTENT = "no-content", "It has neither a name nor a value.", "NoCookieContent"
    NAMELESS = "nameless", "It has no name, and this browser stores no nameless cookies.", "NoCookieContent"
    NAMELESS_EQUALS = (
        "nameless-equals",
        "It has no name, and the equals sign in its value would make one of the beginning.",
        None,
    )
    TOO_LARGE = "too-large", "Its name and value are larger than the browser allows.", "NameValuePairExceedsMaxSize"
    FIELD_TOO_LARGE = "field-too-large", "Its Set-Cookie field is longer than this browser reads.", None
    TOO_MANY_IN_RESPONSE = "too-many-in-response", "The response sets more cookies than this browser reads.", None
    DOMAIN_NOT_ASCII = "domain-not-ascii", "Its Domain is not ASCII.", "InvalidDomain"
    DOMAIN_INVALID = "domain-invalid", "Its Domain is not a valid host name.", "InvalidDomain"
    DOMAIN_MISMATCH = "domain-mismatch", "Its Domain does not cover the host that set it.", "InvalidDomain"
    PUBLIC_SUFFIX = "public-suffix", "Its Domain is a public suffix, under which anybody may register.", "InvalidDomain"
    PATH_INVALID = "path-invalid", "Its Path contains a character this browser refuses.", "DisallowedCharacter"
    SECURE_OVER_HTTP = "secure-over-http", "It is Secure, but came over plain http.", "SecureOnly"
    OVERWRITES_SECURE = (
        "overwrites-secure",
        "A Secure cookie of that name exists, which plain http may not overwrite.",
        "OverwriteSecure",
    )
    HTTP_ONLY_FROM_SCRIPT = "http-only-from-script", "Scripts may neither set nor overwrite HttpOnly cookies.", None
    SAME_SITE_STRICT = (
        "same-site-strict",
        "It is SameSite=Strict, and the response answers another site.",
        "SameSiteStrict",
    )
    SAME_SITE_LAX = "same-site-lax", "It is SameSite=Lax, and the response answers another site.", "SameSiteLax"
    SAME_SITE_DEFAULT = (
        "same-site-default",
        "It has no SameSite, which counts as Lax here, and the response answers another site.",
        "SameSiteUnspecifiedTreatedAsLax",
    )
    SAME_SITE_NONE_INSECURE = "same-site-none-insecure", "It is SameSite=None without Secure.", "SameSiteNoneInsecure"
    PARTITIONED_INSECURE = "partitioned-insecure", "It is Partitioned without Secure.", "InvalidPartitioned"
    PREFIX_SECURE = (
        "prefix-secure",
        "Its name promises that it is Secure and came over a secure connection, which is not so.",
        "InvalidPrefix",
    )
    PREFIX_HOST = "prefix-host", "Its name promises no Domain and Path=/, which it does not keep.", "InvalidPrefix"
    PREFIX_HTTP = "prefix-http", "Its name promises HttpOnly, which it is not.", "InvalidPrefix"
    PREFIX_NAMELESS = "prefix-nameless", "It has no name, but its value pretends to a prefixed one.", "InvalidPrefix"
    ALREADY_EXPIRED = (
        "already-expired",
        "It had already expired on arrival, and there was no such cookie to delete.",
        None,
    )
    NO_ROOM = "no-room", "The site is full of Secure cookies, which a cookie without Secure may not evict.", None


class RemovalCause(Reason):
    """Why a cookie left a jar (R21)."""

    DELETED = "deleted", "The server deleted it with an expired Set-Cookie.", None
    EXPIRED = "expired", "Its lifetime ended.", None
    EVICTED_SITE = "evicted-site", "It was thrown out because the site has more cookies than the browser keeps.", None
    EVICTED_TOTAL = (
        "evicted-total",
        "It was thrown out because the browser holds more cookies than it keeps in all.",
        None,
    )
    EVICTED_BYTES = (
        "evicted-bytes",
        "It was thrown out because the site's partitioned cookies take too many bytes.",
        None,
    )
    SESSION_ENDED = "session-ended", "The browser's session ended, and with it its session cookies.", None
    GONE = "gone", "The browser no longer sends it.", None
    CLEARED = "cleared-by-server", "The server cleared all cookies of its site with Clear-Site-Data.", None
    FORGOTTEN = "forgotten", "It was deleted on request.", None
    RELEASED = "released", "It is no longer held: the browser has received a cookie of its name.", None
    MERGED = "merged", "It turned out to be the same cookie as one seen being set.", None

    @property
    def is_eviction(self) -> bool:
        """True if a limit, not time or a person, removed it."""
        return self in (RemovalCause.EVICTED_SITE, RemovalCause.EVICTED_TOTAL, RemovalCause.EVICTED_BYTES)


class WithholdReason(Reason):
    """Why a stored cookie does not go with a request."""

    DOMAIN_MISMATCH = "domain-mismatch", "It belongs to another host.", "DomainMismatch"
    NOT_ON_PATH = "not-on-path", "Its Path does not cover the request's.", "NotOnPath"
    SECURE_ONLY = "secure-only", "It is Secure, and the request goes over plain http.", "SecureOnly"
    HTTP_ONLY = "http-only", "It is HttpOnly, and a script asked.", None
    SAME_SITE_STRICT = (
        "same-site-strict",
        "It is SameSite=Strict, and another site caused the request.",
        "SameSiteStrict",
    )
    SAME_SITE_LAX = "same-site-lax", "It is SameSite=Lax, and the request is not a plain navigation.", "SameSiteLax"
    SAME_SITE_DEFAULT = (
        "same-site-default",
        "It has no SameSite, which counts as Lax here, and the request is not a plain navigation.",
        "SameSiteUnspecifiedTreatedAsLax",
    )
    OTHER_PARTITION = "other-partition", "It is Partitioned, and this is another top-level site.", None
    EXPIRED = "expired", "Its lifetime has ended.", None
    HEADER_FULL = "header-full", "The Cookie header has reached the size or count this browser sends.", None
    EVICTED = "evicted", "It was evicted, and `enforce` keeps it from the application.", None
    FORGOTTEN = "forgotten", "It was forgotten on request, and the browser is told to delete it.", None


class MissingReason(Reason):
    """The likeliest reason why a client did not send a cookie it should hold."""

    REFUSED = "refused", "It was set and never came back: the user or the browser refuses it.", "UserPreferences"
    THIRD_PARTY = (
        "third-party",
        "The request goes to a third party, whose cookies the browser may block.",
        "ThirdPartyPhaseout",
    )
    SAME_SITE = "same-site", "Another site caused the request, and SameSite kept it back.", "SameSiteLax"
    SECURE = "secure", "It is Secure, and the browser takes this connection for insecure.", "SecureOnly"
    PATH = "path", "The browser judged its Path otherwise.", "NotOnPath"
    EXPIRED = "expired", "It was about to expire, by the browser's clock it has.", None
    EVICTED = "evicted", "The site is near the browser's limit: it was probably evicted.", None
    CLEARED = "cleared", "No cookie of the site came back: they were cleared, or the browser was restarted.", None
    GONE = "gone", "The browser no longer has it: a script or the user deleted it.", None


class UnexpectedReason(Reason):
    """Why a cookie that a client sent was not known to us in that form."""

    UNKNOWN = "unknown", "Nobody saw it being set: the browser had it before, or a script made it.", None
    CHANGED = "changed", "Its value is not the one that was set: a script changed it, or another response did.", None
    EVICTED = "evicted", "By the limits in force it had been evicted, but the browser still sends it.", None
    REFUSED = "refused", "By the rules of this browser it had been refused, but the browser sends it.", None
    REMOVED = "removed", "It had been removed, but the browser still sends it.", None


class CookielessReason(Reason):
    """What happened to a session whose id travels in the URL, or to an id that came or was about to go."""

    STARTED = "started", "A session without cookies began; its id travels in the URL."
    RENEWED = "renewed", "The application's session id changed, so the id in the URL did too."
    FOREIGN = "foreign", "The id in the URL belongs to another client: a new session began."
    EXPIRED = "expired", "The session of the id in the URL is over: a new one began."
    UNKNOWN = "unknown", "The id in the URL was never issued here: a new session began."
    IGNORED = "ignored", "This site uses cookies only: the id in the URL was taken out and not honoured."
    LEAK_STOPPED = "leak-stopped", "An id was about to leave the site and was taken out."
    COOKIES_WORK = "cookies-work", "Cookies come back from this client: no id in the URL any more."
    COOKIES_REFUSED = "cookies-refused", "Cookies do not come back from this client: its sessions travel in the URL."
    TOO_MUCH = "too-much", "The page could not be rewritten in full: it expands beyond measure or broke off."


class Removal(NamedTuple):
    """A cookie that left a jar, why, and the cookie whose arrival caused it, if one did."""

    cookie: Cookie
    cause: RemovalCause
    by: Cookie | None = None


class Stored(NamedTuple):
    """A new cookie is in the jar (or was, if it is among the removals of the same receipt)."""

    cookie: Cookie


class Replaced(NamedTuple):
    """A cookie took the place of one with the same key (R5)."""

    cookie: Cookie
    old: Cookie


class Removed(NamedTuple):
    """An expired Set-Cookie deleted the cookie of its key (R11)."""

    old: Cookie
    cause: RemovalCause = RemovalCause.DELETED


class Ignored(NamedTuple):
    """Nothing was stored; what was there stays where it was."""

    reason: IgnoreReason


type Outcome = Stored | Replaced | Removed | Ignored


class Receipt(NamedTuple):
    """What one Set-Cookie field did to a jar: its own outcome, then what it cost others."""

    outcome: Outcome
    removals: tuple[Removal, ...] = ()
