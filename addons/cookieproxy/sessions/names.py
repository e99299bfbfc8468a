"""Which cookies are sessions: known names, the user's names, and marks that are added up (R32, R33).

The table names what frameworks and applications of the last 25 years call the cookie by which they know a visitor. A cookie that
is in no table is judged by its looks and by how it was set; every judgement carries its reasons. Knows no traffic.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from .entropy import id_likeness

ENOUGH = 5
"""Points that make a cookie a session."""
POINTS_KNOWN = 10
POINTS_NAME = 3
POINTS_LOOKS = 3
POINTS_HTTP_ONLY = 1
POINTS_NO_EXPIRY = 1
POINTS_LOGIN = 3
NO_IDS = frozenset((b"true", b"false", b"none", b"null", b"guest", b"anonymous", b"undefined", b"deleted", b"expired"))
"""In lower case."""
LONGEST_WORD = max(map(len, NO_IDS))
LIKELY = 0.6
"""From this likeness on a value looks like an id."""
MOST_VALUE_OCTETS = 4_096


class Kind(StrEnum):
    """What a name alone tells."""

    KNOWN = "known"
    NEVER = "never"
    UNSURE = "unsure"


class Recognition(NamedTuple):
    """Why a cookie is taken for a session."""

    points: int
    reasons: tuple[str, ...]

    @property
    def is_enough(self) -> bool:
        """True if it is taken for one."""
        return self.points >= ENOUGH

    def and_also(self, points: int, reason: str) -> "Recognition":
        """With one more mark, once."""
        return self if reason in self.reasons else Recognition(self.points + points, (*self.reasons, reason))

    @property
    def sentence(self) -> str:
        """The reasons for people."""
        return ", ".join(self.reasons)


KNOWN: dict[str, str] = {
    "phpsessid": "PHP",
    "jsessionid": "Java servlets",
    "jsessionidsso": "Java servlets",
    "jsessionidversion": "Java servlets",
    "asp.net_sessionid": "ASP.NET",
    ".aspxauth": "ASP.NET forms authentication",
    ".aspxanonymous": "ASP.NET",
    ".aspnet.applicationcookie": "ASP.NET Identity",
    ".aspnetcore.session": "ASP.NET Core",
    ".aspnetcore.cookies": "ASP.NET Core",
    ".aspnetcore.identity.application": "ASP.NET Core Identity",
    "fedauth": "Windows Identity Foundation",
    "siteserver": "Microsoft Site Server",
    "cfid": "ColdFusion",
    "cftoken": "ColdFusion",
    "connect.sid": "Express",
    "express.sid": "Express",
    "express:sess": "Express cookie-session",
    "koa:sess": "Koa",
    "koa.sess": "Koa",
    "sails.sid": "Sails",
    "next-auth.session-token": "NextAuth",
    "authjs.session-token": "Auth.js",
    "iron-session": "iron-session",
    "appsession": "Auth0",
    "__session": "Firebase and Clerk",
    "__clerk_db_jwt": "Clerk",
    "sb-access-token": "Supabase",
    "laravel_session": "Laravel",
    "ci_session": "CodeIgniter",
    "cakephp": "CakePHP",
    "symfony": "symfony",
    "zenid": "Zen Cart",
    "oscsid": "osCommerce",
    "xtcsid": "xt:Commerce",
    "sessionid": "Django",
    "session_id": "many",
    "session-id": "Amazon",
    "session": "Flask",
    "_session_id": "Rails",
    "rack.session": "Rack",
    "beaker.session.id": "Beaker",
    "pyramid_session": "Pyramid",
    "webpy_session_id": "web.py",
    "tg-visit": "TurboGears",
    "plack_session": "Plack",
    "dancer.session": "Dancer",
    "cgisessid": "Perl CGI::Session",
    "mojolicious": "Mojolicious",
    "catalyst_session": "Catalyst",
    "play_session": "Play",
    "grails_session": "Grails",
    "wosid": "WebObjects",
    "sap_sessionid": "SAP",
    "mysapsso2": "SAP",
    "ltpatoken": "WebSphere",
    "ltpatoken2": "WebSphere",
    "domauthsessid": "Lotus Domino",
    "smsession": "SiteMinder",
    "obssocookie": "Oracle Access Manager",
    "iplanetdirectorypro": "OpenAM",
    "pd-s-session-id": "WebSEAL",
    "pd-h-session-id": "WebSEAL",
    "mrhsession": "F5 APM",
    "nsc_aaac": "NetScaler Gateway",
    "dsid": "Ivanti Connect Secure",
    "svpncookie": "Fortinet",
    "webvpn": "Cisco ASA",
    "sessid": "many",
    "sess": "many",
    "sess_id": "many",
    "sid": "many",
    "ssid": "many",
    "usid": "many",
    "phpbb3_sid": "phpBB",
    "phpbb2mysql_sid": "phpBB",
    "bb_sessionhash": "vBulletin",
    "bbsessionhash": "vBulletin",
    "xf_session": "XenForo",
    "xf_user": "XenForo",
    "smfcookie": "SMF",
    "ips4_ipsessionfront": "Invision Community",
    "dokuwiki": "DokuWiki",
    "mediawiki_session": "MediaWiki",
    "mw_session": "MediaWiki",
    "moodlesession": "Moodle",
    "moodlesessionid": "Moodle",
    "ilclientid": "ILIAS",
    "fe_typo_user": "TYPO3",
    "be_typo_user": "TYPO3",
    "frontend": "Magento",
    "adminhtml": "Magento",
    "prestashop": "PrestaShop",
    "session-": "Shopware",
    "horde": "Horde",
    "roundcube_sessid": "Roundcube",
    "squirrelmail": "SquirrelMail",
    "phpmyadmin": "phpMyAdmin",
    "cacti": "Cacti",
    "zbx_session": "Zabbix",
    "zbx_sessionid": "Zabbix",
    "grafana_session": "Grafana",
    "_gitlab_session": "GitLab",
    "user_session": "GitHub",
    "i_like_gitea": "Gitea",
    "jenkins.session": "Jenkins",
    "atlassian.xsrf.session": "Atlassian",
    "seraph.rememberme.cookie": "Atlassian Seraph",
    "crowd.token_key": "Atlassian Crowd",
    "cloud.session.token": "Atlassian",
    "keycloak_identity": "Keycloak",
    "keycloak_session": "Keycloak",
    "auth_session_id": "Keycloak",
    "_oauth2_proxy": "OAuth2 Proxy",
    "ory_kratos_session": "Ory Kratos",
    "idsrv": "IdentityServer",
    "idsrv.session": "IdentityServer",
    "shib_idp_session": "Shibboleth",
    "simplesaml": "SimpleSAMLphp",
    "simplesamlsessionid": "SimpleSAMLphp",
    "simplesamlauthtoken": "SimpleSAMLphp",
    "mod_auth_openidc_session": "mod_auth_openidc",
    "castgc": "CAS",
    "tgc": "CAS",
    "remember_me": "many",
    "remember_token": "many",
    "rememberme": "many",
    "auth_token": "many",
    "authtoken": "many",
    "access_token": "many",
    "session_token": "many",
    "sessiontoken": "many",
    "viewstate": "ASP.NET",
}
"""Names in lower case, without a prefix such as `__Host-`, and who uses them."""

_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"aspsessionid[a-z]{8}", "ASP"),
    (r"wordpress_(?:sec_|logged_in_)?[0-9a-f]{32}", "WordPress"),
    (r"wp-postpass_[0-9a-f]{32}", "WordPress"),
    (r"s?sess[0-9a-f]{32}", "Drupal"),
    (r"dw[0-9a-f]{32}", "DokuWiki"),
    (r"[0-9a-f]{32}", "Joomla"),
    (r"smfcookie\d+", "SMF"),
    (r"moodlesession\w+", "Moodle"),
    (r"_[a-z0-9_]+_session(?:_id)?", "Rails"),
    (r"[a-z0-9_]+_session", "many"),
    (r"remember_web_[0-9a-f]{40}", "Laravel"),
    (
        r"\.aspnetcore\.(?!antiforgery|correlation|openidconnect|culture|mvc|twofactor)(?:identity\.)?[a-z.]+",
        "ASP.NET Core",
    ),
    (r"saml_?session\w*", "SAML"),
    (r"mod_auth_openidc_session_\d+|_shibsession_\w+", "single sign-on"),
    (r"phpbb\d*_\w+_sid|\w+_u?sid", "many"),
    (r"\w*(?:jsessionid|phpsessid|sessionid|sessid)\w*", "many"),
    (r"jsessionid\.[0-9a-f]{8}|zope_\w+|_zope_id|__ac", "Java and Zope"),
)
_KNOWN_PATTERN = re.compile("|".join(f"(?P<k{place}>{pattern})" for place, (pattern, _) in enumerate(_PATTERNS)))
_NO_SESSION = re.compile(
    r"ai_session|ai_user|_hj\w*|_?csrf\w*|has_\w+|(?:ga|utm|analytics|tracking|visitor)_session(?:_id)?"
)
"""What the patterns would take for one."""
_NEVER = re.compile(
    r"""csrf|xsrf|nonce|\.sig$|state$|antiforgery|requestverification|correlation
    | ^_ga | ^_gid$ | ^_gat | ^_gcl | ^_fb[cp]$ | ^__utm | ^_hj | ^_pk_ | ^_pk | ^mp_ | ^amplitude | ^ajs_ | ^_clck | ^_clsk
    | ^__cf | ^cf_clearance$ | ^_abck$ | ^bm_s[vz]$ | ^ak_bmsc$ | ^awsalb | ^bigipserver | ^incap_ses | ^visid_incap | ^nlbi_
    | ^datadome$ | ^optanon | ^cookieconsent | consent | ^euconsent | ^eupubconsent | ^didomi | ^__stripe_[ms]id$
    | lang | locale | theme | timezone | currency | ^tz$ | country | banner | dismiss | ^ide$ | ^test_?cookie | ^gtm
    | track | analytic | visitor | optimizely | ^_uet | ^muid$ | ^anid?$ | ^nid$ | ^1p_jar$""",
    re.IGNORECASE | re.VERBOSE,
)
_SUGGESTIVE = re.compile(
    r"sess|auth|login|logged|token|ticket|sso|jwt|ident(?!ifi)|user|(?:^|[._-])sid$|account", re.IGNORECASE
)
_PREFIX = re.compile(r"__(?:host|secure|http|host-http)-", re.IGNORECASE)


@lru_cache(maxsize=4_096)
def kind_of(name: bytes) -> Kind:
    """What a name alone tells."""
    bare = bare_name(name)
    if bare in KNOWN:
        return Kind.KNOWN
    if not bare or _NO_SESSION.fullmatch(bare):
        return Kind.NEVER
    if _KNOWN_PATTERN.fullmatch(bare):
        return Kind.KNOWN
    return Kind.NEVER if _NEVER.search(bare) else Kind.UNSURE


def may_be_id(value: bytes) -> bool:
    """False for values that are no ids under any name: switches, and words that say that there is none."""
    return bool(value) and (len(value) > LONGEST_WORD or value.lower() not in NO_IDS)


def bare_name(name: bytes) -> str:
    """The name in lower case without a prefix such as `__Host-`."""
    return _PREFIX.sub("", name.decode("latin-1"), count=1).lower()


def user_of(name: bytes) -> str:
    """Who is known to use a known name: `PHP`, `Django`."""
    bare = bare_name(name)
    if bare in KNOWN:
        return KNOWN[bare]
    found = _KNOWN_PATTERN.fullmatch(bare)
    return "" if found is None or found.lastgroup is None else _PATTERNS[int(found.lastgroup[1:])][1]


@lru_cache(maxsize=4_096)
def recognise(name: bytes, value: bytes) -> Recognition:
    """What name and value tell, before anything is known of how it was set."""
    kind = kind_of(name)
    if kind is Kind.KNOWN:
        user = user_of(name)
        return Recognition(POINTS_KNOWN, (f"known name ({user})" if user != "many" else "known name",))
    if kind is Kind.NEVER or len(value) > MOST_VALUE_OCTETS:
        return NOTHING
    found = NOTHING
    if id_likeness(value) >= LIKELY:
        found = found.and_also(POINTS_LOOKS, "value looks like an id")
        if _SUGGESTIVE.search(bare_name(name)):
            found = found.and_also(POINTS_NAME, "telling name")
    return found


NOTHING = Recognition(0, ())


def as_set(found: Recognition, http_only: bool, persistent: bool, at_login: bool) -> Recognition:
    """With what its Set-Cookie tells. What tells nothing by itself gets nothing for how it was set."""
    if not found.points or found.points >= POINTS_KNOWN:
        return found
    if http_only:
        found = found.and_also(POINTS_HTTP_ONLY, "HttpOnly")
    if not persistent:
        found = found.and_also(POINTS_NO_EXPIRY, "no expiry")
    return found.and_also(POINTS_LOGIN, "set at a login") if at_login else found
