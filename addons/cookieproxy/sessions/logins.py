"""Logins and logouts as a proxy sees them: by a request's path, by a password in its body, by where a redirect leads.

Knows words that applications of many languages use for these pages. Looks into bodies only for names of fields, never keeps any.
"""

import re
from functools import lru_cache

MOST_BODY = 65_536
"""Octets of a body that are looked through."""

MOST_OCTETS = 1_024
"""Of a target that are looked at; longer ones are not remembered either."""

_LOGIN = re.compile(
    rb"(?<!cata)(?<!dia)log[-_]?[io]n(?!t|fo|line|ly|dex)|oauth|authori[sz]e|sign[-_]?in(?!g)|signon|authenti"
    rb"|(?:^|[/._-])auth(?:$|[/._-])|(?:^|/)(?:sso|session/new|sessions/new)(?:$|[/.])"
    rb"|anmeld|einlog|connexion|iniciar|accedi|entrar|wp-login|j_security_check",
    re.IGNORECASE,
)
_LOGIN_TARGET = re.compile(
    rb"(?:^|[/._-])(?:do_?|user_?|ajax_?)?(?:log[-_]?[io]n|sign[-_]?[io]n|authenticate|j_security_check|anmelden|einloggen|sessions?)"
    rb"(?:\.[a-z]{2,5})?/?\Z",
    re.IGNORECASE,
)
"""Where passwords are posted to."""
_OUT = (
    rb"(?<!cata)(?<!dia)(?<!b)log[-_]?o(?:ut|ff)(?!er|icial|ice|let|line)"
    rb"(?![-_](?!all|now|action|success|confirm|complete|done|user|handler|process|page|form|request)[a-z]{3,})|sign[-_]?o(?:ut|ff)|abmeld|auslog|deconnexion"
    rb"|d%C3%A9connexion|cerrar[-_]?ses|salir(?:$|[/._?-])|uitlog|end[-_]?session"
    rb"|(?:^|/)sessions?/(?:destroy|end|delete|kill|close)(?:$|[/.])"
)
_LOGOUT = re.compile(_OUT, re.IGNORECASE)
_END = re.compile(
    rb"cerrar|invalidat|terminat|abandon|(?:^|[/._-])(?:exit|quit|bye|leave|revoke|disconnect)(?:$|[/._?-])",
    re.IGNORECASE,
)
"""What may end a session, or something else."""
_LOGOUT_QUERY = re.compile(
    rb"(?:^|&)(?:(?:action|act|do|cmd|task|op|mode|page|p|view|route|r|q|a|m|func|event|option|module|method)="
    rb"[\w./%-]{0,32}?)?(?:log[-_]?o(?:ut|ff)|sign[-_]?o(?:ut|ff))(?:=(?!0|false|no)[^&]*)?(?:&|\Z)",
    re.IGNORECASE,
)
_LOGGED_OUT = re.compile(
    rb"(?:log|sign)(?:ged|ed)?[-_]?o(?:ut|ff)[-_./]?(?:success\w*|completed?|done|ok|page|message|view)", re.IGNORECASE
)
"""Pages that say that somebody was logged out."""
_PART = re.compile(rb"\.(?:png|jpe?g|gif|webp|avif|svg|ico|css|m?js|map|woff2?|ttf)\Z", re.IGNORECASE)
_SESSION = re.compile(rb"(?:^|/)(?:sessions?|logins?|auth|tokens?)(?:/[\w.~-]{1,64})?/?\Z", re.IGNORECASE)
"""What a program deletes to log out."""
_PRIVATE = re.compile(
    rb"(?:^|[/._-])(?:accounts?|my(?:[-_]\w+|account|orders?|profile|page)?|me|profile|dashboard|admin\w*|settings|preferences|orders?|inbox|messages|mailbox"
    rb"|private|secure|secret|protected|members?|portal|billing|wallet|invoices?|konto|mein(?:[-_]?\w*konto)|compte|cuenta|intern|restricted)"
    rb"(?:$|[/._?-])",
    re.IGNORECASE,
)
_PUBLIC = re.compile(
    rb"\A/?\Z|/(?:index|home|start|main|default|welcome|landing)(?:\.\w+)?/?\Z"
    rb"|(?:^|[/._-])(?:about|news|blog|posts?|articles?|help|faq|support|contact|kontakt|imprint|impressum|terms|privacy|legal|agb|datenschutz"
    rb"|products?|catalog\w*|shop|store|category|search|suche|public|static|assets|docs?|pricing|features|jobs|press|login|log[-_]?out|bye)"
    rb"(?:$|[/._?-])",
    re.IGNORECASE,
)
_PASSWORD = re.compile(
    rb"""(?:^|[&;\s"'{,\[._-])(?:user_?|login_?|j_|txt|new_?)?(?:passwor[dt]|passwd|passwrd|passphrase|pass|pwd|passw|pw|kennwort|contrase\w{1,6}|mot_?de_?passe)
    (?:\]|%5D)?["']?\s*(?:=[^&\s]|:\s*["'][^"']|[;\r\n])""",
    re.IGNORECASE | re.VERBOSE,
)
REFUSING = frozenset((401, 419, 440))
"""Unauthorized, Page Expired (Laravel), Login Time-out (IIS)."""
REDIRECTS = frozenset((301, 302, 303, 307, 308))


def looks_like_login(path: bytes) -> bool:
    """True if a path is most likely a login page's."""
    return _is_login(path[:MOST_OCTETS])


@lru_cache(maxsize=4_096)
def _is_login(path: bytes) -> bool:
    if _LOGIN.search(path) is None or _PART.search(path):
        return False
    return not _is_logout(path) and _LOGGED_OUT.search(path) is None


def takes_logins(path: bytes) -> bool:
    """True if what is posted there is most likely a login, whatever can be read of it."""
    return len(path) <= MOST_OCTETS and _LOGIN_TARGET.search(path) is not None and not _is_logout(path)


_LOGIN_HOST = re.compile(r"(?:login|signin|auth|sso|accounts?|id|idp|identity|cas|keycloak)\.")


def is_login_host(host: str) -> bool:
    """True if a host is there for logging in, by its name."""
    return _LOGIN_HOST.match(host) is not None


def looks_like_logout(target: bytes, method: str = "GET") -> bool:
    """True if a request with this target most likely ends the session, or may."""
    if method == "DELETE" and _SESSION.search(target.partition(b"?")[0][:MOST_OCTETS]):
        return True
    return _is_logout(target[:MOST_OCTETS])


@lru_cache(maxsize=4_096)
def _is_logout(target: bytes) -> bool:
    path, _, query = target.partition(b"?")
    if query and _LOGOUT_QUERY.search(query):
        return True
    return (_LOGOUT.search(path) or _END.search(path)) is not None and not (
        _PART.search(path) or _LOGGED_OUT.search(path)
    )


def is_logout_for_sure(target: bytes, method: str = "GET") -> bool:
    """True if it ends the session by its name, and not perhaps something else, such as a connection or a holiday."""
    target = target[:MOST_OCTETS]
    path, _, query = target.partition(b"?")
    is_named = _LOGOUT.search(path) is not None or (query != b"" and _LOGOUT_QUERY.search(query) is not None)
    return looks_like_logout(target, method) and (is_named or method == "DELETE")


@lru_cache(maxsize=4_096)
def _is_private(path: bytes) -> bool:
    return _PRIVATE.search(path) is not None


def looks_private(path: bytes) -> bool:
    """True if a page is most likely for nobody but those who are logged in, by its name."""
    return _is_private(path[:MOST_OCTETS]) and not looks_like_login(path)


@lru_cache(maxsize=4_096)
def _is_public(path: bytes) -> bool:
    return _PUBLIC.search(path) is not None


def looks_public(path: bytes) -> bool:
    """True if a page is most likely for everybody, by its name."""
    return _is_public(path[:MOST_OCTETS]) and not looks_private(path)


def has_password(body: bytes) -> bool:
    """True if a form or JSON body has a field for a password that is not empty."""
    return _PASSWORD.search(body[:MOST_BODY]) is not None


_RETURN = re.compile(
    rb"[?&](?:code=[^&]+&(?:[^#]*&)?state=|state=[^&]+&(?:[^#]*&)?code=|ticket=ST-|SAMLResponse=|id_token=|openid\.sig=)",
    re.IGNORECASE,
)


def returns_from_login(target: bytes) -> bool:
    """True if a browser comes from an identity provider with what says who it is (OAuth 2.0, OpenID, CAS, SAML)."""
    return b"=" in target and _RETURN.search(target[:MOST_OCTETS]) is not None


_URL = re.compile(rb"(?:(?P<scheme>https?):)?//(?P<authority>[^/?#\\]*)", re.IGNORECASE)


@lru_cache(maxsize=2_048)
def path_led_to(location: bytes, host: str, asked: bytes) -> tuple[str, bytes]:
    """Host and path that a Location leads to, seen from a path on a host; good enough to recognise a page by."""
    location = location.strip()
    found = _URL.match(location)
    if found is not None:
        authority = found["authority"].rpartition(b"@")[2].decode("latin-1").lower()
        host = re.sub(r":\d+\Z", "", authority) or host
        location = location[found.end() :]
    path = location.partition(b"#")[0].partition(b"?")[0]
    if found is not None or path.startswith(b"/"):
        return host, path or b"/"
    return host, asked.rpartition(b"/")[0] + b"/" + path if path else asked
