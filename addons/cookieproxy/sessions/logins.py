"""Logins and logouts as a proxy sees them: by a request's path, by a password in its body, by where a redirect leads.

Knows words that applications of many languages use for these pages. Looks into bodies only for names of fields, never keeps any.
"""

import re
from functools import lru_cache

MOST_BODY = 65_536
"""Octets of a body that are looked through."""

_LOGIN = re.compile(
    rb"log[-_]?[io]n(?!t)|oauth|authori[sz]e|sign[-_]?in|signon|authenti|(?:^|[/._-])auth(?:$|[/._-])|(?:^|/)(?:sso|session/new|sessions/new)(?:$|[/.])"
    rb"|anmeld|einlog|connexion|iniciar|accedi|entrar|wp-login|j_security_check",
    re.IGNORECASE,
)
_LOGOUT = re.compile(
    rb"log[-_]?(?:out|off)|sign[-_]?(?:out|off)|abmeld|auslog|ausloggen|deconnexion|d%C3%A9connexion|cerrar|salir|uitlog"
    rb"|end[-_]?session|invalidat|terminat|abandon|(?:^|[/._-])(?:exit|quit|bye|leave|revoke|disconnect)(?:$|[/._?-])",
    re.IGNORECASE,
)
_PASSWORD = re.compile(
    rb"""(?:^|[&;\s"'{,\[._-])(?:user_?|login_?|j_|txt|new_?)?(?:passwor[dt]|passwd|passwrd|passphrase|pass|pwd|passw|kennwort|contrase\w{1,6}|mot_?de_?passe)
    (?:\]|%5D)?["']?\s*(?:=[^&\s]|:\s*["'][^"']|[;\r\n])""",
    re.IGNORECASE | re.VERBOSE,
)
REFUSING = frozenset((401, 419, 440))
"""Unauthorized, Page Expired (Laravel), Login Time-out (IIS)."""
REDIRECTS = frozenset((301, 302, 303, 307, 308))


@lru_cache(maxsize=4_096)
def looks_like_login(path: bytes) -> bool:
    """True if a path is most likely a login page's."""
    return _LOGIN.search(path) is not None and not looks_like_logout(path)


_LOGIN_HOST = re.compile(r"(?:login|signin|auth|sso|accounts?|id|idp|identity|cas|keycloak)\.")


def is_login_host(host: str) -> bool:
    """True if a host is there for logging in, by its name."""
    return _LOGIN_HOST.match(host) is not None


@lru_cache(maxsize=4_096)
def looks_like_logout(path: bytes) -> bool:
    """True if a request with this path most likely ends the session."""
    return _LOGOUT.search(path) is not None


def has_password(body: bytes) -> bool:
    """True if a form or JSON body has a field for a password that is not empty."""
    return _PASSWORD.search(body[:MOST_BODY]) is not None


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
